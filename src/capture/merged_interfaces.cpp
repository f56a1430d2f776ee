#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "capture/source.h"

namespace dcmwatch {
namespace {

/// One interface: its thread fills batches, which wait here for their turn.
struct Lane {
  std::unique_ptr<Source> source;
  std::deque<Batch> waiting;
  std::size_t at = 0;             ///< of the first waiting batch, the packet that is next
  std::size_t waiting_bytes = 0;  ///< of the blocks that wait
  std::vector<Batch> spare;
  Timestamp told{};  ///< everything up to here has been given
  InterfaceState state;
  Fill last = Fill::idle;
  bool failure_told = false;
  std::thread thread;

  [[nodiscard]] bool has_packet() const { return !waiting.empty(); }
  [[nodiscard]] const Packet& packet() const { return waiting.front().packets[at]; }
  [[nodiscard]] bool over() const { return last == Fill::end || last == Fill::failed; }
};

class MergedInterfaces final : public Source {
 public:
  MergedInterfaces(std::vector<std::unique_ptr<Source>> interfaces, Merging merging) : merging_(std::move(merging)) {
    lanes_.resize(interfaces.size());
    for (std::size_t i = 0; i < interfaces.size(); ++i) {
      lanes_[i].state.name = interfaces[i]->name();
      name_ += (name_.empty() ? "" : ", ") + interfaces[i]->name();
      lanes_[i].source = std::move(interfaces[i]);
    }
  }

  ~MergedInterfaces() override {
    MergedInterfaces::stop();
    for (Lane& lane : lanes_) {
      if (lane.thread.joinable()) lane.thread.join();
    }
  }

  MergedInterfaces(const MergedInterfaces&) = delete;
  MergedInterfaces& operator=(const MergedInterfaces&) = delete;

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] const std::string& failure() const override { return failure_; }
  [[nodiscard]] std::uint64_t position_bytes() const override { return 0; }
  std::optional<SourceDrops> drops() override { return std::nullopt; }

  std::vector<InterfaceState> interfaces() override {
    const std::lock_guard lock{mutex_};
    std::vector<InterfaceState> states;
    for (const Lane& lane : lanes_) states.push_back(lane.state);
    return states;
  }

  void stop() override {
    {
      const std::lock_guard lock{mutex_};
      stopped_ = true;
    }
    for (Lane& lane : lanes_) lane.source->stop();
    changed_.notify_all();
  }

  Fill next(Batch& batch, std::size_t packets, std::size_t bytes) override {
    batch.packets.clear();
    batch.block.clear();
    batch.block.reserve(bytes);
    offsets_.clear();
    start(packets, bytes);
    std::unique_lock lock{mutex_};
    // A turn without packets is given back, so that packet time goes on; but not past those that wait.
    const auto ready = [&] { return stopped_ || first_ready() || all_over() || untold_failure(); };
    while (!changed_.wait_for(lock, kTurn, ready) && any_waits()) {
    }
    while (batch.packets.size() < packets && batch.block.size() < bytes) {
      Lane* lane = first_ready();
      if (!lane) break;
      take(batch, *lane);
    }
    if (!batch.packets.empty()) {
      for (std::size_t i = 0; i < batch.packets.size(); ++i) {
        batch.packets[i].bytes = batch.block.view().subspan(offsets_[i], batch.packets[i].bytes.size());
      }
      return Fill::packets;
    }
    if (Lane* failed = untold_failure()) {
      failed->failure_told = true;
      failure_ = failed->source->failure();
      return Fill::failed;
    }
    return all_over() ? Fill::end : Fill::idle;
  }

 private:
  static constexpr auto kTurn = std::chrono::milliseconds{100};

  void start(std::size_t packets, std::size_t bytes) {
    if (started_) return;
    started_ = true;
    for (Lane& lane : lanes_) lane.thread = std::thread{[this, &lane, packets, bytes] { read(lane, packets, bytes); }};
  }

  void read(Lane& lane, std::size_t packets, std::size_t bytes) {
    Fill fill = Fill::idle;
    unsigned turns = 0;
    while (fill != Fill::end && fill != Fill::failed) {
      Batch batch = spare(lane);
      fill = lane.source->next(batch, packets, bytes);
      // Asking costs system calls.
      constexpr unsigned kTurnsBetween = 64;
      std::optional<SourceDrops> drops;
      if (fill != Fill::packets || ++turns % kTurnsBetween == 0) drops = lane.source->drops();
      const Timestamp quiet = fill == Fill::idle || fill == Fill::interrupted ? merging_.quiet_time() : Timestamp{};
      const std::lock_guard lock{mutex_};
      lane.last = fill;
      lane.state.interrupted = fill == Fill::interrupted;
      if (drops) lane.state.drops = *drops;
      if (fill == Fill::packets) {
        lane.told = std::max(lane.told, batch.packets.back().mark.time);
        lane.waiting_bytes += batch.block.size();
        lane.waiting.push_back(std::move(batch));
      } else {
        lane.told = std::max(lane.told, quiet);
        lane.spare.push_back(std::move(batch));
      }
      changed_.notify_all();
    }
  }

  // Waits while too much waits already: the kernel's ring then holds what comes, and counts what it drops.
  Batch spare(Lane& lane) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return stopped_ || lane.waiting_bytes < merging_.held_bytes; });
    if (lane.spare.empty()) return {};
    Batch batch = std::move(lane.spare.back());
    lane.spare.pop_back();
    return batch;
  }

  /// The lane whose packet is the earliest, if no other lane can still give an earlier one; the lower one of equals.
  Lane* first_ready() {
    Lane* first = nullptr;
    for (Lane& lane : lanes_) {
      if (lane.has_packet() && (!first || lane.packet().mark.time < first->packet().mark.time)) first = &lane;
    }
    if (!first || stopped_ || first->waiting_bytes >= merging_.held_bytes) return first;
    const Timestamp time = first->packet().mark.time;
    const bool waits = std::any_of(lanes_.begin(), lanes_.end(), [time](const Lane& lane) {
      return !lane.has_packet() && !lane.over() && !lane.state.interrupted && lane.told < time;
    });
    return waits ? nullptr : first;
  }

  [[nodiscard]] bool any_waits() const {
    return std::any_of(lanes_.begin(), lanes_.end(), std::mem_fn(&Lane::has_packet));
  }

  void take(Batch& batch, Lane& lane) {
    const Packet& packet = lane.packet();
    offsets_.push_back(batch.block.size());
    batch.block.append(packet.bytes);
    batch.packets.push_back(packet);
    if (++lane.at < lane.waiting.front().packets.size()) return;
    lane.at = 0;
    lane.waiting_bytes -= lane.waiting.front().block.size();
    lane.spare.push_back(std::move(lane.waiting.front()));
    lane.waiting.pop_front();
    changed_.notify_all();
  }

  [[nodiscard]] Lane* untold_failure() {
    const auto failed = std::find_if(lanes_.begin(), lanes_.end(), [](const Lane& lane) {
      return lane.last == Fill::failed && !lane.failure_told && !lane.has_packet();
    });
    return failed == lanes_.end() ? nullptr : &*failed;
  }

  [[nodiscard]] bool all_over() const {
    return std::all_of(lanes_.begin(), lanes_.end(),
                       [](const Lane& lane) { return lane.over() && !lane.has_packet(); });
  }

  Merging merging_;
  std::string name_;
  std::string failure_;
  std::vector<std::size_t> offsets_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Lane> lanes_;  ///< never grows: threads hold references
  bool started_ = false;
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<Source> merge_interfaces(std::vector<std::unique_ptr<Source>> interfaces, Merging merging) {
  if (interfaces.size() == 1) return std::move(interfaces.front());
  return std::make_unique<MergedInterfaces>(std::move(interfaces), std::move(merging));
}

}  // namespace dcmwatch
