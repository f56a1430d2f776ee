#include <gtest/gtest.h>

#include "relate/department.h"

namespace dcmwatch {
namespace {

using namespace test;

struct Bursts : testing::Test {
  Department department;

  void send(unsigned count, std::uint64_t conversation, Duration pause = 0ms) {
    for (unsigned i = 0; i < count; ++i) {
      department.see(department.message(Phase::start, kRis, kPacs, conversation, ++control_id_, [](Hl7Message&) {}));
      department.pass(pause);
    }
  }

 private:
  unsigned control_id_ = 0;
};

TEST_F(Bursts, AfterASilenceAreToldWithItOnWhicheverConnection) {
  send(3, 7);
  department.pass(15min);
  send(40, 8);
  ASSERT_EQ(department.links().size(), 1U);
  const Link link = department.links().front();
  EXPECT_EQ(link.kind, LinkKind::burst_after_silence);
  EXPECT_EQ(link.cause, 7U);
  EXPECT_EQ(link.effect, 8U);
  EXPECT_EQ(link.delay, 15min + 2ms);
  EXPECT_EQ(link.times, 32U);
  EXPECT_EQ(link.cause_packet, 5U);
  EXPECT_EQ(link.effect_packet, 7U);
  send(24, 8);
  ASSERT_EQ(department.links().size(), 2U);
  EXPECT_EQ(department.links().back().times, 64U);
}

TEST_F(Bursts, NothingIsKnownOfTheTimeBeforeTheFirstMessage) {
  send(100, 7);
  EXPECT_TRUE(department.links().empty());
}

TEST_F(Bursts, MessagesWithPausesBetweenThemAreNone) {
  send(1, 7);
  department.pass(15min);
  send(100, 7, 2s);
  EXPECT_TRUE(department.links().empty());
}

}  // namespace
}  // namespace dcmwatch
