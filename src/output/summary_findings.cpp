// The findings, gravest first: what, who, what was expected instead, when and how often.
#include <algorithm>
#include <array>
#include <vector>

#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kFindingsPerLevel = 100;
constexpr std::array<Ink, 5> kInks{Ink::dim, Ink::plain, Ink::yellow, Ink::red, Ink::red};  // by Level

std::string upper(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return result;
}

/// "pacs (10.20.20.10:11112, zone archive)", "10.20.99.66 (undeclared)"
std::string place_text(const Place& place, const Endpoint& endpoint, bool with_port) {
  const std::string address = with_port ? to_text(endpoint) : to_text(endpoint.address);
  if (place.device.empty()) {
    return address + (place.zone.empty() ? " (undeclared)" : " (undeclared, zone " + shown(place.zone) + ')');
  }
  return shown(place.device) + " (" + address + (place.zone.empty() ? "" : ", zone " + shown(place.zone)) + ')';
}

/// What is shown of a finding; the finding itself is not kept.
struct Paragraph {
  Level level{};
  std::string title;
  std::string rule;
  std::string parties;
  std::vector<std::string> differences;
  Timestamp first{};
  Timestamp last{};
  std::uint64_t first_packet = 0;
  std::uint64_t count = 0;
};

std::string parties_text(const Observation& example) {
  if (std::holds_alternative<CaptureNote>(example.event.facts)) return {};
  const Parties& parties = example.event.parties;
  const std::string_view arrow = parties.opener_known ? " → " : " – ";  // who opened it may be a guess
  return place_text(example.declared.source, parties.source, false) + std::string{arrow} +
         place_text(example.declared.destination, parties.destination, true);
}

std::string difference_text(const Deviation& deviation) {
  std::string text{to_text(deviation.kind)};
  text += ": observed " + (deviation.observed.empty() ? "none" : shown(deviation.observed));
  if (!deviation.expected.empty()) text += ", expected " + shown(deviation.expected);
  return text;
}

Paragraph paragraph_of(const Finding& finding) {
  Paragraph paragraph;
  paragraph.level = finding.rule->level;
  paragraph.title = finding.rule->title;
  paragraph.rule = finding.rule->id;
  paragraph.parties = parties_text(finding.example);
  for (const Deviation& deviation : finding.example.declared.deviations) {
    paragraph.differences.push_back(difference_text(deviation));
  }
  paragraph.first = finding.first.time;
  paragraph.first_packet = finding.first.packet;
  return paragraph;
}

void render_paragraph(TextPage& page, const Paragraph& paragraph) {
  page.gap();
  page.spans({{upper(to_text(paragraph.level)), kInks[static_cast<std::size_t>(paragraph.level)]},
              {"  " + shown(paragraph.title), Ink::bold}});
  if (!paragraph.parties.empty()) page.line(paragraph.parties, 4);
  for (const std::string& difference : paragraph.differences) page.line(difference, 4);
  std::string when = "first seen " + time_text(paragraph.first) + " UTC, packet " + grouped(paragraph.first_packet);
  if (paragraph.count > 1) when += "; " + grouped(paragraph.count) + " times until " + time_text(paragraph.last);
  page.line(when, 4);
  page.line("rule " + shown(paragraph.rule), 4, 2, Ink::dim);
}

class FindingsSection final : public SummarySection {
 public:
  void observe(const Finding& finding) override {
    const auto level = static_cast<std::size_t>(finding.rule->level);
    if (finding.phase == Phase::start && ++made_[level] <= kFindingsPerLevel) {
      paragraphs_.emplace(finding.number, paragraph_of(finding));
    }
    const auto shown_one = paragraphs_.find(finding.number);
    if (shown_one == paragraphs_.end()) return;
    Paragraph& paragraph = shown_one->second;
    paragraph.count = finding.count;
    paragraph.last = finding.last.time;
  }

  void render(TextPage& page, const RunFigures&) const override {
    page.heading("Findings");
    std::vector<const Paragraph*> sorted;
    for (const auto& [number, paragraph] : paragraphs_) sorted.push_back(&paragraph);
    std::ranges::stable_sort(sorted, [](const Paragraph* one, const Paragraph* other) {
      return one->level != other->level ? one->level > other->level : one->first < other->first;
    });
    for (const Paragraph* paragraph : sorted) render_paragraph(page, *paragraph);
    if (!sorted.empty()) page.gap();
    page.line(total_text(), 2, 2, paragraphs_.empty() ? Ink::green : Ink::bold);
  }

 private:
  /// "3 findings: 2 high, 1 medium"
  [[nodiscard]] std::string total_text() const {
    std::uint64_t total = 0;
    std::string levels;
    for (std::size_t level = made_.size(); level-- > 0;) {
      if (made_[level] == 0) continue;
      total += made_[level];
      levels.append(levels.empty() ? ": " : ", ").append(grouped(made_[level]) + ' ');
      levels += to_text(static_cast<Level>(level));
      if (made_[level] > kFindingsPerLevel) levels += " (of which " + grouped(kFindingsPerLevel) + " are shown)";
    }
    return total == 0 ? "no finding" : counted(total, "finding") + levels;
  }

  std::map<std::uint64_t, Paragraph> paragraphs_;  ///< by the finding's number
  std::array<std::uint64_t, kInks.size()> made_{};
};

}  // namespace

std::unique_ptr<SummarySection> make_findings_section() { return std::make_unique<FindingsSection>(); }

}  // namespace dcmwatch
