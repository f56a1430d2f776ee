// What becomes of a partition's connections: opening, limits, timers, ends.
#include <algorithm>
#include <limits>
#include <utility>

#include "assemble/partition.h"
#include "base/group_address.h"

namespace dcmwatch {
namespace {

constexpr std::array kBothDirections{Direction::forward, Direction::backward};
constexpr std::size_t kStates = static_cast<std::size_t>(ConnectionState::states);
constexpr std::size_t kSpareConnections = 64;

// How far a connection's place in its list may lag behind its activity: moving it costs its neighbours' cache lines.
constexpr Duration kTouchGrain = std::chrono::milliseconds{100};

// In the order of ConnectionState, as the next table.
std::array<Duration, kStates> timeouts_of(const Limits& limits) {
  return {limits.closed_linger, limits.handshake_timeout,   limits.unproven_timeout, limits.udp_timeout,
          limits.idle_timeout,  limits.half_closed_timeout, limits.reset_quiet,      limits.idle_timeout};
}

std::array<std::size_t, kStates> limits_of(const Limits& limits) {
  return {limits.closed_connections,    limits.unanswered_connections,
          limits.half_seen_connections, limits.half_seen_connections,
          limits.connections,           limits.half_seen_connections,
          limits.half_seen_connections, limits.connections};
}

// How silence ends a connection in each state.
CloseReason reason_of_silence(ConnectionState state) {
  switch (state) {
    case ConnectionState::half_closed: return CloseReason::finished;
    case ConnectionState::resetting: return CloseReason::reset;
    default: return CloseReason::timed_out;
  }
}

// No SYN told who opened the connection: the lower port is taken for the server's, and the guess is marked as one. No
// group opens anything.
bool sent_by_acceptor(const Segment& segment) {
  if (segment.transport == Transport::tcp && segment.has(TcpFlags::syn)) return segment.has(TcpFlags::ack);
  if (segment.transport == Transport::udp && is_group(segment.destination.address)) return false;
  return segment.source.port < segment.destination.port;
}

// Among its partition's.
std::uint64_t serial_of(const ConnectionEntry& entry) { return entry.id / kPartitions; }

Mark last_of(const ConnectionEntry& entry) {
  return entry.live ? entry.live->connection.last : Mark{entry.last_time, entry.last_source, entry.last_packet};
}

std::size_t held_bytes_of(const LiveConnection& connection) {
  return connection.half[0].held_bytes() + connection.half[1].held_bytes();
}

void fill(Connection& connection, const ConnectionEntry& entry) {
  connection.parties = {entry.source, entry.destination, entry.source_mac,        entry.destination_mac,
                        entry.vlan,   entry.transport,   entry.flags.opener_known};
  connection.domain = entry.domain;
  connection.id = entry.id;
  connection.first = {entry.first_time, entry.first_source, entry.first_packet};
  connection.last = {entry.last_time, entry.last_source, entry.last_packet};
  connection.joined_midway = entry.flags.joined_midway;
  connection.truncated = entry.flags.truncated;
  connection.opening = entry.state == ConnectionState::opening;
  connection.told_unspoken = entry.told_unspoken;
  connection.each_heard = entry.numbering.has_both(Numbering::heard);
  for (const Direction direction : kBothDirections) {
    DirectionStatistics& sent = connection.direction[index_of(direction)];
    sent.packets = entry.packets[index_of(direction)];
    sent.duplicate_packets = entry.duplicates[index_of(direction)];
  }
  const bool answered = entry.answered != Timestamp{};
  const bool completed = answered && entry.completed != Timestamp{};
  if (entry.flags.syn_seen && completed) connection.handshake.whole = elapsed(entry.first_time, entry.completed);
  if (entry.flags.syn_repeated) return;
  if (entry.flags.syn_seen && answered) connection.handshake.to_acceptor = elapsed(entry.first_time, entry.answered);
  if (completed) connection.handshake.to_opener = elapsed(entry.answered, entry.completed);
}

}  // namespace

Partition::Partition(unsigned number, const Limits& limits, StreamHandler& handler, const KeyedHash& hash)
    : number_(number),
      limits_(limits),
      timeouts_(timeouts_of(limits)),
      most_(limits_of(limits)),
      handler_(handler),
      hash_(hash),
      buffers_(limits.unacknowledged_blocks),
      unanswered_(limits) {}

Slot Partition::open(const Segment& segment, std::uint64_t hash) {
  const Slot slot = open_apart(segment);
  index_.insert(hash, slot);
  limit(entry(slot).state, segment.mark.time);
  return slot;
}

// Not in the index: the caller sees to it that it is found.
Slot Partition::open_apart(const Segment& segment) {
  if (entries_in_use_ >= limits_.connections) make_room(segment.mark.time);
  if (free_.empty()) {
    const auto first = static_cast<Slot>(chunks_.size() * kChunk);
    chunks_.push_back(std::make_unique<Entry[]>(kChunk));
    for (Slot i = kChunk; i-- != 0;) free_.push_back(first + i);
  }
  const Slot slot = free_.back();
  free_.pop_back();
  ++entries_in_use_;
  ++counters_.connections;

  Entry& it = entry(slot);
  const bool by_acceptor = sent_by_acceptor(segment);
  it.source = by_acceptor ? segment.destination : segment.source;
  it.destination = by_acceptor ? segment.source : segment.destination;
  it.source_mac = by_acceptor ? segment.destination_mac : segment.source_mac;
  it.destination_mac = by_acceptor ? segment.source_mac : segment.destination_mac;
  it.vlan = segment.vlan;
  it.domain = segment.domain;
  it.transport = segment.transport;
  const bool syn = segment.transport == Transport::tcp && segment.has(TcpFlags::syn);
  it.flags.opener_known = syn;
  it.flags.syn_seen = syn && !by_acceptor;
  it.flags.joined_midway = segment.transport == Transport::tcp && !syn;
  it.state = segment.transport == Transport::udp ? State::datagrams : syn ? State::opening : State::unproven;
  it.id = ++serial_ * kPartitions + number_;
  it.first_time = it.last_time = it.active = segment.mark.time;
  it.first_source = it.last_source = segment.mark.source;
  it.first_packet = it.last_packet = segment.mark.packet;
  link(slot);
  return slot;
}

LiveConnection& Partition::live(Entry& it) {
  if (it.live) return *it.live;
  if (spare_.empty()) {
    it.live = std::make_unique<Live>();
  } else {
    it.live = std::move(spare_.back());
    spare_.pop_back();
  }
  fill(it.live->connection, it);
  for (const Direction direction : kBothDirections) {
    if (it.has_started(direction)) it.live->half[index_of(direction)].start(it.next_sequence[index_of(direction)]);
  }
  return *it.live;
}

void Partition::open_sink(Entry& it, const Mark& mark) {
  Live& connection = live(it);
  connection.sink_asked = true;
  connection.spoken = mark.time;
  connection.sink = handler_.open(connection.connection, mark);
}

void Partition::limit_held(Slot slot, const Mark& mark) {
  note_waiting(slot);
  const Live& it = *entry(slot).live;
  while (it.half[0].held_segments() + it.half[1].held_segments() > limits_.held_segments_per_connection) {
    give_up_hole(slot, mark);
    ++counters_.segments_given_up;
  }
  if (held_bytes_ > limits_.held_bytes) give_up_most_held(mark);
}

void Partition::give_up_hole(Slot slot, const Mark& mark) {
  Live& it = *entry(slot).live;
  const bool forward = it.half[0].held_bytes() != it.half[1].held_bytes()
                           ? it.half[0].held_bytes() > it.half[1].held_bytes()
                           : it.half[0].waiting();
  const Direction direction = forward ? Direction::forward : Direction::backward;
  HalfStream& half = it.half[index_of(direction)];
  const std::size_t before = half.held_bytes();
  half.give_up_first(target(it, direction), mark);
  held_bytes_ += half.held_bytes() - before;
}

// Of those that hold as much, the one that has waited longest. An eighth is made free at once, so that a look at all
// who wait is not taken for every segment.
void Partition::give_up_most_held(const Mark& mark) {
  struct Holder {
    std::size_t bytes;
    std::size_t place;
    bool operator<(const Holder& other) const {
      return bytes != other.bytes ? bytes < other.bytes : place > other.place;
    }
  };
  const auto held_by = [this](std::size_t place) -> Holder {
    const auto& it = entry(waiting_[place]).live;
    return {it ? it->half[0].held_bytes() + it->half[1].held_bytes() : 0, place};
  };
  std::vector<Holder> holders;
  for (std::size_t place = 0; place < waiting_.size(); ++place) holders.push_back(held_by(place));
  std::make_heap(holders.begin(), holders.end());
  while (held_bytes_ > limits_.held_bytes - limits_.held_bytes / 8) {
    std::pop_heap(holders.begin(), holders.end());
    give_up_hole(waiting_[holders.back().place], mark);
    ++counters_.holes_given_up_early;
    holders.back() = held_by(holders.back().place);
    std::push_heap(holders.begin(), holders.end());
  }
}

// After its sink was told something.
void Partition::note_kept(Live& connection, const Mark& mark) {
  const std::size_t bytes = connection.sink ? connection.sink->kept_bytes() : 0;
  if (bytes == connection.kept_bytes) return;
  keepers_.set(connection, bytes);
  if (keepers_.bytes() > limits_.kept_bytes) give_up_most_kept(mark);
}

// An eighth is made free at once: else each byte more would take its victim.
void Partition::give_up_most_kept(const Mark& mark) {
  while (keepers_.bytes() > limits_.kept_bytes - limits_.kept_bytes / 8) {
    Live& most = *keepers_.most();
    most.sink->give_up_kept(mark);
    keepers_.set(most, most.sink->kept_bytes());
    ++counters_.kept_given_up;
  }
}

void Partition::make_room(Timestamp now) {
  for (AgeList& list : ages_) {  // in the order of State: what is worth least goes first
    if (list.oldest == kNoSlot) continue;
    evict(list.oldest, now);
    return;
  }
}

void Partition::limit(State state, Timestamp now) {
  if (ages(state).count > most_[static_cast<std::size_t>(state)]) evict(ages(state).oldest, now);
}

void Partition::evict(Slot slot, Timestamp now) {
  if (!catch_up(slot, now)) return;
  const Entry& it = entry(slot);
  if (it.state != State::closed) {
    ++(it.state == State::opening ? counters_.unanswered_evicted : counters_.connections_evicted);
    const Mark last = last_of(it);
    conclude(slot, {now, last.source, last.packet}, CloseReason::evicted);
  } else {
    ++counters_.closed_forgotten;
  }
  forget(slot);
}

// The sink and what it holds go at once; the entry lingers, so that late packets do not look like a new connection.
void Partition::close(Slot slot, const Mark& mark, CloseReason reason) {
  conclude(slot, mark, reason);
  enter(slot, State::closed, mark.time);
}

void Partition::conclude(Slot slot, const Mark& mark, CloseReason reason) {
  Entry& it = entry(slot);
  if (!it.live) {
    const bool opening = it.state == State::opening;
    if (opening) {
      const Unopened became = became_of(it, reason);
      if (!attempt_is_told(it, mark, became)) return count_unanswered(it, became);
    }
    Connection connection;
    fill(connection, it);
    if (opening) return handler_.on_connection_end(connection, nullptr, mark, reason);
    tell_end(connection, nullptr, mark, reason);
    return;
  }
  Live& ended = *it.live;
  if (ended.waits) std::erase(waiting_, slot);
  if (ended.wakes_at != Timestamp::max()) wakes_.erase({ended.wakes_at, slot});
  keepers_.set(ended, 0);
  held_bytes_ -= ended.half[0].held_bytes() + ended.half[1].held_bytes();
  release_held(ended, mark);
  for (const Direction direction : kBothDirections) {
    HalfStream& half = ended.half[index_of(direction)];
    half.close(target(ended, direction), mark);
    const bool by_receiver = it.flags.reset_backward == (direction == Direction::forward);
    ended.connection.direction[index_of(direction)].undelivered_bytes =
        half.undelivered_bytes(by_receiver && it.flags.reset_refuses);
    it.next_sequence[index_of(direction)] = half.expected_sequence();
    const Timestamp closed_since = ended.window_closed_since[index_of(direction)];
    if (closed_since != Timestamp{})
      ended.connection.direction[index_of(direction)].zero_window_time += elapsed(closed_since, mark.time);
  }
  // Not before, for a RST may be refuted.
  if (reason == CloseReason::reset)
    ended.connection.ended_by = it.flags.reset_backward ? Direction::backward : Direction::forward;
  if (ended.sink) ended.sink->on_close(mark, reason);
  tell_end(ended.connection, ended.sink.get(), mark, reason);
  std::unique_ptr<Live> spare = std::move(it.live);
  if (spare_.size() == kSpareConnections) return;
  spare->reset();
  spare_.push_back(std::move(spare));
}

// A glimpse is worth a record of its own, until they come in floods.
void Partition::tell_end(const Connection& connection, StreamSink* sink, const Mark& mark, CloseReason reason) {
  if (is_glimpse(connection, sink) && !glimpse_is_told(connection.last.time)) {
    count_glimpse(connection, mark);
  } else {
    handler_.on_connection_end(connection, sink, mark, reason);
  }
}

bool Partition::is_glimpse(const Connection& connection, const StreamSink* sink) const {
  const std::uint64_t packets = connection.direction[0].packets + connection.direction[1].packets;
  return connection.one_direction_only() && packets <= limits_.glimpse_packets && !(sink && sink->told_anything());
}

bool Partition::is_glimpse(Slot slot) const {
  const Entry& it = entry(slot);
  if (it.live) return is_glimpse(it.live->connection, it.live->sink.get());
  Connection connection;
  fill(connection, it);
  return is_glimpse(connection, nullptr);
}

// Counted by when they were seen: how they end depends on what else is there. Those of different states may end out of
// that order.
bool Partition::glimpse_is_told(Timestamp seen) {
  const bool told = glimpses_.one_more(seen) <= limits_.glimpse_records;
  counters_.glimpses_counted += told ? 0 : 1;
  return told;
}

void Partition::count_glimpse(const Connection& connection, const Mark& mark) {
  UnansweredConnections one;
  one.parties = connection.parties;
  const Direction sent = connection.direction[0].packets != 0 ? Direction::forward : Direction::backward;
  if (sent == Direction::backward) one.parties.reverse();
  one.id = connection.id;
  one.count = 1;
  one.packets = connection.sent(sent).packets;
  one.bytes = connection.sent(sent).bytes;
  one.first = connection.first;
  one.last = mark;
  one.became = Unopened::glimpsed;
  count(one);
}

void Partition::count(const UnansweredConnections& one) {
  if (!unanswered_.add(one)) ++counters_.unanswered_networks;
  counters_.unanswered_destinations = unanswered_.destinations_left_out();
}

void Partition::count_unanswered(const Entry& it, Unopened became) {
  UnansweredConnections one;
  one.parties = {it.source, it.destination, it.source_mac, it.destination_mac, it.vlan, it.transport, true};
  one.id = it.id;
  one.count = 1;
  one.packets = it.packets[0];
  one.answers = it.packets[1];
  one.became = became;
  one.first = {it.first_time, it.first_source, it.first_packet};
  one.last = {it.active, it.last_source, it.last_packet};
  count(one);
}

// Of an attempt. Who was answered and resets it was answered all the same.
Unopened Partition::became_of(const Entry& it, CloseReason reason) {
  if (it.answered != Timestamp{}) return Unopened::answered;
  return reason == CloseReason::reset ? Unopened::refused : Unopened::unanswered;
}

// A refusal is worth a record of its own, and so is a SYN-ACK, which says that somebody listens; until they come in
// floods. A scan's thousands of refusals leave room for the few who answer it.
bool Partition::attempt_is_told(const Entry& it, const Mark& mark, Unopened became) {
  bool told = false;
  switch (became) {
    case Unopened::answered:
      told = answers_.one_more(it.answered) <= limits_.answered_records;
      counters_.answered_counted += told ? 0 : 1;
      break;
    case Unopened::refused:
      told = refusals_.one_more(mark.time) <= limits_.refused_records;
      counters_.refused_counted += told ? 0 : 1;
      break;
    case Unopened::unanswered:
    case Unopened::glimpsed: break;
  }
  return told;
}

// Its time has come, and nobody noticed before: it ended then.
void Partition::end_in_silence(Slot slot) {
  Entry& it = entry(slot);
  const Mark last = last_of(it);
  if (it.state != State::closed)
    conclude(slot, {deadline_of(it), last.source, last.packet}, reason_of_silence(it.state));
  forget(slot);
}

void Partition::forget(Slot slot) {
  Entry& it = entry(slot);
  unlink(slot);
  const std::uint64_t hash = hash_(it);
  if (!it.flags.candidate) index_.erase(hash, slot);
  if (it.partner != kNoSlot) {
    Entry& partner = entry(it.partner);
    partner.partner = kNoSlot;
    if (partner.flags.candidate) index_.insert(hash, it.partner);
    partner.flags.candidate = false;
  }
  it = Entry{};
  free_.push_back(slot);
  --entries_in_use_;
}

// Before all that may end it by `now`.
void Partition::advance(Timestamp now) {
  progress_told_ = 0;
  if (progress_.next() <= now) tell_progress(now);
  if (!waiting_.empty()) expire_holes(now);
  while (!wakes_.empty() && wakes_.begin()->first <= now) catch_up(wakes_.begin()->second, now);
  std::size_t ended = 0;
  for (std::size_t state = 0; state < kStates; ++state) {
    if (ages_[state].due <= now) expire_idle(static_cast<State>(state), now, ended);
  }
  unanswered_.advance(now, handler_);
}

void Partition::expire_holes(Timestamp now) {
  waiting_.swap(waited_);
  waiting_.clear();
  for (const Slot slot : waited_) {
    Entry& it = entry(slot);
    if (!it.live) continue;
    it.live->waits = false;
    end_waiting(slot, now);
    if (it.live) note_waiting(slot);
  }
}

bool Partition::catch_up_late(Slot slot, Timestamp now) {
  Entry& it = entry(slot);
  if (it.live && (it.live->waits || it.live->wakes_at <= now)) end_waiting(slot, now);
  if (deadline_of(it) > now) return true;
  end_in_silence(slot);
  return false;
}

void Partition::end_waiting(Slot slot, Timestamp now) {
  Entry& it = entry(slot);
  const Timestamp expired = expire_waiting(slot, std::min(now, deadline_of(it)));
  if (!it.live->finished()) return;
  const Mark& last = it.live->connection.last;
  close(slot, {expired, last.source, last.packet}, CloseReason::finished);
}

// Holes first: what was captured too early waits for them to be filled or given up, and a sink that is woken has been
// told of all that was lost. Returns when the last of it happened.
Timestamp Partition::expire_waiting(Slot slot, Timestamp now) {
  Live& connection = *entry(slot).live;
  const std::size_t before = connection.half[0].held_bytes() + connection.half[1].held_bytes();
  Mark mark = connection.connection.last;
  for (Timestamp due = due_of(connection); due <= now && !connection.finished(); due = due_of(connection)) {
    mark.time = std::max(mark.time, due);
    for (const Direction direction : kBothDirections) {
      connection.half[index_of(direction)].expire_holes(target(connection, direction), mark);
      while (give_up_question(connection, direction, mark, mark.time)) {
      }
    }
    if (connection.wakes_at <= mark.time) wake(slot, mark);
  }
  held_bytes_ += connection.half[0].held_bytes() + connection.half[1].held_bytes() - before;
  note_kept(connection, mark);
  note_wake(slot);
  return mark.time;
}

// The first answer that has waited long enough was given to what was lost: its reader hears of that before.
bool Partition::give_up_question(Live& connection, Direction direction, const Mark& mark, Timestamp now) {
  release_early(connection);
  HalfStream& answering = connection.half[index_of(direction)];
  const auto end = answering.overdue_question(target(connection, direction), now);
  if (!end) return false;
  const Direction asking = opposite(direction);
  connection.half[index_of(asking)].lose_question(target(connection, asking), mark, *end);
  answering.give_up_first(target(connection, direction), mark);
  return true;
}

// Each direction gives what it held for the other, as far as that has got on; which may be what the other waits for.
void Partition::release_early(Live& connection) {
  std::size_t before = 0;
  do {
    before = held_bytes_of(connection);
    for (const Direction direction : kBothDirections)
      connection.half[index_of(direction)].release_early(target(connection, direction));
  } while (held_bytes_of(connection) != before);
}

// At the end nothing is waited for, but what is held is told in the order in which it was said all the same.
void Partition::release_held(Live& connection, const Mark& mark) {
  while (held_bytes_of(connection) != 0) {
    for (const Direction direction : kBothDirections) {
      connection.half[index_of(direction)].give_up_hole(target(connection, direction), mark);
      while (give_up_question(connection, direction, mark, Timestamp::max())) {
      }
    }
  }
}

void Partition::wake(Slot slot, const Mark& mark) {
  Live& connection = *entry(slot).live;
  wakes_.erase({connection.wakes_at, slot});
  connection.wakes_at = Timestamp::max();
  for (const Direction direction : kBothDirections)
    connection.half[index_of(direction)].lose_unseen_end(target(connection, direction), mark);
  connection.sink->on_time(mark);
  note_wake(slot);
}

// After its sink was told something. Later than it was is soon enough to be noticed when that time has come.
void Partition::note_wake(Slot slot) {
  Live& connection = *entry(slot).live;
  if (!connection.sink || connection.sink->wake_at() >= connection.wakes_at) return;
  if (connection.wakes_at != Timestamp::max()) wakes_.erase({connection.wakes_at, slot});
  connection.wakes_at = connection.sink->wake_at();
  wakes_.emplace(connection.wakes_at, slot);
}

// When the first of what waits has had its time.
Timestamp Partition::due_of(Live& connection) {
  if (!connection.half[0].waiting() && !connection.half[1].waiting()) return connection.wakes_at;
  return std::min({connection.wakes_at, connection.half[0].due(target(connection, Direction::forward)),
                   connection.half[1].due(target(connection, Direction::backward))});
}

void Partition::expire_idle(State state, Timestamp now, std::size_t& ended) {
  const Duration timeout = timeout_of(state);
  Timestamp due = Timestamp::max();
  for (Slot slot = ages(state).oldest; slot != kNoSlot;) {
    const Entry& it = entry(slot);
    const Slot next = it.newer;
    const Timestamp deadline = it.active + timeout;
    if (it.linked + timeout > now || (deadline <= now && ended >= limits_.ends_per_advance)) {
      due = std::min(due, it.linked + timeout);
      break;
    }
    if (deadline > now) {
      due = std::min(due, deadline);
    } else {
      if (state != State::closed && state != State::opening) ++ended;
      end_in_silence(slot);
    }
    slot = next;
  }
  ages(state).due = due;
}

// From its first packet; and anew from its first payload, unless it has not been told yet: then that is asked for when
// its time comes, for most connections have ended by then.
void Partition::follow(Slot slot, Timestamp since) {
  Entry& it = entry(slot);
  const bool spoken = it.live && it.live->sink_asked;
  if (it.flags.followed && it.told_unspoken == 0) return;
  it.flags.followed = true;
  progress_.add({since + limits_.progress_interval, slot, serial_of(it), !spoken});
  progress_.limit(entries_in_use_, [this](const ProgressTimes::Due& due) { return is_current(due); });
}

bool Partition::is_current(const ProgressTimes::Due& due) const {
  const Entry& it = entry(due.slot);
  if (it.id == 0 || (serial_of(it) & ProgressTimes::Due::kSerial) != due.serial || it.state == State::closed)
    return false;
  const bool followed_anew = it.live && it.live->sink_asked && it.told_unspoken != 0;
  return !(due.unspoken && followed_anew);
}

void Partition::tell_progress(Timestamp now) {
  while (progress_.next() <= now && progress_told_ < limits_.progress_per_advance) {
    if (tell_progress(progress_.take(), now)) ++progress_told_;
  }
}

// What else was to become of it until then became of it. False: there was nothing to tell.
bool Partition::tell_progress(const ProgressTimes::Due& due, Timestamp now) {
  if (!is_current(due) || !catch_up(due.slot, due.time) || !is_current(due)) return false;
  Entry& it = entry(due.slot);
  const bool spoken = it.live && it.live->sink_asked;
  ProgressTimes::Due next{due.time, due.slot, due.serial, !spoken};
  if (spoken && it.live->spoken + limits_.progress_interval > due.time) {
    next.time = it.live->spoken + limits_.progress_interval;
    progress_.add(next);
    return false;
  }
  // Not before what has been told of it, if many were due and this had to wait; nor after now, if the clock was set
  // back.
  tell_goes_on(due.slot, std::clamp(last_of(it).time, due.time, now));
  const auto pause_of = [this](unsigned doublings) {
    return std::min(limits_.progress_interval * (std::int64_t{1} << doublings), limits_.quiet_progress_interval);
  };
  constexpr unsigned kMostDoublings = 16;
  const bool quiet = !spoken || it.live->connection.last.time < due.time - pause_of(due.doublings);
  if (quiet) next.doublings = std::min(due.doublings + 1U, kMostDoublings) & 31U;
  next.time += std::max(pause_of(next.doublings), limits_.progress_interval);
  // A connection without a word that is kept alive for weeks has been told often enough.
  if (spoken || it.told_unspoken != std::numeric_limits<std::uint8_t>::max()) progress_.add(next);
  return true;
}

void Partition::tell_goes_on(Slot slot, Timestamp now) {
  Entry& it = entry(slot);
  const Mark last = last_of(it);
  const Mark mark{now, last.source, last.packet};
  if (it.live) {
    handler_.on_progress(it.live->connection, it.live->sink.get(), mark);
  } else {
    Connection connection;
    fill(connection, it);
    handler_.on_progress(connection, nullptr, mark);
  }
  if (it.live && it.live->sink_asked) return;
  ++it.told_unspoken;
  if (it.live) it.live->connection.told_unspoken = it.told_unspoken;
}

void Partition::rebase(Timestamp now) {
  for (AgeList& list : ages_) {
    for (Slot slot = list.oldest; slot != kNoSlot; slot = entry(slot).newer) {
      Entry& it = entry(slot);
      it.active = it.linked = now;
      if (!it.live) continue;
      it.live->spoken = std::min(it.live->spoken, now);
      for (HalfStream& half : it.live->half) half.rebase(now);
      if (!it.live->sink) continue;
      it.live->sink->rebase(now);
      note_wake(slot);
    }
    if (list.oldest != kNoSlot) list.due = now;
  }
  progress_.rebase(now + limits_.progress_interval);
  // Their minutes may be long in coming, or have been there already.
  unanswered_.finish(now, handler_);
  for (Minutely* counted : {&refusals_, &answers_, &glimpses_}) *counted = {};
}

bool Partition::finish_some(Timestamp now) {
  if (!std::exchange(finishing_, true)) {
    for (Slot slot = ages(State::opening).oldest; slot != kNoSlot;) {
      const Slot next = entry(slot).newer;
      if (!entry(slot).live && entry(slot).answered == Timestamp{}) {
        count_unanswered(entry(slot), Unopened::unanswered);
        forget(slot);
      }
      slot = next;
    }
    for (std::size_t state = 0; state < kStates; ++state) {
      if (static_cast<State>(state) == State::closed) continue;
      for (Slot slot = ages_[state].oldest; slot != kNoSlot; slot = entry(slot).newer) closing_.push_back(slot);
    }
    std::ranges::sort(closing_, std::greater{}, [this](Slot slot) { return entry(slot).id; });
    // Glimpses and attempts at once: most of them are counted, and the count is told before anything else ends.
    for (auto slot = closing_.rbegin(); slot != closing_.rend(); ++slot) {
      const bool attempt = entry(*slot).state == State::opening && !entry(*slot).live;
      if (attempt || is_glimpse(*slot)) end_with_capture(*slot, now);
    }
    std::erase_if(closing_, [this](Slot slot) { return entry(slot).id == 0; });
    unanswered_.finish(now, handler_);
  }
  for (std::size_t ended = 0; ended < limits_.ends_per_advance && !closing_.empty(); ++ended) {
    const Slot slot = closing_.back();
    closing_.pop_back();
    end_with_capture(slot, now);
  }
  return closing_.empty();
}

void Partition::end_with_capture(Slot slot, Timestamp now) {
  const Mark last = last_of(entry(slot));
  const Timestamp deadline = deadline_of(entry(slot));
  const bool overdue = deadline <= now;
  conclude(slot, {overdue ? deadline : now, last.source, last.packet},
           overdue ? reason_of_silence(entry(slot).state) : CloseReason::capture_ended);
  forget(slot);
}

void Partition::note_waiting(Slot slot) {
  Live& it = *entry(slot).live;
  if (it.waits || (!it.half[0].waiting() && !it.half[1].waiting())) return;
  it.waits = true;
  waiting_.push_back(slot);
}

HalfStream::Target Partition::target(Live& it, Direction direction) {
  const HalfStream& peer = it.half[index_of(opposite(direction))];
  return {it.sink.get(),
          direction,
          it.connection.direction[index_of(direction)],
          limits_,
          buffers_,
          counters_,
          peer.started() ? peer.seen_up_to() : std::numeric_limits<std::int64_t>::max()};
}

void Partition::touch(Slot slot, Timestamp now) {
  Entry& it = entry(slot);
  it.active = now;
  if (now - it.linked < kTouchGrain) return;
  unlink(slot);
  link(slot);
}

void Partition::enter(Slot slot, State state, Timestamp now) {
  unlink(slot);
  Entry& it = entry(slot);
  it.state = state;
  it.active = now;
  if (it.live) it.live->connection.opening = state == State::opening;
  link(slot);
  limit(state, now);
}

void Partition::unlink(Slot slot) {
  Entry& it = entry(slot);
  AgeList& list = ages(it.state);
  (it.newer == kNoSlot ? list.newest : entry(it.newer).older) = it.older;
  (it.older == kNoSlot ? list.oldest : entry(it.older).newer) = it.newer;
  it.newer = it.older = kNoSlot;
  --list.count;
}

void Partition::link(Slot slot) {
  Entry& it = entry(slot);
  AgeList& list = ages(it.state);
  it.linked = it.active;
  it.older = list.newest;
  (list.newest == kNoSlot ? list.oldest : entry(list.newest).newer) = slot;
  list.newest = slot;
  list.due = std::min(list.due, it.linked + timeout_of(it.state));
  ++list.count;
}

}  // namespace dcmwatch
