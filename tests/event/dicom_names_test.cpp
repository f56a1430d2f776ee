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

TEST(DicomNames, StatusClasses) {
  struct {
    std::uint16_t status;
    StatusClass status_class;
  } const cases[] = {
      {0x0000, StatusClass::success}, {0x0001, StatusClass::warning}, {0x0107, StatusClass::warning},
      {0x0116, StatusClass::warning}, {0xb000, StatusClass::warning}, {0xb006, StatusClass::warning},
      {0xb007, StatusClass::warning}, {0x0105, StatusClass::failure}, {0x0110, StatusClass::failure},
      {0x0122, StatusClass::failure}, {0x0213, StatusClass::failure}, {0xa700, StatusClass::failure},
      {0xa801, StatusClass::failure}, {0xc001, StatusClass::failure}, {0xfe00, StatusClass::cancel},
      {0xff00, StatusClass::pending}, {0xff01, StatusClass::pending}, {0x7777, StatusClass::failure},
  };
  for (const auto& c : cases) EXPECT_EQ(dicom_status_class(c.status), c.status_class) << dicom_status_text(c.status);
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
