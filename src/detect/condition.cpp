#include "detect/condition.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "detect/pattern.h"
#include "model/map_reader.h"

namespace dcmwatch {
namespace {

constexpr int kDeepest = 32;
constexpr std::size_t kMostOfAList = 64;
// Of a rule: all of them may be asked of every record.
constexpr std::size_t kMostParts = 16'384;

struct Word {
  std::string_view text;  // empty at the end
  std::size_t offset = 0;
};

/// disjunction := conjunction ("or" conjunction)*    conjunction := negation ("and" negation)*
/// negation    := "not" negation | operand            operand     := "(" disjunction ")" | ("1" | "any" | "all") "of"
/// group | name
class ConditionReader {
 public:
  /// `used` learns which selections the condition asks for, `parts_left` how many parts more the rule may have.
  ConditionReader(const Node& node, const std::vector<std::string>& selections, std::vector<bool>& used,
                  std::size_t& parts_left, Problems& problems)
      : node_(node), selections_(selections), used_(used), parts_left_(parts_left), problems_(problems) {
    advance();
  }

  std::optional<Condition> read() {
    auto condition = read_disjunction();
    if (condition && !word_.text.empty()) return complain_of_rest("expected 'and', 'or' or the end");
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

  // Sigma's older rules shout.
  [[nodiscard]] bool at(std::string_view word) const {
    return stands_in(word_.text, word, Anchor::whole, Case::ignored);
  }

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
    if (!take_parts(1)) return std::nullopt;
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
      if (inner && word_.text.empty()) return complain("missing ')'", "close the parenthesis");
      if (inner && !take(")")) return complain_of_rest("close the parenthesis");
      return inner;
    }
    if (at("1") || at("any") || at("all")) return read_group();
    const auto found = std::find(selections_.begin(), selections_.end(), word_.text);
    if (found == selections_.end()) return complain_of_word();
    advance();
    return selection(static_cast<std::size_t>(found - selections_.begin()));
  }

  // What Sigma had before its correlations: in the middle of a condition, mostly.
  bool complain_of_older_sigma() {
    if (at("|"))
      complain("aggregations ('| count() ...') are not supported", "write a correlation that counts the rule");
    if (at("near")) complain("'near' is not supported", "write a correlation of type 'temporal'");
    return at("|") || at("near");
  }

  std::nullopt_t complain_of_rest(std::string fix) {
    if (complain_of_older_sigma()) return std::nullopt;
    return complain("unexpected " + in_quotes(word_.text), std::move(fix));
  }

  std::nullopt_t complain_of_word() {
    if (word_.text.empty()) return complain("condition ends too early", "a selection's name is missing");
    if (complain_of_older_sigma()) return std::nullopt;
    if (std::isdigit(static_cast<unsigned char>(word_.text.front())) != 0)
      return complain("unknown selection " + in_quotes(word_.text), "of several, '1 of' and 'all of' can be asked for");
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
    const Pattern pattern{word_.text, Anchor::whole, Case::matters};
    if (!take_parts(selections_.size())) return std::nullopt;
    for (std::size_t i = 0; i < selections_.size(); ++i) {
      if (them ? selections_[i].front() != '_' : pattern.matches(selections_[i]))
        condition.parts.push_back(selection(i));
    }
    if (condition.parts.empty())
      return complain("no selection is called " + in_quotes(word_.text), suggest(word_.text, views()));
    advance();
    return condition;
  }

  bool take_parts(std::size_t number) {
    if (number <= parts_left_) {
      parts_left_ -= number;
      return true;
    }
    complain("the condition has too many parts",
             std::to_string(kMostParts) + " are the limit, each selection that 'of' stands for among them");
    return false;
  }

  Condition selection(std::size_t index) {
    used_[index] = true;
    return {Condition::Kind::selection, index, {}};
  }

  const Node& node_;
  const std::vector<std::string>& selections_;
  std::vector<bool>& used_;
  std::size_t& parts_left_;
  Problems& problems_;
  std::vector<std::string_view> views_;
  Word word_;
  std::size_t next_ = 0;
  int depth_ = 0;
};

// Sigma: the condition can be a list, of which one must hold.
std::optional<Condition> read_any_of(const Node& list, const std::vector<std::string>& selections,
                                     std::vector<bool>& used, std::size_t& parts_left, Problems& problems) {
  Condition any{Condition::Kind::disjunction, 0, {}};
  if (list.children.size() > kMostOfAList) {
    problems.add(list.at, "'condition' has too many", std::to_string(kMostOfAList) + " are the limit");
    return std::nullopt;
  }
  for (const Node& item : list.children) {
    if (!scalar(item, "each of 'condition'", problems)) return std::nullopt;
    auto part = ConditionReader{item, selections, used, parts_left, problems}.read();
    if (!part) return std::nullopt;
    any.parts.push_back(std::move(*part));
  }
  return any;
}

}  // namespace

std::optional<Condition> read_condition(const Node& node, const std::vector<std::string>& selections,
                                        Problems& problems) {
  std::vector<bool> used(selections.size());
  std::size_t parts_left = kMostParts;
  std::optional<Condition> condition;
  if (node.kind == Node::Kind::scalar) {
    condition = ConditionReader{node, selections, used, parts_left, problems}.read();
  } else if (node.kind == Node::Kind::list && !node.children.empty()) {
    condition = read_any_of(node, selections, used, parts_left, problems);
  } else {
    problems.add(node.at.line != 0 ? node.at : node.key_at,
                 "'condition' must be a text, or a list of which one must hold", "write 'condition: selection'");
  }
  if (!condition) return std::nullopt;
  for (std::size_t i = 0; i < selections.size(); ++i) {
    if (!used[i])
      problems.add(node.at, "the condition does not use selection " + in_quotes(selections[i]), "use it or remove it");
  }
  return condition;
}

}  // namespace dcmwatch
