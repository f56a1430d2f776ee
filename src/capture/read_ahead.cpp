#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "capture/input.h"

namespace dcmwatch {
namespace {

/// Mapping a window's pages, or decompressing it, takes about as long as cutting the one before into packets.
class ReadAhead final : public Input {
 public:
  explicit ReadAhead(std::unique_ptr<Input> input) : input_(std::move(input)), thread_([this] { run(); }) {}

  ~ReadAhead() override {
    {
      const std::lock_guard lock{mutex_};
      stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  Given next(Window& window) override {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return !ready_.empty(); });
    const Given given = ready_.front().given;
    if (is_last(given)) return given;  // stays, to be said again
    window = std::move(ready_.front().window);
    ready_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return given;
  }

  [[nodiscard]] const std::string& failure() const override { return input_->failure(); }

 private:
  static constexpr std::size_t kAhead = 2;

  struct Item {
    Given given = Given::end;
    Window window;
  };

  static bool is_last(Given given) { return given == Given::end || given == Given::failed; }

  void run() {
    Item item;
    do {
      item = {};
      item.given = input_->next(item.window);
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return stopped_ || ready_.size() < kAhead; });
      if (stopped_) return;
      const Given given = item.given;
      ready_.push_back(std::move(item));
      item.given = given;
      lock.unlock();
      changed_.notify_all();
    } while (!is_last(item.given));
  }

  std::unique_ptr<Input> input_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> ready_;
  bool stopped_ = false;
  std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace

std::unique_ptr<Input> read_ahead(std::unique_ptr<Input> input) {
  return std::make_unique<ReadAhead>(std::move(input));
}

}  // namespace dcmwatch
