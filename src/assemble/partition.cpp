// What a segment does to its connection.
#include "assemble/partition.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

#include "base/checksum.h"

namespace dcmwatch {
namespace {

// How far from what is expected a RST, or an acknowledgement of a new SYN, may be and still belong to the stream
// (RFC 5961 asks for more; a mirror loses packets).
constexpr std::int64_t kNear = 1 << 20;

// Payload beyond every MTU in use: the capturing host has put packets together (GRO) or not yet cut one (TSO), and
// their checksum is nobody's.
constexpr std::uint32_t kMergedPayload = 9216;

// So many right checksums one after the other show that a sender's are right.
constexpr std::uint8_t kHeldTo = 2;

// How far beyond what was seen of a sender its peer, which has received it, may be: a mirror loses packets. Who guesses
// is right once in 65,536 times.
constexpr std::int64_t kUnseen = 1 << 16;

constexpr std::uint8_t kControl = TcpFlags::syn | TcpFlags::fin | TcpFlags::rst;

std::int64_t distance(std::uint32_t from, std::uint32_t to) { return static_cast<std::int32_t>(to - from); }

bool is_tcp(const Segment& segment) { return segment.transport == Transport::tcp; }

// Whether the number is one of those that were seen of that direction, or comes soon after them.
bool is_of_stream(const ConnectionEntry& it, Direction direction, std::uint32_t number, std::int64_t unseen = kUnseen) {
  const std::size_t side = index_of(direction);
  const std::int64_t offset =
      it.live ? it.live->half[side].offset_of(number) : distance(it.next_sequence[side], number);
  return offset >= 0 && offset <= (it.live ? it.live->half[side].expected() : 0) + unseen;
}

}  // namespace

// Of a segment that will probably be read to its end, if only for its checksum. A short one is there as soon.
void Partition::prefetch_payload(const Segment& segment, const Prints& prints) const {
  constexpr std::size_t kCacheLine = 64;
  constexpr std::size_t kShort = 8 * kCacheLine;
  if (segment.payload.size() < kShort) return;
  const Slot slot = index_.likely(prints.connection);
  if (slot == kNoSlot) return;
  const Entry& it = entry(slot);
  if (!wanted(it, it.direction_of(segment), segment)) return;
  for (std::size_t at = 0; at < segment.payload.size(); at += kCacheLine) __builtin_prefetch(&segment.payload[at]);
}

void Partition::on_segment(const Segment& segment, const Prints& prints) {
  if (progress_.next() <= segment.mark.time) {
    progress_told_ -= progress_told_ != 0 ? 1 : 0;  // hours may pass from packet to packet between two advance()
    tell_progress(segment.mark.time);
  }
  Slot slot = find(segment, prints.connection);
  if (slot != kNoSlot && !catch_up(slot, segment.mark.time))
    slot = find(segment, prints.connection);  // a SYN that waited to replace it, perhaps
  // A datagram without an identification may well be followed by one like it.
  const bool tells_copies = is_tcp(segment) || segment.ip_id != 0;
  if (tells_copies && recent_.seen(prints.packet, segment.mark.time, limits_.duplicate_window)) {
    on_copy(slot, segment);
    return;
  }
  if (slot != kNoSlot && goes_on_unwanted(slot, segment)) return;
  const bool control = is_tcp(segment) && (segment.flags & kControl) != 0;
  if (slot != kNoSlot && control) {
    Entry& it = entry(slot);
    if (!believed(it, it.direction_of(segment), segment)) {
      recent_.forget(prints.packet);
      return;
    }
  }
  const bool fresh = slot == kNoSlot;  // nothing is known of its sender yet
  slot = fresh ? open(segment, prints.connection) : admit(slot, segment, prints.connection);
  if (slot == kNoSlot) return;

  Entry& it = entry(slot);
  const Direction direction = it.direction_of(segment);
  const bool bare = is_tcp(segment) && segment.wire_payload_bytes == 0;  // its checksum costs next to nothing
  const bool in_question = bare && it.right_checksums[index_of(direction)] < kHeldTo;
  const bool looked_at = control ? fresh : in_question || wanted(it, direction, segment);
  if (looked_at && !believed(it, direction, segment)) {
    recent_.forget(prints.packet);
    return;
  }
  const bool cut = segment.payload.size() < segment.wire_payload_bytes;
  if (Live* live = it.live.get()) {
    live->connection.last = segment.mark;
    ++live->connection.direction[index_of(direction)].packets;
    live->connection.truncated |= cut;
  } else {
    it.last_time = segment.mark.time;
    it.last_source = segment.mark.source;
    it.last_packet = segment.mark.packet;
    ++it.packets[index_of(direction)];
    it.flags.truncated |= cut;
  }
  touch(slot, segment.mark.time);
  if (is_tcp(segment)) {
    on_tcp(slot, direction, segment);
  } else {
    on_datagram(slot, direction, segment);
  }
}

// Most of all segments: a connection's next bytes, which nobody wants. Nothing else can be about them.
bool Partition::goes_on_unwanted(Slot slot, const Segment& segment) {
  Entry& it = entry(slot);
  const bool plain = it.state == State::established || it.state == State::unproven;
  if (!plain || !it.live || it.partner != kNoSlot || (segment.flags & kControl) != 0 || segment.wire_payload_bytes == 0)
    return false;
  Live& connection = *it.live;
  const Direction direction = it.direction_of(segment);
  DirectionStatistics& sent = connection.connection.direction[index_of(direction)];
  if (!connection.half[index_of(direction)].skip_in_order(sent, segment.sequence, segment.payload.size(),
                                                          segment.wire_payload_bytes))
    return false;
  ++sent.packets;
  connection.connection.last = segment.mark;
  connection.connection.truncated |= segment.payload.size() < segment.wire_payload_bytes;
  if (!connection.connection.each_heard) note_heard(it, direction, segment);
  if (segment.has(TcpFlags::ack)) on_acknowledgement(it, direction, segment);
  on_window(connection, direction, segment);
  touch(slot, segment.mark.time);
  return true;
}

// Counted, and looked at for one thing: a forger may have made it look like a copy.
void Partition::on_copy(Slot slot, const Segment& segment) {
  ++counters_.duplicate_packets;
  if (slot == kNoSlot || entry(slot).state == State::closed) return;
  Entry& it = entry(slot);
  const Direction direction = it.direction_of(segment);
  if (!it.live) {
    std::uint8_t& duplicates = it.duplicates[index_of(direction)];
    if (duplicates != std::numeric_limits<std::uint8_t>::max()) ++duplicates;
    return;
  }
  ++it.live->connection.direction[index_of(direction)].duplicate_packets;
  HalfStream& sender = it.live->half[index_of(direction)];
  if (segment.payload.empty() || !sender.started()) return;
  const std::int64_t offset = sender.offset_of(segment.sequence);
  if (sender.conflicts(offset, segment.payload, segment.wire_payload_bytes) && believed(it, direction, segment)) {
    sender.tell_conflict(target(*it.live, direction), segment.mark, offset, segment.wire_payload_bytes);
  }
}

// The connection that the segment belongs to: the one found, or one that takes its place. kNoSlot: to none.
Slot Partition::admit(Slot slot, const Segment& segment, std::uint64_t hash) {
  if (!is_tcp(segment)) return slot;
  if (entry(slot).partner != kNoSlot) slot = confirm_candidate(slot, segment);
  if (entry(slot).state == State::closed) return admit_to_closed(slot, segment, hash);
  const bool syn = segment.has(TcpFlags::syn) && !segment.has(TcpFlags::rst);
  return syn && entry(slot).state != State::opening ? admit_syn(slot, segment) : slot;
}

// Late packets are counted. What cannot be one opens the ports anew.
Slot Partition::admit_to_closed(Slot slot, const Segment& segment, std::uint64_t hash) {
  Entry& it = entry(slot);
  const Direction direction = it.direction_of(segment);
  const std::size_t side = index_of(direction);
  const bool far = it.has_started(direction) &&
                   std::abs(distance(it.next_sequence[side], segment.sequence)) > limits_.sequence_window_bytes;
  bool anew = false;
  if (segment.has(TcpFlags::rst)) {
    anew = false;
  } else if (segment.has(TcpFlags::syn)) {
    anew = !segment.has(TcpFlags::ack) || far || segment.sequence != it.initial_sequence[side];
  } else if (goes_on_after_reset(it, direction, segment)) {
    ++counters_.resets_refuted;
    anew = true;
  } else {
    const std::int64_t on = distance(it.next_sequence[side], segment.sequence + segment.wire_payload_bytes);
    const bool goes_on = it.flags.supplanted && it.has_started(direction) && on > 0 && on <= kNear;
    anew = (far || goes_on) && segment.wire_payload_bytes != 0;  // the handshake was not seen
  }
  if (!anew) {
    ++counters_.late_packets;
    return kNoSlot;
  }
  // The same SYN was here when the connection was still open.
  const Slot waited = it.partner;
  forget(slot);
  return waited == kNoSlot ? open(segment, hash) : waited;
}

// RFC 9293 3.5.3: who sent a RST sends nothing new any more, nor takes anything. If it does, the RST was forged.
bool Partition::goes_on_after_reset(const Entry& it, Direction direction, const Segment& segment) const {
  const Direction from = it.flags.reset_backward ? Direction::backward : Direction::forward;
  if (!it.flags.was_reset || direction != from) return false;
  const auto beyond = [](std::uint32_t end, std::uint32_t sequence) {
    const std::int64_t by = distance(end, sequence);
    return by > 0 && by <= kNear;
  };
  const bool sends = segment.wire_payload_bytes != 0 &&
                     beyond(it.next_sequence[index_of(direction)], segment.sequence + segment.wire_payload_bytes);
  const bool takes = segment.has(TcpFlags::ack) && it.has_started(opposite(direction)) &&
                     beyond(it.next_sequence[index_of(opposite(direction))] + 1, segment.acknowledgement);
  return sends || takes;
}

// A SYN on an open connection: repeated, captured late, or of another connection on the same ports (RFC 9293 3.4.1).
// Anyone can forge one, so it stands aside until it is answered.
Slot Partition::admit_syn(Slot slot, const Segment& segment) {
  Entry& it = entry(slot);
  const Direction direction = it.direction_of(segment);
  const std::size_t side = index_of(direction);
  const bool repeated = it.has_started(direction) && (it.live ? it.live->half[side].offset_of(segment.sequence + 1) == 0
                                                              : it.next_sequence[side] == segment.sequence + 1);
  if (repeated) {
    if (it.flags.joined_midway) mend_late_syn(it, direction, segment);
    return slot;
  }
  ++counters_.disbelieved_packets;
  if (segment.has(TcpFlags::ack)) return kNoSlot;
  if (it.partner != kNoSlot) {
    const Entry& waiting = entry(it.partner);
    if (waiting.source == segment.source && waiting.initial_sequence[0] == segment.sequence) return kNoSlot;
    count_unanswered(entry(it.partner), Unopened::unanswered);
    forget(it.partner);
  }
  if (entries_in_use_ >= limits_.connections) return kNoSlot;  // nothing is forgotten for what may be forged
  const Slot candidate = open_apart(segment);
  Entry& apart = entry(candidate);
  apart.flags.candidate = true;
  apart.initial_sequence[0] = segment.sequence;
  apart.start(Direction::forward, segment.sequence + 1);
  apart.packets[0] = 1;
  apart.partner = slot;
  entry(slot).partner = candidate;
  limit(State::opening, segment.mark.time);
  return kNoSlot;
}

// The capture showed the handshake after what followed it: who opened the connection is no guess any more.
void Partition::mend_late_syn(Entry& it, Direction direction, const Segment& segment) {
  it.initial_sequence[index_of(direction)] = segment.sequence;
  const bool opened_backward = (direction == Direction::backward) != segment.has(TcpFlags::ack);
  if (opened_backward && it.live) return;  // it was told the other way round already; the protocol may know better
  if (opened_backward) reverse(it);
  it.flags.opener_known = true;
  it.flags.joined_midway = false;
  if (!it.live) return;
  it.live->connection.parties.opener_known = true;
  it.live->connection.joined_midway = false;
}

void Partition::reverse(Entry& it) {
  std::swap(it.source, it.destination);
  std::swap(it.source_mac, it.destination_mac);
  std::swap(it.next_sequence[0], it.next_sequence[1]);
  std::swap(it.initial_sequence[0], it.initial_sequence[1]);
  std::swap(it.packets[0], it.packets[1]);
  std::swap(it.duplicates[0], it.duplicates[1]);
  it.numbering.reverse();
  std::swap(it.right_checksums[0], it.right_checksums[1]);
  if (it.live) reverse(*it.live);
}

void Partition::reverse(Live& live) {
  Connection& connection = live.connection;
  std::swap(live.half[0], live.half[1]);
  std::swap(live.window_closed_since[0], live.window_closed_since[1]);
  std::swap(connection.direction[0], connection.direction[1]);
  std::swap(connection.parties.source, connection.parties.destination);
  std::swap(connection.parties.source_mac, connection.parties.destination_mac);
  if (connection.ended_by) connection.ended_by = opposite(*connection.ended_by);
}

// The SYN that stood aside is believed once its peer answers it; or, where only its sender's direction is seen, once
// its sender goes on. Then the connection before it is over.
Slot Partition::confirm_candidate(Slot slot, const Segment& segment) {
  Entry& it = entry(slot);
  const Slot waiting = it.partner;
  const Entry& candidate = entry(waiting);
  if (segment.has(TcpFlags::rst)) return slot;
  const Direction direction = it.direction_of(segment);
  const std::uint32_t first = candidate.initial_sequence[0] + 1;
  bool confirmed = false;
  if (segment.source == candidate.destination) {
    const std::int64_t acknowledged = distance(first, segment.acknowledgement);
    const Direction other = opposite(direction);
    const std::uint32_t expected =
        it.live ? it.live->half[index_of(other)].expected_sequence() : it.next_sequence[index_of(other)];
    const bool of_the_old = it.has_started(other) && std::abs(distance(expected, segment.acknowledgement)) <= kNear;
    confirmed =
        segment.has(TcpFlags::ack) &&
        (segment.has(TcpFlags::syn) ? acknowledged == 0 : acknowledged >= 0 && acknowledged <= kNear && !of_the_old);
  } else {
    const std::uint32_t others = it.live ? static_cast<std::uint32_t>(std::min<std::uint64_t>(
                                               it.live->connection.sent(opposite(direction)).packets, 1))
                                         : it.packets[index_of(opposite(direction))];
    confirmed = others == 0 && !segment.has(TcpFlags::syn) && segment.sequence == first;
  }
  if (!confirmed) return slot;
  if (it.state != State::closed) conclude(slot, segment.mark, CloseReason::timed_out);
  forget(slot);
  return waiting;
}

// Whether somebody will look at the segment's bytes.
bool Partition::wanted(const Entry& it, Direction direction, const Segment& segment) {
  if (!is_tcp(segment) || segment.wire_payload_bytes == 0) return false;
  if (!it.live || !it.has_started(direction)) return true;
  const HalfStream& sender = it.live->half[index_of(direction)];
  return sender.wants(sender.offset_of(segment.sequence), segment.wire_payload_bytes);
}

// A sender that has shown right checksums is held to them. Others' are left to the card (offload), or were made wrong
// by who rewrote the capture: of these one in 65,536 is right by chance, and one may be forged to hide all others. To
// be asked once of a segment.
bool Partition::believed(Entry& it, Direction direction, const Segment& segment) {
  std::uint8_t& right = it.right_checksums[index_of(direction)];
  switch (checksum_of(segment)) {
    case Checksum::good:
      if (right < kHeldTo) ++right;
      return true;
    case Checksum::partial:
    case Checksum::unknown: return true;
    case Checksum::bad: break;
  }
  if (segment.wire_payload_bytes > kMergedPayload) return true;
  if (right < kHeldTo) {
    right = 0;
    return true;
  }
  ++counters_.bad_checksums;
  return false;
}

void Partition::on_tcp(Slot slot, Direction direction, const Segment& segment) {
  if (segment.has(TcpFlags::syn)) {
    on_syn(slot, direction, segment);
    return;
  }
  if (segment.has(TcpFlags::rst)) {
    on_reset(slot, direction, segment);
    return;
  }
  Entry& it = entry(slot);
  if (it.state == State::opening) on_handshake_end(slot, direction, segment);
  if (it.state == State::resetting) refute_reset(slot, direction, segment);
  if (!it.has_started(direction)) start_midway(it, direction, segment);
  note_heard(it, direction, segment);
  // What is acknowledged is judged before what is sent: an answer rests on a request that its sender has wholly
  // received.
  if (segment.has(TcpFlags::ack)) on_acknowledgement(it, direction, segment);
  if (it.live) on_window(*it.live, direction, segment);
  if (segment.wire_payload_bytes != 0 && !on_payload(slot, direction, segment)) return;
  if (it.state == State::unproven || it.state == State::idle) prove(slot, segment.mark.time);
  if (segment.has(TcpFlags::fin)) on_fin(slot, direction, segment);
  if (!it.live || !it.live->finished()) return;
  close(slot, segment.mark, CloseReason::finished);
}

void Partition::on_syn(Slot slot, Direction direction, const Segment& segment) {
  if (segment.has(TcpFlags::rst)) return;  // no such segment exists
  Entry& it = entry(slot);
  if (it.state != State::opening) return;  // repeated
  if (segment.has(TcpFlags::ack)) {
    on_answer(slot, direction, segment);
    return;
  }
  const std::size_t side = index_of(direction);
  const bool again = it.has_started(direction);
  // Nobody has answered yet, so the latest counts; the answer will tell.
  if (!it.live && (!again || it.answered == Timestamp{})) {
    it.initial_sequence[side] = segment.sequence;
    it.start(direction, segment.sequence + 1);
  }
  it.flags.syn_repeated |= again;
  if (segment.wire_payload_bytes != 0) on_payload(slot, direction, segment);  // RFC 7413: TCP Fast Open
}

// A SYN-ACK settles who opened the connection, and with which sequence number, whatever SYNs were seen before: all but
// those of a simultaneous open (RFC 9293 3.5) can be forged by who sees nothing.
void Partition::on_answer(Slot slot, Direction direction, const Segment& segment) {
  Entry& it = entry(slot);
  const bool simultaneous = it.has_started(direction) && it.initial_sequence[index_of(direction)] == segment.sequence &&
                            it.has_started(opposite(direction)) && it.answered == Timestamp{} &&
                            direction == Direction::forward;
  if (direction == Direction::forward && !simultaneous && !it.live) {
    reverse(it);
    direction = Direction::backward;
  }
  const Direction opener = opposite(direction);
  const std::size_t side = index_of(direction);
  it.flags.opener_known = true;
  if (it.answered != Timestamp{}) {
    it.flags.syn_repeated = true;
    it.flags.several_answers |= it.initial_sequence[side] != segment.sequence;
    it.flags.opener_in_doubt |= it.next_sequence[index_of(opener)] != segment.acknowledgement;
  } else {
    it.answered = segment.mark.time;
  }
  it.initial_sequence[side] = segment.sequence;
  const bool has_live = it.live != nullptr;
  if (!has_live || !it.live->half[side].started()) {
    it.start(direction, segment.sequence + 1);
    if (has_live) it.live->half[side].start(segment.sequence + 1);
  }
  if (!has_live && it.next_sequence[index_of(opener)] != segment.acknowledgement) {
    if (it.has_started(opener)) it.flags.syn_repeated = true;
    it.start_as_claimed(opener, segment.acknowledgement);
    it.initial_sequence[index_of(opener)] = segment.acknowledgement - 1;
  } else if (!has_live && it.has_started(opener)) {
    it.numbering.add(Numbering::heard, direction);
  }
  if (segment.wire_payload_bytes != 0) on_payload(slot, direction, segment);
}

// The first segment that is no SYN. The opener's tells which of several answers it took (SYN cookies, RFC 4987 3.6),
// or what one would have said that was not seen.
void Partition::on_handshake_end(Slot slot, Direction direction, const Segment& segment) {
  Entry& it = entry(slot);
  if (direction == Direction::forward) {
    const bool unsure = !it.has_started(Direction::backward) || it.flags.several_answers;
    const bool takes_it =
        segment.has(TcpFlags::ack) && (unsure || is_of_stream(it, Direction::backward, segment.acknowledgement));
    if (takes_it && it.completed == Timestamp{}) it.completed = segment.mark.time;
    if (unsure && segment.has(TcpFlags::ack) && !it.live)
      it.start_as_claimed(Direction::backward, segment.acknowledgement);
    if (it.flags.opener_in_doubt && !it.live) it.start(Direction::forward, segment.sequence);
    enter(slot, State::unproven, segment.mark.time);
    return;
  }
  // The opener has gone on, although it was not seen to.
  const bool went_on = segment.has(TcpFlags::ack) && it.has_started(Direction::forward) &&
                       distance(it.next_sequence[0], segment.acknowledgement) > 0;
  if (went_on || segment.wire_payload_bytes != 0) enter(slot, State::unproven, segment.mark.time);
}

// Of a direction whose SYN was not seen. If its peer has told where it stands and it does stand there, the peer has
// received it. What the peer has received of it meanwhile was not seen: it begins with that hole.
void Partition::start_midway(Entry& it, Direction direction, const Segment& segment) {
  const std::size_t side = index_of(direction);
  const bool claimed = it.numbering.has(Numbering::claimed, direction);
  const std::uint32_t first = it.next_sequence[side];
  const std::uint32_t last = std::exchange(it.initial_sequence[side], 0);
  const bool of_the_claims = claimed && distance(first, segment.sequence) >= 0;
  const bool unseen = of_the_claims && first != segment.sequence && distance(segment.sequence, last) >= 0;
  const std::uint32_t begin = unseen ? first : segment.sequence;
  it.start(direction, begin);
  if (it.live) it.live->half[side].start(begin);
  if (of_the_claims && distance(last, segment.sequence) <= kUnseen)
    it.numbering.add(Numbering::heard, opposite(direction));
  if (unseen) acknowledge(it, direction, segment.mark, last);
}

// Who knows where the other's stream stands has received it, or guesses well.
void Partition::note_heard(Entry& it, Direction direction, const Segment& segment) {
  const Direction other = opposite(direction);
  Numbering& numbering = it.numbering;
  if (numbering.has_both(Numbering::heard)) return;
  if (numbering.has(Numbering::claimed, direction) && is_of_stream(it, direction, segment.sequence)) {
    numbering.remove(Numbering::claimed, direction);
    numbering.add(Numbering::heard, other);
  }
  if (!it.has_started(other) && segment.has(TcpFlags::ack)) it.claim(other, segment.acknowledgement);
  const bool known = it.has_started(other) && !numbering.has(Numbering::claimed, other);
  if (known && segment.has(TcpFlags::ack)) {
    // Who has guessed wrong once is held to what was seen, and a FIN: else he has only to guess often.
    const std::int64_t unseen = numbering.has(Numbering::erred, direction) ? 1 : kUnseen;
    const bool right = is_of_stream(it, other, segment.acknowledgement, unseen);
    numbering.add(right ? Numbering::heard : Numbering::erred, direction);
  }
  if (it.live) it.live->connection.each_heard = numbering.has_both(Numbering::heard);
}

void Partition::on_acknowledgement(Entry& it, Direction direction, const Segment& segment) {
  const Direction acknowledged = opposite(direction);
  if (it.has_started(acknowledged)) acknowledge(it, acknowledged, segment.mark, segment.acknowledgement);
}

void Partition::acknowledge(Entry& it, Direction acknowledged, const Mark& mark, std::uint32_t number) {
  if (!it.live) {
    // A FIN takes one. More than that: bytes that were not seen.
    const std::int64_t unseen = distance(it.next_sequence[index_of(acknowledged)], number);
    if (unseen <= 1 || unseen > limits_.sequence_window_bytes) return;
  }
  Live& connection = live(it);
  HalfStream& receiver = connection.half[index_of(acknowledged)];
  const std::int64_t offset = receiver.offset_of(number);
  if (offset > receiver.acknowledged()) receiver.on_acknowledged(target(connection, acknowledged), mark, offset);
}

// Of a RST: only of what was seen, for the rest may be shown late.
void Partition::on_last_acknowledgement(Live& connection, Direction direction, const Segment& segment) {
  const Direction acknowledged = opposite(direction);
  HalfStream& receiver = connection.half[index_of(acknowledged)];
  if (!receiver.started()) return;
  receiver.on_acknowledged(target(connection, acknowledged), segment.mark,
                           std::min(receiver.offset_of(segment.acknowledgement), receiver.expected()));
}

// For how long a receiver had no room, RFC 9293 3.8.6.1. Zero is zero however the window is scaled.
void Partition::on_window(Live& connection, Direction direction, const Segment& segment) {
  const std::size_t received = index_of(opposite(direction));
  Timestamp& since = connection.window_closed_since[received];
  if ((segment.window == 0) == (since != Timestamp{})) return;
  if (segment.window == 0) {
    since = segment.mark.time;
  } else {
    connection.connection.direction[received].zero_window_time += elapsed(std::exchange(since, {}), segment.mark.time);
  }
}

// False if the segment cannot be the connection's.
bool Partition::on_payload(Slot slot, Direction direction, const Segment& segment) {
  Entry& it = entry(slot);
  Live& connection = live(it);
  HalfStream& sender = connection.half[index_of(direction)];
  DirectionStatistics& sent = connection.connection.direction[index_of(direction)];
  const std::uint32_t bytes = segment.wire_payload_bytes;
  const std::uint32_t sequence = segment.sequence + (segment.has(TcpFlags::syn) ? 1 : 0);
  if (sender.skip_in_order(sent, sequence, segment.payload.size(), bytes)) return true;

  const std::int64_t offset = sender.offset_of(sequence);
  const bool asked = (segment.flags & kControl) != 0 || wanted(it, direction, segment);
  const bool conflicts =
      sender.conflicts(offset, segment.payload, bytes) && (asked || believed(it, direction, segment));
  if (!connection.sink_asked) {
    open_sink(it, segment.mark);
    follow(slot, segment.mark.time);
  }

  HalfStream& receiver = connection.half[index_of(opposite(direction))];
  if (sender.waiting() || receiver.waiting()) {
    expire_waiting(slot, segment.mark.time);
  }
  const std::size_t held_before = sender.held_bytes() + receiver.held_bytes();
  if (conflicts) sender.tell_conflict(target(connection, direction), segment.mark, offset, bytes);
  std::int64_t after = HalfStream::kNothing;
  if (segment.has(TcpFlags::ack) && receiver.started()) {
    after = receiver.offset_of(segment.acknowledgement);
    if (after - receiver.expected() > limits_.sequence_window_bytes) after = HalfStream::kNothing;
  }
  receiver.tell_skipped_so_far(target(connection, opposite(direction)), segment.mark);
  const HalfStream::Verdict verdict = sender.on_segment(target(connection, direction), segment.mark,
                                                        sender.offset_of(sequence), segment.payload, bytes, after);
  if (receiver.waiting()) receiver.release_early(target(connection, opposite(direction)));
  held_bytes_ += sender.held_bytes() + receiver.held_bytes() - held_before;
  if (sender.waiting() || receiver.waiting()) limit_held(slot, segment.mark);
  note_kept(connection, segment.mark);
  note_wake(slot);
  if (verdict == HalfStream::Verdict::taken) return true;
  ++counters_.implausible_packets;
  if (verdict == HalfStream::Verdict::stray) return false;
  // Another connection on these ports; how this one ended was not seen. Or somebody forged three segments.
  it.flags.supplanted = true;
  close(slot, segment.mark, CloseReason::timed_out);
  return false;
}

// Whoever acknowledges the other's FIN was second, whichever of the two the mirror shows first.
void Partition::tell_who_ends(Live& live, Direction direction) {
  const HalfStream& sender = live.half[index_of(direction)];
  const HalfStream& peer = live.half[index_of(opposite(direction))];
  std::optional<Direction>& ended_by = live.connection.ended_by;
  if (!peer.fin_seen()) {
    if (!ended_by) ended_by = direction;
  } else if (!peer.fin_acknowledged()) {
    ended_by = sender.fin_acknowledged() ? std::optional{direction} : std::nullopt;
  }
}

void Partition::on_fin(Slot slot, Direction direction, const Segment& segment) {
  Entry& it = entry(slot);
  Live& connection = live(it);
  HalfStream& sender = connection.half[index_of(direction)];
  const bool first = !sender.fin_seen();
  sender.on_fin(limits_, sender.offset_of(segment.sequence) + segment.wire_payload_bytes);
  if (first && sender.fin_seen()) tell_who_ends(connection, direction);
  if (it.state != State::half_closed && sender.fin_seen()) enter(slot, State::half_closed, segment.mark.time);
}

// RFC 9293 3.10.7.1: whoever knows of no connection answers by a RST, and has called nobody. Where the ports alone told
// who did, anyone could make the victim of a forged packet look like the caller by its own RST.
// Of what was said with bytes more is known, and was told.
bool Partition::answers_what_was_of_nothing(const Entry& it) {
  if (it.flags.opener_known || (it.state != State::unproven && it.state != State::half_closed)) return false;
  if (!it.live) return it.packets[0] == 1 && it.packets[1] != 0;
  const Connection& connection = it.live->connection;
  return !it.live->sink_asked && connection.sent(Direction::forward).packets == 1 && !connection.one_direction_only();
}

// RFC 9293 3.10.7.4, RFC 5961 3.2. One that stands exactly where it should is believed; one nearby only if quiet
// follows, for a mirror loses packets and an attacker guesses.
void Partition::on_reset(Slot slot, Direction direction, const Segment& segment) {
  Entry& it = entry(slot);
  if (direction == Direction::forward && answers_what_was_of_nothing(it)) {
    reverse(it);
    direction = Direction::backward;
  }
  const std::size_t side = index_of(direction);
  std::int64_t by = 0;
  if (it.has_started(direction)) {
    by = it.live ? it.live->half[side].offset_of(segment.sequence) - it.live->half[side].expected()
                 : distance(it.next_sequence[side], segment.sequence);
  }
  const bool refuses = it.state == State::opening && segment.has(TcpFlags::ack) &&
                       it.has_started(opposite(direction)) &&
                       segment.acknowledgement == it.next_sequence[index_of(opposite(direction))];
  if (std::abs(by) > kNear && !refuses) {
    ++counters_.disbelieved_packets;
    return;
  }
  const bool unanswered = it.state == State::opening && it.answered == Timestamp{};
  if (unanswered && direction == Direction::backward && !refuses) {  // RFC 9293 3.10.7.3
    ++counters_.disbelieved_packets;
    return;
  }
  it.flags.was_reset = true;
  it.flags.reset_backward = direction == Direction::backward;
  it.flags.reset_refuses = !segment.has(TcpFlags::ack);  // RFC 9293 3.5.2, group 1: an answer to what came
  it.reset_sequence = segment.sequence;
  if (it.live && by == 0 && segment.has(TcpFlags::ack)) on_last_acknowledgement(*it.live, direction, segment);
  const bool fin_seen = it.live && it.live->half[side].fin_seen();
  // Who has closed answers late data with a RST; the connection had ended before.
  if (by == 0 || refuses || fin_seen || it.state == State::opening) {
    close(slot, segment.mark, fin_seen ? CloseReason::finished : CloseReason::reset);
  } else {
    enter(slot, State::resetting, segment.mark.time);
  }
}

void Partition::refute_reset(Slot slot, Direction direction, const Segment& segment) {
  Entry& it = entry(slot);
  const bool by_sender = it.flags.reset_backward == (direction == Direction::backward);
  const std::uint32_t end = segment.sequence + segment.wire_payload_bytes;
  if (!by_sender || distance(it.reset_sequence, end) < 0) return;
  ++counters_.resets_refuted;
  it.flags.reset_refuses = false;
  enter(slot, State::established, segment.mark.time);
}

// A datagram exchange has no order to restore: who talks to whom, how much and when is what is told of it.
void Partition::on_datagram(Slot slot, Direction direction, const Segment& segment) {
  Entry& it = entry(slot);
  Live& connection = live(it);
  DirectionStatistics& sent = connection.connection.direction[index_of(direction)];
  sent.bytes += segment.wire_payload_bytes;
  sent.missing_bytes += segment.wire_payload_bytes - segment.payload.size();
  if (!connection.sink_asked) open_sink(it, segment.mark);
  // Most are a question and its answer, or what a forger sends; syslog (RFC 5426) goes on all day.
  if (!it.flags.followed && sent.packets > Limits::one_sided_packets) follow(slot, segment.mark.time);
}

// Anyone can send half a conversation. Once both sides were seen, forgetting it would be a loss; and more of one once
// something was said.
void Partition::prove(Slot slot, Timestamp now) {
  const Entry& it = entry(slot);
  const bool both = it.live ? !it.live->connection.one_direction_only() : it.packets[0] != 0 && it.packets[1] != 0;
  if (!both) return;
  const State proven = it.live ? State::established : State::idle;
  if (it.state == proven) return;
  enter(slot, proven, now);
  if (!it.flags.followed) follow(slot, it.first_time);
}

}  // namespace dcmwatch
