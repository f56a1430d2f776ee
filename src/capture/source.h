// Packet sources: capture files and live interfaces. The only room that knows libpcap.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/packet.h"

namespace dcmwatch {

/// A source that cannot be opened. what() names it and says why.
struct SourceError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A filter that does not compile.
struct FilterError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What next() found.
enum class Fill : std::uint8_t {
  packets,  ///< the batch holds some
  idle,     ///< live: none within the block time-out; of a file: the filter selected none so far
  end,      ///< the source is exhausted, or was stopped
  failed    ///< it, or one of the files that it reads, broke off: failure() says why; everything before was given
};

/// Drops by the kernel and by the card, as the source tells them: a live interface, or a pcapng file whose writer did.
struct SourceDrops {
  std::uint64_t kernel = 0;
  std::uint64_t interface = 0;

  SourceDrops& operator+=(const SourceDrops& other) {
    kernel += other.kernel;
    interface += other.interface;
    return *this;
  }
};

/// Order of calls: next() until it says end. Called by one thread; stop() by any.
class Source {
 public:
  virtual ~Source() = default;
  /// Replaces the batch's content with up to `packets` packets or about `bytes` bytes. What a packet views lives as
  /// long as the batch does, or until it is given to next() again.
  virtual Fill next(Batch& batch, std::size_t packets, std::size_t bytes) = 0;
  virtual void stop() = 0;
  [[nodiscard]] virtual const std::string& name() const = 0;
  /// Of what has this number in a Mark.
  [[nodiscard]] virtual const std::string& name_of(std::uint32_t) const { return name(); }
  /// A sentence that names the interface or the file.
  [[nodiscard]] virtual const std::string& failure() const = 0;
  [[nodiscard]] virtual std::optional<SourceDrops> drops() = 0;
  /// Bytes of the file read so far, for progress; 0 where that means nothing.
  [[nodiscard]] virtual std::uint64_t position_bytes() const = 0;
};

/// A pcap or pcapng file, also compressed by gzip or zstd, or "-" for standard input. `index` is the source's number in
/// every Mark. Packets are numbered as in the file, the ones that the filter leaves out too. What the file is comes to
/// light with next(). Throws SourceError if it cannot be opened, FilterError if the filter does not compile.
std::unique_ptr<Source> open_file(const std::filesystem::path& file, std::uint32_t index, const std::string& filter);

struct FilesSettings {
  std::string filter;
  /// The last of the files by time is still being written: its end is no end, and next() says idle there.
  bool follow = false;
  /// Asked when that file is quiet: files that have appeared since. The first of them ends it.
  std::function<std::vector<std::filesystem::path>()> appeared;
};

/// Several files as one source. Their packets are given in the order of time, those of one time in the order of the
/// files, those of one file in its own order even where it steps back in time: before each packet stand those of every
/// other file that are earlier than it. A packet's Mark.source is its file's place in `files`, or beyond them in the
/// order of appearance. A file that cannot be opened or breaks off is said by Fill::failed, and the others go on.
/// Files are open only as long as they overlap. Throws FilterError.
std::unique_ptr<Source> open_files(const std::vector<std::filesystem::path>& files, const FilesSettings& settings);

/// When the capture's first packet was seen; nothing if it holds none or is no capture.
std::optional<Timestamp> first_packet_time(const std::filesystem::path& file);

struct InterfaceSettings {
  std::string name;
  std::string filter;
  int snap_length = 262144;  ///< whole frames, segmentation offload included
  int buffer_bytes = 64 * 1024 * 1024;
  Duration block_timeout = std::chrono::milliseconds{100};
};

/// A live interface, promiscuous, listening only. Needs CAP_NET_RAW while it opens, none afterwards.
/// Throws SourceError, FilterError.
std::unique_ptr<Source> open_interface(const InterfaceSettings& settings, std::uint32_t index);

}  // namespace dcmwatch
