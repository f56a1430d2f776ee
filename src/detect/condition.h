// A rule's condition: selections joined by and, or, not, parentheses, "1 of x*" and "all of them".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "detect/needs.h"
#include "model/document.h"

namespace dcmwatch {

/// Of three-valued logic (Kleene's): nothing is "not known".
template <typename Parts, typename Decide>
std::optional<bool> all_of(const Parts& parts, const Decide& decide) {
  bool known = true;
  for (const auto& part : parts) {
    const std::optional<bool> one = decide(part);
    if (one == false) return false;
    known = known && one;
  }
  return known ? std::optional{true} : std::nullopt;
}
template <typename Parts, typename Decide>
std::optional<bool> any_of(const Parts& parts, const Decide& decide) {
  bool known = true;
  for (const auto& part : parts) {
    const std::optional<bool> one = decide(part);
    if (one == true) return true;
    known = known && one;
  }
  return known ? std::optional{false} : std::nullopt;
}

/// A tree, small and fixed once read.
struct Condition {
  enum class Kind : std::uint8_t { selection, negation, conjunction, disjunction };

  Kind kind = Kind::selection;
  std::size_t selection = 0;       ///< index, of a selection
  std::vector<Condition> parts{};  ///< of the others

  /// `holds(index)` tells whether a selection does; it is asked only as far as the answer needs.
  template <typename Holds>
  [[nodiscard]] bool evaluate(const Holds& holds) const {
    switch (kind) {
      case Kind::selection: return holds(selection);
      case Kind::negation: return !parts.front().evaluate(holds);
      case Kind::conjunction:
        for (const Condition& part : parts) {
          if (!part.evaluate(holds)) return false;
        }
        return true;
      case Kind::disjunction:
        for (const Condition& part : parts) {
          if (part.evaluate(holds)) return true;
        }
        return false;
    }
    return false;
  }

  /// The same from what is known of the selections; nothing where it is known of too few of them.
  template <typename Known>
  [[nodiscard]] std::optional<bool> decide(const Known& known) const {
    if (kind == Kind::selection) return known(selection);
    if (kind == Kind::negation) {
      const std::optional<bool> part = parts.front().decide(known);
      return part ? std::optional{!*part} : std::nullopt;
    }
    const auto decided = [&](const Condition& part) { return part.decide(known); };
    return kind == Kind::conjunction ? all_of(parts, decided) : any_of(parts, decided);
  }

  /// What must be there wherever this holds; nothing if it may hold without. `needs_of(index)` says the same of a
  /// selection.
  template <typename NeedsOf>
  [[nodiscard]] auto needs(const NeedsOf& needs_of) const -> decltype(needs_of(selection)) {
    if (kind == Kind::selection) return needs_of(selection);
    if (kind == Kind::negation) return std::nullopt;
    auto all = parts.front().needs(needs_of);
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const auto part = parts[i].needs(needs_of);
      all = kind == Kind::conjunction ? fewer(std::move(all), part) : either(std::move(all), part);
    }
    return all;
  }

  /// Whether what it says of one phase of a record lasts, by what `lasts_of(index)` says of a selection.
  template <typename LastsOf>
  [[nodiscard]] auto lasts(const LastsOf& lasts_of) const -> decltype(lasts_of(selection)) {
    if (kind == Kind::selection) return lasts_of(selection);
    auto all = parts.front().lasts(lasts_of);
    if (kind == Kind::negation) return {.yes = all.no, .no = all.yes};
    for (std::size_t i = 1; i < parts.size(); ++i) all = all & parts[i].lasts(lasts_of);
    return all;
  }
};

/// Nothing, and a problem at the word that is wrong, if the text is no condition over these selections.
/// A selection that the condition does not use is a problem too.
std::optional<Condition> read_condition(const Node& node, const std::vector<std::string>& selections,
                                        Problems& problems);

}  // namespace dcmwatch
