// pcap: draft-ietf-opsawg-pcap, and the variants that libpcap reads.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "capture/format.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kFileHeaderBytes = 24;
constexpr std::size_t kLengthsBytes = 16;  // time, captured length, length on the wire

enum class Magic : std::uint32_t {
  microseconds = 0xa1b2c3d4,
  nanoseconds = 0xa1b23c4d,
  kuznetzov = 0xa1b2cd34  ///< microseconds; each record's header has eight bytes more
};

/// Old writers put the length on the wire first.
enum class Lengths : std::uint8_t { captured_first, wire_first, perhaps_wire_first };

struct Layout {
  std::uint32_t nanoseconds_per_tick = 1000;
  std::size_t header_bytes = kLengthsBytes;
  Lengths lengths = Lengths::captured_first;
  std::uint16_t link_type = 0;
};

template <bool swapped>
std::uint32_t u32(const std::uint8_t* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return swapped ? __builtin_bswap32(value) : value;
}

// Whether a record of about that time may stand here. A guess.
template <bool swapped>
bool looks_like_record(const std::uint8_t* at, std::uint32_t seconds) {
  constexpr std::uint32_t kMostSeconds = 60;
  if (u32<swapped>(at) - seconds + kMostSeconds > 2 * kMostSeconds) return false;
  const std::uint32_t captured = u32<swapped>(at + 8);
  return captured <= u32<swapped>(at + 12) && captured <= kMostCapturedBytes;
}

// Where the first of two records that follow each other stands, soon after `from`; the end where none does.
template <bool swapped>
std::size_t find_record(ByteView bytes, std::size_t from, std::uint32_t seconds) {
  constexpr std::size_t kSoon = 4096;
  const std::size_t most = std::min(bytes.size() - kLengthsBytes, from + kSoon);
  for (std::size_t at = from; at < most; ++at) {
    if (!looks_like_record<swapped>(bytes.data() + at, seconds)) continue;
    const std::size_t next = at + kLengthsBytes + u32<swapped>(bytes.data() + at + 8);
    if (next + kLengthsBytes <= bytes.size() && looks_like_record<swapped>(bytes.data() + next, seconds)) return at;
  }
  return bytes.size();
}

// Where a record stands only the one before it tells, so a pass over a file in memory waits for one head after the
// other. From several places further on, found by their look, the heads are fetched into the cache at the same time: a
// pass then takes a third of the time. Nothing else comes of it; a guess that was wrong costs time alone.
template <bool swapped>
void fetch_heads(ByteView bytes) {
  constexpr std::size_t kLanes = 16;
  constexpr std::size_t kCacheLine = 64;
  asm volatile("");  // GCC leaves out what only prefetches, since it has no effect
  const std::size_t span = bytes.size() / kLanes;
  std::array<std::size_t, kLanes> at{};
  for (std::size_t lane = 1; lane < kLanes; ++lane)
    at[lane] = find_record<swapped>(bytes, lane * span, u32<swapped>(bytes.data()));
  for (bool more = true; more;) {
    more = false;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if (at[lane] + kLengthsBytes > (lane + 1) * span) continue;
      const std::uint8_t* head = bytes.data() + at[lane];
      __builtin_prefetch(head + kCacheLine);
      at[lane] += kLengthsBytes + std::min(u32<swapped>(head + 8), kMostCapturedBytes);
      more = true;
    }
  }
}

template <bool swapped>
class PcapFormat final : public Format {
 public:
  PcapFormat(const Layout& layout, std::uint32_t source) : Format(source), layout_(layout) {}

  std::size_t cut(ByteView bytes, Room room, std::vector<Packet>& packets) override {
    std::size_t at = std::exchange(header_bytes_, 0);
    const std::size_t enough = at + room.bytes;
    for (std::size_t n = 0; n < room.packets && at < enough; ++n) {
      if (bytes.size() - at < layout_.header_bytes) break;
      const std::uint8_t* record = bytes.data() + at;
      if (record < fetched_begin_ || record >= fetched_end_) fetch_ahead(bytes.subspan(at));
      std::uint32_t captured = u32<swapped>(record + 8);
      std::uint32_t wire = u32<swapped>(record + 12);
      if (layout_.lengths != Lengths::captured_first) order(captured, wire);
      if (captured > kMostCapturedBytes) {
        fault_ = "its record claims " + std::to_string(captured) + " captured bytes";
        break;
      }
      const std::size_t whole = layout_.header_bytes + captured;
      if (bytes.size() - at < whole) break;
      const Mark mark{time_of(record), source_, packets_++};
      packets.push_back({mark, {record + layout_.header_bytes, captured}, wire, layout_.link_type});
      at += whole;
    }
    return at;
  }

 private:
  // A stretch at a time: long enough to pay for finding places in it, short enough to stay in the cache.
  void fetch_ahead(ByteView bytes) {
    constexpr std::size_t kStretch = std::size_t{2} << 20, kWorthwhile = std::size_t{1} << 16;
    const ByteView stretch = bytes.first(std::min(bytes.size(), kStretch));
    fetched_begin_ = stretch.data();
    fetched_end_ = stretch.data() + stretch.size();
    if (stretch.size() >= kWorthwhile) fetch_heads<swapped>(stretch);
  }

  [[nodiscard]] Timestamp time_of(const std::uint8_t* record) const {
    const std::int64_t fraction = std::int64_t{u32<swapped>(record + 4)} * layout_.nanoseconds_per_tick;
    return timestamp_from_ns(std::int64_t{u32<swapped>(record)} * 1'000'000'000 +
                             std::min<std::int64_t>(fraction, 999'999'999));
  }

  void order(std::uint32_t& captured, std::uint32_t& wire) const {
    if (layout_.lengths == Lengths::wire_first || captured > wire) std::swap(captured, wire);
  }

  const Layout layout_;
  std::size_t header_bytes_ = kFileHeaderBytes;  ///< still to be passed over
  const std::uint8_t* fetched_begin_ = nullptr;
  const std::uint8_t* fetched_end_ = nullptr;
};

template <bool swapped>
std::unique_ptr<Format> read_header(ByteView header, std::uint32_t source) {
  Layout layout;
  const auto magic = static_cast<Magic>(u32<swapped>(header.data()));
  switch (magic) {
    case Magic::microseconds: break;
    case Magic::nanoseconds: layout.nanoseconds_per_tick = 1; break;
    case Magic::kuznetzov: layout.header_bytes = kLengthsBytes + 8; break;
    default: return nullptr;
  }
  const std::uint32_t versions = u32<swapped>(header.data() + 4);
  // Two numbers of 16 bits in the writer's order.
  const bool big_endian = swapped == (std::endian::native == std::endian::little);
  const std::uint32_t major = big_endian ? versions >> 16 : versions & 0xffff;
  const std::uint32_t minor = big_endian ? versions & 0xffff : versions >> 16;
  constexpr std::uint32_t kDgUx = 543;
  if (major != 2 && major != kDgUx) return nullptr;
  if (major == kDgUx || (major == 2 && minor < 3)) layout.lengths = Lengths::wire_first;
  if (major == 2 && minor == 3) layout.lengths = Lengths::perhaps_wire_first;

  // The upper bits tell of a frame check sequence; Linux systems wrote raw IP as 12 once.
  const std::uint32_t link_type = u32<swapped>(header.data() + 20) & 0x03ffffff;
  constexpr std::uint32_t kRawAsLinuxWrote = 12, kRaw = 101;
  layout.link_type =
      static_cast<std::uint16_t>(link_type == kRawAsLinuxWrote ? kRaw : std::min<std::uint32_t>(link_type, 0xffff));
  return std::make_unique<PcapFormat<swapped>>(layout, source);
}

}  // namespace

std::unique_ptr<Format> pcap_format(ByteView header, std::uint32_t source) {
  if (header.size() < kFileHeaderBytes) return nullptr;
  if (auto format = read_header<false>(header, source)) return format;
  return read_header<true>(header, source);
}

}  // namespace dcmwatch
