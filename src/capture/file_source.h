// One capture file as a source.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "capture/filter.h"
#include "capture/format.h"
#include "capture/input.h"
#include "capture/source.h"

namespace dcmwatch {

/// A file's name for people: "-" is standard input.
std::string shown_name(const std::filesystem::path& file);

/// Input → format → filter. Packets view the input's windows: nothing is copied but the record that lies across two
/// windows of what cannot be mapped.
class FileSource final : public Source {
 public:
  /// Throws SourceError if it cannot be opened; what it is comes to light with next().
  FileSource(const std::filesystem::path& file, std::uint32_t index, Reach reach, std::shared_ptr<Filter> filter);

  Fill next(Batch& batch, std::size_t packets, std::size_t bytes) override;
  void stop() override { stopped_ = true; }
  /// Of a file that is followed: its end is its end from now on.
  void expect_no_more() { growing_ = false; }
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] const std::string& failure() const override { return failure_; }
  [[nodiscard]] std::optional<SourceDrops> drops() override;
  [[nodiscard]] std::uint64_t position_bytes() const override { return window_.position_bytes; }

 private:
  Fill fill(Batch& batch, Room room);
  void cut(Batch& batch, Room room);
  Fill refill();
  Fill know_format();
  Fill end();
  Fill fail(const std::string& why);
  [[nodiscard]] std::string where() const;

  std::string name_;
  std::uint32_t index_;
  std::shared_ptr<Filter> filter_;
  std::atomic<bool> growing_;  ///< the input asks it
  std::unique_ptr<Input> input_;
  std::unique_ptr<Format> format_;  ///< nullptr until enough bytes came to tell
  Window window_;
  ByteView rest_;                    ///< of the window, not yet cut; begins with a unit
  std::size_t pass_over_bytes_ = 0;  ///< of the windows to come
  std::uint64_t offset_bytes_ = 0;   ///< where `rest_` begins in the file, decompressed
  unsigned windows_ = 0;
  bool decompressed_ = false;
  Timestamp latest_{};
  std::string failure_;
  bool over_ = false;
  std::atomic<bool> stopped_ = false;
};

}  // namespace dcmwatch
