// What the bundled rules make of the records that relate finds.
#include <gtest/gtest.h>

#include "detect/detector.h"
#include "detect/rules.h"
#include "model/events.h"

namespace dcmwatch {
namespace {

struct Findings final : FindingSink {
  std::vector<Finding> all;
  void on_finding(const Finding& finding) override { all.push_back(finding); }
};

/// The titles and levels that one record gives rise to.
std::vector<std::pair<std::string, Level>> found(Facts facts, Phase phase = Phase::end, Visibility visibility = {},
                                                 bool tolerated = false, std::vector<Deviation> deviations = {}) {
  static const RuleSet kRules = load_rules(DCMWATCH_ROOT "/rules/detection");
  Detector detector{kRules, Limits{}};
  Findings findings;
  Observation observation;
  observation.event.phase = phase;
  observation.event.visibility = visibility;
  observation.event.protocol = Protocol::dicom;
  observation.event.conversation = 7;
  Declared& declared = test::change(observation.declared);
  declared.tolerated = tolerated;
  test::set_deviations(declared, std::move(deviations));
  observation.event.facts = std::move(facts);
  detector.observe(observation, findings);
  std::vector<std::pair<std::string, Level>> found;
  for (const Finding& finding : findings.all) found.emplace_back(finding.rule->title, finding.rule->level);
  return found;
}

using Found = std::vector<std::pair<std::string, Level>>;

DicomStudy study(std::optional<std::uint64_t> missing) {
  DicomStudy study;
  study.stored = 5;
  if (missing) study.announced = 5 + *missing;
  study.missing = study.unsent = missing;
  return study;
}

Link link(LinkKind kind, Outcome outcome = Outcome::success, std::uint32_t times = 0) {
  Link link{kind, LinkCertainty::identifier, 6, 7};
  link.outcome = outcome;
  link.times = times;
  return link;
}

// They ask for what may still come, or is known at the end alone. All others are told as early as can be.
TEST(BundledRules, ThatWaitForTheEnd) {
  std::vector<std::string> waiting;
  for (const Rule& rule : load_rules(DCMWATCH_ROOT "/rules/detection")) {
    if (rule.at_end) waiting.push_back(rule.info->title);
  }
  EXPECT_EQ(waiting,
            (std::vector<std::string>{"A caller was turned away",
                                      "A study was perhaps retrieved",
                                      "All of a patient was perhaps retrieved",
                                      "All of a patient was asked for in vain, each time",
                                      "What fits a wildcard was perhaps retrieved, or whatever there is",
                                      "Studies or patients were perhaps retrieved that nobody named",
                                      "Studies or patients that nobody named were asked for in vain, each time",
                                      "Series or images of no study were perhaps retrieved",
                                      "Series or images of no study were asked for in vain, each time",
                                      "A connection without a word of whom it called",
                                      "A packet of no connection that was answered by a reset",
                                      "Connections to several hosts that were refused, or answered and no more",
                                      "A connection that nobody answered",
                                      "Connections to several hosts that nobody answered",
                                      "A port that did not answer",
                                      "Several ports that did not answer",
                                      "A document is not what it says it is",
                                      "A declared receiver does not take connections",
                                      "A retrieval did not bring all of its images",
                                      "A query that asks for everybody"}));
}

TEST(BundledRules, AFailedStorageCommitment) {
  EXPECT_EQ(found(link(LinkKind::commitment_reported, Outcome::failure)),
            (Found{{"A storage commitment failed", Level::medium}}));
  EXPECT_EQ(found(link(LinkKind::commitment_reported)), Found{});
  EXPECT_EQ(found(link(LinkKind::commitment_reported, Outcome::unknown)), Found{});
  EXPECT_EQ(found(link(LinkKind::step_ended, Outcome::failure)), Found{}) << "a discontinued step is no commitment";
}

TEST(BundledRules, ObjectsThatWereAnnouncedAndNotStored) {
  EXPECT_EQ(found(study(2)), (Found{{"Objects of a performed step were not stored", Level::medium}}));
  EXPECT_EQ(found(study(0)), Found{});
  EXPECT_EQ(found(study(std::nullopt)), Found{});
  EXPECT_EQ(found(study(2), Phase::progress), Found{}) << "they may still come";
  DicomStudy elsewhere = study(2);
  elsewhere.unsent = 0;
  EXPECT_EQ(found(elsewhere), Found{}) << "they were sent to another";
  EXPECT_EQ(found(study(2), Phase::end, {.lost = true}), Found{}) << "they may have come unseen";
}

TEST(BundledRules, ObjectsThatWereAnnouncedAndNotStoredWhenTheCaptureEnded) {
  DicomStudy open = study(2);
  open.preliminary = true;
  EXPECT_EQ(found(open),
            (Found{{"Objects of a performed step had not been stored when the capture ended", Level::low}}));
  EXPECT_EQ(found(open, Phase::end, {.lost = true}), Found{});
  open.unsent = 0;
  EXPECT_EQ(found(open), Found{});
}

TEST(BundledRules, ImagesWithoutAnOrder) {
  DicomStudy unordered = study(0);
  unordered.ordered = false;
  EXPECT_EQ(found(unordered), Found{}) << "nobody declared that it needs one";
  EXPECT_EQ(found(unordered, Phase::end, {}, false, {{DeviationKind::order, "an order", "none"}}),
            (Found{{"Images without an order", Level::low}}));
}

TEST(BundledRules, AnOrderThatLacksAStep) {
  Workflow way;
  for (auto& step : way.steps) step.state = WorkflowStepState::seen;
  EXPECT_EQ(found(way), Found{});
  way.cancelled = true;
  way.at(WorkflowStep::performed_step).state = WorkflowStepState::failed;
  way.at(WorkflowStep::report).state = WorkflowStepState::unknown;
  EXPECT_EQ(found(way), Found{}) << "a discontinued step is the end of it";
  const Found lacking{{"An order lacks a step", Level::medium}};
  way.at(WorkflowStep::report).state = WorkflowStepState::missing;
  EXPECT_EQ(found(way), lacking);
  way.at(WorkflowStep::report).state = WorkflowStepState::failed;
  EXPECT_EQ(found(way), lacking);
  way.preliminary = true;
  EXPECT_EQ(found(way), Found{}) << "it may still come";
}

TEST(BundledRules, AStepThatCameLate) {
  Workflow way;
  way.at(WorkflowStep::report).state = WorkflowStepState::late;
  EXPECT_EQ(found(way), (Found{{"A step of an order came late", Level::low}}));
}

TEST(BundledRules, AnApplicationThatDidNotAnswer) {
  Link unanswered{.kind = LinkKind::message_acknowledged, .certainty = LinkCertainty::none, .cause = 7};
  unanswered.outcome = Outcome::failure;
  EXPECT_EQ(found(unanswered), (Found{{"An application did not answer an HL7 message", Level::low}}));
  unanswered.unanswered = WhyUnanswered::timeout;
  EXPECT_EQ(found(unanswered), (Found{{"An HL7 message was answered on no connection", Level::medium}}));
}

TEST(BundledRules, ChangedPixels) {
  EXPECT_EQ(found(link(LinkKind::pixel_data_changed)), (Found{{"The pixels of an image were changed", Level::high}}));
}

TEST(BundledRules, AnObjectStoredAgainAndAgain) {
  EXPECT_EQ(found(link(LinkKind::store_repeated, Outcome::success, 1)), Found{});
  for (const std::uint32_t times : {4U, 5U, 1000U}) {
    EXPECT_EQ(found(link(LinkKind::store_repeated, Outcome::success, times)),
              (Found{{"The same object is stored again and again", Level::low}}))
        << times;
  }
}

TEST(BundledRules, HowOftenAnObjectIsStoredAgainIsOneFinding) {
  const RuleSet rules = load_rules(DCMWATCH_ROOT "/rules/detection");
  Detector detector{rules, Limits{}};
  Findings findings;
  for (std::uint32_t times = 1; times <= 9; ++times) {
    Observation observation;
    observation.event.conversation = 7;
    observation.event.last.packet = times;
    observation.event.facts = link(LinkKind::store_repeated, Outcome::success, times);
    detector.observe(observation, findings);
  }
  EXPECT_EQ(findings.all.size(), 1U);
  detector.finish(findings);
  EXPECT_EQ(findings.all.back().count, 6U);
}

TEST(BundledRules, AProtocolBrokenSoThatReceiversMayDiffer) {
  const auto broken = [](Severity severity, bool by_opener) {
    Violation violation;
    violation.name = "dicom.command_contradiction";
    violation.by_opener = by_opener;
    violation.severity = severity;
    return violation;
  };
  const Found told{{"A protocol was broken in a way that receivers read differently", Level::medium}};
  EXPECT_EQ(found(broken(Severity::high, true)), told);
  EXPECT_EQ(found(broken(Severity::high, false)), told);
  EXPECT_EQ(found(broken(Severity::medium, true)), Found{});
  EXPECT_EQ(found(broken(Severity::high, true), Phase::end, {}, true), Found{}) << "a quirk of the device";
}

TEST(BundledRules, AProgramInADocument) {
  const auto stored = [](std::optional<bool> executable) {
    StoredObject object;
    object.executable_document = executable;
    DicomOperation store;
    store.command_field = 0x0001;
    store.content = DicomContent{object};
    return store;
  };
  EXPECT_EQ(found(stored(true)), (Found{{"A program was stored as a document", Level::high}}));
  EXPECT_EQ(found(stored(false)), Found{});
  EXPECT_EQ(found(stored(std::nullopt)), Found{});
}

TEST(BundledRules, ARejectedAssociation) {
  DicomAssociation association;
  association.accepted = true;
  EXPECT_EQ(found(association), Found{});
  association.accepted = false;
  association.rejection = DicomRejection{1, 1, 7};
  EXPECT_EQ(found(association), (Found{{"An association was rejected", Level::low}}));
}

TEST(BundledRules, APasscodeOrATokenInClear) {
  const auto with_identity = [](std::uint8_t type) {
    auto negotiation = std::make_shared<DicomNegotiation>();
    negotiation->user_identity = UserIdentity{.type = type};
    DicomAssociation association;
    association.accepted = true;
    association.negotiation = std::move(negotiation);
    return association;
  };
  for (const auto type : std::initializer_list<std::uint8_t>{2, 4, 5}) {
    EXPECT_EQ(found(with_identity(type)), (Found{{"A passcode or a token was sent in clear", Level::low}}));
  }
  for (const auto type : std::initializer_list<std::uint8_t>{1, 3}) EXPECT_EQ(found(with_identity(type)), Found{});
}

/// Those of a declared flow whose receiver was to take a connection.
Found found_of_flow(const ConnectionFact& connection, Visibility visibility = {}, bool declared_flow = true) {
  static const RuleSet kRules = load_rules(DCMWATCH_ROOT "/rules/detection");
  Detector detector{kRules, Limits{}};
  Findings findings;
  Observation observation;
  observation.event.visibility = visibility;
  observation.event.conversation = 7;
  observation.event.facts = connection;
  Declared& declared = test::change(observation.declared);
  if (declared_flow) declared.flow = "orders";
  test::set_unknown(declared, {UnknownKind::service});
  detector.observe(observation, findings);
  Found found;
  for (const Finding& finding : findings.all) found.emplace_back(finding.rule->title, finding.rule->level);
  return found;
}

TEST(BundledRules, ADeclaredReceiverThatDoesNotTakeConnections) {
  const Found kFound{{"A declared receiver does not take connections", Level::low}};
  ConnectionFact refused;
  refused.packets = {1, 1};
  refused.end = ConnectionEnd::reset;
  EXPECT_EQ(found_of_flow(refused), kFound);
  EXPECT_EQ(found_of_flow(refused, {}, false), Found{}) << "nobody declared that it listens";
  EXPECT_EQ(found_of_flow(refused, {.joined_midway = true}), Found{}) << "it may have taken it before";
  ConnectionFact unanswered;
  unanswered.packets = {3, 0};
  unanswered.end = ConnectionEnd::unanswered;
  unanswered.attempts = UnansweredAttempts{};
  EXPECT_EQ(found_of_flow(unanswered, {.one_direction = true}), kFound);
  unanswered.packets = {1, 0};
  EXPECT_EQ(found_of_flow(unanswered, {.one_direction = true}), Found{}) << "the capture may have ended before";
  refused.handshake_time = refused.round_trip_to_acceptor = std::chrono::milliseconds{1};
  EXPECT_EQ(found_of_flow(refused), Found{}) << "it took it, and ended it then";
}

TEST(BundledRules, Hl7MessagesThatAreNotAnsweredOrNotWell) {
  Hl7Message message;
  EXPECT_EQ(found(message), Found{});
  message.unanswered = WhyUnanswered::overtaken;
  EXPECT_EQ(found(message, Phase::progress), (Found{{"An HL7 message was not answered in time", Level::medium}}));
  message.unanswered.reset();
  message.accept_code = "CA";
  message.ack_code = "AR";
  EXPECT_EQ(found(message), (Found{{"An HL7 message was rejected", Level::medium}}));
  message.ack_code = "AE";
  EXPECT_EQ(found(message), (Found{{"An HL7 message was answered with an error", Level::low}}));
  message.ack_code = "AA";
  EXPECT_EQ(found(message), Found{});
  message.late = true;
  EXPECT_EQ(found(message), (Found{{"An HL7 message was answered late", Level::low}}));
  message.late = false;
  message.unacknowledged = 10;
  EXPECT_EQ(found(message, Phase::start), Found{});
  message.unacknowledged_age = std::chrono::seconds{30};
  EXPECT_EQ(found(message, Phase::start), (Found{{"HL7 messages queue up", Level::medium}}));
}

TEST(BundledRules, Hl7MessagesThatGoBeyondOneConnection) {
  Link conflicting = link(LinkKind::message_conflicting);
  conflicting.delay = std::chrono::hours{1};
  EXPECT_EQ(found(conflicting), (Found{{"Two different HL7 messages have one control id", Level::medium}}));
  conflicting.delay = std::chrono::hours{23};
  EXPECT_EQ(found(conflicting), Found{}) << "the sender counts anew each day";
  EXPECT_EQ(found(link(LinkKind::message_resent, Outcome::unknown, 3)), Found{});
  EXPECT_EQ(found(link(LinkKind::message_resent, Outcome::unknown, 4)),
            (Found{{"The same HL7 message is sent again and again", Level::low}}));
  EXPECT_EQ(found(link(LinkKind::message_acknowledged)), Found{});
  Link half{LinkKind::message_acknowledged, LinkCertainty::none};
  half.cause = 7;
  EXPECT_EQ(found(half), (Found{{"An application did not answer an HL7 message", Level::low}}));
  std::swap(half.cause, half.effect);
  EXPECT_EQ(found(half), (Found{{"An HL7 acknowledgement of no message", Level::low}}));
  Link burst = link(LinkKind::burst_after_silence, Outcome::unknown, 64);
  burst.delay = std::chrono::minutes{30};
  EXPECT_EQ(found(burst), (Found{{"HL7 messages in a burst after a silence", Level::low}}));
}

/// What many records together give rise to; `make` is given the number of each.
template <typename Make>
Found found_of_many(int number, Make make) {
  static const RuleSet kRules = load_rules(DCMWATCH_ROOT "/rules/detection");
  Detector detector{kRules, Limits{}};
  Findings findings;
  for (int i = 0; i < number; ++i) {
    Event event = make(i);
    event.conversation = static_cast<std::uint64_t>(i) + 1;
    event.last.time = timestamp_from_ns(0) + i * std::chrono::seconds{20};
    detector.observe(test::observed(std::move(event)), findings);
  }
  Found found;
  for (const Finding& finding : findings.all) {
    if (finding.correlated) found.emplace_back(finding.rule->title, finding.rule->level);
  }
  return found;
}

Event rejected(const std::string& calling, const std::string& called, DicomRejection rejection) {
  Event event = test::association("10.0.0.1", "10.0.0.2", 104, calling.c_str(), called.c_str());
  std::get<DicomAssociation>(event.facts).accepted = false;
  std::get<DicomAssociation>(event.facts).rejection = rejection;
  return event;
}

TEST(BundledRules, GuessingAETitles) {
  const DicomRejection called_unknown{1, 1, 7};
  const DicomRejection calling_unknown{1, 1, 3};
  const auto title = [](int i) { return "T" + std::to_string(i); };
  EXPECT_EQ(found_of_many(8, [&](int i) { return rejected("A", title(i), called_unknown); }),
            (Found{{"Associations to many different AE titles were rejected", Level::high}}));
  EXPECT_EQ(found_of_many(8, [&](int i) { return rejected(title(i), "B", calling_unknown); }),
            (Found{{"Associations from many different AE titles were rejected", Level::high}}));
  EXPECT_EQ(found_of_many(7, [&](int i) { return rejected("A", title(i), called_unknown); }), Found{});
  EXPECT_EQ(found_of_many(1000, [&](int) { return rejected("A", "PASC", called_unknown); }), Found{})
      << "a mistyped title that is tried for hours";
  EXPECT_EQ(found_of_many(1000,
                          [&](int i) {
                            return rejected(title(i), title(i), {2, 3, 1});
                          })[0]
                .second,
            Level::medium)
      << "congestion does not depend on titles";
}

TEST(BundledRules, EchoesToManyHosts) {
  const auto echo = [](int hosts) {
    return [hosts](int i) {
      return test::operation("10.0.0.1", "10.0.1." + std::to_string(i % hosts), 104, "A", "B", "C-ECHO", "");
    };
  };
  EXPECT_EQ(found_of_many(10, echo(10)), (Found{{"One host sent C-ECHO to many others", Level::low}}));
  EXPECT_EQ(found_of_many(1000, echo(9)), Found{});
}

TEST(BundledRules, AReceiverWithoutRoom) {
  const Found kFull{{"A receiver keeps refusing associations for lack of room", Level::medium}};
  EXPECT_EQ(found_of_many(20, [](int) { return rejected("A", "B", {2, 3, 1}); }), kFull);
  EXPECT_EQ(found_of_many(19, [](int) { return rejected("A", "B", {2, 3, 1}); }), Found{});
  EXPECT_EQ(found_of_many(1000,
                          [](int i) {
                            return i % 2 == 0 ? rejected("A", "B", {2, 3, 1}) : rejected("A", "B", {2, 3, 2});
                          }),
            Found{})
      << "two reasons, each below";
}

}  // namespace
}  // namespace dcmwatch
