// What capture yields and decode takes; what decode yields and assemble takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
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
  std::uint16_t domain = 0;      ///< observation domain: sources that see one network share it
};

/// Bytes that keep their room when they are replaced, and are not cleared before they are written.
class Block {
 public:
  [[nodiscard]] std::uint8_t* data() { return bytes_.get(); }
  [[nodiscard]] const std::uint8_t* data() const { return bytes_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] ByteView view() const { return {bytes_.get(), size_}; }
  void clear() { size_ = 0; }
  /// Room for at least `bytes`; what is in it stays, at another address.
  void reserve(std::size_t bytes) {
    if (bytes <= capacity_) return;
    auto larger = std::make_unique_for_overwrite<std::uint8_t[]>(bytes);
    if (size_ != 0) std::memcpy(larger.get(), bytes_.get(), size_);
    bytes_ = std::move(larger);
    capacity_ = bytes;
  }
  /// What is new in it has no defined content until it is written.
  void resize(std::size_t bytes) {
    if (bytes > capacity_) reserve(bytes < 2 * capacity_ ? 2 * capacity_ : bytes);
    size_ = bytes;
  }
  void append(ByteView bytes) {
    const std::size_t at = size_;
    resize(at + bytes.size());
    if (!bytes.empty()) std::memcpy(bytes_.get() + at, bytes.data(), bytes.size());
  }

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// Packets of one source, in the order in which it gave them. Keeps alive the bytes that they view: its own block, or
/// a window of the source's (a mapped file).
struct Batch {
  Block block;
  std::shared_ptr<const void> window;
  std::deque<std::vector<std::uint8_t>> reassembled;  ///< datagrams that decode put together from their fragments
  std::vector<Packet> packets;
  bool more = false;  ///< it holds as much as was asked for, and more is at hand
  /// Everything of this source up to here has been given; never runs backwards.
  Timestamp watermark{};
};

/// TCP flags (RFC 9293 3.1).
struct TcpFlags {
  static constexpr std::uint8_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10;
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
  std::uint8_t flags = 0;         ///< TcpFlags
  std::uint8_t header_bytes = 0;  ///< of the TCP header, which stands right before `payload`; 0 if it was cut
  std::uint16_t window = 0;       ///< as advertised, not scaled
  std::uint16_t checksum = 0;     ///< TCP's, as on the wire
  std::uint16_t ip_id = 0;        ///< IPv4 identification (RFC 6864); 0 for IPv6
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint32_t wire_payload_bytes = 0;  ///< payload length on the wire: `payload` may be shorter, cut by a snap length
  ByteView payload;

  [[nodiscard]] ConnectionKey key() const { return ConnectionKey::between(source, destination, transport, domain); }
  [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
};

}  // namespace dcmwatch
