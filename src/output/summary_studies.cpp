// Which studies went from where to where, and which did not arrive whole.
#include <algorithm>
#include <array>
#include <tuple>
#include <vector>

#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kShownStudies = 20;  // the worst
constexpr std::size_t kPseudonymShown = 8;

struct Row {
  std::uint64_t studies = 0;
  std::uint64_t complete = 0;  ///< all that is known of them is well
  std::uint64_t failing = 0;
  std::uint64_t repeated = 0;
  std::uint64_t failed_again = 0;  ///< with objects that had been stored, and failed when they came again
  std::uint64_t unsent = 0;        ///< with objects that a performed step listed and nobody was seen to send
  std::uint64_t sent_in_part = 0;  ///< with objects that it listed and that were sent elsewhere alone
  std::uint64_t not_committed = 0;
  std::uint64_t late_failures = 0;  ///< told complete, and then reported as not committed
  std::uint64_t not_visible = 0;    ///< with stores whose answer could not be seen
  std::uint64_t objects = 0;
  std::uint64_t unassigned = 0;  ///< C-STOREs
};

void count(Row& row, const DicomStudy& study) {
  if (study.unassigned != 0) {
    row.unassigned += study.unassigned;
    row.objects += study.stored;
    return;
  }
  const bool fails = study.failed != 0;
  const bool unsent = study.unsent.value_or(0) != 0;
  const bool in_part = !unsent && study.missing.value_or(0) != 0;
  const bool uncommitted = study.commitment_failed != 0;
  if (study.is_late_report()) {  // it was counted when it was told
    row.late_failures += uncommitted ? 1 : 0;
    return;
  }
  ++row.studies;
  row.failing += fails ? 1 : 0;
  row.unsent += unsent ? 1 : 0;
  row.sent_in_part += in_part ? 1 : 0;
  row.not_committed += uncommitted ? 1 : 0;
  row.repeated += study.repeated != 0 ? 1 : 0;
  row.failed_again += study.failed_repetitions != 0 ? 1 : 0;
  row.not_visible += study.not_visible != 0 ? 1 : 0;
  row.complete += fails || unsent || in_part || uncommitted || study.not_visible != 0 ? 0 : 1;
  row.objects += study.stored;
}

/// "1 with failures, 2 sent in part"
std::string troubles_text(const Row& row) {
  std::string text;
  const auto add = [&text](std::uint64_t studies, std::string_view how) {
    if (studies != 0) text.append(text.empty() ? "" : ", ").append(grouped(studies) + ' ').append(how);
  };
  add(row.unsent, "with objects not sent");
  add(row.failing, "with failures");
  add(row.sent_in_part, "sent in part, the rest elsewhere");
  add(row.not_committed, "not committed");
  add(row.late_failures, "later reported as not committed");
  add(row.not_visible, "with answers not visible");
  add(row.repeated, "sent again");
  add(row.failed_again, "sent again and failed");
  add(row.unassigned, row.unassigned == 1 ? "object of an unknown study" : "objects of unknown studies");
  return text;
}

/// A study that did not arrive.
struct Unarrived {
  std::uint64_t lacking = 0;    ///< objects that failed or were not sent
  std::uint64_t elsewhere = 0;  ///< that were seen on other ways only
  Timestamp when;
  std::string study;  ///< shortened
  Pair way;
  std::string what;

  /// The worst first.
  friend bool operator<(const Unarrived& one, const Unarrived& other) {
    return std::tie(other.lacking, other.elsewhere, one.when, one.study, one.way) <
           std::tie(one.lacking, one.elsewhere, other.when, other.study, other.way);
  }
};

std::string titled(std::string name, const std::optional<AeTitle>& title) {
  return title ? name + " (" + shown(*title) + ')' : name;
}

/// "3 stored of 6 announced, 2 failed (A700, 2 times C000), 1 not sent"
std::string fate_text(const DicomStudy& study) {
  std::string text = grouped(study.stored) + " stored";
  if (study.announced) text += " of " + grouped(*study.announced) + " announced";
  if (study.failed != 0) text += ", " + grouped(study.failed) + " failed";
  std::string reasons;
  for (const auto& [reason, count] : study.failures) {
    reasons.append(reasons.empty() ? "" : ", ").append(count == 1 ? "" : grouped(count) + " times ").append(reason);
  }
  std::ranges::replace(reasons, '_', ' ');
  if (!reasons.empty()) text += " (" + reasons + ')';
  const std::uint64_t unsent = study.unsent.value_or(0);
  const std::uint64_t elsewhere = study.missing.value_or(0) - unsent;
  if (unsent != 0)
    text += ", " + grouped(unsent) + (study.preliminary ? " not sent when the capture ended" : " not sent");
  if (elsewhere != 0) text += ", " + grouped(elsewhere) + " seen elsewhere only";
  return text;
}

/// Those of which most is lacking, and how many there were.
class WorstStudies {
 public:
  void add(const Observation& observation, const DicomStudy& study, const Pair& way) {
    const std::uint64_t unsent = study.unsent.value_or(0);
    const std::uint64_t lacking = study.failed + unsent;
    const std::uint64_t elsewhere = study.missing.value_or(0) - unsent;
    if (lacking + elsewhere == 0) return;
    ++all_;
    Unarrived one{lacking,
                  elsewhere,
                  observation.event.last.time,
                  std::string{study.study.text().view().substr(0, kPseudonymShown)},
                  way,
                  {}};
    if (worst_.size() == kShownStudies && !(one < worst_.back())) return;
    for (const Code& modality : study.modalities) one.study += ' ' + shown(modality);
    one.way = {titled(way.source, study.sender_ae), titled(way.destination, study.receiver_ae)};
    one.what = fate_text(study);
    worst_.insert(std::ranges::upper_bound(worst_, one, std::less{}), std::move(one));
    if (worst_.size() > kShownStudies) worst_.pop_back();
  }

  void render(TextPage& page) const {
    if (worst_.empty()) return;
    page.gap();
    page.line("Did not arrive whole, the worst first");
    Table table{{{"study"}, {"from → to"}, {"until"}, {"objects"}}, {}};
    for (const Unarrived& one : worst_) {
      const std::string time = time_text(one.when);
      table.rows.push_back({{one.study},
                            {one.way.source + " → " + one.way.destination},
                            {time.substr(time.find(' ') + 1)},
                            {one.what, Ink::yellow}});
    }
    page.table(table);
    if (all_ > worst_.size()) page.line("and " + grouped(all_ - worst_.size()) + " more: see --events");
  }

 private:
  std::vector<Unarrived> worst_;
  std::uint64_t all_ = 0;
};

/// What could not be assigned to a study, and why.
class Unassigned {
 public:
  void add(const Visibility& visibility, std::uint64_t objects) {
    all_ += objects;
    const auto why = std::ranges::find_if(kWhy, [&](const Why& known) { return visibility.*known.flag; });
    (why == kWhy.end() ? nameless_ : of_[static_cast<std::size_t>(why - kWhy.begin())]) += objects;
  }

  void render(TextPage& page) const {
    if (all_ == 0) return;
    std::string text = counted(all_, "object") + " could not be assigned to a study: ";
    std::string why;
    const auto add = [&why](std::uint64_t objects, std::string_view how) {
      if (objects != 0) why.append(why.empty() ? "" : ", ").append(grouped(objects) + ' ').append(how);
    };
    for (std::size_t i = 0; i < kWhy.size(); ++i) add(of_[i], kWhy[i].text);
    add(nameless_, "whose Study Instance UID was not read");
    page.line(text + why, 2, 4, Ink::yellow);
  }

 private:
  struct Why {
    bool Visibility::*flag;
    std::string_view text;
  };
  static constexpr std::array kWhy{Why{&Visibility::joined_midway, "on associations that began before the capture did"},
                                   Why{&Visibility::one_direction, "seen in one direction only"},
                                   Why{&Visibility::truncated, "cut by the snap length"},
                                   Why{&Visibility::lost, "with packets lost"},
                                   Why{&Visibility::unfinished, "not over when the capture ended"},
                                   Why{&Visibility::encrypted, "encrypted"},
                                   Why{&Visibility::undecodable, "that broke the protocol"}};
  static_assert(kWhy.size() == kVisibilityFlags.size());

  std::uint64_t all_ = 0;
  std::array<std::uint64_t, kWhy.size()> of_{};
  std::uint64_t nameless_ = 0;
};

Pair way_of(const Observation& observation) {
  Pair pair = pair_of(observation);
  if (observation.event.parties.destination == Endpoint{}) pair.destination = "nowhere that was seen";
  return pair;
}

class StudiesSection final : public SummarySection {
 public:
  void observe(const Observation& observation) override {
    const auto* study = std::get_if<DicomStudy>(&observation.event.facts);
    if (!study || observation.event.phase != Phase::end) return;
    const Pair way = way_of(observation);
    if (Row* row = rows_.of(way)) count(*row, *study);
    if (study->unassigned != 0) {
      unassigned_.add(observation.event.visibility, study->unassigned);
    } else {
      worst_.add(observation, *study, way);
    }
  }

  void render(TextPage& page, const RunFigures&) const override {
    if (rows_.rows().empty()) return;
    Table table{{{"from"},
                 {"to"},
                 {"studies", Align::right},
                 {"objects", Align::right},
                 {"complete", Align::right},
                 {"otherwise"}},
                {}};
    for (const auto& [pair, row] : rows_.rows()) {
      table.rows.push_back(
          {{pair.source},
           {pair.destination},
           figure(row.studies),
           figure(row.objects),
           figure(row.complete),
           {troubles_text(row),
            row.complete == row.studies && row.late_failures == 0 && row.unassigned == 0 ? Ink::plain : Ink::yellow}});
    }
    page.heading("Studies");
    page.table(table);
    tell_more_pairs(page, rows_.refused());
    worst_.render(page);
    unassigned_.render(page);
  }

 private:
  BoundedRows<Pair, Row> rows_{kSummaryPairs};
  WorstStudies worst_;
  Unassigned unassigned_;
};

}  // namespace

std::unique_ptr<SummarySection> make_studies_section() { return std::make_unique<StudiesSection>(); }

}  // namespace dcmwatch
