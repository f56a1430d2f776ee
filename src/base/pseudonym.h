// What identifies a person leaves dcmwatch only as a keyed pseudonym.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace dcmwatch {

/// One domain per kind of identifier: the same text as patient id and as accession number gives two pseudonyms.
enum class IdentifierKind : std::uint8_t {
  patient_id,
  visit_number,
  accession_number,
  order_number,
  study_uid,
  series_uid,
  instance_uid,
  transaction_uid,
  control_id,
  issuer,      ///< who assigned an identifier
  pixel_data,  ///< of its SHA-256
};

std::string_view to_text(IdentifierKind kind);

/// Without the padding of PS3.5 6.2 (spaces and NUL at both ends): what a pseudonym stands for.
std::string_view normalised(std::string_view identifier);

struct Identifier {
  IdentifierKind kind{};
  std::string_view text;
};

/// What stands for an identifier: 128 bits, written as 32 hexadecimal digits where it is told, and not before. Blank
/// where there was no identifier.
class Pseudonym {
 public:
  static constexpr std::size_t kCharacters = 32;

  constexpr Pseudonym() = default;
  /// Of the first sixteen digits and of the last.
  constexpr Pseudonym(std::uint64_t first, std::uint64_t last) : first_(first), last_(last) {}

  [[nodiscard]] constexpr bool empty() const { return first_ == 0 && last_ == 0; }
  /// Its first 64 bits: enough to tell apart what is kept in mind.
  [[nodiscard]] constexpr std::uint64_t first() const { return first_; }
  [[nodiscard]] constexpr std::pair<std::uint64_t, std::uint64_t> words() const { return {first_, last_}; }
  /// Its digits; none of a blank one.
  [[nodiscard]] Text<kCharacters> text() const;

  friend bool operator==(const Pseudonym&, const Pseudonym&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Pseudonym& pseudonym) { return out << pseudonym.text(); }

 private:
  std::uint64_t first_ = 0;
  std::uint64_t last_ = 0;
};

/// HMAC-SHA-256 (RFC 2104) over the kind and the normalised identifier, cut to 128 bits.
/// The same identifier correlates within a site and means nothing outside it. Safe to use from several threads.
/// A copy shares the key. A pseudonym costs two SHA-256 blocks, more for an identifier longer than about forty bytes,
/// and allocates nothing.
class Pseudonymizer {
 public:
  /// A key of at least 16 bytes.
  explicit Pseudonymizer(std::string_view key);

  /// Reads the site's key; makes the file (mode 0600, 32 random bytes) if there is none.
  /// Throws std::runtime_error naming the file and the fix if it is readable by others, too short or cannot be made.
  static Pseudonymizer from_file(const std::filesystem::path& file);

  /// A fresh random key: pseudonyms correlate within this run only.
  static Pseudonymizer ephemeral();

  /// `identifier` is normalised first; an empty one gives a blank one.
  [[nodiscard]] Pseudonym pseudonym(IdentifierKind kind, std::string_view identifier) const;
  /// The same for each of some, a third cheaper: no hash waits for another's.
  void pseudonyms(std::span<const Identifier> identifiers, std::span<Pseudonym> told) const;

  /// By what identifiers of one kind are compared where nothing of them is to be told: a number that is theirs in this
  /// run, for a tenth of a pseudonym's price. 0 where there is none.
  [[nodiscard]] std::uint64_t fingerprint(std::string_view identifier) const;

  /// Names the key without telling it: two runs with the same key id used the same key.
  [[nodiscard]] const std::string& key_id() const { return key_id_; }

 private:
  struct Keyed;
  std::shared_ptr<const Keyed> keyed_;
  std::string key_id_;
};

}  // namespace dcmwatch
