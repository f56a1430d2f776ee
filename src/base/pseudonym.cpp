#include "base/pseudonym.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace dcmwatch {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kLeastKeyBytes = 16;
constexpr std::size_t kPseudonymBytes = 16;
constexpr std::size_t kKeyIdBytes = 4;

std::string hmac_hex(std::string_view key, std::string_view domain, std::string_view text, std::size_t bytes) {
  // The separator keeps (kind, identifier) pairs apart: no kind contains a NUL.
  std::string message{domain};
  message.push_back('\0');
  message.append(text);

  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(message.data()),
       message.size(), digest.data(), &length);
  OPENSSL_cleanse(message.data(), message.size());

  constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes * 2);
  for (std::size_t i = 0; i < bytes; ++i) {
    hex.push_back(kHex[digest[i] >> 4]);
    hex.push_back(kHex[digest[i] & 15]);
  }
  return hex;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kPadding{" \0", 2};
  const auto first = text.find_first_not_of(kPadding);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kPadding) - first + 1);
}

std::string random_key() {
  std::string key(kKeyBytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1) {
    throw std::runtime_error("no random bytes for a pseudonym key");
  }
  return key;
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return value_; }

 private:
  int value_;
};

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& why) {
  throw std::runtime_error("pseudonym key " + file.string() + ": " + why);
}

}  // namespace

std::string_view to_text(IdentifierKind kind) {
  switch (kind) {
    case IdentifierKind::patient_id: return "patient_id";
    case IdentifierKind::visit_number: return "visit_number";
    case IdentifierKind::accession_number: return "accession_number";
    case IdentifierKind::order_number: return "order_number";
    case IdentifierKind::study_uid: return "study_uid";
    case IdentifierKind::series_uid: return "series_uid";
    case IdentifierKind::instance_uid: return "instance_uid";
    case IdentifierKind::transaction_uid: return "transaction_uid";
    case IdentifierKind::control_id: return "control_id";
  }
  return {};
}

Pseudonymizer::Pseudonymizer(std::string_view key)
    : key_(key), key_id_(hmac_hex(key, "key_id", "dcmwatch", kKeyIdBytes)) {}

Pseudonymizer Pseudonymizer::ephemeral() { return Pseudonymizer{random_key()}; }

Pseudonymizer Pseudonymizer::from_file(const std::filesystem::path& file) {
  const Descriptor made{open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR)};
  if (made.get() >= 0) {
    const std::string key = random_key();
    if (write(made.get(), key.data(), key.size()) != static_cast<ssize_t>(key.size())) fail(file, "cannot be written");
    return Pseudonymizer{key};
  }
  if (errno != EEXIST) fail(file, std::string{"cannot be made: "} + std::strerror(errno));

  const Descriptor kept{open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (kept.get() < 0) fail(file, std::string{"cannot be read: "} + std::strerror(errno));
  struct stat status {};
  if (fstat(kept.get(), &status) != 0) fail(file, std::strerror(errno));
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) fail(file, "others may read it; run: chmod 600 " + file.string());

  std::string key(4096, '\0');
  const ssize_t got = read(kept.get(), key.data(), key.size());
  if (got < static_cast<ssize_t>(kLeastKeyBytes)) fail(file, "holds fewer than 16 bytes; delete it to have one made");
  key.resize(static_cast<std::size_t>(got));
  return Pseudonymizer{key};
}

std::string Pseudonymizer::pseudonym(IdentifierKind kind, std::string_view identifier) const {
  const std::string_view normalised = trimmed(identifier);
  if (normalised.empty()) return {};
  return hmac_hex(key_, to_text(kind), normalised, kPseudonymBytes);
}

}  // namespace dcmwatch
