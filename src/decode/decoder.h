// Strips headers, outermost to innermost, and puts fragments together: a Packet becomes a Segment.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/limits.h"
#include "base/packet.h"
#include "decode/fragments.h"

namespace dcmwatch {

/// What became of a packet. Everything but `segment` is counted: what was not looked at is never silent.
enum class Decoded : std::uint8_t {
  segment,            ///< a TCP segment or UDP datagram
  other_protocol,     ///< ARP, ICMP, spanning tree …: nothing for dcmwatch
  fragment,           ///< an IP fragment that awaits others, or a second copy of one
  truncated,          ///< the snap length cut the headers
  malformed,          ///< lengths that contradict each other
  unknown_link_type,  ///< nothing in it could be looked at
  encrypted,          ///< ESP, MACsec, protected 802.11 …
  compressed,         ///< IPComp, compressed PPP
  nested_too_deep,    ///< Limits::decode_layers
  kinds               ///< how many there are
};

std::string_view to_text(Decoded decoded);

/// A loss of sight, by the name of its CaptureNote.
struct DecodeNote {
  std::string_view name;
  std::uint64_t count = 0;
};

/// One per reader: it holds fragments. Order of calls: decode() and advance() as packets come, finish() at the end.
///
/// The innermost connection counts, and its packet's facts: the addresses and VLAN tags are those of the Ethernet frame
/// nearest to it, so the ones around VXLAN or ERSPAN are not told. A datagram at a tunnel's port is taken for the
/// tunnel's only if its content holds; else it remains a datagram. A segment from fragments has the mark of the last
/// one that came.
///
/// Cost: some 7 ns for Ethernet, IPv4 and TCP, 20 to 60 ns for all else; nothing is copied but fragments.
class Decoder {
 public:
  explicit Decoder(const Limits& limits = {}) : limits_(limits), fragments_(limits_) {}
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// Fills `segment` if the answer is Decoded::segment; its views are the packet's, or those of a datagram that was put
  /// together, which goes to `batch` (the packet's own).
  Decoded decode(const Packet& packet, Batch& batch, Segment& segment);
  /// Packet time has reached `now`: what waited too long for its fragments is given up.
  void advance(Timestamp now) { fragments_.advance(now); }
  /// Nothing more comes.
  void finish() { fragments_.finish(); }

  [[nodiscard]] std::uint64_t count(Decoded decoded) const { return counts_[static_cast<std::size_t>(decoded)]; }
  [[nodiscard]] const Fragments& fragments() const { return fragments_; }
  /// What could not be looked into so far, in a fixed order.
  [[nodiscard]] std::array<DecodeNote, 9> notes() const;

 private:
  Decoded walk(const Packet& packet, Batch& batch, Segment& segment);

  Limits limits_;
  Fragments fragments_;
  std::array<std::uint64_t, static_cast<std::size_t>(Decoded::kinds)> counts_{};
};

}  // namespace dcmwatch
