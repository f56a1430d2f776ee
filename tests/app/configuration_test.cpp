#include "app/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "model/problems.h"
#include "temporary_folder.h"

namespace dcmwatch {
namespace {

using testing::HasSubstr;

const TemporaryFolder kFolder;
const std::filesystem::path kFile = kFolder / "monitor.yaml";

MonitorConfiguration load(const std::string& text) {
  std::ofstream{kFile} << text;
  return load_configuration(kFile);
}

std::string problem_of(const std::string& text) {
  try {
    load(text);
    return {};
  } catch (const ConfigurationError& error) {
    return error.what();
  }
}

TEST(Configuration, of_the_example_loads) {
  const MonitorConfiguration configuration =
      load_configuration(std::filesystem::path{DCMWATCH_ROOT} / "config" / "monitor.yaml");
  EXPECT_EQ(configuration.interfaces.at(0).name, "span0");
  EXPECT_EQ(configuration.listen_address, "127.0.0.1");
  EXPECT_FALSE(configuration.digest_pixel_data);
  EXPECT_EQ(configuration.model, std::filesystem::path{DCMWATCH_ROOT} / "config" / "model.yaml");
}

TEST(Configuration, takes_what_is_written_and_defaults_for_the_rest) {
  const MonitorConfiguration configuration = load(
      "model: m.yaml\nrules: /r\ninterfaces:\n  - {name: a, filter: not port 22, snap_length: 256, buffer_mebibytes: "
      "8}\n  - {name: b, direction: both, domain: site-b}\n  - {name: c, domain: site-b}\n"
      "listen: '[::1]:1234'\nevents: {file: '-', phases: all}\nshards: 3\ndigest_pixel_data: true\n");
  EXPECT_EQ(configuration.model, kFile.parent_path() / "m.yaml");
  EXPECT_EQ(configuration.rules, "/r");
  ASSERT_EQ(configuration.interfaces.size(), 3U);
  EXPECT_TRUE(configuration.interfaces[0].inbound_only);
  EXPECT_FALSE(configuration.interfaces[1].inbound_only);
  EXPECT_EQ(configuration.interfaces[0].domain, 0);
  EXPECT_NE(configuration.interfaces[1].domain, 0);
  EXPECT_EQ(configuration.interfaces[2].domain, configuration.interfaces[1].domain);
  EXPECT_EQ(configuration.interfaces[0].snap_length, 256);
  EXPECT_EQ(configuration.interfaces[0].buffer_bytes, 8 << 20);
  EXPECT_EQ(configuration.interfaces[0].filter, "not port 22");
  EXPECT_EQ(configuration.listen_address, "::1");
  EXPECT_EQ(configuration.listen_port, 1234);
  EXPECT_EQ(configuration.events, "-");
  EXPECT_TRUE(configuration.every_phase);
  EXPECT_TRUE(configuration.digest_pixel_data);
  EXPECT_EQ(configuration.shards, 3U);
  EXPECT_EQ(configuration.user, "nobody");
}

TEST(Configuration, names_line_and_column_of_every_mistake) {
  const std::string whole = "model: m\nrules: r\ninterfaces: [{name: a}]\n";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"rules: r\ninterfaces: [{name: a}]\n", "model"},
      {whole + "listen: 9810\n", ":4:9: 'listen' must be an address and a port"},
      {whole + "listen: 127.0.0.1:99999\n", ":4:9:"},
      {whole + "shards: 65\n", ":4:9: 'shards' must be a number"},
      {whole + "digest_pixel_data: always\n", ":4:20: 'digest_pixel_data' is true or false"},
      {whole + "shard: 2\n", "did you mean 'shards'"},
      {whole + "events: {file: x, phases: some}\n", "'phases' is 'some'"},
      {"model: m\nrules: r\ninterfaces: span0\n", ":3:13: 'interfaces' must be a list"},
      {"model: m\nrules: r\ninterfaces: [{nam: a}]\n", "did you mean 'name'"},
      {"model: m\nrules: r\ninterfaces: [{name: a, snap_length: 10}]\n",
       "'snap_length' must be a number; from 96 to 262144"},
  };
  for (const auto& [text, expected] : cases) EXPECT_THAT(problem_of(text), HasSubstr(expected)) << text;
}

}  // namespace
}  // namespace dcmwatch
