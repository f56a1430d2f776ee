#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "capture/source.h"

namespace dcmwatch {
namespace {

using testing::ElementsAre;

Timestamp at(std::int64_t milliseconds) { return Timestamp{std::chrono::milliseconds{milliseconds}}; }

/// What an interface gives, turn by turn; it waits where nothing more was said.
class Scripted final : public Source {
 public:
  Scripted(std::string name, std::uint32_t index) : name_(std::move(name)), index_(index) {}

  void say(Fill fill, std::vector<std::int64_t> times = {}) {
    const std::lock_guard lock{mutex_};
    turns_.push_back({fill, std::move(times)});
    changed_.notify_all();
  }

  Fill next(Batch& batch, std::size_t, std::size_t) override {
    std::unique_lock lock{mutex_};
    batch.packets.clear();
    batch.block.clear();
    changed_.wait(lock, [this] { return stopped_ || !turns_.empty(); });
    if (turns_.empty()) return Fill::end;
    const Turn turn = turns_.front();
    turns_.pop_front();
    for (const std::int64_t time : turn.times) {
      const auto byte = static_cast<std::uint8_t>(time);
      batch.block.append({&byte, 1});
      batch.packets.push_back({.mark = {at(time), index_, packets_++}, .bytes = {}, .wire_bytes = 1});
    }
    for (std::size_t i = 0; i < batch.packets.size(); ++i) batch.packets[i].bytes = batch.block.view().subspan(i, 1);
    return turn.fill;
  }

  void stop() override {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    changed_.notify_all();
  }
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] const std::string& failure() const override { return failure_; }
  std::optional<SourceDrops> drops() override { return SourceDrops{index_ + 1, 0}; }
  [[nodiscard]] std::uint64_t position_bytes() const override { return 0; }

 private:
  struct Turn {
    Fill fill;
    std::vector<std::int64_t> times;
  };

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Turn> turns_;
  std::string name_;
  std::string failure_ = "it broke";
  std::uint32_t index_;
  std::uint64_t packets_ = 0;
  bool stopped_ = false;
};

class MergedInterfaces : public testing::Test {
 protected:
  MergedInterfaces() {
    auto one = std::make_unique<Scripted>("one", 0);
    auto other = std::make_unique<Scripted>("other", 1);
    one_ = one.get();
    other_ = other.get();
    std::vector<std::unique_ptr<Source>> both;
    both.push_back(std::move(one));
    both.push_back(std::move(other));
    merged_ = merge_interfaces(std::move(both), {.quiet_time = [this] { return quiet_; }, .held_bytes = 8});
  }

  /// The times of the packets that come until a turn gives none; each packet's byte is its time.
  std::vector<std::int64_t> times_until(Fill last) {
    std::vector<std::int64_t> times;
    Batch batch;
    Fill fill = Fill::packets;
    while (fill == Fill::packets || (fill == Fill::idle && last != Fill::idle)) {
      fill = merged_->next(batch, 100, 100);
      for (const Packet& packet : batch.packets) {
        times.push_back(packet.mark.time.time_since_epoch() / std::chrono::milliseconds{1});
        EXPECT_EQ(packet.bytes[0], static_cast<std::uint8_t>(times.back()));
      }
    }
    EXPECT_EQ(fill, last);
    return times;
  }

  Timestamp quiet_{};
  Scripted* one_;
  Scripted* other_;
  std::unique_ptr<Source> merged_;
};

TEST_F(MergedInterfaces, packets_come_in_the_order_of_their_times) {
  one_->say(Fill::packets, {1, 4, 5});
  one_->say(Fill::end);
  other_->say(Fill::packets, {2, 3, 5, 9});
  other_->say(Fill::end);
  EXPECT_THAT(times_until(Fill::end), ElementsAre(1, 2, 3, 4, 5, 5, 9));
}

TEST_F(MergedInterfaces, a_packet_waits_for_an_interface_that_may_still_give_an_earlier_one) {
  one_->say(Fill::packets, {5});
  one_->say(Fill::end);
  std::thread later{[this] {
    std::this_thread::sleep_for(std::chrono::milliseconds{150});  // longer than a turn
    other_->say(Fill::packets, {3});
    other_->say(Fill::end);
  }};
  EXPECT_THAT(times_until(Fill::end), ElementsAre(3, 5));
  later.join();
}

TEST_F(MergedInterfaces, a_quiet_interface_holds_nothing_up_beyond_its_quiet_time) {
  quiet_ = at(5);
  other_->say(Fill::idle);
  one_->say(Fill::packets, {4});
  EXPECT_THAT(times_until(Fill::idle), ElementsAre(4));
}

TEST_F(MergedInterfaces, nor_does_one_that_is_down) {
  other_->say(Fill::interrupted);
  one_->say(Fill::packets, {4});
  EXPECT_THAT(times_until(Fill::idle), ElementsAre(4));
  EXPECT_TRUE(merged_->interfaces()[1].interrupted);
  EXPECT_FALSE(merged_->interfaces()[0].interrupted);
}

TEST_F(MergedInterfaces, what_waits_is_bounded) {
  one_->say(Fill::packets, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  Batch batch;
  EXPECT_EQ(merged_->next(batch, 100, 100), Fill::packets);
  EXPECT_FALSE(batch.packets.empty());
}

TEST_F(MergedInterfaces, one_that_fails_is_told_once_and_the_other_goes_on) {
  one_->say(Fill::packets, {1});
  one_->say(Fill::failed);
  other_->say(Fill::packets, {2});
  EXPECT_THAT(times_until(Fill::failed), ElementsAre(1, 2));
  EXPECT_EQ(merged_->failure(), "it broke");
  other_->say(Fill::packets, {7});
  other_->say(Fill::end);
  EXPECT_THAT(times_until(Fill::end), ElementsAre(7));
}

TEST_F(MergedInterfaces, drops_are_told_of_each) {
  one_->say(Fill::end);
  other_->say(Fill::end);
  EXPECT_THAT(times_until(Fill::end), ElementsAre());
  EXPECT_EQ(merged_->interfaces()[0].drops.kernel, 1U);
  EXPECT_EQ(merged_->interfaces()[1].drops.kernel, 2U);
  EXPECT_EQ(merged_->interfaces()[1].name, "other");
}

TEST_F(MergedInterfaces, a_stop_ends_it) {
  merged_->stop();
  EXPECT_THAT(times_until(Fill::end), ElementsAre());
}

}  // namespace
}  // namespace dcmwatch
