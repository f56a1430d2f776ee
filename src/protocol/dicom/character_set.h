// Text as (0008,0005) says that it is written, made UTF-8 (PS3.3 C.12.1.1.2, PS3.5 6.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "event/texts.h"

namespace dcmwatch::dicom {

/// The default repertoire unless told otherwise. A small value.
class CharacterSet {
 public:
  CharacterSet() = default;
  /// The value of (0008,0005); terms that are not known are as the default.
  explicit CharacterSet(ByteView value);

  static CharacterSet utf8();

  /// Of an SH, LO, ST, LT or UT. What is not text in this character set becomes '?'. ASCII costs a look at each byte.
  [[nodiscard]] std::string to_utf8(ByteView text) const;
  /// The first term named that is known, as the standard writes it; empty: the default repertoire.
  [[nodiscard]] std::string_view name() const;

 private:
  static constexpr std::size_t kMostTerms = 8;
  std::array<std::uint8_t, kMostTerms> terms_{};  ///< their places in the table, from 1; 0: the default
  std::uint8_t count_ = 0;
};

/// A name of a device, a software or an institution, fit to leave: the value without padding, in UTF-8, control
/// characters as '?', cut at the end of a character.
DicomName name_of(ByteView value, const CharacterSet& character_set);

}  // namespace dcmwatch::dicom
