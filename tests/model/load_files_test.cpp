// Models of several files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "model/model.h"
#include "temporary_folder.h"

namespace dcmwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ModelOfFiles : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream{folder_ / name} << text;
  }
  std::shared_ptr<const Model> load() { return load_model(folder_ / "model.yaml"); }
  /// Without the folder, which is another each time.
  std::string errors() {
    try {
      load();
      return "";
    } catch (const ConfigurationError& error) {
      std::string text = error.what();
      const std::string path = folder_.path().string() + '/';
      for (auto at = text.find(path); at != std::string::npos; at = text.find(path)) text.erase(at, path.size());
      return text;
    }
  }

  TemporaryFolder folder_;
};

constexpr const char* kZones = "zones: {a: {networks: 10.0.0.0/16}}\n";
constexpr const char* kDevices = "devices: {d: {zone: a, addresses: 10.0.0.1}}\n";

TEST_F(ModelOfFiles, IsReadAsOne) {
  write("model.yaml",
        "name: Whole\ninclude: [parts/zones.yaml, parts/devices.yaml]\ndevices: {first: {zone: a, addresses: "
        "10.0.0.9}}\n");
  write("parts/zones.yaml", kZones);
  write("parts/devices.yaml", std::string{"include: deeper/groups.yaml\n"} + kDevices);
  write("parts/deeper/groups.yaml", "include: ../zones.yaml\ngroups: {g: {devices: [d, first]}}\n");
  const auto model = load();
  EXPECT_EQ(model->name, "Whole");
  ASSERT_EQ(model->devices.size(), 2U);
  EXPECT_EQ(model->devices[0].name, "first") << "the including file's own come first";
  EXPECT_EQ(model->groups.at(0).devices.size(), 2U);
  EXPECT_THAT(model->files, ElementsAre(folder_ / "model.yaml", folder_ / "parts/zones.yaml",
                                        folder_ / "parts/devices.yaml", folder_ / "parts/deeper/groups.yaml"))
      << "zones.yaml once, though two need it";
}

TEST_F(ModelOfFiles, AFileMayHaveSectionsThatAreEmpty) {
  write("model.yaml", std::string{"include: part.yaml\nflows:\n"} + kZones + kDevices);
  write("part.yaml", "zones:\nflows: {}\n");
  EXPECT_EQ(errors(), "");
  write("part.yaml", "# nothing yet\n");
  EXPECT_EQ(errors(), "");
}

TEST_F(ModelOfFiles, EveryMistakeIsToldWithItsFile) {
  write("model.yaml", std::string{"include: [devices.yaml, flows.yaml]\n"} + kZones + "colour: red\n");
  write("devices.yaml", "devices:\n  d: {zone: b, addresses: 10.0.0.1}\n");
  write("flows.yaml", "flows:\n  f: {from: d, to: e, service: s}\n");
  EXPECT_EQ(errors(),
            "model.yaml:3:1: a model has no setting 'colour'; one of: name, description, time_zone, zones, services, "
            "devices, groups, "
            "flows, conduits, denials, workflow\n"
            "devices.yaml:2:13: unknown zone 'b'; did you mean 'a'?\n"
            "flows.yaml:2:20: unknown device or group 'e'; did you mean 'd'?\n"
            "flows.yaml:2:32: unknown service 's'; none is declared");
}

TEST_F(ModelOfFiles, ANameIsDeclaredOnce) {
  write("model.yaml", std::string{"name: One\ninclude: part.yaml\n"} + kZones + kDevices);
  write(
      "part.yaml",
      "name: Other\ndevices:\n  e: {zone: a, addresses: 10.0.0.2}\n  d: {zone: a, addresses: 10.0.0.3}\nzones: [x]\n");
  EXPECT_EQ(errors(),
            "part.yaml:1:1: 'name' stands in model.yaml:1, too; keep one of them\n"
            "part.yaml:4:3: 'd' stands in model.yaml:4, too; keep one of them\n"
            "part.yaml:5:1: 'zones' stands in model.yaml:3, too; keep one of them");
}

TEST_F(ModelOfFiles, WhatCannotBeIncluded) {
  std::filesystem::create_directories(folder_ / "folder");
  const std::string rest = std::string{"\n"} + kZones + kDevices;
  const std::vector<std::pair<std::string, std::string>> table{
      {"none.yaml", "model.yaml:1:10: 'none.yaml': no such file; check the path and its permissions"},
      {"[folder]", "model.yaml:1:11: 'folder' is no file; name one, by its path from here"},
      {"/dev/zero", "model.yaml:1:10: '/dev/zero' is no file; name one, by its path from here"},
      {"[model.yaml]", "model.yaml:1:11: 'model.yaml' includes itself, if included here; leave it out"},
      {"{a: b}", "model.yaml:1:10: 'include' must be a value or a list of values"},
      {"[[a]]", "model.yaml:1:11: each of 'include' must be a single value"},
      {"[]", "model.yaml:1:10: 'include' is empty; name one, or leave it out"}};
  for (const auto& [include, expected] : table) {
    write("model.yaml", "include: " + include + rest);
    EXPECT_EQ(errors(), expected);
  }
  write("model.yaml", "include: list.yaml" + rest);
  write("list.yaml", "- a\n");
  EXPECT_EQ(errors(), "list.yaml:1:1: a model must be a map of 'key: value' lines");
  write("list.yaml", "a: [\n");
  EXPECT_THAT(errors(), HasSubstr("list.yaml:2:1: not valid YAML"));
}

TEST_F(ModelOfFiles, WhatCannotBeReadIsToldAlone) {
  write("model.yaml", std::string{"include: [gone.yaml, flows.yaml]\n"} + kZones);
  write("flows.yaml", "flows:\n  f: {from: d, to: e, service: s}\n");
  EXPECT_EQ(errors(), "model.yaml:1:11: 'gone.yaml': no such file; check the path and its permissions");
}

TEST_F(ModelOfFiles, NobodyWaitsForAPipe) {
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  write("model.yaml", std::string{"include: pipe\n"} + kZones + kDevices);
  EXPECT_EQ(errors(), "model.yaml:1:10: 'pipe' is no file; name one, by its path from here");
}

TEST_F(ModelOfFiles, ACycleIsAMistake) {
  write("model.yaml", std::string{"include: a.yaml\n"} + kZones + kDevices);
  write("a.yaml", "include: sub/b.yaml\n");
  write("sub/b.yaml", "include: ../a.yaml\n");
  EXPECT_EQ(errors(), "sub/b.yaml:1:10: '../a.yaml' includes itself, if included here; leave it out");
}

TEST_F(ModelOfFiles, DepthAndNumberAreBounded) {
  write("model.yaml", std::string{"include: 1.yaml\n"} + kZones + kDevices);
  for (int i = 1; i < 20; ++i) write(std::to_string(i) + ".yaml", "include: " + std::to_string(i + 1) + ".yaml\n");
  EXPECT_EQ(errors(), "7.yaml:1:10: '8.yaml' is included too deeply; 8 files within each other are the limit");
  std::string all;
  for (int i = 0; i < 300; ++i) {
    all += "x" + std::to_string(i) + ".yaml, ";
    write("x" + std::to_string(i) + ".yaml", "flows: {}\n");
  }
  write("model.yaml", "include: [" + all + "]\n" + kZones + kDevices);
  EXPECT_THAT(errors(), HasSubstr("'x255.yaml' is one file too many; 256 are the limit"));
}

}  // namespace
}  // namespace dcmwatch
