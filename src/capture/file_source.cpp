#include "capture/file_source.h"

#include <algorithm>
#include <utility>

#include "capture/decompress.h"

namespace dcmwatch {

std::string shown_name(const std::filesystem::path& file) { return file == "-" ? "standard input" : file.string(); }

FileSource::FileSource(const std::filesystem::path& file, std::uint32_t index, Reach reach,
                       std::shared_ptr<Filter> filter)
    : name_(shown_name(file)),
      index_(index),
      filter_(std::move(filter)),
      growing_(reach == Reach::growing),
      input_(open_input(file, reach, growing_)) {}

Fill FileSource::next(Batch& batch, std::size_t packets, std::size_t bytes) {
  batch.packets.clear();
  batch.more = false;
  batch.window.reset();
  if (over_ || stopped_.load(std::memory_order_relaxed)) return Fill::end;
  const Fill filled = fill(batch, {packets, bytes});
  batch.watermark = latest_;
  return filled;
}

// Until something was cut, or the input says that there is nothing.
Fill FileSource::fill(Batch& batch, Room room) {
  while (true) {
    const std::uint64_t before = offset_bytes_;
    if (format_) cut(batch, room);
    if (window_.lost && *window_.lost) {
      batch.packets.clear();
      return fail("breaks off" + where() + ": it was truncated while it was read");
    }
    if (!batch.packets.empty()) return Fill::packets;
    if (format_ && !format_->fault().empty()) return fail("breaks off" + where() + ", since " + format_->fault());
    // A filter that selects nothing must not keep who waits from hearing of progress.
    if (offset_bytes_ != before) return Fill::idle;
    const Fill refilled = refill();
    if (refilled != Fill::packets) return refilled;
  }
}

void FileSource::cut(Batch& batch, Room room) {
  const std::size_t used = format_->cut(rest_, room, batch.packets);
  batch.more = batch.packets.size() == room.packets || used >= room.bytes;
  offset_bytes_ += used;
  pass_over_bytes_ += used - std::min(used, rest_.size());
  rest_ = rest_.subspan(std::min(used, rest_.size()));
  for (const Packet& packet : batch.packets) latest_ = std::max(latest_, packet.mark.time);
  if (filter_->given()) {
    std::erase_if(batch.packets,
                  [&](const Packet& p) { return !filter_->selects(p.link_type, p.bytes, p.wire_bytes); });
  }
  batch.window = window_.owner;
}

// Fill::packets: there is more to cut.
Fill FileSource::refill() {
  // A unit that no window can hold would be waited for without end.
  if (rest_.size() >= kUnitBytes) return fail("breaks off" + where() + ", since its record has no end");
  // A short file is not worth a thread.
  if (++windows_ == 3) input_ = read_ahead(std::move(input_));
  Window window;
  switch (input_->next(window)) {
    case Given::idle: --windows_; return Fill::idle;
    case Given::failed: return fail("breaks off" + where() + ": " + input_->failure());
    case Given::end: return end();
    case Given::bytes: break;
  }
  const std::size_t passed = std::min(pass_over_bytes_, window.fresh.size());
  pass_over_bytes_ -= passed;
  window.fresh = window.fresh.subspan(passed);
  rest_ = window.join(rest_);
  window_ = std::move(window);
  if (!format_ && rest_.size() >= kRecogniseBytes) return know_format();
  return Fill::packets;
}

// A file may be compressed; what it holds is then known once some of it is decompressed.
Fill FileSource::know_format() {
  if (!decompressed_ && is_compressed(rest_)) {
    input_ = decompress(std::move(input_), std::exchange(window_, {}), std::exchange(rest_, {}));
    decompressed_ = true;
    return Fill::packets;
  }
  format_ = recognise(rest_, index_);
  if (format_) return Fill::packets;
  return fail(decompressed_ ? "is compressed, and what it holds " + stranger(rest_) : stranger(rest_));
}

Fill FileSource::end() {
  if (!format_) return rest_.empty() ? fail("is empty, not a capture") : fail(stranger(rest_));
  if (!rest_.empty() || pass_over_bytes_ != 0) return fail("is cut short" + where());
  if (std::string fault = filter_->take_fault(); !fault.empty()) return fail(std::move(fault));
  over_ = true;
  return Fill::end;
}

Fill FileSource::fail(const std::string& why) {
  over_ = true;
  failure_ = name_ + ": " + why;
  return Fill::failed;
}

// As Wireshark counts frames.
std::string FileSource::where() const {
  const std::string frame = format_ ? " at frame " + std::to_string(format_->packets() + 1) + "," : "";
  return frame + " byte " + std::to_string(offset_bytes_) + (decompressed_ ? " of what it holds decompressed" : "");
}

std::optional<SourceDrops> FileSource::drops() { return format_ ? format_->drops() : std::nullopt; }

std::unique_ptr<Source> open_file(const std::filesystem::path& file, std::uint32_t index, const std::string& filter) {
  return std::make_unique<FileSource>(file, index, Reach::whole, std::make_shared<Filter>(filter));
}

std::optional<Timestamp> first_packet_time(const std::filesystem::path& file) {
  try {
    FileSource source{file, 0, Reach::beginning, std::make_shared<Filter>("")};
    Batch batch;
    Fill fill = Fill::idle;
    while (fill == Fill::idle) fill = source.next(batch, 1, 1);
    if (fill == Fill::packets) return batch.packets.front().mark.time;
  } catch (const SourceError&) {
    // When it is read, it will say so.
  }
  return std::nullopt;
}

}  // namespace dcmwatch
