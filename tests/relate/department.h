// A small department whose events a Relater is told, in a few words.
#pragma once

#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/dicom_names.h"
#include "relate/prints.h"
#include "relate/relater.h"

namespace dcmwatch::test {

using namespace std::chrono_literals;

inline constexpr std::string_view kCt = "10.20.10.11", kMr = "10.20.10.21", kPacs = "10.20.20.10",
                                  kOtherNode = "10.20.20.11", kVna = "10.20.20.20", kWs = "10.20.30.11",
                                  kAi = "10.20.50.10", kRis = "10.20.40.10", kEngine = "10.20.40.20";

/// As a Pseudonymizer would make it, of the identifier's number.
inline Pseudonym pseudonym(unsigned number) { return {number, ~number}; }
inline InstancePrint print(unsigned number) { return print_of(pseudonym(number)); }

inline ScheduledStep step_of_study(unsigned study) {
  ScheduledStep step;
  step.study = pseudonym(study);
  return step;
}
inline ScheduledStep step_of_accession(unsigned accession) {
  ScheduledStep step;
  step.accession = pseudonym(accession);
  return step;
}

class Department {
 public:
  Limits limits;
  WorkflowTimes workflow_times;
  std::vector<Event> told;

  void pass(Duration time) {
    now_ += time;
    keep(relater().advance(now_));
  }
  void set_clock_back(Duration time) { pass(-time); }

  /// An operation of `source`, over in a millisecond, which `change` makes particular.
  template <typename Change>
  Event operation(std::uint16_t command, std::string_view source, std::string_view destination,
                  std::uint64_t conversation, Change change) {
    DicomOperation operation;
    operation.command_field = command;
    operation.message_id = 1;
    operation.calling_ae = title_of(source);
    operation.called_ae = title_of(destination);
    operation.status = 0;
    operation.requested = mark();
    change(operation);
    Event event;
    event.protocol = Protocol::dicom;
    event.conversation = conversation;
    event.ordinal = 1;
    event.parties.source = {*IpAddress::parse(source), static_cast<std::uint16_t>(40000 + conversation)};
    event.parties.destination = {*IpAddress::parse(destination), 104};
    event.parties.opener_known = true;
    event.first = operation.requested;
    event.last = mark();
    event.facts = std::move(operation);
    return event;
  }

  Event store(unsigned study, unsigned instance, std::string_view source, std::string_view destination,
              std::uint64_t conversation, std::uint16_t status = 0) {
    return operation(dimse::kStore, source, destination, conversation, [&](DicomOperation& store) {
      store.study = pseudonym(study);
      store.instance = pseudonym(instance);
      store.request_bytes = 1000;
      store.status = status;
    });
  }

  /// A message of `source` in some phase, which `change` makes particular.
  template <typename Change>
  Event message(Phase phase, std::string_view source, std::string_view destination, std::uint64_t conversation,
                unsigned control_id, Change change) {
    Hl7Message message;
    message.message_type = "ORM^O01";
    message.sending_application = title_of(source).view();
    message.control_id = pseudonym(control_id);
    message.body_print = control_id;
    message.sent = mark();
    change(message);
    Event event;
    event.phase = phase;
    event.protocol = Protocol::hl7;
    event.conversation = conversation;
    event.ordinal = 1;
    event.parties.source = {*IpAddress::parse(source), static_cast<std::uint16_t>(40000 + conversation)};
    event.parties.destination = {*IpAddress::parse(destination), 2575};
    event.parties.opener_known = true;
    event.first = message.sent;
    event.last = mark();
    event.facts = std::move(message);
    return event;
  }
  /// A message that was accepted, about this accession number.
  template <typename Change>
  Event message(std::string_view type, unsigned accession, Change change) {
    return message(Phase::end, kRis, kEngine, 90, accession, [&](Hl7Message& message) {
      message.message_type = type;
      message.accession = pseudonym(accession);
      message.ack_code = "AA";
      change(message);
    });
  }
  Event message(std::string_view type, unsigned accession) {
    return message(type, accession, [](Hl7Message&) {});
  }

  void see(const Event& event) { keep(relater().observe(event)); }

  /// In some phase before the last, without its answer.
  void see_in(Phase phase, Event event) {
    event.phase = phase;
    std::get<DicomOperation>(event.facts).status.reset();
    see(event);
  }

  void finish() {
    for (auto events = relater().finish(); !events.empty(); events = relater().finish()) keep(events);
  }

  [[nodiscard]] std::vector<Link> links() const { return of<Link>(); }
  /// Those that are over.
  [[nodiscard]] std::vector<DicomStudy> studies() const { return of<DicomStudy>(); }
  [[nodiscard]] std::vector<Workflow> workflows() const { return of<Workflow>(); }
  Relater& relater() {
    if (!relater_) relater_ = std::make_unique<Relater>(limits, workflow_times);
    return *relater_;
  }
  [[nodiscard]] std::uint64_t times_reached(std::string_view limit) {
    for (const auto& [name, times] : relater().limits_reached()) {
      if (name == limit) return times;
    }
    return 0;
  }
  [[nodiscard]] Timestamp now() const { return now_; }

 private:
  static AeTitle title_of(std::string_view address) {
    constexpr std::pair<std::string_view, std::string_view> kTitles[] = {
        {kCt, "CT1"},  {kMr, "MR1"}, {kPacs, "PACS"}, {kOtherNode, "PACS2"},
        {kVna, "VNA"}, {kWs, "WS1"}, {kAi, "AINODE"}, {kRis, "RIS"}};
    for (const auto& [known, title] : kTitles) {
      if (known == address) return title;
    }
    return address;
  }

  template <typename Fact>
  [[nodiscard]] std::vector<Fact> of() const {
    std::vector<Fact> facts;
    for (const Event& event : told) {
      const auto* fact = std::get_if<Fact>(&event.facts);
      if (fact && event.phase == Phase::end) facts.push_back(*fact);
    }
    return facts;
  }

  Mark mark() {
    now_ += 1ms;
    return {now_, 0, ++packet_};
  }
  void keep(std::span<Event> events) { told.insert(told.end(), events.begin(), events.end()); }

  std::unique_ptr<Relater> relater_;
  Timestamp now_ = timestamp_from_ns(1'772'438'400'000'000'000);
  std::uint64_t packet_ = 0;
};

}  // namespace dcmwatch::test
