// What a section of the summary is. Each stands in its own summary_*.cpp; summary.cpp lists them.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "output/record_sink.h"
#include "output/summary.h"
#include "output/text_page.h"

namespace dcmwatch {

class SummarySection {
 public:
  virtual ~SummarySection() = default;
  virtual void observe(const Observation&) {}
  virtual void observe(const Finding&) {}
  virtual void finish() {}
  virtual void render(TextPage& page, const RunFigures& run) const = 0;
};

/// Who talked to whom.
struct Pair {
  std::string source;
  std::string destination;

  friend auto operator<=>(const Pair&, const Pair&) = default;
};

Pair pair_of(const Observation& observation);

/// Rows by key, up to a limit; beyond it new keys are only counted.
template <typename Key, typename Row>
class BoundedRows {
 public:
  explicit BoundedRows(std::size_t limit) : limit_(limit) {}

  /// nullptr beyond the limit.
  Row* of(const Key& key) {
    const auto found = rows_.find(key);
    if (found != rows_.end()) return &found->second;
    if (rows_.size() == limit_) {
      ++refused_;
      return nullptr;
    }
    return &rows_[key];
  }

  [[nodiscard]] const std::map<Key, Row>& rows() const { return rows_; }
  /// How often a row was asked for beyond the limit.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  std::size_t limit_;
  std::uint64_t refused_ = 0;
  std::map<Key, Row> rows_;
};

inline constexpr std::size_t kSummaryPairs = 500;
inline constexpr std::size_t kSummaryNames = 32;  ///< distinct words off the wire within a row

/// "-" for nothing.
Cell figure(std::uint64_t number, Ink ink = Ink::plain);

/// "08:00:01, frame 91", with the day if the captures span several, and with the capture if there are several. Frames
/// are counted from 1, as Wireshark does.
std::string where_text(const Mark& mark, const RunFigures& run);

/// Whether a TCP connection was refused or never answered, so that nothing was said on it.
bool never_came_about(const Event& event, const ConnectionFact& connection);

/// A line about those pairs that found no row, if there were any.
void tell_more_pairs(TextPage& page, std::uint64_t refused_records);

using SummarySectionMaker = std::unique_ptr<SummarySection> (*)();

std::unique_ptr<SummarySection> make_run_section();
std::unique_ptr<SummarySection> make_dicom_section();
std::unique_ptr<SummarySection> make_associations_section();
std::unique_ptr<SummarySection> make_studies_section();
std::unique_ptr<SummarySection> make_hl7_section();
std::unique_ptr<SummarySection> make_workflows_section();
std::unique_ptr<SummarySection> make_attempts_section();
std::unique_ptr<SummarySection> make_tls_section();
std::unique_ptr<SummarySection> make_other_section();
std::unique_ptr<SummarySection> make_flows_section();
std::unique_ptr<SummarySection> make_breaks_section();
std::unique_ptr<SummarySection> make_blindness_section();
std::unique_ptr<SummarySection> make_findings_section();
std::unique_ptr<SummarySection> make_conduct_section();

}  // namespace dcmwatch
