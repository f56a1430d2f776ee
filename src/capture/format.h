// How capture files write down packets: pcap and pcapng.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/packet.h"
#include "capture/source.h"

namespace dcmwatch {

/// The most that a batch may take.
struct Room {
  std::size_t packets;
  std::size_t bytes;
};

/// Cuts a capture's bytes into packets, which view them. Order of calls: cut() with all bytes not yet used, again and
/// again with more of them.
class Format {
 public:
  virtual ~Format() = default;

  /// Appends the packets that stand whole in `bytes`, until there is no room, and says how many bytes it has used: more
  /// than there are, if what follows is to be passed over unread.
  virtual std::size_t cut(ByteView bytes, Room room, std::vector<Packet>& packets) = 0;

  /// Why nothing more can be cut; empty while all is well.
  [[nodiscard]] const std::string& fault() const { return fault_; }

  /// Packets cut so far.
  [[nodiscard]] std::uint64_t packets() const { return packets_; }

  [[nodiscard]] virtual std::optional<SourceDrops> drops() const { return std::nullopt; }

 protected:
  explicit Format(std::uint32_t source) : source_(source) {}

  std::string fault_;
  std::uint64_t packets_ = 0;
  const std::uint32_t source_;
};

/// Bytes from a file's beginning that recognise() needs, unless it has fewer.
constexpr std::size_t kRecogniseBytes = 24;

/// The format that a file's first bytes tell; nullptr if none. `source` is the number in every Mark.
std::unique_ptr<Format> recognise(ByteView beginning, std::uint32_t source);

std::unique_ptr<Format> pcap_format(ByteView header, std::uint32_t source);
std::unique_ptr<Format> pcapng_format(std::uint32_t source);

/// What a file is whose first bytes tell no format, as the end of a sentence that begins with its name.
std::string stranger(ByteView beginning);

/// The most bytes that libpcap and Wireshark capture of one packet; a record that claims more is damaged.
constexpr std::uint32_t kMostCapturedBytes = 262144;

}  // namespace dcmwatch
