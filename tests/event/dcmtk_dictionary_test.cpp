// Our names of UIDs against DCMTK's dictionary. The only file of the tests that compiles DCMTK's headers.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcuid.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "event/dicom_uids.h"

namespace dcmwatch {
namespace {

// DCMTK writes "CTImageStorage" where PS3.6 A has "CT Image Storage".
std::string bare(std::string_view name) {
  std::string letters;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return letters;
}

// Where DCMTK's words are its own: "RETIRED_", "DRAFT_" for trial, "DICONDE_" and "DICOS" of other standards, and the
// models of the query classes with their verb in front.
bool worded_differently(std::string_view theirs) {
  for (const std::string_view own : {"RETIRED", "DRAFT", "DICONDE", "DICOS", "ProtocolApproval", "TwelveLead"}) {
    if (theirs.find(own) != std::string_view::npos) return true;
  }
  return false;
}

TEST(DicomUids, of_storage_classes_have_the_names_that_dcmtk_gives_them) {
  std::size_t compared = 0;
  for (const auto& [uid, name] : kDicomUids) {
    const char* theirs = dcmFindNameOfUID(std::string{uid}.c_str(), nullptr);
    if (!uid.starts_with("1.2.840.10008.5.1.4.1.1.") || !theirs || worded_differently(theirs)) continue;
    ++compared;
    EXPECT_EQ(bare(name), bare(theirs)) << uid;
  }
  EXPECT_GT(compared, 100U);
}

TEST(DicomUids, are_all_known_to_dcmtk_unless_younger_than_it) {
  std::size_t unknown = 0;
  for (const auto& [uid, name] : kDicomUids) unknown += dcmFindNameOfUID(std::string{uid}.c_str(), nullptr) ? 0 : 1;
  EXPECT_LT(unknown, kDicomUids.size() / 4);
}

}  // namespace
}  // namespace dcmwatch
