#include "detect/correlation_window.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <list>
#include <optional>
#include <string>

namespace dcmwatch {
namespace {

/// Of an occurrence, as long as it counts.
struct Kept {
  Timestamp time{};
  Mark mark;
  std::uint32_t member = 0;
};

Kept kept(const CountedMatch& occurrence) {
  return {occurrence.time, occurrence.mark, static_cast<std::uint32_t>(occurrence.member)};
}

/// event_count: the latest events.
class EventWindow final : public CorrelationWindow {
 public:
  explicit EventWindow(const Correlation& correlation)
      : kept_(correlation.counts_up_to()), members_(correlation.members.size()) {}

  void expire(Timestamp until) override {
    while (!events_.empty() && events_.front().time <= until) events_.pop_front();
  }
  void add(const CountedMatch& occurrence) override {
    events_.push_back(kept(occurrence));
    if (events_.size() > kept_) events_.pop_front();
  }
  [[nodiscard]] std::size_t count() const override { return events_.size(); }
  [[nodiscard]] Mark first() const override { return events_.front().mark; }
  [[nodiscard]] std::vector<bool> members() const override {
    std::vector<bool> members(members_);
    for (const Kept& event : events_) members[event.member] = true;
    return members;
  }
  [[nodiscard]] std::size_t bytes() const override { return sizeof *this + events_.size() * sizeof(Kept); }

 private:
  std::size_t kept_;
  std::size_t members_;
  std::deque<Kept> events_;
};

/// value_count: the values seen latest, each once, at its latest time.
class ValueWindow final : public CorrelationWindow {
 public:
  explicit ValueWindow(const Correlation& correlation)
      : kept_(correlation.counts_up_to()), members_(correlation.members.size()) {}

  void expire(Timestamp until) override {
    while (!values_.empty() && values_.front().latest.time <= until) forget_oldest();
  }
  void add(const CountedMatch& occurrence) override {
    if (const auto known = places_.find(occurrence.value); known != places_.end()) {
      known->second->latest = kept(occurrence);
      values_.splice(values_.end(), values_, known->second);
      return;
    }
    const auto place = values_.insert(values_.end(), {std::string{occurrence.value}, kept(occurrence)});
    places_.emplace(place->text, place);
    text_bytes_ += place->text.size();
    if (values_.size() > kept_) forget_oldest();
  }
  [[nodiscard]] std::size_t count() const override { return values_.size(); }
  [[nodiscard]] Mark first() const override { return values_.front().latest.mark; }
  [[nodiscard]] std::vector<bool> members() const override {
    std::vector<bool> members(members_);
    for (const Value& value : values_) members[value.latest.member] = true;
    return members;
  }
  [[nodiscard]] std::size_t bytes() const override {
    constexpr std::size_t kOfAPlace = 2 * (sizeof(std::string_view) + sizeof(void*));  // the table is half empty
    return sizeof *this + values_.size() * (sizeof(Value) + kOfAPlace) + text_bytes_;
  }

 private:
  struct Value {
    std::string text;
    Kept latest;
  };

  void forget_oldest() {
    text_bytes_ -= values_.front().text.size();
    places_.erase(values_.front().text);
    values_.pop_front();
  }

  std::size_t kept_;
  std::size_t members_;
  std::list<Value> values_;  // seen longest ago first
  boost::unordered_flat_map<std::string_view, std::list<Value>::iterator> places_;
  std::size_t text_bytes_ = 0;
};

/// value_sum: the latest amounts. Of too many, neighbours become one, which goes when the earlier would: a sum is never
/// too large.
class SumWindow final : public CorrelationWindow {
 public:
  explicit SumWindow(const Correlation& correlation)
      : kept_(correlation.counts_up_to()),
        members_(correlation.members.size()),
        grain_(correlation.timespan / static_cast<Duration::rep>(kMostCounted / 2)) {}

  void expire(Timestamp until) override {
    while (!amounts_.empty() && amounts_.front().of.time <= until) forget_oldest();
  }
  void add(const CountedMatch& occurrence) override {
    const std::uint64_t amount = std::min(occurrence.amount, kLargest);
    amounts_.push_back({kept(occurrence), amount, std::uint64_t{1} << occurrence.member});
    sum_ += amount;
    while (sum_ - amounts_.front().amount >= kept_) forget_oldest();
    if (amounts_.size() > kMostCounted) join_neighbours();
  }
  [[nodiscard]] std::size_t count() const override { return sum_; }
  [[nodiscard]] Mark first() const override { return amounts_.front().of.mark; }
  [[nodiscard]] std::vector<bool> members() const override {
    std::vector<bool> members(members_);
    for (const Amount& amount : amounts_) {
      for (std::size_t member = 0; member < members_; ++member)
        if ((amount.members >> member & 1) != 0) members[member] = true;
    }
    return members;
  }
  [[nodiscard]] std::size_t bytes() const override { return sizeof *this + amounts_.size() * sizeof(Amount); }

 private:
  // All are above zero and their sum is bounded, so that no sum is more than there are numbers for.
  static constexpr std::uint64_t kLargest = std::uint64_t{1} << 48;

  struct Amount {
    Kept of;
    std::uint64_t amount = 0;
    std::uint64_t members = 0;  ///< a bit each; a correlation has 64 rules at most
  };

  void forget_oldest() {
    sum_ -= amounts_.front().amount;
    amounts_.pop_front();
  }

  // All lie within one timespan, so that half as many are left at most.
  void join_neighbours() {
    std::deque<Amount> joined;
    for (const Amount& amount : amounts_) {
      if (joined.empty() || amount.of.time - joined.back().of.time > grain_) {
        joined.push_back(amount);
      } else {
        joined.back().amount += amount.amount;
        joined.back().members |= amount.members;
      }
    }
    amounts_.swap(joined);
  }

  std::size_t kept_;
  std::size_t members_;
  Duration grain_;
  std::deque<Amount> amounts_;
  std::uint64_t sum_ = 0;
};

/// temporal: each rule's latest match.
class AnyOrderWindow final : public CorrelationWindow {
 public:
  explicit AnyOrderWindow(const Correlation& correlation) : latest_(correlation.members.size()) {}

  void expire(Timestamp until) override {
    for (std::optional<Kept>& match : latest_) {
      if (match && match->time <= until) match.reset();
    }
  }
  void add(const CountedMatch& occurrence) override { latest_[occurrence.member] = kept(occurrence); }
  [[nodiscard]] std::size_t count() const override {
    return static_cast<std::size_t>(
        std::ranges::count_if(latest_, [](const auto& match) { return match.has_value(); }));
  }
  [[nodiscard]] Mark first() const override {
    const Kept* first = nullptr;
    for (const std::optional<Kept>& match : latest_) {
      if (match && (!first || match->time < first->time)) first = &*match;
    }
    return first ? first->mark : Mark{};
  }
  [[nodiscard]] std::vector<bool> members() const override {
    std::vector<bool> members;
    for (const std::optional<Kept>& match : latest_) members.push_back(match.has_value());
    return members;
  }
  [[nodiscard]] std::size_t bytes() const override { return sizeof *this + latest_.size() * sizeof latest_.front(); }

 private:
  std::vector<std::optional<Kept>> latest_;
};

/// temporal_ordered: of each number of rules that matched one after the other, which is the latest that such a chain
/// can have begun. No other chain can end within the timespan if that one does not.
class InOrderWindow final : public CorrelationWindow {
 public:
  explicit InOrderWindow(const Correlation& correlation) : chains_(correlation.members.size()) {}

  void expire(Timestamp until) override {
    for (Chain& chain : chains_) {
      for (auto* const begin : {&chain.begin, &chain.begin_before}) {
        if (*begin && (*begin)->time <= until) begin->reset();
      }
    }
  }
  void add(const CountedMatch& occurrence) override {
    Chain& chain = chains_[occurrence.member];
    const auto begin = occurrence.member == 0 ? std::optional{kept(occurrence)}
                                              : chains_[occurrence.member - 1].begun_before(occurrence.sequence);
    if (!begin) return;
    if (chain.sequence != occurrence.sequence) chain.begin_before = chain.begin;
    chain.begin = begin;
    chain.sequence = occurrence.sequence;
  }
  [[nodiscard]] std::size_t count() const override {
    std::size_t longest = chains_.size();
    while (longest > 0 && !chains_[longest - 1].begin) --longest;
    return longest;
  }
  [[nodiscard]] Mark first() const override { return chains_[count() - 1].begin->mark; }
  [[nodiscard]] std::vector<bool> members() const override {
    std::vector<bool> members(chains_.size());
    std::fill_n(members.begin(), count(), true);
    return members;
  }
  [[nodiscard]] std::size_t bytes() const override { return sizeof *this + chains_.size() * sizeof(Chain); }

 private:
  struct Chain {
    std::optional<Kept> begin;
    std::uint64_t sequence = 0;        ///< of the observation that it ends with
    std::optional<Kept> begin_before;  ///< and of the chain without that one

    /// An observation does not come after itself.
    [[nodiscard]] const std::optional<Kept>& begun_before(std::uint64_t observation) const {
      return sequence == observation ? begin_before : begin;
    }
  };

  std::vector<Chain> chains_;
};

}  // namespace

std::unique_ptr<CorrelationWindow> make_window(const Correlation& correlation) {
  switch (correlation.type) {
    case CorrelationType::event_count: return std::make_unique<EventWindow>(correlation);
    case CorrelationType::value_count: return std::make_unique<ValueWindow>(correlation);
    case CorrelationType::temporal: return std::make_unique<AnyOrderWindow>(correlation);
    case CorrelationType::temporal_ordered: return std::make_unique<InOrderWindow>(correlation);
    case CorrelationType::value_sum: return std::make_unique<SumWindow>(correlation);
  }
  return nullptr;
}

}  // namespace dcmwatch
