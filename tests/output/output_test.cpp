#include "output/output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>

#include "output/samples.h"

namespace dcmwatch {
namespace {

using testing::ElementsAre;

/// Remembers what it was given; can be held up.
class Recorder final : public RecordSink {
 public:
  void observe(const Observation& observation) override {
    take(static_cast<std::int64_t>(observation.event.conversation));
  }
  void observe(const Finding& finding) override { take(-static_cast<std::int64_t>(finding.number)); }
  void flush() override { flushed = taken.size(); }

  void hold() {
    const std::lock_guard lock{mutex_};
    held_ = true;
  }
  void go_on() {
    const std::lock_guard lock{mutex_};
    held_ = false;
    changed_.notify_all();
  }
  void wait_until_entered() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return entered_; });
  }

  std::vector<std::int64_t> taken;  ///< to be read after close()
  std::size_t flushed = 0;

 private:
  void take(std::int64_t what) {
    std::unique_lock lock{mutex_};
    entered_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    taken.push_back(what);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  bool entered_ = false;
};

using Told = std::variant<Observation, Finding>;

Told connection(std::uint64_t conversation) {
  return samples::observation(samples::connection(), Phase::end, conversation);
}
Told operation(std::uint64_t conversation) {
  return samples::observation(samples::operation(), Phase::end, conversation);
}
Told finding() { return samples::finding(); }

PagePointer batch(std::initializer_list<Told> items) {
  PagePointer page{new Page, {}};
  for (const Told& item : items) {
    if (const auto* observation = std::get_if<Observation>(&item)) {
      Observation& record = page->others.next();
      record = *observation;
      page->items.emplace_back(&record);
    } else {
      page->items.emplace_back(std::make_unique<const Finding>(std::get<Finding>(item)));
    }
  }
  return page;
}

TEST(Output, GivesEverythingInOrderToEverySinkAndFlushes) {
  Recorder one;
  Recorder other;
  Output output{{&one, &other}, {}};
  output.submit(batch({connection(1), operation(2)}));
  output.submit(batch({}));
  output.submit(batch({finding(), operation(3)}));
  output.close();
  EXPECT_THAT(one.taken, ElementsAre(1, 2, -1, 3));
  EXPECT_EQ(one.taken, other.taken);
  EXPECT_EQ(one.flushed, 4U);
  EXPECT_THAT(output.shed(), ElementsAre(0U, 0U, 0U));
}

TEST(Output, TakesWhatBeginsOnlyIfASinkDoes) {
  struct OfEnds final : RecordSink {
    void observe(const Observation&) override {}
    void observe(const Finding&) override {}
    [[nodiscard]] bool takes_every_phase() const override { return false; }
  };
  OfEnds of_ends;
  Recorder of_all;
  const Observation begun = samples::observation(samples::association(), Phase::start);
  const Observation ended = samples::observation(samples::association(), Phase::end);
  const Output without{{&of_ends}, {}};
  EXPECT_FALSE(without.takes(begun));
  EXPECT_TRUE(without.takes(ended));
  const Output with{{&of_ends, &of_all}, {}};
  EXPECT_TRUE(with.takes(begun));
}

TEST(Output, ClosesTwiceAndWithNothingDone) {
  Recorder recorder;
  Output output{{&recorder}, {}};
  output.close();
  output.close();
  EXPECT_TRUE(recorder.taken.empty());
}

TEST(Output, ReplayWaitsForRoom) {
  Recorder recorder;
  recorder.hold();
  Output output{{&recorder}, {.queued_items = 2}};
  output.submit(batch({operation(1), operation(2)}));
  auto submitted = std::async(std::launch::async, [&] { output.submit(batch({operation(3)})); });
  EXPECT_EQ(submitted.wait_for(std::chrono::milliseconds{50}), std::future_status::timeout);
  recorder.go_on();
  submitted.get();
  output.close();
  EXPECT_THAT(recorder.taken, ElementsAre(1, 2, 3));
}

TEST(Output, ReplayTakesABatchLargerThanTheQueue) {
  Recorder recorder;
  Output output{{&recorder}, {.queued_items = 1}};
  for (std::uint64_t i = 0; i < 20; ++i) output.submit(batch({operation(i), operation(i), operation(i)}));
  output.close();
  EXPECT_EQ(recorder.taken.size(), 60U);
}

TEST(Output, TellsALittleAfterAWhileAndMuchAtOnce) {
  Recorder recorder;
  Output patient{{&recorder}, {.patience = std::chrono::milliseconds{1}}};
  patient.submit(batch({operation(1)}));
  recorder.wait_until_entered();

  Recorder other;
  Output output{{&other}, {.patience = std::chrono::hours{1}}};
  output.submit(batch({operation(1)}));
  for (std::uint64_t i = 0; i < 1000; ++i) output.submit(batch({operation(i)}));
  other.wait_until_entered();
}

TEST(Output, DoesNotLetWhoSubmitsWaitForMore) {
  Recorder recorder;
  Output output{{&recorder}, {.queued_items = 1, .patience = std::chrono::hours{1}}};
  for (std::uint64_t i = 0; i < 20; ++i) output.submit(batch({operation(i)}));
  output.close();
  EXPECT_EQ(recorder.taken.size(), 20U);
}

TEST(Output, LiveShedsConnectionsFirstAndFindingsLast) {
  Recorder recorder;
  recorder.hold();
  Output output{{&recorder}, {.queued_items = 2, .when_full = WhenFull::shed}};
  output.submit(batch({connection(1), operation(2)}));
  recorder.wait_until_entered();  // and what is being written counts as queued
  output.submit(batch({connection(3), operation(4), operation(5), operation(6), finding()}));
  output.submit(batch({connection(7), finding(), finding()}));
  EXPECT_THAT(output.shed(), ElementsAre(2U, 1U, 1U));
  recorder.go_on();
  output.close();
  EXPECT_THAT(recorder.taken, ElementsAre(1, 2, 4, 5, -1, -1));
}

TEST(Output, LiveNeverWaits) {
  Recorder recorder;
  recorder.hold();
  Output output{{&recorder}, {.queued_items = 1, .when_full = WhenFull::shed}};
  for (std::uint64_t i = 0; i < 100; ++i) output.submit(batch({operation(i)}));
  recorder.go_on();
  output.close();
  EXPECT_EQ(recorder.taken.size() + output.shed()[1], 100U);
}

}  // namespace
}  // namespace dcmwatch
