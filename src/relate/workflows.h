// One order's way through the department: order, worklist entry, performed step, images, storage commitment, report.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/limits.h"
#include "relate/holders.h"
#include "relate/merges.h"
#include "relate/occurrence.h"
#include "relate/open_facts.h"

namespace dcmwatch {

/// A way is kept by its accession number, or by its study for as long as nobody said the study's number; facts that
/// name a study alone are of each way that the study was named with. Anybody may name anybody's numbers: what is seen
/// of a way adds to it, and nothing takes a step away. A message that its receiver was not seen to take adds no more
/// than the doubt: neither the patient nor the studies of a way that was known without it.
///
/// | step           | seen by                                                | failed by                              |
/// |----------------|--------------------------------------------------------|----------------------------------------|
/// | order          | ORM, OMG or OMI that was accepted                      | an answer that is no AA or CA, or none |
/// | worklist       | a worklist's answer that lists it                      |                                        |
/// | performed_step | an N-CREATE that is not refused                        | DISCONTINUED                           |
/// | images         | the study's record, of the first way that it went      | none of its objects was stored         |
/// | commitment     | an N-EVENT-REPORT on its objects                       | one of them is not committed           |
/// | report         | ORU or MDM, final or corrected (HL7 table 0123),       | an answer that is no AA or CA, or none |
/// |                | that was accepted                                      |                                        |
///
/// Accepted is a message that was answered AA or CA, on whichever connection, or whose flow declares that nobody
/// acknowledges. As long as that is not known, nor the contrary, its step is unknown.
///
/// What was not seen is missing where it could be expected to be: some step succeeded, such orders and reports were
/// seen at all, the device that sent the images was seen to ask worklists, to report steps or to ask for commitments;
/// and what stands before the first step that succeeded, only if the network had been watched for
/// Limits::workflow_quiet before. All else that was not seen is unknown: so is what follows a cancelled order (ORC-1)
/// or a discontinued step, and what may have gone by unseen, since after the way began something of HL7, or of DICOM,
/// was lost, truncated or not to be read. What was seen is late if it took longer than WorkflowTimes.
///
/// A way is told when nothing is missing and the report has come, else when nothing of it was seen for
/// Limits::workflow_quiet, and at the end of the capture. It stays in mind for Limits::workflow_window: a step that was
/// first seen after that makes another record of the whole way. Of images or of a report alone nothing is
/// told: that is the study's record, or the message's.
///
/// Limits::workflows are kept. Room is made by those of which no step is known to have succeeded, then by those of the
/// host that first told of most: whoever invents orders displaces his own.
///
/// Order of calls: any, in packet time, of messages and operations those that are over; on_told() of what other
/// relations tell, in their order; advance() now and then; finish() last, after the others. Cost: a look-up or two for
/// each number that is named; none for a C-STORE.
class Workflows {
 public:
  /// `limits` and `merges` outlive it.
  Workflows(const Limits& limits, Merges& merges, WorkflowTimes times = {})
      : limits_(limits),
        times_(times),
        merges_(merges),
        ways_(limits.workflows),
        habits_(limits.relate_open),
        awaiting_(limits.relate_open) {}

  void set_times(const WorkflowTimes& times) { times_ = times; }

  /// Any event that is partly out of sight.
  void on_blindness(const Event& event);
  /// One that is over; `arrival`: whether its receiver took it, as far as that is known by now.
  void on_message(const Event& event, const Hl7Message& message, Outcome arrival, Told& told);
  void on_query(const Event& event, const DicomOperation& find, Told& told);
  /// One that was not refused.
  void on_step(const Event& event, const DicomOperation& create, Told& told);
  void on_commitment_asked(const Event& event, const DicomOperation& action);
  /// A study's record, the link that ends a step, or a message's answer on another connection. Others are nothing to
  /// it.
  void on_told(const Event& event, Told& told);

  void advance(Timestamp now, Told& told);
  void rebase(Timestamp now);
  void finish(Told& told);

  /// Sooner than after Limits::workflow_window, to stay within Limits::workflows.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }
  /// Studies of an order, or orders of a study, beyond Limits::workflow_studies.
  [[nodiscard]] std::uint64_t not_joined() const { return not_joined_; }
  /// Messages that were forgotten before their answer, to stay within Limits::relate_open.
  [[nodiscard]] std::uint64_t not_awaited() const { return not_awaited_; }

 private:
  struct Step {
    std::optional<Timestamp> seen;
    std::optional<Timestamp> succeeded;
    bool failed = false;
  };
  struct Way {
    Workflow known;  ///< but for its steps
    std::array<Step, kWorkflowSteps> steps;
    std::vector<std::uint64_t> studies;    ///< prints
    std::optional<Occurrence> where;       ///< where its images went, else its first step
    Mark first, last;                      ///< of all its steps
    Holders::Place held;                   ///< by who first told of it; nobody, as long as it is in doubt
    std::optional<Timestamp> images_from;  ///< the first of them
    std::uint64_t performer = 0;           ///< print of who sent its images, else of who performs its step; 0: not seen
    bool has_images = false;
    bool discontinued = false;
    bool in_doubt = true;  ///< all that is known of it was refused, or may have been
    bool told = false;
  };
  using Open = OpenFacts<Way>::Entry;
  /// What names an order, as far as it is said.
  struct Names {
    Pseudonym accession;
    Pseudonym study;
    Pseudonym patient;
    std::uint64_t teller = 0;  ///< print of the host that says so
    bool in_doubt = false;     ///< whether nobody was seen to take it
  };
  /// An order message or a report, of which it may show later, on another connection, whether it was accepted.
  struct Sent {
    struct About {
      std::uint64_t way = 0;  ///< its print
      bool cancels = false;
    };
    WorkflowStep step{};
    IpAddress sender;
    Mark sent;
    std::vector<About> about;  ///< Limits::hl7_orders at most
  };
  struct Nothing {};

  template <typename Take>
  void each_way(const Names& names, const Event& event, Told& told, Take take);
  Open& open(std::uint64_t print, Timestamp now, Told& told);
  void make_room(Timestamp now, Told& told);
  void touch(Open& open, Timestamp now);
  void join(Open& way, const Names& names);
  static void name(Way& way, const Names& names);
  void believe(Open& way, std::uint64_t teller);
  static void absorb(Way& way, Way& other);
  static void take_time(Way& way, const Mark& first, const Mark& last);
  void note(Open& open, WorkflowStep step, const Event& event, Timestamp time, Outcome outcome, Told& told);
  void note(Open& open, const Sent& sent, bool cancels, const Event& event, Outcome outcome, Told& told);
  void await(std::uint64_t conversation, Sent&& sent, Timestamp now);
  void on_answer(const Event& event, const Link& answer, Told& told);
  void take_images(Open& open, const Event& event, const DicomStudy& study, Told& told);

  void learn(WorkflowStep step, std::uint64_t who, Timestamp now);
  [[nodiscard]] bool is_habit(WorkflowStep step, std::uint64_t who) const;
  [[nodiscard]] bool is_expected(const Way& way, WorkflowStep step) const;
  [[nodiscard]] const std::optional<Duration>* time_for(WorkflowStep step) const;
  [[nodiscard]] bool is_late(const Way& way, WorkflowStep step) const;
  [[nodiscard]] WorkflowStepState state_of(const Way& way, WorkflowStep step) const;
  [[nodiscard]] bool is_complete(const Way& way) const;
  void tell(Way& way, WorkflowTold why, Told& told);
  bool look_at(Open& open, Timestamp now, Told& told);
  void close(Open& open);
  [[nodiscard]] Duration quiet() const;

  const Limits& limits_;
  WorkflowTimes times_;
  Merges& merges_;
  OpenFacts<Way> ways_;  ///< by accession number, else by study
  Holders holders_;      ///< of ways_
  boost::unordered_flat_map<std::uint64_t, std::vector<std::uint64_t>> of_studies_;  ///< the ways of a study
  OpenFacts<Nothing> habits_;                                                        ///< by step and device
  OpenFacts<Sent> awaiting_;                                                         ///< by conversation and packet
  std::optional<Timestamp> since_;                                                   ///< the first fact that was seen
  Timestamp looked_{};
  Timestamp hl7_unseen_{}, dicom_unseen_{};  ///< when something of it was out of sight last
  std::uint64_t forgotten_ = 0;
  std::uint64_t not_joined_ = 0;
  std::uint64_t not_awaited_ = 0;
};

}  // namespace dcmwatch
