#include "relate/workflows.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "relate/department.h"

namespace dcmwatch {
namespace {

using namespace test;
using State = WorkflowStepState;

constexpr unsigned kAccession = 7, kStudy = 100, kPatient = 3;
constexpr std::string_view kWorklistClass = "1.2.840.10008.5.1.4.31";

struct OrdersWay : testing::Test {
  Department department;

  static ScheduledStep scheduled(unsigned accession, unsigned study) {
    ScheduledStep step;
    step.accession = pseudonym(accession);
    step.study = pseudonym(study);
    step.patient = pseudonym(kPatient);
    return step;
  }

  void order(unsigned accession = kAccession) { department.see(department.message("ORM^O01", accession)); }
  void report(unsigned accession = kAccession) { department.see(department.message("ORU^R01", accession)); }
  void worklist(unsigned accession = kAccession, unsigned study = kStudy, std::string_view who = kCt) {
    department.see(department.operation(dimse::kFind, who, kRis, 2, [&](DicomOperation& find) {
      find.sop_class_uid = kWorklistClass;
      find.content = DicomContent{WorklistAnswer{{scheduled(accession, study)}}};
    }));
  }
  void step(std::uint16_t command, std::string_view status, unsigned accession = kAccession, unsigned study = kStudy) {
    department.see(department.operation(command, kCt, kRis, 3, [&](DicomOperation& operation) {
      PerformedStep content;
      content.status = status;
      if (command == dimse::kCreate) content.scheduled = {scheduled(accession, study)};
      operation.instance = pseudonym(1000 + study);
      operation.content = DicomContent{content};
    }));
  }
  void perform(unsigned accession = kAccession, unsigned study = kStudy) {
    step(dimse::kCreate, "IN PROGRESS", accession, study);
    step(dimse::kSet, "COMPLETED", accession, study);
  }
  /// `accession` 0: without it.
  void store(unsigned accession = kAccession, unsigned study = kStudy, std::string_view who = kCt,
             std::uint16_t status = 0) {
    Event stored = department.store(study, 10 * study, who, kPacs, 4, status);
    if (accession != 0) std::get<DicomOperation>(stored.facts).accession = pseudonym(accession);
    department.see(stored);
  }
  void about_commitment(std::uint16_t command, std::string_view from, std::string_view to, unsigned study) {
    department.see(department.operation(command, from, to, 5, [&](DicomOperation& operation) {
      StorageCommitment content;
      content.transaction = pseudonym(2000 + study);
      content.instances = {print(10 * study)};
      operation.event_type = 1;
      operation.content = DicomContent{content};
    }));
  }
  void ask(unsigned study = kStudy) { about_commitment(dimse::kAction, kCt, kPacs, study); }
  void commit(unsigned study = kStudy) { about_commitment(dimse::kEventReport, kPacs, kCt, study); }

  void whole_way(unsigned accession, unsigned study) {
    order(accession);
    worklist(accession, study);
    perform(accession, study);
    store(accession, study);
    ask(study);
    commit(study);
    report(accession);
  }
  void pass_hours(int hours) {
    for (int hour = 0; hour < hours; ++hour) department.pass(1h);
  }

  [[nodiscard]] Workflow only() const {
    const auto workflows = department.workflows();
    EXPECT_EQ(workflows.size(), 1U);
    return workflows.empty() ? Workflow{} : workflows.front();
  }
  /// An accepted message of `who`, which `change` makes particular.
  template <typename Change>
  Event sent(std::string_view type, unsigned accession, std::string_view who, Change change) {
    return department.message(Phase::end, who, kEngine, 91, accession, [&](Hl7Message& message) {
      message.message_type = type;
      message.accession = pseudonym(accession);
      message.ack_code = "AA";
      change(message);
    });
  }

  /// A blank one if nothing was told of it.
  [[nodiscard]] Workflow last_of(unsigned accession) const {
    Workflow last;
    for (const Workflow& workflow : department.workflows()) {
      if (workflow.accession == pseudonym(accession)) last = workflow;
    }
    EXPECT_FALSE(last.accession.empty());
    return last;
  }
  static std::vector<State> states(const Workflow& workflow) {
    std::vector<State> states;
    for (const auto& step : workflow.steps) states.push_back(step.state);
    return states;
  }
};

TEST_F(OrdersWay, IsToldOnceWhenItsLastStepIsKnown) {
  whole_way(kAccession, kStudy);
  EXPECT_TRUE(department.workflows().empty()) << "the images are known when their study is";
  department.pass(11min);
  const Workflow workflow = only();
  EXPECT_EQ(states(workflow), std::vector<State>(kWorkflowSteps, State::seen));
  EXPECT_EQ(workflow.told, WorkflowTold::complete);
  EXPECT_FALSE(workflow.preliminary);
  EXPECT_EQ(workflow.accession, pseudonym(kAccession));
  EXPECT_EQ(workflow.study, pseudonym(kStudy));
  EXPECT_EQ(workflow.patient, pseudonym(kPatient));
  EXPECT_EQ(workflow.images, 1U);
  EXPECT_EQ(outcome_of(department.told.back()), Outcome::success);
  for (std::size_t i = 1; i < kWorkflowSteps; ++i) EXPECT_LT(workflow.steps[i - 1].time, workflow.steps[i].time) << i;
  pass_hours(24 * 8);
  department.finish();
  EXPECT_EQ(department.workflows().size(), 1U);
}

TEST_F(OrdersWay, HasItsImagesWhereADayPassesAtOnce) {
  whole_way(kAccession, kStudy);
  department.pass(26h);
  EXPECT_EQ(states(only()), std::vector<State>(kWorkflowSteps, State::seen))
      << "a quiet network's batch of packets may span a day";
}

TEST_F(OrdersWay, IsAboutTheWayOfItsImagesFromItsFirstStepToItsLast) {
  const Timestamp begun = department.now();
  whole_way(kAccession, kStudy);
  const Timestamp ended = department.now();
  department.pass(11min);
  const Event& told = department.told.back();
  ASSERT_TRUE(std::holds_alternative<Workflow>(told.facts));
  EXPECT_EQ(told.parties.source.address, *IpAddress::parse(kCt));
  EXPECT_EQ(told.parties.destination.address, *IpAddress::parse(kPacs));
  EXPECT_EQ(told.first.time, begun + 1ms);
  EXPECT_EQ(told.last.time, ended);
}

struct MissingStep : OrdersWay, testing::WithParamInterface<WorkflowStep> {};

TEST_P(MissingStep, IsOneThatOthersTakeAndThisOneDidNot) {
  whole_way(8, 101);
  const WorkflowStep left_out = GetParam();
  const bool images = left_out != WorkflowStep::images;
  if (left_out != WorkflowStep::order) order();
  if (left_out != WorkflowStep::worklist) worklist();
  if (left_out != WorkflowStep::performed_step) perform();
  if (images) store();
  if (images && left_out != WorkflowStep::commitment) ask(), commit();
  if (left_out != WorkflowStep::report) report();
  pass_hours(26);
  const Workflow workflow = last_of(kAccession);
  for (std::size_t i = 0; i < kWorkflowSteps; ++i) {
    const auto one = static_cast<WorkflowStep>(i);
    State expected = one == left_out ? State::missing : State::seen;
    // What may have come before the capture did is not known to be missing, nor is the commitment of nothing.
    if (one == left_out && one == WorkflowStep::order) expected = State::unknown;
    if (one == WorkflowStep::commitment && !images) expected = State::unknown;
    EXPECT_EQ(workflow.at(one).state, expected) << to_text(one);
  }
  EXPECT_EQ(workflow.told, left_out == WorkflowStep::order ? WorkflowTold::complete : WorkflowTold::quiet);
}

INSTANTIATE_TEST_SUITE_P(Each, MissingStep,
                         testing::Values(WorkflowStep::order, WorkflowStep::worklist, WorkflowStep::performed_step,
                                         WorkflowStep::images, WorkflowStep::commitment, WorkflowStep::report),
                         [](const auto& tested) { return std::string{to_text(tested.param)}; });

TEST_F(OrdersWay, LacksAnOrderThatMustHaveBeenSeen) {
  whole_way(8, 101);
  pass_hours(25);
  worklist();
  perform();
  store();
  report();
  pass_hours(25);
  EXPECT_EQ(last_of(kAccession).at(WorkflowStep::order).state, State::missing);
}

TEST_F(OrdersWay, DoesNotLackWhatNobodyWasSeenToDo) {
  order();
  store();
  department.finish();
  const Workflow workflow = only();
  EXPECT_EQ(states(workflow),
            (std::vector{State::seen, State::unknown, State::unknown, State::seen, State::unknown, State::unknown}));
  EXPECT_EQ(workflow.told, WorkflowTold::end);
  EXPECT_TRUE(workflow.preliminary);
}

TEST_F(OrdersWay, DoesNotLackWhatItsDeviceWasNeverSeenToDo) {
  whole_way(8, 101);
  order();
  worklist(kAccession, kStudy, kMr);
  store(kAccession, kStudy, kMr);
  department.pass(11min);
  department.finish();
  EXPECT_EQ(last_of(kAccession).at(WorkflowStep::performed_step).state, State::unknown);
  EXPECT_EQ(last_of(kAccession).at(WorkflowStep::commitment).state, State::unknown);
  EXPECT_EQ(last_of(kAccession).at(WorkflowStep::report).state, State::missing);
}

TEST_F(OrdersWay, DoesNotLackWhatMayHaveGoneByUnseen) {
  whole_way(8, 101);
  order();
  store();
  Event lost = department.message("ADT^A01", 9);
  lost.visibility.lost = true;
  department.see(lost);
  department.pass(11min);
  department.finish();
  EXPECT_EQ(last_of(kAccession).at(WorkflowStep::report).state, State::unknown);
  EXPECT_EQ(last_of(kAccession).at(WorkflowStep::worklist).state, State::missing) << "of DICOM all was seen";
}

TEST_F(OrdersWay, DoesNotLackWhatIsDeclaredNotToBeExpected) {
  department.workflow_times.report = std::nullopt;
  whole_way(8, 101);
  order();
  store();
  department.finish();
  EXPECT_EQ(last_of(kAccession).at(WorkflowStep::report).state, State::unknown);
}

TEST_F(OrdersWay, IsLateAfterTheDeclaredTime) {
  department.workflow_times.report = 5min;
  order();
  store();
  department.pass(11min);
  report();
  EXPECT_EQ(only().at(WorkflowStep::report).state, State::late);
}

TEST_F(OrdersWay, IsNotToldOfImagesAlone) {
  store();
  pass_hours(25);
  department.finish();
  EXPECT_TRUE(department.workflows().empty());
}

TEST_F(OrdersWay, TakesInImagesThatCameBeforeAnybodySaidTheirNumber) {
  store(0);
  department.pass(11min);
  order();
  worklist();
  report();
  department.finish();
  const Workflow workflow = only();
  EXPECT_EQ(workflow.at(WorkflowStep::images).state, State::seen);
  EXPECT_LT(workflow.at(WorkflowStep::images).time, workflow.at(WorkflowStep::order).time);
}

TEST_F(OrdersWay, IsToldAgainWhenAStepComesAfterIt) {
  whole_way(8, 101);
  order();
  worklist();
  perform();
  store();
  ask();
  commit();
  pass_hours(30);
  ASSERT_EQ(last_of(kAccession).at(WorkflowStep::report).state, State::missing);
  report();
  EXPECT_EQ(last_of(kAccession).at(WorkflowStep::report).state, State::late);
  EXPECT_EQ(last_of(kAccession).told, WorkflowTold::complete);
}

TEST_F(OrdersWay, IsNotCompleteByAPreliminaryReport) {
  const auto reported = [&](std::string_view status) {
    return department.message("ORU^R01", kAccession, [&](Hl7Message& message) {
      auto content = std::make_shared<Hl7Content>();
      Hl7Order& order = content->orders.emplace_back();
      order.result_status = status;
      order.accession[static_cast<std::size_t>(AccessionField::obr_18)] = message.accession;
      message.content = content;
    });
  };
  order();
  store();
  department.pass(11min);
  department.see(reported("P"));
  EXPECT_TRUE(department.workflows().empty());
  department.see(reported("F"));
  EXPECT_EQ(only().report_status, "F");
  EXPECT_EQ(only().at(WorkflowStep::report).state, State::seen);
}

TEST_F(OrdersWay, FailsByARefusedOrderUnlessOneIsTaken) {
  const auto refused = [&](unsigned accession) {
    return department.message("ORM^O01", accession, [](Hl7Message& message) { message.ack_code = "AR"; });
  };
  department.see(refused(kAccession));
  order(8);
  department.see(refused(8));
  department.finish();
  EXPECT_EQ(last_of(kAccession).at(WorkflowStep::order).state, State::failed);
  EXPECT_EQ(last_of(8).at(WorkflowStep::order).state, State::seen);
}

TEST_F(OrdersWay, IsReportedOnlyByAReportThatWasAccepted) {
  order();
  order(8);
  order(9);
  for (const unsigned accession : {kAccession, 8U, 9U}) store(accession, 100 + accession);
  department.pass(11min);
  department.see(sent("ORU^R01", kAccession, kAi, [](Hl7Message& message) { message.ack_code.reset(); }));
  department.see(sent("ORU^R01", 8, kAi, [](Hl7Message& message) { message.ack_code = "AE"; }));
  department.see(sent("ORU^R01", 9, kAi, [](Hl7Message& message) {
    message.ack_code.reset();
    message.unanswered = WhyUnanswered::timeout;
  }));
  EXPECT_TRUE(department.workflows().empty());
  department.finish();
  const Workflow unknown = last_of(kAccession);
  EXPECT_EQ(unknown.at(WorkflowStep::report).state, State::unknown);
  EXPECT_TRUE(unknown.at(WorkflowStep::report).time);
  EXPECT_EQ(last_of(8).at(WorkflowStep::report).state, State::failed);
  EXPECT_EQ(last_of(9).at(WorkflowStep::report).state, State::failed);
  for (const unsigned accession : {kAccession, 8U, 9U})
    EXPECT_EQ(last_of(accession).reported_by, *IpAddress::parse(kAi)) << accession;
}

TEST_F(OrdersWay, NamesWhoSentTheReportThatWasAccepted) {
  order();
  store();
  department.pass(11min);
  department.see(sent("ORU^R01", kAccession, kAi, [](Hl7Message& message) { message.ack_code.reset(); }));
  report();
  EXPECT_EQ(only().reported_by, *IpAddress::parse(kRis));
  EXPECT_EQ(only().at(WorkflowStep::report).state, State::seen);
}

TEST_F(OrdersWay, IsReportedWithoutAnAcknowledgementWhereNoneIsDeclared) {
  order();
  store();
  department.pass(11min);
  department.see(sent("ORU^R01", kAccession, kRis, [](Hl7Message& message) {
    message.ack_code.reset();
    message.none_declared = true;
  }));
  EXPECT_EQ(only().at(WorkflowStep::report).state, State::seen);
}

struct AnsweredElsewhere : OrdersWay {
  void send_report(Phase phase) {
    department.see(department.message(phase, kRis, kEngine, 60, 5, [](Hl7Message& message) {
      message.message_type = "ORU^R01";
      message.accession = pseudonym(kAccession);
      message.accept_wanted = AckCondition::never;
      message.ack_wanted = AckCondition::always;
      message.sent.packet = 1234;
    }));
  }
  /// On a connection that the receiver opens.
  void answer(std::string_view code) {
    department.see(department.message(Phase::end, kEngine, kRis, 61, 5, [&](Hl7Message& message) {
      message.message_seen = false;
      message.sent_by_opener = false;
      message.ack_code = code;
    }));
  }
  void SetUp() override {
    order();
    store();
    department.pass(11min);
  }
};

TEST_F(AnsweredElsewhere, IsReportedOnceTheApplicationSaysSo) {
  send_report(Phase::start);
  send_report(Phase::end);
  EXPECT_TRUE(department.workflows().empty());
  answer("AA");
  EXPECT_EQ(only().at(WorkflowStep::report).state, State::seen);
}

TEST_F(AnsweredElsewhere, IsReportedWhereTheApplicationAnswersBeforeTheMessageIsOver) {
  send_report(Phase::start);
  answer("AA");
  send_report(Phase::end);
  EXPECT_EQ(only().at(WorkflowStep::report).state, State::seen);
}

TEST_F(AnsweredElsewhere, FailsByAnApplicationThatRefusesTheReport) {
  send_report(Phase::start);
  send_report(Phase::end);
  answer("AE");
  department.finish();
  EXPECT_EQ(only().at(WorkflowStep::report).state, State::failed);
}

TEST_F(OrdersWay, KeepsItsPatientWhateverIsSaidInDoubt) {
  const auto of_another = [&](std::string_view code) {
    return sent("ORM^O01", kAccession, kAi, [&](Hl7Message& message) {
      message.ack_code = code;
      message.patient = pseudonym(66);
      message.order_control = "XO";
      auto content = std::make_shared<Hl7Content>();
      Hl7Order& order = content->orders.emplace_back();
      order.control = message.order_control;
      order.study = pseudonym(6666);
      order.accession[static_cast<std::size_t>(AccessionField::obr_18)] = message.accession;
      message.content = content;
    });
  };
  department.see(sent("ORM^O01", kAccession, kRis, [](Hl7Message& message) {
    message.patient = pseudonym(kPatient);
    message.order_control = "NW";
  }));
  Event unanswered = of_another("");
  std::get<Hl7Message>(unanswered.facts).ack_code.reset();
  department.see(unanswered);
  department.see(of_another("AR"));
  department.finish();
  EXPECT_EQ(only().patient, pseudonym(kPatient));
  EXPECT_EQ(only().order_control, "NW");
  EXPECT_EQ(only().studies, 0U);
}

TEST_F(OrdersWay, TakesItsPatientFromAnOrderThatIsAcceptedAfterOneInDoubt) {
  department.see(sent("ORM^O01", kAccession, kAi, [](Hl7Message& message) {
    message.ack_code.reset();
    message.patient = pseudonym(66);
  }));
  order();
  worklist();
  department.finish();
  EXPECT_EQ(only().patient, pseudonym(kPatient));
}

TEST_F(OrdersWay, LacksNothingAsLongAsNobodyAcceptedIt) {
  whole_way(8, 101);
  department.see(sent("ORM^O01", kAccession, kAi, [](Hl7Message& message) { message.ack_code.reset(); }));
  department.finish();
  EXPECT_EQ(states(last_of(kAccession)), std::vector<State>(kWorkflowSteps, State::unknown));
}

TEST_F(OrdersWay, LacksNothingOnceItWasCancelled) {
  whole_way(8, 101);
  order();
  department.see(department.message("ORM^O01", kAccession, [](Hl7Message& message) { message.order_control = "CA"; }));
  department.finish();
  EXPECT_TRUE(last_of(kAccession).cancelled);
  EXPECT_EQ(last_of(kAccession).at(WorkflowStep::images).state, State::unknown);
}

TEST_F(OrdersWay, FailsByADiscontinuedStepAndLacksNothingAfterIt) {
  whole_way(8, 101);
  worklist();
  step(dimse::kCreate, "IN PROGRESS");
  step(dimse::kSet, "DISCONTINUED");
  department.finish();
  EXPECT_EQ(last_of(kAccession).at(WorkflowStep::performed_step).state, State::failed);
  EXPECT_EQ(last_of(kAccession).at(WorkflowStep::images).state, State::unknown);
  EXPECT_TRUE(last_of(kAccession).cancelled);
}

TEST_F(OrdersWay, FailsByImagesOfWhichNoneWasStored) {
  order();
  store(kAccession, kStudy, kCt, 0xA700);
  department.finish();
  EXPECT_EQ(only().at(WorkflowStep::images).state, State::failed);
}

TEST_F(OrdersWay, IsLateByImagesLongAfterTheStep) {
  perform();
  department.pass(2h);
  store();
  department.finish();
  EXPECT_EQ(only().at(WorkflowStep::images).state, State::late);
}

TEST_F(OrdersWay, SharesAStudyWithOthers) {
  for (const unsigned accession : {kAccession, 8U}) {
    order(accession);
    worklist(accession);
  }
  store(0);
  department.pass(11min);
  report(8);
  department.finish();
  EXPECT_EQ(last_of(kAccession).at(WorkflowStep::images).state, State::seen);
  EXPECT_EQ(last_of(8).at(WorkflowStep::images).state, State::seen);
  EXPECT_EQ(last_of(kAccession).at(WorkflowStep::report).state, State::missing);
}

TEST_F(OrdersWay, IsOfWhoReplacesItsPatient) {
  department.see(department.message("ADT^A40", 0, [](Hl7Message& message) {
    message.accession = {};
    auto content = std::make_shared<Hl7Content>();
    content->merges.push_back({pseudonym(4), pseudonym(kPatient)});
    message.content = content;
  }));
  order();
  worklist();
  department.finish();
  EXPECT_EQ(only().patient, pseudonym(4));
  EXPECT_EQ(only().merged, pseudonym(kPatient));
}

TEST_F(OrdersWay, IsToldEarlyBeyondTheLimit) {
  department.limits.workflows = 2;
  for (unsigned accession = 1; accession <= 3; ++accession) order(accession);
  EXPECT_EQ(only().accession, pseudonym(1));
  EXPECT_EQ(only().told, WorkflowTold::limit);
  EXPECT_EQ(department.times_reached("workflows"), 1U);
}

TEST_F(OrdersWay, IsNotDisplacedByOnesThatAnotherInvents) {
  department.limits.workflows = 8;
  for (unsigned accession = 1; accession <= 3; ++accession) order(accession);
  for (unsigned accession = 100; accession < 200; ++accession)
    department.see(sent("ORM^O01", accession, kAi, [](Hl7Message&) {}));
  EXPECT_EQ(department.times_reached("workflows"), 95U);
  ASSERT_EQ(department.workflows().size(), 95U);
  for (const Workflow& workflow : department.workflows()) EXPECT_EQ(workflow.told, WorkflowTold::limit);
  EXPECT_EQ(department.workflows().front().accession, pseudonym(100)) << "the oldest of who holds most";
  department.told.clear();
  department.finish();
  for (unsigned accession = 1; accession <= 3; ++accession) EXPECT_EQ(last_of(accession).told, WorkflowTold::end);
}

TEST_F(OrdersWay, IsNotDisplacedByOnesThatNobodyAccepted) {
  department.limits.workflows = 8;
  for (unsigned accession = 1; accession <= 7; ++accession) order(accession);
  for (unsigned host = 1; host <= 100; ++host) {
    department.see(sent("ORM^O01", 100 + host, "10.20.99." + std::to_string(host),
                        [](Hl7Message& message) { message.ack_code.reset(); }));
  }
  department.told.clear();
  department.finish();
  for (unsigned accession = 1; accession <= 7; ++accession) EXPECT_EQ(last_of(accession).told, WorkflowTold::end);
}

TEST_F(OrdersWay, IsJoinedWithSoManyStudiesAndNoMore) {
  department.limits.workflow_studies = 2;
  for (unsigned study = 1; study <= 3; ++study) worklist(kAccession, study);
  department.finish();
  EXPECT_EQ(only().studies, 2U);
  EXPECT_EQ(department.times_reached("workflow_studies"), 1U);
}

}  // namespace
}  // namespace dcmwatch
