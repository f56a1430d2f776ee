// What data sets say of what is done with them, message by message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "event/dicom_names.h"
#include "protocol/dicom/content.h"
#include "protocol/dicom/date_time.h"
#include "protocol/dicom/session.h"

namespace dcmwatch::test {
namespace {

using dicom::MessageContent;
using dicom::open_content;
using testing::ElementsAre;
using testing::IsEmpty;

struct Pieces final : dicom::PieceSink {
  std::vector<DicomContent> told;
  void on_piece(const DicomContent& piece) override { told.push_back(piece); }
};

struct Read {
  DicomOperation fact;
  std::vector<DicomContent> pieces;
  bool beyond_limits = false;
  bool has_illegal_level = false;
};

constexpr std::string_view kWorklist = "1.2.840.10008.5.1.4.31";
constexpr std::string_view kCommitment = "1.2.840.10008.1.20.1";
constexpr std::string_view kStep = "1.2.840.10008.3.1.2.3.3";

Read read(std::uint16_t field, std::string_view sop_class, const Octets& data, ProtocolSettings settings = {},
          std::string_view syntax = kExplicit, Timestamp requested = timestamp_from_ns(0)) {
  settings.pseudonymizer = &pseudonyms();
  Pieces pieces;
  Read result;
  const auto content = open_content({field, sop_class, syntax, requested}, settings);
  content->feed(data, pieces);
  content->end();
  content->tell(result.fact, pieces);
  result.pieces = std::move(pieces.told);
  result.beyond_limits = content->beyond_limits();
  result.has_illegal_level = content->has_illegal_level();
  return result;
}

Octets element(std::uint32_t tag, std::string_view vr, std::string_view value) {
  std::string even{value};
  if (even.size() % 2 != 0) even += vr == "UI" || vr == "OB" ? '\0' : ' ';
  return explicit_element(tag, vr, text(even));
}
Octets one_item(const Octets& elements) {
  return from_hex("feff00e0") + le32(static_cast<std::uint32_t>(elements.size())) + elements;
}
Octets sequence(std::uint32_t tag, const Octets& items) { return explicit_element(tag, "SQ", items); }

StoredObject stored(const Octets& data, ProtocolSettings settings = {}, std::string_view sop_class = kCtImageStorage,
                    Timestamp requested = timestamp_from_ns(0)) {
  return *read(dimse::kStore, sop_class, data, settings, kExplicit, requested).fact.content.as<StoredObject>();
}

TEST(DicomContent, AnObjectsCreationAgainstTheNetworksClock) {
  const Octets date = element(0x00080012, "DA", "20261121") + element(0x00080013, "TM", "120000.5");
  const Timestamp noon = timestamp_from_ns(1'795'262'400'000'000'000);  // 2026-11-21T12:00:00Z
  const StoredObject without = stored(date);
  EXPECT_EQ(without.created, noon + std::chrono::milliseconds{500});
  EXPECT_FALSE(without.clock_skew) << "nobody knows where it is noon";
  const StoredObject with = stored(date + element(0x00080201, "SH", "+0200"), {}, kCtImageStorage, noon);
  EXPECT_EQ(with.created, noon - std::chrono::hours{2} + std::chrono::milliseconds{500});
  EXPECT_EQ(with.clock_skew, std::chrono::hours{2} - std::chrono::milliseconds{500});
  const StoredObject acquired = stored(element(0x0008002a, "DT", "20261121120000+0000"), {}, kCtImageStorage, noon);
  EXPECT_EQ(acquired.clock_skew, Duration::zero());
}

TEST(DicomContent, DatesThatAreNoneAreNothing) {
  for (const std::string_view da : {"", "20261321", "20260230", "00010101", "99991231", "2026", "abcdefgh", "2026112 "})
    EXPECT_FALSE(dicom::date_time_of(da, "120000", std::nullopt)) << da;
  for (const std::string_view tm : {"", "25", "1260", "12:61", "120000.", "120000.1234567", "1", "noon"})
    EXPECT_FALSE(dicom::time_of(tm)) << tm;
  EXPECT_TRUE(dicom::date_of("2026.11.21"));
  EXPECT_EQ(dicom::time_of("12:30:15"), dicom::time_of("123015"));
}

Octets ids(std::string_view study) {
  return element(0x00080018, "UI", "1.2.3.4") + element(0x00100020, "LO", "PAT-4711") +
         element(0x0020000d, "UI", study) + element(0x0020000e, "UI", "1.2.3.9");
}

// What stands behind the last that is wanted need not be read, unless it was put first to hide the rest.
TEST(DicomContent, NoElementPutFirstHidesWhoseTheObjectIs) {
  const Read honest = read(dimse::kStore, kCtImageStorage, ids("1.2.3.5"));
  const Octets pixels = explicit_element(0x7fe00010, "OW", text("abcd"));
  for (const Octets& first : {element(0x00430010, "LO", "X"), element(0x00280301, "CS", "NO"), pixels}) {
    const Read hidden = read(dimse::kStore, kCtImageStorage, first + ids("1.2.3.5"));
    EXPECT_EQ(hidden.fact.study, honest.fact.study);
    EXPECT_EQ(hidden.fact.patient, honest.fact.patient);
    EXPECT_EQ(hidden.fact.instance, honest.fact.instance);
  }
}

TEST(DicomContent, NoFreeWordsPassAsACode) {
  EXPECT_EQ(stored(element(0x00080060, "CS", "CT")).modality, "CT");
  for (const char* words : {"DOE JOHN 1960", "DOE_JOHN", "X", "Doe", "DOEJOHN19600101XX"})
    EXPECT_EQ(stored(element(0x00080060, "CS", words)).modality, "") << words;
  constexpr std::string_view kPdf = "1.2.840.10008.5.1.4.1.1.104.1";
  EXPECT_EQ(stored(element(0x00420012, "LO", "Application/PDF"), {}, kPdf).document_type, "application/pdf");
  EXPECT_EQ(stored(element(0x00420012, "LO", "DOE^JOHN"), {}, kPdf).document_type, "");
  const auto step = [](std::string_view status, std::string_view reason) {
    return *read(0x0120, kStep,
                 element(0x00400252, "CS", status) + sequence(0x00400281, one_item(element(0x00080100, "SH", reason))))
                .fact.content.as<PerformedStep>();
  };
  EXPECT_EQ(step("IN PROGRESS", "110514").status, "IN PROGRESS");
  EXPECT_EQ(step("IN PROGRESS", "110514").discontinuation_reason, "110514");
  EXPECT_EQ(step("DOE JOHN", "DOEJOHN-1960").status, "");
  EXPECT_EQ(step("DOE JOHN", "DOEJOHN-1960").discontinuation_reason, "");
  const Read answer = read(0x8020, kWorklist, sequence(0x00400100, one_item(element(0x00400020, "CS", "DOE JOHN"))));
  EXPECT_EQ(answer.fact.content.as<WorklistAnswer>()->steps.at(0).status, "");
}

// Of text that turns the text around it, a name could be made that reads as another.
TEST(DicomContent, NoNameTurnsTheTextAroundIt) {
  const auto station = [](std::string_view name) {
    return stored(element(0x00080005, "CS", "ISO_IR 192") + element(0x00081010, "SH", name)).station_name;
  };
  EXPECT_EQ(station("CT\u202e1\u2066x\u2028y"), "CT?1?x?y");
  EXPECT_EQ(station("R\u00f6ntgen \u2013 \u05d0"), "R\u00f6ntgen \u2013 \u05d0");
}

// As DCMTK reads it.
TEST(DicomContent, OfAnElementThatComesTwiceTheFirstCounts) {
  const Read once = read(dimse::kStore, kCtImageStorage, ids("1.2.3.5"));
  const Read twice = read(dimse::kStore, kCtImageStorage, ids("1.2.3.5") + ids("1.2.3.6"));
  EXPECT_EQ(twice.fact.study, once.fact.study);
}

TEST(DicomContent, ADocumentThatIsAProgram) {
  constexpr std::string_view kPdf = "1.2.840.10008.5.1.4.1.1.104.1";
  const auto document = [&](std::string_view head, std::string_view type) {
    return stored(
        element(0x00420011, "OB", std::string{head} + std::string(1000, 'x')) + element(0x00420012, "LO", type), {},
        kPdf);
  };
  EXPECT_EQ(document("MZ", "application/pdf").executable_document, true);
  EXPECT_EQ(document("MZ", "application/pdf").mistyped_document, true);
  EXPECT_EQ(document("\x7f"
                     "ELF",
                     "")
                .executable_document,
            true);
  EXPECT_EQ(document("#!/bin/sh", "text/xml").executable_document, true);
  EXPECT_EQ(document("%PDF-1.4", "application/pdf").executable_document, false);
  EXPECT_EQ(document("%PDF-1.4", "application/pdf").mistyped_document, false);
  EXPECT_EQ(document("%PDF-1.4", "application/pdf").document_type, "application/pdf");
}

TEST(DicomContent, PixelsAreDigestedOnRequestAlone) {
  const Octets head = element(0x00080060, "CS", "CT");
  const Octets native = head + explicit_element(0x7fe00010, "OW", text("abcd"));
  const Octets encapsulated = head + from_hex("e07f 1000 4f42 0000 ffffffff feff00e0 00000000") + one_item(text("ab")) +
                              one_item(text("cd")) + from_hex("feffdde0 00000000");
  // echo -n abcd | sha256sum
  const Pseudonym digest = pseudonyms().pseudonym(IdentifierKind::pixel_data,
                                                  "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589");
  EXPECT_EQ(stored(native).pixel_digest, Pseudonym{});
  EXPECT_EQ(stored(native, {.limits = {}, .digest_pixel_data = true}).pixel_digest, digest);
  EXPECT_EQ(stored(encapsulated, {.limits = {}, .digest_pixel_data = true}).pixel_digest, digest);
}

Octets deflated(const Octets& plain) {
  Octets packed(compressBound(static_cast<uLong>(plain.size())) + 64);
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = const_cast<Bytef*>(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

constexpr std::string_view kDeflated = "1.2.840.10008.1.2.1.99";

TEST(DicomContent, ADeflatedDataSetIsReadAndABombIsNot) {
  const Read image = read(dimse::kStore, kCtImageStorage, deflated(ct_image(100'000)), {}, kDeflated);
  EXPECT_FALSE(image.fact.patient.empty());
  EXPECT_FALSE(image.beyond_limits);
  const Octets bomb = element(0x00080060, "CS", "CT") + explicit_element(0x00091010, "OB", Octets(50'000'000, 0)) +
                      element(0x00100020, "LO", "PAT-4711");
  const Read bombed = read(dimse::kStore, kCtImageStorage, deflated(bomb), {}, kDeflated);
  EXPECT_EQ(bombed.fact.content.as<StoredObject>()->modality, "CT");
  EXPECT_TRUE(bombed.fact.patient.empty());
  EXPECT_TRUE(bombed.beyond_limits);
}

// RFC 1951 2: to any of the latest 32 KiB.
TEST(DicomContent, ADeflatedDataSetMayReferBackFar) {
  const std::string id = "ONE THAT NOTHING BETWEEN RESEMBLES AT ALL";
  for (const int items : {40, 200, 800}) {
    Octets between;
    for (int i = 0; i < items; ++i)
      between = std::move(between) +
                one_item(element(0x00081155, "UI", "1.2.3." + std::to_string(100'000 + 7919 * i % 99'991) + ".77"));
    const Octets plain = element(0x00080070, "LO", id) + sequence(0x00081140, between) + element(0x00100020, "LO", id) +
                         element(0x0020000d, "UI", "1.2.840.99.7");
    ASSERT_LT(plain.size(), 32U * 1024);
    const Read far = read(dimse::kStore, kCtImageStorage, deflated(plain), {}, kDeflated);
    EXPECT_FALSE(far.fact.patient.empty()) << items;
    EXPECT_FALSE(far.fact.study.empty()) << items;
    EXPECT_FALSE(far.beyond_limits) << items;
  }
}

// Whether the damage was seen with what comes before it or not.
TEST(DicomContent, OfADeflatedDataSetWhatComesBeforeItsDamageCounts) {
  const Octets image = ct_image(300);
  const auto size = static_cast<std::uint32_t>(image.size());
  const Octets no_block{7};
  const Read damaged =
      read(dimse::kStore, kCtImageStorage, Octets{0} + le16(size) + le16(~size) + image + no_block, {}, kDeflated);
  EXPECT_FALSE(damaged.fact.patient.empty());
  EXPECT_FALSE(damaged.fact.study.empty());
  EXPECT_FALSE(damaged.beyond_limits);
  const Read worse = read(dimse::kStore, kCtImageStorage, no_block, {}, kDeflated);
  EXPECT_TRUE(worse.beyond_limits);
}

TEST(DicomContent, APatientIdIsOneHoweverItIsPadded) {
  const auto patient = [](std::string_view id) {
    return read(dimse::kStore, kCtImageStorage, element(0x00100020, "LO", id)).fact.patient;
  };
  EXPECT_EQ(patient("12345 "), patient("12345"));
  EXPECT_EQ(patient("12345^^^HOSPITAL^PI"), patient("12345"));
  EXPECT_NE(patient("12346"), patient("12345"));
}

TEST(DicomContent, AQuerysKeysWithoutTheirValues) {
  const Octets identifier =
      element(0x00080005, "CS", "ISO_IR 100") + element(0x00080020, "DA", "20261101-20261130") +
      element(0x00080050, "SH", "") + element(0x00080052, "CS", "STUDY") + element(0x00100010, "PN", "DOE*") +
      element(0x00100020, "LO", "*") + element(0x00100030, "DA", "19500101-20000101") +
      element(0x0020000d, "UI", "1.2.3\\1.2.4") +
      sequence(0x00400100, one_item(element(0x00080060, "CS", "CT") + element(0x00400002, "DA", "20261121-")));
  const Read all = read(dimse::kFind, kStudyRootFind, identifier);
  const DicomQuery& query = *all.fact.content.as<DicomQuery>();
  EXPECT_EQ(all.fact.query_level, "STUDY");
  EXPECT_THAT(query.matched, ElementsAre(0x00080020, 0x00100010, 0x00100030, 0x0020000d, 0x00080060, 0x00400002));
  EXPECT_THAT(query.wildcards, ElementsAre(0x00100010));
  EXPECT_THAT(query.returned, ElementsAre(0x00080050, 0x00100020));
  EXPECT_EQ(query.date_range_days, 30U);
  EXPECT_TRUE(query.open_date_range);
  EXPECT_EQ(query.unique_keys, 2U);
  EXPECT_TRUE(all.fact.study.empty()) << "two are not one";
}

// PS3.4 C.4.1.1.3.1: below the level of studies the query is about the one of its unique key.
TEST(DicomContent, AQueryNamesTheStudyThatItIsAbout) {
  const auto study_of = [](std::string_view level, std::string_view uid, std::string_view sop_class = kStudyRootFind) {
    const Octets identifier = (level.empty() ? Octets{} : element(0x00080052, "CS", level)) +
                              element(0x00100020, "LO", "PAT-4711") + element(0x0020000d, "UI", uid) +
                              element(0x0020000e, "UI", "1.2.3.1");
    const DicomOperation fact = read(dimse::kFind, sop_class, identifier).fact;
    EXPECT_TRUE(fact.patient.empty());
    EXPECT_TRUE(fact.instance.empty());
    EXPECT_THAT(fact.content.as<DicomQuery>()->asked_for.series, IsEmpty());
    return fact.study;
  };
  const Pseudonym study = pseudonyms().pseudonym(IdentifierKind::study_uid, "1.2.3");
  for (const char* const level : {"STUDY", "SERIES", "IMAGE"}) EXPECT_EQ(study_of(level, "1.2.3"), study) << level;
  for (const char* const level : {"", "OTHER", "series"})
    EXPECT_EQ(study_of(level, "1.2.3"), study) << level << ": whatever the archive takes it for";
  EXPECT_TRUE(study_of("PATIENT", "1.2.3").empty());
  EXPECT_TRUE(study_of("", "1.2.3", kWorklist).empty());
  for (const char* const none : {"", "*", "1.2.*", "1.2.?", "1.2.3\\1.2.4", "1.2.3\\"})
    EXPECT_TRUE(study_of("SERIES", none).empty()) << none;
}

// PS3.4 C.4.1.1.3.1, PS3.5 6.2
TEST(DicomContent, ALevelIsOneOfTheStandardsInCapitals) {
  const auto illegal = [](const Octets& level, std::uint16_t field = dimse::kFind,
                          std::string_view sop_class = kStudyRootFind) {
    return read(field, sop_class, level + element(0x0020000d, "UI", "1.2.3")).has_illegal_level;
  };
  const auto level = [](std::string_view written) { return element(0x00080052, "CS", written); };
  for (const char* const legal : {"PATIENT", "STUDY", "SERIES", "IMAGE"}) EXPECT_FALSE(illegal(level(legal))) << legal;
  for (const char* const none : {"study", "Series", "FOO", "", "STUDY\\SERIES"}) {
    EXPECT_TRUE(illegal(level(none))) << none;
    EXPECT_TRUE(illegal(level(none), dimse::kMove, kStudyRootMove)) << none;
  }
  EXPECT_TRUE(illegal({})) << "none at all";
  EXPECT_FALSE(illegal({}, dimse::kFind, kWorklist)) << "which has none (PS3.4 K.4)";
  EXPECT_FALSE(illegal({}, dimse::kMove, "1.2.840.10008.5.1.4.38.3")) << "nor have hanging protocols (PS3.4 U.4)";
}

TEST(DicomContent, OfALevelThatWasNotSeenNothingIsSaid) {
  const ProtocolSettings settings{.limits = {}, .pseudonymizer = &pseudonyms()};
  Pieces pieces;
  const auto content = open_content({dimse::kFind, kStudyRootFind, kExplicit, {}}, settings);
  content->feed(element(0x00080005, "CS", "ISO_IR 100"), pieces);
  EXPECT_FALSE(content->has_illegal_level());
  content->feed(element(0x0020000d, "UI", "1.2.3"), pieces);
  EXPECT_TRUE(content->has_illegal_level()) << "it would have come before";
}

Pseudonym study(std::string_view uid) { return pseudonyms().pseudonym(IdentifierKind::study_uid, uid); }

TEST(DicomContent, OfAQuerysListOfStudiesEachIsKnown) {
  const auto asked = [](std::string_view level, std::string_view uids, std::size_t most = 1000) {
    ProtocolSettings settings;
    settings.limits.dicom_retrieval_uids = most;
    const DicomOperation fact =
        read(dimse::kFind, kStudyRootFind, element(0x00080052, "CS", level) + element(0x0020000d, "UI", uids), settings)
            .fact;
    EXPECT_TRUE(fact.study.empty());
    return fact.content.as<DicomQuery>()->asked_for;
  };
  EXPECT_THAT(asked("STUDY", "1.2.3\\1.2.4").studies, ElementsAre(study("1.2.3"), study("1.2.4")));
  EXPECT_THAT(asked("STUDY", "1.2.3\\1.2.*").studies, IsEmpty());
  EXPECT_THAT(asked("PATIENT", "1.2.3\\1.2.4").studies, IsEmpty());
  const AskedFor two = asked("STUDY", "1.2.3\\1.2.4\\1.2.5", 2);
  EXPECT_EQ(two.studies.size(), 2U);
  EXPECT_TRUE(two.left_some_out);
}

Read retrieves(std::string_view level, const Octets& keys, ProtocolSettings settings = {}) {
  return read(dimse::kMove, kStudyRootMove, element(0x00080052, "CS", level) + keys, settings);
}
Octets study_uid(std::string_view uids) { return element(0x0020000d, "UI", uids); }

TEST(DicomContent, OfARetrievalsListOfStudiesEachIsNamed) {
  const auto named = [](std::string_view level, std::string_view uids) {
    return retrieves(level, study_uid(uids)).fact.content.as<DicomQuery>()->asked_for.studies;
  };
  for (const char* const level : {"STUDY", "SERIES", "IMAGE"})
    EXPECT_THAT(named(level, "1.2.3\\1.2.4"), ElementsAre(study("1.2.3"), study("1.2.4"))) << level;
  EXPECT_THAT(named("STUDY", "1.2.3"), ElementsAre(study("1.2.3")));
  EXPECT_THAT(named("STUDY", "1.2.3\\"), ElementsAre(study("1.2.3")));
  EXPECT_THAT(named("STUDY", " \\1.2.3"), ElementsAre(study("1.2.3"))) << "padding names none";
}

TEST(DicomContent, ALongListOfInstancesHidesNoStudy) {
  ProtocolSettings settings;
  settings.limits.dicom_retrieval_uids = 2;
  const Octets images = element(0x00080018, "UI", "1.2.9\\1.2.8\\1.2.7");
  const Read move = retrieves("IMAGE", images + study_uid("1.2.3\\1.2.4"), settings);
  const AskedFor& asked = move.fact.content.as<DicomQuery>()->asked_for;
  EXPECT_THAT(asked.studies, ElementsAre(study("1.2.3"), study("1.2.4")));
  EXPECT_EQ(asked.instances.size(), 2U);
  EXPECT_TRUE(asked.left_some_out);
}

TEST(DicomContent, AUidThatPaddingMakesTooLongIsLeftOut) {
  const Read move = retrieves("STUDY", study_uid("1.2.3\\1.2.4" + std::string(80, ' ')));
  const AskedFor& asked = move.fact.content.as<DicomQuery>()->asked_for;
  EXPECT_THAT(asked.studies, ElementsAre(study("1.2.3")));
  EXPECT_TRUE(asked.left_some_out);
}

// PS3.4 C.4.2.1.4.1, C.4.2.2.1.
TEST(DicomContent, ARetrievalThatNamesNoStudyIsKnownAsOne) {
  const Octets none, series = element(0x0020000e, "UI", "1.2.3.1\\1.2.3.2"), image = element(0x00080018, "UI", "1.2.9");
  const auto patient = [](std::string_view id, std::string_view vr = "LO") { return element(0x00100020, vr, id); };
  const auto names_none = [](std::string_view level, const Octets& keys) {
    const DicomOperation fact = retrieves(level, keys).fact;
    const DicomQuery& query = *fact.content.as<DicomQuery>();
    EXPECT_TRUE(!query.names_no_study || fact.study.empty());
    return query.names_no_study;
  };
  for (const char* const pattern : {"", "*", "1.2.*", "1.2.?", "1.2.3\\1.2.*", " "}) {
    for (const char* const level : {"STUDY", "SERIES", "IMAGE"})
      EXPECT_TRUE(names_none(level, study_uid(pattern))) << level << ": " << pattern;
    EXPECT_TRUE(names_none("STUDY", element(0x0020000d, "UN", pattern))) << pattern;
  }
  EXPECT_TRUE(names_none("STUDY", patient("PAT-4711"))) << "all of the patient's, perhaps";
  EXPECT_TRUE(names_none("SERIES", series));
  EXPECT_TRUE(names_none("IMAGE", image));
  for (const char* const several : {"", "*", "PAT*", "PAT-4711\\PAT-4712"}) {
    EXPECT_TRUE(names_none("PATIENT", patient(several))) << several;
    EXPECT_TRUE(names_none("PATIENT", patient(several, "UN"))) << several;
  }
  EXPECT_FALSE(names_none("PATIENT", patient("PAT-4711")));
  EXPECT_FALSE(names_none("STUDY", study_uid("1.2.3\\1.2.4")));
  EXPECT_FALSE(names_none("SERIES", study_uid("1.2.3") + series));
  EXPECT_FALSE(names_none("IMAGE", image + study_uid("1.2.3")));
}

// PS3.5 6.2 has capitals, and archives take what they get.
TEST(DicomContent, ALevelIsOneWhateverItsLettersAndPadding) {
  for (const char* const written : {"SERIES", "series", "Series ", " sERIES  ", "series "}) {
    const DicomOperation fact = retrieves(written, study_uid("1.2.*") + element(0x0020000e, "UI", "1.2.3.1")).fact;
    EXPECT_EQ(fact.query_level, "SERIES") << written;
    EXPECT_EQ(fact.content.as<DicomQuery>()->unique_keys, 1U) << written;
    EXPECT_TRUE(fact.content.as<DicomQuery>()->names_no_study) << written;
  }
  EXPECT_EQ(read(dimse::kFind, kStudyRootFind, element(0x00080052, "CS", "study")).fact.query_level, "STUDY");
  for (const char* const none : {"", "*", "STUDIES", "STUD", "STUDY\\SERIES", "study\x7f", "PATIENT NAME"})
    EXPECT_EQ(retrieves(none, {}).fact.query_level, "") << none;
}

TEST(DicomContent, ARetrievalAtNoLevelNamesAStudyOrNone) {
  const auto names_none = [](const Octets& identifier, std::string_view sop_class = kStudyRootMove) {
    return read(dimse::kMove, sop_class, identifier).fact.content.as<DicomQuery>()->names_no_study;
  };
  const Octets patient = element(0x00100020, "LO", "PAT-4711");
  for (const Octets& level : {Octets{}, element(0x00080052, "CS", ""), element(0x00080052, "CS", "FOO")}) {
    for (const char* const none : {"", "*", "1.2.*"}) EXPECT_TRUE(names_none(level + study_uid(none))) << none;
    EXPECT_TRUE(names_none(level));
    EXPECT_TRUE(names_none(level + patient)) << "all of the patient's, perhaps";
    EXPECT_FALSE(names_none(level + study_uid("1.2.3\\1.2.4")));
    EXPECT_FALSE(names_none(level, "1.2.840.10008.5.1.4.38.3")) << "hanging protocols have no level (PS3.4 U.4.2)";
    EXPECT_FALSE(names_none(level, "1.2.840.10008.5.1.4.1.2.4.2")) << "nor studies what is retrieved alone (PS3.4 Y)";
    EXPECT_FALSE(names_none(level, "")) << "of what, was not seen";
  }
}

TEST(DicomContent, AQueryNamesNoStudyBelowTheirLevelAlone) {
  const auto names_none = [](std::string_view level, std::string_view uids) {
    return read(dimse::kFind, kStudyRootFind, element(0x00080052, "CS", level) + study_uid(uids))
        .fact.content.as<DicomQuery>()
        ->names_no_study;
  };
  for (const char* const level : {"SERIES", "IMAGE"}) {
    for (const char* const none : {"", "*", "1.2.*"}) EXPECT_TRUE(names_none(level, none)) << level << none;
    for (const char* const some : {"1.2.3", "1.2.3\\1.2.4"}) EXPECT_FALSE(names_none(level, some)) << level << some;
  }
  for (const char* const level : {"PATIENT", "STUDY", ""}) EXPECT_FALSE(names_none(level, "")) << level;
}

TEST(DicomContent, OfARetrievalThatWasNotSeenWholeNobodyKnowsWhetherItNamesAStudy) {
  const ProtocolSettings settings{.limits = {}, .pseudonymizer = &pseudonyms()};
  const auto names_none = [&settings](const Octets& beginning, std::string_view level = "SERIES") {
    DicomOperation fact;
    Pieces pieces;
    const auto content = open_content({dimse::kMove, kStudyRootMove, kExplicit, {}}, settings);
    content->feed(element(0x00080052, "CS", level) + beginning, pieces);
    content->tell(fact, pieces);
    return fact.content.as<DicomQuery>()->names_no_study;
  };
  for (const char* const level : {"SERIES", "FOO"}) {
    EXPECT_FALSE(names_none({}, level));
    EXPECT_FALSE(names_none(element(0x00100020, "LO", "PAT-4711"), level));
  }
  EXPECT_TRUE(names_none(element(0x0020000e, "UI", "1.2.3.1"))) << "it would have come before";
}

TEST(DicomContent, ASequenceWithoutKeysIsAskedForHoweverItsLengthIsTold) {
  const Octets no_items = from_hex("0800 1011 5351 0000 ffffffff feffdde0 00000000");  // (0008,1110)
  const Octets empty_item = sequence(0x00081111, one_item({}));
  const Octets key = element(0x00100010, "PN", "");
  const Octets nested = sequence(0x00400100, one_item(sequence(0x00400008, one_item({}))));
  const auto returned = [](const Octets& identifier) {
    return read(dimse::kFind, kStudyRootFind, identifier).fact.content.as<DicomQuery>()->returned;
  };
  EXPECT_THAT(returned(no_items + empty_item + key), ElementsAre(0x00081110, 0x00081111, 0x00100010));
  EXPECT_THAT(returned(key + nested), ElementsAre(0x00100010, 0x00400008));
}

TEST(DicomContent, KeysBeyondTheLimitAreCounted) {
  ProtocolSettings settings{.limits = {}, .pseudonymizer = &pseudonyms()};
  settings.limits.dicom_query_keys = 2;
  DicomOperation fact;
  Pieces pieces;
  const auto content = open_content({dimse::kFind, kStudyRootFind, kExplicit, {}}, settings);
  content->feed(element(0x00080020, "DA", "20261101") + element(0x00080050, "SH", "") +
                    element(0x00080060, "CS", "CT") + element(0x00100020, "LO", "*"),
                pieces);
  content->end();
  content->tell(fact, pieces);
  const DicomQuery& query = *fact.content.as<DicomQuery>();
  EXPECT_THAT(query.matched, ElementsAre(0x00080020));
  EXPECT_THAT(query.returned, ElementsAre(0x00080050));
  EXPECT_EQ(query.keys_not_told, 2U);
}

TEST(DicomContent, ARetrievalNamesWhatItSends) {
  const Octets identifier = element(0x00080018, "UI", "1.2.9") + element(0x00080052, "CS", "IMAGE") +
                            element(0x00100020, "LO", "PAT-4711") + element(0x0020000d, "UI", "1.2.3");
  const Read move = read(dimse::kMove, kStudyRootMove, identifier);
  EXPECT_EQ(move.fact.study, pseudonyms().pseudonym(IdentifierKind::study_uid, "1.2.3"));
  EXPECT_EQ(move.fact.instance, pseudonyms().pseudonym(IdentifierKind::instance_uid, "1.2.9"));
  EXPECT_EQ(move.fact.patient, pseudonyms().pseudonym(IdentifierKind::patient_id, "PAT-4711"));
  EXPECT_EQ(move.fact.content.as<DicomQuery>()->unique_keys, 1U);
}

TEST(DicomContent, ARetrievalSentAgainIsKnownByItsIdentifiers) {
  const auto identifiers = [](std::string_view level, const Octets& keys) {
    return retrieves(level, keys).fact.content.as<DicomQuery>()->identifiers;
  };
  const Octets patient = element(0x00100020, "LO", "PAT-4711"), accession = element(0x00080050, "SH", "A1");
  const auto series = [](std::string_view uids) { return element(0x0020000e, "UI", uids); };
  EXPECT_EQ(identifiers("PATIENT", patient), pseudonyms().pseudonym(IdentifierKind::patient_id, "PAT-4711"));
  EXPECT_EQ(identifiers("STUDY", accession), pseudonyms().pseudonym(IdentifierKind::accession_number, "A1"));
  EXPECT_EQ(identifiers("SERIES", series("1.2.3\\1.2.4")), identifiers("SERIES", series("1.2.4\\1.2.3")));
  EXPECT_NE(identifiers("SERIES", series("1.2.3\\1.2.4")), identifiers("SERIES", series("1.2.3")));
  EXPECT_NE(identifiers("SERIES", series("1.2.3") + patient), identifiers("SERIES", series("1.2.3")));
  EXPECT_FALSE(identifiers("PATIENT", element(0x00100020, "LO", "A\\B")).empty()) << "several";
  for (const char* const pattern : {"*", "PAT*"})
    EXPECT_TRUE(identifiers("PATIENT", element(0x00100020, "LO", pattern)).empty()) << pattern;
  EXPECT_TRUE(identifiers("STUDY", patient + element(0x00100010, "PN", "DOE^J")).empty()) << "by another key, too";
  EXPECT_TRUE(identifiers("STUDY", {}).empty());
}

TEST(DicomContent, AWorklistsAnswersComeInPieces) {
  const Octets answer =
      element(0x00080050, "SH", "ACC-0815") + element(0x00100020, "LO", "PAT-4711") +
      element(0x0020000d, "UI", "1.2.3") +
      sequence(0x00400100, one_item(element(0x00080060, "CS", "CT") + element(0x00400001, "AE", "CT1") +
                                    element(0x00400020, "CS", "SCHEDULED")));
  ProtocolSettings settings{.limits = {}, .pseudonymizer = &pseudonyms()};
  settings.limits.dicom_scheduled_steps = 2;
  DicomOperation fact;
  Pieces pieces;
  for (int i = 0; i < 5; ++i) {
    const auto content = open_content({dimse::kFind | dimse::kResponseBit, kWorklist, kExplicit, {}}, settings);
    content->feed(answer, pieces);
    content->tell(fact, pieces);
  }
  ASSERT_EQ(pieces.told.size(), 2U);
  EXPECT_EQ(pieces.told[1].as<WorklistAnswer>()->steps.size(), 2U);
  const ScheduledStep& step = fact.content.as<WorklistAnswer>()->steps.at(0);
  EXPECT_EQ(step.accession, pseudonyms().pseudonym(IdentifierKind::accession_number, "ACC-0815"));
  EXPECT_EQ(step.study, pseudonyms().pseudonym(IdentifierKind::study_uid, "1.2.3"));
  EXPECT_EQ(step.station_ae, "CT1");
  EXPECT_EQ(step.modality, "CT");
  EXPECT_EQ(step.status, "SCHEDULED");
}

TEST(DicomContent, ACommitmentAndWhatFailed) {
  const auto reference = [](std::string_view uid, const Octets& more = {}) {
    return one_item(element(0x00081150, "UI", kCtImageStorage) + element(0x00081155, "UI", uid) + more);
  };
  const Octets report = element(0x00081195, "UI", "1.2.7") +
                        sequence(0x00081198, reference("1.2.1", explicit_element(0x00081197, "US", le16(0x0112)))) +
                        sequence(0x00081199, reference("1.2.2") + reference("1.2.3") + reference("1.2.4"));
  ProtocolSettings settings;
  settings.limits.dicom_content_instances = 3;
  const Read all = read(0x0100, kCommitment, report, settings);
  ASSERT_EQ(all.pieces.size(), 1U);
  const StorageCommitment& last = *all.fact.content.as<StorageCommitment>();
  EXPECT_EQ(last.transaction, pseudonyms().pseudonym(IdentifierKind::transaction_uid, "1.2.7"));
  EXPECT_EQ(last.referenced, 3U);
  EXPECT_EQ(last.failed, 1U);
  EXPECT_THAT(last.failure_reasons, ElementsAre(0x0112));
  const auto print = [](std::string_view uid) {
    return print_of(pseudonyms().pseudonym(IdentifierKind::instance_uid, uid));
  };
  EXPECT_THAT(all.pieces[0].as<StorageCommitment>()->instances, ElementsAre(print("1.2.2"), print("1.2.3")));
  EXPECT_THAT(all.pieces[0].as<StorageCommitment>()->failed_instances, ElementsAre(print("1.2.1")));
  EXPECT_THAT(last.instances, ElementsAre(print("1.2.4")));
}

TEST(DicomContent, APerformedStepAndItsImages) {
  const auto image = [](std::string_view uid) { return one_item(element(0x00081155, "UI", uid)); };
  const Octets step =
      element(0x00080060, "CS", "CT") + element(0x00100020, "LO", "PAT-4711") + element(0x00400241, "AE", "CT1") +
      element(0x00400252, "CS", "DISCONTINUED") +
      sequence(0x00400270, one_item(element(0x00080050, "SH", "ACC-0815") + element(0x0020000d, "UI", "1.2.3"))) +
      sequence(0x00400281, one_item(element(0x00080100, "SH", "110513"))) +
      sequence(0x00400340, one_item(sequence(0x00081140, image("1.2.1") + image("1.2.2"))) +
                               one_item(sequence(0x00400220, image("1.2.5"))));
  const Read all = read(0x0140, kStep, step);
  const PerformedStep& told = *all.fact.content.as<PerformedStep>();
  EXPECT_EQ(told.status, "DISCONTINUED");
  EXPECT_EQ(told.discontinuation_reason, "110513");
  EXPECT_EQ(told.modality, "CT");
  EXPECT_EQ(told.station_ae, "CT1");
  EXPECT_EQ(told.series, 2U);
  EXPECT_EQ(told.images, 3U);
  EXPECT_EQ(told.instances.size(), 3U);
  ASSERT_EQ(told.scheduled.size(), 1U);
  EXPECT_EQ(told.scheduled[0].accession, pseudonyms().pseudonym(IdentifierKind::accession_number, "ACC-0815"));
  EXPECT_EQ(all.fact.study, pseudonyms().pseudonym(IdentifierKind::study_uid, "1.2.3"));
  EXPECT_EQ(all.fact.patient, pseudonyms().pseudonym(IdentifierKind::patient_id, "PAT-4711"));
}

TEST(DicomContent, WordsThatAreNoCodesDoNotLeave) {
  const StoredObject object = stored(element(0x00080060, "CS", "Doe^Jane") + element(0x00080070, "LO", "AC\x01ME") +
                                     element(0x00181020, "LO", "1.0\\2.0"));
  EXPECT_EQ(object.modality, "");
  EXPECT_EQ(object.manufacturer, "AC?ME");
  EXPECT_EQ(object.software_versions, "1.0");
}

}  // namespace
}  // namespace dcmwatch::test
