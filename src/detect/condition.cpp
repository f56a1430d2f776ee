#include "detect/condition.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "detect/pattern.h"

namespace dcmwatch {
namespace {

constexpr int kDeepest = 32;

struct Word {
  std::string_view text;  // empty at the end
  std::size_t offset = 0;
};

/// disjunction := conjunction ("or" conjunction)*    conjunction := negation ("and" negation)*
/// negation    := "not" negation | operand            operand     := "(" disjunction ")" | ("1" | "any" | "all") "of"
/// group | name
class ConditionReader {
 public:
  ConditionReader(const Node& node, const std::vector<std::string>& selections, Problems& problems)
      : node_(node), selections_(selections), problems_(problems), used_(selections.size()) {
    advance();
  }

  std::optional<Condition> read() {
    auto condition = read_disjunction();
    if (condition && !word_.text.empty())
      condition = complain("unexpected " + in_quotes(word_.text), "expected 'and', 'or' or the end");
    if (condition) refuse_unused();
    return condition;
  }

 private:
  static bool belongs_to_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '*' || c == '-' || c == '.';
  }

  void advance() {
    const std::string_view text = node_.text;
    while (next_ < text.size() && (text[next_] == ' ' || text[next_] == '\t' || text[next_] == '\n')) ++next_;
    std::size_t end = next_;
    while (end < text.size() && belongs_to_word(text[end])) ++end;
    if (end == next_ && end < text.size()) ++end;
    word_ = {text.substr(next_, end - next_), next_};
    next_ = end;
  }

  [[nodiscard]] bool at(std::string_view word) const { return word_.text == word; }

  bool take(std::string_view word) {
    if (!at(word)) return false;
    advance();
    return true;
  }

  // The column is exact where the condition is one plain line.
  std::nullopt_t complain(std::string what, std::string fix) {
    problems_.add({node_.at.line, node_.at.column + word_.offset + (node_.quoted ? 1 : 0)}, std::move(what),
                  std::move(fix));
    return std::nullopt;
  }

  std::optional<Condition> read_disjunction() {
    return read_chain("or", Condition::Kind::disjunction, [this] {
      return read_chain("and", Condition::Kind::conjunction, [this] { return read_negation(); });
    });
  }

  template <typename ReadPart>
  std::optional<Condition> read_chain(std::string_view link, Condition::Kind kind, const ReadPart& read_part) {
    std::vector<Condition> parts;
    do {
      auto part = read_part();
      if (!part) return std::nullopt;
      parts.push_back(std::move(*part));
    } while (take(link));
    if (parts.size() == 1) return std::move(parts.front());
    return Condition{kind, 0, std::move(parts)};
  }

  std::optional<Condition> read_negation() {
    if (++depth_ > kDeepest) return complain("condition nested too deeply", "32 levels are the limit");
    auto condition = take("not") ? negated(read_negation()) : read_operand();
    --depth_;
    return condition;
  }

  static std::optional<Condition> negated(std::optional<Condition> part) {
    if (!part) return std::nullopt;
    Condition condition{Condition::Kind::negation, 0, {}};
    condition.parts.push_back(std::move(*part));
    return condition;
  }

  std::optional<Condition> read_operand() {
    if (take("(")) {
      auto inner = read_disjunction();
      if (inner && !take(")"))
        return complain(word_.text.empty() ? "missing ')'" : "unexpected " + in_quotes(word_.text),
                        "close the parenthesis");
      return inner;
    }
    if (at("1") || at("any") || at("all")) return read_group();
    const auto found = std::find(selections_.begin(), selections_.end(), word_.text);
    if (found == selections_.end()) return complain_of_word();
    advance();
    return selection(static_cast<std::size_t>(found - selections_.begin()));
  }

  std::nullopt_t complain_of_word() {
    if (word_.text.empty()) return complain("condition ends too early", "a selection's name is missing");
    if (at("|")) return complain("aggregations ('| count() ...') are not supported", "a rule is about one record");
    if (at("near")) return complain("'near' is not supported", "a rule is about one record");
    return complain("unknown selection " + in_quotes(word_.text), suggest(word_.text, views()));
  }

  const std::vector<std::string_view>& views() {
    if (views_.empty()) views_.assign(selections_.begin(), selections_.end());
    return views_;
  }

  std::optional<Condition> read_group() {
    Condition condition{at("all") ? Condition::Kind::conjunction : Condition::Kind::disjunction, 0, {}};
    advance();
    if (!take("of")) return complain("expected 'of'", "write '1 of them' or 'all of selection*'");
    // Sigma: a selection whose name begins with an underscore is not one of "them".
    const bool them = at("them");
    const Pattern pattern{word_.text, Pattern::Anchor::whole};
    for (std::size_t i = 0; i < selections_.size(); ++i) {
      if (them ? selections_[i].front() != '_' : pattern.matches(selections_[i]))
        condition.parts.push_back(selection(i));
    }
    if (condition.parts.empty())
      return complain("no selection is called " + in_quotes(word_.text), suggest(word_.text, views()));
    advance();
    return condition;
  }

  Condition selection(std::size_t index) {
    used_[index] = true;
    return {Condition::Kind::selection, index, {}};
  }

  void refuse_unused() {
    for (std::size_t i = 0; i < selections_.size(); ++i) {
      if (!used_[i])
        problems_.add(node_.at, "the condition does not use selection " + in_quotes(selections_[i]),
                      "use it or remove it");
    }
  }

  const Node& node_;
  const std::vector<std::string>& selections_;
  Problems& problems_;
  std::vector<bool> used_;
  std::vector<std::string_view> views_;
  Word word_;
  std::size_t next_ = 0;
  int depth_ = 0;
};

}  // namespace

std::optional<Condition> read_condition(const Node& node, const std::vector<std::string>& selections,
                                        Problems& problems) {
  if (node.kind == Node::Kind::scalar) return ConditionReader{node, selections, problems}.read();
  problems.add(node.at.line != 0 ? node.at : node.key_at, "'condition' must be one text", "join several by 'or'");
  return std::nullopt;
}

}  // namespace dcmwatch
