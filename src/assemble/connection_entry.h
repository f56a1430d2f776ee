// What is kept of a connection: little while nothing is said on it, more from its first payload on.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "assemble/connection_index.h"
#include "assemble/half_stream.h"
#include "assemble/stream.h"
#include "base/packet.h"

namespace dcmwatch {

/// Each has a list by last activity, a time-out and a limit, in partition.cpp. In this order they are worth keeping.
enum class ConnectionState : std::uint8_t {
  closed,       ///< lingers, so that late packets do not look like a new connection
  opening,      ///< the opener has sent no more than SYNs
  unproven,     ///< joined midway or unanswered: one direction seen, which anyone can send
  datagrams,    ///< not TCP
  idle,         ///< both directions seen, no payload yet
  half_closed,  ///< a FIN in one direction
  resetting,    ///< a RST that may be forged: it has to be followed by quiet
  established,
  states
};

/// A connection with payload, or with a FIN, until its end.
struct LiveConnection {
  Connection connection;
  std::array<HalfStream, 2> half;
  std::unique_ptr<StreamSink> sink;
  std::size_t kept_bytes = 0;             ///< by the sink, as `Keepers` knows it
  LiveConnection* keeps_newer = nullptr;  ///< its neighbours among those that keep about as much
  LiveConnection* keeps_older = nullptr;
  std::array<Timestamp, 2> window_closed_since{};  ///< by who receives in that direction; zero: it has room
  Timestamp wakes_at = Timestamp::max();           ///< when the partition looks whether the sink is to be woken
  Timestamp spoken{};                              ///< first payload
  bool sink_asked = false;
  bool waits = false;  ///< listed among those with something held

  [[nodiscard]] bool finished() const { return half[0].finished() && half[1].finished(); }
  /// As new; small buffers are kept.
  void reset() {
    for (HalfStream& one : half) one.reset();
    sink.reset();
    connection = {};
    window_closed_since = {};
    wakes_at = Timestamp::max();
    spoken = {};
    sink_asked = waits = false;
  }
};

/// What is known of where the two directions' sequence numbers stand.
class Numbering {
 public:
  enum What : unsigned {
    started = 0,  ///< anything
    claimed = 2,  ///< where it starts or, not started, goes on, from nobody but who receives it
    heard = 4,    ///< that its sender knows where the other direction stands
    erred = 6     ///< that its sender, perhaps, did not
  };
  [[nodiscard]] bool has(What what, Direction d) const { return (bits_ & bit(what, d)) != 0; }
  [[nodiscard]] bool has_both(What what) const {
    return has(what, Direction::forward) && has(what, Direction::backward);
  }
  void add(What what, Direction d) { bits_ = static_cast<std::uint8_t>(bits_ | bit(what, d)); }
  void remove(What what, Direction d) { bits_ = static_cast<std::uint8_t>(bits_ & ~bit(what, d)); }
  void reverse() { bits_ = static_cast<std::uint8_t>((bits_ & 0x55U) << 1 | (bits_ >> 1 & 0x55U)); }

 private:
  [[nodiscard]] static unsigned bit(What what, Direction d) { return 1U << (what + index_of(d)); }
  std::uint8_t bits_ = 0;
};

/// 192 bytes, and with its place in the index all that an open idle connection costs. The first 64 are what every
/// segment looks at.
struct ConnectionEntry {
  Endpoint source;
  Endpoint destination;
  std::uint16_t domain = 0;
  Transport transport = Transport::tcp;
  ConnectionState state = ConnectionState::opening;
  Slot newer = kNoSlot;
  Slot older = kNoSlot;
  Timestamp active{};                    ///< last packet that counts for its time-out
  std::unique_ptr<LiveConnection> live;  ///< its statistics then stand there

  Timestamp linked{};  ///< when it took its place in its list: a little before `active` at most
  std::uint64_t id = 0;
  /// Of each direction, if started, while not live and after the end; else where it was first claimed to stand.
  std::array<std::uint32_t, 2> next_sequence{};
  /// Of each direction whose SYN was seen; of one that has not started, where it was last claimed to stand.
  std::array<std::uint32_t, 2> initial_sequence{};
  std::array<std::uint32_t, 2> packets{};
  Timestamp first_time{};
  std::uint64_t first_packet = 0;
  Timestamp last_time{};
  std::uint64_t last_packet = 0;
  std::uint32_t first_source = 0;
  std::uint32_t last_source = 0;
  Timestamp answered{};   ///< SYN-ACK; zero: not seen
  Timestamp completed{};  ///< the opener's ACK; zero: not seen
  MacAddress source_mac{};
  MacAddress destination_mac{};
  VlanTags vlan;
  std::uint32_t reset_sequence = 0;  ///< of the RST that ended it, or may have
  Slot partner = kNoSlot;  ///< of an open connection: the SYN that may replace it; of that one: the connection
  std::array<std::uint8_t, 2> duplicates{};  ///< up to 255, while not live

  struct Flags {
    bool opener_known : 1 = false;
    bool joined_midway : 1 = false;
    bool truncated : 1 = false;
    bool syn_seen : 1 = false;         ///< it was the first packet
    bool syn_repeated : 1 = false;     ///< so that the times of the handshake are doubtful
    bool several_answers : 1 = false;  ///< SYN-ACKs that differ: SYN cookies
    bool opener_in_doubt : 1 = false;  ///< they acknowledge different SYNs
    bool supplanted : 1 = false;       ///< ended for segments of another place, whose handshake was not seen
    bool candidate : 1 = false;        ///< a SYN on the ports of an open connection
    bool reset_backward : 1 = false;   ///< who sent the RST
    bool was_reset : 1 = false;
    bool reset_refuses : 1 = false;  ///< it acknowledges nothing: who sent it knows of no connection
    bool followed : 1 = false;       ///< it has its place among those that are told to go on
  } flags;
  Numbering numbering;
  std::array<std::uint8_t, 2> right_checksums{};  ///< of each direction, one after the other; two at most
  std::uint8_t told_unspoken = 0;                 ///< as in Connection

  /// Of a segment that is this connection's: nearly always the ports tell.
  [[nodiscard]] Direction direction_of(const Segment& segment) const {
    const bool forward =
        source.port != destination.port ? source.port == segment.source.port : same(source, segment.source);
    return forward ? Direction::forward : Direction::backward;
  }
  /// Whether the segment is this connection's, in either direction.
  [[nodiscard]] bool is_of(const Segment& segment) const {
    const bool ends = same(source, segment.source)
                          ? same(destination, segment.destination)
                          : same(source, segment.destination) && same(destination, segment.source);
    return ends && domain == segment.domain && transport == segment.transport;
  }
  // In words: a comparison of bytes would be a call.
  [[nodiscard]] static bool same(const Endpoint& one, const Endpoint& other) {
    const auto a = one.address.words();
    const auto b = other.address.words();
    return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | static_cast<std::uint64_t>(one.port ^ other.port)) == 0;
  }

  static constexpr std::int32_t kClaimed = 1 << 20;  ///< how far such claims are believed to be of one stream

  [[nodiscard]] bool has_started(Direction direction) const { return numbering.has(Numbering::started, direction); }
  void start(Direction direction, std::uint32_t first_payload_sequence) {
    next_sequence[index_of(direction)] = first_payload_sequence;
    numbering.add(Numbering::started, direction);
    numbering.remove(Numbering::claimed, direction);
  }
  /// Up to where one was received that has not been seen yet, as says who receives it.
  void claim(Direction direction, std::uint32_t sequence) {
    const std::size_t side = index_of(direction);
    std::uint32_t& first = next_sequence[side];
    std::uint32_t& last = initial_sequence[side];
    const auto beyond = static_cast<std::int32_t>(sequence - first);
    const bool another = !numbering.has(Numbering::claimed, direction) || beyond < -kClaimed || beyond > kClaimed ||
                         static_cast<std::int32_t>(last - sequence) > kClaimed;
    if (another || beyond < 0) first = sequence;
    if (another || static_cast<std::int32_t>(sequence - last) > 0) last = sequence;
    numbering.add(Numbering::claimed, direction);
  }
  /// As one says who would not know unless he had received it.
  void start_as_claimed(Direction direction, std::uint32_t first_payload_sequence) {
    start(direction, first_payload_sequence);
    numbering.add(Numbering::claimed, direction);
  }
};

static_assert(sizeof(ConnectionEntry) == 192);

}  // namespace dcmwatch
