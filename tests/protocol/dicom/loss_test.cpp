// What a mirror that loses packets, or a capture that began late, still tells; and that it says what it does not know.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/dicom/session.h"

namespace dcmwatch::test {
namespace {

using testing::AnyOf;
using testing::Each;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

Octets part(const Octets& whole, std::size_t from, std::size_t to) {
  return {whole.begin() + static_cast<std::ptrdiff_t>(from), whole.begin() + static_cast<std::ptrdiff_t>(to)};
}

TEST(DicomLoss, JoinedMidwayAtACommand) {
  Wire wire{{.joined_midway = true, .opener_known = false}};
  wire.there(message(3, store_request(8), ct_image(100))).back(message(3, store_response(8)));
  play(wire, closing());
  wire.close();
  const auto told = wire.told();
  ASSERT_EQ(told.size(), 4U);
  EXPECT_EQ(told[0], "dicom.association start ?>? accepted=? contexts=0/0 operations=0 data=0+0");
  EXPECT_THAT(
      told[2],
      HasSubstr("C-STORE 3/8 opener ?>? class=1.2.840.10008.5.1.4.1.1.2 patient=1 study=1 accession=1 instance=1"))
      << "the data set shows how it is written";
  EXPECT_THAT(told[2], HasSubstr("status=0000"));
  EXPECT_THAT(told[3], HasSubstr("end=released operations=1"));
  EXPECT_TRUE(wire.events().back().visibility.joined_midway);
}

// DCMTK writes a PDU's header and its PDV's in a segment of their own, and the fragment in the next ones.
TEST(DicomLoss, JoinedMidwayAtAHeadInASegmentOfItsOwn) {
  const Octets command = message(3, store_request(8));
  const Octets data = message(3, store_request(8), ct_image(3000));
  const Octets reply = message(3, store_response(8));
  const std::size_t heads = 12;
  Wire wire{{.joined_midway = true, .opener_known = false}};
  wire.there(part(data, 0, heads)).there(part(data, heads, command.size()));
  wire.there(part(data, command.size(), command.size() + heads)).there(part(data, command.size() + heads, data.size()));
  wire.back(part(reply, 0, heads)).back(part(reply, heads, reply.size()));
  play(wire, closing());
  const auto ends = wire.facts<DicomOperation>(Phase::end);
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_TRUE(ends[0].request_seen);
  EXPECT_EQ(ends[0].message_id, 8);
  EXPECT_EQ(ends[0].status, 0);
  EXPECT_EQ(ends[0].request_bytes, ct_image(3000).size());
  EXPECT_THAT(wire.told(), Each(Not(AnyOf(HasSubstr("violation"), HasSubstr("lost")))));
}

TEST(DicomLoss, WhatTheCaptureDidNotSeeTheEndOfIsUnfinished) {
  for (const CloseReason reason : {CloseReason::capture_ended, CloseReason::evicted}) {
    Opened wire;
    wire.there(message(1, echo_request(1))).back(message(1, echo_response(1)));
    wire.there(message(3, store_request(2), ct_image(100)));
    wire.close(reason);
    const auto told = wire.told();
    ASSERT_EQ(told.size(), 6U);
    EXPECT_THAT(told[2], Not(HasSubstr("unfinished")));
    EXPECT_THAT(told[4], HasSubstr("status=? unfinished"));
    EXPECT_THAT(told[5], HasSubstr("end=open operations=2"));
    EXPECT_THAT(told[5], EndsWith("unfinished"));
    EXPECT_THAT(told, Each(Not(HasSubstr("lost"))));
  }
  Opened wire;
  wire.there(message(1, echo_request(1))).close(CloseReason::reset);
  EXPECT_THAT(wire.told(), Each(Not(HasSubstr("unfinished"))));
}

TEST(DicomLoss, JoinedMidwayWithinAPdu) {
  Wire wire{{.joined_midway = true}};
  const Octets running = message(3, store_request(7), ct_image(3000));
  wire.there(part(running, 1000, running.size()) + message(3, store_request(8), ct_image(100)));
  wire.back(message(3, store_response(7)) + message(3, store_response(8)));
  play(wire, closing());
  const auto ends = wire.facts<DicomOperation>(Phase::end);
  ASSERT_EQ(ends.size(), 2U);
  EXPECT_FALSE(ends[0].request_seen);
  EXPECT_EQ(ends[0].message_id, 7);
  EXPECT_TRUE(ends[1].request_seen);
  EXPECT_EQ(ends[1].status, 0);
  EXPECT_THAT(wire.told(), Each(Not(HasSubstr("violation"))));
}

TEST(DicomLoss, AGapInDataIsANumber) {
  Opened wire;
  const Octets image = ct_image(2000);
  const Octets command = message(3, store_request(1));
  const Octets data = p_data(pdv(3, data_last, image));
  // The hole is in the head that is read.
  wire.there(command + part(data, 0, 40)).gap(Direction::forward, 500).there(part(data, 540, data.size()));
  wire.back(message(3, store_response(1)));
  const auto store = wire.facts<DicomOperation>(Phase::end).at(0);
  EXPECT_EQ(store.status, 0);
  EXPECT_EQ(store.request_bytes, image.size());
  EXPECT_EQ(store.missing_bytes, 500U);
  EXPECT_TRUE(wire.events().back().visibility.lost) << "the identifiers could not be read";
}

TEST(DicomLoss, AnOperationOutlivesALongGapInItsData) {
  Opened wire;
  const Octets whole = message(3, store_request(1), ct_image(40'000), 4096);
  const std::size_t hole = 5000;  // across a PDU's header
  const std::size_t at = message(3, store_request(1)).size() + 100;
  wire.there(part(whole, 0, at)).gap(Direction::forward, hole).there(part(whole, at + hole, whole.size()));
  wire.back(message(3, store_response(1)));
  const auto store = wire.facts<DicomOperation>(Phase::end).at(0);
  EXPECT_EQ(store.status, 0);
  EXPECT_TRUE(store.request_seen);
  EXPECT_GT(store.request_bytes, 30'000U);
  EXPECT_TRUE(wire.events().back().visibility.lost);
  play(wire, closing());
  EXPECT_THAT(wire.told(), Each(Not(HasSubstr("violation"))));
  EXPECT_THAT(wire.told().back(), HasSubstr("end=released"));
}

TEST(DicomLoss, ARequestThatWasLostIsToldByItsResponse) {
  Opened wire;
  const Octets request = message(1, echo_request(1));
  wire.gap(Direction::forward, request.size()).back(message(1, echo_response(1)));
  EXPECT_EQ(wire.told().back(),
            "dicom.operation end C-ECHO 1/1 opener CT1>PACS class=1.2.840.10008.1.1 unrequested patient=0 study=0 "
            "accession=0 "
            "instance=0 bytes=0+0 status=0000 lost");
  play(wire, closing());
  EXPECT_THAT(wire.told(), Each(Not(HasSubstr("violation"))));
  EXPECT_TRUE(wire.events().back().visibility.lost);
}

TEST(DicomLoss, ARequestThatWasLostAndNotYetMissed) {
  Opened wire;
  // The hole shows only when the opener sends on, after the response.
  const Octets request = message(1, echo_request(2));
  wire.there(message(1, echo_request(1))).back(message(1, echo_response(1))).back(message(1, echo_response(2)));
  wire.gap(Direction::forward, request.size());
  play(wire, closing());
  EXPECT_THAT(wire.told(), Each(Not(HasSubstr("violation"))));
  EXPECT_FALSE(wire.facts<DicomOperation>(Phase::end).at(1).request_seen);
}

TEST(DicomLoss, AHeadOfACommandIsUsedIfItSaysEnough) {
  Opened wire;
  const Octets request = message(3, store_request(1));
  const std::size_t seen = request.size() - 20;  // within the instance UID
  wire.there(part(request, 0, seen)).gap(Direction::forward, 20).back(message(3, store_response(1)));
  const auto store = wire.facts<DicomOperation>(Phase::end).at(0);
  EXPECT_TRUE(store.request_seen);
  EXPECT_EQ(store.sop_class_uid, kCtImageStorage);
  EXPECT_TRUE(wire.events().back().visibility.lost);
}

TEST(DicomLoss, AResponseThatWasLost) {
  Opened wire;
  wire.there(message(1, echo_request(1))).gap(Direction::backward, message(1, echo_response(1)).size());
  play(wire, closing());
  const auto echo = wire.facts<DicomOperation>(Phase::end).at(0);
  EXPECT_FALSE(echo.status);
  EXPECT_THAT(wire.told()[2], HasSubstr("lost"));
}

TEST(DicomLoss, ARequestCutAfterItsTitles) {
  Wire wire;
  const Octets request = associate_request("CT1", "PACS", {{1, kVerification, {kImplicit}}});
  wire.there(part(request, 0, 62)).gap(Direction::forward, request.size() - 62);
  const Octets accept = associate_accept({{1, 0, kImplicit}});
  wire.back(part(accept, 0, 62)).gap(Direction::backward, accept.size() - 62);
  wire.there(message(1, echo_request(1))).back(message(1, echo_response(1)));
  play(wire, closing());
  EXPECT_EQ(wire.told().front(),
            "dicom.association start CT1>PACS accepted=yes contexts=0/0 operations=0 data=0+0 lost");
  EXPECT_THAT(wire.told(), Each(Not(HasSubstr("violation"))));
  EXPECT_THAT(wire.told().back(), HasSubstr("end=released operations=1"));
}

// Who asks may leave holes in what he says.
TEST(DicomLoss, AHoleOfTheOpenersHidesNoAnswerAndOneOfTheAcceptorsMay) {
  const auto unanswered = [](Direction hole, CloseReason reason) {
    Wire wire;
    wire.connection().direction[index_of(Direction::backward)].packets = 1;  // its SYN-ACK
    wire.there(opening()[0].bytes).gap(hole, 5000).say(hole, Octets{0}).close(reason);
    const auto ends = wire.facts<DicomAssociation>(Phase::end);
    EXPECT_EQ(ends.size(), 1U);
    return !ends.empty() && ends[0].unanswered;
  };
  EXPECT_TRUE(unanswered(Direction::forward, CloseReason::reset));
  EXPECT_TRUE(unanswered(Direction::forward, CloseReason::timed_out));
  EXPECT_FALSE(unanswered(Direction::backward, CloseReason::reset));
  EXPECT_FALSE(unanswered(Direction::forward, CloseReason::capture_ended)) << "it may still come";
  Opened answered;
  answered.gap(Direction::forward, 5000).close(CloseReason::reset);
  EXPECT_FALSE(answered.facts<DicomAssociation>(Phase::end).at(0).unanswered);
}

TEST(DicomLoss, ARequestSeenAfterItsAcceptance) {
  Wire wire;
  const Session both = opening();
  wire.back(both[1].bytes).there(both[0].bytes).there(message(1, echo_request(1))).back(message(1, echo_response(1)));
  play(wire, closing());
  wire.close();
  EXPECT_EQ(wire.facts<DicomAssociation>(Phase::start).size(), 1U);
  const auto ends = wire.facts<DicomAssociation>(Phase::end);
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_EQ(ends[0].calling_ae, "CT1");
  EXPECT_EQ(ends[0].contexts[0].abstract_syntax, kVerification);
}

TEST(DicomLoss, OneDirectionOnly) {
  Wire requests;
  for (const Segment& segment : long_day()) {
    if (segment.direction == Direction::forward) requests.there(segment.bytes);
  }
  requests.close();
  EXPECT_THAT(requests.told(), Each(Not(HasSubstr("violation"))));
  EXPECT_THAT(requests.told().back(), HasSubstr("CT1>PACS accepted=? contexts=0/5 end=released operations=5"));
  for (const DicomOperation& operation : requests.facts<DicomOperation>(Phase::end)) {
    EXPECT_EQ(operation.status.has_value(), operation.invoker == Invoker::acceptor)
        << "what the acceptor invoked, the opener answered";
  }

  Wire responses;
  for (const Segment& segment : long_day()) {
    if (segment.direction == Direction::backward) responses.back(segment.bytes);
  }
  responses.close();
  EXPECT_THAT(responses.told(), Each(Not(HasSubstr("violation"))));
  EXPECT_THAT(responses.told().back(), HasSubstr("?>? accepted=yes contexts=5/5 end=released"));
}

// A hole anywhere, of any size: nothing false is told, and the association's end is found again.
TEST(DicomLoss, AHoleAnywhere) {
  const Session session = opening() +
                          Session{there(message(3, store_request(1), ct_image(600), 300)),
                                  back(message(3, store_response(1))),
                                  there(message(1, echo_request(2))),
                                  back(message(1, echo_response(2))),
                                  there(message(1, echo_request(3))),
                                  back(message(1, echo_response(3)))} +
                          closing();
  for (std::size_t i = 0; i < session.size(); ++i) {
    const Octets& whole = session[i].bytes;
    for (std::size_t from = 0; from < whole.size(); from += 3) {
      for (const std::size_t length : {std::size_t{1}, std::size_t{40}, whole.size()}) {
        const std::size_t to = std::min(from + length, whole.size());
        Wire wire;
        for (std::size_t j = 0; j < session.size(); ++j) {
          if (j != i) {
            wire.say(session[j].direction, session[j].bytes);
            continue;
          }
          if (from != 0) wire.say(session[i].direction, part(whole, 0, from));
          wire.gap(session[i].direction, to - from);
          if (to != whole.size()) wire.say(session[i].direction, part(whole, to, whole.size()));
        }
        wire.close();
        ASSERT_THAT(wire.told(), Each(Not(HasSubstr("violation")))) << i << ' ' << from << ' ' << to;
        ASSERT_EQ(wire.facts<DicomAssociation>(Phase::end).size(), 1U) << i << ' ' << from << ' ' << to;
        ASSERT_LE(wire.facts<DicomOperation>(Phase::end).size(), 3U) << i << ' ' << from << ' ' << to;
        ASSERT_GE(wire.facts<DicomOperation>(Phase::end).size(), 2U) << i << ' ' << from << ' ' << to;
      }
    }
  }
}

}  // namespace
}  // namespace dcmwatch::test
