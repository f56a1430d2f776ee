// Our names of UIDs and attributes against DCMTK's dictionary. The only file of the tests that compiles DCMTK's
// headers.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdicent.h>
#include <dcmtk/dcmdata/dcdict.h>
#include <dcmtk/dcmdata/dcuid.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

#include "event/dicom_attributes.h"
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

/// DCMTK's keyword; retired ones have a mark of its own in front.
std::string keyword_of(const DcmDataDictionary& dictionary, std::uint32_t tag) {
  const DcmTagKey key{static_cast<Uint16>(tag >> 16), static_cast<Uint16>(tag & 0xffffU)};
  const DcmDictEntry* entry = dictionary.findEntry(key, nullptr);
  if (!entry) return {};
  const std::string_view name = entry->getTagName();
  constexpr std::string_view kRetired = "RETIRED_";
  return std::string{name.starts_with(kRetired) ? name.substr(kRetired.size()) : name};
}

TEST(DicomAttributes, have_the_keywords_that_dcmtk_gives_them) {
  const DcmDataDictionary& dictionary = dcmDataDict.rdlock();
  ASSERT_GT(dictionary.numberOfEntries(), 0) << "DCMTK found no dictionary";
  for (const auto& [tag, keyword] : kDicomAttributes) EXPECT_EQ(keyword, keyword_of(dictionary, tag)) << tag;
  dcmDataDict.rdunlock();
}

// PS3.4 C.6, K.6, F.7 and CC.2.5: what queries ask for is mostly in these groups.
TEST(DicomAttributes, lack_none_of_the_groups_that_queries_take_their_keys_from) {
  std::set<std::uint32_t> ours;
  for (const auto& [tag, keyword] : kDicomAttributes) ours.insert(tag);
  DcmDataDictionary& dictionary = dcmDataDict.wrlock();
  for (DcmHashDictIterator entry = dictionary.normalBegin(); entry != dictionary.normalEnd(); ++entry) {
    const std::uint32_t group = (*entry)->getGroup();
    const std::string_view version = (*entry)->getStandardVersion();
    const bool of_queries = group == 0x0008 || group == 0x0010 || group == 0x0020 || group == 0x0032 ||
                            group == 0x0038 || group == 0x0040 || group == 0x0074;
    if (!of_queries || version != "DICOM" || (*entry)->getPrivateCreator() || (*entry)->getElement() == 0) continue;
    EXPECT_TRUE(ours.contains(group << 16 | (*entry)->getElement())) << (*entry)->getTagName();
  }
  dcmDataDict.wrunlock();
}

}  // namespace
}  // namespace dcmwatch
