#include <gtest/gtest.h>

#include "relate/department.h"

namespace dcmwatch {
namespace {

using namespace test;

struct Orders : testing::Test {
  Department department;

  void answer_worklist(std::vector<ScheduledStep> steps) {
    department.see(department.operation(dimse::kFind, kCt, kRis, 3, [&](DicomOperation& find) {
      find.sop_class_uid = "1.2.840.10008.5.1.4.31";
      find.content = DicomContent{WorklistAnswer{std::move(steps)}};
    }));
  }
  DicomStudy study(const Event& store) {
    department.told.clear();
    department.see(store);
    department.finish();
    return department.studies().at(0);
  }
  std::optional<bool> ordered(const Event& store) { return study(store).ordered; }
  std::optional<bool> on_worklist(const Event& store) { return study(store).on_worklist; }
  Event store_of(unsigned study, unsigned accession, std::string_view source = kCt) {
    Event store = department.store(study, 1, source, kPacs, 9);
    std::get<DicomOperation>(store.facts).accession = pseudonym(accession);
    return store;
  }
};

TEST_F(Orders, AStudyOfTheWorklistWasOrdered) {
  answer_worklist({step_of_study(100)});
  EXPECT_EQ(ordered(store_of(100, 1)), true);
}

TEST_F(Orders, AnAccessionNumberOfTheWorklistWasOrdered) {
  answer_worklist({step_of_accession(1)});
  EXPECT_EQ(ordered(store_of(100, 1)), true);
}

TEST_F(Orders, AnOrderMessageIsAnOrderAndAResultIsNone) {
  Event event;
  Hl7Message message;
  message.message_type = "ORM^O01";
  message.accession = pseudonym(1);
  event.facts = message;
  department.see(event);
  message.message_type = "ORU^R01";
  message.accession = pseudonym(2);
  event.facts = message;
  department.see(event);
  EXPECT_EQ(ordered(store_of(100, 1)), true);
  EXPECT_EQ(ordered(store_of(200, 2)), std::nullopt);
}

TEST_F(Orders, OfADeviceWithAWorklistAnythingElseWasNotOrdered) {
  answer_worklist({step_of_accession(1)});
  EXPECT_EQ(ordered(store_of(200, 2)), false);
}

TEST_F(Orders, AWorklistsEntryIsHisWhoWasGivenIt) {
  answer_worklist({step_of_study(100), step_of_accession(2)});
  EXPECT_EQ(on_worklist(store_of(100, 1)), true);
  EXPECT_EQ(on_worklist(store_of(200, 2)), true);
  EXPECT_EQ(on_worklist(store_of(300, 3)), false);
  EXPECT_EQ(on_worklist(store_of(100, 1, kMr)), std::nullopt) << "that was seen to be given none";
}

TEST_F(Orders, AnOrderMessageIsNoEntryOfAWorklist) {
  answer_worklist({step_of_study(100)});
  Event event;
  Hl7Message message;
  message.message_type = "ORM^O01";
  message.accession = pseudonym(2);
  event.facts = message;
  department.see(event);
  EXPECT_EQ(on_worklist(store_of(200, 2)), false);
}

TEST_F(Orders, OfADeviceWithoutAWorklistItIsNotKnown) {
  answer_worklist({step_of_accession(1)});
  EXPECT_EQ(ordered(store_of(200, 2, kMr)), std::nullopt);
}

TEST_F(Orders, AStepThatWasRefusedIsNoOrder) {
  answer_worklist({step_of_accession(1)});
  department.see(department.operation(dimse::kCreate, kWs, kRis, 4, [](DicomOperation& create) {
    PerformedStep step;
    step.scheduled = {step_of_study(200)};
    create.instance = pseudonym(77);
    create.content = DicomContent{step};
    create.status = 0x0110;
  }));
  EXPECT_EQ(ordered(store_of(200, 2)), false);
}

TEST_F(Orders, ToForgetOneWithinTheHourIsCounted) {
  department.limits.orders = 2;
  for (unsigned study = 1; study <= 3; ++study) answer_worklist({step_of_study(study)});
  EXPECT_EQ(department.times_reached("orders"), 1U);
  department.pass(2h);
  answer_worklist({step_of_study(4)});
  EXPECT_EQ(department.times_reached("orders"), 1U) << "a matter of course";
}

}  // namespace
}  // namespace dcmwatch
