// What is written is read again as the same.
#include "model/model_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "model/compare.h"
#include "model/document.h"

namespace dcmwatch {
namespace {

std::string again(const Model& model) { return to_yaml(*parse_model(to_yaml(model), "again")); }

/// The names of all settings, sections and entries.
void collect_keys(const Node& node, std::set<std::string>& keys) {
  for (const Node& child : node.children) {
    if (!child.key.empty()) keys.insert(child.key);
    collect_keys(child, keys);
  }
}

std::set<std::string> keys_of(const std::string& text) {
  Problems problems{"keys"};
  std::set<std::string> keys;
  if (const auto document = parse_document(text, problems)) collect_keys(*document, keys);
  return keys;
}

std::string text_of(const std::string& file) {
  std::ifstream in{file};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class Written : public testing::TestWithParam<const char*> {};

TEST_P(Written, IsReadAsTheSame) {
  const auto model = load_model(GetParam());
  const std::string text = to_yaml(*model);
  EXPECT_EQ(again(*model), text);
  const auto read = parse_model(text, "written");
  EXPECT_THAT(compare(model, read).differences, testing::IsEmpty());
  ASSERT_EQ(read->devices.size(), model->devices.size());
  for (std::size_t i = 0; i < model->devices.size(); ++i) {
    EXPECT_EQ(read->devices[i].addresses, model->devices[i].addresses);
    EXPECT_EQ(read->devices[i].calls_as, model->devices[i].calls_as);
    EXPECT_EQ(read->devices[i].answers_to, model->devices[i].answers_to);
    EXPECT_EQ(read->devices[i].role, model->devices[i].role);
  }
  ASSERT_EQ(read->flows.size(), model->flows.size());
  for (std::size_t i = 0; i < model->flows.size(); ++i) {
    EXPECT_EQ(read->flows[i].from, model->flows[i].from);
    EXPECT_EQ(read->flows[i].sop_classes.families, model->flows[i].sop_classes.families);
    EXPECT_EQ(read->flows[i].sop_classes.uids, model->flows[i].sop_classes.uids);
    EXPECT_EQ(read->flows[i].expires, model->flows[i].expires);
    EXPECT_EQ(read->flows[i].windows, model->flows[i].windows);
    EXPECT_EQ(read->flows[i].transfer_syntaxes.values, model->flows[i].transfer_syntaxes.values);
  }
}

INSTANTIATE_TEST_SUITE_P(ModelWriter, Written,
                         testing::Values(DCMWATCH_ROOT "/config/model.yaml",
                                         DCMWATCH_ROOT "/tests/model/everything.yaml"));

TEST(ModelWriter, LeavesOutNoSettingThatIsThere) {
  const std::string file = DCMWATCH_ROOT "/tests/model/everything.yaml";
  const std::set<std::string> written = keys_of(to_yaml(*load_model(file)));
  for (const std::string& key : keys_of(text_of(file))) {
    // Of receivers `any` is what is meant without a word.
    if (key == "receivers") continue;
    EXPECT_THAT(written, testing::Contains(key));
  }
}

// Texts of any characters; loads of everything else are the loader's own tests.
TEST(ModelWriter, WritesAnyTextSoThatItIsReadAgain) {
  std::mt19937 random{6};
  constexpr std::string_view kCharacters = "ab1 -:#'\"\\,[]{}&*!|>%@`~?\t^./_=\xc3\xa4";
  for (int round = 0; round < 500; ++round) {
    Model model =
        *parse_model("zones: {a: {networks: [10.0.0.0/24]}}\ndevices: {d: {zone: a, addresses: [10.0.0.1]}}\n", "m");
    std::string text;
    for (auto left = random() % 12; left > 0; --left) {
      const char c = kCharacters[random() % (kCharacters.size() - 2)];
      text += c;
    }
    if (random() % 4 == 0) text += "\xc3\xa4";
    model.devices[0].description = text;
    model.name = text;
    const auto read = parse_model(to_yaml(model), "again");
    EXPECT_EQ(read->devices[0].description, text);
    EXPECT_EQ(read->name, text);
  }
}

TEST(ModelWriter, PutsRemarksAboveWhatTheyAreAbout) {
  const auto model = load_model(DCMWATCH_ROOT "/config/model.yaml");
  ModelRemarks remarks;
  remarks.head = {"Of a test"};
  remarks.devices = {{"review: is it?"}};
  const std::string text = to_yaml(*model, remarks);
  EXPECT_THAT(text, testing::StartsWith("# Of a test\n"));
  EXPECT_THAT(text, testing::HasSubstr("devices:\n  # review: is it?\n  ct1:"));
  EXPECT_EQ(to_yaml(*parse_model(text, "again")), to_yaml(*model));
}

}  // namespace
}  // namespace dcmwatch
