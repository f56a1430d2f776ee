// How what a field has is held against what a rule wants of it.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>
#include <variant>
#include <vector>

#include "detect/selection.h"

namespace dcmwatch {

/// Gives every value of a field, as its own type, to one function.
template <typename Visit>
class Values final : public FieldSink {
 public:
  explicit Values(Visit& visit) : visit_(visit) {}
  void text(std::string_view value) override { visit_(value); }
  void number(std::int64_t value) override { visit_(value); }
  void boolean(bool value) override { visit_(value); }
  void address(const IpAddress& value) override { visit_(value); }
  void time(Timestamp value) override { visit_(value); }

 private:
  Visit& visit_;
};

template <typename Visit>
void each_value(const Field& field, const Record& record, Visit visit) {
  Values<Visit> values{visit};
  field.visit(record, values);
}

inline bool contains(const Range& range, std::int64_t number) { return range.least <= number && number <= range.most; }

// Addresses of IPv4 are kept mapped into IPv6, but ::/0 says IPv6.
inline bool contains(const Network& network, const IpAddress& address) {
  constexpr unsigned kMappedBits = 96;
  return network.contains(address) && (network.prefix_bits() >= kMappedBits || !address.is_v4());
}

// A field is only compared with one of its own type, or another of texts.
inline bool is_same(const FieldReference& how, std::string_view theirs, std::string_view seen) {
  return stands_in(seen, theirs, how.anchor, how.letters);
}
template <typename Value>
bool is_same(const FieldReference&, const Value& theirs, const Value& seen) {
  return theirs == seen;
}
template <typename Theirs, typename Seen>
bool is_same(const FieldReference&, const Theirs&, const Seen&) {
  return false;
}

/// Whether what was seen in a field is what a rule wants of it.
struct Equal {
  const Record& record;

  bool operator()(const Value& wanted, std::string_view seen) const {
    if (const auto* pattern = std::get_if<Pattern>(&wanted)) return pattern->matches(seen);
    if (const auto* expression = std::get_if<RegularExpression>(&wanted)) return expression->matches(seen);
    return equals_other(wanted, seen);
  }
  bool operator()(const Value& wanted, std::int64_t seen) const {
    if (const auto* range = std::get_if<Range>(&wanted)) return contains(*range, seen);
    if (const auto* number = std::get_if<std::int64_t>(&wanted)) return *number == seen;
    return equals_other(wanted, seen);
  }
  bool operator()(const Value& wanted, bool seen) const {
    if (const auto* truth = std::get_if<bool>(&wanted)) return *truth == seen;
    return equals_other(wanted, seen);
  }
  bool operator()(const Value& wanted, const IpAddress& seen) const {
    if (const auto* address = std::get_if<IpAddress>(&wanted)) return *address == seen;
    if (const auto* network = std::get_if<Network>(&wanted)) return contains(*network, seen);
    if (std::holds_alternative<FieldReference>(wanted)) return equals_other(wanted, seen);
    std::array<char, kLongestIpText> text;
    return (*this)(wanted, std::string_view{text.data(), put_text(text.data(), seen)});
  }
  bool operator()(const Value& wanted, Timestamp seen) const {
    if (const auto* range = std::get_if<TimeRange>(&wanted)) return contains(range->range, part_of(seen, range->part));
    return equals_other(wanted, seen);
  }

 private:
  template <typename Seen>
  bool equals_other(const Value& wanted, const Seen& seen) const {
    const auto* other = std::get_if<FieldReference>(&wanted);
    bool same = false;
    if (other) each_value(*other->field, record, [&](const auto& theirs) { same |= is_same(*other, theirs, seen); });
    return same;
  }
};

template <typename Seen>
bool is_wanted(const std::vector<Value>& values, const Seen& seen, const Equal& equal) {
  return std::any_of(values.begin(), values.end(), [&](const Value& wanted) { return equal(wanted, seen); });
}

}  // namespace dcmwatch
