// Pieces of a line that are the same for many records, kept as they were written last.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/recent_places.h"
#include "event/fields.h"

namespace dcmwatch {

/// Some pieces of a line, each under a number of the one who keeps them.
class KeptTexts {
 public:
  static constexpr std::size_t kMost = 3;

  [[nodiscard]] std::optional<std::string_view> text(std::size_t number) const {
    const Piece& piece = pieces_[number];
    if (!piece.kept) return std::nullopt;
    return std::string_view{text_.data() + piece.begin, piece.size};
  }
  /// Keeps the text if there is space for it.
  void keep(std::size_t number, std::string_view text);
  void forget();

 private:
  struct Piece {
    std::uint16_t begin = 0;
    std::uint16_t size = 0;
    bool kept = false;
  };

  std::array<Piece, kMost> pieces_{};
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
  /// What is kept of this judgement, likewise. Where there is none nothing stays.
  KeptTexts& of_judgement(const SharedDeclared& declared);

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
    SharedDeclared declared;  ///< kept alive, so that no other comes to stand where it stands
    KeptTexts texts;
  };

  static constexpr std::size_t kConversations = 256;
  static constexpr std::size_t kJudgements = 256;

  std::vector<OfSurroundings> of_surroundings_;
  RecentPlaces<OfJudgement, kJudgements> of_judgement_;
};

}  // namespace dcmwatch
