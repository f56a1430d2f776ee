#include "protocol/stream.h"

#include <algorithm>
#include <utility>

#include "protocol/protocol.h"
#include "protocol/table.h"

namespace dcmwatch {
namespace {

ConnectionEnd end_of(CloseReason reason) {
  switch (reason) {
    case CloseReason::finished: return ConnectionEnd::finished;
    case CloseReason::reset: return ConnectionEnd::reset;
    case CloseReason::timed_out: return ConnectionEnd::timed_out;
    case CloseReason::evicted: return ConnectionEnd::evicted;
    case CloseReason::capture_ended: return ConnectionEnd::open;
  }
  return ConnectionEnd::open;
}

ConnectionEnd end_of(Unopened became) {
  switch (became) {
    case Unopened::answered: return ConnectionEnd::answered;
    case Unopened::refused: return ConnectionEnd::reset;
    case Unopened::unanswered:
    case Unopened::glimpsed: return ConnectionEnd::unanswered;
  }
  return ConnectionEnd::unanswered;
}

void emit_end(Emitter& emitter, const Mark& mark, CloseReason reason) {
  ConnectionFact fact = connection_fact(emitter.connection(), emitter.opener());
  fact.end = end_of(reason);
  emitter.emit(Phase::end, emitter.connection().first, mark, fact);
}

ConnectionFact& emit_goes_on(Emitter& emitter, const Mark& mark) {
  ConnectionFact fact = connection_fact(emitter.connection(), emitter.opener());
  fact.goes_on = true;
  return emitter.emit(Phase::progress, emitter.connection().first, mark, fact);
}

}  // namespace

ConnectionFact connection_fact(const Connection& connection, Direction opener) {
  ConnectionFact fact;
  for (std::size_t side = 0; side < 2; ++side) {
    const DirectionStatistics& sent = connection.sent(side == 0 ? opener : opposite(opener));
    fact.packets[side] = sent.packets;
    fact.bytes[side] = sent.bytes;
    fact.missing_bytes[side] = sent.missing_bytes;
    fact.retransmitted_packets[side] = sent.retransmitted_packets;
    fact.conflicting_packets[side] = sent.conflicting_packets;
    fact.out_of_order_packets[side] = sent.out_of_order_packets;
    fact.duplicate_packets[side] = sent.duplicate_packets;
    fact.gaps[side] = sent.gaps;
    fact.unseen_bytes[side] = sent.unseen_bytes;
    fact.zero_window_time[side] = sent.zero_window_time;
  }
  fact.handshake_time = connection.handshake.whole;
  fact.round_trip_to_acceptor = connection.handshake.to_acceptor;
  fact.round_trip_to_opener = connection.handshake.to_opener;
  return fact;
}

Stream::Stream(const Connection& connection, const ProtocolSettings& settings, EventSink& events)
    : connection_(connection), settings_(settings), emitter_(connection, events, Protocol::unidentified) {}

Appetite Stream::on_bytes(Direction direction, const Mark& mark, ByteView bytes) {
  switch (state_) {
    case State::identifying: {
      const Appetite appetite = identify(direction, mark, bytes);
      count_kept();
      return appetite;
    }
    case State::decoding: {
      Owed& owed = owed_[index_of(direction)];
      Appetite appetite = 0;
      if (owed.left == 0) {
        appetite = sink_->on_bytes(direction, mark, bytes);
      } else {
        feed(direction, mark, bytes);
        appetite = std::exchange(owed.left, 0);
      }
      note_sink();
      return appetite;
    }
    case State::closed_book: return kWantNothing;
  }
  return kWantNothing;
}

void Stream::on_skipped(Direction direction, const Mark& first, const Mark& last, std::uint64_t bytes,
                        std::uint64_t missing) {
  if (!sink_) return;
  const Owed owed = std::exchange(owed_[index_of(direction)], {});
  sink_->on_skipped(direction, owed.passed != 0 ? owed.first : first, last, owed.passed + bytes,
                    owed.missing + missing);
  note_sink();
}

void Stream::on_gap(Direction direction, const Mark& mark, std::uint64_t missing) {
  if (sink_) {
    missing -= count_off(direction, mark, missing, true);
    if (missing != 0) sink_->on_gap(direction, mark, missing);
  } else {
    forget_held(direction);
  }
  count_kept();
}

// What nobody recognised yet is not looked at again; what follows may still be recognised.
void Stream::give_up_kept(const Mark& mark) {
  if (sink_) {
    sink_->give_up_kept(mark);
  } else {
    for (const Direction direction : {Direction::forward, Direction::backward}) forget_held(direction);
    if (!announced_) announce(mark);
  }
  count_kept();
}

void Stream::count_kept() {
  if (sink_) return note_sink();
  std::size_t kept = 0;
  for (const Head& head : heads_) kept += head.bytes.capacity();
  for (const Chunk& chunk : chunks_) kept += sizeof(Chunk) + chunk.bytes.capacity();
  set_kept_bytes(kept);
}

// What the assembler asks for.
void Stream::note_sink() {
  set_kept_bytes(sink_->kept_bytes());
  set_wake_at(sink_->wake_at());
}

void Stream::on_time(const Mark& mark) {
  sink_->on_time(mark);
  note_sink();
}

void Stream::rebase(Timestamp now) {
  if (!sink_) return;
  sink_->rebase(now);
  note_sink();
}

void Stream::on_conflict(Direction direction, const Mark& mark, std::uint64_t offset, std::uint64_t length) {
  emitter_.emit(Phase::end, mark, mark,
                Violation{.name = "tcp.conflicting_retransmission",
                          .clause = "RFC 9293 3.10.7.4",
                          .offset = offset,
                          .length = length,
                          .by_opener = emitter_.from_opener(direction)});
}

void Stream::on_close(const Mark& mark, CloseReason reason) {
  if (!sink_) return;
  for (const Direction direction : {Direction::forward, Direction::backward}) tell_skipped(direction, mark);
  sink_->on_close(mark, reason);
}

void Stream::feed(Direction direction, const Mark& mark, ByteView bytes) {
  const ByteView wanted = bytes.subspan(count_off(direction, mark, bytes.size(), false));
  if (!wanted.empty()) owed_[index_of(direction)].left = sink_->on_bytes(direction, mark, wanted);
}

// How many of these bytes the sink had no appetite for.
std::uint64_t Stream::count_off(Direction direction, const Mark& mark, std::uint64_t bytes, bool missing) {
  Owed& owed = owed_[index_of(direction)];
  const std::uint64_t passed = std::min(owed.left, bytes);
  if (passed == 0) return 0;
  if (owed.passed == 0) owed.first = mark;
  owed.left -= passed;
  owed.passed += passed;
  if (missing) owed.missing += passed;
  if (owed.left == 0) tell_skipped(direction, mark);
  return passed;
}

void Stream::tell_skipped(Direction direction, const Mark& mark) {
  const Owed owed = std::exchange(owed_[index_of(direction)], {});
  if (owed.passed != 0) sink_->on_skipped(direction, owed.first, mark, owed.passed, owed.missing);
}

void Stream::end(const Mark& mark, CloseReason reason) { emit_end(emitter_, mark, reason); }

Appetite Stream::identify(Direction direction, const Mark& mark, ByteView bytes) {
  Head& here = head(direction);
  if (here.searched_bytes >= settings_.limits.resync_bytes) return kWantNothing;
  here.searched_bytes += bytes.size();

  const bool went_on = held(direction);
  const ProtocolEntry* entry = look(direction, mark, bytes);
  // What was held is no unit's start, but this segment may be one.
  if (!entry && went_on && !held(direction)) entry = look(direction, mark, bytes);
  if (entry) return hand_over(*entry, direction, mark, bytes);
  if (!announced_ && !held(Direction::forward) && !held(Direction::backward) && !is_glimpse()) announce(mark);
  return here.searched_bytes < settings_.limits.resync_bytes ? kWantAll : give_up(direction, mark);
}

// Anyone can send so little: where it stays at that, its end is all that is told of it, if it is not just counted.
bool Stream::is_glimpse() const {
  const std::uint64_t packets = connection_.direction[0].packets + connection_.direction[1].packets;
  return connection_.one_direction_only() && packets <= settings_.limits.glimpse_packets;
}

// Asks every protocol about what is held and these bytes after it. They are held too if one might recognise them with
// more: peers like to write a header and what follows it apart.
const ProtocolEntry* Stream::look(Direction direction, const Mark& mark, ByteView bytes) {
  std::vector<std::uint8_t>& kept = head(direction).bytes;
  const std::size_t most = settings_.limits.identify_bytes;
  const ByteView fresh = bytes.first(std::min(bytes.size(), most - std::min(most, kept.size())));
  if (!kept.empty()) kept.insert(kept.end(), fresh.begin(), fresh.end());
  const ByteView whole = kept.empty() ? fresh : ByteView{kept};

  bool hope = false;
  for (const ProtocolEntry& entry : protocols()) {
    const Looks looks = entry.looks_like(whole);
    if (looks == Looks::yes) return &entry;
    hope |= looks == Looks::need_more && whole.size() < most;
  }
  if (!hope) {
    forget_held(direction);
    return nullptr;
  }
  if (kept.empty()) kept.assign(fresh.begin(), fresh.end());
  chunks_.push_back({direction, mark, {bytes.begin(), bytes.end()}});
  return nullptr;
}

void Stream::forget_held(Direction direction) {
  std::erase_if(chunks_, [direction](const Chunk& chunk) { return chunk.direction == direction; });
  std::vector<std::uint8_t>{}.swap(head(direction).bytes);
}

// What was held of both directions, and then the bytes by which it was recognised.
Appetite Stream::hand_over(const ProtocolEntry& entry, Direction direction, const Mark& mark, ByteView bytes) {
  emitter_.protocol_ = entry.protocol;
  const std::vector<Chunk> held = std::exchange(chunks_, {});
  announce(mark);
  heads_ = {};
  if (!entry.open) {
    state_ = State::closed_book;
    return kWantNothing;
  }
  state_ = State::decoding;
  sink_ = entry.open(emitter_, settings_);

  for (const Chunk& chunk : held) feed(chunk.direction, chunk.mark, chunk.bytes);
  feed(direction, mark, bytes);
  return std::exchange(owed_[index_of(direction)].left, 0);
}

// This direction is read no further; the other one may still tell what both are.
Appetite Stream::give_up(Direction direction, const Mark& mark) {
  forget_held(direction);
  if (!announced_) announce(mark);
  if (head(opposite(direction)).searched_bytes >= settings_.limits.resync_bytes) state_ = State::closed_book;
  return kWantNothing;
}

// The connection's start, once; and again as progress where its protocol became known later.
void Stream::announce(const Mark& mark) {
  const Phase phase = announced_ ? Phase::progress : Phase::start;
  announced_ = true;
  emitter_.emit(phase, connection_.first, mark, connection_fact(connection_, emitter_.opener()));
}

// What was not told before because it might become more is told now; but of a glimpse, its end alone.
void Stream::on_progress(const Mark& mark) {
  if (!announced_ && is_glimpse()) return;
  if (!announced_) announce(mark);
  ConnectionFact& told = emit_goes_on(emitter_, mark);
  const std::uint64_t bytes = told.bytes[0] + told.bytes[1];
  if (std::exchange(told_bytes_, bytes) != bytes) told.carried = connection_.last.time;
  for (const Direction direction : {Direction::forward, Direction::backward}) {
    const bool in_unit = sink_ ? sink_->in_unit(direction) : held(direction);
    told.in_unit[emitter_.from_opener(direction) ? 0 : 1] = in_unit;
  }
  if (sink_) sink_->on_progress(mark);
}

std::unique_ptr<StreamSink> ProtocolHandler::open(const Connection& connection, const Mark&) {
  return std::make_unique<Stream>(connection, settings_, events_);
}

void ProtocolHandler::on_progress(const Connection& connection, StreamSink* sink, const Mark& mark) {
  if (sink) return sink->on_progress(mark);
  Emitter emitter{connection, events_, Protocol::unidentified};
  emit_goes_on(emitter, mark);
}

void ProtocolHandler::on_connection_end(const Connection& connection, StreamSink* sink, const Mark& mark,
                                        CloseReason reason) {
  if (sink) {
    static_cast<Stream*>(sink)->end(mark, reason);
    return;
  }
  Emitter emitter{connection, events_, Protocol::unidentified};
  emit_end(emitter, mark, reason);
}

// The record comes from the analyst, who adds up what the partitions tell.
void ProtocolHandler::on_unanswered(const UnansweredConnections& connections, Timestamp told) {
  Event& event = events_.next_event();
  event.phase = Phase::end;
  event.conversation = connections.id;
  event.ordinal = 1;
  event.parties = connections.parties;
  event.visibility.one_direction = connections.packets == 0 || connections.answers == 0;
  event.visibility.joined_midway =
      connections.became == Unopened::glimpsed && connections.parties.transport == Transport::tcp;
  event.proven = false;
  event.provable = true;
  event.shown = Shown::both_sides;  // nothing is to be made of what only some of them share
  event.first = connections.first;
  event.last = {told, connections.last.source, connections.last.packet};
  ConnectionFact fact;
  fact.packets = {connections.packets, connections.answers};
  fact.bytes[0] = connections.bytes;
  fact.end = end_of(connections.became);
  fact.attempts = UnansweredAttempts{.count = connections.count,
                                     .source_network = connections.source_network,
                                     .destinations = connections.destinations,
                                     .ports = connections.ports,
                                     .destinations_left_out = connections.destinations_left_out,
                                     .ports_left_out = connections.ports_left_out};
  event.facts = std::move(fact);
}

}  // namespace dcmwatch
