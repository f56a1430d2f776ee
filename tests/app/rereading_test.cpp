#include "app/rereading.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <string>

namespace dcmwatch {
namespace {

/// A drive that answers when it is told to.
class Drive {
 public:
  Rereading::Read read() {
    return [state = state_](const Grounds&) -> Grounds {
      ++state->begun;
      state->answers.get_future().wait();
      if (state->faulty) throw std::runtime_error("a faulty file");
      return {};
    };
  }
  void answer() { state_->answers.set_value(); }
  void be_faulty() { state_->faulty = true; }

 private:
  struct State {
    std::promise<void> answers;
    std::atomic<int> begun = 0;
    std::atomic<bool> faulty = false;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// Who waits to be told.
struct Ready {
  std::shared_ptr<std::promise<void>> told = std::make_shared<std::promise<void>>();
  std::function<void()> tell() {
    return [told = told] { told->set_value(); };
  }
  void wait() { told->get_future().wait(); }
};

TEST(Rereading_, HoldsNobodyUpAndGivesWhatWasReadOnce) {
  Drive drive;
  Ready ready;
  Rereading rereading{drive.read(), ready.tell()};
  EXPECT_FALSE(rereading.reading());
  rereading.ask({});
  EXPECT_TRUE(rereading.reading());
  EXPECT_FALSE(rereading.take());
  drive.answer();
  ready.wait();
  const auto outcome = rereading.take();
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->grounds);
  EXPECT_FALSE(rereading.reading());
  EXPECT_FALSE(rereading.take());
  EXPECT_FALSE(rereading.asked_again());
}

TEST(Rereading_, AskedManyTimesMeanwhileReadsOnceMore) {
  Drive drive;
  Ready ready;
  Rereading rereading{drive.read(), ready.tell()};
  for (int asked = 0; asked < 5; ++asked) rereading.ask({});
  drive.answer();
  ready.wait();
  EXPECT_TRUE(rereading.take());
  EXPECT_TRUE(rereading.asked_again());
  EXPECT_FALSE(rereading.asked_again());
}

TEST(Rereading_, TellsWhyItWasRefused) {
  Drive drive;
  Ready ready;
  drive.be_faulty();
  drive.answer();
  Rereading rereading{drive.read(), ready.tell()};
  rereading.ask({});
  ready.wait();
  const auto outcome = rereading.take();
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->grounds);
  EXPECT_EQ(outcome->refused, "a faulty file");
}

TEST(Rereading_, TheEndWaitsForNoDriveThatHangs) {
  Drive drive;
  std::atomic<bool> told = false;
  {
    Rereading rereading{drive.read(), [&told] { told = true; }};
    rereading.ask({});
  }
  drive.answer();  // to nobody
  EXPECT_FALSE(told);
}

}  // namespace
}  // namespace dcmwatch
