// Message exchange (PS3.7): requests, responses, what they say of each other, and what breaks its rules.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/dicom/session.h"

namespace dcmwatch::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

constexpr std::string_view kPrinterInstance = "1.2.840.10008.5.1.1.17";
constexpr std::string_view kGrayscalePrintMeta = "1.2.840.10008.5.1.1.9";
constexpr std::string_view kCommitment = "1.2.840.10008.1.20.1";
constexpr std::uint16_t kNone = 0x0101;

std::vector<std::string_view> violations(const Wire& wire) {
  std::vector<std::string_view> names;
  for (const Violation& violation : wire.facts<Violation>(Phase::end)) names.push_back(violation.name);
  return names;
}

DicomOperation the_operation(const Wire& wire) {
  const auto ends = wire.facts<DicomOperation>(Phase::end);
  EXPECT_EQ(ends.size(), 1U);
  return ends.empty() ? DicomOperation{} : ends.front();
}

DicomAssociation the_association(Wire& wire) {
  play(wire, closing());
  wire.close();
  const auto ends = wire.facts<DicomAssociation>(Phase::end);
  EXPECT_EQ(ends.size(), 1U);
  return ends.empty() ? DicomAssociation{} : ends.front();
}

/// One context, 1, accepted in explicit VR little endian.
struct OpenedFor : Wire {
  explicit OpenedFor(std::string_view abstract_syntax) {
    there(associate_request("CT1", "PACS", {{1, abstract_syntax, {kExplicit}}}));
    back(associate_accept({{1, 0, kExplicit}}));
  }
};

Octets n_request(std::uint16_t field, std::uint16_t id, std::string_view sop_class, std::string_view instance,
                 bool data_set, const Octets& more = {}) {
  return command_set(ui(0x0003, sop_class) + us(0x0100, field) + us(0x0110, id) + us(0x0800, data_set ? 1 : kNone) +
                     ui(0x1001, instance) + more);
}

Octets affecting_request(std::uint16_t field, std::uint16_t id, std::string_view sop_class, bool data_set,
                         const Octets& more) {
  return command_set(ui(0x0002, sop_class) + us(0x0100, field) + us(0x0110, id) + us(0x0800, data_set ? 1 : kNone) +
                     more);
}

TEST(DicomExchange, AStoreTellsItsPriority) {
  Opened wire;
  wire.there(message(3, store_request(1), ct_image(10))).back(message(3, store_response(1)));
  EXPECT_EQ(the_operation(wire).priority, 0);
}

TEST(DicomExchange, AnActionAndTheNotificationThatGoesBackwards) {
  OpenedFor wire{kCommitment};
  const Octets list = explicit_element(0x00081195, "UI", text("1.2.3.45"));
  wire.there(message(1, n_request(0x0130, 1, kCommitment, "1.2.840.10008.1.20.1.1", true, us(0x1008, 1)), list));
  wire.back(message(1, response(0x8130, 1, 0, false)));
  wire.back(message(
      1, affecting_request(0x0100, 1, kCommitment, true, ui(0x1000, "1.2.840.10008.1.20.1.1") + us(0x1002, 2)), list));
  wire.there(message(1, response(0x8100, 1, 0, false)));
  const auto ends = wire.facts<DicomOperation>(Phase::end);
  ASSERT_EQ(ends.size(), 2U);
  EXPECT_EQ(ends[0].action_type, 1);
  EXPECT_FALSE(ends[0].event_type);
  EXPECT_EQ(ends[0].sop_class_uid, kCommitment);
  EXPECT_EQ(ends[1].event_type, 2);
  EXPECT_EQ(ends[1].invoker, Invoker::acceptor);
  EXPECT_EQ(ends[1].status, 0);
  EXPECT_THAT(violations(wire), IsEmpty());
}

TEST(DicomExchange, APrinterIsAskedWithinItsMetaSopClass) {
  OpenedFor wire{kGrayscalePrintMeta};
  wire.there(message(1, n_request(0x0110, 3, "1.2.840.10008.5.1.1.16", kPrinterInstance, false,
                                  from_hex("0000 0510 08000000 1021 1000 1021 2000"))));
  wire.back(message(1, response(0x8110, 3, 0x0107, true, from_hex("0000 0109 04000000 10212000")),
                    explicit_element(0x21100010, "CS", text("NORMAL"))));
  const DicomOperation get = the_operation(wire);
  EXPECT_EQ(get.requested_attributes, 2);
  EXPECT_EQ(get.offending_elements, 1);
  EXPECT_EQ(get.status, 0x0107);
  EXPECT_THAT(violations(wire), IsEmpty());
  EXPECT_EQ(the_association(wire).warned_operations, 1U);
}

TEST(DicomExchange, WhatAFailureSaysOfItself) {
  OpenedFor wire{"1.2.840.10008.3.1.2.3.3"};
  wire.there(message(1, n_request(0x0120, 1, "1.2.840.10008.3.1.2.3.3", "1.2.3", true),
                     explicit_element(0x00400252, "CS", text("COMPLETED "))));
  wire.back(message(1, response(0x8120, 1, 0x0110, false,
                                from_hex("0000 0209 0c000000") + text("Doe^Jane is ") + us(0x0903, 0xa710))));
  const DicomOperation set = the_operation(wire);
  EXPECT_TRUE(set.error_comment);
  EXPECT_EQ(set.error_id, 0xa710);
  EXPECT_EQ(set.offending_elements, 0);
  for (const std::string& line : wire.told()) EXPECT_THAT(line, testing::Not(testing::HasSubstr("Doe")));
  EXPECT_EQ(the_association(wire).failed_operations, 1U);
}

TEST(DicomExchange, AnAssociationCountsHowItsOperationsEnded) {
  Opened wire;
  const auto store = [&](std::uint16_t id, std::uint16_t status) {
    wire.there(message(3, store_request(id), ct_image(10))).back(message(3, store_response(id, status)));
  };
  store(1, 0);
  store(2, 0xb000);
  store(3, 0xb007);
  store(4, 0xa700);
  wire.there(message(5, find_request(5), study_identifier("STUDY"))).there(message(5, cancel_request(5)));
  wire.back(message(5, response(0x8020, 5, 0xfe00, false)));
  wire.there(message(1, echo_request(6)));
  const DicomAssociation association = the_association(wire);
  EXPECT_EQ(association.operations, 6U);
  EXPECT_EQ(association.warned_operations, 2U);
  EXPECT_EQ(association.failed_operations, 1U);
  EXPECT_EQ(association.unanswered_operations, 1U);
}

TEST(DicomExchange, TheNextAssociationCountsAnew) {
  Opened wire;
  wire.there(message(1, echo_request(1))).back(message(1, echo_response(1, 0x0122)));
  play(wire, closing() + opening());
  wire.there(message(1, echo_request(1))).back(message(1, echo_response(1)));
  play(wire, closing());
  const auto ends = wire.facts<DicomAssociation>(Phase::end);
  ASSERT_EQ(ends.size(), 2U);
  EXPECT_EQ(ends[0].failed_operations, 1U);
  EXPECT_EQ(ends[1].failed_operations, 0U);
}

TEST(DicomExchange, AnAnswerThatMayHaveBeenMissedIsNotMissing) {
  Opened wire;
  wire.there(message(1, echo_request(1))).gap(Direction::backward, 100);
  EXPECT_EQ(the_association(wire).unanswered_operations, 0U);

  Opened ended;
  ended.there(message(1, echo_request(1))).close(CloseReason::capture_ended);
  EXPECT_EQ(ended.facts<DicomAssociation>(Phase::end).at(0).unanswered_operations, 0U);
}

TEST(DicomExchange, AStoreThatIsAnsweredAsPendingIsOver) {
  Opened wire;
  wire.there(message(3, store_request(1), ct_image(10))).back(message(3, store_response(1, 0xff00)));
  EXPECT_EQ(the_operation(wire).status, 0xff00);
  EXPECT_THAT(violations(wire), ElementsAre("dicom.status"));
  EXPECT_EQ(the_association(wire).failed_operations, 1U);
}

TEST(DicomExchange, OnlyAQueryIsCancelled) {
  Opened wire;
  wire.there(message(3, store_request(1), ct_image(10))).there(message(3, cancel_request(1)));
  wire.there(message(5, cancel_request(9)));  // of nothing: it may have been answered already
  wire.back(message(3, store_response(1)));
  EXPECT_FALSE(the_operation(wire).cancelled);
  EXPECT_THAT(violations(wire), IsEmpty());
}

TEST(DicomExchange, CancelsOneOfTwo) {
  Opened wire;
  wire.there(message(5, find_request(1), study_identifier("STUDY")));
  wire.there(message(5, find_request(2), study_identifier("STUDY")));
  wire.there(message(5, cancel_request(2)));
  wire.back(message(5, response(0x8020, 2, 0xfe00, false)) + message(5, response(0x8020, 1, 0, false)));
  const auto ends = wire.facts<DicomOperation>(Phase::end);
  ASSERT_EQ(ends.size(), 2U);
  EXPECT_TRUE(ends[0].cancelled);
  EXPECT_EQ(ends[0].message_id, 2);
  EXPECT_FALSE(ends[1].cancelled);
}

TEST(DicomExchange, AMessageIdMayBeUsedAgainOnceAnswered) {
  Opened wire;
  for (int i = 0; i < 3; ++i)
    wire.there(message(3, store_request(1), ct_image(10))).back(message(3, store_response(1)));
  wire.there(message(9, get_request(1), study_identifier("STUDY")));
  wire.back(message(3, store_request(1), ct_image(100))).there(message(3, store_response(1)));
  wire.back(message(9, response(0x8010, 1, 0, false)));
  EXPECT_EQ(wire.facts<DicomOperation>(Phase::end).size(), 5U);
  EXPECT_THAT(violations(wire), IsEmpty()) << "the two sides number their own requests";
}

TEST(DicomExchange, MoreOutstandingThanWasAgreed) {
  const Octets echoes = message(1, echo_request(1)) + message(1, echo_request(2));
  Opened synchronous;
  synchronous.there(echoes);
  EXPECT_THAT(violations(synchronous), IsEmpty()) << "an answer may have been lost";
  synchronous.back(message(1, echo_response(1)));
  EXPECT_THAT(violations(synchronous), ElementsAre("dicom.asynchronous_window"));
  for (const std::uint16_t window : {std::uint16_t{0}, std::uint16_t{2}}) {
    Wire wire;
    play(wire, opening_with_window(window));
    wire.there(echoes).there(message(1, echo_request(3))).back(message(1, echo_response(2)));
    EXPECT_EQ(violations(wire).size(), window == 0 ? 0U : 1U) << window;
    wire.close();
  }
  Wire agreed;
  play(agreed, opening_with_window(2));
  agreed.there(echoes).back(message(1, echo_response(1))).close();
  EXPECT_THAT(violations(agreed), IsEmpty());
  Opened answered;
  answered.there(message(1, echo_request(1))).back(message(1, echo_response(1))).there(message(1, echo_request(2)));
  answered.close();
  EXPECT_THAT(violations(answered), IsEmpty());
}

// The answer to the first was lost, which is known only when what follows it in its direction is seen, if ever.
TEST(DicomExchange, NothingIsOutstandingWhoseAnswerMayHaveBeenLost) {
  const Octets first = message(1, echo_request(1)), answer = message(1, echo_response(1));
  const auto lost_before = [&](const Octets& second) {
    Opened wire;
    wire.there(first).there(second).gap(Direction::backward, answer.size()).back(message(1, echo_response(2))).close();
    return violations(wire);
  };
  EXPECT_THAT(lost_before(message(1, echo_request(2))), IsEmpty());
  EXPECT_THAT(lost_before(first), IsEmpty());

  Opened aborted;
  aborted.there(first).there(message(1, echo_request(2))).there(abort_pdu(0, 0)).close();
  EXPECT_THAT(violations(aborted), IsEmpty());
}

TEST(DicomExchange, AnAnswerThatTheMirrorMayHaveShownLateExcusesTheNextRequest) {
  for (const Duration between : {Duration{std::chrono::milliseconds{1}}, Duration{std::chrono::seconds{1}}}) {
    Wire wire{{.limits = Limits{}}};
    play(wire, opening());
    wire.there(message(1, echo_request(1))).there(message(1, echo_request(2))).wait(between);
    wire.back(message(1, echo_response(1))).back(message(1, echo_response(2)));
    EXPECT_EQ(violations(wire).size(), between > Limits{}.duplicate_window ? 1U : 0U);
  }
}

struct Break {
  std::string_view violation;
  Session session;
};

/// All that an object is looked through for.
Octets whole_head() {
  return explicit_element(0x00080018, "UI", text("1.2.3.40")) + explicit_element(0x00100020, "LO", text("P1")) +
         explicit_element(0x0020000d, "UI", text("1.2.3.50")) + explicit_element(0x0020000e, "UI", text("1.2.3.60"));
}

std::vector<Break> breaks() {
  const Octets image = ct_image(10);
  const Octets level = study_identifier("STUDY");
  const Octets echo = ui(0x0002, kVerification) + us(0x0100, 0x0030) + us(0x0110, 1) + us(0x0800, kNone);
  return {
      {"dicom.message_id_reused", {there(message(1, echo_request(1))), there(message(1, echo_request(1)))}},
      {"dicom.message_id_reused", {there(message(1, echo_request(1))), there(message(3, store_request(1), image))}},
      {"dicom.response_after_final",
       {there(message(1, echo_request(1))), back(message(1, echo_response(1))), back(message(1, echo_response(1)))}},
      {"dicom.response_after_final",
       {there(message(3, store_request(1)) + p_data(pdv(3, data_more, image))), back(message(3, store_response(1))),
        back(message(3, store_response(1)))}},
      {"dicom.status", {there(message(1, echo_request(1))), back(message(1, echo_response(1, 0x7777)))}},
      {"dicom.data_set_missing", {there(message(3, store_request(1))), there(message(1, echo_request(2)))}},
      {"dicom.data_set_missing", Session{there(message(3, store_request(1)))} + closing()},
      {"dicom.data_set_missing",
       Session{there(message(5, find_request(1), level)), back(message(5, response(0x8020, 1, 0xff00, true)))} +
           closing()},
      {"dicom.data_set_unannounced", {there(message(1, echo_request(1), image))}},
      {"dicom.data_set_unannounced", {there(message(1, echo_request(1))), back(message(1, echo_response(1), image))}},
      {"dicom.message_order", {there(message(3, store_request(1), image)), there(p_data(pdv(3, data_last, image)))}},
      {"dicom.message_order", {there(message(3, store_request(1)) + p_data(pdv(1, data_last, image)))}},
      {"dicom.sop_class_of_context", {there(message(1, store_request(1), image))}},
      {"dicom.sop_class_of_context", {there(message(7, find_request(1), level))}},
      {"dicom.sop_class_of_data_set",
       {there(message(3, store_request(1), explicit_element(0x00080016, "UI", text("1.2.840.10008.5.1.4.1.1.20"))))}},
      {"dicom.sub_operations",
       {there(message(7, move_request(1, "WS1"), level)),
        back(message(7, response(0x8021, 1, 0xff00, false, counters(2, 2, 0, 0)))),
        back(message(7, response(0x8021, 1, 0xff00, false, counters(3, 1, 0, 0))))}},
      {"dicom.command_group_length", {there(message(1, echo))}},
      {"dicom.command_element_order",
       {there(message(
           1, command_set(us(0x0100, 0x0030) + ui(0x0002, kVerification) + us(0x0110, 1) + us(0x0800, kNone))))}},
      {"dicom.command_elements",
       {there(message(1, command_set(us(0x0100, 0x0030) + us(0x0110, 1) + us(0x0800, kNone))))}},
      {"dicom.command_group", {there(message(1, echo_request(1) + from_hex("0800 0000 04000000 0a000000")))}},
      {"dicom.command_element_length",
       {there(message(1, echo_request(1) + from_hex("0000 9051") + le32(66'000) + Octets(66'000, ' ')))}},
      {"dicom.command_contradiction",
       {there(message(1, command_set(ui(0x0002, kVerification) + us(0x0100, 0x0030) + us(0x0110, 1) +
                                     us(0x0800, kNone) + ui(0x1000, "1.2.3") + ui(0x1001, "1.2.4"))))}},
      {"dicom.data_set_order",
       {there(message(3, store_request(1), explicit_element(0x00430010, "LO", text("X ")) + image))}},
      {"dicom.data_set_order",
       {there(message(3, store_request(1),
                      whole_head() + explicit_element(0x00430010, "LO", text("X ")) +
                          explicit_element(0x00330010, "LO", text("X "))))}},
      {"dicom.command_uid", {there(message(3, store_request(1, "1.2.03"), image))}},
      {"dicom.unknown_command",
       {there(message(1, command_set(us(0x0100, 0x0040) + us(0x0110, 1) + us(0x0800, kNone))))}},
      {"dicom.move_destination", {there(message(7, move_request(1, ""), level))}},
      {"dicom.ae_title", {there(message(7, move_request(1, "A\\B\x07"), level))}},
      {"dicom.ae_title",
       {there(message(3, store_request(1, "1.2.3.40", ae(0x1030, "A\\B") + us(0x1031, 1)), whole_head()))}},
      {"dicom.data_set_type",
       {there(message(1, command_set(ui(0x0002, kVerification) + us(0x0100, 0x0030) + us(0x0110, 1) + us(0x0800, 1)),
                      image))}},
  };
}

TEST(DicomExchange, TellsEachBreakByItsNameAlone) {
  for (const Break& broken : breaks()) {
    Wire wire;
    play(wire, opening_with_window(0) + broken.session);
    wire.close();
    ASSERT_THAT(violations(wire), ElementsAre(broken.violation));
    EXPECT_NE(wire.facts<Violation>(Phase::end)[0].length, 0U) << broken.violation;
  }
}

// The command, wherever it is told from.
TEST(DicomExchange, WhatBreaksTheOrderOfOperationsIsToldWhereItIs) {
  struct {
    Session opening;
    Session session;
    std::vector<std::string_view> told;
    std::size_t length;
  } const cases[] = {
      {opening(),
       {there(message(1, echo_request(1)) + message(1, echo_request(2)))},
       {"dicom.asynchronous_window"},
       echo_request(2).size()},
      {opening_with_window(0),
       {there(message(1, echo_request(1)) + message(1, echo_request(1)))},
       {"dicom.message_id_reused"},
       echo_request(1).size()},
      {opening(), {back(message(1, echo_response(9)))}, {"dicom.response_without_request"}, echo_response(9).size()},
      {opening(),
       {there(message(1, echo_request(1))), back(message(1, echo_response(1)) + message(1, echo_response(1)))},
       {"dicom.response_after_final"},
       echo_response(1).size()},
  };
  for (const auto& c : cases) {
    Wire wire;
    play(wire, c.opening + c.session);
    wire.close();
    ASSERT_EQ(violations(wire), c.told);
    EXPECT_EQ(wire.facts<Violation>(Phase::end)[0].length, c.length) << c.told[0];
  }
}

// TCP put the packets in order: what one side said is whole. What of both came first is no longer known.
TEST(DicomExchange, TellsWhatADataSetBreaksAlsoAfterPacketsCameOutOfOrder) {
  for (const Break& broken : breaks()) {
    Wire wire;
    wire.connection().direction[0].out_of_order_packets = 1;
    play(wire, opening_with_window(0) + broken.session);
    wire.close();
    if (broken.violation == "dicom.sop_class_of_data_set" || broken.violation == "dicom.data_set_order") {
      EXPECT_THAT(violations(wire), ElementsAre(broken.violation));
    }
    if (broken.violation == "dicom.response_after_final" || broken.violation == "dicom.message_id_reused") {
      EXPECT_THAT(violations(wire), IsEmpty());
    }
  }
}

TEST(DicomExchange, TellsABreakOnceHoweverItIsCut) {
  for (const Break& broken : breaks()) {
    for (std::size_t size = 1; size < 40; size += 3) {
      Wire wire;
      wire.stop_time();
      play(wire, opening_with_window(0));
      for (const Segment& segment : broken.session) {
        for (std::size_t at = 0; at < segment.bytes.size(); at += size) {
          const std::size_t end = std::min(at + size, segment.bytes.size());
          wire.say(segment.direction, {segment.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                       segment.bytes.begin() + static_cast<std::ptrdiff_t>(end)});
        }
      }
      wire.close();
      ASSERT_THAT(violations(wire), ElementsAre(broken.violation)) << size;
    }
  }
}

TEST(DicomExchange, AnAbortMayComeInsteadOfADataSet) {
  Wire wire;
  play(wire, opening() + Session{there(message(3, store_request(1))), there(abort_pdu(0, 0))});
  wire.close();
  EXPECT_THAT(violations(wire), IsEmpty());
}

// What breaks the order of messages may be the mirror's doing.
TEST(DicomExchange, NoOrderIsBrokenWhereSomethingWasLost) {
  for (const Break& broken : breaks()) {
    const bool of_order = broken.violation == "dicom.message_id_reused" || broken.violation == "dicom.message_order" ||
                          broken.violation == "dicom.response_after_final" ||
                          broken.violation == "dicom.data_set_missing" ||
                          broken.violation == "dicom.data_set_unannounced";
    if (!of_order) continue;
    Wire wire;
    play(wire, opening());
    wire.connection().direction[0].missing_bytes = 1;
    play(wire, broken.session);
    wire.close();
    EXPECT_THAT(violations(wire), IsEmpty()) << broken.violation;
  }
}

TEST(DicomExchange, UnifiedProcedureStepsAllNamePush) {
  constexpr std::string_view kPush = "1.2.840.10008.5.1.4.34.6.1";
  for (const std::string_view context : {kPush, std::string_view{"1.2.840.10008.5.1.4.34.6.3"}}) {
    OpenedFor wire{context};
    wire.there(message(1, n_request(0x0130, 1, kPush, "1.2.3", true, us(0x1008, 1)),
                       explicit_element(0x00741000, "CS", text("COMPLETED "))));
    wire.back(message(1, response(0x8130, 1, 0, false)));
    EXPECT_THAT(violations(wire), IsEmpty()) << context;
  }
}

TEST(DicomExchange, JoinedMidwayNoContextContradicts) {
  Wire wire{{.joined_midway = true}};
  wire.there(message(1, store_request(1), ct_image(10))).back(message(1, store_response(1))).close();
  EXPECT_THAT(violations(wire), IsEmpty());
  EXPECT_EQ(wire.facts<DicomOperation>(Phase::end).at(0).status, 0);
}

// What the peers logged of their own messages beside their status (tests/protocol/dicom/recorded).
TEST(DicomExchange, RecordedEventAndActionTypes) {
  const auto types = [](const std::string& name, auto DicomOperation::*type) {
    Wire wire;
    play(wire, recorded(name));
    std::vector<std::uint16_t> told;
    for (const DicomOperation& operation : wire.facts<DicomOperation>(Phase::end)) {
      if (operation.*type) told.push_back(*(operation.*type));
    }
    return told;
  };
  EXPECT_THAT(types("commitment-report", &DicomOperation::action_type), ElementsAre(1));
  EXPECT_THAT(types("commitment-report", &DicomOperation::event_type), ElementsAre(2));
  EXPECT_THAT(types("procedure-step", &DicomOperation::action_type), ElementsAre(3, 1, 1));
  EXPECT_THAT(types("print", &DicomOperation::action_type), ElementsAre(1));
}

struct Timed : Wire {
  Timed() {
    connection().handshake = {.whole = 2ms, .to_acceptor = 1ms, .to_opener = 1ms};
    play(*this, opening());
  }
  Octets command = message(3, store_request(1));
  Octets first = p_data(pdv(3, data_more, ct_image(1000)));
  Octets middle = p_data(pdv(3, data_more, Octets(1000, 0)));
  Octets last = p_data(pdv(3, data_last, Octets(1000, 0)));
  DirectionStatistics& sent() { return connection().direction[0]; }
};

TEST(DicomTimes, OfTransferAndOfResponse) {
  Timed wire;
  wire.there(wire.command).wait(9ms).there(wire.first).wait(19ms).there(wire.last);
  wire.wait(4ms).back(message(3, store_response(1)));
  const DicomOperation store = the_operation(wire);
  EXPECT_EQ(store.transfer_time, 30ms);
  EXPECT_EQ(store.response_time, 5ms);
  EXPECT_FALSE(store.slowest) << "it was not slow";
}

TEST(DicomTimes, OfWhatCameWithoutADataSet) {
  Timed wire;
  wire.there(message(1, echo_request(1))).wait(149ms).back(message(1, echo_response(1)));
  const DicomOperation echo = the_operation(wire);
  EXPECT_FALSE(echo.transfer_time);
  EXPECT_EQ(echo.response_time, 150ms);
  EXPECT_EQ(echo.slowest, SlowPart::receiver);
}

TEST(DicomTimes, TheFirstResponseCounts) {
  Timed wire;
  wire.there(message(5, find_request(1), study_identifier("STUDY")));
  wire.wait(9ms).back(message(5, response(0x8020, 1, 0xff00, true), study_identifier("STUDY")));
  wire.wait(1s).back(message(5, response(0x8020, 1, 0, false)));
  EXPECT_EQ(the_operation(wire).response_time, 10ms);
}

TEST(DicomTimes, AResponseBeforeTheRequestsEndHasNone) {
  Timed wire;
  wire.there(wire.command).there(wire.first).back(message(3, store_response(1, 0xa700)));
  wire.wait(1s).there(wire.last);
  EXPECT_FALSE(the_operation(wire).response_time);
  EXPECT_FALSE(the_operation(wire).slowest);
}

TEST(DicomTimes, ASenderThatPauses) {
  Timed wire;
  wire.there(wire.command).wait(100ms).there(wire.first).wait(100ms).there(wire.last);
  wire.wait(50ms).back(message(3, store_response(1)));
  EXPECT_EQ(the_operation(wire).slowest, SlowPart::sender);
}

TEST(DicomTimes, AReceiverWithoutRoom) {
  Timed wire;
  wire.there(wire.command).there(wire.first).wait(200ms);
  wire.sent().zero_window_time += 190ms;
  wire.there(wire.last).back(message(3, store_response(1)));
  EXPECT_EQ(the_operation(wire).slowest, SlowPart::receiver);
}

TEST(DicomTimes, ANetworkThatLoses) {
  Timed wire;
  wire.there(wire.command).there(wire.first).wait(200ms);
  ++wire.sent().retransmitted_packets;
  wire.there(wire.last).back(message(3, store_response(1)));
  EXPECT_EQ(the_operation(wire).slowest, SlowPart::network);
}

TEST(DicomTimes, AWayThatIsLong) {
  Timed wire;
  wire.connection().handshake = {.whole = 600ms, .to_acceptor = 590ms, .to_opener = 10ms};
  wire.there(message(1, echo_request(1))).wait(599ms).back(message(1, echo_response(1)));
  EXPECT_EQ(the_operation(wire).slowest, SlowPart::network);
}

TEST(DicomTimes, NobodyIsBlamedForAFlowWithoutPauses) {
  Timed wire;
  wire.there(wire.command).there(wire.first);
  wire.sent().packets += 200;
  for (int i = 0; i < 200; ++i) wire.there(wire.middle);
  wire.there(wire.last).back(message(3, store_response(1)));
  EXPECT_EQ(the_operation(wire).transfer_time, 202ms);
  EXPECT_FALSE(the_operation(wire).slowest);
}

TEST(DicomTimes, NothingIsToldOfWhatWasNotSeen) {
  Timed unknown_way;
  unknown_way.connection().handshake = {};
  unknown_way.there(message(1, echo_request(1))).wait(1s).back(message(1, echo_response(1)));
  EXPECT_FALSE(the_operation(unknown_way).slowest);

  Timed lossy;
  lossy.sent().unseen_bytes = 1;
  lossy.there(message(1, echo_request(1))).wait(1s).back(message(1, echo_response(1)));
  EXPECT_FALSE(the_operation(lossy).response_time);
  EXPECT_FALSE(the_operation(lossy).slowest);
}

DicomOperation ended_operation(Wire& wire) {
  wire.close(CloseReason::reset);
  return wire.facts<DicomOperation>(Phase::end).at(0);
}

TEST(DicomTimes, AReceiverThatNeverAnswers) {
  Timed wire;
  wire.there(message(1, echo_request(1))).wait(2s);
  EXPECT_EQ(ended_operation(wire).slowest, SlowPart::receiver);
}

TEST(DicomTimes, AReceiverWithoutRoomToTheEnd) {
  Timed wire;
  wire.there(wire.command).there(wire.first).wait(23s);
  wire.sent().zero_window_time += 22s;
  const DicomOperation store = ended_operation(wire);
  EXPECT_EQ(store.slowest, SlowPart::receiver);
  EXPECT_TRUE(store.request_broken_off);
  EXPECT_FALSE(store.transfer_time);
}

TEST(DicomTimes, ASenderThatStopsInTheMiddle) {
  Timed wire;
  wire.there(wire.command).there(wire.first).wait(23s);
  EXPECT_EQ(ended_operation(wire).slowest, SlowPart::sender);
}

TEST(DicomTimes, NobodyIsBlamedForAnAnswerThatMayComeLater) {
  Timed wire;
  wire.there(message(1, echo_request(1))).wait(2s).close(CloseReason::capture_ended);
  const DicomOperation echo = wire.facts<DicomOperation>(Phase::end).at(0);
  EXPECT_FALSE(echo.slowest);
  EXPECT_FALSE(echo.request_broken_off);
}

TEST(DicomTimes, TheFinalResponseEndsTheWait) {
  Timed wire;
  wire.there(message(5, find_request(1), study_identifier("STUDY")));
  wire.back(message(5, response(0x8020, 1, 0xff00, true), study_identifier("STUDY")));
  wire.wait(1s).back(message(5, response(0x8020, 1, 0, false)));
  EXPECT_EQ(the_operation(wire).slowest, SlowPart::receiver);
}

TEST(DicomTimes, AnInvokerWithoutRoomForTheAnswers) {
  Timed wire;
  wire.there(message(5, find_request(1), study_identifier("STUDY")));
  wire.back(message(5, response(0x8020, 1, 0xff00, true), study_identifier("STUDY"))).wait(1s);
  wire.connection().direction[1].zero_window_time += 900ms;
  wire.back(message(5, response(0x8020, 1, 0, false)));
  EXPECT_EQ(the_operation(wire).slowest, SlowPart::sender);
}

TEST(DicomTimes, OfARelease) {
  Timed wire;
  wire.there(release_request()).wait(19ms).back(release_response());
  EXPECT_EQ(wire.facts<DicomAssociation>(Phase::end).at(0).release_time, 20ms);
}

TEST(DicomExchange, WhatBreaksTheProtocolIsUndecodableNotLost) {
  Opened wire;
  wire.there(message(1, echo_request(1))).back(pdu(0x99, Octets(8, 0)));
  wire.close();
  for (const Event& event : wire.events()) {
    if (event.phase != Phase::end || std::holds_alternative<Violation>(event.facts)) continue;
    EXPECT_TRUE(event.visibility.undecodable);
    EXPECT_FALSE(event.visibility.lost);
  }
  EXPECT_EQ(wire.facts<DicomAssociation>(Phase::end).at(0).unanswered_operations, 0U);
}

TEST(DicomTimes, AStartTellsNone) {
  Timed wire;
  wire.there(message(1, echo_request(1))).wait(1s).back(message(1, echo_response(1)));
  EXPECT_FALSE(wire.facts<DicomOperation>(Phase::start).at(0).response_time);
}

}  // namespace
}  // namespace dcmwatch::test
