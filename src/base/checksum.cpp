#include "base/checksum.h"

#include <bit>
#include <cstddef>
#include <cstring>

namespace dcmwatch {
namespace {

// RFC 1071: the one's complement sum does not depend on the byte order, so it is taken in this machine's, four bytes at
// a time in wider numbers: what a segment holds does not overflow them. Never 0 unless all that was added is.
class Sum {
 public:
  void add(std::uint64_t word) { sum_ += (word & kLowHalf) + (word >> 32); }

  void add(ByteView bytes) {
    const std::uint8_t* at = bytes.data();
    std::size_t left = bytes.size();
    Lanes low{};
    Lanes high{};
    for (; left >= sizeof(Lanes); at += sizeof(Lanes), left -= sizeof(Lanes)) {
      Lanes words;
      std::memcpy(&words, at, sizeof words);
      low += words & kLowHalf;
      high += words >> 32;
    }
    low += high;
    for (std::size_t lane = 0; lane < kLanes; ++lane) sum_ += low[lane];
    for (; left >= 8; at += 8, left -= 8) add(load(at, 8));
    if (left != 0) add(load(at, left));
  }

  [[nodiscard]] std::uint16_t folded() const {
    std::uint64_t sum = sum_;
    while (sum >> 16 != 0) sum = (sum & 0xffffU) + (sum >> 16);
    return static_cast<std::uint16_t>(sum);
  }

 private:
  static constexpr std::size_t kLanes = 2;
  /// Added side by side, by whatever instructions the machine has for that.
  using Lanes = std::uint64_t __attribute__((vector_size(kLanes * sizeof(std::uint64_t))));
  static constexpr std::uint64_t kLowHalf = 0xffffffff;

  static std::uint64_t load(const std::uint8_t* at, std::size_t bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, bytes);
    return word;
  }

  std::uint64_t sum_ = 0;
};

// A number in the order in which the wire has it.
std::uint32_t on_the_wire(std::uint32_t value) {
  return std::endian::native == std::endian::little ? __builtin_bswap32(value) : value;
}

std::uint16_t on_the_wire(std::uint16_t value) {
  return std::endian::native == std::endian::little ? __builtin_bswap16(value) : value;
}

}  // namespace

Checksum checksum_of(const Segment& segment) {
  const bool whole = segment.header_bytes != 0 && segment.payload.size() == segment.wire_payload_bytes;
  if (segment.transport != Transport::tcp || !whole) return Checksum::unknown;

  // The prefix of a mapped IPv4 address sums up to 0xffff, which is 0 in one's complement.
  Sum pseudo;
  for (const std::uint64_t word : segment.source.address.words()) pseudo.add(word);
  for (const std::uint64_t word : segment.destination.address.words()) pseudo.add(word);
  pseudo.add(on_the_wire(std::uint32_t{static_cast<std::uint8_t>(segment.transport)}));
  Sum pseudo_with_length = pseudo;
  const std::size_t bytes = segment.header_bytes + segment.payload.size();
  pseudo_with_length.add(on_the_wire(static_cast<std::uint32_t>(bytes)));

  Sum all = pseudo_with_length;
  all.add(ByteView{segment.payload.data() - segment.header_bytes, bytes});
  if (all.folded() == 0xffff) return Checksum::good;

  const std::uint16_t left = on_the_wire(segment.checksum);
  // With the length as most stacks leave it; without where the card is to cut the segment as well.
  if (left == pseudo_with_length.folded() || left == pseudo.folded()) return Checksum::partial;
  return Checksum::bad;
}

}  // namespace dcmwatch
