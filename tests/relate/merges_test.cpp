#include "relate/merges.h"

#include <gtest/gtest.h>

#include <memory>

#include "relate/department.h"

namespace dcmwatch {
namespace {

using namespace test;

struct MergedPatients : testing::Test {
  Department department;

  void merge(unsigned merged, unsigned into, std::string_view code = "AA", std::string_view sender = kRis) {
    department.see(department.message(Phase::end, sender, kEngine, 80, ++control_id_, [&](Hl7Message& message) {
      message.message_type = "ADT^A40";
      message.ack_code = code;
      auto content = std::make_shared<Hl7Content>();
      content->merges.push_back({pseudonym(into), pseudonym(merged)});
      message.content = content;
    }));
  }
  /// An order of patient `number` that is told now: whose it is.
  Pseudonym patient_of_order(unsigned number) {
    department.see(
        department.message("ORM^O01", 700, [&](Hl7Message& message) { message.patient = pseudonym(number); }));
    department.finish();
    const auto workflows = department.workflows();
    return workflows.empty() ? Pseudonym{} : workflows.back().patient;
  }

 private:
  unsigned control_id_ = 5000;
};

TEST_F(MergedPatients, AreToldByPseudonymsOnceEach) {
  merge(1, 2);
  merge(1, 2, "AA", kOtherNode);
  ASSERT_EQ(department.links().size(), 1U) << "an engine passes it on";
  const Link link = department.links().front();
  EXPECT_EQ(link.kind, LinkKind::patient_merged);
  EXPECT_EQ(link.merge.value().merged, pseudonym(1));
  EXPECT_EQ(link.merge.value().patient, pseudonym(2));
  EXPECT_EQ(link.patient, pseudonym(2));
  EXPECT_EQ(link.cause, 80U);
}

TEST_F(MergedPatients, AreFollowedToTheLast) {
  merge(1, 2);
  merge(2, 3);
  merge(4, 1);
  ASSERT_EQ(department.links().size(), 3U);
  EXPECT_EQ(department.links().back().merge.value().patient, pseudonym(1));
  EXPECT_EQ(department.links().back().patient, pseudonym(3));
  EXPECT_EQ(patient_of_order(4), pseudonym(3));
  EXPECT_EQ(department.workflows().back().merged, pseudonym(4));
}

TEST_F(MergedPatients, EndWithTheLastMergeOfACycle) {
  merge(1, 2);
  merge(2, 3);
  merge(3, 1);
  EXPECT_EQ(patient_of_order(2), pseudonym(1));
}

TEST_F(MergedPatients, AreNotMergedByWhatNobodyAccepted) {
  merge(1, 2, "AR");
  department.see(department.message(Phase::end, kRis, kEngine, 81, 9, [&](Hl7Message& message) {
    auto content = std::make_shared<Hl7Content>();
    content->merges.push_back({pseudonym(2), pseudonym(1)});
    message.content = content;
  }));
  EXPECT_TRUE(department.links().empty());
  EXPECT_EQ(patient_of_order(1), pseudonym(1));
  EXPECT_TRUE(department.workflows().back().merged.empty());
}

TEST_F(MergedPatients, AreForgottenBeyondTheLimit) {
  department.limits.patient_merges = 2;
  for (unsigned merged = 1; merged <= 3; ++merged) merge(merged, 100 + merged);
  EXPECT_EQ(department.times_reached("patient_merges"), 1U);
  EXPECT_EQ(patient_of_order(1), pseudonym(1));
}

TEST_F(MergedPatients, AreFollowedSoFarAndNoFurther) {
  department.limits.patient_merge_chain = 2;
  for (unsigned merged = 4; merged > 0; --merged) merge(merged, merged + 1);
  EXPECT_EQ(department.times_reached("patient_merge_chain"), 1U);
  EXPECT_EQ(patient_of_order(1), pseudonym(3));
}

}  // namespace
}  // namespace dcmwatch
