#include "detect/modifiers.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

namespace dcmwatch {
namespace {

using Set = std::uint32_t;

constexpr Set kContains = 1U << 0, kStartsWith = 1U << 1, kEndsWith = 1U << 2, kAll = 1U << 3, kExists = 1U << 4,
              kCased = 1U << 5, kNeq = 1U << 6, kRe = 1U << 7, kIgnoreCase = 1U << 8, kMultiLine = 1U << 9,
              kSingleLine = 1U << 10, kCidr = 1U << 11, kFieldRef = 1U << 12, kLt = 1U << 13, kLte = 1U << 14,
              kGt = 1U << 15, kGte = 1U << 16, kMinute = 1U << 17, kHour = 1U << 18, kDay = 1U << 19, kWeek = 1U << 20,
              kMonth = 1U << 21, kYear = 1U << 22;
constexpr Set kAnchors = kContains | kStartsWith | kEndsWith, kFlags = kIgnoreCase | kMultiLine | kSingleLine,
              kBounds = kLt | kLte | kGt | kGte, kParts = kMinute | kHour | kDay | kWeek | kMonth | kYear;

struct Modifier {
  std::string_view name;
  Set bit;
  Set goes_with;
  Set stands_after = 0;  ///< one of these
  void (*say)(Modifiers&);
};

template <bool Modifiers::*member>
void set(Modifiers& said) {
  said.*member = true;
}
template <bool RegularExpression::Flags::*member>
void set_flag(Modifiers& said) {
  said.flags.*member = true;
}
template <Anchor anchor>
void set_anchor(Modifiers& said) {
  said.anchor = anchor;
}
template <TimePart part>
void set_part(Modifiers& said) {
  said.part = part;
}

constexpr Set kWithAnchors = kAll | kNeq | kCased | kFieldRef;
constexpr Set kWithFlags = kRe | kFlags | kAll | kNeq;
constexpr Set kWithParts = kBounds | kNeq;

// Sigma, appendix "Modifiers" 2.1.0.
constexpr std::array kModifiers{
    Modifier{"contains", kContains, kWithAnchors, 0, set_anchor<Anchor::anywhere>},
    Modifier{"startswith", kStartsWith, kWithAnchors, 0, set_anchor<Anchor::start>},
    Modifier{"endswith", kEndsWith, kWithAnchors, 0, set_anchor<Anchor::end>},
    Modifier{"all", kAll, kAnchors | kCased | kRe | kFlags | kCidr | kFieldRef, 0, set<&Modifiers::all>},
    Modifier{"cased", kCased, kAnchors | kAll | kNeq | kFieldRef, 0, set<&Modifiers::cased>},
    Modifier{"re", kRe, kFlags | kAll | kNeq, 0, set<&Modifiers::re>},
    Modifier{"cidr", kCidr, kAll | kNeq, 0, set<&Modifiers::cidr>},
    Modifier{"fieldref", kFieldRef, kAnchors | kAll | kNeq | kCased, 0, set<&Modifiers::fieldref>},
    Modifier{"exists", kExists, 0, 0, set<&Modifiers::exists>},
    Modifier{"neq", kNeq, kAnchors | kCased | kRe | kFlags | kCidr | kFieldRef | kParts, 0, set<&Modifiers::neq>},
    Modifier{"lt", kLt, kParts, 0, [](Modifiers& said) { said.bound = "lt"; }},
    Modifier{"lte", kLte, kParts, 0, [](Modifiers& said) { said.bound = "lte"; }},
    Modifier{"gt", kGt, kParts, 0, [](Modifiers& said) { said.bound = "gt"; }},
    Modifier{"gte", kGte, kParts, 0, [](Modifiers& said) { said.bound = "gte"; }},
    Modifier{"i", kIgnoreCase, kWithFlags, kRe, set_flag<&RegularExpression::Flags::ignores_case>},
    Modifier{"m", kMultiLine, kWithFlags, kRe, set_flag<&RegularExpression::Flags::multi_line>},
    Modifier{"s", kSingleLine, kWithFlags, kRe, set_flag<&RegularExpression::Flags::dot_takes_newline>},
    Modifier{"minute", kMinute, kWithParts, 0, set_part<TimePart::minute>},
    Modifier{"hour", kHour, kWithParts, 0, set_part<TimePart::hour>},
    Modifier{"day", kDay, kWithParts, 0, set_part<TimePart::day>},
    Modifier{"week", kWeek, kWithParts, 0, set_part<TimePart::week>},
    Modifier{"month", kMonth, kWithParts, 0, set_part<TimePart::month>},
    Modifier{"year", kYear, kWithParts, 0, set_part<TimePart::year>},
};

/// Sigma's, but not ours, and why.
struct Refusal {
  std::string_view name;
  std::string_view why;
};

constexpr std::string_view kNotEncoded = "no field holds encoded text: compare the text as it is";
constexpr std::array kRefused{
    Refusal{"base64", kNotEncoded},
    Refusal{"base64offset", kNotEncoded},
    Refusal{"utf16", kNotEncoded},
    Refusal{"utf16le", kNotEncoded},
    Refusal{"utf16be", kNotEncoded},
    Refusal{"wide", kNotEncoded},
    Refusal{"windash", "it is about the command lines of Windows, which no network shows"},
    Refusal{"expand", "nobody fills placeholders in here: write the values out"},
};

std::string_view name_of(Set bit) {
  return std::find_if(kModifiers.begin(), kModifiers.end(), [bit](const Modifier& m) { return m.bit == bit; })->name;
}

class ModifierReader {
 public:
  ModifierReader(Position at, Problems& problems) : at_(at), problems_(problems) {}

  std::optional<Modifiers> read(std::string_view text) {
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find('|', begin), text.size());
      if (!take(text.substr(begin, end - begin), {at_.line, at_.column + begin})) return std::nullopt;
      begin = end + 1;
    }
    return said_;
  }

 private:
  bool take(std::string_view name, Position at) {
    const auto modifier =
        std::find_if(kModifiers.begin(), kModifiers.end(), [name](const Modifier& m) { return m.name == name; });
    if (modifier == kModifiers.end()) return refuse(name, at);
    if (const Set against = read_ & ~modifier->goes_with; against != 0) {
      const std::string_view other = name_of(std::bit_floor(against));
      problems_.add(at,
                    "modifier " + in_quotes(name) +
                        (other == name ? " stands there twice" : " does not go with " + in_quotes(other)),
                    goes_with_text(*modifier));
      return false;
    }
    if (modifier->stands_after != 0 && (read_ & modifier->stands_after) == 0) {
      problems_.add(at, "modifier " + in_quotes(name) + " is one of 're'", "write |re|" + std::string{name});
      return false;
    }
    read_ |= modifier->bit;
    modifier->say(said_);
    return true;
  }

  bool refuse(std::string_view name, Position at) {
    const auto refused =
        std::find_if(kRefused.begin(), kRefused.end(), [name](const Refusal& r) { return r.name == name; });
    if (refused != kRefused.end()) {
      problems_.add(at, "modifier " + in_quotes(name) + " is not supported", std::string{refused->why});
      return false;
    }
    std::vector<std::string_view> names;
    for (const Modifier& modifier : kModifiers) names.push_back(modifier.name);
    problems_.add(at, "unknown modifier " + in_quotes(name), suggest(name, names));
    return false;
  }

  static std::string goes_with_text(const Modifier& modifier) {
    std::vector<std::string_view> names;
    for (const Modifier& other : kModifiers) {
      if ((modifier.goes_with & other.bit) != 0) names.push_back(other.name);
    }
    return names.empty() ? "it stands alone" : "it goes with: " + listed(names);
  }

  Position at_;
  Problems& problems_;
  Modifiers said_;
  Set read_ = 0;
};

}  // namespace

std::optional<Modifiers> read_modifiers(std::string_view text, Position at, Problems& problems) {
  return ModifierReader{at, problems}.read(text);
}

}  // namespace dcmwatch
