// Frames put together header by header. Each function is a header, given what stands behind it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/packet.h"

namespace dcmwatch {

using Bytes = std::vector<std::uint8_t>;

inline Bytes operator+(Bytes one, const Bytes& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

inline Bytes be16(std::size_t value) {
  return {static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}
inline Bytes be32(std::size_t value) { return be16(value >> 16) + be16(value); }

// 10.0.0.1:40000 → 10.0.0.2:104
inline Bytes tcp(const std::string& text) {
  return Bytes{0x9c, 0x40, 0, 104, 0, 0, 0, 7, 0, 0, 0, 9, 0x50, TcpFlags::ack, 0xff, 0xff, 0x12, 0x34, 0, 0} +
         Bytes(text.begin(), text.end());
}

inline Bytes udp(std::uint16_t port, const Bytes& payload) {
  return be16(50000) + be16(port) + be16(8 + payload.size()) + be16(0) + payload;
}

inline Bytes ipv4(const Bytes& payload, std::uint8_t protocol = 6, std::uint16_t fragment = 0, std::uint16_t id = 1) {
  return Bytes{0x45, 0} + be16(20 + payload.size()) + be16(id) + be16(fragment) + Bytes{64, protocol, 0, 0} +
         Bytes{10, 0, 0, 1, 10, 0, 0, 2} + payload;
}

inline Bytes ipv6(const Bytes& payload, std::uint8_t next = 6) {
  Bytes header = Bytes{0x60, 0, 0, 0} + be16(payload.size()) + Bytes{next, 64};
  for (const std::uint8_t last : Bytes{1, 2})
    header = header + Bytes{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last};
  return header + payload;
}

inline const Bytes kMacs{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
inline Bytes ethernet(std::uint16_t type, const Bytes& payload) { return kMacs + be16(type) + payload; }
inline Bytes vlan(std::uint16_t id, std::uint16_t type, const Bytes& payload) {
  return be16(id) + be16(type) + payload;
}

}  // namespace dcmwatch
