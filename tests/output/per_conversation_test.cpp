#include "output/per_conversation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace dcmwatch {
namespace {

TEST(PerConversation, ForgetsTheOneIdleLongest) {
  std::vector<int> forgotten;
  PerConversation<int> values{2, [&](const int& value) { forgotten.push_back(value); }};
  values.of(1) = 10;
  values.of(2) = 20;
  values.of(1) = 11;
  values.of(3) = 30;
  EXPECT_THAT(forgotten, testing::ElementsAre(20));
  EXPECT_EQ(values.find(2), nullptr);
  EXPECT_EQ(*values.find(1), 11);
  EXPECT_EQ(values.size(), 2U);
}

TEST(PerConversation, ErasesWithoutTelling) {
  int told = 0;
  PerConversation<int> values{2, [&](const int&) { ++told; }};
  values.of(1) = 10;
  values.erase(1);
  values.erase(1);
  EXPECT_EQ(values.size(), 0U);
  EXPECT_EQ(values.of(1), 0);
  EXPECT_EQ(told, 0);
}

}  // namespace
}  // namespace dcmwatch
