// What was counted, so that a count counts things and not the phases in which they are told.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "detect/recent_keys.h"
#include "detect/rule.h"
#include "event/event.h"

namespace dcmwatch {

/// A conversation tells the same thing several times: at its start, each minute and at its end. What was counted is
/// remembered until it has ended; when the limit is reached, the thing asked for longest ago is forgotten.
class CountedOnce {
 public:
  /// Things, however many numbers each is counted under.
  explicit CountedOnce(std::size_t limit) : things_(limit) {}

  /// Whether it was not counted under `number` before. For a rule about one dataset a thing is a record (an operation,
  /// say, is known by the packet of its request), for a rule about a category the conversation. `part` tells apart what
  /// is counted of one thing. `record` numbers what is asked of, from 1: a thing is looked up once for all that is
  /// asked of it in a row.
  bool count(std::uint64_t number, Counts counts, const Event& event, std::uint64_t record, std::uint64_t part = 0);
  void clear();
  /// Things forgotten before they had ended: what is told of them then counts again.
  [[nodiscard]] std::uint64_t forgotten() const { return things_.forgotten(); }

 private:
  /// Whole: equal ones are the same.
  struct Thing {
    std::uint64_t conversation = 0;
    std::uint64_t packet = 0;
    std::uint64_t identifier = 0;
    std::uint64_t dataset = 0;
    std::uint64_t part = 0;

    friend bool operator==(const Thing&, const Thing&) = default;
  };
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(const Thing& thing) const;
  };

  /// Under which a thing was counted: few, and one for each rule at most.
  class Numbers {
   public:
    [[nodiscard]] bool empty() const { return few_ == 0; }
    [[nodiscard]] bool has(std::uint64_t number) const;
    void add(std::uint64_t number);
    void remove(std::uint64_t number);

   private:
    std::array<std::uint64_t, 5> first_{};
    std::uint32_t few_ = 0;  ///< of these
    std::vector<std::uint64_t> more_;
  };

  using Things = RecentKeys<Thing, Numbers, Hash>;

  [[nodiscard]] static Thing thing_of(Counts counts, const Event& event, std::uint64_t part);

  /// What was asked of latest.
  struct Asked {
    std::uint64_t record = 0;  ///< 0: nothing
    Thing thing{};
    Things::Slot slot = Things::kNone;  ///< its own, if it is known
  };
  Asked& asked_of(Counts counts, const Event& event, std::uint64_t record, std::uint64_t part);

  Things things_;
  std::array<Asked, 2> asked_{};  ///< by Counts: rules of both take turns
};

}  // namespace dcmwatch
