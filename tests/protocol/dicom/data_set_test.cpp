#include "protocol/dicom/data_set.h"

#include <gtest/gtest.h>

#include <map>

#include "protocol/dicom/builder.h"

namespace dcmwatch::dicom {
namespace {

using namespace test;

constexpr std::array<Tag, 3> kWanted{kAccessionNumber, kPatientId, kStudyInstanceUid};

struct Values final : AttributeSink {
  std::map<Tag, std::string> found;
  void on_attribute(Tag tag, ByteView value) override { found[tag] = as_text(value); }
};

const std::map<Tag, std::string> kAll{
    {kAccessionNumber, "ACC-0815"}, {kPatientId, "PAT-4711"}, {kStudyInstanceUid, "1.2.840.99.7"}};

struct Case {
  std::string name;
  Encoding encoding;
  Octets bytes;
  std::map<Tag, std::string> found = kAll;
};

Octets undefined_sequence(const Octets& items) {
  return from_hex("0800 4011 5351 0000 ffffffff") + items + from_hex("feffdde0 00000000");
}
Octets undefined_item(const Octets& elements) {
  return from_hex("feff00e0 ffffffff") + elements + from_hex("feff0de0 00000000");
}
Octets defined_item(const Octets& elements) {
  return from_hex("feff00e0") + le32(static_cast<std::uint32_t>(elements.size())) + elements;
}

std::vector<Case> cases() {
  const Octets accession = explicit_element(kAccessionNumber, "SH", text("ACC-0815"));
  const Octets patient = explicit_element(kPatientId, "LO", text("PAT-4711"));
  const Octets study = explicit_element(kStudyInstanceUid, "UI", text("1.2.840.99.7"));
  const Octets decoy = explicit_element(kPatientId, "LO", text("PAT-9999"));
  const Octets ends = patient + study;
  std::vector<Case> all{
      {"explicit", Encoding::explicit_little, ct_image(100)},
      {"implicit", Encoding::implicit_little,
       implicit_element(kAccessionNumber, text("ACC-0815")) + implicit_element(kPatientId, text("PAT-4711")) +
           implicit_element(0x00181030, text("PROTOCOL")) + implicit_element(kStudyInstanceUid, text("1.2.840.99.7"))},
      {"big endian", Encoding::explicit_big,
       explicit_big_element(kAccessionNumber, "SH", text("ACC-0815")) +
           explicit_big_element(kPatientId, "LO", text("PAT-4711")) +
           explicit_big_element(0x00190010, "OB", Octets(10, 0)) +
           explicit_big_element(kStudyInstanceUid, "UI", text("1.2.840.99.7"))},
      {"sequence of defined length", Encoding::explicit_little,
       accession + explicit_element(0x00081140, "SQ", defined_item(decoy)) + ends},
      {"sequence of undefined length", Encoding::explicit_little,
       accession + undefined_sequence(undefined_item(decoy) + defined_item(decoy)) + ends},
      {"sequences within sequences", Encoding::explicit_little,
       accession + undefined_sequence(undefined_item(undefined_sequence(undefined_item(decoy)) + decoy)) + ends},
      {"empty sequence of undefined length", Encoding::explicit_little, accession + undefined_sequence({}) + ends},
      // PS3.5 6.2.2: UN of undefined length is written in implicit VR.
      {"unknown of undefined length", Encoding::explicit_little,
       accession + from_hex("0900 1010 554e 0000 ffffffff") +
           undefined_item(implicit_element(kPatientId, text("PAT-9999"))) + from_hex("feffdde0 00000000") + ends},
      {"implicit sequence of undefined length", Encoding::implicit_little,
       implicit_element(kAccessionNumber, text("ACC-0815")) + from_hex("0800 4011 ffffffff") +
           undefined_item(implicit_element(kPatientId, text("PAT-9999"))) + from_hex("feffdde0 00000000") +
           implicit_element(kPatientId, text("PAT-4711")) + implicit_element(kStudyInstanceUid, text("1.2.840.99.7"))},
  };
  all.push_back({"a value too long to be one",
                 Encoding::explicit_little,
                 accession + explicit_element(kPatientId, "LO", Octets(300, 'x')) + study,
                 {{kAccessionNumber, "ACC-0815"}, {kStudyInstanceUid, "1.2.840.99.7"}}});
  all.push_back({"an empty value",
                 Encoding::explicit_little,
                 accession + explicit_element(kPatientId, "LO", {}) + study,
                 {{kAccessionNumber, "ACC-0815"}, {kPatientId, ""}, {kStudyInstanceUid, "1.2.840.99.7"}}});
  all.push_back({"no value representation",
                 Encoding::explicit_little,
                 accession + from_hex("1000 2000 0000 0000") + study,
                 {{kAccessionNumber, "ACC-0815"}}});
  all.push_back({"tags that fall", Encoding::explicit_little, patient + accession + study, {{kPatientId, "PAT-4711"}}});
  return all;
}

TEST(DicomDataSet, ReadsInPiecesOfAnySize) {
  for (const Case& c : cases()) {
    for (std::size_t piece = 1; piece <= c.bytes.size(); ++piece) {
      DataSetReader reader{c.encoding, kWanted};
      Values values;
      const ByteView whole{c.bytes};
      for (std::size_t at = 0; at < whole.size(); at += piece)
        reader.feed(whole.subspan(at, std::min(piece, whole.size() - at)), values);
      ASSERT_EQ(values.found, c.found) << c.name << " in pieces of " << piece;
      ASSERT_TRUE(reader.done()) << c.name;
    }
  }
}

TEST(DicomDataSet, PassesOverWhatItDoesNotWant) {
  for (const Case& c : cases()) {
    DataSetReader reader{c.encoding, kWanted};
    Values values;
    std::size_t fed = 0;
    for (std::size_t at = 0; at < c.bytes.size();) {
      const std::uint64_t unwanted = reader.unwanted();
      if (unwanted >= c.bytes.size() - at) break;
      if (unwanted != 0) {
        reader.pass(unwanted);
        at += unwanted;
        continue;
      }
      reader.feed(ByteView{c.bytes}.subspan(at++, 1), values);
      ++fed;
    }
    EXPECT_EQ(values.found, c.found) << c.name;
    EXPECT_LT(fed, 260U) << c.name;
  }
}

TEST(DicomDataSet, StopsAfterTheLastWanted) {
  DataSetReader reader{Encoding::explicit_little, kWanted};
  Values values;
  const Octets image = ct_image(0);
  std::size_t needed = 0;
  while (!reader.done()) reader.feed(ByteView{image}.subspan(needed++, 1), values);
  EXPECT_EQ(reader.unwanted(), DataSetReader::kEverything);
  const Octets read{image.begin(), image.begin() + static_cast<std::ptrdiff_t>(needed)};
  EXPECT_TRUE(as_text(read).ends_with("1.2.840.99.7"));
}

TEST(DicomDataSet, DoesNotFollowIntoTheDeep) {
  Octets bytes;
  for (int depth = 0; depth < 1000; ++depth)
    bytes = std::move(bytes) + from_hex("0800 4011 5351 0000 ffffffff feff00e0 ffffffff");
  DataSetReader reader{Encoding::explicit_little, kWanted};
  Values values;
  reader.feed(bytes, values);
  EXPECT_TRUE(reader.done());
}

TEST(DicomDataSet, EncodingOfATransferSyntax) {
  EXPECT_EQ(encoding_of(kImplicit), Encoding::implicit_little);
  EXPECT_EQ(encoding_of(kExplicit), Encoding::explicit_little);
  EXPECT_EQ(encoding_of(kExplicitBig), Encoding::explicit_big);
  EXPECT_EQ(encoding_of("1.2.840.10008.1.2.4.70"), Encoding::explicit_little);
  EXPECT_FALSE(encoding_of("1.2.840.10008.1.2.1.99")) << "deflated";
  EXPECT_FALSE(encoding_of("1.2.840.113619.5.2")) << "private";
  EXPECT_FALSE(encoding_of(""));
}

}  // namespace
}  // namespace dcmwatch::dicom
