#include "model/fingerprints.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <random>

#include "model/problems.h"

namespace dcmwatch {

// For the messages of a failed expectation.
void PrintTo(const ImplementationHint& hint, std::ostream* out) {
  *out << "root " << hint.root << ", manufacturer " << hint.manufacturer << ", toolkit " << hint.toolkit << ", product "
       << hint.product << ", version " << hint.version << ", " << to_text(hint.confidence);
}

namespace {

const Fingerprints& shipped() {
  static const Fingerprints fingerprints = Fingerprints::load(DCMWATCH_ROOT "/rules/fingerprints/dicom.yml");
  return fingerprints;
}

constexpr std::string_view kSound = R"(registrars:
  1.2.840: ANSI
  1.2.8.1: a registrar within an organisation's arc
class_uids:
  1.2.8: {manufacturer: Eight, confidence: high, source: s}
  1.2.8.9: {toolkit: Nine, version: follows, confidence: high, source: s}
  1.2.840.7: {manufacturer: Seven, product: Scanner, confidence: medium, source: s}
version_names:
  NINE_*: {toolkit: Nine, confidence: medium, source: s}
  NINE_X*: {product: Xray, confidence: low, source: s}
  NINE_X1: {product: Exact, confidence: low, source: s}
  "*/WIN": {product: Windows, class_uid: 1.2.840, confidence: medium, source: s}
  TEN-*-T: {toolkit: Ten, confidence: high, source: s}
)";

const Fingerprints& sound() {
  static const Fingerprints fingerprints = Fingerprints::parse(std::string{kSound}, "f");
  return fingerprints;
}

TEST(Fingerprints, TheLongestArcOfWholeComponentsSays) {
  EXPECT_EQ(sound().find("1.2.8", "").manufacturer, "Eight");
  EXPECT_EQ(sound().find("1.2.8.7", "").manufacturer, "Eight");
  EXPECT_EQ(sound().find("1.2.8.9.3.6", "").toolkit, "Nine");
  EXPECT_EQ(sound().find("1.2.8.99", "").toolkit, "") << "1.2.8.9 is no arc of it";
  EXPECT_EQ(sound().find("1.2.84", "").manufacturer, "");
}

TEST(Fingerprints, AnArcBelongsToTheOwnerOfTheOneAroundIt) {
  EXPECT_EQ(sound().find("1.2.8.9", "").manufacturer, "Eight");
  EXPECT_EQ(sound().find("1.2.8.1.5", "").manufacturer, "") << "given away";
}

TEST(Fingerprints, OfAnUnknownRootOnlyTheOrganisationsArcIsTold) {
  EXPECT_EQ(sound().find("1.2.840.113.5.6.7", ""), (ImplementationHint{.root = "1.2.840.113"}));
  EXPECT_EQ(sound().find("1.2.840", "").root, "1.2.840");
  EXPECT_EQ(sound().find("1.3.51.5156.11871.2008", "").root, "1.3.51.5156");
  EXPECT_EQ(sound().find("1.2", "").root, "1.2");
  EXPECT_EQ(sound().find("", "NOBODY"), ImplementationHint{});
}

TEST(Fingerprints, TheVersionIsWhatTheStarStandsFor) {
  EXPECT_EQ(sound().find("", "NINE_36").version, "36");
  EXPECT_EQ(sound().find("", "NINE_").version, "");
  EXPECT_EQ(sound().find("", "TEN-5-T").version, "5");
  EXPECT_EQ(sound().find("", "TEN--T").toolkit, "Ten");
  EXPECT_EQ(sound().find("", "TEN-T").toolkit, "") << "the ends may not overlap";
  const std::string_view name = "NINE_36";
  EXPECT_EQ(sound().find("", name).version.data(), name.data() + 5) << "a view into the name";
}

TEST(Fingerprints, TheLongestNameThatFitsSays) {
  EXPECT_EQ(sound().find("", "NINE_X2").product, "Xray");
  EXPECT_EQ(sound().find("", "NINE_X1").product, "Exact");
  EXPECT_EQ(sound().find("", "NINE_X1").version, "");
  EXPECT_EQ(sound().find("", "nine_X1"), ImplementationHint{});
}

TEST(Fingerprints, ANameMayHoldWithinAnArcOnly) {
  EXPECT_EQ(sound().find("1.2.840.5", "1.4/WIN").version, "1.4");
  EXPECT_EQ(sound().find("1.2.8.5", "1.4/WIN").product, "");
}

TEST(Fingerprints, AVersionInTheClassUidHasItsDots) {
  EXPECT_EQ(sound().find("1.2.8.9.3.6", "NINE_36").version, "3.6");
  EXPECT_EQ(sound().find("1.2.8.9.3.6", "UNHEARD OF").version, "3.6");
  EXPECT_EQ(sound().find("1.2.8.9", "NINE_36").version, "36");
  EXPECT_EQ(sound().find("1.2.8.9.3.6", "NINE_X2").version, "2") << "of the product, not of its toolkit";
}

TEST(Fingerprints, ConfidenceIsThatOfBothTogether) {
  EXPECT_EQ(sound().find("1.2.8.9.3.6", "").confidence, Confidence::high);
  EXPECT_EQ(sound().find("", "NINE_36").confidence, Confidence::medium);
  EXPECT_EQ(sound().find("1.2.8.9.3.6", "NINE_36").confidence, Confidence::high);
  EXPECT_EQ(sound().find("1.2.8", "").confidence, Confidence::low) << "an owner only";
  EXPECT_EQ(sound().find("1.2.8", "NINE_36").confidence, Confidence::medium);
  EXPECT_EQ(sound().find("1.2.3", "").confidence, Confidence::none);
}

TEST(Fingerprints, OfAContradictionTheNameIsToldAndNothingIsSure) {
  const ImplementationHint hint = sound().find("1.2.8.9.3.6", "TEN-5-T");
  EXPECT_EQ(hint.toolkit, "Ten");
  EXPECT_EQ(hint.version, "5");
  EXPECT_EQ(hint.manufacturer, "Eight");
  EXPECT_EQ(hint.confidence, Confidence::low);
}

struct Pair {
  std::string_view class_uid, version_name;
  ImplementationHint hint;
};

// From files and associations of the things themselves.
TEST(ShippedFingerprints, KnowWhatWasMet) {
  using enum Confidence;
  const std::string_view gdcm = "1.2.826.0.1.3680043.2.1143";
  const std::vector<Pair> met{
      {"1.2.276.0.7230010.3.0.3.6.7",
       "OFFIS_DCMTK_367",
       {"1.2.276.0.7230010.3.0", "OFFIS", "DCMTK", "", "3.6.7", high}},
      {"1.2.276.0.7230010.3.0.3.1.1",
       "OFFIS-DCMTK-311",
       {"1.2.276.0.7230010.3.0", "OFFIS", "DCMTK", "", "3.1.1", high}},
      {"1.2.40.0.13.1.3", "dcm4che-5.23.2", {"1.2.40.0.13.1.3", "dcm4che.org (TIANI)", "dcm4che", "", "5.23.2", high}},
      {"1.2.40.0.13.1.1", "dcm4che-2.0", {"1.2.40.0.13.1.1", "dcm4che.org (TIANI)", "dcm4che", "", "2.0", high}},
      {"1.3.6.1.4.1.30071.8",
       "fo-dicom 4.0.0",
       {"1.3.6.1.4.1.30071.8", "Colby Dillion (fo-dicom)", "fo-dicom", "", "4.0.0", high}},
      {"1.2.826.0.1.3680043.9.3811.2.0.2",
       "PYNETDICOM_202",
       {"1.2.826.0.1.3680043.9.3811", "pydicom", "pynetdicom", "", "2.0.2", high}},
      {"1.2.826.0.1.3680043.2.1143.107.104.103.115.3.0.21",
       "GDCM 3.0.21",
       {gdcm, "Mathieu Malaterre (GDCM)", "GDCM", "", "3.0.21", high}},
      {"1.2.826.0.1.3680043.2.135.1066.101",
       "1.5.0/WIN32",
       {"1.2.826.0.1.3680043.2.135.1066.101", "Netherlands Cancer Institute", "", "ConQuest", "1.5.0", high}},
      {"1.2.826.0.1.3680043.10.854",
       "DCMJS-DIMSE-V0.2",
       {"1.2.826.0.1.3680043.10.854", "Pantelis Georgiadis (dcmjs-dimse)", "dcmjs-dimse", "", "", high}},
      {"2.16.840.1.113669.2.1.1",
       "MergeCOM3_340",
       {"2.16.840.1.113669.2.1.1", "Merge Healthcare", "MergeCOM-3", "", "340", high}},
      {"1.2.246.352.70.2.1.120.1", "MergeCOM3_410", {"1.2.246.352", "Varian", "MergeCOM-3", "", "410", high}},
      {"1.2.840.113619.6.323", "LOGIQS8_1", {"1.2.840.113619.6.323", "GE HealthCare", "", "LOGIQ S8", "1", medium}},
      {"1.3.12.2.1107.5.2", "MR_VB19A", {"1.3.12.2.1107.5.2", "Siemens Healthineers", "", "MR", "VB19A", medium}},
      {"1.3.46.670589.14.10000.705",
       "EPIQ-AFFIN_7.05",
       {"1.3.46.670589.14", "Philips", "", "EPIQ or Affiniti", "7.05", medium}},
      {"1.3.51.0.1.3", "AGFA DTF1.0.95", {"1.3.51", "Agfa HealthCare", "", "Agfa DTF", "1.0.95", medium}},
      {"1.3.6.1.4.1.25403.1.1.1",
       "Dicom 0.1",
       {"1.3.6.1.4.1.25403.1.1.1", "ClearCanvas", "", "ClearCanvas", "", medium}},
      {"1.2.276.0.7230010.3.0.3.6.0",
       "dcm4che-5.27.0",
       {"1.2.276.0.7230010.3.0", "OFFIS", "dcm4che", "", "5.27.0", low}},
      {"2.25.269557681719719925684832053554655571250",
       "DICOM-rs 0.9.0",
       {"2.25.269557681719719925684832053554655571250", "", "dicom-rs", "", "0.9.0", high}},
  };
  for (const Pair& pair : met)
    EXPECT_EQ(shipped().find(pair.class_uid, pair.version_name), pair.hint) << pair.class_uid;
}

TEST(ShippedFingerprints, TellUnknownRootsByTheOrganisation) {
  EXPECT_EQ(shipped().find("1.2.826.0.1.3680043.9.9999.1.2", "X"),
            (ImplementationHint{.root = "1.2.826.0.1.3680043.9.9999"}));
  EXPECT_EQ(shipped().find("1.3.6.1.4.1.99999.1.2", "X"), (ImplementationHint{.root = "1.3.6.1.4.1.99999"}));
  EXPECT_EQ(shipped().find("1.2.392.200036.9999.1.2", "X"), (ImplementationHint{.root = "1.2.392.200036.9999"}));
  EXPECT_EQ(shipped().find("1.2.888.888.88.8.8.8", "X"), (ImplementationHint{.root = "1.2.888.888"}));
}

// By reading the table from end to end.
const Fingerprint* arc_by_hand(const Fingerprints& fingerprints, std::string_view uid) {
  const Fingerprint* found = nullptr;
  for (const Fingerprint& print : fingerprints.class_uids()) {
    const bool fits = uid == print.key || uid.starts_with(print.key + '.');
    if (fits && (!found || print.key.size() > found->key.size())) found = &print;
  }
  return found;
}

const Fingerprint* name_by_hand(const Fingerprints& fingerprints, std::string_view uid, const std::string& name) {
  const Fingerprint* found = nullptr;
  for (const Fingerprint& print : fingerprints.version_names()) {
    if (!print.within.empty() && uid != print.within && !uid.starts_with(print.within + '.')) continue;
    const bool fits = print.wildcard ? name.size() >= print.key.size() + print.suffix.size() &&
                                           name.starts_with(print.key) && name.ends_with(print.suffix)
                                     : name == print.key;
    if (fits && (!found || print.key.size() > found->key.size())) found = &print;
  }
  return found;
}

TEST(ShippedFingerprints, AreFoundAndTheRootIsWithinTheUidWhateverIsSent) {
  std::mt19937 random{20240815};
  const auto up_to = [&](std::size_t most) { return std::uniform_int_distribution<std::size_t>{0, most}(random); };
  const std::string_view bytes{"0123456789....\0\n*/A\xff", 20};
  const auto& arcs = shipped().class_uids();
  const auto& names = shipped().version_names();
  for (int round = 0; round < 20'000; ++round) {
    std::string uid = round % 3 == 0 ? std::string{} : arcs[up_to(arcs.size() - 1)].key;
    uid.resize(up_to(uid.size()));
    if (round % 3 == 2) uid = arcs[up_to(arcs.size() - 1)].key;
    for (std::size_t more = up_to(round % 1000 == 0 ? 70'000 : 12); more != 0; --more)
      uid += bytes[up_to(bytes.size() - 1)];
    const Fingerprint& chosen = names[up_to(names.size() - 1)];
    std::string name = chosen.key + (chosen.wildcard ? uid.substr(0, up_to(uid.size())) : "") + chosen.suffix;
    if (round % 5 == 0) name.resize(up_to(name.size()));

    const ImplementationHint hint = shipped().find(uid, name);
    EXPECT_TRUE(std::string_view{uid}.starts_with(hint.root));
    EXPECT_LE(std::count(hint.root.begin(), hint.root.end(), '.'), 16);
    EXPECT_TRUE(name.find(hint.version) != std::string::npos || uid.find(hint.version) != std::string::npos);
    const Fingerprint* const arc = arc_by_hand(shipped(), uid);
    EXPECT_EQ(hint.manufacturer, arc ? arc->manufacturer : "") << uid;
    if (arc && !arc->registrar) {
      EXPECT_EQ(hint.root, arc->key);
    }
    if (const Fingerprint* const by_name = name_by_hand(shipped(), uid, name); by_name && !by_name->toolkit.empty()) {
      EXPECT_EQ(hint.toolkit, by_name->toolkit) << name;
    } else {
      EXPECT_EQ(hint.toolkit, arc ? arc->toolkit : "") << name;
    }
  }
}

struct Mistake {
  std::string text;  // an @ stands where the mistake is told to be
  std::string error;
};

class FingerprintMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(FingerprintMistakes, AreToldWithPlaceAndFix) {
  auto [text, error] = GetParam();
  const auto mark = text.find('@');
  ASSERT_NE(mark, std::string::npos);
  text.erase(mark, 1);
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(mark), '\n');
  const auto column = mark - (text.rfind('\n', mark - 1) + 1) + 1;
  try {
    Fingerprints::parse(text, "f");
    FAIL() << "taken: " << text;
  } catch (const ConfigurationError& problem) {
    EXPECT_EQ(problem.what(), "f:" + std::to_string(line) + ':' + std::to_string(column) + ": " + error);
  }
}

std::string class_uid(const std::string& entry) { return "class_uids:\n  " + entry + "\nversion_names: {}\n"; }
std::string version_name(const std::string& entry) { return "class_uids: {}\nversion_names:\n  " + entry + "\n"; }

INSTANTIATE_TEST_SUITE_P(
    All, FingerprintMistakes,
    testing::Values(
        Mistake{"class_uids: {}\nversion_names: {}\n@class_uid: {}\n",
                "a table of fingerprints has no setting 'class_uid'; did you mean 'class_uids'?"},
        Mistake{class_uid("1.2.3: {toolkit: T, @manufaturer: A, confidence: low, source: s}"),
                "class UID '1.2.3' has no setting 'manufaturer'; did you mean 'manufacturer'?"},
        Mistake{class_uid("1.2.3: {manufacturer: A, confidence: @hihg, source: s}"),
                "'confidence' is 'hihg'; did you mean 'high'?"},
        Mistake{class_uid("1.2.3: {manufacturer: A, confidence: @none, source: s}"),
                "'confidence' is 'none'; one of: low, medium, high"},
        Mistake{class_uid("1.2.3: @{manufacturer: A, confidence: low}"),
                "class UID '1.2.3' has no 'source'; say where the values come from"},
        Mistake{class_uid("@1.2.3: {confidence: low, source: s}"),
                "class UID '1.2.3' says nothing; write its manufacturer, toolkit or product"},
        Mistake{class_uid("1.2.3: {manufacturer: A, version: @folows, confidence: low, source: s}"),
                "'version' is 'folows'; did you mean 'follows'?"},
        Mistake{class_uid("@1.2..3: {manufacturer: A, confidence: low, source: s}"),
                "'1.2..3' is no arc of UIDs; write numbers with dots between, as in 1.2.840"},
        Mistake{"registrars: {1.2.3: somebody}\n" + class_uid("@1.2.3: {manufacturer: A, confidence: low, source: s}"),
                "'1.2.3' is a registrar too; keep one"},
        Mistake{class_uid("1.2.3: {manufacturer: A, confidence: low, source: s}\n"
                          "  @1.2.3: {manufacturer: B, confidence: low, source: s}"),
                "'1.2.3' stands here twice; keep one of them"},
        Mistake{version_name("@A*B*: {toolkit: A, confidence: low, source: s}"),
                "'A*B*' is no version name; 1 to 16 characters, and at most one *, which stands for the version"},
        Mistake{version_name("@ABCDEFGHIJKLMNOPQ: {toolkit: A, confidence: low, source: s}"),
                "'ABCDEFGHIJKLMNOPQ' is no version name; 1 to 16 characters, and at most one *, which stands for the "
                "version"},
        Mistake{version_name("@A*: {confidence: low, source: s}"),
                "version name 'A*' names neither toolkit nor product"},
        Mistake{version_name("A*: {toolkit: A, class_uid: @1-2, confidence: low, source: s}"),
                "'1-2' is no arc of UIDs; write numbers with dots between, as in 1.2.840"}));

}  // namespace
}  // namespace dcmwatch
