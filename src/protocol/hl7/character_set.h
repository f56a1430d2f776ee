// What MSH-18 says that a message is written in (HL7 v2 2.14.9.18, table 0211).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/hl7/message.h"

namespace dcmwatch::hl7 {

/// Of one message. A small value.
class CharacterSet {
 public:
  /// ASCII unless it says otherwise; a name that is in no table says nothing.
  explicit CharacterSet(const Message& message);

  /// The first repetition of MSH-18 as table 0211 writes it; empty: not said, or in no table.
  [[nodiscard]] std::string_view name() const;
  /// MSH-18 says nothing, or nothing that is in no table.
  [[nodiscard]] bool is_known() const { return known_; }

  /// Whether bytes beyond ASCII mean characters.
  [[nodiscard]] bool gives_meaning() const { return term_ != 0 || transcoded_; }

  /// Bytes of a character may be those of delimiters, so that the message must be made UTF-8 before it is read.
  [[nodiscard]] bool hides_delimiters(const Message& message) const;

  /// If such bytes stand in the header before MSH-18, another field is read for it: the set that the header names in
  /// whichever field. To be believed if MSH-18 names it once the message was made UTF-8.
  [[nodiscard]] std::optional<CharacterSet> behind_hidden_delimiters(const Message& message) const;

  /// Of a text already unescaped. Where nothing says how its bytes are meant they are kept.
  [[nodiscard]] std::string to_utf8(std::string_view text) const;
  /// Whether all of the message is written in what MSH-18 names.
  [[nodiscard]] bool holds(const Message& message) const;

  /// The message was made UTF-8: its name stays.
  void is_transcoded() { transcoded_ = true; }

 private:
  std::uint8_t term_ = 0;  ///< its place in the table
  bool iso_2022_ = false;  ///< a repetition names a set of two bytes a character, or JIS's Latin letters
  bool known_ = true;
  bool named_ = false;  ///< by the first repetition
  bool transcoded_ = false;
};

}  // namespace dcmwatch::hl7
