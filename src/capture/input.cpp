#include "capture/input.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>
#include <vector>

#include "capture/mapping.h"
#include "capture/source.h"
#include "capture/window_buffers.h"

namespace dcmwatch {
namespace {

constexpr int kPatienceMs = 100;  // how long a pipe, or a file that is followed, may be quiet before that is told

std::string why(int error) { return std::strerror(error); }

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ > STDERR_FILENO) close(number_);
  }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

/// Reads into memory: pipes, what is followed, and what cannot be mapped.
class ReadInput final : public Input {
 public:
  ReadInput(Descriptor descriptor, std::uint64_t position, std::size_t most_bytes = WindowBuffers::kFreshBytes)
      : descriptor_(std::move(descriptor)), position_(position), most_bytes_(most_bytes) {}

  Given next(Window& window) override {
    if (!wait_for_bytes()) return Given::idle;
    const ssize_t count = read(descriptor_.get(), buffers_.fresh(), most_bytes_);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return Given::idle;
    if (count < 0) {
      failure_ = why(errno);
      return Given::failed;
    }
    if (count == 0) return Given::end;
    position_ += static_cast<std::uint64_t>(count);
    window = buffers_.window(static_cast<std::size_t>(count), position_);
    return Given::bytes;
  }

  [[nodiscard]] const std::string& failure() const override { return failure_; }
  [[nodiscard]] std::uint64_t position() const { return position_; }
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }

 private:
  // Of a regular file there are always some.
  bool wait_for_bytes() {
    pollfd waiting{descriptor_.get(), POLLIN, 0};
    return poll(&waiting, 1, kPatienceMs) != 0;
  }

  Descriptor descriptor_;
  WindowBuffers buffers_;
  std::uint64_t position_;
  std::size_t most_bytes_;
  std::string failure_;
};

/// A regular file that somebody still writes to.
class GrowingInput final : public Input {
 public:
  GrowingInput(Descriptor descriptor, std::filesystem::path file, const std::atomic<bool>& growing)
      : reading_(std::move(descriptor), 0), file_(std::move(file)), growing_(growing) {}

  Given next(Window& window) override {
    // Asked before the end is seen: what was written until then is read.
    const bool may_grow = growing_;
    const Given given = reading_.next(window);
    if (given != Given::end || !may_grow) return given;
    if (!still_the_same()) return Given::failed;
    poll(nullptr, 0, kPatienceMs);
    return Given::idle;
  }

  [[nodiscard]] const std::string& failure() const override { return failure_.empty() ? reading_.failure() : failure_; }

 private:
  bool still_the_same() {
    struct stat open {
    }, named{};
    if (fstat(reading_.descriptor(), &open) != 0) return true;
    if (static_cast<std::uint64_t>(open.st_size) < reading_.position())
      failure_ = "it was truncated while it was followed";
    if (stat(file_.c_str(), &named) != 0) {
      failure_ = "it was removed while it was followed";
    } else if (named.st_ino != open.st_ino || named.st_dev != open.st_dev) {
      failure_ = "it was replaced by another file while it was followed";
    }
    return failure_.empty();
  }

  ReadInput reading_;
  const std::filesystem::path file_;
  const std::atomic<bool>& growing_;
  std::string failure_;
};

/// Mappings that nobody views any more. To unmap takes as long as to map, so the thread that maps does it.
class Retired {
 public:
  void add(Mapping* mapping) {
    std::unique_ptr<Mapping> mine{mapping};
    const std::lock_guard lock{mutex_};
    mappings_.push_back(std::move(mine));
  }

  void unmap() {
    std::vector<std::unique_ptr<Mapping>> all;
    const std::lock_guard lock{mutex_};
    all.swap(mappings_);
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Mapping>> mappings_;
};

/// Maps a regular file piece by piece: nothing is copied, and what was read costs no memory.
class MappedInput final : public Input {
 public:
  MappedInput(Descriptor descriptor, std::uint64_t size) : descriptor_(std::move(descriptor)), size_(size) {}

  Given next(Window& window) override {
    if (reading_) return reading_->next(window);
    retired_->unmap();
    if (!still_whole()) return Given::failed;
    if (position_ == size_) return Given::end;
    // A unit that began in the window before is seen whole by mapping its place once more.
    const std::uint64_t from = position_ - std::min<std::uint64_t>(position_, kUnitBytes);
    const std::uint64_t end = std::min(size_, position_ - position_ % kWindowBytes + kWindowBytes);
    const std::size_t fresh_bytes = end - position_;
    auto mapping = Mapping::of(descriptor_.get(), from, end - from, fresh_bytes);
    if (!mapping) return read_instead(window);
    window.fresh = {mapping->data() + (position_ - from), fresh_bytes};
    window.room = nullptr;
    window.position_bytes = end;
    window.lost = &mapping->lost();
    window.owner = {mapping.release(), [retired = retired_](Mapping* dropped) { retired->add(dropped); }};
    position_ = end;
    return Given::bytes;
  }

  [[nodiscard]] const std::string& failure() const override { return reading_ ? reading_->failure() : failure_; }

 private:
  // Large, since each costs two system calls, and what lies before it is mapped again; a multiple of a page.
  static constexpr std::uint64_t kWindowBytes = std::uint64_t{8} << 20;
  static_assert(kUnitBytes % 4096 == 0);

  bool still_whole() {
    struct stat now {};
    if (fstat(descriptor_.get(), &now) != 0) return true;
    const auto size = static_cast<std::uint64_t>(now.st_size);
    if (size < position_) failure_ = "it was truncated while it was read";
    size_ = size;
    return failure_.empty();
  }

  Given read_instead(Window& window) {
    if (lseek(descriptor_.get(), static_cast<off_t>(position_), SEEK_SET) < 0) {
      failure_ = why(errno);
      return Given::failed;
    }
    reading_ = std::make_unique<ReadInput>(std::move(descriptor_), position_);
    return reading_->next(window);
  }

  Descriptor descriptor_;
  std::uint64_t size_;
  std::uint64_t position_ = 0;
  std::shared_ptr<Retired> retired_ = std::make_shared<Retired>();
  std::unique_ptr<ReadInput> reading_;
  std::string failure_;
};

Descriptor open_descriptor(const std::filesystem::path& file) {
  if (file == "-") return Descriptor{STDIN_FILENO};
  Descriptor descriptor{open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (descriptor.get() < 0) throw SourceError(file.string() + ": " + why(errno));
  struct stat about {};
  if (fstat(descriptor.get(), &about) == 0 && S_ISDIR(about.st_mode)) {
    throw SourceError(file.string() + ": is a folder");
  }
  return descriptor;
}

}  // namespace

std::unique_ptr<Input> open_input(const std::filesystem::path& file, Reach reach, const std::atomic<bool>& growing) {
  Descriptor descriptor = open_descriptor(file);
  struct stat about {};
  const off_t begin = lseek(descriptor.get(), 0, SEEK_CUR);
  const bool regular = begin >= 0 && fstat(descriptor.get(), &about) == 0 && S_ISREG(about.st_mode);
  constexpr std::size_t kGlanceBytes = std::size_t{64} << 10;
  if (reach == Reach::beginning) return std::make_unique<ReadInput>(std::move(descriptor), 0, kGlanceBytes);
  if (regular && begin == 0 && reach == Reach::growing && file != "-") {
    return std::make_unique<GrowingInput>(std::move(descriptor), file, growing);
  }
  if (regular && begin == 0) {
    return std::make_unique<MappedInput>(std::move(descriptor), static_cast<std::uint64_t>(about.st_size));
  }
  return std::make_unique<ReadInput>(std::move(descriptor), regular ? static_cast<std::uint64_t>(begin) : 0);
}

ByteView Window::join(ByteView tail) const {
  if (tail.empty()) return fresh;
  if (room) std::memcpy(room + kUnitBytes - tail.size(), tail.data(), tail.size());
  return {fresh.data() - tail.size(), tail.size() + fresh.size()};
}

}  // namespace dcmwatch
