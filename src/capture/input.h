// The bytes of a capture file, window by window.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/bytes.h"

namespace dcmwatch {

/// The longest unit of a capture (a record, a block) that is put together across two windows; nothing longer is looked
/// at. Beyond libpcap's MAXIMUM_SNAPLEN of 256 KiB, with room for a pcapng block's options.
constexpr std::size_t kUnitBytes = std::size_t{512} * 1024;

/// A run of a file's bytes. A unit that began in the window before stands whole once this one is joined to its
/// beginning.
struct Window {
  std::shared_ptr<const void> owner;  ///< keeps `fresh`, and what join() gives, alive
  ByteView fresh;                     ///< what follows the window before
  std::uint8_t* room = nullptr;      ///< kUnitBytes of memory before `fresh`; nullptr: the file's own bytes stand there
  std::uint64_t position_bytes = 0;  ///< of the file on disk, read so far
  const std::atomic<bool>* lost = nullptr;  ///< whether the file was truncated under it: zeros stand for what is gone

  /// `tail`, the end of the window before, and the fresh bytes in one. At most kUnitBytes of tail.
  [[nodiscard]] ByteView join(ByteView tail) const;
};

/// What next() found.
enum class Given : std::uint8_t {
  bytes,  ///< a window, not empty
  idle,   ///< none for now: of a pipe, or of a file that is followed
  end,    ///< the last byte has been given
  failed  ///< failure() says why; no byte follows
};

/// Order of calls: next() until it says end or failed. One thread at a time.
class Input {
 public:
  virtual ~Input() = default;
  virtual Given next(Window& window) = 0;
  [[nodiscard]] virtual const std::string& failure() const = 0;
};

/// How much of a file is wanted.
enum class Reach : std::uint8_t {
  whole,
  beginning,  ///< a first look
  growing     ///< and what is written to it yet: its end is no end as long as `growing` says so
};

/// A file's bytes as they stand, or those of "-", standard input. A regular file is mapped, anything else is read.
/// `growing` outlives it. Throws SourceError if it cannot be opened.
std::unique_ptr<Input> open_input(const std::filesystem::path& file, Reach reach, const std::atomic<bool>& growing);

/// The same input with its next windows made ready by a thread of its own, which begins at once.
std::unique_ptr<Input> read_ahead(std::unique_ptr<Input> input);

}  // namespace dcmwatch
