// Captures in memory, and the taking apart of their frames: what the transformations of the metamorphic test work on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "capture/source.h"

namespace dcmwatch::metamorphic {

using Bytes = std::vector<std::uint8_t>;

struct Frame {
  Timestamp time{};
  std::uint64_t original = 0;  ///< the packet of the real capture that it shows, or a part of
  std::uint16_t link_type = 0;
  std::uint32_t wire_bytes = 0;
  Bytes bytes;
};
using Frames = std::vector<Frame>;

Frames frames_of(const std::filesystem::path& capture);

/// Plays frames as a source. They outlive it.
class FrameSource final : public Source {
 public:
  explicit FrameSource(const Frames& frames) : frames_(frames) {}
  Fill next(Batch& batch, std::size_t packets, std::size_t bytes) override;
  void stop() override { at_ = frames_.size(); }
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] const std::string& failure() const override { return failure_; }
  [[nodiscard]] std::optional<SourceDrops> drops() override { return std::nullopt; }
  [[nodiscard]] std::uint64_t position_bytes() const override { return 0; }

 private:
  const Frames& frames_;
  std::size_t at_ = 0;
  std::string name_ = "frames";
  std::string failure_;
};

constexpr std::uint16_t kEthernet = 1, kRawIp = 101, kCooked = 113, kNull = 0, kCooked2 = 276;

/// An IP packet of a frame: its headers, and what they announce. Only whole frames (not cut by a snap length) and whole
/// datagrams (not fragments) are taken apart.
struct Datagram {
  std::uint16_t link_type = 0;
  Bytes link;     ///< what stands before the IP header
  Bytes ip;       ///< the IP header with its options, without IPv6 extension headers
  Bytes payload;  ///< what the IP header is followed by

  [[nodiscard]] bool v6() const { return ip[0] >> 4 == 6; }
  [[nodiscard]] std::uint8_t protocol() const { return v6() ? ip[6] : ip[9]; }
};
std::optional<Datagram> datagram_of(const Frame& frame);
/// `like` lends its time and number. The lengths and the IPv4 header checksum are made right; a length that 16 bits do
/// not hold is written as 0, as segmentation offload does.
Frame frame_of(const Datagram& datagram, const Frame& like);

/// A TCP segment in its datagram. Takes the datagram's payload apart further.
struct TcpSegment {
  Datagram datagram;  ///< with an empty payload
  Bytes header;       ///< of TCP, with its options
  Bytes payload;

  [[nodiscard]] std::uint32_t sequence() const;
  [[nodiscard]] std::uint32_t acknowledgement() const;
  [[nodiscard]] std::uint8_t flags() const { return header[13]; }
  [[nodiscard]] bool has(std::uint8_t flag) const { return (flags() & flag) != 0; }
  /// The sequence number that follows it.
  [[nodiscard]] std::uint32_t end() const;
  void set_sequence(std::uint32_t sequence);
  void set_acknowledgement(std::uint32_t acknowledgement);
  void set_flags(std::uint8_t flags) { header[13] = flags; }
};
std::optional<TcpSegment> segment_of(const Frame& frame);

/// What stands in the TCP checksum field.
enum class Sum : std::uint8_t {
  right,
  wrong,
  partial  ///< of the pseudo-header alone: the card is to do the rest
};
Frame frame_of(const TcpSegment& segment, const Frame& like, Sum sum = Sum::right);

/// Who sends a segment to whom, and one connection's name for both directions.
struct Flow {
  Bytes source;  ///< address and port
  Bytes destination;

  [[nodiscard]] Flow reversed() const { return {destination, source}; }
  /// One of the two directions, the same one for every segment of a connection.
  [[nodiscard]] bool upward() const { return source < destination; }
  friend auto operator<=>(const Flow&, const Flow&) = default;
};
Flow flow_of(const TcpSegment& segment);

/// The ones' complement sum of RFC 1071, not yet inverted; `sum` is what was summed before.
std::uint16_t ones_complement_sum(ByteView bytes, std::uint32_t sum = 0);
void put_u16(Bytes& bytes, std::size_t at, std::uint16_t value);
void put_u32(Bytes& bytes, std::size_t at, std::uint32_t value);
std::uint16_t get_u16(const Bytes& bytes, std::size_t at);
std::uint32_t get_u32(const Bytes& bytes, std::size_t at);
void append(Bytes& to, ByteView bytes);

/// Random, and the same in every run and on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {  // SplitMix64
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  bool once_in(std::uint64_t times) { return below(times) == 0; }

 private:
  std::uint64_t state_;
};

}  // namespace dcmwatch::metamorphic
