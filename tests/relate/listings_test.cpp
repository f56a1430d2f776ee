#include "relate/listings.h"

#include <gtest/gtest.h>

#include "relate/department.h"

namespace dcmwatch {
namespace {

using namespace test;

struct ListingsOfOperations : testing::Test {
  Department department;
  Limits limits;
  Listings listings{limits};

  Event set(std::uint64_t conversation, const std::vector<InstancePrint>& instances) {
    return department.operation(dimse::kSet, kCt, kRis, conversation, [&](DicomOperation& set) {
      PerformedStep step;
      step.instances = instances;
      set.content = DicomContent{step};
    });
  }
  static const DicomOperation& of(const Event& event) { return std::get<DicomOperation>(event.facts); }
  static std::vector<InstancePrint> listed(const DicomOperation& operation) {
    return operation.content.as<PerformedStep>()->instances;
  }
};

TEST_F(ListingsOfOperations, ThePiecesAreOneListInTheEnd) {
  Event event = set(7, {1, 2});
  listings.keep(event, of(event));
  const Event other = set(8, {9});
  listings.keep(other, of(other));
  auto& operation = std::get<DicomOperation>(event.facts);
  PerformedStep rest;
  rest.instances = {3};
  operation.content = DicomContent{rest};
  EXPECT_EQ(listed(listings.whole(event, operation)), (std::vector<InstancePrint>{1, 2, 3}));
  EXPECT_EQ(&listings.whole(event, operation), &operation) << "of which nothing is kept any more";
}

TEST_F(ListingsOfOperations, BeyondTheLimitThoseOfTheOldestOperationAreForgotten) {
  limits.listed_instances = 3;
  const Event oldest = set(7, {1, 2});
  const Event latest = set(8, {3, 4});
  listings.keep(oldest, of(oldest));
  listings.keep(latest, of(latest));
  EXPECT_EQ(listings.forgotten(), 1U);
  EXPECT_EQ(listed(listings.whole(oldest, of(oldest))).size(), 2U);
  EXPECT_EQ(listed(listings.whole(latest, of(latest))).size(), 4U);
}

}  // namespace
}  // namespace dcmwatch
