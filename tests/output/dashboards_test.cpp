// The dashboard and the alerting rules are valid, and name only metrics that are documented; so are, by another test,
// all there are.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "output/exposition.h"

namespace dcmwatch {
namespace {

constexpr const char* kDashboard = DCMWATCH_ROOT "/dashboards/dcmwatch.json";
constexpr const char* kAlerts = DCMWATCH_ROOT "/dashboards/alerts.yml";

std::string content_of(const char* file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

TEST(Dashboards, NameOnlyMetricsThatExist) {
  const auto documented = metrics_after("", content_of(DCMWATCH_ROOT "/docs/metrics.md"));
  for (const char* file : {kDashboard, kAlerts}) {
    const auto used = metrics_after("", content_of(file));
    EXPECT_FALSE(used.empty()) << file;
    for (const std::string& metric : used) EXPECT_TRUE(documented.contains(metric)) << metric << " in " << file;
  }
}

TEST(Dashboards, AreValidJsonWithDistinctPanels) {
  const auto dashboard = boost::json::parse(content_of(kDashboard));
  std::set<std::int64_t> ids;
  for (const auto& panel : dashboard.at("panels").as_array()) EXPECT_TRUE(ids.insert(panel.at("id").as_int64()).second);
}

TEST(Dashboards, AlertsPassPromtool) {
  if (std::system("promtool --version >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "promtool (package prometheus) is not installed";
  EXPECT_EQ(std::system((std::string{"promtool check rules "} + kAlerts).c_str()), 0);
}

TEST(Dashboards, AlertsFireWhenTheyShould) {
  if (std::system("promtool --version >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "promtool (package prometheus) is not installed";
  EXPECT_EQ(std::system("promtool test rules " DCMWATCH_ROOT "/tests/output/alerts_test.yml"), 0);
}

}  // namespace
}  // namespace dcmwatch
