// Captures as bytes, written field by field.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace dcmwatch {

/// Appends numbers in a byte order.
class Bytes {
 public:
  explicit Bytes(std::endian order = std::endian::little) : order_(order) {}
  Bytes& u16(std::uint16_t value) { return number(value, 2); }
  Bytes& u32(std::uint32_t value) { return number(value, 4); }
  Bytes& u64(std::uint64_t value) { return number(value, 8); }
  Bytes& text(std::string_view more) {
    bytes_ += more;
    return *this;
  }
  Bytes& pad() {
    while (bytes_.size() % 4 != 0) bytes_ += '\0';
    return *this;
  }
  [[nodiscard]] const std::string& string() const { return bytes_; }
  [[nodiscard]] std::endian order() const { return order_; }

 private:
  Bytes& number(std::uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; ++i) {
      const unsigned shift = 8 * (order_ == std::endian::little ? i : width - 1 - i);
      bytes_ += static_cast<char>(value >> shift & 0xff);
    }
    return *this;
  }

  std::string bytes_;
  std::endian order_;
};

constexpr std::uint32_t kMicroseconds = 0xa1b2c3d4;
constexpr std::uint32_t kNanoseconds = 0xa1b23c4d;
constexpr std::uint32_t kEthernet = 1;

inline std::string pcap_header(std::uint32_t magic = kMicroseconds, std::endian order = std::endian::little,
                               std::uint32_t link_type = kEthernet) {
  return Bytes{order}.u32(magic).u16(2).u16(4).u32(0).u32(0).u32(262144).u32(link_type).string();
}

inline std::string pcap_record(std::uint32_t seconds, std::uint32_t fraction, std::string_view packet,
                               std::endian order = std::endian::little) {
  const auto size = static_cast<std::uint32_t>(packet.size());
  return Bytes{order}.u32(seconds).u32(fraction).u32(size).u32(size).text(packet).string();
}

/// A capture of as many packets as texts, a second apart.
inline std::string pcap_of(std::initializer_list<std::string_view> packets, std::uint32_t first_second = 1000) {
  std::string file = pcap_header();
  for (const std::string_view packet : packets) file += pcap_record(first_second++, 0, packet);
  return file;
}

inline std::string block(std::uint32_t type, const Bytes& body) {
  const std::string padded = Bytes{body}.pad().string();
  const auto length = static_cast<std::uint32_t>(padded.size() + 12);
  return Bytes{body.order()}.u32(type).u32(length).text(padded).u32(length).string();
}

inline std::string section_header(std::endian order = std::endian::little, std::uint16_t major = 1) {
  return block(0x0a0d0d0a, Bytes{order}.u32(0x1a2b3c4d).u16(major).u16(0).u64(~std::uint64_t{0}));
}

/// `options` as they stand in the file, in the same order.
inline std::string interface_block(std::uint16_t link_type, const Bytes& options = Bytes{}) {
  return block(1, Bytes{options.order()}.u16(link_type).u16(0).u32(0).text(options.string()));
}

inline std::string enhanced_packet(std::uint32_t interface, std::uint64_t ticks, std::string_view packet,
                                   std::endian order = std::endian::little) {
  const auto size = static_cast<std::uint32_t>(packet.size());
  return block(6, Bytes{order}
                      .u32(interface)
                      .u32(static_cast<std::uint32_t>(ticks >> 32))
                      .u32(static_cast<std::uint32_t>(ticks))
                      .u32(size)
                      .u32(size)
                      .text(packet));
}

}  // namespace dcmwatch
