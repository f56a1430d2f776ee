#include "assemble/partition.h"

#include <algorithm>
#include <cstring>
#include <random>

namespace dcmwatch {
namespace {

constexpr std::array kBothDirections{Direction::forward, Direction::backward};

// No SYN told who opened the connection: the lower port is taken for the server's, and the guess is marked as one.
Parties parties_of(const Segment& segment) {
  Parties parties{
      segment.source, segment.destination, segment.source_mac, segment.destination_mac, segment.vlan, segment.transport,
      false};
  if (segment.transport == Transport::tcp && segment.has(TcpFlags::syn)) {
    parties.opener_known = true;
    if (segment.has(TcpFlags::ack)) parties.reverse();
  } else if (segment.source.port < segment.destination.port) {
    parties.reverse();
  }
  return parties;
}

Duration timeout_of(const Limits& limits, std::size_t state) {
  const std::array timeouts{limits.closed_linger, limits.handshake_timeout,   limits.unproven_timeout,
                            limits.udp_timeout,   limits.half_closed_timeout, limits.idle_timeout};
  return timeouts[state];
}

// How far from what is expected a RST may be and still be believed (RFC 5961 asks for an exact match; a mirror loses
// packets).
constexpr std::int64_t kResetWindow = 1 << 20;

__extension__ using Product = unsigned __int128;

std::uint64_t random_key() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

Partition::Partition(unsigned number, const Limits& limits, StreamHandler& handler)
    : number_(number), limits_(limits), handler_(handler), index_(0, Hash{random_key()}) {}

std::size_t Partition::Hash::operator()(const ConnectionKey& connection) const {
  std::uint64_t hash = key;
  const auto mix = [&](std::uint64_t word) {
    // A product folded onto itself (as in wyhash): what is mixed in later depends on the key as well.
    const auto product = static_cast<Product>(hash ^ word) * (key | 1);
    hash = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64) ^ key;
  };
  for (const Endpoint* end : {&connection.low, &connection.high}) {
    std::uint64_t words[2];
    std::memcpy(words, end->address.bytes().data(), sizeof words);
    mix(words[0]);
    mix(words[1]);
    mix(end->port);
  }
  mix(std::uint64_t{connection.domain} << 8 | static_cast<std::uint8_t>(connection.transport));
  return hash;
}

void Partition::on_segment(const Segment& segment) {
  const Slot slot = find_or_open(segment);
  Entry& entry = entries_[slot];
  if (entry.state == State::closed) {
    ++counters_.late_packets;
    return;
  }
  Connection& connection = entry.connection;
  connection.last = segment.mark;
  const Direction direction = segment.source == connection.parties.source ? Direction::forward : Direction::backward;
  ++connection.direction[index_of(direction)].packets;
  if (direction == Direction::backward && connection.parties.destination_mac == MacAddress{}) {
    connection.parties.destination_mac = segment.source_mac;
  }
  if (segment.payload.size() < segment.wire_payload_bytes) connection.truncated = true;
  touch(slot, segment.mark.time);
  if (segment.transport == Transport::udp) {
    on_datagram(slot, segment);
  } else {
    on_tcp(slot, segment);
  }
}

Partition::Slot Partition::find_or_open(const Segment& segment) {
  const ConnectionKey key = segment.key();
  const auto found = index_.find(key);
  if (found == index_.end()) return open(segment, key);
  const Slot slot = found->second;
  const Entry& entry = entries_[slot];
  if (entry.state != State::closed && deadline_of(entry) <= segment.mark.time) {
    close(slot, {deadline_of(entry), entry.connection.last.source, entry.connection.last.packet},
          reason_of_silence(entry));
    forget(slot);
    return open(segment, key);
  }
  if (!starts_anew(entry, segment)) return slot;
  if (entry.state != State::closed) close(slot, segment.mark, reason_of_silence(entry));
  forget(slot);
  return open(segment, key);
}

// RFC 9293 3.4.1: a SYN with another initial sequence number is another connection on the same ports.
bool Partition::starts_anew(const Entry& entry, const Segment& segment) const {
  if (segment.transport != Transport::tcp || !segment.has(TcpFlags::syn) || segment.has(TcpFlags::rst)) return false;
  if (segment.has(TcpFlags::ack)) return false;
  if (entry.state == State::closed || entry.connection.joined_midway) return true;
  // Nobody has answered yet: a SYN the other way round is the one that counts, if the answer comes to it.
  if (entry.state == State::opening && segment.source != entry.connection.parties.source)
    return !entry.half[1].started();
  return segment.source == entry.connection.parties.source && segment.sequence != entry.syn_sequence;
}

Partition::Slot Partition::open(const Segment& segment, const ConnectionKey& key) {
  if (index_.size() >= limits_.connections) make_room(segment.mark);
  Slot slot = static_cast<Slot>(entries_.size());
  if (free_.empty()) {
    entries_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  Entry& entry = entries_[slot];
  entry.key = key;
  entry.connection.parties = parties_of(segment);
  entry.connection.id = ++serial_ * kPartitions + number_;
  entry.connection.first = entry.connection.last = segment.mark;
  entry.connection.joined_midway = segment.transport == Transport::tcp && !segment.has(TcpFlags::syn);
  entry.active = segment.mark.time;
  entry.state = segment.transport == Transport::udp ? State::datagrams
                : entry.connection.joined_midway    ? State::unproven
                                                    : State::opening;
  index_.emplace(key, slot);
  link(slot);
  ++counters_.connections;
  return slot;
}

void Partition::on_tcp(Slot slot, const Segment& segment) {
  Entry& entry = entries_[slot];
  const Direction direction =
      segment.source == entry.connection.parties.source ? Direction::forward : Direction::backward;
  HalfStream& sender = entry.half[index_of(direction)];
  HalfStream& receiver = entry.half[index_of(opposite(direction))];

  if (segment.has(TcpFlags::syn)) {
    if (!sender.started()) sender.start(segment.sequence + 1);
    if (direction == Direction::forward) {
      entry.syn_sequence = segment.sequence;
      entry.syn_time = segment.mark.time;
    }
    return;
  }
  // What is acknowledged is judged before what is sent: an answer rests on a request that its sender has wholly
  // received.
  if (segment.has(TcpFlags::ack) && receiver.started()) {
    receiver.on_acknowledged(target(entry, opposite(direction)), segment.mark,
                             receiver.offset_of(segment.acknowledgement));
  }
  if (entry.state == State::opening && direction == Direction::forward && !segment.has(TcpFlags::rst)) {
    if (entry.syn_time != Timestamp{} && receiver.started())
      entry.connection.handshake_time = segment.mark.time - entry.syn_time;
    enter(slot, State::unproven, segment.mark.time);
  }
  prove(slot, segment.mark.time);
  if (!sender.started() && !segment.has(TcpFlags::rst)) sender.start(segment.sequence);
  if (segment.wire_payload_bytes != 0 && !segment.has(TcpFlags::rst)) on_payload(slot, segment);
  on_flags(slot, segment);
}

void Partition::on_payload(Slot slot, const Segment& segment) {
  Entry& entry = entries_[slot];
  const Direction direction =
      segment.source == entry.connection.parties.source ? Direction::forward : Direction::backward;
  HalfStream& sender = entry.half[index_of(direction)];
  if (!entry.sink_asked) open_sink(entry, segment.mark);
  if (entry.state == State::opening) enter(slot, State::unproven, segment.mark.time);

  const std::size_t held_before = sender.held_bytes();
  if (sender.waiting()) sender.expire(target(entry, direction), segment.mark.time, segment.mark);
  const bool believed = sender.on_segment(target(entry, direction), segment.mark, sender.offset_of(segment.sequence),
                                          segment.payload, segment.wire_payload_bytes);
  if (!believed) ++counters_.implausible_packets;
  held_bytes_ += sender.held_bytes() - held_before;
  if (sender.waiting()) limit_held(slot, segment.mark);
}

void Partition::on_flags(Slot slot, const Segment& segment) {
  Entry& entry = entries_[slot];
  const Direction direction =
      segment.source == entry.connection.parties.source ? Direction::forward : Direction::backward;
  HalfStream& sender = entry.half[index_of(direction)];
  if (segment.has(TcpFlags::rst)) {
    const std::int64_t distance = sender.started() ? sender.offset_of(segment.sequence) - sender.expected() : 0;
    if (std::abs(distance) > kResetWindow) return;
    // RFC 9293 3.10.7.4: who has closed answers late data with a RST; the connection had ended before.
    close(slot, segment.mark, sender.fin_seen() ? CloseReason::finished : CloseReason::reset);
    return;
  }
  if (segment.has(TcpFlags::fin)) {
    sender.on_fin(limits_, sender.offset_of(segment.sequence) + segment.wire_payload_bytes);
    if (entry.state != State::half_closed && sender.fin_seen()) enter(slot, State::half_closed, segment.mark.time);
  }
  if (entry.half[0].finished() && entry.half[1].finished()) close(slot, segment.mark, CloseReason::finished);
}

// A datagram exchange has no order to restore: who talks to whom, how much and when is what is told of it.
void Partition::on_datagram(Slot slot, const Segment& segment) {
  Entry& entry = entries_[slot];
  const Direction direction =
      segment.source == entry.connection.parties.source ? Direction::forward : Direction::backward;
  DirectionStatistics& sent = entry.connection.direction[index_of(direction)];
  sent.bytes += segment.wire_payload_bytes;
  sent.missing_bytes += segment.wire_payload_bytes - segment.payload.size();
  if (!entry.sink_asked) open_sink(entry, segment.mark);
}

void Partition::open_sink(Entry& entry, const Mark& mark) {
  entry.sink_asked = true;
  entry.sink = handler_.open(entry.connection, mark);
}

void Partition::limit_held(Slot slot, const Mark& mark) {
  note_waiting(slot);
  const Entry& entry = entries_[slot];
  while (entry.half[0].held_segments() + entry.half[1].held_segments() > limits_.held_segments_per_connection) {
    give_up_hole(slot, mark);
  }
  while (held_bytes_ > limits_.held_bytes) give_up_hole(holder_of_most(), mark);
}

void Partition::give_up_hole(Slot slot, const Mark& mark) {
  Entry& entry = entries_[slot];
  const Direction direction =
      entry.half[0].held_bytes() >= entry.half[1].held_bytes() ? Direction::forward : Direction::backward;
  HalfStream& half = entry.half[index_of(direction)];
  const std::size_t before = half.held_bytes();
  half.give_up_hole(target(entry, direction), mark);
  held_bytes_ += half.held_bytes() - before;
  ++counters_.holes_given_up_early;
}

// Of those that hold as much, the one that has waited longest.
Partition::Slot Partition::holder_of_most() const {
  const auto held = [this](Slot slot) {
    return entries_[slot].half[0].held_bytes() + entries_[slot].half[1].held_bytes();
  };
  return *std::max_element(waiting_.begin(), waiting_.end(),
                           [&](Slot one, Slot other) { return held(one) < held(other); });
}

// Anyone can send half a conversation. Once both sides were seen, forgetting it would be a loss.
void Partition::prove(Slot slot, Timestamp now) {
  const Entry& entry = entries_[slot];
  if (entry.state == State::unproven && !entry.connection.one_direction_only()) enter(slot, State::established, now);
}

void Partition::make_room(const Mark& mark) {
  for (AgeList& list : ages_) {  // in the order of State: what is worth least goes first
    if (list.oldest == kNone) continue;
    const Slot victim = list.oldest;
    if (entries_[victim].state != State::closed) {
      close(victim, mark, CloseReason::evicted);
      ++counters_.connections_evicted;
    }
    forget(victim);
    return;
  }
}

// The sink and what it holds go at once; the entry lingers, so that late packets do not look like a new connection.
void Partition::close(Slot slot, const Mark& mark, CloseReason reason) {
  Entry& entry = entries_[slot];
  for (const Direction direction : kBothDirections) {
    HalfStream& half = entry.half[index_of(direction)];
    held_bytes_ -= half.held_bytes();
    half.close(target(entry, direction), mark);
  }
  if (entry.sink) entry.sink->on_close(mark, reason);
  handler_.on_connection_end(entry.connection, entry.sink.get(), mark, reason);
  entry.sink.reset();
  entry.half = {};
  enter(slot, State::closed, mark.time);
}

void Partition::forget(Slot slot) {
  unlink(slot);
  Entry& entry = entries_[slot];
  index_.erase(entry.key);
  if (entry.waits) std::erase(waiting_, slot);
  entry = Entry{};
  free_.push_back(slot);
}

void Partition::advance(Timestamp now) {
  expire_holes(now);
  for (std::size_t state = 0; state < ages_.size(); ++state) expire_idle(static_cast<State>(state), now);
}

void Partition::expire_holes(Timestamp now) {
  std::vector<Slot> still;
  for (const Slot slot : std::exchange(waiting_, {})) {
    Entry& entry = entries_[slot];
    entry.waits = false;
    if (entry.state == State::closed) continue;
    for (const Direction direction : kBothDirections) {
      HalfStream& half = entry.half[index_of(direction)];
      const std::size_t before = half.held_bytes();
      half.expire(target(entry, direction), now, entry.connection.last);
      held_bytes_ += half.held_bytes() - before;
    }
    if (entry.half[0].finished() && entry.half[1].finished()) {
      close(slot, {now, entry.connection.last.source, entry.connection.last.packet}, CloseReason::finished);
    } else {
      note_waiting(slot);
    }
  }
}

void Partition::expire_idle(State state, Timestamp now) {
  while (ages(state).oldest != kNone) {
    const Slot slot = ages(state).oldest;
    const Entry& entry = entries_[slot];
    const Timestamp deadline = deadline_of(entry);
    if (deadline > now) return;
    if (state == State::closed) {
      forget(slot);
    } else {
      close(slot, {deadline, entry.connection.last.source, entry.connection.last.packet}, reason_of_silence(entry));
      forget(slot);
    }
  }
}

void Partition::rebase(Timestamp now) {
  for (Entry& entry : entries_) {
    entry.active = now;
    for (HalfStream& half : entry.half) half.rebase(now);
  }
}

void Partition::finish(Timestamp now) {
  std::vector<Slot> open_slots;
  for (const auto& [key, slot] : index_) {
    if (entries_[slot].state != State::closed) open_slots.push_back(slot);
  }
  std::sort(open_slots.begin(), open_slots.end(),
            [this](Slot one, Slot other) { return entries_[one].connection.id < entries_[other].connection.id; });
  for (const Slot slot : open_slots) {
    const Mark& last = entries_[slot].connection.last;
    close(slot, {now, last.source, last.packet}, CloseReason::capture_ended);
  }
}

void Partition::note_waiting(Slot slot) {
  Entry& entry = entries_[slot];
  if (entry.waits || (!entry.half[0].waiting() && !entry.half[1].waiting())) return;
  entry.waits = true;
  waiting_.push_back(slot);
}

Timestamp Partition::deadline_of(const Entry& entry) const {
  return entry.active + timeout_of(limits_, static_cast<std::size_t>(entry.state));
}

CloseReason Partition::reason_of_silence(const Entry& entry) const {
  return entry.state == State::half_closed ? CloseReason::finished : CloseReason::timed_out;
}

HalfStream::Target Partition::target(Entry& entry, Direction direction) {
  return {entry.sink.get(), direction, entry.connection.direction[index_of(direction)], limits_};
}

void Partition::touch(Slot slot, Timestamp now) {
  Entry& entry = entries_[slot];
  entry.active = now;
  if (ages(entry.state).newest == slot) return;
  unlink(slot);
  link(slot);
}

void Partition::enter(Slot slot, State state, Timestamp now) {
  unlink(slot);
  entries_[slot].state = state;
  entries_[slot].active = now;
  link(slot);
}

void Partition::unlink(Slot slot) {
  Entry& entry = entries_[slot];
  AgeList& list = ages(entry.state);
  (entry.newer == kNone ? list.newest : entries_[entry.newer].older) = entry.older;
  (entry.older == kNone ? list.oldest : entries_[entry.older].newer) = entry.newer;
  entry.newer = entry.older = kNone;
  --list.count;
}

void Partition::link(Slot slot) {
  Entry& entry = entries_[slot];
  AgeList& list = ages(entry.state);
  entry.older = list.newest;
  (list.newest == kNone ? list.oldest : entries_[list.newest].newer) = slot;
  list.newest = slot;
  ++list.count;
}

}  // namespace dcmwatch
