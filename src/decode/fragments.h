// IP datagrams put together from their fragments, within bounds.
#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "base/endpoint.h"
#include "base/limits.h"
#include "base/timestamp.h"

namespace dcmwatch {

/// Fragments of one datagram share this: RFC 791 3.2, RFC 8200 4.5 (where the protocol is the first fragment's word, so
/// that 44, the fragment header's own number, stands here).
struct FragmentKey {
  IpAddress source;
  IpAddress destination;
  std::uint32_t id = 0;
  std::uint16_t domain = 0;
  std::uint8_t protocol = 0;

  friend bool operator==(const FragmentKey&, const FragmentKey&) = default;
};

struct Fragment {
  FragmentKey key;
  Timestamp time;
  std::uint32_t offset = 0;      ///< in bytes
  bool more = false;             ///< it is not the last
  std::uint8_t protocol = 0;     ///< of what the whole datagram carries; the first fragment's counts
  ByteView bytes;                ///< captured
  std::uint32_t wire_bytes = 0;  ///< on the wire
};

struct FragmentCounters {
  std::uint64_t reassembled = 0;
  std::uint64_t incomplete = 0;     ///< datagrams that were given up, of which some fragment was never seen
  std::uint64_t overlaps = 0;       ///< datagrams with fragments that contradict or cover each other in part
  std::uint64_t limit_reached = 0;  ///< of the incomplete: to stay within Limits::fragment_…
};

/// Where fragments overlap, the first one seen counts in IPv4, as RFC 791 leaves it open; in IPv6 the datagram is given
/// up, as its receiver must do (RFC 5722). A fragment seen twice, the same byte for byte, is no overlap, nor is it a
/// new datagram's when it comes late. Cost: a copy of each fragment and another one of the whole.
class Fragments {
 public:
  /// `limits` outlives it.
  explicit Fragments(const Limits& limits) : limits_(limits) {}

  enum class Kind : std::uint8_t { kept, whole, malformed };
  struct Answer {
    Kind kind = Kind::kept;
    std::uint8_t protocol = 0;
    std::uint32_t wire_bytes = 0;          ///< of the whole
    std::vector<std::uint8_t> bytes = {};  ///< of it, up to the first that was not captured
  };
  Answer add(Fragment fragment);

  /// Packet time has reached `now`.
  void advance(Timestamp now);
  /// Nothing more comes: what still waits is incomplete.
  void finish();

  [[nodiscard]] const FragmentCounters& counters() const { return counters_; }
  [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }
  [[nodiscard]] std::size_t datagrams() const { return index_.size(); }

 private:
  /// In what order and place they came; their bytes stand in the datagram's store.
  struct Piece {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;        ///< on the wire
    std::uint32_t known_end = 0;  ///< captured
    std::size_t stored_at = 0;
    std::size_t digest = 0;  ///< of its bytes: tells a second copy when they are gone
  };
  struct Datagram {
    FragmentKey key;
    Timestamp time;  ///< of the first fragment; once it is over, of the last
    enum class State : std::uint8_t { waiting, whole, abandoned } state = State::waiting;
    bool has_overlaps = false;
    std::uint8_t protocol = 0;
    std::uint32_t end = 0;      ///< 0 until the last fragment is seen
    std::uint32_t covered = 0;  ///< sum of the pieces, what they share counted twice
    std::vector<Piece> pieces = {};
    std::vector<std::uint8_t> store = {};  ///< until it is over
  };
  struct Hash {
    std::size_t operator()(const FragmentKey& key) const;
  };
  using Datagrams = std::list<Datagram>;

  static bool is_copy(const Datagram& datagram, const Fragment& fragment);
  static bool contradicts(const Datagram& datagram, const Fragment& fragment);
  static bool overlaps(const Datagram& datagram, const Fragment& fragment);
  Datagrams::iterator find_or_open(const Fragment& fragment);
  void keep(Datagram& datagram, const Fragment& fragment);
  static bool is_whole(const Datagram& datagram);
  static std::uint32_t reach(const Datagram& datagram, std::uint32_t Piece::*end);
  static std::vector<std::uint8_t> known_bytes(const Datagram& datagram);
  void set_over(Datagrams::iterator datagram, Timestamp now, Datagram::State state);
  void give_up(Datagrams::iterator datagram);
  void forget(Datagrams& list, Datagrams::iterator datagram);
  void make_room();  ///< takes the oldest that waits

  const Limits& limits_;
  FragmentCounters counters_;
  std::size_t held_bytes_ = 0;
  Datagrams waiting_;  ///< oldest first
  Datagrams over_;     ///< whole, or abandoned; oldest first
  std::unordered_map<FragmentKey, Datagrams::iterator, Hash> index_;
};

}  // namespace dcmwatch
