// A byte off the wire never crashes, hangs or grows the process: run this under the sanitizers, too.
#include <gtest/gtest.h>

#include <random>

#include "protocol/dicom/session.h"

namespace dcmwatch::test {
namespace {

// Of every connection an association is told; every one that began has ended, once.
void check(const Wire& wire) {
  std::size_t begun = 0;
  std::size_t open = 0;
  std::size_t ended = 0;
  for (const Event& event : wire.events()) {
    const bool is_association = std::holds_alternative<DicomAssociation>(event.facts);
    if (is_association && event.phase == Phase::start) begun = ++open;
    ASSERT_LE(open, 1U);
    if (!is_association || event.phase != Phase::end) continue;
    ASSERT_TRUE(std::get<DicomAssociation>(event.facts).end);
    ++ended;
    if (open > 0) --open;
  }
  EXPECT_EQ(open, 0U) << begun;
  EXPECT_GT(ended, 0U);
}

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  void run(const Session& session, const Wire::Settings& settings) {
    Wire wire{settings};
    for (const Segment& segment : session) {
      Octets bytes = segment.bytes;
      for (unsigned flips = below(4); flips > 0; --flips) mutate(bytes);
      if (chance(40)) wire.gap(segment.direction, 1 + below(300));
      speak(wire, segment.direction, bytes);
    }
    wire.close();
    check(wire);
  }

 private:
  unsigned below(std::size_t bound) { return static_cast<unsigned>(random_() % bound); }
  bool chance(unsigned one_in) { return below(one_in) == 0; }

  void mutate(Octets& bytes) {
    if (bytes.empty()) return;
    const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(below(bytes.size()));
    switch (below(4)) {
      case 0: *at = static_cast<std::uint8_t>(random_()); break;
      case 1: *at = static_cast<std::uint8_t>(*at ^ 1U << below(8)); break;
      case 2: bytes.erase(at); break;
      default: bytes.insert(at, chance(2) ? 0xff : 0x00); break;
    }
  }

  void speak(Wire& wire, Direction direction, const Octets& bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t end = std::min(bytes.size(), at + 1 + below(200));
      wire.say(direction,
               {bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin() + static_cast<std::ptrdiff_t>(end)});
      at = end;
    }
  }

  std::mt19937 random_;
};

TEST(DicomMutation, SurvivesWhatIsWrong) {
  const Session sessions[] = {long_day(),       recorded("echo"),   recorded("find"),
                              recorded("move"), recorded("reject"), recorded("commitment")};
  Mutator mutator{4711};
  for (int run = 0; run < 1500; ++run) {
    for (const Session& session : sessions) mutator.run(session, {.joined_midway = run % 3 == 0});
  }
}

TEST(DicomMutation, SurvivesNoise) {
  std::mt19937 random{815};
  for (int run = 0; run < 2000; ++run) {
    Wire wire{{.joined_midway = run % 2 == 0}};
    for (int segment = 0; segment < 10; ++segment) {
      Octets bytes(random() % 300);
      for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random() % (run % 5 == 0 ? 9 : 256));
      wire.say(random() % 2 == 0 ? Direction::forward : Direction::backward, bytes);
    }
    wire.close();
    check(wire);
  }
}

}  // namespace
}  // namespace dcmwatch::test
