// A study on its ways: from where to where it went, who announced some of it, and what its instances come to.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/limits.h"
#include "relate/occurrence.h"
#include "relate/open_facts.h"

namespace dcmwatch {

using Ways = std::uint32_t;       ///< a bit for each way of a study
using Announcers = std::uint8_t;  ///< likewise, of those who announced some of it
static_assert(Limits::study_ways <= 32 && Limits::study_announcers <= 8);

struct StudyWay {
  Occurrence where;        ///< its source is who sent
  std::uint16_t port = 0;  ///< of the acceptor
  DicomStudy figures;      ///< what is counted as it comes; what the instances say is counted when it is told
  std::vector<std::uint64_t> series;
  std::vector<std::uint64_t> conversations;  ///< that stored last, whose end may be told later
  std::uint64_t refused_contexts = 0;
  Timestamp told;
};

struct StudyAnnouncer {
  Occurrence where;
  std::uint64_t announced = 0;
  bool not_told_apart = false;  ///< some of these
};

struct Study {
  std::uint64_t print = 0;
  Pseudonym study, patient, accession;
  std::vector<StudyWay> ways;
  std::vector<StudyAnnouncer> announcers;
  std::vector<InstancePrint> instances;
  std::vector<std::uint64_t> further_senders;  ///< on further ways than Limits::study_ways; as many at most
  unsigned steps_in_progress = 0;
  bool is_told = false;
  bool unassigned = false;  ///< it is none: C-STOREs between two addresses of which no study is known

  [[nodiscard]] Ways ways_from(const IpAddress& sender) const;
  /// Those that `sender` took to the same receiver as `way`. As far as is known: who was not seen to say its title may
  /// be any of them.
  [[nodiscard]] Ways ways_to_the_same(const StudyWay& way) const;
  /// Those that a storage commitment's report speaks for: to the one who reported, by its title where several AEs share
  /// its host; else, where another node of an archive reports, those from the one who `asked`.
  [[nodiscard]] Ways ways_of_report(const Event& event, const DicomOperation& report, bool asked) const;
  /// On ways beyond Limits::study_ways.
  [[nodiscard]] bool may_have_gone_further(const IpAddress& sender) const;
};

using OpenStudy = OpenFacts<Study>::Entry;

/// What became of an instance, on which ways.
struct StudyInstance {
  OpenStudy* study = nullptr;
  std::uint64_t conversation = 0;  ///< that stored it last, or failed to
  std::uint64_t packet = 0;        ///< where that C-STORE began
  Ways stored = 0, failed = 0, unseen = 0, forwarded = 0, committed = 0, not_committed = 0;
  Announcers announced = 0;
  std::uint8_t times = 0;            ///< stored again
  bool announced_elsewhere = false;  ///< it could not be assigned, and a performed step of its sender lists it
  bool went_further = false;         ///< it was sent on a way beyond Limits::study_ways
};

class StudyInstances;

/// What the instances of a study say of each of its ways and of those who announced them.
struct StudyTally {
  std::array<DicomStudy, Limits::study_ways> ways;
  std::array<std::uint64_t, Limits::study_announcers> unsent{};
};
StudyTally tally(const Study& study, StudyInstances& instances);

/// What came on `from` went on by `to`: one's receiver is the other's sender. On one host the titles tell who took it.
bool sends_on(const StudyWay& from, const StudyWay& to);

/// Of all that the sender proposed for storage (PS3.4 B.5), how many classes have no accepted context.
std::uint64_t refused_storage_classes(const PresentationContexts& contexts);

}  // namespace dcmwatch
