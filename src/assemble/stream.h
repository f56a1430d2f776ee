// What the assembler tells a protocol, and what the protocol answers: the seam between `assemble` and `protocol`.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/limits.h"
#include "base/timestamp.h"

namespace dcmwatch {

/// Of the connection's two directions, relative to Parties as they were when the connection was first seen:
/// `forward` bytes were sent by the source, `backward` ones by the destination.
enum class Direction : std::uint8_t { forward, backward };

constexpr Direction opposite(Direction direction) {
  return direction == Direction::forward ? Direction::backward : Direction::forward;
}
constexpr std::size_t index_of(Direction direction) { return static_cast<std::size_t>(direction); }

/// How many of the bytes *following* the ones just given nobody wants. The assembler counts them off by sequence number
/// alone, whether they arrive, arrive twice, late, truncated, or never, and then says so with on_skipped.
using Appetite = std::uint64_t;
inline constexpr Appetite kWantAll = 0;
/// Nothing of this direction is wanted any more: skipped until the end.
inline constexpr Appetite kWantNothing = ~Appetite{0};

/// How a connection ended.
enum class CloseReason : std::uint8_t {
  finished,      ///< FIN in both directions, or in one and an orderly silence after it
  reset,         ///< RST
  timed_out,     ///< idle beyond its limit
  evicted,       ///< forgotten to stay within a limit: counted
  capture_ended  ///< still open when the capture ended
};

/// What is known of one direction without looking into it. A mirror's second copies count as duplicates alone.
struct DirectionStatistics {
  std::uint64_t packets = 0;            ///< segments, with or without payload
  std::uint64_t bytes = 0;              ///< payload, each byte of the stream counted once, seen or skipped
  std::uint64_t missing_bytes = 0;      ///< of the stream, never seen (a lossy mirror or a snap length)
  std::uint64_t unseen_bytes = 0;       ///< of these, acknowledged by the peer and in no captured packet: capture loss
  std::uint64_t gaps = 0;               ///< holes that nothing came to fill
  std::uint64_t undelivered_bytes = 0;  ///< known at the end: the last of the stream, which its receiver never had
  std::uint64_t retransmitted_packets = 0;
  std::uint64_t conflicting_packets = 0;  ///< of these, with other bytes than the first time
  std::uint64_t out_of_order_packets = 0;
  std::uint64_t duplicate_packets = 0;  ///< shown twice by the mirror
  Duration zero_window_time{};          ///< for how long its receiver had no room for it (RFC 9293 3.8.6.1)
};

/// The handshake's times; each only where both of its packets were seen, once.
struct HandshakeTimes {
  std::optional<Duration> whole;        ///< first SYN to the opener's ACK
  std::optional<Duration> to_acceptor;  ///< SYN to SYN-ACK: the capture point to the acceptor and back
  std::optional<Duration> to_opener;    ///< SYN-ACK to ACK: the capture point to the opener and back
};

/// A connection as the assembler sees it. Lives as long as the connection; a sink may keep a pointer to it.
struct Connection {
  Parties parties;                    ///< opener by SYN where seen, else the lower port is taken for the server
  std::uint16_t domain = 0;           ///< observation domain
  std::uint64_t id = 0;               ///< unique in a run; the same for any number of shards
  Mark first;                         ///< first packet seen
  Mark last;                          ///< last packet seen so far
  bool joined_midway = false;         ///< no handshake seen
  bool truncated = false;             ///< a snap length cut payload somewhere
  bool opening = false;               ///< its opener was seen to send no more than SYNs
  std::optional<Direction> ended_by;  ///< who sent the RST or, without one, the first FIN; nothing: both at once
  HandshakeTimes handshake;
  std::array<DirectionStatistics, 2> direction{};
  std::uint8_t told_unspoken = 0;  ///< how often it was told to go on before it had a sink
  bool each_heard = false;         ///< of TCP: both sides have shown that they know where the other's stream stands

  [[nodiscard]] const DirectionStatistics& sent(Direction d) const { return direction[index_of(d)]; }
  [[nodiscard]] bool one_direction_only() const { return direction[0].packets == 0 || direction[1].packets == 0; }
  [[nodiscard]] bool many_packets() const {
    return direction[0].packets + direction[1].packets > Limits::many_one_sided_packets;
  }
  /// Whether more was seen than who stands at neither end can bring about with a few packets in another's name. Of TCP:
  /// each side has acknowledged sequence numbers of the other's, which who does not see them cannot know (RFC 6528); a
  /// handshake to its end does it. Of UDP, where any request is answered: many datagrams of both. Where a mirror
  /// shows one direction alone: so many packets, with payload; whether the mirror does is not known here, but to who
  /// sees what else is seen of its ends. Who forges both sides, or sees what he forges an answer to, cannot be told
  /// from who has the conversation.
  [[nodiscard]] bool proven() const {
    if (opening) return false;
    const auto [fewer, more] = std::minmax(direction[0].packets, direction[1].packets);
    if (fewer == 0) return more > Limits::one_sided_packets && direction[0].bytes + direction[1].bytes != 0;
    return parties.transport == Transport::udp ? fewer > Limits::datagrams_each_way : each_heard;
  }
};

/// One connection's two ordered streams. For each direction the calls come in stream order; every byte of the stream is
/// told exactly once, as bytes, as skipped or as a gap. Views die when the call returns. No call throws.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  /// Bytes in order. `mark` is the packet that made them available in order.
  virtual Appetite on_bytes(Direction direction, const Mark& mark, ByteView bytes) = 0;
  /// The bytes that the sink had no appetite for have passed: the rest of them, those that came before bytes of the
  /// other direction that are told next, which may end what these belong to, or those that came before the stream's
  /// end. `missing` bytes of this skip, or of earlier ones, are now known never to have been seen: a hole counts once
  /// the peer has acknowledged beyond it, so `bytes` may be 0 and only `missing` be news. What follows the last of them
  /// is wanted.
  virtual void on_skipped(Direction direction, const Mark& first, const Mark& last, std::uint64_t bytes,
                          std::uint64_t missing) = 0;
  /// Wanted bytes that will not come. What follows is wanted; the sink resynchronises.
  virtual void on_gap(Direction direction, const Mark& mark, std::uint64_t missing) = 0;
  /// A packet repeated bytes of the stream with other bytes than the first time (RFC 9293 3.10.7.4: the first count).
  /// Told once for each direction. `length` of them are repeated from `offset`, counted from the direction's first
  /// byte.
  virtual void on_conflict(Direction, const Mark&, std::uint64_t /*offset*/, std::uint64_t /*length*/) {}
  /// Limits::kept_bytes was reached, and this sink is among those that keep most. It ends the units in hand, tells what
  /// it can of them as cut short, and passes over their rest; if there are none, it gives up all else that it keeps. So
  /// it keeps nothing once it was called often enough. What follows is wanted as before.
  virtual void give_up_kept(const Mark&) {}
  /// Packet time has come to wake_at(), which is `mark`'s; all that was seen before has been told, and so has been what
  /// was acknowledged and is not there.
  virtual void on_time(const Mark& /*mark*/) {}
  /// The capture's clock was set back to `now`: what waits, waits from there.
  virtual void rebase(Timestamp /*now*/) {}
  /// Once, last. Nothing follows.
  virtual void on_close(const Mark& mark, CloseReason reason) = 0;

  /// It goes on, at `mark`'s time; all that was seen before has been told.
  virtual void on_progress(const Mark& /*mark*/) {}
  /// Whether a unit that this direction began (a PDU, say) has not come to its end, though all that was sent of it was
  /// seen.
  [[nodiscard]] virtual bool in_unit(Direction) const { return false; }

  /// Whether anything was told of the connection, so that its end has to be told, too.
  [[nodiscard]] virtual bool told_anything() const { return true; }
  /// What it keeps of the stream (heads of units, open facts) beyond what every sink of its kind does; as of the latest
  /// call.
  [[nodiscard]] std::size_t kept_bytes() const { return kept_bytes_; }
  /// When on_time() is to be called at the latest, whatever else is; as of the latest call.
  [[nodiscard]] Timestamp wake_at() const { return wake_at_; }

 protected:
  void set_kept_bytes(std::size_t bytes) { kept_bytes_ = bytes; }
  /// Timestamp::max(): never. It may well come sooner, at a time that had been asked for before.
  void set_wake_at(Timestamp time) { wake_at_ = time; }

 private:
  Timestamp wake_at_ = Timestamp::max();
  std::size_t kept_bytes_ = 0;
};

/// What became of connections that are told together.
enum class Unopened : std::uint8_t {
  unanswered,  ///< SYNs, and nothing else
  refused,     ///< a RST answered the SYN
  answered,    ///< a SYN-ACK was seen, and nothing that took it up
  glimpsed     ///< some packets of one direction (Limits::glimpse_packets): a connection may have been there
};

/// Connections that were not seen to come about, told together: a scan or a flood is one fact, not millions. All of one
/// transport, and of all became the same.
struct UnansweredConnections {
  /// Of the first of them; an address or endpoint that not all of them share is zero, MAC addresses and VLANs likewise.
  Parties parties;
  Network source_network;  ///< a /24 of IPv4, a /64 of IPv6; all addresses, where there were too many networks
  std::uint64_t id = 0;    ///< unique in a run, as a connection's
  std::uint64_t count = 0;
  std::uint64_t packets = 0;
  std::uint64_t answers = 0;  ///< packets of who was called
  std::uint64_t bytes = 0;
  Mark first;
  Mark last;
  Unopened became = Unopened::unanswered;
  /// Whom they called, once counted: Limits::unanswered_destinations at most.
  std::vector<IpAddress> destinations = {};
  std::vector<std::uint16_t> ports = {};  ///< of theirs, likewise
  bool destinations_left_out = false;     ///< there are more than these
  bool ports_left_out = false;            ///< likewise
};

/// The room above the assembler: opens a sink for a connection that carries payload, and hears of every connection's
/// end.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  /// At the first payload byte. `connection` outlives the sink. May give nothing: the payload is counted, not looked
  /// at.
  virtual std::unique_ptr<StreamSink> open(const Connection& connection, const Mark& mark) = 0;
  /// An answered TCP connection, one that carries payload, or more datagrams of one side than anyone can send go on:
  /// told each Limits::progress_interval from the first packet or, once there is payload, from that on; ever less often
  /// while nothing is seen of it, or nothing was ever said on it (`sink` is null).
  virtual void on_progress(const Connection&, StreamSink* /*sink*/, const Mark&) {}
  /// Once per connection that is not told by on_unanswered, after the sink's on_close; the sink (if one was opened) is
  /// destroyed right after.
  virtual void on_connection_end(const Connection& connection, StreamSink* sink, const Mark& mark,
                                 CloseReason reason) = 0;
  /// For each minute of packet time and source, from each partition that met some: they are to be added up.
  /// All of a minute are told by the same call of Assembler::advance() or finish(), with `told` as the time.
  virtual void on_unanswered(const UnansweredConnections& connections, Timestamp told) = 0;
};

}  // namespace dcmwatch
