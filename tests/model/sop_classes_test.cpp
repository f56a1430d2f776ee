#include "model/sop_classes.h"

#include <gtest/gtest.h>

#include "event/dicom_names.h"

namespace dcmwatch {
namespace {

TEST(SopClasses, EveryFamilyIsFoundByItsName) {
  for (const SopClassFamily& family : sop_class_families())
    EXPECT_EQ(family_from(family.name), family.mask) << family.name;
  EXPECT_EQ(family_from("Image Storage"), family_from("image storage"));
  EXPECT_FALSE(family_from("images"));
}

TEST(SopClasses, SopClassesBelongToTheirFamilies) {
  const std::vector<std::pair<std::string_view, std::string_view>> expected{
      {"1.2.840.10008.1.1", "verification"},
      {"1.2.840.10008.1.20.1", "storage commitment"},
      {"1.2.840.10008.3.1.2.3.3", "modality performed procedure step"},
      {"1.2.840.10008.5.1.1.9", "print management"},
      {"1.2.840.10008.5.1.4.1.1.2", "image storage"},
      {"1.2.840.10008.5.1.4.1.1.481.1", "image storage"},
      {"1.2.840.10008.5.1.4.1.1.481.5", "radiotherapy storage"},
      {"1.2.840.10008.5.1.4.1.1.88.67", "structured report storage"},
      {"1.2.840.10008.5.1.4.1.1.11.1", "presentation state storage"},
      {"1.2.840.10008.5.1.4.1.1.104.1", "encapsulated document storage"},
      {"1.2.840.10008.5.1.4.1.1.66.4", "other storage"},
      {"1.2.840.10008.5.1.4.1.2.2.1", "study root query retrieve"},
      {"1.2.840.10008.5.1.4.1.2.1.2", "patient root query retrieve"},
      {"1.2.840.10008.5.1.4.31", "modality worklist"}};
  for (const auto& [uid, family] : expected) EXPECT_EQ(family_of(uid), family_from(family)) << uid;
  EXPECT_EQ(family_of("1.2.840.113619.4.27"), 0U) << "private";
  EXPECT_EQ(family_of(""), 0U);
}

TEST(SopClasses, StorageIsEveryKindOfStorage) {
  const FamilyMask storage = family_from("storage").value();
  for (const std::string_view uid :
       {"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.88.11", "1.2.840.10008.5.1.4.1.1.66"}) {
    EXPECT_NE(family_of(uid) & storage, 0U) << uid;
  }
  EXPECT_EQ(family_of("1.2.840.10008.5.1.4.1.2.2.1") & storage, 0U);
}

TEST(SopClasses, NamesOfTheStandardAreFound) {
  EXPECT_EQ(sop_class_uid_from("CT Image Storage"), "1.2.840.10008.5.1.4.1.1.2");
  EXPECT_EQ(sop_class_uid_from("ct image storage"), "1.2.840.10008.5.1.4.1.1.2");
  EXPECT_EQ(sop_class_uid_from("Verification"), "1.2.840.10008.1.1");
  EXPECT_EQ(sop_class_uid_from("Verification SOP Class"), "1.2.840.10008.1.1");
  EXPECT_EQ(sop_class_uid_from("Ultrasound Image Storage"), "1.2.840.10008.5.1.4.1.1.6.1")
      << "not its retired namesake";
  EXPECT_EQ(sop_class_uid_from(""), "");
  EXPECT_EQ(sop_class_uid_from("Holiday Snapshot Storage"), "");
}

TEST(SopClasses, MasksAreNamedByTheLargestFamiliesThatFit) {
  const FamilyMask mask = family_from("storage").value() | family_from("modality worklist").value();
  EXPECT_EQ(family_names(mask), (std::vector<std::string_view>{"storage", "modality worklist"}));
  EXPECT_TRUE(family_names(0).empty());
}

TEST(SopClasses, UidsHaveTheirForm) {
  EXPECT_TRUE(is_uid("1.2.840.10008.1.1"));
  for (const std::string_view text : {"", "1", "1.", ".1", "1..2", "1.2a", "CT"}) EXPECT_FALSE(is_uid(text)) << text;
  EXPECT_FALSE(is_uid(std::string(32, '1') + "." + std::string(32, '1')));
}

}  // namespace
}  // namespace dcmwatch
