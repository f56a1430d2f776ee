#include "decode/fragments.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/keyed_hash.h"

namespace dcmwatch {
namespace {

constexpr std::uint32_t kMostBytes = 65535;  // RFC 791 3.1, RFC 8200 4.5

// All fragments but the last are whole units of 8 bytes. Receivers cut an IPv4 fragment that is not (RFC 791 3.2 leaves
// it open) and refuse it in IPv6 (RFC 8200 4.5).
bool is_sound(Fragment& fragment) {
  const std::uint32_t uneven_bytes = fragment.more ? fragment.wire_bytes % 8 : 0;
  if (uneven_bytes != 0 && !fragment.key.source.is_v4()) return false;
  fragment.wire_bytes -= uneven_bytes;
  fragment.bytes = fragment.bytes.first(std::min<std::size_t>(fragment.bytes.size(), fragment.wire_bytes));
  return fragment.wire_bytes != 0 && fragment.offset + fragment.wire_bytes <= kMostBytes;
}

// Nobody can make a fragment look like another's copy, or many meet in one place.
const KeyedHash& keyed_hash() {
  static const KeyedHash kHash;
  return kHash;
}

std::size_t digest_of(const Fragment& fragment) {
  const KeyedHash& mix = keyed_hash();
  std::uint64_t hash = fragment.bytes.size();
  for (ByteView rest = fragment.bytes; !rest.empty();) {
    std::array<std::uint64_t, 2> words{};
    const std::size_t count = std::min(rest.size(), sizeof words);
    std::memcpy(words.data(), rest.data(), count);
    hash = mix(hash, words[0], words[1]);
    rest = rest.subspan(count);
  }
  return hash;
}

}  // namespace

std::size_t Fragments::Hash::operator()(const FragmentKey& key) const {
  const KeyedHash& mix = keyed_hash();
  const auto source = key.source.words();
  const auto destination = key.destination.words();
  const std::uint64_t about = std::uint64_t{key.id} << 32 | std::uint64_t{key.domain} << 8 | key.protocol;
  return mix(mix(about, source[0], source[1]), destination[0], destination[1]);
}

Fragments::Answer Fragments::add(Fragment fragment) {
  if (!is_sound(fragment)) return {Kind::malformed};
  advance(fragment.time);
  const auto found = find_or_open(fragment);
  Datagram& datagram = *found;
  if (datagram.state != Datagram::State::waiting || is_copy(datagram, fragment)) return {Kind::kept};
  if (contradicts(datagram, fragment)) return {Kind::malformed};

  if (overlaps(datagram, fragment)) {
    if (!datagram.has_overlaps) ++counters_.overlaps;
    datagram.has_overlaps = true;
    if (!fragment.key.source.is_v4()) {
      set_over(found, fragment.time, Datagram::State::abandoned);
      return {Kind::kept};
    }
  }
  if (datagram.pieces.size() == limits_.fragments_per_datagram) {
    ++counters_.limit_reached;
    ++counters_.incomplete;
    set_over(found, fragment.time, Datagram::State::abandoned);
    return {Kind::kept};
  }

  keep(datagram, fragment);
  if (!is_whole(datagram)) return {Kind::kept};
  ++counters_.reassembled;
  Answer answer{Kind::whole, datagram.protocol, datagram.end, known_bytes(datagram)};
  set_over(found, fragment.time, Datagram::State::whole);
  return answer;
}

bool Fragments::is_copy(const Datagram& datagram, const Fragment& fragment) {
  return std::ranges::any_of(datagram.pieces, [&](const Piece& piece) {
    return piece.begin == fragment.offset && piece.end == fragment.offset + fragment.wire_bytes &&
           piece.digest == digest_of(fragment);
  });
}

// Two ends of one datagram, or something behind its end.
bool Fragments::contradicts(const Datagram& datagram, const Fragment& fragment) {
  const std::uint32_t end = fragment.offset + fragment.wire_bytes;
  const auto beyond = [&](const Piece& piece) { return piece.end > end; };
  if (datagram.end != 0 && (fragment.more ? end > datagram.end : end != datagram.end)) return true;
  return !fragment.more && std::ranges::any_of(datagram.pieces, beyond);
}

bool Fragments::overlaps(const Datagram& datagram, const Fragment& fragment) {
  const std::uint32_t begin = fragment.offset, end = begin + fragment.wire_bytes;
  return std::ranges::any_of(datagram.pieces,
                             [&](const Piece& piece) { return piece.begin < end && begin < piece.end; });
}

void Fragments::advance(Timestamp now) {
  while (!waiting_.empty() && waiting_.front().time + limits_.fragment_timeout <= now) give_up(waiting_.begin());
  while (!over_.empty() && over_.front().time + limits_.fragment_linger <= now) forget(over_, over_.begin());
}

void Fragments::finish() {
  while (!waiting_.empty()) give_up(waiting_.begin());
}

Fragments::Datagrams::iterator Fragments::find_or_open(const Fragment& fragment) {
  while (!waiting_.empty() && held_bytes_ + fragment.bytes.size() > limits_.fragment_bytes) make_room();
  if (const auto known = index_.find(fragment.key); known != index_.end()) {
    const auto found = known->second;
    if (found->state != Datagram::State::whole || is_copy(*found, fragment)) return found;
    forget(over_, found);  // the number was taken again
  }
  if (waiting_.size() >= limits_.fragment_datagrams) make_room();
  const auto opened = waiting_.insert(waiting_.end(), Datagram{.key = fragment.key, .time = fragment.time});
  index_.emplace(fragment.key, opened);
  return opened;
}

void Fragments::keep(Datagram& datagram, const Fragment& fragment) {
  const std::uint32_t begin = fragment.offset;
  const auto known = static_cast<std::uint32_t>(fragment.bytes.size());
  datagram.pieces.push_back(
      {begin, begin + fragment.wire_bytes, begin + known, datagram.store.size(), digest_of(fragment)});
  datagram.store.insert(datagram.store.end(), fragment.bytes.begin(), fragment.bytes.end());
  datagram.covered += fragment.wire_bytes;
  held_bytes_ += known;
  if (begin == 0) datagram.protocol = fragment.protocol;
  if (!fragment.more) datagram.end = begin + fragment.wire_bytes;
}

bool Fragments::is_whole(const Datagram& datagram) {
  if (datagram.end == 0 || datagram.covered < datagram.end) return false;
  if (datagram.covered == datagram.end && !datagram.has_overlaps) return true;
  return reach(datagram, &Piece::end) == datagram.end;
}

// How far the pieces go from the start without a hole.
std::uint32_t Fragments::reach(const Datagram& datagram, std::uint32_t Piece::*end) {
  std::vector<Piece> pieces = datagram.pieces;
  std::ranges::sort(pieces, {}, &Piece::begin);
  std::uint32_t reached = 0;
  for (const Piece& piece : pieces) {
    if (piece.begin > reached) break;
    reached = std::max(reached, piece.*end);
  }
  return reached;
}

// The last come is written first, so that the first come counts.
std::vector<std::uint8_t> Fragments::known_bytes(const Datagram& datagram) {
  std::vector<std::uint8_t> bytes(reach(datagram, &Piece::known_end));
  for (auto piece = datagram.pieces.rbegin(); piece != datagram.pieces.rend(); ++piece) {
    const std::size_t end = std::min<std::size_t>(piece->known_end, bytes.size());
    if (piece->begin >= end) continue;
    std::copy_n(datagram.store.begin() + static_cast<std::ptrdiff_t>(piece->stored_at), end - piece->begin,
                bytes.begin() + piece->begin);
  }
  return bytes;
}

void Fragments::set_over(Datagrams::iterator datagram, Timestamp now, Datagram::State state) {
  held_bytes_ -= datagram->store.size();
  datagram->state = state;
  datagram->time = now;
  datagram->store = {};
  if (over_.size() >= limits_.fragment_datagrams) forget(over_, over_.begin());
  over_.splice(over_.end(), waiting_, datagram);
}

void Fragments::make_room() {
  ++counters_.limit_reached;
  give_up(waiting_.begin());
}

void Fragments::give_up(Datagrams::iterator datagram) {
  ++counters_.incomplete;
  held_bytes_ -= datagram->store.size();
  forget(waiting_, datagram);
}

void Fragments::forget(Datagrams& list, Datagrams::iterator datagram) {
  index_.erase(datagram->key);
  list.erase(datagram);
}

}  // namespace dcmwatch
