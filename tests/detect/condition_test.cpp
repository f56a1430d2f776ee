#include "detect/condition.h"

#include <gtest/gtest.h>

namespace dcmwatch {
namespace {

const std::vector<std::string> kSelections{"a", "b", "sel_1", "sel_2", "_hidden"};

// What the condition says for the selections named in `true_ones`; nothing if it is no condition.
std::optional<bool> evaluate(const std::string& text, const std::vector<std::string>& true_ones) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.text = text;
  Problems problems{"f"};
  const auto condition = read_condition(node, kSelections, problems);
  if (!condition) return std::nullopt;
  return condition->evaluate([&](std::size_t index) {
    return std::find(true_ones.begin(), true_ones.end(), kSelections.at(index)) != true_ones.end();
  });
}

TEST(Condition, Evaluates) {
  struct Case {
    std::string text;
    std::vector<std::string> true_ones;
    bool expected;
  };
  const std::vector<Case> table{
      {"a", {"a"}, true},
      {"a", {}, false},
      {"not a", {}, true},
      {"not not a", {"a"}, true},
      {"a and b", {"a"}, false},
      {"a and b", {"a", "b"}, true},
      {"a or b", {"b"}, true},
      {"a or b and sel_1", {"a"}, true},
      {"(a or b) and sel_1", {"a"}, false},
      {"not a and b", {"b"}, true},
      {"not (a and b)", {"a"}, true},
      {"a and not b", {"a", "b"}, false},
      {"1 of sel_*", {"sel_2"}, true},
      {"any of sel_*", {"sel_2"}, true},
      {"1 of sel_*", {"a"}, false},
      {"all of sel_*", {"sel_1"}, false},
      {"all of sel_*", {"sel_1", "sel_2"}, true},
      {"1 of them", {"_hidden"}, false},
      {"1 of them", {"b"}, true},
      {"all of them", {"a", "b", "sel_1", "sel_2"}, true},
      {"  a\tand\n b ", {"a", "b"}, true},
      {"a and 1 of sel_* and not _hidden", {"a", "sel_1"}, true},
      {"a AND NOT b OR b", {"a"}, true},
      {"1 of *_2", {"sel_2"}, true},
      {"1 of s*_1", {"sel_2"}, false},
      {"all of *l_*", {"sel_1", "sel_2"}, true},
      {"not 1 of sel_*", {"a"}, true},
      {"not all of sel_* and a", {"sel_1", "a"}, true},
      {"1 of _*", {"_hidden"}, true},
  };
  for (const auto& [text, true_ones, expected] : table) EXPECT_EQ(evaluate(text, true_ones), expected) << text;
}

std::string problems_of(const std::string& text) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.text = text;
  node.at = {7, 14};
  Problems problems{"f"};
  read_condition(node, {"a", "b"}, problems);
  std::string all;
  for (const Problem& problem : problems.take()) all += to_text(problem) + '\n';
  return all;
}

TEST(Condition, SaysWhichWordIsWrong) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"a or b", ""},
      {"a or c", "f:7:19: unknown selection 'c'; did you mean 'a'?\n"},
      {"a and", "f:7:19: condition ends too early; a selection's name is missing\n"},
      {"", "f:7:14: condition ends too early; a selection's name is missing\n"},
      {"(a or b", "f:7:21: missing ')'; close the parenthesis\n"},
      {"a or b)", "f:7:20: unexpected ')'; expected 'and', 'or' or the end\n"},
      {"a b", "f:7:16: unexpected 'b'; expected 'and', 'or' or the end\n"},
      {"1 a", "f:7:16: expected 'of'; write '1 of them' or 'all of selection*'\n"},
      {"1 of A*", "f:7:19: no selection is called 'A*'; did you mean 'a'?\n"},
      {"1 of x*", "f:7:19: no selection is called 'x*'; one of: a, b\n"},
      {"| count()",
       "f:7:14: aggregations ('| count() ...') are not supported; write a correlation that counts the rule\n"},
      {"a or b | count(dst_ip) by src_ip > 10",
       "f:7:21: aggregations ('| count() ...') are not supported; write a correlation that counts the rule\n"},
      {"(a or b) | min(x) > 3",
       "f:7:23: aggregations ('| count() ...') are not supported; write a correlation that counts the rule\n"},
      {"(a or b | count())",
       "f:7:22: aggregations ('| count() ...') are not supported; write a correlation that counts the rule\n"},
      {"near a", "f:7:14: 'near' is not supported; write a correlation of type 'temporal'\n"},
      {"a near b", "f:7:16: 'near' is not supported; write a correlation of type 'temporal'\n"},
      {"a", "f:7:14: the condition does not use selection 'b'; use it or remove it\n"},
  };
  for (const auto& [text, expected] : table) EXPECT_EQ(problems_of(text), expected) << text;
}

TEST(Condition, IsBounded) {
  EXPECT_NE(problems_of(std::string(100'000, '(') + 'a').find("nested too deeply"), std::string::npos);
  std::string nots;
  for (int i = 0; i < 100'000; ++i) nots += "not ";
  EXPECT_NE(problems_of(nots + 'a').find("nested too deeply"), std::string::npos);
}

}  // namespace
}  // namespace dcmwatch
