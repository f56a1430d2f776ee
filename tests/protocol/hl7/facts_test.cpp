#include "protocol/hl7/facts.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include "wire.h"

namespace dcmwatch::hl7 {
namespace {

const Pseudonymizer& pseudonymizer() {
  static const Pseudonymizer kPseudonymizer{"a key that is for tests only"};
  return kPseudonymizer;
}

Message decoded(std::string_view content) { return std::get<Message>(decode_message(as_bytes(content), false)); }

// The content must outlive the message, so facts are made at once.
Hl7Message facts(std::string_view content) { return facts_of(decoded(content), pseudonymizer()); }

Pseudonym pseudonym(IdentifierKind kind, std::string_view identifier) {
  return pseudonymizer().pseudonym(kind, identifier);
}

std::string header(std::string_view type_to_charset) {
  return "MSH|^~\\&|A|B|C|D|||" + std::string{type_to_charset} + "\r";
}

struct Code {
  std::string_view field;
  std::string_view told;
};

class MessageType : public testing::TestWithParam<Code> {};
TEST_P(MessageType, IsToldFromItsTablesOnly) {
  const std::string content = header(GetParam().field);
  EXPECT_EQ(facts(content).message_type, GetParam().told);
  EXPECT_EQ(message_type(decoded(content)).has_value(), !GetParam().told.empty());
}
INSTANTIATE_TEST_SUITE_P(Msh9, MessageType,
                         testing::Values(Code{"ADT^A01", "ADT^A01"}, Code{"ADT^A01^ADT_A01", "ADT^A01"},
                                         Code{"ACK", "ACK"}, Code{"ACK^^ACK", "ACK"}, Code{"ZX1^Z01", "ZX1^Z01"},
                                         Code{"PPR^PCA", "PPR^PCA"}, Code{"ZX_^Z01", ""}, Code{"KIM^SUE", ""},
                                         Code{"KIM^A01", ""}, Code{"ADT^SUE", ""}, Code{"KIM", ""}, Code{"", ""},
                                         Code{"^A01", ""}, Code{"adt^a01", ""}, Code{"AD T^A01", ""},
                                         Code{"ADT^A01X", ""}, Code{"ADTX^A01", ""}, Code{"DOE JANE", ""},
                                         Code{"ADT^A0\xC4", ""}, Code{"\"\"", ""}));

TEST(Facts, TheMessageTypeIsWrittenWithACaretWhateverTheDelimiter) {
  EXPECT_EQ(facts("MSH#*+!%#A#B#C#D###ADT*A01\r").message_type, "ADT^A01");
}

struct HeaderCodes {
  std::string_view rest;
  std::string_view processing_id, version, character_set;
};

class Codes : public testing::TestWithParam<HeaderCodes> {};
TEST_P(Codes, AreToldFromTheirTables) {
  const Hl7Message told = facts(header("ADT^A01|1|" + std::string{GetParam().rest}));
  EXPECT_EQ(told.processing_id, GetParam().processing_id);
  EXPECT_EQ(told.version, GetParam().version);
  EXPECT_EQ(told.character_set, GetParam().character_set);
}
INSTANTIATE_TEST_SUITE_P(Msh, Codes,
                         testing::Values(HeaderCodes{"P|2.5.1||||||UNICODE UTF-8", "P", "2.5.1", "UNICODE UTF-8"},
                                         HeaderCodes{"T^A|2.3^DEU||||||8859/1~ISO IR87", "T", "2.3", "8859/1"},
                                         HeaderCodes{"D|2.8||||||", "D", "2.8", ""},
                                         HeaderCodes{"X|2.3.z||||||JANE DOE", "", "", ""},
                                         HeaderCodes{"JANE|2.55555||||||DOE", "", "", ""},
                                         HeaderCodes{"|3.0", "", "", ""}, HeaderCodes{"p|2.", "", "", ""}));

TEST(Facts, NamesOfApplicationsAreTheirNamespaceShortAndPrintable) {
  const Hl7Message told = facts("MSH|^~\\&|A\\T\\B^1.2.3^ISO|M\xDCNCHEN\x7F|" + std::string(100, 'x') + "||||ADT\r");
  EXPECT_EQ(told.sending_application, "A&B");
  EXPECT_EQ(told.sending_facility, "M?NCHEN?");
  EXPECT_EQ(told.receiving_application, std::string(40, 'x'));
  EXPECT_EQ(told.receiving_facility, "");
}

TEST(Facts, NamesOfApplicationsAreToldOfAHeaderOnly) {
  for (const std::string_view content : {"MSH|^~\\&|A\r", "MSH|^~\\&|A|B|C|D\r", "MSH|^~\\&|A|B|C|D|||KIM^SUE\r"}) {
    const Hl7Message told = facts(content);
    EXPECT_EQ(told.sending_application, std::nullopt) << content;
    EXPECT_EQ(told.receiving_facility, std::nullopt) << content;
  }
}

// Segments that end with another control character would shift a patient's fields into the header.
TEST(Privacy, NoOtherSegmentsFieldsAreTakenForTheHeaders) {
  for (const char end : {'\0', '\t', '\v', '\x1C', '\x1D', '\x1E', '\x1F'}) {
    for (const std::string header :
         {"MSH|^~\\&", "MSH|^~\\&|A", "MSH|^~\\&|A|B|C", "MSH|^~\\&|A|B|C|D", "MSH|^~\\&|A|B|C|D|1|2"}) {
      for (const std::string name : {"MEIER", "KIM^SUE", "ADT^A01", "DOC", "PIN^A11"}) {
        const std::string content = header + end + "PID|" + name + "|" + name + "|" + name + "|" + name + "|" + name +
                                    "|" + name + "|" + name + "|" + name + "|" + name + "\r";
        const Message message = decoded(content);
        EXPECT_TRUE(message.header_broken);
        const Hl7Message told = facts_of(message, pseudonymizer());
        EXPECT_EQ(told.message_type, "");
        for (const auto& text :
             {told.sending_application, told.sending_facility, told.receiving_application, told.receiving_facility}) {
          EXPECT_EQ(text, std::nullopt) << content;
        }
      }
    }
  }
  const Hl7Message told = facts("MSH|^~\\&|A|B|C|D|||ADT^A01\x1EPID|||4711\rPV1|1\r");
  EXPECT_EQ(told.message_type, "ADT^A01");
  EXPECT_EQ(told.receiving_facility, "D");
}

// A segment that ends with something else than a carriage return, or with nothing, is followed by a patient's.
class WrongTerminator : public testing::TestWithParam<std::string_view> {};
TEST_P(WrongTerminator, LetsNoNameOfAPatientPassForOneOfSoftware) {
  const std::string patient =
      std::string{GetParam()} + "PID|1||1234^^^H||GEHEIM^ANNA||19700102|LEE|||||||||||||||||||||||\r";
  for (const std::string& before :
       {header("ADT^A01|1|P|2.5") + "EVN|A01|20260101", header("ADT^A01|1|P|2.5") + "EVN|A01|20260101|||USER",
        header("ADT^A01|1|P|2.5") + "EVN|A01", header("ADT^A01|1|P|2.5") + "SFT|ACME",
        header("ADT^A01|1|P|2.5") + "SFT|ACME|1", std::string{"MSH|^~\\&|A|B|C|D|||ADT^A01|1|P|2.5|||AL|NE"},
        std::string{"MSH|^~\\&|A|B|C|D|||ADT^A01|1|P|2.5"}, std::string{"MSH|^~\\&|A|B|C|D|||ADT^A01|1|P"},
        std::string{"MSH|^~\\&|A|B|C|D|||ADT^A01|1|P|2.5|||||USA"}}) {
    const std::string content = before + patient;
    const Hl7Message told = facts(content);
    const Hl7Origin* origin = told.content ? told.content->origin.get() : nullptr;
    EXPECT_TRUE(!told.content || told.content->occurred.empty()) << content;
    if (!origin) continue;
    EXPECT_TRUE(origin->event_facility.empty() && origin->profile.empty() && origin->software_product.empty())
        << content;
    EXPECT_TRUE(origin->country.empty() || origin->country == "USA") << content;
    EXPECT_TRUE(origin->software_vendor.empty() && origin->software_version.empty()) << content;
  }
}
INSTANTIATE_TEST_SUITE_P(Facts, WrongTerminator,
                         testing::Values("\x1e", "\f", "\t", " ", "\xC2\x85", "\\r", "\\X0D\\", ""));

TEST(Facts, IdentifiersArePseudonymsOfWhatIsMeant) {
  const Hl7Message told =
      facts("MSH|^~\\&|A|B|C|D|||ORM^O01|ID\\T\\1\rPID|||P\\S\\1 ^^^HIS\rORC|NW|PL^x|FI\rOBR|1|PL|FI\r");
  EXPECT_EQ(told.control_id, pseudonym(IdentifierKind::control_id, "ID&1"));
  EXPECT_EQ(told.patient, pseudonym(IdentifierKind::patient_id, "P^1"));
  EXPECT_EQ(told.placer_order, pseudonym(IdentifierKind::order_number, "PL"));
  EXPECT_EQ(told.filler_order, pseudonym(IdentifierKind::order_number, "FI"));
  EXPECT_EQ(told.order_control, "NW");
  EXPECT_EQ(facts("MSH|^~\\&|A|B|C|D|||ORM^O01|\"\"\rPID|||\"\"\rORC|new\r").patient, Pseudonym{});
  EXPECT_EQ(facts("MSH|^~\\&|A|B|C|D|||ORM^O01|\"\"\rPID|||\"\"\rORC|new\r").order_control, "");
  EXPECT_EQ(facts("MSH|^~\\&|A|B|C|D|||ORM^O01|1\rORC|XX\r").order_control, "XX");
  for (const std::string_view none : {"", "N", "nw", "JD", "AA", "ZZ", "N1", "\xC3\x9C"})  // HL7 table 0119
    EXPECT_EQ(facts("MSH|^~\\&|A|B|C|D|||ORM^O01|1\rORC|" + std::string{none} + "\r").order_control, "") << none;
}

TEST(Facts, PatientIdsBeyondTheLimitAreCounted) {
  const auto told = [](std::size_t ids, std::size_t merged) {
    std::string text = "MSH|^~\\&|A|B|C|D|||ADT^A40|1\rPID|||0";
    for (std::size_t id = 1; id <= ids; ++id) text += "~" + std::to_string(id);
    text += "\rMRG|0";
    for (std::size_t id = 1; id < merged; ++id) text += "~" + std::to_string(1000 + id);
    const Hl7Message message = facts(text + "\r");
    return std::array<std::size_t, 3>{message.content->patients.size(), message.content->merges.size(),
                                      message.content->patient_ids_not_told};
  };
  constexpr std::size_t kMost = Limits{}.hl7_patient_ids;
  EXPECT_EQ(told(kMost, kMost), (std::array<std::size_t, 3>{kMost, kMost, 0}));
  EXPECT_EQ(told(kMost + 1, kMost), (std::array<std::size_t, 3>{kMost, kMost, 1}));
  EXPECT_EQ(told(kMost, kMost + 1), (std::array<std::size_t, 3>{kMost, kMost, 1}));
  EXPECT_EQ(told(5 * kMost, 5 * kMost), (std::array<std::size_t, 3>{kMost, kMost, 8 * kMost}));
}

struct Accession {
  std::string_view segments;
  std::string_view number;
};

class AccessionNumber : public testing::TestWithParam<Accession> {};
TEST_P(AccessionNumber, ComesFromTheFirstPlaceThatHasIt) {
  EXPECT_EQ(facts(header("ORM^O01|1") + std::string{GetParam().segments}).accession,
            pseudonym(IdentifierKind::accession_number, GetParam().number));
}
INSTANTIATE_TEST_SUITE_P(Places, AccessionNumber,
                         testing::Values(Accession{"IPC|I1^RIS\r", "I1"},
                                         Accession{"ORC|NW|P|F\rOBR|1|P|F|||||||||||||||O18\rIPC|I1\r", "I1"},
                                         Accession{"ORC|NW|P|F\rOBR|1|P|O3|||||||||||||||O18\rIPC|\r", "O18"},
                                         Accession{"ORC|NW|P|F\rOBR|1|P|O3^RIS\r", "O3"},
                                         Accession{"ORC|NW|P|F^RIS\r", "F"}, Accession{"ORC|NW|P\r", ""}));

TEST(Facts, WhenTheEventOccurredIsToldOfItsOwnSegmentOnly) {
  const auto occurred = [](const std::string& segments) {
    const Hl7Message told = facts("MSH|^~\\&|A|B|C|D|20240101||ADT^A01|1|P|2.5\r" + segments);
    return told.content ? std::string{told.content->occurred.view()} : std::string{};
  };
  EXPECT_EQ(occurred("EVN||20240101|||USER|20231231|H\r"), "20231231");
  EXPECT_EQ(occurred("EVN||20240101|||USER|DOE^JANE|H\r"), "");
  EXPECT_EQ(occurred("EVN||20240101|PD1|||19700102\r"), "") << "a date of birth, perhaps";
  EXPECT_EQ(occurred("EVN|PD1|||||19700102\r"), "");
}

// HL7 table 0085: a correction (C), or a result that is not to be had (X), says more than the F behind it.
TEST(Facts, EachObservationsStatusIsToldOnce) {
  const std::string header = "MSH|^~\\&|A|B|C|D|20240101||ORU^R01|1|P|2.5\r";
  const auto statuses = [&](const std::string& segments) {
    const Hl7Message told = facts(header + segments);
    return told.content ? std::string{told.content->observation_statuses.view()} : std::string{};
  };
  const auto observation = [](const std::string& status) { return "OBX|1|TX|a||x||||||" + status + "|20240101\r"; };
  EXPECT_EQ(statuses("OBR|1|P|F\r" + observation("C") + observation("X") + observation("F") + observation("C")), "CXF");
  EXPECT_EQ(statuses("OBR|1|P|F\r" + observation("C") + "OBR|2|P|G\r" + observation("F") + observation("")), "CF");
  EXPECT_EQ(statuses("OBR|1|P|F\r" + observation("JANE") + observation("\"\"") + observation("F^x")), "F");
  EXPECT_EQ(statuses(observation("C")), "") << "of no order";
  std::string all = "OBR|1|P|F\r";
  for (const char status : std::string{"ABCDFINOPRSUVWX"}) all += observation({status});
  EXPECT_EQ(statuses(all), "ABCDFINOPRSUVWX");
}

TEST(Facts, AcknowledgementsWanted) {
  struct Case {
    std::string_view conditions;
    bool any, accept, application;
  };
  for (const Case& c :
       {Case{"|", true, false, false}, Case{"NE|NE", false, false, false}, Case{"AL|NE", true, true, false},
        Case{"NE|AL", true, false, true}, Case{"AL|ER", true, true, true}, Case{"NE|", true, false, false},
        Case{"xx|yy", true, false, false}}) {
    const std::string content = header("ADT^A01|1|P|2.5|||" + std::string{c.conditions});
    const AcknowledgementsWanted wanted = acknowledgements_wanted(decoded(content));
    EXPECT_EQ(wanted.any, c.any) << c.conditions;
    EXPECT_EQ(wanted.accept, c.accept) << c.conditions;
    EXPECT_EQ(wanted.application, c.application) << c.conditions;
  }
}

// Every field of every segment carries a planted text; what may be told is told, and nothing else.
TEST(Privacy, NothingPlantedAppearsInAnyEvent) {
  using namespace dcmwatch::test;
  constexpr std::string_view kPlanted = "PLANTED";
  std::string content =
      "MSH|^~\\&|RIS|H|PACS|R|1|PLANTED8|ORU^R01^PLANTED9|PLANTED10|P|2.5|PLANTED13|PLANTED14|||PLANTED17|PLANTED18\r";
  for (const std::string_view id : {"PID", "PV1", "ORC", "OBR", "IPC", "NK1", "OBX", "NTE", "ERR", "ZPT", "MRG"}) {
    content.append(id);
    for (int field = 1; field < 30; ++field)
      content.append("|PLANTED" + std::to_string(field) + "^PLANTED&PLANTED~PLANTED");
    content.append("\r");
  }
  const std::string reply =
      "MSH|^~\\&|PACS|R|RIS|H|1||ACK^R01|PLANTED|PLANTED|PLANTED\rMSA|AE|PLANTED10|PLANTED text\rERR|PLANTED\r";
  const std::string bad =
      "MSH|^~\\&|RIS|H|PACS|R|1||PLANTED^PLANTED|PLANTED|PLANTED|PLANTED||||||PLANTED\rMSA|PLANTED|PLANTED|PLANTED\r";

  Wire wire;
  wire.say(there(block(content))).say(back(block(reply))).say(back(block(bad))).say(there(block(bad)));
  wire.say(there("PLANTED" + block("PLANTED") + "\x0B" + content)).say(gap(Direction::forward, 9)).close();
  EXPECT_THAT(wire.summary(), testing::Contains("end ORU^R01 AE control_id"));
  EXPECT_EQ(wire.everything().find(kPlanted), std::string::npos) << wire.everything();
  for (const Event& event : wire.events()) {
    if (const auto* message = std::get_if<Hl7Message>(&event.facts); message && message->message_seen) {
      EXPECT_EQ(message->patient, pseudonym(IdentifierKind::patient_id, "PLANTED3"));
    }
  }
}

}  // namespace
}  // namespace dcmwatch::hl7
