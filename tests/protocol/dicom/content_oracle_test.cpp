// What data sets tell, against DCMTK's reading of the same bytes: public files of many modalities, syntaxes and
// character sets, in pieces of several sizes.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <dcmtk/dcmdata/dcmetinf.h>
#include <dcmtk/dcmdata/dcspchrs.h>
#include <dcmtk/oflog/oflog.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "event/dicom_names.h"
#include "protocol/dicom/character_set.h"
#include "protocol/dicom/content.h"
#include "protocol/dicom/wire.h"

namespace dcmwatch::dicom {
namespace {

using test::Octets;

struct NoPieces final : PieceSink {
  void on_piece(const DicomContent&) override {}
};

/// A file's data set and how it is written.
struct FileData {
  std::filesystem::path file;
  std::string transfer_syntax;
  Octets bytes;
};

const std::filesystem::path& corpus() {
  static const std::filesystem::path kCorpus =
      std::filesystem::path{DCMWATCH_ROOT}.parent_path() / "shared/corpus/dicom";
  return kCorpus;
}

// The bytes behind the meta information, as they stand in the file; nothing if there is none (PS3.10 7.1).
std::optional<FileData> data_of(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  const Octets whole{std::istreambuf_iterator<char>{in}, {}};
  constexpr std::size_t kPreamble = 128;
  constexpr std::size_t kLengthEnd = kPreamble + 4 + 12;
  if (whole.size() < kLengthEnd || as_text(ByteView{whole}.subspan(kPreamble, 4)) != "DICM") return std::nullopt;
  DcmFileFormat format;
  if (format.getMetaInfo() == nullptr || format.loadFile(file.c_str(), EXS_Unknown, EGL_noChange, 32).bad())
    return std::nullopt;
  OFString syntax;
  if (format.getMetaInfo()->findAndGetOFString(DCM_TransferSyntaxUID, syntax).bad()) return std::nullopt;
  ByteReader length{ByteView{whole}.subspan(kPreamble + 4 + 8)};
  const std::size_t begin = kLengthEnd + length.u32_le();
  if (begin >= whole.size()) return std::nullopt;
  return FileData{file, syntax.c_str(), {whole.begin() + static_cast<std::ptrdiff_t>(begin), whole.end()}};
}

const std::vector<FileData>& all_files() {
  static const std::vector<FileData> kAll = [] {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    std::vector<FileData> all;
    if (!std::filesystem::exists(corpus())) return all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{corpus()}) {
      if (!entry.is_regular_file()) continue;
      if (auto data = data_of(entry.path())) all.push_back(std::move(*data));
    }
    std::ranges::sort(all, {}, &FileData::file);
    return all;
  }();
  return kAll;
}

DicomOperation read(const FileData& data, std::size_t piece_bytes) {
  const ProtocolSettings settings{.limits = {}, .pseudonymizer = &test::pseudonyms()};
  DicomOperation fact;
  const auto content = open_content({dimse::kStore, "", data.transfer_syntax, timestamp_from_ns(0)}, settings);
  if (!content) return fact;
  NoPieces pieces;
  const ByteView bytes{data.bytes};
  for (std::size_t at = 0; at < bytes.size() && !content->done();) {
    const std::uint64_t unwanted = content->unwanted();
    if (unwanted != 0) {
      const auto passed = static_cast<std::size_t>(std::min<std::uint64_t>(unwanted, bytes.size() - at));
      content->pass(passed);
      at += passed;
      continue;
    }
    const ByteView piece = bytes.subspan(at, std::min(piece_bytes, bytes.size() - at));
    content->feed(piece, pieces);
    at += piece.size();
  }
  content->tell(fact, pieces);
  return fact;
}

/// DCMTK's reading of a text, as it leaves us: in UTF-8, trimmed, cut.
std::string text_of(DcmDataset& data_set, const DcmTagKey& tag) {
  OFString value;
  data_set.findAndGetOFString(tag, value, 0);
  OFString set;
  data_set.findAndGetOFStringArray(DCM_SpecificCharacterSet, set);
  DcmSpecificCharacterSet converter;
  OFString converted = value;
  if (converter.selectCharacterSet(set).good()) converter.convertString(value, converted, "\\");
  return std::string{name_of(as_bytes(std::string_view{converted.c_str(), converted.size()}), CharacterSet::utf8())};
}

std::string number_of(DcmDataset& data_set, const DcmTagKey& tag) {
  Uint16 value = 0;
  return data_set.findAndGetUint16(tag, value).good() ? std::to_string(value) : "";
}

std::string plain_of(DcmDataset& data_set, const DcmTagKey& tag) {
  OFString value;
  data_set.findAndGetOFString(tag, value, 0);
  return std::string{normalised(value.c_str())};
}

std::string told(const std::optional<std::uint32_t>& number) { return number ? std::to_string(*number) : ""; }

struct Compared {
  std::string_view attribute;
  std::string (*ours)(const DicomOperation&, const StoredObject&);
  std::string (*theirs)(DcmDataset&);
};

std::string pseudonym(IdentifierKind kind, const std::string& text) {
  return std::string{test::pseudonyms().pseudonym(kind, text).text()};
}

const Compared kCompared[] = {
    {"manufacturer", [](const auto&, const auto& o) { return std::string{o.manufacturer}; },
     [](DcmDataset& d) { return text_of(d, DCM_Manufacturer); }},
    {"station name", [](const auto&, const auto& o) { return std::string{o.station_name}; },
     [](DcmDataset& d) { return text_of(d, DCM_StationName); }},
    {"institution", [](const auto&, const auto& o) { return std::string{o.institution}; },
     [](DcmDataset& d) { return text_of(d, DCM_InstitutionName); }},
    {"model", [](const auto&, const auto& o) { return std::string{o.model}; },
     [](DcmDataset& d) { return text_of(d, DCM_ManufacturerModelName); }},
    {"software versions", [](const auto&, const auto& o) { return std::string{o.software_versions}; },
     [](DcmDataset& d) { return text_of(d, DCM_SoftwareVersions); }},
    {"modality", [](const auto&, const auto& o) { return std::string{o.modality}; },
     [](DcmDataset& d) { return plain_of(d, DCM_Modality); }},
    {"sop class", [](const auto&, const auto& o) { return std::string{o.sop_class_uid}; },
     [](DcmDataset& d) { return plain_of(d, DCM_SOPClassUID); }},
    {"rows", [](const auto&, const auto& o) { return told(o.rows); },
     [](DcmDataset& d) { return number_of(d, DCM_Rows); }},
    {"columns", [](const auto&, const auto& o) { return told(o.columns); },
     [](DcmDataset& d) { return number_of(d, DCM_Columns); }},
    {"frames", [](const auto&, const auto& o) { return told(o.frames); },
     [](DcmDataset& d) { return plain_of(d, DCM_NumberOfFrames); }},
    {"burned in",
     [](const auto&, const auto& o) {
       return std::string{!o.burned_in_annotation ? "" : *o.burned_in_annotation ? "YES" : "NO"};
     },
     [](DcmDataset& d) { return plain_of(d, DCM_BurnedInAnnotation); }},
    {"deidentified",
     [](const auto&, const auto& o) {
       return std::string{!o.deidentified ? "" : *o.deidentified ? "YES" : "NO"};
     },
     [](DcmDataset& d) { return plain_of(d, DCM_PatientIdentityRemoved); }},
    {"study", [](const auto& f, const auto&) { return std::string{f.study.text()}; },
     [](DcmDataset& d) { return pseudonym(IdentifierKind::study_uid, plain_of(d, DCM_StudyInstanceUID)); }},
    {"series", [](const auto&, const auto& o) { return std::string{o.series.text()}; },
     [](DcmDataset& d) { return pseudonym(IdentifierKind::series_uid, plain_of(d, DCM_SeriesInstanceUID)); }},
    {"instance", [](const auto& f, const auto&) { return std::string{f.instance.text()}; },
     [](DcmDataset& d) { return pseudonym(IdentifierKind::instance_uid, plain_of(d, DCM_SOPInstanceUID)); }},
    {"patient", [](const auto& f, const auto&) { return std::string{f.patient.text()}; },
     [](DcmDataset& d) { return pseudonym(IdentifierKind::patient_id, plain_of(d, DCM_PatientID)); }},
    {"accession", [](const auto& f, const auto&) { return std::string{f.accession.text()}; },
     [](DcmDataset& d) { return pseudonym(IdentifierKind::accession_number, plain_of(d, DCM_AccessionNumber)); }},
};

/// Where the two differ, and why ours is as it should be. The file's name, and the attribute; empty: all.
struct Difference {
  std::string_view file;
  std::string_view attribute;
  std::string_view why;
};
constexpr std::string_view kUnknown = "DCMTK gives values of VR UN as numbers; ours are read by their tags";
constexpr std::array kDifferences{
    Difference{"explicit_VR-UN.dcm", "", kUnknown},
    Difference{"rtdose_rle.dcm", "", kUnknown},
    Difference{"rtdose_rle_1frame.dcm", "", kUnknown},
    Difference{"badVR.dcm", "frames", "1A is no number"},
};

bool is_explained(const FileData& data, std::string_view attribute) {
  return std::ranges::any_of(kDifferences, [&](const Difference& difference) {
    return data.file.filename() == difference.file &&
           (difference.attribute.empty() || difference.attribute == attribute);
  });
}

TEST(DicomContentOracle, StoredObjectsAreAsDcmtkReadsThem) {
  if (all_files().empty()) GTEST_SKIP() << "no public files at " << corpus();
  std::size_t equal = 0;
  for (const FileData& data : all_files()) {
    const DicomOperation fact = read(data, 536);
    const auto* ours = fact.content.as<StoredObject>();
    DcmFileFormat format;
    format.loadFile(data.file.c_str(), EXS_Unknown, EGL_noChange, 32);
    const StoredObject object = ours ? *ours : StoredObject{};
    for (const Compared& compared : kCompared) {
      const std::string theirs = compared.theirs(*format.getDataset());
      if (is_explained(data, compared.attribute)) continue;
      EXPECT_EQ(compared.ours(fact, object), theirs) << compared.attribute << " of " << data.file;
      ++equal;
    }
  }
  EXPECT_GT(equal, 0U);
  std::cout << equal << " values of " << all_files().size() << " files compared\n";
}

TEST(DicomContentOracle, HowTheyAreCutDoesNotMatter) {
  if (all_files().empty()) GTEST_SKIP() << "no public files at " << corpus();
  for (const FileData& data : all_files()) {
    const DicomOperation whole = read(data, data.bytes.size());
    const auto* one = whole.content.as<StoredObject>();
    for (const std::size_t piece : {1U, 2U, 7U, 536U}) {
      const DicomOperation cut = read(data, piece);
      const auto* other = cut.content.as<StoredObject>();
      ASSERT_EQ(one == nullptr, other == nullptr) << data.file;
      if (!one) continue;
      for (const Compared& compared : kCompared)
        ASSERT_EQ(compared.ours(whole, *one), compared.ours(cut, *other)) << compared.attribute << ' ' << data.file;
    }
  }
}

TEST(DicomContentOracle, SurvivesMutations) {
  if (all_files().empty()) GTEST_SKIP() << "no public files at " << corpus();
  std::mt19937 random{4711};
  for (const FileData& data : all_files()) {
    for (int run = 0; run < 20; ++run) {
      FileData mutated = data;
      mutated.bytes.resize(std::min<std::size_t>(mutated.bytes.size(), 4096));
      for (int change = 0; change < 5; ++change)
        mutated.bytes[random() % mutated.bytes.size()] = static_cast<std::uint8_t>(random() % 3 == 0 ? 0xff : random());
      read(mutated, 1 + random() % 600);
    }
  }
}

/// `utf8` where DCMTK on this machine cannot convert: iconv knows these sets by no name of their own.
struct Written {
  std::string terms;
  std::string text;
  std::string utf8 = {};
};

TEST(DicomContentOracle, CharacterSetsAreConvertedAsDcmtkDoes) {
  const Written all[] = {
      {"", "plain"},
      {"ISO_IR 100", "Universit\xe4tsklinik"},
      {"ISO_IR 101",
       "\xa3\xf3"
       "d\xbc"},
      {"ISO_IR 109", "\xd8"},
      {"ISO_IR 110", "\xe0\xb3"},
      {"ISO_IR 144", "\xbb\xee\xda\x63\xd5\xdc\xd1\xe3\xe0\xd3"},
      {"ISO_IR 127", "\xe2\xc8\xc7\xe6\xea"},
      {"ISO_IR 126", "\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2"},
      {"ISO_IR 138", "\xf9\xf8\xe5\xef"},
      {"ISO_IR 148",
       "\xc7"
       "avu\xfeo\xf0lu"},
      {"ISO_IR 166", "\xb9\xd2\xc2\xe1\xbe\xb7\xc2\xec"},
      {"ISO_IR 13", "\xd4\xcf\xc0\xde"},
      {"ISO_IR 192", "\xe7\x8e\x8b Xiao\xc3\xa4"},
      {"GB18030", "\xcd\xf5^\xd0\xa1\xb6\xab"},
      {"GBK", "\xcd\xf5\xd0\xa1\xb6\xab"},
      {"\\ISO 2022 IR 87", "Yamada \x1b$B;3ED\x1b(B end", "Yamada 山田 end"},
      {"ISO 2022 IR 13\\ISO 2022 IR 87", "\xd4\xcf\xc0\xde \x1b$B;3ED\x1b(J \x1b$BB@O:\x1b(J", "ﾔﾏﾀﾞ 山田 太郎"},
      {"\\ISO 2022 IR 149", "Hong \x1b$)C\xfb\xf3 \x1b$)C\xd1\xce\xd4\xd7"},
      {"\\ISO 2022 IR 58", "Zhang \x1b$)A\xd5\xc5 end"},
      {"ISO 2022 IR 100\\ISO 2022 IR 144", "\xe4 \x1b-L\xbb\xee"},
      {"ISO 2022 IR 6\\ISO 2022 IR 159", "x \x1b$(D0\x21\x1b(B y", "x 丂 y"},
  };
  for (const Written& one : all) {
    OFString expected = one.utf8.c_str();
    if (one.utf8.empty()) {
      DcmSpecificCharacterSet converter;
      ASSERT_TRUE(converter.selectCharacterSet(OFString{one.terms.c_str()}).good()) << one.terms;
      ASSERT_TRUE(converter.convertString(OFString{one.text.data(), one.text.size()}, expected, "\\").good())
          << one.terms;
    }
    EXPECT_EQ(CharacterSet{as_bytes(one.terms)}.to_utf8(as_bytes(one.text)), expected.c_str()) << one.terms;
  }
}

}  // namespace
}  // namespace dcmwatch::dicom
