#include "output/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "output/exposition.h"
#include "output/samples.h"
#include "temporary_folder.h"

namespace dcmwatch {
namespace {

using testing::Contains;
using testing::Key;
using testing::Not;
using testing::Pair;
using namespace std::chrono_literals;

MetricNames names() {
  return {{{"ct1-store", Protocol::dicom, {}, {}, true}, {"his-adt", Protocol::hl7, {"EPR", "LAB|MAIN"}, {"ADT^*"}}},
          {"modalities", "archive"},
          {"ct1", "pacs"},
          {samples::rule("undeclared-flow"), samples::rule("wrong-port", Level::medium)},
          "0.1.0"};
}

Tallies tallies(std::uint64_t packets, std::uint64_t bytes) {
  return {.sources = {{"span0", packets, bytes, 3, 2}},
          .limits = {{"connections", 1}},
          .irregular_packets = {{"late", 8}},
          .unseen_bytes = 9,
          .resets_refuted = 10,
          .shed = {4, 5, 6},
          .lost_log_records = 7};
}

class MetricsTest : public testing::Test {
 protected:
  [[nodiscard]] std::map<std::string, double> exposed() const { return samples_of(metrics_.exposition()); }
  [[nodiscard]] double value(const std::string& series) const {
    const auto all = exposed();
    const auto found = all.find(series);
    return found == all.end() ? -1 : found->second;
  }

  /// One of each record that there is, of declared and of undeclared machines.
  void observe_everything() { observe_everything(metrics_); }

  static void observe_everything(Metrics& metrics) {
    for (const Phase phase : {Phase::start, Phase::progress, Phase::end}) {
      for (const Facts& facts : samples::one_of_each()) {
        metrics.observe(samples::observation(facts, phase));
        metrics.observe(samples::rogue(facts, phase));
      }
      metrics.observe(samples::finding(phase));
    }
    Observation impaired = samples::observation(samples::connection(), Phase::end, 99);
    impaired.event.visibility = {true, true, true, true, true};
    test::set_unknown(test::change(impaired.declared), {UnknownKind::direction, UnknownKind::calling_ae_title});
    metrics.observe(impaired);
    Hl7Message unmatched = samples::message();
    unmatched.message_seen = false;
    metrics.observe(samples::observation(unmatched));
    DicomOperation slow = samples::operation();
    slow.slowest = SlowPart::receiver;
    metrics.observe(samples::observation(slow));
    metrics.update(tallies(1000, 500'000));
  }

  Metrics metrics_{names()};
};

TEST_F(MetricsTest, ASlowOperationCountsByWhatWasSlow) {
  DicomOperation store = samples::operation();
  metrics_.observe(samples::observation(store));
  EXPECT_EQ(metrics_.exposition().find("dcmwatch_slow_operations_total{"), std::string::npos);
  store.slowest = SlowPart::network;
  metrics_.observe(samples::observation(store));
  EXPECT_NE(metrics_.exposition().find(
                R"(dcmwatch_slow_operations_total{command="C-STORE",flow="ct1-store",slowest="network"} 1)"),
            std::string::npos)
      << metrics_.exposition();
}

TEST_F(MetricsTest, AStudyCountsWhenItIsOverByTheWorstThatIsKnownOfIt) {
  DicomStudy study = samples::study();
  metrics_.observe(samples::observation(study, Phase::progress));
  metrics_.observe(samples::observation(study));
  study.missing = study.unsent = 0;
  metrics_.observe(samples::observation(study));
  study.failed = 0;
  metrics_.observe(samples::observation(study));
  const auto studies = [&](const std::string& outcome) {
    return value("dcmwatch_studies_total{flow=\"ct1-store\",outcome=\"" + outcome + "\"}");
  };
  DicomStudy late;
  late.committed = 6;
  metrics_.observe(samples::observation(late));
  EXPECT_EQ(studies("unsent"), 1);
  EXPECT_EQ(studies("failed"), 1);
  EXPECT_EQ(studies("complete"), 1);
  EXPECT_EQ(studies("not_visible"), -1) << "what is reported of one that was counted is no other study";
  EXPECT_EQ(value("dcmwatch_study_objects_total{flow=\"ct1-store\",what=\"stored\"}"), 18);
  EXPECT_EQ(value("dcmwatch_study_objects_total{flow=\"ct1-store\",what=\"missing\"}"), 1);
  EXPECT_EQ(value("dcmwatch_study_objects_total{flow=\"ct1-store\",what=\"committed\"}"), 6);
}

TEST_F(MetricsTest, ACommitmentCountsByWhatWasReported) {
  const auto see = [&](std::uint64_t effect, Outcome outcome, bool unfinished = false) {
    Observation link = samples::observation(Link{LinkKind::commitment_reported, LinkCertainty::identifier, 7, effect,
                                                 effect == 0 ? std::nullopt : std::optional<Duration>{5min}, outcome});
    link.event.visibility.unfinished = unfinished;
    metrics_.observe(link);
  };
  see(8, Outcome::success);
  see(8, Outcome::failure);
  see(0, Outcome::unknown);
  see(0, Outcome::unknown, true);
  for (const char* outcome : {"committed", "failures", "unreported", "unknown"})
    EXPECT_EQ(value(std::string{"dcmwatch_commitments_total{flow=\"ct1-store\",outcome=\""} + outcome + "\"}"), 1);
  EXPECT_EQ(value("dcmwatch_commitment_delay_seconds_sum{flow=\"ct1-store\"}"), 600);
}

TEST_F(MetricsTest, ShowsAnAssociationWhileItIsGoingOnAndCountsItOnce) {
  DicomAssociation going_on = samples::association();
  going_on.end.reset();
  going_on.data_bytes = {100, 0};
  metrics_.observe(samples::rogue(going_on, Phase::start));
  EXPECT_EQ(value(R"(dcmwatch_associations_active{flow="undeclared"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_associations_total{flow="undeclared",outcome="accepted"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_data_set_bytes_total{flow="undeclared",sender="opener"})"), 100);

  going_on.data_bytes = {250, 40};
  metrics_.observe(samples::rogue(going_on, Phase::progress));
  EXPECT_EQ(value(R"(dcmwatch_data_set_bytes_total{flow="undeclared",sender="opener"})"), 250);

  going_on.end = DicomEnd::released;
  metrics_.observe(samples::rogue(going_on, Phase::end));
  EXPECT_EQ(value(R"(dcmwatch_associations_active{flow="undeclared"})"), 0);
  EXPECT_EQ(value(R"(dcmwatch_associations_total{flow="undeclared",outcome="accepted"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_association_ends_total{end="released",flow="undeclared"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_data_set_bytes_total{flow="undeclared",sender="opener"})"), 250);
  EXPECT_EQ(value(R"(dcmwatch_data_set_bytes_total{flow="undeclared",sender="acceptor"})"), 40);
  EXPECT_EQ(value(R"(dcmwatch_association_setup_seconds_count{flow="undeclared"})"), 1);
}

TEST_F(MetricsTest, CountNoConnectionThatGoesOn) {
  ConnectionFact connection = samples::connection();
  connection.end.reset();
  connection.goes_on = true;
  metrics_.observe(samples::rogue(connection, Phase::progress));
  EXPECT_EQ(value(R"(dcmwatch_connection_bytes_total{flow="undeclared",sender="opener"})"), -1);
  EXPECT_EQ(value(R"(dcmwatch_last_seen_timestamp_seconds{flow="undeclared"})"), -1);
}

TEST_F(MetricsTest, AConnectionThatGoesOnAndCarriedSomethingWasSeenThen) {
  ConnectionFact connection = samples::connection();
  connection.end.reset();
  connection.goes_on = true;
  connection.carried = timestamp_from_ns(7'000'000'000);
  metrics_.observe(samples::rogue(connection, Phase::progress));
  EXPECT_EQ(value(R"(dcmwatch_last_seen_timestamp_seconds{flow="undeclared"})"), 7);
  EXPECT_EQ(value(R"(dcmwatch_connection_bytes_total{flow="undeclared",sender="opener"})"), -1);
}

TEST_F(MetricsTest, CountsWhatFindingsOfSeveralTell) {
  Tallies tallies;
  tallies.folded = {{samples::rule("other"), 7}};
  metrics_.update(tallies);
  EXPECT_EQ(value(R"(dcmwatch_folded_findings_total{level="high",rule="other",title="Undeclared flow"})"), 7);
}

TEST_F(MetricsTest, CountTheDecodersLimitsThatRecordsTell) {
  const auto reached = [&](const std::string& limit) {
    return value("dcmwatch_limit_reached_total{limit=\"" + limit + "\"}");
  };
  for (const char* limit : {"dicom_query_keys", "hl7_orders", "tls_message_bytes"}) EXPECT_EQ(reached(limit), 0);
  DicomQuery query;
  query.keys_not_told = 3;
  query.asked_for.left_some_out = true;
  DicomOperation operation = samples::operation();
  operation.content = query;
  metrics_.observe(samples::rogue(operation, Phase::progress));
  EXPECT_EQ(reached("dicom_query_keys"), 0) << "once, at its end";
  metrics_.observe(samples::rogue(operation, Phase::end));
  EXPECT_EQ(reached("dicom_query_keys"), 3);
  EXPECT_EQ(reached("dicom_retrieval_uids"), 1);
  metrics_.observe(samples::rogue(CaptureNote{"dicom.pending_operations", {}, 5}, Phase::end));
  EXPECT_EQ(reached("dicom_pending_operations"), 5);
  Violation too_long;
  too_long.name = "tls.message_length";
  metrics_.observe(samples::rogue(too_long, Phase::end));
  EXPECT_EQ(reached("tls_message_bytes"), 1);
  TlsCertificate certificate;
  certificate.names_not_told = 3;
  TlsConnection tls;
  tls.server_certificate = std::make_shared<const TlsCertificate>(certificate);
  tls.not_followed = true;
  metrics_.observe(samples::rogue(tls, Phase::start));
  EXPECT_EQ(reached("tls_certificate_names"), 0) << "likewise";
  metrics_.observe(samples::rogue(tls, Phase::end));
  EXPECT_EQ(reached("tls_certificate_names"), 3);
  EXPECT_EQ(reached("tls_protected_records"), 1);
  const auto content = std::make_shared<Hl7Content>();
  content->patient_ids_not_told = 2;
  Hl7Message message;
  message.content = content;
  metrics_.observe(samples::rogue(message, Phase::end));
  EXPECT_EQ(reached("hl7_patient_ids"), 2);
}

struct Answer {
  std::string_view outcome;
  std::optional<bool> accepted;
  std::optional<DicomRejection> rejection;
  std::optional<DicomAbort> abort;
  bool joined_midway;
};

TEST_F(MetricsTest, TellsHowAnAssociationWasAnswered) {
  const Answer answers[] = {
      {"accepted", true, {}, {}, false},
      {"accepted", true, {}, DicomAbort{2, 0, true}, false},  // an abort later does not undo it
      {"rejected", false, DicomRejection{1, 1, 7}, {}, false},
      {"aborted", {}, {}, DicomAbort{0, 0, true}, false},
      {"unanswered", {}, {}, {}, false},
      {"unknown", {}, {}, {}, true},
  };
  for (const Answer& answer : answers) {
    Metrics metrics{names()};
    DicomAssociation association = samples::association();
    association.accepted = answer.accepted;
    association.rejection = answer.rejection;
    association.abort = answer.abort;
    Observation observation = samples::observation(association);
    observation.event.visibility.joined_midway = answer.joined_midway;
    metrics.observe(observation);
    for (const std::string_view outcome : {"accepted", "rejected", "aborted", "unanswered"}) {
      EXPECT_THAT(
          samples_of(metrics.exposition()),
          Contains(Pair("dcmwatch_associations_total{flow=\"ct1-store\",outcome=\"" + std::string{outcome} + "\"}",
                        outcome == answer.outcome ? 1.0 : 0.0)));
    }
  }
}

TEST_F(MetricsTest, CountsEachStateOfAnOrdersStepsOnce) {
  const auto steps = [this](std::string_view step, std::string_view state) {
    return value("dcmwatch_order_steps_total{state=\"" + std::string{state} + "\",step=\"" + std::string{step} + "\"}");
  };
  EXPECT_EQ(steps("report", "missing"), 0) << "from the beginning, so that the first is an increase";
  Workflow way = samples::workflow();
  way.preliminary = true;
  metrics_.observe(samples::observation(way));
  EXPECT_EQ(steps("report", "missing"), 0) << "it may still come";
  EXPECT_EQ(steps("report", "unknown"), 1);
  way.preliminary = false;
  metrics_.observe(samples::observation(way));
  metrics_.observe(samples::observation(way));
  EXPECT_EQ(steps("report", "missing"), 1);
  EXPECT_EQ(steps("order", "seen"), 1);
  way.at(WorkflowStep::report).state = WorkflowStepState::late;
  metrics_.observe(samples::observation(way));
  EXPECT_EQ(steps("report", "late"), 1);
  way.accession = {1, 2};
  metrics_.observe(samples::observation(way));
  EXPECT_EQ(steps("report", "late"), 2);
}

TEST_F(MetricsTest, CountsOperationsWhenTheyBeginAndWhenTheyAreOver) {
  DicomOperation move = samples::operation(0x0021, 0xa801);
  metrics_.observe(samples::observation(move, Phase::start));
  EXPECT_EQ(value(R"(dcmwatch_operations_started_total{command="C-MOVE",flow="ct1-store"})"), 1);
  metrics_.observe(samples::observation(move, Phase::progress));
  metrics_.observe(samples::observation(move, Phase::end));
  EXPECT_EQ(value(R"(dcmwatch_operations_started_total{command="C-MOVE",flow="ct1-store"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_operations_total{command="C-MOVE",flow="ct1-store",status_class="failure"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_operation_duration_seconds_bucket{command="C-MOVE",flow="ct1-store",le="0.1"})"), 1);

  move.status.reset();
  move.answered.reset();
  move.command_field = 0x0999;
  metrics_.observe(samples::observation(move));
  EXPECT_EQ(value(R"(dcmwatch_operations_total{command="other",flow="ct1-store",status_class="none"})"), 1);

  Observation cut = samples::observation(move);
  cut.event.visibility.unfinished = true;
  metrics_.observe(cut);
  EXPECT_EQ(value(R"(dcmwatch_operations_total{command="other",flow="ct1-store",status_class="none"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_operations_total{command="other",flow="ct1-store",status_class="unknown"})"), 1);
}

Observation declared_message(std::string ack, std::string_view sender = "EPR", Phase phase = Phase::end,
                             std::uint64_t number = 1) {
  Hl7Message message = samples::message(std::move(ack));
  message.control_id = {number, number};
  if (phase == Phase::start) message.unanswered.reset();
  Observation observation = samples::observation(message, phase);
  Declared& declared = test::change(observation.declared);
  declared.flow = "his-adt";
  declared.message.sender = sender;
  declared.message.message_type = "ADT^*";
  return observation;
}

TEST_F(MetricsTest, CountsMessagesByTheirAcknowledgement) {
  std::uint64_t number = 0;
  for (const char* ack : {"AA", "AA", "AE", "", "ZZ", "none"})
    metrics_.observe(declared_message(ack, "EPR", Phase::end, ++number));
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="AA",flow="his-adt",sender="EPR"})"), 2);
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="AE",flow="his-adt",sender="EPR"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="none",flow="his-adt",sender="EPR"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="other",flow="his-adt",sender="EPR"})"), 2);
  EXPECT_EQ(value(R"(dcmwatch_hl7_message_types_total{ack="AA",flow="his-adt",type="ADT^*"})"), 2);
  EXPECT_EQ(value(R"(dcmwatch_hl7_answer_seconds_count{flow="his-adt",sender="EPR"})"), 5);
  EXPECT_NEAR(value(R"(dcmwatch_hl7_answer_seconds_sum{flow="his-adt",sender="EPR"})"), 0.10, 1e-9);
}

TEST_F(MetricsTest, CountsMessagesByTheirDeclaredSenderAndThoseOfOthersAsUndeclared) {
  for (const char* sender : {"EPR", "LAB|MAIN", "", "", "a name off the wire"})
    metrics_.observe(declared_message("AA", sender));
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="AA",flow="his-adt",sender="EPR"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="AA",flow="his-adt",sender="LAB|MAIN"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="AA",flow="his-adt",sender="undeclared"})"), 3);
  EXPECT_EQ(metrics_.exposition().find("off the wire"), std::string::npos);
  metrics_.observe(samples::rogue(samples::message()));
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="AA",flow="undeclared",sender="undeclared"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_hl7_message_types_total{ack="AA",flow="undeclared",type="undeclared"})"), 1);
}

TEST_F(MetricsTest, DoesNotCallUnansweredWhatMayHaveBeenAnsweredUnseen) {
  Observation observation = declared_message("");
  std::get<Hl7Message>(observation.event.facts).unanswered.reset();
  observation.event.visibility.one_direction = true;
  metrics_.observe(observation);
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="unknown",flow="his-adt",sender="EPR"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="none",flow="his-adt",sender="EPR"})"), 0);
}

TEST_F(MetricsTest, DoesNotCallUnansweredWhatNobodyWantsAnAnswerTo) {
  Observation declared_so = declared_message("");
  test::change(declared_so.declared).message.ack_mode = AcknowledgementMode::none;
  metrics_.observe(declared_so);
  Observation asked_so = declared_message("");
  auto& message = std::get<Hl7Message>(asked_so.event.facts);
  message.mode = AcknowledgementMode::enhanced;
  message.accept_wanted = message.ack_wanted = AckCondition::on_error;
  message.unanswered.reset();
  metrics_.observe(asked_so);
  metrics_.finish();
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="not_wanted",flow="his-adt",sender="EPR"})"), 2);
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="none",flow="his-adt",sender="EPR"})"), 0);
}

TEST_F(MetricsTest, CountsAMessageAsUnansweredWhenThatIsFirstToldAndItsLateAnswerBesides) {
  metrics_.observe(declared_message("", "EPR", Phase::start));
  for (int minute = 0; minute < 2; ++minute) {
    Observation overdue = declared_message("", "EPR", Phase::progress);
    std::get<Hl7Message>(overdue.event.facts).unanswered = WhyUnanswered::timeout;
    metrics_.observe(overdue);
    EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="none",flow="his-adt",sender="EPR"})"), 1);
  }
  EXPECT_EQ(value(R"(dcmwatch_hl7_late_answers_total{flow="his-adt"})"), 0);
  Observation late = declared_message("AA");
  std::get<Hl7Message>(late.event.facts).late = true;
  metrics_.observe(late);
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="none",flow="his-adt",sender="EPR"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="AA",flow="his-adt",sender="EPR"})"), 0);
  EXPECT_EQ(value(R"(dcmwatch_hl7_late_answers_total{flow="his-adt"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_hl7_answer_seconds_count{flow="his-adt",sender="EPR"})"), 1);
}

TEST_F(MetricsTest, CountsAnApplicationsAnswerOnAnotherConnectionAndNoAnswerOfAMessageNotSeen) {
  Observation sent = declared_message("");
  auto& message = std::get<Hl7Message>(sent.event.facts);
  message.unanswered.reset();
  message.accept_wanted = message.ack_wanted = AckCondition::always;
  message.mode = AcknowledgementMode::enhanced;
  sent.event.phase = Phase::start;
  metrics_.observe(sent);
  message.accept_code = "CA";
  message.accepted = samples::mark(20ms);
  sent.event.phase = Phase::end;
  metrics_.observe(sent);
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="CA",flow="his-adt",sender="EPR"})"), -1) << "more may come";

  Observation answer = declared_message("AE");
  auto& answered = std::get<Hl7Message>(answer.event.facts);
  answered.message_seen = false;
  answered.sent = samples::mark(4010ms, 70);
  answer.event.conversation = 8;
  for (int i = 0; i < 2; ++i) metrics_.observe(answer);  // the first of them is of something else
  metrics_.observe(samples::observation(
      Link{.kind = LinkKind::message_acknowledged, .cause = 7, .effect = 8, .delay = 4s, .effect_packet = 70}));
  metrics_.finish();
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="AE",flow="his-adt",sender="EPR"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="CA",flow="his-adt",sender="EPR"})"), -1);
  EXPECT_EQ(value(R"(dcmwatch_hl7_unmatched_acknowledgements_total{flow="his-adt"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_hl7_answer_seconds_sum{flow="his-adt",sender="EPR"})"), 4);
}

TEST_F(MetricsTest, CountsAMessageAsCommittedOnceItsApplicationCanNoLongerAnswer) {
  Observation sent = declared_message("");
  auto& message = std::get<Hl7Message>(sent.event.facts);
  message.unanswered.reset();
  message.ack_wanted = AckCondition::always;
  message.accept_code = "CA";
  metrics_.observe(sent);
  Observation later = samples::observation(samples::connection(), Phase::end, 9);
  later.event.last = samples::mark(11min);
  metrics_.observe(later);
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="CA",flow="his-adt",sender="EPR"})"), 1);
}

TEST_F(MetricsTest, CountsAMessageThatWasSentAgainAndThenAnsweredApart) {
  Observation older = declared_message("");
  std::get<Hl7Message>(older.event.facts).unanswered = WhyUnanswered::superseded;
  metrics_.observe(older);
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="superseded",flow="his-adt",sender="EPR"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="none",flow="his-adt",sender="EPR"})"), 0);
}

TEST_F(MetricsTest, ShowsWhatWaitedWhenTheCaptureEnded) {
  for (const ConnectionEnd end : {ConnectionEnd::open, ConnectionEnd::evicted}) {
    Metrics metrics{names()};
    metrics.observe(declared_message("", "EPR", Phase::start));
    Observation cut = declared_message("");
    std::get<Hl7Message>(cut.event.facts).unanswered.reset();
    cut.event.visibility.unfinished = true;
    metrics.observe(cut);
    ConnectionFact connection = samples::connection();
    connection.end = end;
    metrics.observe(samples::observation(connection));
    const auto all = samples_of(metrics.exposition());
    EXPECT_EQ(all.at(R"(dcmwatch_hl7_waiting_messages{flow="his-adt"})"), end == ConnectionEnd::open ? 1 : 0);
    EXPECT_EQ(all.at(R"(dcmwatch_hl7_messages_total{ack="waiting",flow="his-adt",sender="EPR"})"), 1);
  }
}

TEST_F(MetricsTest, ShowsHowManyMessagesWait) {
  for (int i = 0; i < 3; ++i) metrics_.observe(declared_message("", "EPR", Phase::start));
  EXPECT_EQ(value(R"(dcmwatch_hl7_waiting_messages{flow="his-adt"})"), 3);
  metrics_.observe(declared_message("AA"));
  EXPECT_EQ(value(R"(dcmwatch_hl7_waiting_messages{flow="his-adt"})"), 2);
  metrics_.observe(declared_message("AA"));
  metrics_.observe(declared_message(""));
  metrics_.observe(declared_message(""));  // of which the start was not told
  EXPECT_EQ(value(R"(dcmwatch_hl7_waiting_messages{flow="his-adt"})"), 0);
}

TEST_F(MetricsTest, ShowsZeroForWhatIsDeclaredButWasNotSeen) {
  EXPECT_EQ(value(R"(dcmwatch_associations_total{flow="ct1-store",outcome="rejected"})"), 0);
  EXPECT_EQ(value(R"(dcmwatch_hl7_messages_total{ack="AE",flow="his-adt",sender="LAB|MAIN"})"), 0);
  EXPECT_EQ(value(R"(dcmwatch_findings_total{level="high",rule="undeclared-flow",title="Undeclared flow"})"), 0);
  EXPECT_EQ(value(R"(dcmwatch_missing_bytes_total{flow="undeclared"})"), 0);
  EXPECT_THAT(exposed(),
              Not(Contains(Key(R"(dcmwatch_hl7_messages_total{ack="AE",flow="ct1-store",sender="undeclared"})"))));
}

TEST_F(MetricsTest, CountsAFindingWhenItIsFirstMade) {
  metrics_.observe(samples::finding(Phase::start));
  EXPECT_EQ(value(R"(dcmwatch_findings_total{level="high",rule="undeclared-flow",title="Undeclared flow"})"), 1);
  metrics_.observe(samples::finding(Phase::end));
  EXPECT_EQ(value(R"(dcmwatch_findings_total{level="high",rule="undeclared-flow",title="Undeclared flow"})"), 1);
}

TEST_F(MetricsTest, CountsWhatExceptionsHeldFor) {
  Tallies tallies;
  tallies.suppressed = {{samples::exception(), 3, 0}, {samples::exception(samples::rule("other")), 0, 1}};
  metrics_.update(tallies);
  const auto suppressed = [](const std::string& rule) {
    return R"(dcmwatch_suppressed_findings_total{level="high",rule=")" + rule + R"(",title="Undeclared flow"})";
  };
  EXPECT_EQ(value(suppressed("undeclared-flow")), 3);
  EXPECT_EQ(value(suppressed("other")), 0);
  tallies.suppressed.front().times = 5;
  metrics_.update(tallies);
  EXPECT_EQ(value(suppressed("undeclared-flow")), 5);
}

TEST_F(MetricsTest, CountsADeviationOnceAConversationAtTheFirstFactThatShowsIt) {
  const std::string series =
      R"(dcmwatch_deviations_total{destination_zone="archive",kind="flow",source_zone="undeclared"})";
  metrics_.observe(samples::rogue(samples::association(), Phase::start, 1));
  EXPECT_EQ(value(series), 1);
  metrics_.observe(samples::rogue(samples::operation(), Phase::end, 1));
  metrics_.observe(samples::rogue(samples::connection(), Phase::end, 1));
  EXPECT_EQ(value(series), 1);
  metrics_.observe(samples::rogue(samples::association(), Phase::start, 2));
  EXPECT_EQ(value(series), 2);
}

TEST_F(MetricsTest, CountsEachStudyThatNobodyWasSeenToOrder) {
  Observation observation = samples::observation(samples::study());
  Declared& declared = test::change(observation.declared);
  test::set_deviations(declared, {{DeviationKind::order, "an order", "none"}});
  const std::string series =
      R"(dcmwatch_deviations_total{destination_zone="archive",kind="order",source_zone="modalities"})";
  metrics_.observe(observation);
  metrics_.observe(observation);
  EXPECT_EQ(value(series), 2) << "one conversation may carry several";
}

TEST_F(MetricsTest, CountsABreakOfTheRulesWithHowBadItIs) {
  const Violation violation{.name = "dicom.pdu_length", .clause = "PS3.8 9.3.1", .severity = Severity::high};
  metrics_.observe(samples::observation(violation));
  EXPECT_EQ(value(R"(dcmwatch_violations_total{name="dicom.pdu_length",severity="high"})"), 1);
}

TEST_F(MetricsTest, CountsWhatCouldNotBeSeen) {
  Observation observation = samples::observation(samples::connection(), Phase::progress);
  observation.event.visibility.joined_midway = true;
  test::set_unknown(test::change(observation.declared), {UnknownKind::called_ae_title});
  metrics_.observe(observation);
  observation.event.phase = Phase::end;
  metrics_.observe(observation);
  EXPECT_EQ(value(R"(dcmwatch_impaired_connections_total{flow="ct1-store",reason="joined_midway"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_unknown_total{flow="ct1-store",what="called_ae"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_missing_bytes_total{flow="ct1-store"})"), 1448);
  EXPECT_EQ(value(R"(dcmwatch_connection_bytes_total{flow="ct1-store",sender="opener"})"), 610'000);
  EXPECT_EQ(value(R"(dcmwatch_connections_total{end="finished",flow="ct1-store",protocol="dicom"})"), 1);
}

TEST_F(MetricsTest, LastSeenMovesWithEveryRecordAndNeverBack) {
  const std::string series = R"(dcmwatch_last_seen_timestamp_seconds{flow="ct1-store"})";
  metrics_.observe(samples::observation(samples::operation()));
  EXPECT_DOUBLE_EQ(value(series), 1772438401.5);
  Observation earlier = samples::observation(samples::operation());
  earlier.event.last = samples::mark(0ms);
  metrics_.observe(earlier);
  EXPECT_DOUBLE_EQ(value(series), 1772438401.5);
}

TEST_F(MetricsTest, TakesTalliesAsTheyStand) {
  metrics_.update(tallies(1000, 500'000));
  metrics_.update(tallies(1500, 900'000));
  EXPECT_EQ(value(R"(dcmwatch_capture_packets_total{source="span0"})"), 1500);
  EXPECT_EQ(value(R"(dcmwatch_capture_dropped_packets_total{by="kernel",source="span0"})"), 3);
  EXPECT_EQ(value(R"(dcmwatch_limit_reached_total{limit="connections"})"), 1);
  EXPECT_EQ(value(R"(dcmwatch_shed_records_total{kind="finding"})"), 6);
  EXPECT_EQ(value("dcmwatch_log_lost_records_total"), 7);
}

TEST_F(MetricsTest, NothingOffTheWireBecomesALabel) {
  observe_everything();
  const std::string text = metrics_.exposition();
  for (const char* secret :
       {"CT1", "WS1", "10.20.", "1.2.840", "ADT", "OFFIS", "0123456789abcdef", "day.pcap", "HIS"}) {
    EXPECT_EQ(text.find(secret), std::string::npos) << secret;
  }
}

TEST_F(MetricsTest, WhatIsUndeclaredAddsNoSeriesHoweverMuchOfItThereIs) {
  observe_everything();
  const std::size_t before = exposed().size();
  for (std::uint64_t i = 0; i < 1000; ++i) {
    Observation observation = samples::rogue(samples::association(), Phase::start, 1000 + i);
    test::change(observation.declared).flow = "no such flow";
    test::change(observation.declared).source.zone = "no such zone";
    metrics_.observe(observation);
  }
  EXPECT_EQ(exposed().size(), before);
}

TEST_F(MetricsTest, ForgetsIdleConversationsAtItsLimitAndSaysSo) {
  for (std::uint64_t i = 0; i < 33'000; ++i)
    metrics_.observe(samples::rogue(samples::association(), Phase::start, 1000 + i));
  EXPECT_EQ(value(R"(dcmwatch_associations_active{flow="undeclared"})"), 32'768);
  EXPECT_EQ(value(R"(dcmwatch_limit_reached_total{limit="metrics_associations"})"), 33'000 - 32'768);
}

TEST_F(MetricsTest, AHandshakeCountsByVersionAndHowItEnded) {
  for (const TlsHandshake handshake : {TlsHandshake::completed, TlsHandshake::refused})
    metrics_.observe(samples::observation(samples::tls(handshake)));
  for (const char* outcome : {"completed", "refused"}) {
    const std::string labels = R"({flow="ct1-store",outcome=")" + std::string{outcome} + R"(",version="TLSv1.2"})";
    EXPECT_EQ(value("dcmwatch_tls_handshakes_total" + labels), 1) << outcome;
  }
  EXPECT_EQ(value(R"(dcmwatch_tls_certificate_not_after_seconds{device="pacs",role="server"})"),
            1'772'438'400 + 10 * 24 * 3600);
}

TEST_F(MetricsTest, TheSameRecordsGiveTheSameText) {
  observe_everything();
  Metrics again{names()};
  observe_everything(again);
  EXPECT_EQ(again.exposition(), metrics_.exposition());
}

TEST_F(MetricsTest, MayBeReadWhileItIsWritten) {
  std::atomic<bool> done = false;
  std::thread reader{[&] {
    while (!done) EXPECT_FALSE(metrics_.exposition().empty());
  }};
  std::thread teller{[&] {
    for (std::uint64_t i = 0; !done; ++i) metrics_.update({{{"span0", i, i, 0, 0}}, {}, {}, 0});
  }};
  for (std::uint64_t i = 0; i < 200; ++i) {
    metrics_.observe(samples::rogue(samples::association(), Phase::end, i));
    metrics_.observe(samples::observation(samples::operation()));
    metrics_.observe(samples::finding());
  }
  done = true;
  reader.join();
  teller.join();
}

TEST_F(MetricsTest, SayWhetherADeclaredFlowIsSeenSilentOrNotVisible) {
  const auto value_of = [this](const std::string& family) { return value(family + R"({flow="ct1-store"})"); };
  EXPECT_EQ(value_of("dcmwatch_flow_silent"), 0);
  EXPECT_EQ(value_of("dcmwatch_flow_visible"), 1);
  EXPECT_EQ(value_of("dcmwatch_flow_last_seen_timestamp_seconds"), -1);
  const auto tell = [this](FlowState state, std::string_view device) {
    FlowStretch stretch;
    stretch.state = state;
    stretch.device = device;
    Observation told = samples::observation(stretch);
    Declared declared;
    declared.flow = "ct1-store";
    told.declared = SharedDeclared{std::move(declared)};
    metrics_.observe(told);
  };
  tell(FlowState::silent, "ct1");
  tell(FlowState::silent, "ct2");
  tell(FlowState::seen_again, "ct1");
  EXPECT_EQ(value_of("dcmwatch_flow_silent"), 1) << "ct2 still is";
  tell(FlowState::seen_again, "ct2");
  EXPECT_EQ(value_of("dcmwatch_flow_silent"), 0);
  tell(FlowState::not_visible, "ct2");
  EXPECT_EQ(value_of("dcmwatch_flow_visible"), 0);
  EXPECT_EQ(value_of("dcmwatch_flow_last_seen_timestamp_seconds"), -1) << "nothing was seen yet";
  metrics_.observe(samples::observation(samples::operation()));
  EXPECT_EQ(value_of("dcmwatch_flow_visible"), 1) << "what is seen is visible";
}

// Another model: his-adt is gone, ct2-store is new, and stands first.
TEST_F(MetricsTest, GoOnWithTheNamesThatStayAndBeginWithThoseThatAreNew) {
  metrics_.observe(samples::observation(samples::association(), Phase::start));
  metrics_.observe(samples::finding());
  const std::string active = "dcmwatch_associations_active{flow=\"ct1-store\"}";
  const std::string findings = "dcmwatch_findings_total{level=\"high\",rule=\"undeclared-flow\",title=";
  ASSERT_EQ(value(active), 1);
  const auto found = [&] {
    const auto all = exposed();
    const auto first = all.lower_bound(findings);
    return first != all.end() && first->first.starts_with(findings) ? first->second : -1;
  };
  ASSERT_EQ(found(), 1);

  MetricNames changed = names();
  changed.flows.erase(changed.flows.begin() + 1);
  changed.flows.insert(changed.flows.begin(), {"ct2-store", Protocol::dicom, {}, {}, true});
  changed.rules.erase(changed.rules.begin());
  metrics_.redeclare(changed);
  EXPECT_EQ(value(active), 1);
  EXPECT_EQ(value("dcmwatch_associations_active{flow=\"ct2-store\"}"), 0);
  EXPECT_EQ(value("dcmwatch_flow_silent{flow=\"ct2-store\"}"), 0);
  EXPECT_EQ(value("dcmwatch_hl7_waiting_messages{flow=\"his-adt\"}"), -1) << "declared no more";
  EXPECT_EQ(found(), -1) << "a rule that is gone";
  metrics_.observe(samples::observation(samples::association(), Phase::end));
  EXPECT_EQ(value(active), 0) << "the association that was open is known";

  metrics_.redeclare(names());
  EXPECT_EQ(value("dcmwatch_hl7_waiting_messages{flow=\"his-adt\"}"), 0);
  EXPECT_EQ(found(), 1) << "a counter never goes back";
}

TEST_F(MetricsTest, TellOfAwaitedFlowsWhatIsKnownOfThemWhenTheirNamesBeginToHold) {
  MetricNames changed = names();
  changed.flows[0].silent_devices = 1;
  changed.flows[0].visible = false;
  metrics_.redeclare(changed);
  EXPECT_EQ(value("dcmwatch_flow_silent{flow=\"ct1-store\"}"), 1);
  EXPECT_EQ(value("dcmwatch_flow_visible{flow=\"ct1-store\"}"), 0);
  changed.flows[0].awaited = false;
  metrics_.redeclare(changed);
  EXPECT_EQ(value("dcmwatch_flow_silent{flow=\"ct1-store\"}"), -1) << "it need not be seen any more";
  metrics_.redeclare(names());
  EXPECT_EQ(value("dcmwatch_flow_silent{flow=\"ct1-store\"}"), 0);
  EXPECT_EQ(value("dcmwatch_flow_visible{flow=\"ct1-store\"}"), 1);
}

TEST_F(MetricsTest, PassPromtool) {
  if (std::system("promtool --version >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "promtool (package prometheus) is not installed";
  observe_everything();
  const TemporaryFolder folder;
  const auto file = folder / "metrics.txt";
  std::ofstream{file} << metrics_.exposition();
  EXPECT_EQ(std::system(("promtool check metrics < " + file.string()).c_str()), 0);
}

TEST_F(MetricsTest, AreAllInTheDocumentation) {
  observe_everything();
  std::ostringstream page;
  page << std::ifstream{DCMWATCH_ROOT "/docs/metrics.md"}.rdbuf();
  EXPECT_EQ(metrics_after("| `", page.str()), metrics_after("# TYPE ", metrics_.exposition()));
}

}  // namespace
}  // namespace dcmwatch
