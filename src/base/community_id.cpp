// OpenSSL 3's new interface looks an algorithm up and allocates for each hash: more than hashing these few bytes costs.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/community_id.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace dcmwatch {
namespace {

/// Seed, two addresses, transport, padding, two ports: what is hashed, in network byte order.
class Preimage {
 public:
  void u8(unsigned value) { bytes_[size_++] = static_cast<std::uint8_t>(value); }

  void u16(unsigned value) {
    u8(value >> 8);
    u8(value & 0xffU);
  }

  void address(const IpAddress& address) {
    const ByteView whole{address.bytes()};
    const ByteView wire = address.is_v4() ? whole.last(4) : whole;
    std::copy(wire.begin(), wire.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += wire.size();
  }

  [[nodiscard]] ByteView bytes() const { return ByteView{bytes_}.first(size_); }

 private:
  std::array<std::uint8_t, 2 + 16 + 16 + 1 + 1 + 2 + 2> bytes_{};
  std::size_t size_ = 0;
};

/// RFC 4648 4: 28 characters.
void put_base64(char* at, std::span<const unsigned char, SHA_DIGEST_LENGTH> bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  static_assert(bytes.size() % 3 == 2, "one digit of padding");
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const bool is_last = i + 2 == bytes.size();
    const unsigned group = unsigned{bytes[i]} << 16 | unsigned{bytes[i + 1]} << 8 | (is_last ? 0U : bytes[i + 2]);
    *at++ = kDigits[group >> 18];
    *at++ = kDigits[group >> 12 & 63];
    *at++ = kDigits[group >> 6 & 63];
    *at++ = is_last ? '=' : kDigits[group & 63];
  }
}

}  // namespace

void put_community_id(char* at, const Parties& parties) {
  const auto [low, high] = std::minmax(parties.source, parties.destination);

  Preimage preimage;
  preimage.u16(0);
  preimage.address(low.address);
  preimage.address(high.address);
  preimage.u8(static_cast<unsigned>(parties.transport));
  preimage.u8(0);
  preimage.u16(low.port);
  preimage.u16(high.port);

  SHA_CTX sha1;
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1_Init(&sha1);
  SHA1_Update(&sha1, preimage.bytes().data(), preimage.bytes().size());
  SHA1_Final(digest.data(), &sha1);

  *at++ = '1';
  *at++ = ':';
  put_base64(at, digest);
}

std::string community_id(const Parties& parties) {
  std::string text(kCommunityIdCharacters, '\0');
  put_community_id(text.data(), parties);
  return text;
}

}  // namespace dcmwatch
