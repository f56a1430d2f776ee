#include "model/document.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

namespace dcmwatch {
namespace {

std::string problems_of(const std::string& text) {
  Problems problems{"f"};
  const auto root = parse_document(text, problems);
  std::string all;
  for (const Problem& problem : problems.take()) all += to_text(problem) + '\n';
  return all;
}

TEST(Document, KnowsWhereEverythingStands) {
  Problems problems{"f"};
  const auto root = parse_document("zones:\n  archive:\n    networks: [a, 'b']\n    empty:\n", problems);
  ASSERT_TRUE(root);
  ASSERT_TRUE(problems.empty());
  const Node& archive = root->children.at(0).children.at(0);
  EXPECT_EQ(archive.key, "archive");
  EXPECT_EQ(archive.key_at, (Position{2, 3}));
  const Node& networks = archive.children.at(0);
  EXPECT_EQ(networks.kind, Node::Kind::list);
  EXPECT_EQ(networks.children.at(0).at, (Position{3, 16}));
  EXPECT_FALSE(networks.children.at(0).quoted);
  EXPECT_TRUE(networks.children.at(1).quoted);
  EXPECT_EQ(archive.children.at(1).kind, Node::Kind::null);
}

TEST(Document, ReadsSeveralWithTheirPlaces) {
  Problems problems{"f"};
  const auto documents = parse_documents("a: 1\n---\n\nb: 2\na: 3\n---\n", problems);
  ASSERT_TRUE(problems.empty());
  ASSERT_EQ(documents.size(), 3U);
  EXPECT_EQ(documents[0].children.at(0).text, "1");
  EXPECT_EQ(documents[1].children.at(1).text, "3");
  EXPECT_EQ(documents[1].children.at(1).key_at, (Position{5, 1}));
  EXPECT_EQ(documents[2].kind, Node::Kind::null);
  EXPECT_EQ(parse_documents("", problems).size(), 1U);
  EXPECT_TRUE(parse_documents("a: 1\n---\nb: [\n", problems).empty());
  EXPECT_FALSE(problems.empty());
}

TEST(Document, RefusesWhatItDoesNotRead) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"a: 1\nb: 2\na: 3\n", "f:3:1: 'a' stands here twice; keep one of them\n"},
      {"a: &x 1\nb: *x\n",
       "f:2:4: aliases (*name) are not supported; write the value out, or declare a group of devices\n"},
      {"a: !!int 3\n", "f:1:4: tags (!name) are not supported; leave it out\n"},
      {"a: 1\n---\nb: 2\n", "f:3:1: a second document begins in this file; keep one document a file\n"},
      {"[a, b]: 1\n", "f:1:1: a key must be a plain word; '? ' keys are not supported\n"},
  };
  for (const auto& [text, expected] : table) EXPECT_EQ(problems_of(text), expected) << text;
}

TEST(Document, SaysWhereTheSyntaxIsWrong) {
  EXPECT_TRUE(problems_of("a: 1\n b: 2\n").starts_with("f:2:3: not valid YAML: ")) << problems_of("a: 1\n b: 2\n");
  EXPECT_TRUE(problems_of("a: [1, 2\n").starts_with("f:2:1: not valid YAML: ")) << problems_of("a: [1, 2\n");
  EXPECT_TRUE(problems_of("a: {b:}\n").starts_with("f:1:6: not valid YAML: ")) << problems_of("a: {b:}\n");
  EXPECT_TRUE(problems_of("a: 1\nb: \xff\n").starts_with("f:2:4: not valid YAML: ")) << problems_of("a: 1\nb: \xff\n");
}

TEST(Document, WhatIsInQuotesIsText) {
  Problems problems{"f"};
  const auto root = parse_document("[~, null, '~', \"null\", 'a''b', \"\\x41\"]", problems);
  ASSERT_TRUE(root);
  ASSERT_TRUE(problems.empty());
  using enum Node::Kind;
  const std::vector<std::pair<Node::Kind, std::string>> expected{{null, ""},       {null, ""},      {scalar, "~"},
                                                                 {scalar, "null"}, {scalar, "a'b"}, {scalar, "A"}};
  std::vector<std::pair<Node::Kind, std::string>> read;
  for (const Node& item : root->children) read.emplace_back(item.kind, item.text);
  EXPECT_EQ(read, expected);
}

TEST(Document, HostileDocumentsFailFast) {
  const auto begun = std::chrono::steady_clock::now();
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c <= 'z'; ++c) {
    const std::string former{static_cast<char>(c - 1)};
    bomb += std::string{c} + ": &" + c + " [*" + former + ", *" + former + ", *" + former + ", *" + former + "]\n";
  }
  EXPECT_NE(problems_of(bomb).find("aliases"), std::string::npos);
  EXPECT_NE(problems_of(std::string(1'000'000, '[')).find("nested too deeply"), std::string::npos);
  EXPECT_NE(problems_of(std::string(1'000'000, '{')).find("a key must be a plain word"), std::string::npos);
  std::string indented;
  for (std::size_t depth = 0; depth < 1000; ++depth) indented += std::string(depth, ' ') + "a:\n";
  EXPECT_NE(problems_of(indented).find("nested too deeply"), std::string::npos);
  std::string dashes;
  for (int i = 0; i < 100'000; ++i) dashes += "- ";
  EXPECT_NE(problems_of(dashes).find("nested too deeply"), std::string::npos);
  std::string mixed;
  for (int i = 0; i < 100'000; ++i) mixed += "{a: [";
  EXPECT_NE(problems_of(mixed), "");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{20});
}

TEST(Document, BytesThatAreNoTextDoNotCrash) {
  using namespace std::string_view_literals;
  constexpr auto kAlphabet = "\0\x01:-[]{}&*!|>'\"%@`#? \n\t,ab1\xff\xc3\xa9"sv;
  std::string bytes;
  std::uint32_t state = 1;
  for (int round = 0; round < 2000; ++round) {
    bytes.clear();
    for (int i = 0; i < 64; ++i) {
      state = state * 1664525U + 1013904223U;
      bytes += kAlphabet[(state >> 16) % kAlphabet.size()];
    }
    problems_of(bytes);
  }
}

TEST(Document, FilesThatCannotBeRead) {
  Problems problems{"f"};
  EXPECT_FALSE(read_document("/nonexistent/model.yaml", problems));
  EXPECT_FALSE(read_document("/", problems));
  EXPECT_EQ(problems.take().size(), 2U);
}

TEST(Problems, SuggestWhatIsNear) {
  const std::vector<std::string_view> names{"archive", "reading", "office"};
  EXPECT_EQ(suggest("archiv", names), "did you mean 'archive'?");
  EXPECT_EQ(suggest("offcie", names), "did you mean 'office'?");
  EXPECT_EQ(suggest("Archive", names), "did you mean 'archive'?");
  EXPECT_EQ(suggest("zzz", names), "one of: archive, reading, office");
  EXPECT_EQ(suggest("zzz", std::vector<std::string_view>{}), "none is declared");
  EXPECT_EQ(in_quotes("a\x1b[31m"), "'a?[31m'");
}

TEST(Problems, AreBounded) {
  Problems problems{"f"};
  for (std::size_t i = 0; i < 1000; ++i) problems.add({i, 1}, "wrong");
  const auto all = problems.take();
  ASSERT_EQ(all.size(), 101U);
  EXPECT_EQ(to_text(all.back()), "f: and 900 more");
}

}  // namespace
}  // namespace dcmwatch
