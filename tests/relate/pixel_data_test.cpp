#include <gtest/gtest.h>

#include "relate/department.h"

namespace dcmwatch {
namespace {

using namespace test;

struct PixelData : testing::Test {
  Department department;

  void see(unsigned instance, unsigned digest, std::uint64_t conversation,
           std::string_view syntax = "1.2.840.10008.1.2") {
    Event store = department.store(100, instance, conversation % 2 == 0 ? kCt : kPacs, kVna, conversation);
    auto& operation = std::get<DicomOperation>(store.facts);
    StoredObject object;
    object.pixel_digest = pseudonym(digest);
    operation.content = DicomContent{object};
    operation.transfer_syntax_uid = syntax;
    department.see(store);
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> changes() {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> changes;
    for (const Link& link : department.links()) {
      if (link.kind == LinkKind::pixel_data_changed) changes.emplace_back(link.cause, link.effect);
    }
    return changes;
  }
};

TEST_F(PixelData, OtherPixelsOfAnInstanceAreTold) {
  see(1, 50, 7);
  see(2, 60, 7);
  see(1, 50, 8);
  see(1, 51, 10);
  EXPECT_EQ(changes(), (decltype(changes()){{8, 10}}));
}

TEST_F(PixelData, InAnotherTransferSyntaxTheBytesMayDiffer) {
  see(1, 50, 7);
  see(1, 51, 8, "1.2.840.10008.1.2.4.70");
  see(1, 50, 9);
  EXPECT_TRUE(changes().empty());
}

TEST_F(PixelData, BeyondTheLimitTheOldestIsForgotten) {
  department.limits.pixel_digests = 2;
  for (unsigned instance = 1; instance <= 3; ++instance) see(instance, 50, 7);
  for (unsigned instance = 1; instance <= 3; ++instance) see(instance, 51, 8);
  EXPECT_EQ(changes().size(), 0U) << "each was forgotten before it came again";
}

}  // namespace
}  // namespace dcmwatch
