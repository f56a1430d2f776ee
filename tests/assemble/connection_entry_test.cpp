#include "assemble/connection_entry.h"

#include <gtest/gtest.h>

namespace dcmwatch {
namespace {

// Where one receives what has not been seen anyone may say in its name, and again a little further each time.
TEST(ConnectionEntry, BelievesClaimsWithinOneStretchOnlyHoweverManyThereAre) {
  constexpr std::uint32_t kStep = ConnectionEntry::kClaimed;
  for (const bool down : {false, true}) {
    ConnectionEntry entry;
    for (std::uint32_t i = 0; i < 5000; ++i) {
      entry.claim(Direction::forward, down ? 0U - i * kStep : i * kStep);
      const auto stretch = entry.initial_sequence.front() - entry.next_sequence.front();
      ASSERT_LE(stretch, kStep);
    }
  }
}

}  // namespace
}  // namespace dcmwatch
