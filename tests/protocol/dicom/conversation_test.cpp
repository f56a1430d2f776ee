#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/dicom/session.h"

namespace dcmwatch::test {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kOpened = "dicom.association start CT1>PACS accepted=yes contexts=5/5 operations=0 data=0+0";

std::string ended(std::string_view end, int operations, std::string_view data) {
  return "dicom.association end CT1>PACS accepted=yes contexts=5/5 " + std::string{end} +
         " operations=" + std::to_string(operations) + " data=" + std::string{data};
}

std::vector<std::string> after_opening(const Wire& wire) {
  std::vector<std::string> told = wire.told();
  EXPECT_EQ(told.front(), kOpened);
  told.erase(told.begin());
  return told;
}

TEST(DicomConversation, EchoFromOpeningToRelease) {
  Wire wire;
  play(wire, opening());
  wire.there(message(1, echo_request(1))).back(message(1, echo_response(1)));
  play(wire, closing());
  wire.close();
  EXPECT_THAT(
      wire.told(),
      ElementsAre(
          kOpened,
          "dicom.operation start C-ECHO 1/1 opener CT1>PACS class=1.2.840.10008.1.1 patient=0 study=0 accession=0 "
          "instance=0 bytes=0+0 status=?",
          "dicom.operation end C-ECHO 1/1 opener CT1>PACS class=1.2.840.10008.1.1 patient=0 study=0 accession=0 "
          "instance=0 bytes=0+0 status=0000",
          ended("end=released", 1, "0+0")));
}

TEST(DicomConversation, an_open_association_goes_on) {
  Wire wire;
  play(wire, opening());
  wire.goes_on();
  wire.there(message(1, echo_request(1))).back(message(1, echo_response(1))).goes_on();
  play(wire, closing());
  wire.goes_on().close();
  const auto told = wire.facts<DicomAssociation>(Phase::progress);
  ASSERT_EQ(told.size(), 2U) << "none once it is released";
  EXPECT_EQ(told[0].accepted, true);
  EXPECT_EQ(told[0].operations, 0U);
  EXPECT_EQ(told[1].operations, 1U);
  EXPECT_FALSE(told[1].end);
  EXPECT_THAT(wire.told().back(), HasSubstr("end=released operations=1")) << "nothing is changed by it";
}

TEST(DicomConversation, a_request_that_is_not_answered_goes_on) {
  Wire wire;
  wire.there(associate_request("CT1", "PACS", {{1, kVerification, {kImplicit}}})).goes_on();
  EXPECT_THAT(wire.told(),
              ElementsAre("dicom.association progress CT1>PACS accepted=? contexts=0/1 operations=0 data=0+0"));
  EXPECT_FALSE(wire.in_unit(Direction::forward));
}

TEST(DicomConversation, half_a_request_is_a_unit_not_at_its_end_until_its_rest_comes) {
  const Octets request = associate_request("CT1", "PACS", {{1, kVerification, {kImplicit}}});
  for (const std::size_t bytes :
       {std::size_t{1}, std::size_t{5}, std::size_t{6}, std::size_t{40}, request.size() - 1}) {
    Wire wire;
    const auto cut = request.begin() + static_cast<std::ptrdiff_t>(bytes);
    wire.there({request.begin(), cut}).goes_on();
    EXPECT_TRUE(wire.in_unit(Direction::forward)) << bytes;
    EXPECT_FALSE(wire.in_unit(Direction::backward)) << bytes;
    EXPECT_THAT(wire.told(), IsEmpty()) << "nobody knows yet what it is";
    wire.there({cut, request.end()});
    EXPECT_FALSE(wire.in_unit(Direction::forward)) << bytes;
  }
}

TEST(DicomConversation, half_a_request_whose_rest_was_lost_is_nothing_that_is_held) {
  Wire wire;
  const Octets request = associate_request("CT1", "PACS", {{1, kVerification, {kImplicit}}});
  wire.there({request.begin(), request.begin() + 40});
  wire.gap(Direction::forward, 10);
  EXPECT_FALSE(wire.in_unit(Direction::forward));
}

TEST(DicomConversation, TimesAndSizes) {
  Wire wire;
  play(wire, opening());
  const Mark accepted = wire.now();
  const auto association = wire.facts<DicomAssociation>(Phase::start).at(0);
  EXPECT_EQ(association.setup_time, std::chrono::milliseconds{1});
  EXPECT_EQ(association.opener.class_uid, "1.2.276.0.7230010.3.0.3.6.7");
  EXPECT_EQ(association.acceptor.version_name, "OFFIS_DCMTK_367");
  EXPECT_EQ(association.acceptor.maximum_length, 16384U);
  EXPECT_EQ(association.application_context, "1.2.840.10008.3.1.1.1");

  wire.there(message(1, echo_request(1)));
  const Mark requested = wire.now();
  wire.wait(std::chrono::seconds{2}).back(message(1, echo_response(1)));
  const auto operation = wire.facts<DicomOperation>(Phase::end).at(0);
  EXPECT_EQ(operation.requested, requested);
  EXPECT_EQ(operation.answered, wire.now());
  EXPECT_EQ(operation.transfer_syntax_uid, kExplicit);
  EXPECT_GT(requested, accepted);
}

TEST(DicomConversation, ContextsAsProposedAndAsAnswered) {
  Wire wire;
  wire.there(associate_request("CT1", "PACS",
                               {{1, kVerification, {kImplicit}}, {3, kCtImageStorage, {kExplicit, kImplicit}}}));
  wire.back(associate_accept({{1, 3, kImplicit}, {3, 0, kImplicit}}));
  const auto contexts = wire.facts<DicomAssociation>(Phase::start).at(0).contexts;
  ASSERT_EQ(contexts.size(), 2U);
  EXPECT_EQ(contexts[0].result, 3);
  EXPECT_FALSE(contexts[0].accepted());
  EXPECT_EQ(contexts[0].accepted_transfer_syntax, "");
  EXPECT_EQ(contexts[1].abstract_syntax, kCtImageStorage);
  EXPECT_THAT(contexts[1].transfer_syntaxes, ElementsAre(kExplicit, kImplicit));
  EXPECT_EQ(contexts[1].accepted_transfer_syntax, kImplicit);
}

TEST(DicomConversation, Rejected) {
  Wire wire;
  wire.there(associate_request("CT1", "WRONG", {{1, kVerification, {kImplicit}}}))
      .back(associate_reject(1, 1, 7))
      .close();
  EXPECT_THAT(
      wire.told(),
      ElementsAre(
          "dicom.association end CT1>WRONG accepted=no contexts=0/1 rejection=117 end=rejected operations=0 data=0+0"));
}

TEST(DicomConversation, AbortedWithAnOperationOpen) {
  Opened wire;
  wire.there(message(1, echo_request(1)))
      .back(abort_pdu(2, 6))
      .there(message(1, echo_request(2)))
      .close(CloseReason::reset);
  const auto told = after_opening(wire);
  ASSERT_EQ(told.size(), 3U);
  EXPECT_THAT(told[1], HasSubstr("operation end C-ECHO 1/1 opener"));
  EXPECT_THAT(told[1], HasSubstr("status=?"));
  EXPECT_EQ(told[2],
            "dicom.association end CT1>PACS accepted=yes contexts=5/5 abort=26 by acceptor end=aborted operations=1 "
            "data=0+0");
}

struct Close {
  CloseReason reason;
  DicomEnd end;
};

TEST(DicomConversation, EndsOnceHoweverTheConnectionEnds) {
  for (const Close& c : {Close{CloseReason::finished, DicomEnd::closed}, Close{CloseReason::reset, DicomEnd::reset},
                         Close{CloseReason::timed_out, DicomEnd::timeout}, Close{CloseReason::evicted, DicomEnd::open},
                         Close{CloseReason::capture_ended, DicomEnd::open}}) {
    Wire wire;
    play(wire, opening());
    wire.close(c.reason);
    const auto ends = wire.facts<DicomAssociation>(Phase::end);
    ASSERT_EQ(ends.size(), 1U);
    EXPECT_EQ(ends[0].end, c.end);
  }
}

TEST(DicomConversation, ARequestNeverAnswered) {
  Wire wire;
  wire.there(associate_request("CT1", "PACS", {{1, kVerification, {kImplicit}}})).close(CloseReason::reset);
  EXPECT_THAT(wire.told(),
              ElementsAre("dicom.association end CT1>PACS accepted=? contexts=0/1 end=reset operations=0 data=0+0"));
}

Octets head_of(Octets whole, std::size_t bytes) {
  whole.resize(bytes);
  return whole;
}

TEST(DicomConversation, ARequestThatNeverComesWholeIsToldAsFarAsItCame) {
  const Octets request = associate_request("CT1", "PACS", {{1, kVerification, {kImplicit}}});
  for (const Close& c :
       {Close{CloseReason::finished, DicomEnd::closed}, Close{CloseReason::reset, DicomEnd::reset},
        Close{CloseReason::timed_out, DicomEnd::timeout}, Close{CloseReason::capture_ended, DicomEnd::open}}) {
    for (std::size_t bytes = 1; bytes < request.size(); ++bytes) {
      Wire wire;
      wire.there(head_of(request, bytes)).wait(std::chrono::minutes{1}).close(c.reason);
      const auto ends = wire.facts<DicomAssociation>(Phase::end);
      ASSERT_EQ(ends.size(), 1U) << bytes;
      EXPECT_EQ(ends[0].end, c.end) << bytes;
      EXPECT_EQ(ends[0].calling_ae.has_value(), bytes >= 6 + 36) << bytes;
      EXPECT_EQ(wire.events().back().first.time,
                wire.now().time - std::chrono::minutes{1} - std::chrono::milliseconds{1});
      EXPECT_FALSE(wire.events().back().visibility.lost) << bytes;
      EXPECT_EQ(wire.events().size(), 1U) << bytes;
    }
  }
}

TEST(DicomConversation, ARequestThatIsNotWaitedForIsToldAsFarAsItCame) {
  const Octets request = associate_request("CT1", "PACS", {{1, kVerification, {kImplicit}}});
  for (const Octets& answer : {abort_pdu(2, 6), associate_reject(1, 1, 1)}) {
    Wire wire;
    wire.there(head_of(request, 100)).back(answer).there({request.begin() + 100, request.end()});
    play(wire, opening() + closing());
    wire.close();
    const auto ends = wire.facts<DicomAssociation>(Phase::end);
    ASSERT_EQ(ends.size(), 2U);
    EXPECT_EQ(ends[0].calling_ae, "CT1");
    EXPECT_TRUE(ends[0].abort || ends[0].rejection);
    EXPECT_EQ(ends[1].end, DicomEnd::released) << "the next unit is found again";
    EXPECT_THAT(wire.told(), testing::Each(testing::Not(HasSubstr("violation"))));
  }
}

TEST(DicomConversation, AnAcceptanceThatNeverComesWholeIsNone) {
  const Octets accept = associate_accept({{1, 0, kImplicit}, {3, 0, kImplicit}});
  Wire wire;
  wire.there(associate_request("CT1", "PACS", {{1, kVerification, {kImplicit}}, {3, kCtImageStorage, {kImplicit}}}))
      .back(head_of(accept, 6 + 68 + 25 + 29))
      .close(CloseReason::reset);
  EXPECT_EQ(wire.told().back(),
            "dicom.association end CT1>PACS accepted=? contexts=0/2 end=reset operations=0 data=0+0");
}

// Whatever it proposes is beyond what is held; who asks whom is not.
TEST(DicomConversation, ARequestBeyondTheLimitTellsItsTitles) {
  const std::vector<Offer> offers(40, {1, kVerification, {kImplicit}});
  const Octets request = associate_request("CT1", "PACS", offers);
  Wire wire{{.limits = {.dicom_pdu_bytes = 1000}}};
  ASSERT_GT(request.size(), 1000U);
  wire.back({}).there(request).back(associate_accept({{1, 0, kImplicit}})).there(message(1, echo_request(1)));
  wire.back(message(1, echo_response(1)));
  play(wire, closing());
  wire.close();
  EXPECT_THAT(wire.told(),
              ElementsAre("violation end dicom.pdu_length offset=0 by opener", "capture end dicom.pdu_bytes 1",
                          HasSubstr("association start CT1>PACS"), HasSubstr("operation start C-ECHO"),
                          HasSubstr("operation end C-ECHO"), HasSubstr("end=released operations=1")));
  EXPECT_TRUE(wire.events().back().visibility.undecodable);
}

// What connection is known as DICOM's has an association's record.
TEST(DicomConversation, WhereNothingCanBeReadAnAssociationIsToldThatSaysSo) {
  for (const Octets& noise :
       {pdu(1, Octets(10, 0)), pdu(0x99, Octets(20, 0)), pdu(4, Octets(3, 0)), Octets(3000, 0x55)}) {
    Wire wire;
    wire.there(noise).close();
    EXPECT_EQ(wire.told().back(), "dicom.association end ?>? accepted=? contexts=0/0 end=closed operations=0 data=0+0");
  }
}

TEST(DicomConversation, ASecondAssociationOnTheSameConnection) {
  Wire wire;
  play(wire, opening() + closing() + opening() + closing());
  wire.close();
  EXPECT_EQ(wire.facts<DicomAssociation>(Phase::start).size(), 2U);
  EXPECT_THAT(wire.told(), testing::Each(testing::Not(HasSubstr("violation"))));
  EXPECT_EQ(wire.facts<DicomAssociation>(Phase::end).size(), 2U);
}

// As storescp answers it (pcaps/rejections-all.pcap).
TEST(DicomConversation, AnAssociationAskedForWithinAnAssociationIsNone) {
  Opened wire;
  play(wire, {opening().front()});
  wire.back(abort_pdu(2, 2)).close();
  ASSERT_EQ(wire.facts<DicomAssociation>(Phase::end).size(), 1U);
  EXPECT_THAT(after_opening(wire),
              ElementsAre(HasSubstr("violation end dicom.unexpected_pdu"), HasSubstr("end=aborted")));
}

TEST(DicomConversation, ReleasesThatCollide) {
  Opened wire;
  wire.there(release_request()).back(release_request()).there(release_response()).back(release_response()).close();
  EXPECT_THAT(after_opening(wire), ElementsAre(ended("end=released", 0, "0+0")));
}

TEST(DicomConversation, StoreTellsItsSizesAndOnlyPseudonyms) {
  Opened wire;
  const Octets image = ct_image(5000);
  wire.there(message(3, store_request(7, "1.2.3.4", ae(0x1030, "WS1") + us(0x1031, 9)), image, 1024))
      .back(message(3, store_response(7)));
  const auto store = wire.facts<DicomOperation>(Phase::end).at(0);
  EXPECT_EQ(store.request_bytes, image.size());
  EXPECT_EQ(store.missing_bytes, 0U);
  EXPECT_EQ(store.originator_ae, "WS1");
  EXPECT_EQ(store.originator_message_id, 9);
  EXPECT_EQ(store.patient, pseudonyms().pseudonym(IdentifierKind::patient_id, "PAT-4711"));
  EXPECT_EQ(store.accession, pseudonyms().pseudonym(IdentifierKind::accession_number, "ACC-0815"));
  EXPECT_EQ(store.study, pseudonyms().pseudonym(IdentifierKind::study_uid, "1.2.840.99.7"));
  EXPECT_EQ(store.instance, pseudonyms().pseudonym(IdentifierKind::instance_uid, "1.2.3.4"));
}

TEST(DicomConversation, TenMegabytesAreNeitherReadNorHeld) {
  Opened wire;
  const std::size_t pixels = 10'000'000;
  const Octets image = ct_image(0);
  const std::uint64_t data_bytes = image.size() + pixels;
  // One P-DATA-TF of the whole object: its header and the data set's head are all that is spoken.
  wire.there(message(3, store_request(1)));
  wire.there(Octets{4, 0} + be32(static_cast<std::uint32_t>(data_bytes + 6)) +
             be32(static_cast<std::uint32_t>(data_bytes + 2)) + Octets{3, data_last} + image);
  EXPECT_EQ(wire.appetite(Direction::forward), pixels);
  wire.unread(Direction::forward, pixels).back(message(3, store_response(1)));
  const auto store = wire.facts<DicomOperation>(Phase::end).at(0);
  EXPECT_EQ(store.request_bytes, data_bytes);
  EXPECT_FALSE(store.study.empty());
}

TEST(DicomConversation, BytesThatNobodyWantedAndNobodySaw) {
  Opened wire;
  const Octets image = ct_image(4000);
  const Octets whole = message(3, store_request(1), image);
  const auto seen = static_cast<std::ptrdiff_t>(whole.size() - 3000);
  wire.there({whole.begin(), whole.begin() + seen}).gap(Direction::forward, 3000).back(message(3, store_response(1)));
  const auto store = wire.facts<DicomOperation>(Phase::end).at(0);
  EXPECT_EQ(store.request_bytes, image.size());
  EXPECT_EQ(store.missing_bytes, 3000U);
  EXPECT_FALSE(wire.events().back().visibility.lost) << "nothing that was wanted is missing";
}

TEST(DicomConversation, FindTellsItsLevelAndItsMatches) {
  Opened wire;
  const Octets match = study_identifier("STUDY");
  wire.there(message(5, find_request(1), study_identifier("STUDY")));
  EXPECT_THAT(wire.told().back(),
              HasSubstr("operation start C-FIND 5/1 opener CT1>PACS class=1.2.840.10008.5.1.4.1.2.2.1 level=STUDY"));
  for (int i = 0; i < 3; ++i) wire.back(message(5, response(0x8020, 1, i == 2 ? 0xff01 : 0xff00, true), match));
  wire.back(message(5, response(0x8020, 1, 0, false)));
  const auto find = wire.facts<DicomOperation>(Phase::end).at(0);
  EXPECT_EQ(find.pending_responses, 3U);
  EXPECT_EQ(find.response_bytes, 3 * match.size());
  EXPECT_EQ(find.status, 0);
  EXPECT_EQ(find.study, pseudonyms().pseudonym(IdentifierKind::study_uid, "1.2.840.99.7"));
}

TEST(DicomConversation, AStartWaitsForTheLevelOrTheIdentifiersEnd) {
  Opened wire;
  wire.there(message(5, find_request(1)));
  EXPECT_THAT(wire.facts<DicomOperation>(Phase::start), IsEmpty());
  wire.there(p_data(pdv(5, data_more, explicit_element(0x00080050, "SH", {}))));
  EXPECT_THAT(wire.facts<DicomOperation>(Phase::start), IsEmpty());
  wire.there(p_data(pdv(5, data_last, explicit_element(0x00080054, "AE", text("PACS")))));
  EXPECT_EQ(wire.facts<DicomOperation>(Phase::start).size(), 1U) << "a worklist query has no level";
}

TEST(DicomConversation, NoOtherWordIsALevel) {
  Opened wire;
  wire.there(message(5, find_request(1), study_identifier("DOE^JANE")));
  EXPECT_EQ(wire.facts<DicomOperation>(Phase::start).at(0).query_level, "");
}

TEST(DicomConversation, Cancelled) {
  Opened wire;
  wire.there(message(5, find_request(1), study_identifier("STUDY"))).there(message(5, cancel_request(1)));
  wire.back(message(5, response(0x8020, 1, 0xfe00, false)));
  play(wire, closing());
  const auto finds = wire.facts<DicomOperation>(Phase::end);
  ASSERT_EQ(finds.size(), 1U);
  EXPECT_TRUE(finds[0].cancelled);
  EXPECT_EQ(finds[0].status, 0xfe00);
  EXPECT_EQ(wire.facts<DicomAssociation>(Phase::end).at(0).operations, 1U) << "a cancel is no operation of its own";
}

TEST(DicomConversation, MoveTellsItsDestinationAndCounters) {
  Opened wire;
  wire.there(message(7, move_request(1, "OLDWS"), study_identifier("STUDY")));
  EXPECT_EQ(wire.facts<DicomOperation>(Phase::start).at(0).move_destination, "OLDWS");
  wire.back(message(7, response(0x8021, 1, 0xff00, false, counters(2, 1, 0, 0))));
  wire.back(message(7, response(0x8021, 1, 0xff00, false, counters(1, 1, 1, 0))));
  wire.back(message(7, response(0x8021, 1, 0xb000, true, us(0x1021, 2) + us(0x1022, 1) + us(0x1023, 0)),
                    study_identifier("X")));
  const auto move = wire.facts<DicomOperation>(Phase::end).at(0);
  EXPECT_EQ(move.pending_responses, 2U);
  EXPECT_EQ(move.status, 0xb000);
  EXPECT_FALSE(move.sub_operations.remaining) << "the final response carries none";
  EXPECT_EQ(move.sub_operations.completed, 2);
  EXPECT_EQ(move.sub_operations.failed, 1);
  EXPECT_EQ(move.study, pseudonyms().pseudonym(IdentifierKind::study_uid, "1.2.840.99.7"));
  EXPECT_EQ(move.response_bytes, study_identifier("X").size());
}

TEST(DicomConversation, GetStoresBackwards) {
  Opened wire;
  wire.there(message(9, get_request(5), study_identifier("STUDY")));
  wire.back(message(3, store_request(5), ct_image(100))).there(message(3, store_response(5)));
  wire.back(message(9, response(0x8010, 5, 0, false, us(0x1021, 1))));
  const auto ends = wire.facts<DicomOperation>(Phase::end);
  ASSERT_EQ(ends.size(), 2U);
  EXPECT_EQ(ends[0].command_field, 0x0001);
  EXPECT_EQ(ends[0].invoker, Invoker::acceptor);
  EXPECT_EQ(ends[0].status, 0);
  EXPECT_EQ(ends[1].invoker, Invoker::opener);
  play(wire, closing());
  EXPECT_EQ(wire.facts<DicomAssociation>(Phase::end).at(0).data_bytes[1], ct_image(100).size());
}

TEST(DicomConversation, PipelinedAndAnsweredOutOfOrder) {
  Opened wire;
  wire.there(message(1, echo_request(1)) + message(1, echo_request(2)) + message(3, store_request(3), ct_image(10)));
  wire.back(message(3, store_response(3)) + message(1, echo_response(2, 0x0211)) + message(1, echo_response(1)));
  const auto ends = wire.facts<DicomOperation>(Phase::end);
  ASSERT_EQ(ends.size(), 3U);
  EXPECT_EQ(ends[0].message_id, 3);
  EXPECT_EQ(ends[1].message_id, 2);
  EXPECT_EQ(ends[1].status, 0x0211);
  EXPECT_EQ(ends[2].message_id, 1);
}

TEST(DicomConversation, AResponseBeforeTheEndOfItsRequest) {
  Opened wire;
  const Octets image = ct_image(1000);
  const Octets whole = message(3, store_request(1), image, 512);
  wire.there({whole.begin(), whole.begin() + 600}).back(message(3, store_response(1, 0xa700)));
  EXPECT_THAT(wire.facts<DicomOperation>(Phase::end), IsEmpty());
  wire.there({whole.begin() + 600, whole.end()});
  const auto store = wire.facts<DicomOperation>(Phase::end).at(0);
  EXPECT_EQ(store.status, 0xa700);
  EXPECT_EQ(store.request_bytes, image.size());
}

TEST(DicomConversation, ProgressOnceAMinute) {
  Opened wire;
  wire.there(message(7, move_request(1, "WS1"), study_identifier("STUDY")));
  for (int i = 0; i < 10; ++i)
    wire.wait(std::chrono::seconds{30}).back(message(7, response(0x8021, 1, 0xff00, false, counters(9, 1, 0, 0))));
  const auto progress = wire.facts<DicomOperation>(Phase::progress);
  ASSERT_EQ(progress.size(), 5U);
  EXPECT_EQ(progress.back().pending_responses, 10U);
}

TEST(DicomConversation, TheOldestOpenRequestIsDropped) {
  Wire::Settings settings;
  settings.limits.dicom_pending_operations = 3;
  Wire wire{settings};
  play(wire, opening());
  for (std::uint16_t id = 1; id <= 5; ++id) wire.there(message(1, echo_request(id)));
  const auto ends = wire.facts<DicomOperation>(Phase::end);
  ASSERT_EQ(ends.size(), 2U);
  EXPECT_EQ(ends[0].message_id, 1);
  EXPECT_FALSE(ends[0].status);
}

TEST(DicomConversation, AMessageIdUsedAnewEndsTheOldOperation) {
  Opened wire;
  wire.there(message(1, echo_request(1))).there(message(1, echo_request(1))).back(message(1, echo_response(1)));
  const auto ends = wire.facts<DicomOperation>(Phase::end);
  ASSERT_EQ(ends.size(), 2U);
  EXPECT_FALSE(ends[0].status);
  EXPECT_EQ(ends[1].status, 0);
}

TEST(DicomConversation, WhoOpenedIsToldByTheRequest) {
  Wire wire{{.opener_known = false}};
  wire.back(associate_request("CT1", "PACS", {{1, kVerification, {kImplicit}}}))
      .there(associate_accept({{1, 0, kImplicit}}));
  wire.back(message(1, echo_request(1))).there(message(1, echo_response(1)));
  const Event& end = wire.events().back();
  EXPECT_EQ(std::get<DicomOperation>(end.facts).invoker, Invoker::opener);
  EXPECT_TRUE(end.parties.opener_known);
  EXPECT_EQ(end.parties.source.port, 104) << "the connection had been taken the other way round";
}

struct Break {
  std::string violation;
  Session session;
};

std::vector<Break> breaks() {
  const Octets store = store_request(1);
  return {
      {"dicom.pdu_type offset=", {there(pdu(0x42, Octets(8, 0)))}},
      {"dicom.pdu_length offset=", {there(pdu(5, Octets(8, 0)))}},
      {"dicom.pdv_length offset=", {there(p_data(be32(1) + Octets(6, 0)))}},
      {"dicom.pdv_context offset=", {there(message(11, echo_request(1)))}},
      {"dicom.maximum_length offset=",
       {there(p_data(pdv(1, command_last, echo_request(1)) + pdv(1, data_last, Octets(20000, 0))))}},
      {"dicom.command_set offset=", {there(message(1, from_hex("0000000004000000ffff")))}},
      {"dicom.command_set offset=", {there(message(1, Octets(70'000, 0)))}},
      {"dicom.interleaved_messages offset=",
       {there(message(3, store) + p_data(pdv(3, data_more, Octets(10, 0)))), there(message(1, echo_request(2)))}},
      {"dicom.message_order offset=", {there(p_data(pdv(3, data_last, Octets(10, 0))))}},
      {"dicom.unexpected_pdu offset=", {back(associate_accept({{1, 0, kExplicit}}))}},
      {"dicom.data_after_release offset=", {there(release_request()), there(message(1, echo_request(1)))}},
      {"dicom.data_after_release offset=",
       {there(release_request()), back(release_response()), there(message(1, echo_request(1)))}},
      {"dicom.unexpected_pdu offset=", {there(abort_pdu(0, 0)), there(message(1, echo_request(1)))}},
  };
}

TEST(DicomConversation, TellsWhatBreaksTheRulesOnce) {
  for (const Break& broken : breaks()) {
    Wire wire;
    play(wire, opening() + broken.session + Session{broken.session.back()});
    wire.close();
    std::vector<std::string> violations;
    for (const std::string& line : wire.told()) {
      if (line.starts_with("violation")) violations.push_back(line);
    }
    const auto is_the_one = [&](const std::string& line) { return line.find(broken.violation) != std::string::npos; };
    EXPECT_EQ(std::ranges::count_if(violations, is_the_one), 1) << broken.violation;
  }
}

TEST(DicomConversation, AMalformedRequestStillTellsItsTitles) {
  Wire wire;
  wire.there(
      pdu(1, be16(1) + be16(0) + text("PACS            CT1             ") + Octets(32, 0) + from_hex("20000009 01")));
  wire.back(associate_reject(1, 2, 1));
  ASSERT_EQ(wire.events().size(), 2U);
  EXPECT_THAT(wire.told()[0], HasSubstr("violation end dicom.association_pdu offset=74 by opener"));
  EXPECT_THAT(wire.told()[1], HasSubstr("CT1>PACS accepted=no"));
}

TEST(DicomConversation, AResponseToNothing) {
  Opened wire;
  wire.there(message(1, echo_request(1))).back(message(1, echo_response(1))).back(message(1, echo_response(2)));
  play(wire, closing());
  const auto told = after_opening(wire);
  ASSERT_EQ(told.size(), 5U);
  EXPECT_THAT(told[2], HasSubstr("violation end dicom.response_without_request"));
  EXPECT_THAT(told[3], HasSubstr("operation end C-ECHO 1/2 opener CT1>PACS class=1.2.840.10008.1.1 unrequested"));
}

TEST(DicomConversation, AResponseMayOvertakeItsRequest) {
  Opened wire;
  wire.there(message(1, echo_request(1))).back(message(1, echo_response(1)));
  wire.back(message(1, echo_response(2)))
      .there(message(1, echo_request(2)));  // a mirror's two ports, one behind the other
  play(wire, closing());
  EXPECT_THAT(wire.told(), testing::Each(testing::Not(HasSubstr("violation"))));
  const auto ends = wire.facts<DicomOperation>(Phase::end);
  ASSERT_EQ(ends.size(), 2U);
  EXPECT_TRUE(ends[1].request_seen);
}

TEST(DicomConversation, WhatIdentifiesAPersonDoesNotLeave) {
  Wire wire;
  play(wire, long_day());
  for (const std::string& line : wire.told()) {
    for (const char* word : {"PAT-4711", "ACC-0815", "Doe", "1.2.840.99", "1.2.3.4"})
      EXPECT_THAT(line, testing::Not(HasSubstr(word)));
  }
}

// The acceptance tells what was agreed for a request that did not wait for it.
TEST(DicomConversation, ARequestBeforeTheAcceptanceHasItsTransferSyntax) {
  Wire wire;
  const Session open = opening();
  wire.there(open[0].bytes).there(message(1, echo_request(1))).back(open[1].bytes).back(message(1, echo_response(1)));
  EXPECT_EQ(wire.facts<DicomOperation>(Phase::end).at(0).transfer_syntax_uid, kExplicit);
}

}  // namespace
}  // namespace dcmwatch::test
