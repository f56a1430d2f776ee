// pcapng: draft-ietf-opsawg-pcapng.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include "capture/format.h"
#include "capture/input.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kBlockFrameBytes = 12;  // type, total length, total length again
constexpr std::size_t kMostInterfaces = 65536;

enum class Block : std::uint32_t {
  interface_description = 1,
  packet = 2,  ///< obsolete
  simple_packet = 3,
  interface_statistics = 5,
  enhanced_packet = 6,
  section_header = 0x0a0d0d0a
};

/// Fields in a section's byte order; past the end they are zero.
class Fields {
 public:
  Fields(ByteView bytes, bool swapped) : bytes_(bytes), swapped_(swapped) {}
  [[nodiscard]] std::uint16_t u16(std::size_t at) const { return get<std::uint16_t>(at); }
  [[nodiscard]] std::uint32_t u32(std::size_t at) const { return get<std::uint32_t>(at); }
  [[nodiscard]] std::uint64_t u64(std::size_t at) const { return get<std::uint64_t>(at); }
  /// Times are written as two halves, the upper one first.
  [[nodiscard]] std::uint64_t time(std::size_t at) const { return std::uint64_t{u32(at)} << 32 | u32(at + 4); }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] ByteView view(std::size_t at, std::size_t count) const { return bytes_.subspan(at, count); }
  [[nodiscard]] Fields from(std::size_t at) const { return {bytes_.subspan(std::min(at, bytes_.size())), swapped_}; }

 private:
  template <class Value>
  [[nodiscard]] Value get(std::size_t at) const {
    std::array<std::uint8_t, sizeof(Value)> raw{};
    if (at + sizeof(Value) > bytes_.size()) return 0;
    std::memcpy(raw.data(), bytes_.data() + at, sizeof(Value));
    if (swapped_) std::ranges::reverse(raw);
    return std::bit_cast<Value>(raw);
  }

  ByteView bytes_;
  bool swapped_;
};

/// Calls visit(code, value) for each option (4.1 "Options"); what is cut off is passed over.
void for_each_option(Fields options, auto&& visit) {
  for (std::size_t at = 0; at + 4 <= options.size();) {
    const std::uint16_t code = options.u16(at);
    const std::size_t length = options.u16(at + 2);
    if (code == 0 || length > options.size() - at - 4) return;
    visit(code, options.from(at + 4), length);
    at += 4 + (length + 3) / 4 * 4;
  }
}

/// How an interface writes down time.
class Clock {
 public:
  /// if_tsresol: a negative power of 10, or of 2 if the upper bit is set. False if no 64 bits can count such ticks.
  bool set_resolution(std::uint8_t resolution) {
    const unsigned exponent = resolution & 0x7f;
    const bool binary = (resolution & 0x80) != 0;
    if (exponent > (binary ? 63U : 19U)) return false;
    ticks_per_second_ = binary ? std::uint64_t{1} << exponent : 1;
    for (unsigned i = 0; !binary && i < exponent; ++i) ticks_per_second_ *= 10;
    return true;
  }

  void set_offset(std::int64_t seconds) { offset_seconds_ = seconds; }

  // What is beyond the times that can be told becomes the latest or the earliest of them.
  [[nodiscard]] Timestamp time(std::uint64_t ticks) const {
    __extension__ using Wide = __int128;
    const Wide seconds = Wide{ticks / ticks_per_second_} + offset_seconds_;
    if (seconds < 0) return {};
    if (seconds > kLatestSecond) return timestamp_from_ns(kLatestSecond * kSecond);
    const auto fraction = static_cast<std::int64_t>(Wide{ticks % ticks_per_second_} * kSecond / ticks_per_second_);
    return timestamp_from_ns(static_cast<std::int64_t>(seconds) * kSecond + fraction);
  }

 private:
  static constexpr std::int64_t kSecond = 1'000'000'000;
  std::uint64_t ticks_per_second_ = 1'000'000;
  std::int64_t offset_seconds_ = 0;
};

struct Interface {
  std::uint16_t link_type = 0;
  std::uint32_t snap_length = 0;
  Clock clock;
  SourceDrops drops;
};

class PcapngFormat final : public Format {
 public:
  explicit PcapngFormat(std::uint32_t source) : Format(source) {}

  std::size_t cut(ByteView bytes, Room room, std::vector<Packet>& packets) override {
    const std::size_t enough = packets.size() + room.packets;
    std::size_t at = 0;
    while (packets.size() < enough && at < room.bytes) {
      const std::size_t used = cut_block(bytes.subspan(std::min(at, bytes.size())), packets);
      if (used == 0) break;
      at += used;
    }
    return at;
  }

  [[nodiscard]] std::optional<SourceDrops> drops() const override {
    SourceDrops all = drops_of_earlier_;
    for (const Interface& interface : interfaces_) all += interface.drops;
    return all;
  }

 private:
  /// 0: it does not stand whole in `bytes`, or is damaged.
  std::size_t cut_block(ByteView bytes, std::vector<Packet>& packets) {
    if (bytes.size() < kBlockFrameBytes) return 0;
    const auto type = static_cast<Block>(Fields{bytes, swapped_}.u32(0));
    if (type == Block::section_header && !begin_section(Fields{bytes, false}.u32(8))) return 0;
    const Fields fields{bytes, swapped_};
    const std::uint32_t length = fields.u32(4);
    if (length < kBlockFrameBytes || length % 4 != 0)
      return damaged("its block claims a length of " + std::to_string(length));
    if (length > kUnitBytes) return pass_over(type, length);
    if (length > bytes.size()) return 0;
    if (fields.u32(length - 4) != length) return damaged("its block's two lengths differ");
    read_block(type, {bytes.subspan(8, length - kBlockFrameBytes), swapped_}, packets);
    return fault_.empty() ? length : 0;
  }

  std::size_t damaged(std::string how) {
    fault_ = std::move(how);
    return 0;
  }

  // Blocks that nobody knows, or of megabytes, are read by nobody.
  std::size_t pass_over(Block type, std::uint32_t length) {
    switch (type) {
      case Block::section_header:
      case Block::interface_description:
      case Block::packet:
      case Block::simple_packet:
      case Block::enhanced_packet: return damaged("its block claims a length of " + std::to_string(length));
      case Block::interface_statistics: break;
    }
    return length;
  }

  // The byte-order magic stands where every block's body begins (4.1).
  bool begin_section(std::uint32_t magic) {
    constexpr std::uint32_t kMagic = 0x1a2b3c4d;
    if (magic != kMagic && magic != __builtin_bswap32(kMagic)) {
      fault_ = "its section header has no byte-order magic";
      return false;
    }
    swapped_ = magic != kMagic;
    return true;
  }

  void read_block(Block type, const Fields& body, std::vector<Packet>& packets) {
    switch (type) {
      case Block::section_header: return read_section_header(body);
      case Block::interface_description: return read_interface(body);
      case Block::interface_statistics: return read_statistics(body);
      case Block::enhanced_packet: return read_packet(body, body.u32(0), packets);
      case Block::packet: return read_obsolete_packet(body, packets);
      case Block::simple_packet: return read_simple_packet(body, packets);
    }
  }

  void read_section_header(const Fields& body) {
    const unsigned major = body.u16(4), minor = body.u16(6);
    if (major != 1 || (minor != 0 && minor != 2)) {
      fault_ = "its section is of pcapng version " + std::to_string(major) + '.' + std::to_string(minor);
      return;
    }
    drops_of_earlier_ = *drops();
    interfaces_.clear();
  }

  void read_interface(const Fields& body) {
    if (interfaces_.size() == kMostInterfaces) {
      fault_ = "there are more than " + std::to_string(kMostInterfaces) + " interfaces";
      return;
    }
    constexpr std::uint16_t kResolution = 9, kOffset = 14;
    Interface interface;
    interface.link_type = body.u16(0);
    interface.snap_length = body.u32(4);
    for_each_option(body.from(8), [&](std::uint16_t code, const Fields& value, std::size_t length) {
      if (code == kResolution && length == 1 && !interface.clock.set_resolution(value.view(0, 1)[0])) {
        fault_ = "an interface's time resolution is finer than any clock's";
      }
      if (code == kOffset && length == 8) interface.clock.set_offset(static_cast<std::int64_t>(value.u64(0)));
    });
    interfaces_.push_back(interface);
  }

  // Counts are since the capture began, so the last ones hold.
  void read_statistics(const Fields& body) {
    Interface* interface = interface_of(body.u32(0));
    if (!interface) return;
    constexpr std::uint16_t kByInterface = 5, kByKernel = 7;
    for_each_option(body.from(12), [&](std::uint16_t code, const Fields& value, std::size_t length) {
      if (code == kByInterface && length == 8) interface->drops.interface = value.u64(0);
      if (code == kByKernel && length == 8) interface->drops.kernel = value.u64(0);
    });
  }

  void read_packet(const Fields& body, std::uint32_t number, std::vector<Packet>& packets) {
    constexpr std::size_t kHeaderBytes = 20;
    const Interface* interface = interface_of(number);
    if (!interface) return;
    add(body, kHeaderBytes, interface->clock.time(body.time(4)), body.u32(12), body.u32(16), *interface, packets);
  }

  // The interface's number has 16 bits; the other 16 count packets dropped since the one before, if known.
  void read_obsolete_packet(const Fields& body, std::vector<Packet>& packets) {
    constexpr std::uint16_t kUnknown = 0xffff;
    Interface* interface = interface_of(body.u16(0));
    const std::uint16_t dropped = body.u16(2);
    if (interface && dropped != kUnknown) interface->drops.kernel += dropped;
    read_packet(body, body.u16(0), packets);
  }

  // It has no time and no captured length: the time is the one before.
  void read_simple_packet(const Fields& body, std::vector<Packet>& packets) {
    constexpr std::size_t kHeaderBytes = 4;
    const Interface* interface = interface_of(0);
    if (!interface || body.size() < kHeaderBytes) return;
    const std::uint32_t wire = body.u32(0);
    std::uint32_t captured = std::min(wire, static_cast<std::uint32_t>(body.size() - kHeaderBytes));
    if (interface->snap_length != 0) captured = std::min(captured, interface->snap_length);
    add(body, kHeaderBytes, last_time_, captured, wire, *interface, packets);
  }

  void add(const Fields& body, std::size_t header_bytes, Timestamp time, std::uint32_t captured, std::uint32_t wire,
           const Interface& interface, std::vector<Packet>& packets) {
    if (captured > kMostCapturedBytes || body.size() < header_bytes + captured) {
      fault_ = "its block claims " + std::to_string(captured) + " captured bytes";
      return;
    }
    last_time_ = time;
    packets.push_back({{time, source_, packets_++}, body.view(header_bytes, captured), wire, interface.link_type});
  }

  Interface* interface_of(std::uint32_t number) {
    if (number < interfaces_.size()) return &interfaces_[number];
    fault_ = "it is of an interface that was not described";
    return nullptr;
  }

  bool swapped_ = false;
  std::vector<Interface> interfaces_;  ///< of this section
  SourceDrops drops_of_earlier_;       ///< sections
  Timestamp last_time_{};
};

}  // namespace

std::unique_ptr<Format> pcapng_format(std::uint32_t source) { return std::make_unique<PcapngFormat>(source); }

}  // namespace dcmwatch
