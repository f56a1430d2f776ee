// What a sound model is remarkable for.
#include "model/account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace dcmwatch {
namespace {

using testing::ElementsAre;

std::vector<std::string> names_warned_of(const std::string& kind, const std::string& text) {
  std::vector<std::string> names;
  for (const ModelWarning& warning : warnings_of(*parse_model(text, "m"), Timestamp{})) {
    if (warning.kind == kind) names.insert(names.end(), warning.names.begin(), warning.names.end());
  }
  return names;
}

TEST(ModelAccount, TellsMacsThatAreNeverChecked) {
  EXPECT_THAT(names_warned_of("mac_unchecked", R"(zones:
  routed: {networks: 10.0.0.0/24}
  segment: {networks: 10.0.1.0/24, one_segment: true}
devices:
  a: {zone: routed, addresses: 10.0.0.1, macs: ["00:1b:21:0a:0b:0c"]}
  b: {zone: segment, addresses: 10.0.1.1, macs: ["00:1b:21:0a:0b:0d"]}
  c: {zone: routed, addresses: 10.0.0.2}
)"),
              ElementsAre("a"));
}

}  // namespace
}  // namespace dcmwatch
