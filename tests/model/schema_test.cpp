// The schema for editors knows the settings that the loader knows, no more and no fewer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "model/document.h"
#include "model/model.h"

namespace dcmwatch {
namespace {

using Settings = std::set<std::string>;

constexpr std::string_view kUnknown = "qqqqqqqqqqqqqqqqqqqqqqqq";  // near to nothing

const Node* child(const Node& node, std::string_view key) {
  const auto found = std::ranges::find(node.children, key, &Node::key);
  return found == node.children.end() ? nullptr : &*found;
}

/// JSON is YAML.
const Node& schema() {
  static const Node root = [] {
    Problems problems{"schema"};
    return read_document(DCMWATCH_ROOT "/config/model.schema.json", problems).value();
  }();
  return root;
}

Settings properties_of(const Node& schema_of_map) {
  Settings settings;
  for (const Node& property : child(schema_of_map, "properties")->children) settings.insert(property.key);
  return settings;
}

/// What the loader says may stand where a setting of no such name does.
Settings settings_that_loader_tells(const std::string& model) {
  try {
    parse_model(model, "m");
  } catch (const ConfigurationError& error) {
    for (const Problem& problem : error.problems()) {
      const std::string_view kList = problem.fix.starts_with("one of: ") ? "one of: " : "known: ";
      if (problem.what.find(kUnknown) == std::string::npos || !problem.fix.starts_with(kList)) continue;
      Settings settings;
      std::istringstream list{problem.fix.substr(kList.size())};
      for (std::string setting; std::getline(list >> std::ws, setting, ',');) settings.insert(setting);
      return settings;
    }
  }
  return {};
}

struct Kind {
  std::string name;   // in the schema
  std::string model;  // with a % where a setting may stand
};

class SettingsOf : public testing::TestWithParam<Kind> {};

TEST_P(SettingsOf, AreTheSameForTheLoaderAndForEditors) {
  auto [name, model] = GetParam();
  model.replace(model.find('%'), 1, std::string{kUnknown} + ": x");
  const Node& map = name.empty() ? schema() : *child(*child(schema(), "$defs"), name);
  Settings expected = properties_of(map);
  if (name.empty()) expected.erase("include");  // of the file, not of the model
  EXPECT_EQ(settings_that_loader_tells(model), expected);
}

const std::string kRest = "\nzones: {a: {networks: 10.0.0.0/8}}\nservices: {s: {protocol: dicom, ports: 1}}\n";
const std::string kDevices = "devices: {d: {zone: a, addresses: 10.0.0.1}}\n";

INSTANTIATE_TEST_SUITE_P(
    Schema, SettingsOf,
    testing::Values(Kind{"", "%"}, Kind{"zone", "zones: {a: {%}}"}, Kind{"service", "services: {s: {%}}"},
                    Kind{"device", "devices: {d: {%}}"}, Kind{"group", "groups: {g: {%}}"},
                    Kind{"flow", "flows: {f: {%}}"}, Kind{"conduit", "conduits: {c: {%}}"},
                    Kind{"denial", "denials: {d: {%}}"}, Kind{"workflow", "workflow: {%}"},
                    Kind{"implementation", "devices: {d: {implementation: {%}}}"},
                    Kind{"hours_of_a_place", "flows: {f: {from: d, to: d, service: s, when: {%}}}" + kRest + kDevices},
                    Kind{"rates", "flows: {f: {from: d, to: d, service: s, per_hour: {%}}}" + kRest + kDevices}));

TEST(Everything, IsASoundModel) {
  const auto model = load_model(DCMWATCH_ROOT "/tests/model/everything.yaml");
  EXPECT_EQ(model->flows.size(), 2U);
}

}  // namespace
}  // namespace dcmwatch
