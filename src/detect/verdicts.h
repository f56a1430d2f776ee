// What many rules ask of one record, each field read once.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detect/rule.h"

namespace dcmwatch {

/// Which of a dataset's kinds an event is of: of whose command, of which answer, and the like. Costs no look at a
/// field.
[[nodiscard]] std::uint64_t kind_of(const Event& event);

/// Says what FieldTest::holds says, for the tests of one set of rules. A field is read when the first rule asks for it,
/// and held against what all rules want of it at once: texts by one look into a table, whatever their number. So a
/// record costs what it has fields that are asked for, not what there are rules.
///
/// Not shared between threads. The fields are those of fields().
class Verdicts {
 public:
  /// Gives the tests of these rules, but those of correlations, their places: they are asked by no other Verdicts.
  explicit Verdicts(RuleSet& rules);

  /// What follows is asked of this record, which lives as long as it is asked of.
  void take(const Observation& observation) {
    observation_ = &observation;
    ++taken_;
  }
  [[nodiscard]] bool matches(const Rule& rule);
  /// What `matches` says of this record and all that are like it: of one dataset, kind (kind_of) and phase, between the
  /// same two addresses, both proven or neither, and sharing one judgement of the model. Nothing if they may differ.
  [[nodiscard]] std::optional<bool> decided(const Rule& rule);
  /// What was read of this record, by `decided` and `matches`, that all that are like it have too.
  struct Known {
    std::uint16_t field_place = 0;
    bool present = false;
    std::uint64_t hold = 0;
  };
  [[nodiscard]] std::vector<Known> alike() const;
  /// The rest of what was read of it: of another that it is like, and that has the same there, `matches` says the same.
  [[nodiscard]] std::vector<Known> particular() const;
  /// Reads all that the rule asks for, which `matches` and append_matched may not have come to.
  void read(const Rule& rule);
  /// Whether append_matched says the same of these, too, if all was read.
  [[nodiscard]] bool appends_the_same(const Rule& rule) const;
  /// Of a record that this one is like: it is not read again.
  void recall(const std::vector<Known>& alike);
  /// Whether this record has the same there.
  [[nodiscard]] bool same(const std::vector<Known>& particular);
  /// Adds the values that the record, which matches, was matched by: the same text for the same values.
  void append_matched(const Rule& rule, std::string& text);

 private:
  using Tests = std::uint64_t;  // a bit each
  static constexpr std::size_t kMostTests = 64;
  static constexpr std::size_t kLongestText = 64;

  struct TextHash {
    using is_transparent = void;
    using is_avalanching = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  /// A test that many rules share: whether the field is there, is true, is one of these kinds.
  struct Plain {
    FieldTest::Wants wants{};
    std::optional<DeviationKinds> kinds;
    std::optional<bool> truth;
    std::uint8_t place = 0;
  };
  [[nodiscard]] static std::optional<Plain> plain(const FieldTest& test);

  /// What is asked of one field.
  struct Asked {
    const Field* field = nullptr;
    bool alike = false;       ///< the same in all records that are like one another and have it
    std::uint64_t taken = 0;  ///< when it was read
    bool present = false;
    Tests hold = 0;

    std::size_t tests = 0;
    std::vector<Plain> plain;
    Tests if_absent = 0;   ///< those that hold where it is absent
    Tests if_present = 0;  ///< that ask for no value
    Tests if_true = 0;     ///< of a truth
    Tests if_false = 0;
    bool compared = false;      ///< some compare it with another field
    bool overflows = false;     ///< there are more than have a place
    bool by_value = false;      ///< some ask for values that have to be read
    std::uint64_t lengths = 0;  ///< of the texts, a bit each
    boost::unordered_flat_map<std::string, Tests, TextHash, std::equal_to<>> texts;  ///< in lower case
    std::vector<std::pair<Tests, Value>> values;                                     ///< those that are no such text
    std::vector<std::pair<Tests, DeviationKinds>> kinds;
    std::vector<std::pair<Tests, FieldTest>> others;  ///< that are asked by themselves
  };

  void add(FieldTest& test);
  std::uint16_t place_of(const Field& field);
  void read(Asked& asked) const;
  [[nodiscard]] static Tests with_text(const Asked& asked, std::string_view text);
  [[nodiscard]] const Asked& up_to_date(std::uint16_t place);
  [[nodiscard]] bool is_alike(const Asked& asked) const;
  template <typename Fits>
  [[nodiscard]] std::vector<Known> known_of(Fits fits) const;
  [[nodiscard]] std::optional<bool> decided(const FieldTest& test);
  [[nodiscard]] bool holds(const FieldTest& test);
  [[nodiscard]] bool all_hold(const FieldTests& tests);

  std::vector<std::uint16_t> places_;  // by field
  std::vector<Asked> asked_;
  const Observation* observation_ = nullptr;
  std::uint64_t taken_ = 0;
};

}  // namespace dcmwatch
