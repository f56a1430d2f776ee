// Objects of a line that are the same for many records, kept as they were written last.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/recent_places.h"
#include "event/fields.h"

namespace dcmwatch {

/// Some objects of a line, each under a number of the one who keeps them.
class KeptTexts {
 public:
  static constexpr std::size_t kMost = 3;

  /// Empty if it is not kept.
  [[nodiscard]] std::string_view object(std::size_t number) const {
    return {text_.data() + objects_[number].begin, objects_[number].size};
  }
  /// Keeps the object if there is space for it.
  void keep(std::size_t number, std::string_view object);
  void forget();

 private:
  struct Object {
    std::uint16_t begin = 0;
    std::uint16_t size = 0;
  };

  std::array<Object, kMost> objects_{};
  std::uint16_t size_ = 0;
  std::array<char, 640> text_;
};

/// Who the two ends are, what the model calls them, and the hash that is the connection's Community ID are written once
/// for all records that share them; and once for all that share it, what the model says of them. Only these things
/// decide whether they are shared; the conversation and the judgement's address say where to look. One takes another's
/// place: what is forgotten is written again.
class KeptObjects {
 public:
  KeptObjects();

  /// What is kept of these surroundings; nothing yet, if they are not those that were written of last.
  KeptTexts& of_surroundings(const Observation& observation);
  /// What is kept of this judgement, likewise. Of one without an owner nothing stays.
  KeptTexts& of_judgement(const Declared& declared);

 private:
  struct OfSurroundings {
    [[nodiscard]] bool is_of(const Surroundings& surroundings) const;
    void begin(const Surroundings& surroundings);

    Parties parties;
    Protocol protocol = Protocol::unidentified;
    std::array<std::string, 4> names;
    KeptTexts texts;
  };
  struct OfJudgement {
    Declared declared;  ///< keeps its owner, so that nothing else comes to stand at these addresses
    KeptTexts texts;
  };

  static constexpr std::size_t kConversations = 256;
  static constexpr std::size_t kJudgements = 256;

  std::vector<OfSurroundings> of_surroundings_;
  RecentPlaces<OfJudgement, kJudgements> of_judgement_;
};

}  // namespace dcmwatch
