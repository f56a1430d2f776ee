#include "protocol/dicom/data_set.h"

#include <gtest/gtest.h>

#include <map>

#include "protocol/dicom/builder.h"
#include "protocol/dicom/wanted.h"

namespace dcmwatch::dicom {
namespace {

using namespace test;

constexpr Tag kAccessionNumber = 0x0008'0050;
constexpr Tag kPatientId = 0x0010'0020;
constexpr Tag kStudyInstanceUid = 0x0020'000d;

struct Values final : ElementSink {
  std::map<Tag, std::string> found;
  WantedRows<Values> wanted{rows()};

  Interest on_element(const Element& element) override { return wanted.interest_in(element); }
  void on_value(const Element& element, ByteView value) override { wanted.take(*this, element, value); }

 private:
  template <Tag tag>
  static constexpr Row<Values> row() {
    return {{tag}, [](Values& v, ByteView value) { v.found[tag] = as_text(value); }};
  }
  static std::span<const Row<Values>> rows() {
    static constexpr std::array kRows{row<kAccessionNumber>(), row<kPatientId>(), row<kStudyInstanceUid>()};
    return kRows;
  }
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
  all.push_back({"tags that fall", Encoding::explicit_little, patient + accession + study});
  return all;
}

TEST(DicomDataSet, ReadsInPiecesOfAnySize) {
  for (const Case& c : cases()) {
    for (std::size_t piece = 1; piece <= c.bytes.size(); ++piece) {
      DataSetReader reader{c.encoding};
      Values values;
      const ByteView whole{c.bytes};
      for (std::size_t at = 0; at < whole.size(); at += piece)
        reader.feed(whole.subspan(at, std::min(piece, whole.size() - at)), values);
      ASSERT_EQ(values.found, c.found) << c.name << " in pieces of " << piece;
      ASSERT_TRUE(reader.done()) << c.name;
    }
  }
}

TEST(DicomDataSet, ProvesHowItIsWrittenByItsFirstElement) {
  for (const Case& c : cases()) {
    if (c.bytes[c.encoding == Encoding::explicit_big ? 1 : 0] != 0x08) continue;
    for (std::size_t piece = 1; piece <= c.bytes.size(); ++piece) {
      DataSetReader reader{Encoding::unproven};
      Values values;
      const ByteView whole{c.bytes};
      for (std::size_t at = 0; at < whole.size(); at += piece)
        reader.feed(whole.subspan(at, std::min(piece, whole.size() - at)), values);
      ASSERT_EQ(values.found, c.found) << c.name << " in pieces of " << piece;
      ASSERT_EQ(reader.is_disproved(), reader.has_defects());
    }
  }
}

TEST(DicomDataSet, ReadsNothingWhoseFirstElementProvesNothing) {
  const Octets rest = implicit_element(kPatientId, text("PAT-4711")) + Octets(100, 0);
  for (const Octets& first : {
           implicit_element(0x0010'0010, text("DOE^JOHN")),  // another group
           from_hex("0800 5000 00100000"),                   // too long a value
           from_hex("0800 5000 3f3f 0400"),                  // no value representation, and too long
           from_hex("0008 0050 00000008"),                   // big endian is never implicit
           from_hex("edcdb10a 30101400"),                    // deflated
       }) {
    DataSetReader reader{Encoding::unproven};
    Values values;
    reader.feed(first + rest, values);
    EXPECT_TRUE(reader.done());
    EXPECT_TRUE(values.found.empty());
    EXPECT_FALSE(reader.has_defects());
  }
}

TEST(DicomDataSet, BelievesNoProofThatWhatFollowsContradicts) {
  DataSetReader reader{Encoding::unproven};
  Values values;
  reader.feed(explicit_element(kAccessionNumber, "SH", text("ACC-0815")) + Octets(100, 0xff), values);
  EXPECT_TRUE(reader.is_disproved());
}

TEST(DicomDataSet, PassesOverWhatItDoesNotWant) {
  for (const Case& c : cases()) {
    DataSetReader reader{c.encoding};
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
  DataSetReader reader{Encoding::explicit_little};
  Values values;
  const Octets image = ct_image(0);
  std::size_t needed = 0;
  while (!reader.done()) reader.feed(ByteView{image}.subspan(needed++, 1), values);
  EXPECT_EQ(reader.unwanted(), DataSetReader::kEverything);
  const Octets read{image.begin(), image.begin() + static_cast<std::ptrdiff_t>(needed)};
  EXPECT_TRUE(as_text(read).ends_with("1.2.840.99.7"));
}

// Nobody hides behind them whose an object is.
TEST(DicomDataSet, FindsWhatIsBehindSequencesHoweverDeep) {
  const Octets decoy = explicit_element(kPatientId, "LO", text("PAT-9999"));
  const Octets unknown = from_hex("0900 0110 554e 0000 ffffffff") +
                         undefined_item(implicit_element(kPatientId, text("PAT-9999"))) + from_hex("feffdde0 00000000");
  for (const int depth : {1, 7, 8, 9, 20, 1000}) {
    for (const Octets& innermost : {decoy, unknown}) {
      Octets before, behind;
      for (int i = 0; i < depth; ++i)
        before = std::move(before) + from_hex("0800 4011 5351 0000 ffffffff feff00e0 ffffffff");
      for (int i = 0; i < depth; ++i)
        behind = std::move(behind) + decoy + from_hex("feff0de0 00000000 feffdde0 00000000");
      const Octets bytes = before + innermost + behind + explicit_element(kPatientId, "LO", text("PAT-4711"));
      DataSetReader reader{Encoding::explicit_little};
      Values values;
      for (std::size_t at = 0; at < bytes.size(); ++at) reader.feed(ByteView{bytes}.subspan(at, 1), values);
      reader.end();
      EXPECT_EQ(values.found[kPatientId], "PAT-4711") << depth;
      EXPECT_FALSE(reader.has_defects()) << depth;
      EXPECT_FALSE(reader.beyond_limits()) << depth;

      DataSetReader unending{Encoding::explicit_little};
      unending.feed(ByteView{bytes}.first(before.size()), values);
      unending.end();
      EXPECT_TRUE(unending.has(DataSetDefect::nesting)) << depth;
    }
  }
}

// What is in the items of sequences, path by path.
struct Nested final : ElementSink {
  std::vector<std::string> told;
  WantedRows<Nested> wanted{rows()};

  Interest on_element(const Element& element) override { return wanted.interest_in(element); }
  void on_value(const Element& element, ByteView value) override { wanted.take(*this, element, value); }
  void on_item(unsigned depth) override { wanted.begin_item(*this, depth); }
  void on_piece(ByteView piece) override { pixels += as_text(piece); }
  void on_last_piece() override { told.push_back("pixels " + std::exchange(pixels, {})); }

  std::string pixels;

 private:
  void add(std::string_view what, ByteView value) {
    std::string line{what};
    line += as_text(value);
    told.push_back(line);
  }
  static std::span<const Row<Nested>> rows() {
    static constexpr auto kRows = std::to_array<Row<Nested>>({
        {{0x00081199}, [](Nested& n, ByteView v) { n.add("item", v); }},
        {{0x00081199, 0x00081150}, [](Nested& n, ByteView v) { n.add("class ", v); }},
        {{0x00081199, 0x00081155}, [](Nested& n, ByteView v) { n.add("instance ", v); }},
        {{0x00100020}, [](Nested& n, ByteView v) { n.add("patient ", v); }},
        {{0x00400340, 0x00081140}, [](Nested& n, ByteView v) { n.add("image", v); }},
        {{0x00400340, 0x00081140, 0x00081155}, [](Nested& n, ByteView v) { n.add("image instance ", v); }},
        {{0x00420011}, [](Nested& n, ByteView v) { n.add("head ", v.first(3)); }, Interest::head},
        {{0x7fe00010}, [](Nested&, ByteView) {}, Interest::pieces},
    });
    static_assert(ascend(kRows));
    return kRows;
  }
};

Octets sequence(std::uint32_t tag, const Octets& items, bool defined) {
  if (defined) return explicit_element(tag, "SQ", items);
  return le16(tag >> 16) + le16(tag) + from_hex("5351 0000 ffffffff") + items + from_hex("feffdde0 00000000");
}
Octets item_of(const Octets& elements, bool defined) {
  return defined ? defined_item(elements) : undefined_item(elements);
}

// A data set as a peer of each habit writes it: sequences and items with their lengths, or without.
Octets nested(bool sequences_defined, bool items_defined, const Octets& pixels) {
  const auto instance = [](std::string_view uid) { return explicit_element(0x00081155, "UI", text(uid)); };
  const auto item = [&](const Octets& elements) { return item_of(elements, items_defined); };
  const Octets references =
      item(explicit_element(0x00081150, "UI", text("1.2.")) + instance("1.21")) + item(instance("1.22")) + item({});
  const Octets series = item(explicit_element(0x00081030, "LO", text("no concern of ours")) +
                             sequence(0x00081115, item(instance("9.99")), sequences_defined) +
                             sequence(0x00081140, item(instance("1.31")) + item(instance("1.32")), sequences_defined)) +
                        item(sequence(0x00081140, item(instance("1.33")), sequences_defined));
  return sequence(0x00081140, item(instance("9.98")), sequences_defined) +
         sequence(0x00081199, references, sequences_defined) + explicit_element(0x00100020, "LO", text("PAT-4711")) +
         sequence(0x00400340, series, sequences_defined) + explicit_element(0x00420011, "OB", Octets(600, 'M')) +
         pixels;
}

// Of a wanted sequence as of one that is passed over.
TEST(DicomDataSet, AnItemEndsWhereItSaysThatItDoes) {
  const Octets open_within = explicit_element(0x00081199, "SQ", defined_item(from_hex("0800 4011 5351 0000 ffffffff")));
  DataSetReader reader{Encoding::explicit_little};
  Nested nested;
  reader.feed(open_within + explicit_element(kPatientId, "LO", text("PAT-4711")), nested);
  EXPECT_TRUE(reader.has(DataSetDefect::nesting));
}

TEST(DicomDataSet, ReadsIntoTheItemsOfSequencesInPiecesOfAnySize) {
  const Octets native = explicit_element(0x7fe00010, "OW", text("PIXELS"));
  const Octets encapsulated = from_hex("e07f 1000 4f42 0000 ffffffff feff00e0 04000000 00000000") +
                              defined_item(text("PI")) + defined_item({}) + defined_item(text("XELS")) +
                              from_hex("feffdde0 00000000");
  const std::vector<std::string> expected{"item",
                                          "class 1.2.",
                                          "instance 1.21",
                                          "item",
                                          "instance 1.22",
                                          "item",
                                          "patient PAT-4711",
                                          "image",
                                          "image instance 1.31",
                                          "image",
                                          "image instance 1.32",
                                          "image",
                                          "image instance 1.33",
                                          "head MMM",
                                          "pixels PIXELS"};
  for (const bool sequences_defined : {false, true}) {
    for (const bool items_defined : {false, true}) {
      for (const Octets& pixels : {native, encapsulated}) {
        const Octets whole = nested(sequences_defined, items_defined, pixels);
        for (std::size_t piece = 1; piece <= whole.size(); piece += piece < 40 ? 1 : 97) {
          DataSetReader reader{Encoding::explicit_little};
          Nested sink;
          for (std::size_t at = 0; at < whole.size(); at += piece)
            reader.feed(ByteView{whole}.subspan(at, std::min(piece, whole.size() - at)), sink);
          reader.end();
          ASSERT_EQ(sink.told, expected) << "in pieces of " << piece;
          ASSERT_FALSE(reader.has_defects());
        }
      }
    }
  }
}

struct Defective {
  std::string name;
  Octets bytes;
  std::vector<DataSetDefect> defects;
  Encoding encoding = Encoding::explicit_little;
};

TEST(DicomDataSet, NamesWhatBreaksTheRules) {
  const Octets accession = explicit_element(kAccessionNumber, "SH", text("ACC-0815"));
  const Octets patient = explicit_element(kPatientId, "LO", text("PAT-4711"));
  using enum DataSetDefect;
  const Defective all[] = {
      {"nothing", accession + sequence(0x00081140, defined_item(patient), false) + patient, {}},
      {"a head cut", accession + from_hex("1000 2000"), {length}},
      {"a value cut", accession + from_hex("1000 2000 4c4f 0a00 31"), {length}},
      {"an unwanted value cut", from_hex("0800 8000 4c4f 0a00 31"), {length}},
      {"an odd length", explicit_element(0x00080080, "LO", text("odd")), {odd_length}},
      {"tags that fall", patient + accession, {order}},
      {"a tag twice", accession + accession, {order}},
      {"no value representation", accession + from_hex("1000 2000 0000 0000"), {value_representation}},
      {"a small letter", accession + from_hex("1000 2000 4c6f 0000"), {value_representation}},
      {"an item outside a sequence", accession + from_hex("feff00e0 00000000"), {nesting}},
      {"the end of a sequence outside one", accession + from_hex("feffdde0 00000000"), {nesting}},
      {"an element where an item should be", accession + from_hex("0800 4011 5351 0000 ffffffff") + patient, {nesting}},
      {"a sequence that does not end", accession + from_hex("0800 4011 5351 0000 ffffffff"), {nesting}},
      {"an item longer than its sequence",
       explicit_element(0x00081199, "SQ", from_hex("feff00e0 ff000000")),
       {nesting, odd_length}},
      {"an element longer than its item",
       sequence(0x00081199, defined_item(from_hex("0800 5511 5549 2000 3132")), true),
       {nesting}},
      {"a delimiter with a length", from_hex("0800 4011 5351 0000 ffffffff feffdde0 02000000"), {nesting}},
      {"implicit",
       implicit_element(kAccessionNumber, text("ACC-0815")) + from_hex("1000 2000 ff000000"),
       {odd_length, length},
       Encoding::implicit_little},
  };
  for (const Defective& one : all) {
    DataSetReader reader{one.encoding};
    Nested sink;
    reader.feed(one.bytes, sink);
    reader.end();
    for (const DataSetDefect defect : {nesting, value_representation, odd_length, length, order}) {
      const bool expected = std::ranges::find(one.defects, defect) != one.defects.end();
      EXPECT_EQ(reader.has(defect), expected) << one.name << ' ' << static_cast<int>(defect);
    }
  }
}

TEST(DicomDataSet, EncodingOfATransferSyntax) {
  EXPECT_EQ(encoding_of(kImplicit), Encoding::implicit_little);
  EXPECT_EQ(encoding_of(kExplicit), Encoding::explicit_little);
  EXPECT_EQ(encoding_of(kExplicitBig), Encoding::explicit_big);
  EXPECT_EQ(encoding_of("1.2.840.10008.1.2.4.70"), Encoding::explicit_little);
  EXPECT_EQ(encoding_of("1.2.840.10008.1.2.1.99"), Encoding::deflated);
  EXPECT_EQ(encoding_of("1.2.840.10008.1.2.8.1"), Encoding::explicit_little) << "frames are deflated, not the data set";
  EXPECT_FALSE(encoding_of("1.2.840.113619.5.2")) << "private";
  EXPECT_FALSE(encoding_of(""));
}

}  // namespace
}  // namespace dcmwatch::dicom
