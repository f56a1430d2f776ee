// What capture yields and decode takes; what decode yields and assemble takes.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/timestamp.h"

namespace dcmwatch {

/// One captured frame: a view into its batch's block.
struct Packet {
  Mark mark;
  ByteView bytes;                ///< as captured; may be cut by a snap length
  std::uint32_t wire_bytes = 0;  ///< length on the wire
  std::uint16_t link_type = 0;   ///< LINKTYPE_ value as in a capture file
};

/// Packets of one source, in the order in which it gave them. Owns the bytes that they view.
struct Batch {
  std::vector<std::uint8_t> block;
  std::vector<Packet> packets;
  /// Everything of this source up to here has been given; never runs backwards.
  Timestamp watermark{};
};

/// TCP flags (RFC 9293 3.1).
struct TcpFlags {
  static constexpr std::uint8_t fin = 0x01, syn = 0x02, rst = 0x04, ack = 0x10;
};

/// One TCP segment or UDP datagram with the headers around it stripped. Views its packet's batch.
struct Segment {
  Mark mark;
  std::uint64_t hash = 0;  ///< hash_of(key()): decides the partition
  Endpoint source;         ///< the sender of this segment
  Endpoint destination;
  MacAddress source_mac{};
  MacAddress destination_mac{};
  VlanTags vlan;
  std::uint16_t domain = 0;  ///< observation domain
  Transport transport = Transport::tcp;
  std::uint8_t flags = 0;  ///< TcpFlags
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint32_t wire_payload_bytes = 0;  ///< payload length on the wire: `payload` may be shorter, cut by a snap length
  ByteView payload;

  [[nodiscard]] ConnectionKey key() const { return ConnectionKey::between(source, destination, transport, domain); }
  [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
};

}  // namespace dcmwatch
