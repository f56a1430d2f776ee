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
  packets,      ///< the batch holds some
  idle,         ///< live: none within the block time-out; of a file: the filter selected none so far
  interrupted,  ///< live: the interface is down or gone; it is watched again as soon as it is back
  end,          ///< the source is exhausted, or was stopped
  failed        ///< it, or one of the files that it reads, broke off: failure() says why; everything before was given
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

/// One of several interfaces that are read together.
struct InterfaceState {
  std::string name;
  SourceDrops drops;
  bool interrupted = false;
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
  /// How each of the interfaces fares that it reads together; nothing if it reads but one thing. Called by the thread
  /// that calls next().
  [[nodiscard]] virtual std::vector<InterfaceState> interfaces() { return {}; }
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
  bool inbound_only = true;  ///< what this host itself sends is left out
  std::uint16_t domain = 0;  ///< observation domain: interfaces that see one network share it
  Duration block_timeout = std::chrono::milliseconds{100};
};

/// A live interface, promiscuous, listening only. Needs CAP_NET_RAW while it opens, none afterwards, not even when the
/// interface was removed and made anew. Throws SourceError, FilterError.
std::unique_ptr<Source> open_interface(const InterfaceSettings& settings, std::uint32_t index);

/// Several interfaces as one source, its packets in the order of their times: both sides of a tap tell one story only
/// if they are told in order. Each is read on a thread of its own, which starts with the first next(). Where one is
/// quiet, the others' packets wait until `quiet_time` says that nothing earlier can come from it, or until
/// `held_bytes` wait for it. One that fails is told once, and the others go on. At least one interface.
struct Merging {
  std::function<Timestamp()> quiet_time;  ///< up to when a source that gave nothing has given everything
  std::size_t held_bytes = 32 * 1024 * 1024;
};
std::unique_ptr<Source> merge_interfaces(std::vector<std::unique_ptr<Source>> interfaces, Merging merging);

/// Sentences for whoever runs the monitor about what would spoil its view: addresses on the interface (its host stack
/// would speak on the mirror port), offloads that merge frames before they are seen.
std::vector<std::string> interface_warnings(const std::string& name);

}  // namespace dcmwatch
