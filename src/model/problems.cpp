#include "model/problems.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace dcmwatch {
namespace {

constexpr std::size_t kQuotedLength = 60;
constexpr std::size_t kLongestSuggestion = 96;

std::string joined(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) {
    if (!text.empty()) text += '\n';
    text += to_text(problem);
  }
  return text;
}

// Fit for a terminal whatever the file holds.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return out;
}

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Letters wrong, missing, added, or two neighbours exchanged; case does not count. Three rows are enough. What is not
// below `bound` is not counted out.
std::size_t distance(std::string_view one, std::string_view other, std::size_t bound) {
  if (std::max(one.size(), other.size()) - std::min(one.size(), other.size()) >= bound) return bound;
  std::vector<std::size_t> before(other.size() + 1);
  std::vector<std::size_t> above(other.size() + 1);
  std::vector<std::size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  const auto same = [&](std::size_t i, std::size_t j) { return folded(one[i]) == folded(other[j]); };
  std::size_t least_above = 0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i + 1;
    for (std::size_t j = 0; j < other.size(); ++j) {
      row[j + 1] = std::min({above[j] + (same(i, j) ? 0 : 1), row[j] + 1, above[j + 1] + 1});
      const bool exchanged = i > 0 && j > 0 && same(i, j - 1) && same(i - 1, j);
      if (exchanged) row[j + 1] = std::min(row[j + 1], before[j - 1] + 1);
    }
    const std::size_t least = std::ranges::min(row);
    if (std::min(least, least_above) >= bound) return bound;
    least_above = least;
  }
  return row.back();
}

/// The first of the closest; empty if none is close.
std::string_view nearest(std::string_view written, std::span<const std::string_view> candidates) {
  std::string_view best;
  std::size_t bound = std::max<std::size_t>(1, written.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    if (written.size() > kLongestSuggestion || candidate.size() > kLongestSuggestion) continue;
    const std::size_t away = distance(written, candidate, bound);
    if (away < bound) {
      bound = away;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view name) { return "did you mean '" + printable(name) + "'?"; }

}  // namespace

std::string to_text(const Problem& problem) {
  std::string text = problem.file;
  if (problem.at.line != 0) text += ':' + std::to_string(problem.at.line) + ':' + std::to_string(problem.at.column);
  text += ": " + problem.what;
  if (!problem.fix.empty()) text += "; " + problem.fix;
  return text;
}

ConfigurationError::ConfigurationError(std::vector<Problem> problems)
    : std::runtime_error(joined(problems)), problems_(std::move(problems)) {}

bool Problems::full() const { return problems_.size() == kKept; }

std::uint32_t Problems::add_file(std::string file) {
  files_.push_back(std::move(file));
  return static_cast<std::uint32_t>(files_.size() - 1);
}

void Problems::add(Position at, std::string what, std::string fix) {
  if (full()) {
    ++more_;
    return;
  }
  problems_.push_back({at, std::move(what), std::move(fix)});
}

std::string Problems::unknown(std::string_view kind, std::string_view written) {
  std::string what{"unknown "};
  return what.append(kind).append(" ").append(in_quotes(written));
}

std::string Problems::place(Position at) const { return files_[at.file] + ':' + std::to_string(at.line); }

std::vector<Problem> Problems::take() {
  std::ranges::stable_sort(problems_, [](const Placed& one, const Placed& other) {
    return std::tie(one.at.file, one.at.line, one.at.column) < std::tie(other.at.file, other.at.line, other.at.column);
  });
  std::vector<Problem> all;
  for (Placed& one : problems_) all.push_back({files_[one.at.file], one.at, std::move(one.what), std::move(one.fix)});
  problems_.clear();
  if (more_ != 0) all.push_back({files_[0], {}, "and " + std::to_string(std::exchange(more_, 0)) + " more", {}});
  return all;
}

void Problems::throw_if_any() {
  if (!empty()) throw ConfigurationError(take());
}

std::string in_quotes(std::string_view text) {
  return '\'' + printable(text.substr(0, kQuotedLength)) + (text.size() > kQuotedLength ? "…'" : "'");
}

std::string listed(std::span<const std::string_view> names, std::size_t most) {
  std::string out;
  for (const std::string_view name : names.first(std::min(names.size(), most))) {
    if (!out.empty()) out += ", ";
    out += name;
  }
  if (names.size() > most) out += " … and " + std::to_string(names.size() - most) + " more";
  return out;
}

std::string suggest(std::string_view written, std::span<const std::string_view> candidates, std::size_t most) {
  if (candidates.empty()) return "none is declared";
  if (const std::string_view near = nearest(written, candidates); !near.empty()) return did_you_mean(near);
  return (candidates.size() == 1 ? "known: " : "one of: ") + listed(candidates, most);
}

std::string suggest(std::string_view written, const KnownNames& known) {
  std::vector<std::string_view> all = known.many;
  all.insert(all.end(), known.few.begin(), known.few.end());
  const std::string_view near = nearest(written, all);
  return near.empty() ? suggest(written, known.few) : did_you_mean(near);
}

}  // namespace dcmwatch
