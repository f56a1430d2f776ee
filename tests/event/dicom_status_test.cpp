// Statuses held against the tables of PS3.4 and PS3.7, service by service.
#include <gtest/gtest.h>

#include "event/dicom_names.h"

namespace dcmwatch {
namespace {

constexpr std::string_view kCtImage = "1.2.840.10008.5.1.4.1.1.2";
constexpr std::string_view kStudyRootFind = "1.2.840.10008.5.1.4.1.2.2.1";
constexpr std::string_view kWorklist = "1.2.840.10008.5.1.4.31";
constexpr std::string_view kPerformedStep = "1.2.840.10008.3.1.2.3.3";
constexpr std::string_view kFilmSession = "1.2.840.10008.5.1.1.1";
constexpr std::string_view kUpsPush = "1.2.840.10008.5.1.4.34.6.1";

TEST(DicomStatus, has_a_class_by_its_number) {
  struct {
    std::uint16_t command_field, status;
    StatusClass status_class;
  } const cases[] = {
      {dimse::kStore, 0x0000, StatusClass::success}, {dimse::kNGet, 0x0001, StatusClass::warning},
      {dimse::kSet, 0x0107, StatusClass::warning},   {dimse::kCreate, 0x0116, StatusClass::warning},
      {dimse::kStore, 0xb000, StatusClass::warning}, {dimse::kStore, 0xb006, StatusClass::warning},
      {dimse::kStore, 0xb007, StatusClass::warning}, {dimse::kSet, 0x0105, StatusClass::failure},
      {dimse::kSet, 0x0110, StatusClass::failure},   {dimse::kStore, 0x0122, StatusClass::failure},
      {dimse::kEcho, 0x0213, StatusClass::failure},  {dimse::kStore, 0xa700, StatusClass::failure},
      {dimse::kMove, 0xa801, StatusClass::failure},  {dimse::kStore, 0xc001, StatusClass::failure},
      {dimse::kFind, 0xfe00, StatusClass::cancel},   {dimse::kMove, 0xff00, StatusClass::pending},
      {dimse::kFind, 0xff01, StatusClass::pending},  {0x8021, 0xff00, StatusClass::pending},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(dicom_status_class(c.command_field, c.status), c.status_class) << dicom_status_text(c.status);
    EXPECT_EQ(dicom_regular_status_class(c.command_field, c.status), c.status_class) << dicom_status_text(c.status);
  }
}

TEST(DicomStatus, that_no_rule_places_is_a_failure) {
  for (const auto status :
       std::initializer_list<std::uint16_t>{0x0002, 0x0300, 0x7777, 0x9000, 0xd000, 0xfe01, 0xff02, 0xffff}) {
    EXPECT_EQ(dicom_status_class(dimse::kFind, status), StatusClass::failure) << dicom_status_text(status);
    EXPECT_FALSE(dicom_regular_status_class(dimse::kFind, status)) << dicom_status_text(status);
  }
}

// Nobody waits for more after a C-STORE's FF00, and it stored nothing.
TEST(DicomStatus, can_be_pending_or_cancel_of_a_query_alone) {
  for (const std::uint16_t field : {dimse::kStore, dimse::kEcho, dimse::kAction, dimse::kSet}) {
    for (const auto status : std::initializer_list<std::uint16_t>{0xfe00, 0xff00, 0xff01}) {
      EXPECT_EQ(dicom_status_class(field, status), StatusClass::failure);
      EXPECT_FALSE(dicom_regular_status_class(field, status));
    }
  }
}

TEST(DicomStatus, means_what_its_service_says) {
  struct {
    std::uint16_t command_field;
    std::string_view sop_class;
    std::uint16_t status;
    std::string_view meaning;
  } const cases[] = {
      {dimse::kEcho, "1.2.840.10008.1.1", 0x0000, "success"},
      {dimse::kStore, kCtImage, 0xa700, "out of resources"},
      {dimse::kStore, kCtImage, 0xa7ff, "out of resources"},
      {dimse::kStore, kCtImage, 0xa900, "data set does not match SOP class"},
      {dimse::kStore, kCtImage, 0xb000, "coercion of data elements"},
      {dimse::kStore, kCtImage, 0xb006, "elements discarded"},
      {dimse::kStore, kCtImage, 0xb007, "data set does not match SOP class"},
      {dimse::kStore, kCtImage, 0xc123, "cannot understand"},
      {dimse::kStore, kCtImage, 0x0122, "SOP class not supported"},
      {dimse::kStore, "", 0xa700, "out of resources"},
      {dimse::kFind, kStudyRootFind, 0xa700, "out of resources"},
      {dimse::kFind, kStudyRootFind, 0xa900, "identifier does not match SOP class"},
      {dimse::kFind, kStudyRootFind, 0xff01, "matches are continuing, optional keys were not supported"},
      {dimse::kFind, kWorklist, 0xfe00, "matching terminated by a cancel request"},
      {dimse::kFind, "1.2.840.10008.5.1.4.37.1", 0xc100, "more than one match found"},
      {dimse::kFind, "1.2.840.10008.5.1.4.37.1", 0xc000, "unable to process"},
      {dimse::kMove, "1.2.840.10008.5.1.4.1.2.2.2", 0xa801, "move destination unknown"},
      {dimse::kMove, "1.2.840.10008.5.1.4.1.2.2.2", 0xa702, "out of resources, unable to perform sub-operations"},
      {dimse::kMove, "1.2.840.10008.5.1.4.1.2.2.2", 0xb000,
       "sub-operations complete, one or more failures or warnings"},
      {dimse::kGet, "1.2.840.10008.5.1.4.1.2.2.3", 0xa801, ""},
      {dimse::kGet, "1.2.840.10008.5.1.4.1.2.2.3", 0xff00, "sub-operations are continuing"},
      {dimse::kSet, kPerformedStep, 0x0110,
       "processing failure: the performed procedure step may no longer be updated"},
      {dimse::kCreate, kPerformedStep, 0x0110, "processing failure"},
      {dimse::kCreate, kFilmSession, 0xb600, "memory allocation not supported"},
      {dimse::kAction, kFilmSession, 0xc601, "unable to create print job, print queue is full"},
      {dimse::kAction, "1.2.840.10008.5.1.1.33", 0xc201, "media creation request already completed"},
      {dimse::kAction, kUpsPush, 0xc302, "UPS is already in progress"},
      {dimse::kFind, kUpsPush, 0xc302, "unable to process"},
      {dimse::kAction, "1.2.840.10008.1.20.1", 0x0110, "processing failure"},
      {dimse::kAction, "1.2.840.10008.1.40", 0xb101, "synchronization frame of reference does not match"},
      {0x8001, kCtImage, 0xb000, "coercion of data elements"},
      {dimse::kStore, kCtImage, 0xb123, ""},
      {dimse::kEcho, "1.2.840.10008.1.1", 0xa700, ""},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(dicom_status_meaning(c.command_field, c.sop_class, c.status), c.meaning)
        << dicom_command_name(c.command_field) << ' ' << dicom_status_text(c.status);
  }
}

}  // namespace
}  // namespace dcmwatch
