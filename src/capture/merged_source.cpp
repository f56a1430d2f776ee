#include <poll.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <utility>
#include <vector>

#include "capture/file_source.h"
#include "capture/source.h"

namespace dcmwatch {
namespace {

namespace fs = std::filesystem;

/// A file that nothing was read of yet.
struct Waiting {
  Timestamp first{};  ///< its first packet's time, or when it is to be opened anyway
  std::uint32_t index = 0;
  fs::path file;

  friend bool operator<(const Waiting& one, const Waiting& other) {
    return std::pair{one.first, one.index} < std::pair{other.first, other.index};
  }
};

/// A file that is read, and its packets that were not given yet.
struct Reading {
  std::unique_ptr<FileSource> source;
  Batch batch;
  std::size_t given = 0;  ///< of the batch

  [[nodiscard]] bool needs_packets() const { return given == batch.packets.size(); }
  [[nodiscard]] Mark head() const { return batch.packets[given].mark; }
};

// Ties in time: by source.
bool is_earlier(const Mark& one, const Mark& other) {
  return std::pair{one.time, one.source} < std::pair{other.time, other.source};
}

/// Opens each file when its time has come, so that a ring of thousands needs no more descriptors than files overlap.
class MergedSource final : public Source {
 public:
  MergedSource(const std::vector<fs::path>& files, FilesSettings settings)
      : settings_(std::move(settings)), filter_(std::make_shared<Filter>(settings_.filter)) {
    for (const fs::path& file : files) add(file, files.size() > 1);
    name_ = files.size() == 1 ? names_.front() : std::to_string(files.size()) + " captures";
  }

  Fill next(Batch& batch, std::size_t packets, std::size_t bytes) override {
    batch.packets.clear();
    batch.more = false;
    batch.window.reset();
    while (!stopped_.load(std::memory_order_relaxed)) {
      const Fill prepared = prepare(packets, bytes);
      if (prepared != Fill::packets) return prepared;
      if (!open_what_is_due()) {
        give(batch, packets, bytes);
        watermark_ = std::max(watermark_, batch.packets.back().mark.time);
        batch.watermark = watermark_;
        return Fill::packets;
      }
      if (!failure_.empty()) return failed();
    }
    return Fill::end;
  }

  void stop() override { stopped_ = true; }
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] const std::string& name_of(std::uint32_t index) const override {
    return index < names_.size() ? names_[index] : name_;
  }
  [[nodiscard]] const std::string& failure() const override { return told_failure_; }

  [[nodiscard]] std::optional<SourceDrops> drops() override {
    SourceDrops all = drops_of_read_;
    for (const Reading& reading : reading_) {
      if (const auto drops = reading.source->drops()) all += *drops;
    }
    return all;
  }

  [[nodiscard]] std::uint64_t position_bytes() const override {
    std::uint64_t position = bytes_of_read_;
    for (const Reading& reading : reading_) position += reading.source->position_bytes();
    return position;
  }

 private:
  // What cannot be read is opened first, so that it is said at once; what is empty and followed, last. What is no
  // regular file cannot be looked into beforehand, and begins when it does.
  void add(const fs::path& file, bool look) {
    std::error_code error;
    const auto index = static_cast<std::uint32_t>(names_.size());
    names_.push_back(shown_name(file));
    Timestamp first{};
    if (look && file != "-" && fs::is_regular_file(file, error)) {
      first = first_packet_time(file).value_or(settings_.follow ? Timestamp::max() : Timestamp{});
    }
    const Waiting waiting{first, index, file};
    waiting_.insert(std::upper_bound(waiting_.begin(), waiting_.end(), waiting), waiting);
  }

  // Sees to it that every open file has packets to give. Fill::packets: all have.
  Fill prepare(std::size_t packets, std::size_t bytes) {
    for (auto reading = reading_.begin(); reading != reading_.end();) {
      if (!reading->needs_packets()) {
        ++reading;
        continue;
      }
      reading->given = 0;
      switch (reading->source->next(reading->batch, packets, bytes)) {
        case Fill::packets: ++reading; break;
        case Fill::interrupted:  // only an interface is
        case Fill::idle: look_for_more(*reading); return Fill::idle;
        case Fill::failed: failure_ = reading->source->failure(); return failed();
        case Fill::end:
          if (const auto drops = reading->source->drops()) drops_of_read_ += *drops;
          bytes_of_read_ += reading->source->position_bytes();
          reading = reading_.erase(reading);
      }
    }
    return reading_.empty() && waiting_.empty() ? Fill::end : Fill::packets;
  }

  // A writer that began the next file of its ring will write no more to this one.
  void look_for_more(Reading& quiet) {
    if (!settings_.follow || !settings_.appeared) return;
    for (const fs::path& file : settings_.appeared()) add(file, true);
    if (!waiting_.empty()) quiet.source->expect_no_more();
  }

  // False if no file is due before what is open has given what it has.
  bool open_what_is_due() {
    if (waiting_.empty()) return false;
    const auto head = earliest();
    if (head != reading_.end() && head->head().time < waiting_.front().first) return false;
    const Waiting due = std::move(waiting_.front());
    waiting_.pop_front();
    try {
      const bool follow = settings_.follow && waiting_.empty();
      auto source = std::make_unique<FileSource>(due.file, due.index, follow ? Reach::growing : Reach::whole, filter_);
      reading_.push_back({std::move(source), {}, 0});
    } catch (const SourceError& error) {
      failure_ = error.what();
    }
    return true;
  }

  std::vector<Reading>::iterator earliest() { return std::ranges::min_element(reading_, is_earlier, &Reading::head); }

  void give(Batch& batch, std::size_t packets, std::size_t bytes) {
    Reading& only = reading_.front();
    const Timestamp next_begins = waiting_.empty() ? Timestamp::max() : waiting_.front().first;
    if (reading_.size() == 1 && only.given == 0 && only.batch.watermark < next_begins) {
      std::swap(batch.packets, only.batch.packets);
      batch.more = only.batch.more;
      batch.window = std::move(only.batch.window);
      return;
    }
    merge(batch, packets, bytes, next_begins);
  }

  // Until a file has none left, or one that waits is due. The windows that the packets view are kept, nothing is
  // copied.
  void merge(Batch& batch, std::size_t packets, std::size_t bytes, Timestamp next_begins) {
    auto windows = std::make_shared<std::vector<std::shared_ptr<const void>>>();
    for (const Reading& reading : reading_) windows->push_back(reading.batch.window);
    batch.window = std::move(windows);
    std::size_t taken_bytes = 0;
    while (batch.packets.size() < packets && taken_bytes < bytes) {
      const auto reading = earliest();
      if (!batch.packets.empty() && reading->head().time >= next_begins) return;
      batch.packets.push_back(reading->batch.packets[reading->given++]);
      taken_bytes += batch.packets.back().bytes.size();
      if (reading->needs_packets()) return;
    }
    batch.more = true;
  }

  Fill failed() {
    told_failure_ = std::exchange(failure_, {});
    return Fill::failed;
  }

  const FilesSettings settings_;
  const std::shared_ptr<Filter> filter_;
  std::string name_;
  std::vector<std::string> names_;  ///< by index
  std::deque<Waiting> waiting_;     ///< in the order of their time
  std::vector<Reading> reading_;
  Timestamp watermark_{};
  std::string failure_;  ///< not told yet
  std::string told_failure_;
  SourceDrops drops_of_read_;
  std::uint64_t bytes_of_read_ = 0;
  std::atomic<bool> stopped_ = false;
};

}  // namespace

std::unique_ptr<Source> open_files(const std::vector<fs::path>& files, const FilesSettings& settings) {
  return std::make_unique<MergedSource>(files, settings);
}

}  // namespace dcmwatch
