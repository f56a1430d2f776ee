// Who is it? What an implementation class UID and an implementation version name (PS3.7 D.3.3.2) hint at, by a table:
// rules/fingerprints/dicom.yml says what stands in it. A hint, never proof: both are what the peer chooses to say, and
// many products say no more than the name of the toolkit inside them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dcmwatch {

class Problems;
struct Node;

enum class Confidence : std::uint8_t { none, low, medium, high };

std::string_view to_text(Confidence confidence);

/// What a side of an association hints at. Empty where nothing is known.
struct ImplementationHint {
  std::string_view root{};          ///< the known arc of the class UID; of an unknown one the organisation's arc alone
  std::string_view manufacturer{};  ///< who owns the root; need not have built the device
  std::string_view toolkit{};
  std::string_view product{};
  std::string_view version{};  ///< of the product, else of the toolkit
  Confidence confidence = Confidence::none;

  friend bool operator==(const ImplementationHint&, const ImplementationHint&) = default;
};

/// What the table says of one arc, or of one version name.
struct Fingerprint {
  std::string key;     ///< the arc, or what stands before the * of a version name
  std::string suffix;  ///< of a version name: what stands after the *
  std::string within;  ///< of a version name: the arc that the class UID must be in
  std::string manufacturer;
  std::string toolkit;
  std::string product;
  bool wildcard = false;         ///< of a version name: it has a *
  bool registrar = false;        ///< of an arc: organisations' numbers follow
  bool version_follows = false;  ///< of an arc: what comes after it is a version
  Confidence confidence = Confidence::none;

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

/// Never changes once it is loaded, so it may be asked by several threads at once.
class Fingerprints {
 public:
  /// Throws ConfigurationError with every problem of the file.
  static Fingerprints load(const std::filesystem::path& file);
  /// The same from a text; `name` stands for the file in messages.
  static Fingerprints parse(const std::string& text, const std::string& name);

  /// Of either, whatever was sent, empty if nothing was. Views into the two and into this table, so they die with the
  /// first of the three. Allocates nothing; the time is that of reading both once.
  [[nodiscard]] ImplementationHint find(std::string_view class_uid, std::string_view version_name) const;

  /// Whether they say the same.
  friend bool operator==(const Fingerprints&, const Fingerprints&) = default;

  [[nodiscard]] const std::vector<Fingerprint>& class_uids() const { return class_uids_; }
  [[nodiscard]] const std::vector<Fingerprint>& version_names() const { return version_names_; }

 private:
  static Fingerprints from(const std::optional<Node>& document, Problems& problems);

  // By key, so that an arc stands before those within it.
  std::vector<Fingerprint> class_uids_;
  std::vector<Fingerprint> version_names_;
};

}  // namespace dcmwatch
