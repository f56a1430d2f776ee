#include "base/community_id.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>

namespace dcmwatch {
namespace {

constexpr std::size_t kSha1Bytes = 20;
constexpr std::size_t kBase64Characters = 28;

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

/// One a thread: looking the algorithm up costs several times what hashing these few bytes does.
class Sha1 {
 public:
  Sha1()
      : algorithm_(EVP_MD_fetch(nullptr, "SHA1", nullptr), EVP_MD_free), context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    if (!algorithm_ || !context_) throw std::runtime_error{"OpenSSL offers no SHA-1, which Community ID needs"};
  }

  std::array<std::uint8_t, kSha1Bytes> digest(ByteView bytes) {
    std::array<std::uint8_t, kSha1Bytes> result{};
    EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr);
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
    EVP_DigestFinal_ex(context_.get(), result.data(), nullptr);
    return result;
  }

 private:
  std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> algorithm_;
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

}  // namespace

void append_community_id(std::string& out, const Parties& parties) {
  const auto [low, high] = std::minmax(parties.source, parties.destination);

  Preimage preimage;
  preimage.u16(0);
  preimage.address(low.address);
  preimage.address(high.address);
  preimage.u8(static_cast<unsigned>(parties.transport));
  preimage.u8(0);
  preimage.u16(low.port);
  preimage.u16(high.port);

  thread_local Sha1 sha1;
  const auto digest = sha1.digest(preimage.bytes());

  std::array<unsigned char, kBase64Characters + 1> text{};  // EVP_EncodeBlock adds a NUL
  EVP_EncodeBlock(text.data(), digest.data(), kSha1Bytes);
  out += "1:";
  out.append(reinterpret_cast<const char*>(text.data()), kBase64Characters);
}

std::string community_id(const Parties& parties) {
  std::string text;
  append_community_id(text, parties);
  return text;
}

}  // namespace dcmwatch
