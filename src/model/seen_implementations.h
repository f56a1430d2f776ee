// Software that changed since a device was last seen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/recently_used.h"
#include "event/record.h"
#include "model/lookup.h"

namespace dcmwatch {

/// What each device called itself (PS3.7 D.3.3.2) in this run: by device, or by address where it is undeclared or one
/// of many in a block; by title; of an opener also by whom it called, since several applications may share its title.
/// What is new is a deviation once that many associations were seen over that long, and is known from then on, so that
/// a device whose applications take turns is told once for each of them that is rare. A device whose software is
/// declared is held against that alone. Limits::implementations; not shared between threads; the lookup and the limits
/// outlive it.
class SeenImplementations {
 public:
  static constexpr std::uint32_t kLearnt = 3;  ///< associations
  static constexpr Duration kLearntIn = std::chrono::hours{1};

  SeenImplementations(const Lookup& lookup, const Limits& limits) : lookup_(lookup), known_(limits.implementations) {}

  /// Of a judged association: of its opener, of its acceptor, or of both. The same for every record of it.
  [[nodiscard]] std::vector<Deviation> observe(const Observation& record, const DicomAssociation& association);

  /// Goes on where that of another model was, which is done with: who keeps its name is still known.
  void adopt(SeenImplementations&& old) {
    known_ = std::move(old.known_);
    forgotten_ = old.forgotten_;
  }

  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  struct Known {
    std::vector<std::string> implementations;  ///< the latest new one last
    std::uint32_t associations = 0;
    Timestamp first{};
    std::uint64_t conversation = 0;  ///< the last that was counted
    std::uint64_t changed_in = 0;    ///< conversation
    std::optional<Deviation> change;
  };

  /// What is known by the key.
  std::optional<Deviation> observe_side(const DicomImplementation& side, const Event& event);
  [[nodiscard]] const Device* device_at(const Place& place) const;
  static void append_name(std::string& key, const Device* device, const Endpoint& endpoint);

  const Lookup& lookup_;
  RecentlyUsed<std::string, Known> known_;
  std::uint64_t forgotten_ = 0;
  std::string key_;       // of the side in hand
  std::string acceptor_;  // of the association in hand
  std::string now_;       // what the side in hand calls itself
};

}  // namespace dcmwatch
