// What breaks the rules of the upper layer, as it is told: each by literal bytes.
#include "protocol/dicom/violations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "protocol/dicom/session.h"

namespace dcmwatch::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> names_told(const Wire& wire) {
  std::vector<std::string> names;
  for (const Violation& violation : wire.facts<Violation>(Phase::end)) names.emplace_back(violation.name);
  return names;
}

// CT1 proposes context 1, verification, and 3, CT, both with implicit and explicit VR little endian.
Octets request(const Octets& more = {}) {
  return associate_request("CT1", "PACS",
                           {{1, kVerification, {kImplicit, kExplicit}}, {3, kCtImageStorage, {kImplicit, kExplicit}}},
                           16384, more);
}
Octets accept(const std::vector<Answer>& answers = {{1, 0, kImplicit}, {3, 0, kExplicit}}) {
  return associate_accept(answers, 4096);
}

// As many operations outstanding as one likes.
Session opened_without_a_window() {
  const Octets any = item(0x53, be16(0) + be16(0));
  return {there(request(any)), back(associate_accept({{1, 0, kImplicit}, {3, 0, kExplicit}}, 4096, any))};
}

struct Case {
  std::string name;
  std::vector<std::string> violations;
  Session session;
};

std::vector<Case> cases() {
  const Octets echo = echo_request(1);
  const Octets head{echo.begin(), echo.begin() + 20};
  const Octets tail{echo.begin() + 20, echo.end()};
  const Octets store = store_request(1);
  const Octets image = ct_image(100);
  const auto image_of = [](std::size_t bytes) { return ct_image(bytes - ct_image(0).size()); };
  const Octets odd_head{image.begin(), image.begin() + 31};
  const Octets odd_tail{image.begin() + 31, image.end()};
  const Session open = opened_without_a_window();
  const auto stored = [&](const Octets& data_set) {
    return open + Session{there(message(3, store, data_set)), back(message(3, store_response(1)))};
  };
  const auto cut = [](Octets whole, std::size_t bytes) {
    whole.resize(whole.size() - bytes);
    return whole;
  };
  Octets no_pixels = ct_image(0);
  no_pixels.resize(no_pixels.size() - 12);
  const Octets open_sequence = from_hex("4000 7502 5351 0000 ffffffff");
  const Octets open_item = from_hex("feff 00e0 ffffffff");
  const Octets ends = from_hex("feff 0de0 00000000 feff dde0 00000000");
  const Octets code = explicit_element(0x00080100, "SH", text("CODE"));
  const Octets fragments = from_hex("e07f 1000 4f42 0000 ffffffff feff 00e0 00000000 feff 00e0 04000000 01020304");
  return {
      {"an answer to nothing",
       {"dicom.unproposed_context"},
       {there(request()), back(accept({{1, 0, kImplicit}, {3, 0, kExplicit}, {5, 0, kImplicit}}))}},
      {"a proposal without an answer",
       {"dicom.unanswered_context"},
       {there(request()), back(accept({{3, 0, kExplicit}}))}},
      {"a transfer syntax of its own",
       {"dicom.unproposed_transfer_syntax"},
       {there(request()), back(accept({{1, 0, kExplicitBig}, {3, 0, kExplicit}}))}},
      {"of a context that is refused it does not matter",
       {},
       {there(request()), back(accept({{1, 3, kExplicitBig}, {3, 4, "1.2.3"}}))}},
      {"data on a context that was refused",
       {"dicom.pdv_context"},
       {there(request()), back(accept({{1, 3, kImplicit}, {3, 0, kExplicit}})), there(message(1, echo))}},
      {"data on a context that was not proposed", {"dicom.pdv_context"}, open + Session{there(message(7, echo))}},
      {"a PDU of the longest length that is taken, header excluded",
       {},
       open + Session{there(message(3, store) + p_data(pdv(3, data_last, image_of(4096 - 6))))}},
      {"two bytes more",
       {"dicom.maximum_length"},
       open + Session{there(message(3, store) + p_data(pdv(3, data_last, image_of(4096 - 4))))}},
      {"reserved bits of a control header",
       {"dicom.control_header"},
       open + Session{there(p_data(pdv(1, 0x83, echo)))}},
      {"a fragment of odd length",
       {"dicom.odd_fragment"},
       open + Session{there(message(3, store) + p_data(pdv(3, data_more, odd_head)) +
                            p_data(pdv(3, data_last, odd_tail)))}},
      {"an empty fragment before the last",
       {"dicom.empty_fragment"},
       open + Session{there(p_data(pdv(1, command_more, {})) + p_data(pdv(1, command_last, echo)))}},
      {"an empty fragment that is the last",
       {},
       open + Session{there(p_data(pdv(1, command_more, echo)) + p_data(pdv(1, command_last, {})))}},
      {"a command in many PDVs of one PDU",
       {},
       open + Session{there(p_data(pdv(1, command_more, head) + pdv(1, command_last, tail)))}},
      {"a message within the command of another",
       {"dicom.interleaved_messages"},
       open + Session{there(p_data(pdv(3, command_more, store))), there(message(1, echo))}},
      {"a message within the data set of another",
       {"dicom.interleaved_messages"},
       open + Session{there(message(3, store) + p_data(pdv(3, data_more, image)) + message(1, echo_request(2)))}},
      {"two messages in one PDU",
       {"dicom.messages_in_one_pdu"},
       open + Session{there(p_data(pdv(1, command_last, echo) + pdv(1, command_last, echo_request(2))))}},
      {"two messages of different contexts in one PDU",
       {"dicom.messages_in_one_pdu"},
       open + Session{there(p_data(pdv(1, command_last, echo_request(2)) + pdv(3, command_last, store))),
                      there(p_data(pdv(3, data_last, image)))}},
      {"a command and its data set in one PDU",
       {"dicom.command_and_data_in_one_pdu"},
       open + Session{there(p_data(pdv(3, command_last, store) + pdv(3, data_last, image)))}},
      {"data before the acceptance",
       {"dicom.data_before_acceptance"},
       {there(request()), there(message(1, echo)), back(accept()), back(message(1, echo_response(1)))}},
      {"everything before the acceptance",
       {"dicom.data_before_acceptance"},
       {there(request() + message(1, echo) + release_request()), back(accept()), back(message(1, echo_response(1))),
        back(release_response())}},
      {"data before the rejection",
       {"dicom.data_before_acceptance"},
       {there(request()), there(message(1, echo)), back(associate_reject(1, 1, 1))}},
      {"data from one who asked for release",
       {"dicom.data_after_release"},
       open + Session{there(release_request()), there(message(1, echo))}},
      {"data from the other side, which may still send",
       {},
       open + Session{there(message(1, echo)), back({}), there(release_request()), back(message(1, echo_response(1))),
                      back(release_response())}},
      {"data after the release", {"dicom.data_after_release"}, open + closing() + Session{there(message(1, echo))}},
      {"a release that nobody asked for", {"dicom.unexpected_pdu"}, open + Session{back(release_response())}},
      {"a second acceptance", {"dicom.unexpected_pdu"}, open + Session{back(accept())}},
      {"a role that was not proposed",
       {"dicom.unproposed_item"},
       {there(request(item(0x54, be16(3) + text("1.2") + from_hex("0100")))),
        back(associate_accept({{1, 0, kImplicit}, {3, 0, kExplicit}}, 4096,
                              item(0x54, be16(3) + text("1.2") + from_hex("0101"))))}},
      {"a window wider than was proposed",
       {"dicom.unproposed_item"},
       {there(request(item(0x53, be16(4) + be16(1)))),
        back(associate_accept({{1, 0, kImplicit}, {3, 0, kExplicit}}, 4096, item(0x53, be16(0) + be16(1))))}},
      {"pixel data that would go on where the data set ends", {"dicom.data_set_length"}, stored(cut(image, 20))},
      {"pixel data in two PDVs, the last of them too short",
       {"dicom.data_set_length"},
       open + Session{there(message(3, store) + p_data(pdv(3, data_more, cut(image, 60))) +
                            p_data(pdv(3, data_last, Octets(40, 0))))}},
      {"any other element behind all that is wanted",
       {"dicom.data_set_length"},
       stored(no_pixels + cut(explicit_element(0x00281050, "DS", text("40.00000")), 2))},
      {"a sequence of undefined length that never ends",
       {"dicom.data_set_length"},
       stored(no_pixels + open_sequence + open_item + code)},
      {"sequences of undefined length that end", {}, stored(no_pixels + open_sequence + open_item + code + ends)},
      {"of encapsulated pixel data, fragments that never end: not looked at", {}, stored(no_pixels + fragments)},
      {"padding behind the pixel data", {}, stored(image + Octets(2, 0))},
      {"an object that an abort cuts short",
       {},
       open + Session{there(message(3, store) + p_data(pdv(3, data_more, cut(image, 60)))), there(abort_pdu(0, 0))}},
      {"an answer to an identity that asked for none",
       {"dicom.unproposed_item"},
       {there(request(item(0x58, from_hex("0100") + be16(1) + text("u") + be16(0)))),
        back(associate_accept({{1, 0, kImplicit}, {3, 0, kExplicit}}, 4096, item(0x59, be16(0))))}},
  };
}

void play_whole(Wire& wire, const Session& session) {
  wire.back({});  // both sides were seen from the first: the acceptor's handshake
  play(wire, session);
  wire.close();
}

TEST(DicomViolations, EachIsToldByItsName) {
  for (const Case& c : cases()) {
    Wire wire;
    play_whole(wire, c.session);
    EXPECT_EQ(names_told(wire), c.violations) << c.name;
    EXPECT_EQ(wire.facts<DicomAssociation>(Phase::end).size(), 1U) << c.name;
  }
}

TEST(DicomViolations, HowItIsCutDoesNotMatter) {
  for (const Case& c : cases()) {
    for (const std::size_t size : {1U, 3U, 7U, 64U}) {
      Session pieces;
      for (const Segment& segment : c.session) {
        for (std::size_t at = 0; at < segment.bytes.size(); at += size) {
          const auto end = std::min(at + size, segment.bytes.size());
          pieces.push_back({segment.direction,
                            {segment.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                             segment.bytes.begin() + static_cast<std::ptrdiff_t>(end)}});
        }
      }
      Wire wire;
      play_whole(wire, pieces);
      EXPECT_EQ(names_told(wire), c.violations) << c.name << " in pieces of " << size;
    }
  }
}

// What may be the mirror's doing is not told of the peers.
TEST(DicomViolations, OrderIsNotJudgedWhereSomethingWasLost) {
  const std::set<std::string> by_itself{"dicom.pdv_context", "dicom.maximum_length", "dicom.control_header",
                                        "dicom.odd_fragment", "dicom.empty_fragment"};
  for (const Case& c : cases()) {
    Wire wire;
    wire.connection().direction[1].missing_bytes = 1;
    play_whole(wire, c.session);
    for (const std::string& name : names_told(wire)) EXPECT_TRUE(by_itself.contains(name)) << c.name << ": " << name;
  }
}

TEST(DicomViolations, ARequestIsToldWhereItIs) {
  Wire wire;
  wire.there(associate_request("CT1", "PACS", {{1, kVerification, {kImplicit}}, {2, kVerification, {kImplicit}}}));
  const auto violations = wire.facts<Violation>(Phase::end);
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0].name, "dicom.even_context_id");
  EXPECT_EQ(violations[0].clause, "PS3.8 9.3.2.2");
  EXPECT_EQ(violations[0].severity, Severity::medium);
  EXPECT_EQ(violations[0].offset, 6 + 68 + 4 + 21 + 4 + 4 + 4 + 17 + 4 + 17);
  EXPECT_EQ(violations[0].length, 4 + 4 + 4 + 17 + 4 + 17);
  EXPECT_TRUE(violations[0].by_opener);
}

TEST(DicomViolations, AUnitOutOfTurnIsToldWhereItIs) {
  const Octets echo = message(1, echo_request(1));
  Wire early;
  play_whole(early, {there(request()), there(echo), back(accept())});
  ASSERT_EQ(names_told(early), std::vector<std::string>{"dicom.data_before_acceptance"});
  EXPECT_EQ(early.facts<Violation>(Phase::end)[0].offset, request().size());
  EXPECT_EQ(early.facts<Violation>(Phase::end)[0].length, echo.size() - 6);
  Wire twice;
  play_whole(twice, {there(request()), back(accept()), back(accept())});
  ASSERT_EQ(names_told(twice), std::vector<std::string>{"dicom.unexpected_pdu"});
  EXPECT_EQ(twice.facts<Violation>(Phase::end)[0].offset, accept().size());
  EXPECT_EQ(twice.facts<Violation>(Phase::end)[0].length, accept().size() - 6);
}

TEST(DicomViolations, ATitleThatIsSuspiciousIsTold) {
  for (const char* title : {"../../etc", "A;reboot", "$(id)", "A|B", "`id`", "-rf", "A&B", "'OR", "A/B"}) {
    Wire wire;
    wire.there(associate_request(title, "PACS", {{1, kVerification, {kImplicit}}}));
    const auto violations = wire.facts<Violation>(Phase::end);
    ASSERT_EQ(violations.size(), 1U) << title;
    EXPECT_EQ(violations[0].name, "dicom.suspicious_ae_title");
    EXPECT_EQ(violations[0].severity, Severity::low);
    EXPECT_EQ(violations[0].ae_title, title);
    EXPECT_EQ(violations[0].offset, 26U);
    EXPECT_EQ(violations[0].length, 16U);
  }
  for (const char* title : {"CT_1", "CT-1", "CT.1", "CT 1", "CT#1", "CT1@HOSPITAL"}) {
    Wire wire;
    wire.there(associate_request(title, "PACS", {{1, kVerification, {kImplicit}}}));
    EXPECT_THAT(names_told(wire), IsEmpty()) << title;
  }
}

// One of them may be a declared title, the other not.
TEST(DicomViolations, EachTitleThatIsSuspiciousIsTold) {
  Wire wire;
  for (int i = 0; i < 3; ++i) wire.there(associate_request("CT/1", "$(id)", {{1, kVerification, {kImplicit}}}));
  wire.close();
  std::vector<Violation> titles = wire.facts<Violation>(Phase::end);
  std::erase_if(titles, [](const Violation& violation) { return violation.name != "dicom.suspicious_ae_title"; });
  ASSERT_GE(titles.size(), 2U);
  EXPECT_EQ(titles[0].ae_title, "CT/1");
  EXPECT_EQ(titles[0].offset, 26U);
  EXPECT_EQ(titles[1].ae_title, "$(id)");
  EXPECT_EQ(titles[1].offset, 10U);
}

TEST(DicomViolations, ATitleThatIsIllegalIsNotSuspiciousBesides) {
  for (const char* title : {"A\x01"
                            "B",
                            "../A\\B", "A/B\xE4"}) {
    Wire wire;
    wire.there(associate_request(title, "PACS", {{1, kVerification, {kImplicit}}}));
    EXPECT_THAT(names_told(wire), ElementsAre("dicom.ae_title")) << title;
  }
}

// So that a quirk that is tolerated of one side does not hide the other's.
TEST(DicomViolations, EachSideIsToldOnce) {
  const auto in_two = [](const Octets& command) {
    return p_data(pdv(1, command_more, {command.begin(), command.begin() + 31})) +
           p_data(pdv(1, command_last, {command.begin() + 31, command.end()}));
  };
  Session echoes;
  for (std::uint16_t id = 1; id <= 3; ++id)
    echoes = std::move(echoes) + Session{there(in_two(echo_request(id))), back(in_two(echo_response(id)))};
  Wire wire;
  play_whole(wire, opening() + echoes + closing());
  EXPECT_THAT(names_told(wire), ElementsAre("dicom.odd_fragment", "dicom.odd_fragment"));
  EXPECT_TRUE(wire.facts<Violation>(Phase::end)[0].by_opener);
  EXPECT_FALSE(wire.facts<Violation>(Phase::end)[1].by_opener);
}

TEST(DicomViolations, ASecondAssociationIsJudgedAnew) {
  const auto odd = [](std::uint16_t message_id) {
    const Octets image = ct_image(0);
    return message(3, store_request(message_id)) + p_data(pdv(3, data_more, {image.begin(), image.begin() + 31})) +
           p_data(pdv(3, data_last, {image.begin() + 31, image.end()}));
  };
  Wire wire;
  play_whole(wire, opening_with_window(0) + Session{there(odd(1)), there(odd(2))} + closing() + opening() +
                       Session{there(odd(1))});
  EXPECT_THAT(names_told(wire), ElementsAre("dicom.odd_fragment", "dicom.odd_fragment"));
}

// docs/dicom.md and the records are made of these.
TEST(DicomViolations, EachRuleHasANameOfItsOwnAClauseAndASentence) {
  std::set<std::string_view> names;
  for (const dicom::BreachRule& rule : dicom::kBreachRules) {
    EXPECT_TRUE(rule.name.starts_with("dicom.")) << rule.name;
    EXPECT_TRUE(rule.clause.starts_with("PS3.")) << rule.name;
    EXPECT_TRUE(rule.meaning.ends_with('.')) << rule.name;
    EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
  }
}

}  // namespace
}  // namespace dcmwatch::test
