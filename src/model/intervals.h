// Within `model`: sets of whole numbers, kept as the spans between their ends.
#pragma once

#include <algorithm>
#include <iterator>
#include <vector>

namespace dcmwatch {

/// Both ends belong to it.
template <typename Number>
struct Interval {
  Number first{};
  Number last{};

  friend bool operator==(const Interval&, const Interval&) = default;
};

template <typename Number>
using Intervals = std::vector<Interval<Number>>;

/// The same set as the fewest spans there can be, in order: however it was written, it comes out alike.
template <typename Number>
Intervals<Number> joined(Intervals<Number> spans) {
  std::sort(spans.begin(), spans.end(), [](const auto& one, const auto& other) { return one.first < other.first; });
  Intervals<Number> fewest;
  for (const auto& span : spans) {
    // The difference, since the last number has none after it.
    if (!fewest.empty() && (span.first <= fewest.back().last || span.first - fewest.back().last == 1)) {
      fewest.back().last = std::max(fewest.back().last, span.last);
    } else {
      fewest.push_back(span);
    }
  }
  return fewest;
}

/// Of joined spans.
template <typename Number>
bool contains(const Intervals<Number>& spans, Number number) {
  const auto after = std::ranges::upper_bound(spans, number, {}, &Interval<Number>::first);
  return after != spans.begin() && number <= std::prev(after)->last;
}

/// What of `spans` is not in `taken`; both joined.
template <typename Number>
Intervals<Number> beyond(const Intervals<Number>& taken, const Intervals<Number>& spans) {
  Intervals<Number> left;
  auto next = taken.begin();
  for (auto span : spans) {
    while (next != taken.end() && next->last < span.first) ++next;
    bool rest = true;
    for (auto over = next; over != taken.end() && over->first <= span.last; ++over) {
      if (span.first < over->first) left.push_back({span.first, static_cast<Number>(over->first - 1)});
      rest = over->last < span.last;
      if (!rest) break;
      span.first = static_cast<Number>(over->last + 1);
    }
    if (rest) left.push_back(span);
  }
  return left;
}

}  // namespace dcmwatch
