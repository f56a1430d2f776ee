// Files that nobody would write who wishes well: a clear error, at once.
#include <gtest/gtest.h>

#include <chrono>

#include "detect/exceptions.h"
#include "detect/rules.h"
#include "model/events.h"

namespace dcmwatch {
namespace {

using namespace test;

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

std::string numbered(const std::string& before, const std::string& after, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += before + std::to_string(i) + after;
  return all;
}

constexpr int kMany = 100'000;
constexpr int kValueBytes = 65'000;  // just below what no value of a file may have

struct Hostile {
  std::string name;
  std::string text;
  std::string error;  ///< stands in what is told; empty: it loads
};

class HostileRules : public testing::TestWithParam<Hostile> {};

// Sanitizers and a busy machine make everything slow, so the bound is wide: what grows with the square takes minutes.
TEST_P(HostileRules, AreToldAtOnce) {
  const auto begun = std::chrono::steady_clock::now();
  std::string told;
  try {
    parse_rule(GetParam().text, "r");
  } catch (const ConfigurationError& error) {
    told = error.what();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{10});
  EXPECT_NE(told.find(GetParam().error), std::string::npos) << told.substr(0, 500);
  EXPECT_EQ(told.empty(), GetParam().error.empty()) << told.substr(0, 500);
  EXPECT_LT(told.size(), 40'000U);
}

INSTANTIATE_TEST_SUITE_P(
    Files, HostileRules,
    testing::Values(
        Hostile{"UnknownFields",
                rule_text("  s:\n" + numbered("    dicom.commandd", ": x\n", kMany) + "  condition: s\n"), "more"},
        Hostile{"Selections",
                rule_text(numbered("  s", ": {dicom.command: C-MOVE}\n", kMany) + "  condition: 1 of s*\n"),
                "too many selections"},
        Hostile{"ALongCondition",
                rule_text("  s: {dicom.command: C-MOVE}\n  condition: s" + repeated(" or s", kValueBytes / 5) + "\n"),
                ""},
        Hostile{"GroupsOfManySelections",
                rule_text(numbered("  s", ": {dicom.command: C-MOVE}\n", 1024) + "  condition: 1 of s*" +
                          repeated(" or 1 of s*", kValueBytes / 11) + "\n"),
                "the condition has too many parts"},
        Hostile{"ManyGroupsInAList",
                rule_text(numbered("  s", ": {dicom.command: C-MOVE}\n", 1024) + "  condition:\n" +
                          repeated("    - 1 of s*\n", 64)),
                "the condition has too many parts"},
        Hostile{"ALongValue", rule_text("  s: {dicom.calling_ae: " + repeated("a", kMany) + "}\n  condition: s\n"),
                "a value of more than 64 KiB"},
        Hostile{"ManyConditions",
                rule_text("  s: {dicom.command: C-MOVE}\n  condition:\n" + repeated("    - s\n", kMany)), "too many"},
        Hostile{"Parentheses",
                rule_text("  s: {dicom.command: C-MOVE}\n  condition: " + repeated("(", kValueBytes) + "s\n"),
                "too deeply"},
        Hostile{"Nots",
                rule_text("  s: {dicom.command: C-MOVE}\n  condition: " + repeated("not ", kValueBytes / 4) + "s\n"),
                "too deeply"},
        Hostile{"Values",
                rule_text("  s:\n    dicom.calling_ae:\n" + numbered("      - A", "\n", kMany) + "  condition: s\n"),
                "too many values"},
        Hostile{"ImpossibleValues",
                rule_text("  s:\n    dicom.command:\n" + numbered("      - A", "\n", kMany) + "  condition: s\n"),
                "more"},
        Hostile{"Maps", rule_text("  s:\n" + repeated("    - {dicom.command: C-MOVE}\n", kMany) + "  condition: s\n"),
                "too many maps"},
        Hostile{"Modifiers", rule_text("  s: {dicom.calling_ae" + repeated("|all", kMany) + ": [a]}\n  condition: s\n"),
                "r:6"},
        Hostile{"Nested", rule_text("  s: " + repeated("[", kMany) + "\n  condition: s\n"), "nested too deeply"},
        Hostile{"AliasesThatUnfold", rule_text("  s: &a [x, x]\n  t: [*a, *a]\n  condition: s\n"), "aliases"},
        Hostile{"AnExpressionThatGrows",
                rule_text("  s: {dicom.calling_ae|re: '((a{100}){100}){100}'}\n  condition: s\n"),
                "no regular expression"},
        Hostile{"ManyExpressionsThatGrow",
                rule_text("  s:\n    dicom.calling_ae|re:\n" + repeated("      - '(.{1,30}){1,30}x'\n", 4000) +
                          "  condition: s\n"),
                "too many regular expressions"},
        Hostile{"ALongExpression",
                rule_text("  s: {dicom.calling_ae|re: '" + repeated("a|", kValueBytes / 2) + "'}\n  condition: s\n"),
                "longer than 4096 characters"}),
    [](const auto& of) { return of.param.name; });

// (a+)+$ takes a backtracking engine longer than the world has.
TEST(HostileRules, AnExpressionTakesNoLongerThanItsText) {
  const auto compiled = RegularExpression::compile("^(a+)+$", {});
  const auto& catastrophic = std::get<RegularExpression>(compiled);
  EXPECT_FALSE(catastrophic.matches(repeated("a", kMany) + "!"));
  EXPECT_TRUE(catastrophic.matches(repeated("a", kMany)));
}

TEST(HostileRules, DocumentsOfManyExpressionsThatGrow) {
  std::string all;
  for (int i = 0; i < 60; ++i) {
    all += rule_text(
        "  s:\n    dicom.calling_ae|re:\n" + repeated("      - '(.{1,20}){1,30}x'\n", 128) + "  condition: s\n---\n",
        "service: dicom.operation", std::to_string(i));
  }
  all += rule_text("  s: {dicom.command: C-MOVE}\n  condition: s\n");
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_THROW(parse_rules(all, "r"), ConfigurationError);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{10});
}

TEST(HostileRules, ManyExceptionsByTitle) {
  std::string documents;
  for (int i = 0; i < 9'999; ++i)
    documents += "title: Rule " + std::to_string(i) + "\nid: r" + std::to_string(i) +
                 "\nlevel: low\nlogsource: {product: dcmwatch, service: dicom.operation}\n"
                 "detection: {s: {dicom.command: C-MOVE}, condition: s}\n---\n";
  const RuleSet rules = parse_rules(documents + rule_text("  s: {dicom.command: C-MOVE}\n  condition: s\n"), "r");
  const auto begun = std::chrono::steady_clock::now();
  const auto read = parse_exceptions(
      "exceptions:\n" + repeated("  - {rule: Rule 9998, match: {source.ip: 10.0.0.1}, reason: x, owner: y, until: "
                                 "2027-01-01}\n",
                                 9'999),
      "e", rules);
  EXPECT_EQ(read.size(), 9'999U);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{10});
}

TEST(HostileRules, ManyExceptionsFromRulesThatAreNotThere) {
  const RuleSet rules{rule("  s: {dicom.command: C-MOVE}\n  condition: s\n")};
  EXPECT_THROW(
      parse_exceptions("exceptions:\n" + numbered("  - {rule: rule", ", match: {source.ipp: x}}\n", 9'999), "e", rules),
      ConfigurationError);
}

}  // namespace
}  // namespace dcmwatch
