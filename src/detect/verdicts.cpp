#include "detect/verdicts.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "detect/closed_values.h"
#include "detect/values.h"

namespace dcmwatch {
namespace {

constexpr std::uint16_t kNotAsked = 0;  // the place of what is asked of no field

bool compares_fields(const FieldTest& test) {
  return std::ranges::any_of(test.values,
                             [](const Value& value) { return std::holds_alternative<FieldReference>(value); });
}

// Several rules may want the same.
void add_value(std::vector<std::pair<std::uint64_t, Value>>& values, std::uint64_t test, const Value& value) {
  const auto* const pattern = std::get_if<Pattern>(&value);
  const auto same = std::ranges::find_if(values, [&](const auto& known) {
    const auto* const other = std::get_if<Pattern>(&known.second);
    return pattern && other && *pattern == *other;
  });
  if (same == values.end()) {
    values.emplace_back(test, value);
  } else {
    same->first |= test;
  }
}

// Of a text, which letters are capitals is not asked: it is one of our own words.
bool has_one_value(const FieldTest& test) {
  if (test.values.empty()) return true;
  if (test.values.size() != 1 || test.field->type == FieldType::text_list) return false;
  const auto* const pattern = std::get_if<Pattern>(&test.values.front());
  return std::holds_alternative<bool>(test.values.front()) ||
         (pattern && pattern->any_case_text() && !closed_values(test.field->path).empty());
}

// Of those that are like one another (Detector::Plan).
bool is_alike(const Field& field) {
  static const std::array kAlike{find_field("conversation.proven"), find_field("destination.device"),
                                 find_field("destination.ip"), find_field("destination.role"),
                                 find_field("destination.zone"), find_field("event.dataset"), find_field("event.phase"),
                                 find_field("source.device"), find_field("source.ip"), find_field("source.role"),
                                 find_field("source.zone"),
                                 // of one kind
                                 find_field("dicom.accepted"), find_field("dicom.command"), find_field("dicom.invoker"),
                                 find_field("hl7.message_seen"), find_field("hl7.sent_by"),
                                 find_field("network.protocol"), find_field("network.transport")};
  return field.visit.reads() == Reads::judgement || std::ranges::find(kAlike, &field) != kAlike.end();
}

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

struct KindOf {
  std::uint64_t operator()(const DicomAssociation& association) const {
    return association.accepted ? (*association.accepted ? 2 : 1) : 0;
  }
  std::uint64_t operator()(const DicomOperation& operation) const {
    return std::uint64_t{operation.command_field} << 1 | static_cast<std::uint64_t>(operation.invoker);
  }
  std::uint64_t operator()(const Hl7Message& message) const {
    return static_cast<std::uint64_t>(message.message_seen) << 1 | static_cast<std::uint64_t>(message.sent_by_opener);
  }
  template <typename Other>
  std::uint64_t operator()(const Other&) const {
    return 0;
  }
};

}  // namespace

std::uint64_t kind_of(const Event& event) {
  return std::visit(KindOf{}, event.facts) << 16 | static_cast<std::uint64_t>(event.protocol) << 8 |
         static_cast<std::uint64_t>(event.parties.transport);
}

Verdicts::Verdicts(RuleSet& rules) : places_(fields().size(), kNotAsked), asked_(1) {
  for (Rule& rule : rules) {
    if (rule.correlation) continue;
    rule.needed_places.clear();
    for (const Field* const field : rule.needed) rule.needed_places.push_back(place_of(*field));
    for (Selection& selection : rule.selections) {
      for (FieldTests& tests : selection.any_of) {
        for (FieldTest& test : tests) add(test);
      }
    }
  }
}

std::uint16_t Verdicts::place_of(const Field& field) {
  std::uint16_t& place = places_[static_cast<std::size_t>(&field - fields().data())];
  if (place == kNotAsked) {
    place = static_cast<std::uint16_t>(asked_.size());
    Asked& asked = asked_.emplace_back();
    asked.field = &field;
    asked.alike = dcmwatch::is_alike(field);
  }
  return place;
}

std::optional<Verdicts::Plain> Verdicts::plain(const FieldTest& test) {
  Plain one{test.wants, test.kinds, {}, 0};
  if (test.kinds || test.values.empty()) return test.compares ? std::nullopt : std::optional{one};
  const bool* const truth = test.values.size() == 1 ? std::get_if<bool>(&test.values.front()) : nullptr;
  if (!truth) return std::nullopt;
  one.truth = *truth;
  return one;
}

void Verdicts::add(FieldTest& test) {
  test.field_place = place_of(*test.field);
  test.compares = compares_fields(test);
  test.has_one_value = has_one_value(test);
  Asked& asked = asked_[test.field_place];
  test.place = FieldTest::kNoPlace;
  const std::optional<Plain> shared = plain(test);
  const auto known = std::ranges::find_if(asked.plain, [&](const Plain& one) {
    return shared && one.wants == shared->wants && one.kinds == shared->kinds && one.truth == shared->truth;
  });
  if (known != asked.plain.end()) {
    test.place = known->place;
    return;
  }
  asked.overflows |= asked.tests == kMostTests;
  if (asked.overflows) return;
  test.place = static_cast<std::uint8_t>(asked.tests++);
  const Tests bit = Tests{1} << test.place;
  if (shared) asked.plain.push_back({shared->wants, shared->kinds, shared->truth, test.place});
  asked.compared |= test.compares;
  switch (test.wants) {
    case FieldTest::Wants::present: asked.if_present |= bit; return;
    case FieldTest::Wants::absent: asked.if_absent |= bit; return;
    case FieldTest::Wants::all:
    case FieldTest::Wants::none: asked.others.emplace_back(bit, test); return;
    case FieldTest::Wants::any: break;
  }
  if (test.kinds) asked.kinds.emplace_back(bit, *test.kinds);
  for (const Value& value : test.values) {
    const auto* const pattern = std::get_if<Pattern>(&value);
    const auto text = pattern ? pattern->any_case_text() : std::nullopt;
    if (std::holds_alternative<Absent>(value)) {
      asked.if_absent |= bit;
    } else if (const bool* const truth = std::get_if<bool>(&value)) {
      (*truth ? asked.if_true : asked.if_false) |= bit;
      asked.by_value = true;
    } else if (test.kinds) {
      continue;
    } else if (text && text->size() < kLongestText) {
      asked.texts[std::string{*text}] |= bit;
      asked.lengths |= std::uint64_t{1} << text->size();
      asked.by_value = true;
    } else {
      add_value(asked.values, bit, value);
      asked.by_value = true;
    }
  }
}

Verdicts::Tests Verdicts::with_text(const Asked& asked, std::string_view text) {
  if (text.size() >= kLongestText || (asked.lengths >> text.size() & 1) == 0) return 0;
  std::array<char, kLongestText> letters;
  std::ranges::transform(text, letters.begin(), lower);
  const auto known = asked.texts.find(std::string_view{letters.data(), text.size()});
  return known == asked.texts.end() ? 0 : known->second;
}

void Verdicts::read(Asked& asked) const {
  const Record record{*observation_};
  const Equal equal{record};
  Tests found = 0;
  const DeviationKinds kinds = asked.kinds.empty() ? 0 : kinds_of(*observation_->declared);
  asked.present = kinds != 0 || (!asked.by_value && is_there(*asked.field, record));
  if (asked.by_value) {
    each_value(*asked.field, record, [&](const auto& seen) {
      asked.present = true;
      if constexpr (std::is_convertible_v<decltype(seen), std::string_view>) found |= with_text(asked, seen);
      if constexpr (std::is_same_v<decltype(seen), const bool&>) found |= seen ? asked.if_true : asked.if_false;
      for (const auto& [test, value] : asked.values) {
        if ((found & test) != test && equal(value, seen)) found |= test;
      }
    });
  }
  for (const auto& [test, wanted] : asked.kinds) {
    if ((wanted & kinds) != 0) found |= test;
  }
  asked.taken = taken_;
  asked.hold = asked.present ? asked.if_present | found : asked.if_absent;
  if (!asked.present) return;
  for (const auto& [bit, test] : asked.others) {
    if (test.holds(record)) asked.hold |= bit;
  }
}

const Verdicts::Asked& Verdicts::up_to_date(std::uint16_t place) {
  Asked& asked = asked_[place];
  if (asked.taken != taken_) read(asked);
  return asked;
}

bool Verdicts::holds(const FieldTest& test) {
  const Asked& asked = up_to_date(test.field_place);
  const bool held =
      test.place == FieldTest::kNoPlace ? test.holds(Record{*observation_}) : (asked.hold >> test.place & 1) != 0;
  assert(held == test.holds(Record{*observation_}));
  return held;
}

bool Verdicts::matches(const Rule& rule) {
  if ((rule.datasets >> observation_->event.facts.index() & 1) == 0) return false;
  if (rule.at_end && observation_->event.phase != Phase::end) return false;
  // Most rules about messages ask for what hardly any has.
  if (!rule.needed_places.empty() &&
      std::ranges::none_of(rule.needed_places, [&](std::uint16_t place) { return up_to_date(place).present; }))
    return false;
  return rule.condition.evaluate([&](std::size_t index) {
    return std::ranges::any_of(rule.selections[index].any_of, [&](const FieldTests& tests) { return all_hold(tests); });
  });
}

std::optional<bool> Verdicts::decided(const Rule& rule) {
  if ((rule.datasets >> observation_->event.facts.index() & 1) == 0) return false;
  if (rule.at_end && observation_->event.phase != Phase::end) return false;
  const auto of_test = [this](const FieldTest& test) { return decided(test); };
  const auto of_tests = [&](const FieldTests& tests) { return dcmwatch::all_of(tests, of_test); };
  return rule.condition.decide(
      [&](std::size_t index) { return dcmwatch::any_of(rule.selections[index].any_of, of_tests); });
}

std::optional<bool> Verdicts::decided(const FieldTest& test) {
  const bool alike = !test.compares && is_alike(asked_[test.field_place]);
  return alike ? std::optional{holds(test)} : std::nullopt;
}

bool Verdicts::is_alike(const Asked& asked) const {
  return asked.alike || !asked.field->visit.kinds().overlaps(RecordKinds::of(Record{*observation_}));
}

void Verdicts::read(const Rule& rule) {
  for (const Selection& selection : rule.selections) {
    for (const FieldTests& tests : selection.any_of) {
      for (const FieldTest& test : tests) static_cast<void>(up_to_date(test.field_place));
    }
  }
}

bool Verdicts::appends_the_same(const Rule& rule) const {
  return std::ranges::all_of(rule.selections, [&](const Selection& selection) {
    return std::ranges::all_of(selection.any_of, [&](const FieldTests& tests) {
      return std::ranges::all_of(tests, [&](const FieldTest& test) {
        return test.has_one_value || (!test.compares && is_alike(asked_[test.field_place]));
      });
    });
  });
}

template <typename Fits>
std::vector<Verdicts::Known> Verdicts::known_of(Fits fits) const {
  std::vector<Known> known;
  for (std::uint16_t place = kNotAsked + 1; place < asked_.size(); ++place) {
    const Asked& asked = asked_[place];
    if (asked.taken == taken_ && fits(asked)) known.push_back({place, asked.present, asked.hold});
  }
  return known;
}

std::vector<Verdicts::Known> Verdicts::alike() const {
  return known_of([this](const Asked& asked) { return !asked.compared && is_alike(asked); });
}

std::vector<Verdicts::Known> Verdicts::particular() const {
  return known_of([this](const Asked& asked) { return asked.compared || !is_alike(asked); });
}

bool Verdicts::same(const std::vector<Known>& particular) {
  return std::ranges::all_of(particular, [this](const Known& known) {
    const Asked& asked = up_to_date(known.field_place);
    return asked.hold == known.hold && asked.present == known.present && !asked.overflows;
  });
}

void Verdicts::recall(const std::vector<Known>& alike) {
  for (const Known& known : alike) {
    Asked& asked = asked_[known.field_place];
    asked.taken = taken_;
    asked.present = known.present;
    asked.hold = known.hold;
  }
}

bool Verdicts::all_hold(const FieldTests& tests) {
  return std::ranges::all_of(tests, [this](const FieldTest& test) { return holds(test); });
}

void Verdicts::append_matched(const Rule& rule, std::string& text) {
  const Record record{*observation_};
  for (const Selection& selection : rule.selections) {
    for (const FieldTests& tests : selection.any_of) {
      if (!all_hold(tests)) continue;
      for (const FieldTest& test : tests) test.append_matched(record, text);
    }
  }
}

}  // namespace dcmwatch
