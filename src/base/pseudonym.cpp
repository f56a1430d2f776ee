// OpenSSL 3 would have us look SHA-256 up, under a lock, and allocate for each hash: that costs five times the hashing.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/pseudonym.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <span>
#include <stdexcept>

#include "base/keyed_hash.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kLeastKeyBytes = 16;
constexpr std::size_t kKeyIdCharacters = 8;
constexpr std::size_t kIdentifierKinds = static_cast<std::size_t>(IdentifierKind::pixel_data) + 1;

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

void add(SHA256_CTX& hash, std::string_view bytes) {
  SHA256_Update(&hash, bytes.data(), bytes.size());
  std::memset(reinterpret_cast<unsigned char*>(hash.data) + hash.num, 0, sizeof hash.data - hash.num);
}

void put_big_endian(std::uint64_t value, unsigned char* at) {
  if (std::endian::native == std::endian::little) value = __builtin_bswap64(value);
  std::memcpy(at, &value, sizeof value);
}

using Block = std::array<unsigned char, SHA256_CBLOCK>;

// FIPS 180-4 5.1.1: what is left, a one, zeros, and the length in bits. Nearly always that is one block, and made here
// it saves as much again as hashing it costs. False if it is more.
bool put_last_block(const SHA256_CTX& hash, std::string_view last, Block& block) {
  constexpr std::size_t kLengthBytes = 8;
  const std::size_t left = hash.num + last.size();
  if (left + 1 + kLengthBytes > block.size()) return false;
  std::memcpy(block.data(), hash.data, block.size());  // zero behind what is left: add() saw to that
  std::memcpy(block.data() + hash.num, last.data(), last.size());
  block[left] = 0x80;
  const std::uint64_t bits = (std::uint64_t{hash.Nh} << 32 | hash.Nl) + last.size() * 8;
  put_big_endian(bits, block.data() + block.size() - kLengthBytes);
  return true;
}

// Of a hash whose last block was hashed.
Digest digest_of(const SHA256_CTX& hash) {
  Digest digest;
  for (std::size_t i = 0; i < std::size(hash.h); i += 2) {
    put_big_endian(std::uint64_t{hash.h[i]} << 32 | hash.h[i + 1], digest.data() + 4 * i);
  }
  return digest;
}

Digest digest_of(SHA256_CTX hash, std::string_view last) {
  Block block;
  if (put_last_block(hash, last, block)) {
    SHA256_Transform(&hash, block.data());
    return digest_of(hash);
  }
  Digest digest;
  add(hash, last);
  SHA256_Final(digest.data(), &hash);
  return digest;
}

std::string_view as_text(const Digest& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

/// Hashes of which only the last block is left, of several messages. Made one right after the other they overlap in the
/// processor, which a chain of hashes cannot.
class LastBlocks {
 public:
  static constexpr std::size_t kMost = 8;

  [[nodiscard]] std::size_t size() const { return size_; }
  /// False if it is more than one block.
  bool add(const SHA256_CTX& hash, std::string_view last) {
    if (!put_last_block(hash, last, blocks_[size_])) return false;
    std::ranges::copy(hash.h, hashes_[size_++].h);  // all that is left of it to use
    return true;
  }
  void hash() {
    for (std::size_t i = 0; i < size_; ++i) SHA256_Transform(&hashes_[i], blocks_[i].data());
  }
  [[nodiscard]] Digest digest(std::size_t at) const { return digest_of(hashes_[at]); }

 private:
  std::array<SHA256_CTX, kMost> hashes_;
  std::array<Block, kMost> blocks_;
  std::size_t size_ = 0;
};

/// RFC 2104: the key, as long as a block, with each byte changed by `pad`.
SHA256_CTX begun_with(std::string_view key, unsigned char pad) {
  std::array<char, SHA256_CBLOCK> block{};
  std::ranges::copy(key, block.begin());
  for (char& byte : block) byte = static_cast<char>(byte ^ pad);
  SHA256_CTX hash;
  SHA256_Init(&hash);
  add(hash, {block.data(), block.size()});
  return hash;
}

/// HMAC-SHA-256, with the work that the key alone decides done beforehand.
class Hmac {
 public:
  explicit Hmac(std::string_view key) : inner_(begun(key, 0x36)), outer_(begun(key, 0x5c)) {}

  /// The hash of a message, to be continued with its text. The separator keeps (kind, identifier) pairs apart: no kind
  /// contains a NUL.
  [[nodiscard]] SHA256_CTX message_of(std::string_view kind) const {
    SHA256_CTX message = inner_;
    add(message, kind);
    add(message, std::string_view{"", 1});
    return message;
  }

  [[nodiscard]] Digest digest(const SHA256_CTX& message, std::string_view text) const {
    const Digest inner = digest_of(message, text);
    return digest_of(outer_, as_text(inner));
  }

  /// The digests' outer hashes, begun.
  [[nodiscard]] const SHA256_CTX& outer() const { return outer_; }

 private:
  static SHA256_CTX begun(std::string_view key, unsigned char pad) {
    if (key.size() <= SHA256_CBLOCK) return begun_with(key, pad);
    Digest digest;
    SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest.data());
    return begun_with(as_text(digest), pad);
  }

  SHA256_CTX inner_;
  SHA256_CTX outer_;
};

/// Eight digits, of four bits each, the first in the highest byte: they are found all at once.
std::uint64_t digits_of(std::uint32_t bits) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  std::uint64_t digits = bits;
  digits = (digits | digits << 16) & 0x0000ffff0000ffff;
  digits = (digits | digits << 8) & 0x00ff00ff00ff00ff;
  digits = (digits | digits << 4) & 0x0f0f0f0f0f0f0f0f;
  const std::uint64_t letters = (digits + 6 * kEach) >> 4 & kEach;  // one where it is ten or more
  return digits + '0' * kEach + letters * ('a' - '0' - 10);
}

std::uint64_t big_endian_at(const unsigned char* at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
}

Pseudonym pseudonym_of(const Digest& digest) { return {big_endian_at(&digest[0]), big_endian_at(&digest[8])}; }

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
    case IdentifierKind::issuer: return "issuer";
    case IdentifierKind::pixel_data: return "pixel_data";
  }
  return {};
}

std::string_view normalised(std::string_view identifier) {
  constexpr auto is_padding = [](char c) { return c == ' ' || c == '\0'; };
  while (!identifier.empty() && is_padding(identifier.front())) identifier.remove_prefix(1);
  while (!identifier.empty() && is_padding(identifier.back())) identifier.remove_suffix(1);
  return identifier;
}

Text<Pseudonym::kCharacters> Pseudonym::text() const {
  if (empty()) return {};
  std::array<char, kCharacters> digits;
  char* at = digits.data();
  for (const std::uint64_t half : {first_, last_}) {
    for (const unsigned shift : {32U, 0U}) {
      put_big_endian(digits_of(static_cast<std::uint32_t>(half >> shift)), reinterpret_cast<unsigned char*>(at));
      at += sizeof(std::uint64_t);
    }
  }
  return std::string_view{digits.data(), digits.size()};
}

struct Pseudonymizer::Keyed {
  explicit Keyed(std::string_view key) : hmac(key) {
    for (std::size_t kind = 0; kind < kIdentifierKinds; ++kind) {
      messages[kind] = hmac.message_of(to_text(static_cast<IdentifierKind>(kind)));
    }
  }

  [[nodiscard]] const SHA256_CTX& message(IdentifierKind kind) const {
    return messages[static_cast<std::size_t>(kind)];
  }

  Hmac hmac;
  std::array<SHA256_CTX, kIdentifierKinds> messages;  ///< by kind
  KeyedHash fingerprints;
};

Pseudonymizer::Pseudonymizer(std::string_view key)
    : keyed_(std::make_shared<const Keyed>(key)),
      key_id_(pseudonym_of(keyed_->hmac.digest(keyed_->hmac.message_of("key_id"), "dcmwatch"))
                  .text()
                  .view()
                  .substr(0, kKeyIdCharacters)) {}

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

Pseudonym Pseudonymizer::pseudonym(IdentifierKind kind, std::string_view identifier) const {
  const std::string_view text = normalised(identifier);
  return text.empty() ? Pseudonym{} : pseudonym_of(keyed_->hmac.digest(keyed_->message(kind), text));
}

void Pseudonymizer::pseudonyms(std::span<const Identifier> identifiers, std::span<Pseudonym> told) const {
  for (; identifiers.size() > LastBlocks::kMost; told = told.subspan(LastBlocks::kMost)) {
    pseudonyms(identifiers.first(LastBlocks::kMost), told);
    identifiers = identifiers.subspan(LastBlocks::kMost);
  }
  std::array<std::size_t, LastBlocks::kMost> place;
  LastBlocks inner;
  for (std::size_t i = 0; i < identifiers.size(); ++i) {
    const auto [kind, identifier] = identifiers[i];
    const std::string_view text = normalised(identifier);
    place[inner.size()] = i;
    if (text.empty() || !inner.add(keyed_->message(kind), text)) told[i] = pseudonym(kind, text);
  }
  inner.hash();
  LastBlocks outer;
  for (std::size_t i = 0; i < inner.size(); ++i) outer.add(keyed_->hmac.outer(), as_text(inner.digest(i)));
  outer.hash();
  for (std::size_t i = 0; i < outer.size(); ++i) told[place[i]] = pseudonym_of(outer.digest(i));
}

std::uint64_t Pseudonymizer::fingerprint(std::string_view identifier) const {
  const std::string_view text = normalised(identifier);
  return text.empty() ? 0 : std::max<std::uint64_t>(keyed_->fingerprints(text), 1);
}

}  // namespace dcmwatch
