#include "event/dicom_names.h"

#include <gtest/gtest.h>

#include "event/dicom_uids.h"

namespace dcmwatch {
namespace {

TEST(DicomNames, Commands) {
  EXPECT_EQ(dicom_command_name(0x0001), "C-STORE");
  EXPECT_EQ(dicom_command_name(0x8001), "C-STORE");
  EXPECT_EQ(dicom_command_name(0x0fff), "C-CANCEL");
  EXPECT_EQ(dicom_command_name(0x0002), "");
  EXPECT_EQ(dicom_command_field("N-EVENT-REPORT"), 0x0100);
  EXPECT_EQ(dicom_command_field("C-COPY"), 0);
}

TEST(DicomNames, Attributes) {
  EXPECT_EQ(dicom_tag_name(0x0008'0052), "QueryRetrieveLevel");
  EXPECT_EQ(dicom_tag_name(0x0010'0020), "PatientID");
  EXPECT_EQ(dicom_tag_name(0x0040'0100), "ScheduledProcedureStepSequence");
  EXPECT_EQ(dicom_tag_name(0x0009'1002), "(0009,1002)") << "private";
  EXPECT_EQ(dicom_tag_name(0), "(0000,0000)");
  EXPECT_EQ(dicom_tag_name(0xffff'ffff), "(ffff,ffff)");
}

TEST(DicomNames, StatusText) {
  EXPECT_EQ(dicom_status_text(0), "0000");
  EXPECT_EQ(dicom_status_text(0xa700), "A700");
}

TEST(DicomNames, Uids) {
  EXPECT_EQ(dicom_uid_name("1.2.840.10008.1.1"), "Verification SOP Class");
  EXPECT_EQ(dicom_uid_name("1.2.840.10008.5.1.4.1.1.2"), "CT Image Storage");
  EXPECT_EQ(dicom_uid_name("1.2.840.10008.1.2.1"), "Explicit VR Little Endian");
  EXPECT_EQ(dicom_uid_name("1.2.840.10008.1.2.4.203"), "High-Throughput JPEG 2000 Image Compression");
  EXPECT_EQ(dicom_uid_name("1.2.840.10008.3.1.1.1"), "DICOM Application Context Name");
  EXPECT_EQ(dicom_uid_name("1.2.3"), "");
  EXPECT_EQ(dicom_uid_name(""), "");
  for (const NamedUid& named : kDicomUids) EXPECT_EQ(dicom_uid_name(named.uid), named.name);
}

TEST(DicomNames, WhatARejectionHintsAt) {
  EXPECT_EQ(dicom_rejection_kind(3, 1), "availability");   // temporary congestion
  EXPECT_EQ(dicom_rejection_kind(3, 2), "availability");   // local limit exceeded
  EXPECT_EQ(dicom_rejection_kind(1, 3), "configuration");  // calling AE title not recognized
  EXPECT_EQ(dicom_rejection_kind(1, 7), "configuration");  // called AE title not recognized
  EXPECT_EQ(dicom_rejection_kind(1, 99), "");
}

TEST(DicomNames, Rejections) {
  EXPECT_EQ(dicom_rejection_text(1, 1, 7), "rejected-permanent, called AE title not recognized");
  EXPECT_EQ(dicom_rejection_text(2, 3, 1), "rejected-transient, temporary congestion");
  EXPECT_EQ(dicom_rejection_text(9, 1, 99), "result 9, source 1, reason 99");
}

TEST(DicomNames, Aborts) {
  EXPECT_EQ(dicom_abort_text(0, 0), "by the service user");
  EXPECT_EQ(dicom_abort_text(2, 2), "by the service provider, unexpected PDU");
  EXPECT_EQ(dicom_abort_text(1, 3), "source 1, reason 3");
}

}  // namespace
}  // namespace dcmwatch
