#include <gtest/gtest.h>

#include "relate/department.h"

namespace dcmwatch {
namespace {

using namespace test;

struct Retrievals : testing::Test {
  Department department;

  Event move(std::uint64_t conversation, std::uint16_t message_id = 1, unsigned study = 0) {
    return department.operation(dimse::kMove, kWs, kPacs, conversation, [&](DicomOperation& move) {
      move.message_id = message_id;
      move.move_destination = "WS1";
      move.sub_operations.completed = 2;
      if (study == 0) return;
      move.study = pseudonym(study);
      move.content = asked_for({.studies = {pseudonym(study)}});
    });
  }
  static DicomContent asked_for(AskedFor uids) {
    DicomQuery query;
    query.asked_for = std::move(uids);
    return query;
  }
  Event move_of(AskedFor uids, std::uint64_t conversation) {
    Event event = move(conversation);
    std::get<DicomOperation>(event.facts).content = asked_for(std::move(uids));
    return event;
  }
  Event store_of(unsigned study, unsigned series, unsigned instance, std::uint64_t conversation,
                 std::string_view from = kPacs) {
    return department.operation(dimse::kStore, from, kWs, conversation, [&](DicomOperation& store) {
      StoredObject object;
      if (series != 0) object.series = pseudonym(series);
      store.study = pseudonym(study);
      store.instance = pseudonym(instance);
      store.content = object;
    });
  }
  Event store_for(std::uint16_t message_id, std::uint64_t conversation, std::string_view from = kPacs,
                  std::string_view originator = "WS1") {
    return department.operation(dimse::kStore, from, kWs, conversation, [&](DicomOperation& store) {
      store.originator_ae = originator;
      store.originator_message_id = message_id;
    });
  }
  Event store_of(unsigned study, std::uint64_t conversation, std::string_view from = kPacs) {
    return department.operation(dimse::kStore, from, kWs, conversation,
                                [&](DicomOperation& store) { store.study = pseudonym(study); });
  }
  std::vector<std::pair<std::uint64_t, LinkCertainty>> causes() {
    std::vector<std::pair<std::uint64_t, LinkCertainty>> causes;
    for (const Link& link : department.links()) causes.emplace_back(link.cause, link.certainty);
    return causes;
  }
  using Causes = std::vector<std::pair<std::uint64_t, LinkCertainty>>;
};

TEST_F(Retrievals, AStoreThatNamesItsMoveIsTiedToItWhenItBegins) {
  department.see_in(Phase::start, move(7, 3));
  department.see_in(Phase::start, store_for(3, 8));
  ASSERT_EQ(department.links().size(), 1U);
  const Link link = department.links().front();
  EXPECT_EQ(link.kind, LinkKind::move_caused_store);
  EXPECT_EQ(link.certainty, LinkCertainty::originator);
  EXPECT_EQ(link.cause, 7U);
  EXPECT_EQ(link.effect, 8U);
  EXPECT_EQ(link.delay, 2ms);
  EXPECT_EQ(department.told.front().conversation, 8U);
  EXPECT_EQ(department.told.front().ordinal, 0U);
}

TEST_F(Retrievals, AConversationIsToldOnceForEachMoveThatItServes) {
  department.see_in(Phase::start, move(7, 1));
  for (int object = 0; object < 3; ++object) department.see(store_for(1, 8));
  department.see_in(Phase::start, move(7, 2));
  department.see(store_for(2, 8));
  department.see(store_for(2, 9));  // beside it
  EXPECT_EQ(causes(), (Causes(3, {7, LinkCertainty::originator})));
}

TEST_F(Retrievals, AnotherNodeOfTheArchiveMaySend) {
  department.see_in(Phase::start, move(7, 3));
  department.see_in(Phase::start, store_for(3, 8, kOtherNode));
  EXPECT_EQ(causes(), (Causes{{7, LinkCertainty::originator}}));
}

TEST_F(Retrievals, OfTwoWithTheSameWordsOneGoesOnAndTheOtherIsOver) {
  department.see(move(5, 1));
  department.see_in(Phase::start, move(7, 1));
  department.see_in(Phase::start, store_for(1, 8));
  EXPECT_EQ(causes(), (Causes{{7, LinkCertainty::originator}}));
}

TEST_F(Retrievals, TwoThatGoOnWithTheSameWordsAreADoubt) {
  department.see_in(Phase::start, move(5, 1));
  department.see_in(Phase::start, move(7, 1));
  department.see_in(Phase::start, store_for(1, 8));
  EXPECT_EQ(causes(), (Causes{{7, LinkCertainty::ambiguous}}));
}

TEST_F(Retrievals, AStoreThatNamesNobodysMoveIsTiedToNone) {
  department.see_in(Phase::start, move(7, 3));
  department.see_in(Phase::start, store_for(4, 8));
  department.see_in(Phase::start, store_for(3, 8, kPacs, "WS2"));
  EXPECT_TRUE(department.links().empty());
}

TEST_F(Retrievals, WithoutOriginatorDestinationAndStudySayIt) {
  department.see_in(Phase::start, move(5, 1, 100));
  department.see_in(Phase::start, move(7, 1, 200));
  department.see(store_of(200, 8));
  department.see(store_of(300, 9));  // nobody asked for it
  EXPECT_EQ(causes(), (Causes{{7, LinkCertainty::content}}));
}

TEST_F(Retrievals, WithoutOriginatorAnotherNodeOfTheArchiveMaySendToo) {
  department.see_in(Phase::start, move(7, 1, 200));
  department.see(store_of(200, 8, kOtherNode));
  EXPECT_EQ(causes(), (Causes{{7, LinkCertainty::content}}));
}

TEST_F(Retrievals, OfTwoMovesTheOneThatAskedForTheSeriesIsMeant) {
  department.see_in(Phase::start, move_of({.studies = {pseudonym(100)}, .series = {print(60)}}, 6));
  department.see_in(Phase::start, move_of({.studies = {pseudonym(100)}, .series = {print(61)}}, 7));
  department.see(store_of(100, 60, 1, 8));
  EXPECT_EQ(causes(), (Causes{{6, LinkCertainty::content}}));
}

TEST_F(Retrievals, AnInstanceThatWasNotAskedForIsTiedToNone) {
  department.see_in(Phase::start,
                    move_of({.studies = {pseudonym(100)}, .series = {print(60)}, .instances = {print(99)}}, 7));
  department.see(store_of(100, 60, 40, 8));
  EXPECT_TRUE(department.links().empty());
  department.see(store_of(100, 60, 99, 8));
  EXPECT_EQ(causes(), (Causes{{7, LinkCertainty::content}}));
}

TEST_F(Retrievals, OfAListOfStudiesEachWasAskedForFromWhicheverNode) {
  department.see_in(Phase::start, move_of({.studies = {pseudonym(50), pseudonym(51)}}, 7));
  department.see(store_of(99, 8));
  department.see(store_of(51, 9, kOtherNode));
  EXPECT_EQ(causes(), (Causes{{7, LinkCertainty::content}}));
}

TEST_F(Retrievals, WhatDoesNotSayTheSeriesThatWasAskedForIsADoubt) {
  department.see_in(Phase::start, move_of({.studies = {pseudonym(100)}, .series = {print(60)}}, 7));
  department.see(store_of(100, 0, 1, 8));
  EXPECT_EQ(causes(), (Causes{{7, LinkCertainty::ambiguous}}));
}

TEST_F(Retrievals, WhatMayHaveBeenAskedForBeyondTheLimitIsADoubt) {
  department.see_in(Phase::start, move_of({.studies = {pseudonym(100)}, .left_some_out = true}, 7));
  department.see(store_of(200, 8));
  EXPECT_EQ(causes(), (Causes{{7, LinkCertainty::ambiguous}}));
}

TEST_F(Retrievals, TwoThatGoOnOnOneAssociationAndAskForTheSameAreADoubt) {
  Event other = move(7, 2, 200);
  department.see_in(Phase::start, move(7, 1, 200));
  department.see_in(Phase::start, other);
  department.see(store_of(200, 8));
  EXPECT_EQ(causes(), (Causes{{7, LinkCertainty::ambiguous}}));
}

TEST_F(Retrievals, OfAPatientAllIsAskedFor) {
  Event asked = move_of({}, 7);
  std::get<DicomOperation>(asked.facts).patient = pseudonym(1);
  department.see_in(Phase::start, asked);
  for (const unsigned patient : {2U, 1U}) {
    Event store = store_of(200, 6 + patient);
    std::get<DicomOperation>(store.facts).patient = pseudonym(patient);
    department.see(store);
  }
  EXPECT_EQ(causes(), (Causes{{7, LinkCertainty::content}}));
}

TEST_F(Retrievals, AnOriginatorWithoutItsMessageIdLeavesItToWhatWasAskedFor) {
  department.see_in(Phase::start, move(7, 3, 200));
  Event store = store_of(200, 8);
  auto& operation = std::get<DicomOperation>(store.facts);
  operation.originator_ae = "WS2";
  department.see(store);
  EXPECT_TRUE(department.links().empty());
  operation.originator_ae = "WS1";
  department.see(store);
  EXPECT_EQ(causes(), (Causes{{7, LinkCertainty::content}}));
}

TEST_F(Retrievals, TheDestinationAloneIsADoubt) {
  department.see_in(Phase::start, move(7));
  department.see(store_of(200, 8));
  EXPECT_EQ(causes(), (Causes{{7, LinkCertainty::ambiguous}}));
}

TEST_F(Retrievals, WhatComesLongAfterAMoveWasNotCausedByIt) {
  department.see(move(7, 3, 200));
  department.pass(59s);
  department.see(store_for(3, 8));
  department.pass(2s);
  department.see(store_for(3, 9));
  department.see(store_of(200, 10));
  EXPECT_EQ(causes(), (Causes{{7, LinkCertainty::originator}}));
}

TEST_F(Retrievals, OfAMoveWhoseStoresMayHaveBeenThoseOfAnotherItIsNotToldThatNoneWasSeen) {
  const Event one = move(5, 1, 200);
  const Event other = move(7, 1, 200);
  for (const Event& asked : {one, other}) department.see_in(Phase::start, asked);
  department.see(store_of(200, 8));
  for (const Event& answered : {one, other}) department.see(answered);
  department.finish();
  EXPECT_EQ(causes(), (Causes{{7, LinkCertainty::ambiguous}}));
}

TEST_F(Retrievals, AMoveWhoseStoresWereNotSeenIsToldWithoutEffect) {
  department.see(move(7));
  department.pass(62s);
  ASSERT_EQ(department.links().size(), 1U);
  EXPECT_EQ(department.links().front().cause, 7U);
  EXPECT_EQ(department.links().front().effect, 0U);
  EXPECT_EQ(department.links().front().certainty, LinkCertainty::none);
  EXPECT_EQ(department.links().front().outcome, Outcome::unknown);
  department.finish();
  EXPECT_EQ(department.links().size(), 1U);
}

TEST_F(Retrievals, AMoveThatFailedAndCausedNothingIsToldWithItsOwnOutcome) {
  Event refused = move(7);
  auto& operation = std::get<DicomOperation>(refused.facts);
  operation.sub_operations.completed = 0;
  operation.status = 0xA702;
  operation.study = pseudonym(100);
  department.see(refused);
  department.finish();
  ASSERT_EQ(department.links().size(), 1U);
  const Link link = department.links().front();
  EXPECT_EQ(link.certainty, LinkCertainty::none);
  EXPECT_EQ(link.effect, 0U);
  EXPECT_EQ(link.outcome, Outcome::failure);
  EXPECT_EQ(link.cause_packet, 1U);
  EXPECT_EQ(link.study, pseudonym(100));
  EXPECT_FALSE(department.told.front().visibility.unfinished);
}

TEST_F(Retrievals, AMoveThatGoesOnWhenTheCaptureEndsIsUnfinished) {
  department.see_in(Phase::start, move(7));
  department.finish();
  ASSERT_EQ(department.links().size(), 1U);
  EXPECT_EQ(department.links().front().outcome, Outcome::unknown);
  EXPECT_TRUE(department.told.front().visibility.unfinished);
}

TEST_F(Retrievals, OnAReusedAssociationThePacketsTellWhichStoreBelongsToWhichMove) {
  department.see_in(Phase::start, move(7, 1));
  department.see(store_for(1, 8));
  department.see_in(Phase::start, move(7, 2));
  department.see(store_for(2, 8));
  const auto links = department.links();
  ASSERT_EQ(links.size(), 2U);
  EXPECT_EQ((std::array{links[0].cause_packet, links[0].effect_packet}), (std::array<std::uint64_t, 2>{1, 3}));
  EXPECT_EQ((std::array{links[1].cause_packet, links[1].effect_packet}), (std::array<std::uint64_t, 2>{5, 7}));
}

TEST_F(Retrievals, OfAGetTheStoresComeOnItsAssociation) {
  const auto get = [&](std::uint64_t conversation) {
    return department.operation(dimse::kGet, kWs, kPacs, conversation, [](DicomOperation&) {});
  };
  const auto sub_operation = [&](std::uint64_t conversation) {
    return department.operation(dimse::kStore, kWs, kPacs, conversation,
                                [](DicomOperation& store) { store.invoker = Invoker::acceptor; });
  };
  department.see_in(Phase::start, get(7));
  department.see(sub_operation(7));
  department.see(sub_operation(7));
  department.see(sub_operation(8));
  ASSERT_EQ(department.links().size(), 1U);
  EXPECT_EQ(department.links().front().kind, LinkKind::get_caused_store);
  EXPECT_EQ(department.links().front().certainty, LinkCertainty::association);
  EXPECT_EQ(department.links().front().effect, 7U);
}

TEST_F(Retrievals, WhomTheStoreCallsSaysMoreThanWhichGoesOn) {
  department.see(move(5, 1));
  Event elsewhere = move(7, 1);
  std::get<DicomOperation>(elsewhere.facts).move_destination = "ROGUE";
  department.see_in(Phase::start, elsewhere);
  department.see_in(Phase::start, store_for(1, 8));
  EXPECT_EQ(causes(), (Causes{{5, LinkCertainty::originator}}));
}

TEST_F(Retrievals, AStoreThatCallsAnotherThanTheMoveNamesIsADoubt) {
  Event elsewhere = move(7, 1);
  std::get<DicomOperation>(elsewhere.facts).move_destination = "ROGUE";
  department.see_in(Phase::start, elsewhere);
  department.see_in(Phase::start, store_for(1, 8));
  EXPECT_EQ(causes(), (Causes{{7, LinkCertainty::ambiguous}}));
}

TEST_F(Retrievals, OneThatFailedAndCompletedNothingCausesNothingMore) {
  Event refused = move(7, 1);
  auto& operation = std::get<DicomOperation>(refused.facts);
  operation.sub_operations = {};
  operation.status = 0xA801;
  department.see(move(5, 1));
  department.see(refused);
  department.see_in(Phase::start, store_for(1, 8));
  EXPECT_EQ(causes(), (Causes{{5, LinkCertainty::originator}}));
}

TEST_F(Retrievals, ThoseWhoseWordsDoNotFitAreNotLookedAt) {
  department.limits.retrieval_candidates = 2;
  department.see_in(Phase::start, move(7, 3, 200));
  for (std::uint16_t id = 10; id < 100; ++id) {
    Event other = move(id, id);
    std::get<DicomOperation>(other.facts).move_destination = "ELSEWHERE";
    department.see_in(Phase::start, other);
  }
  department.see_in(Phase::start, store_for(3, 8));
  department.see(store_of(200, 9));
  EXPECT_EQ(causes(), (Causes{{7, LinkCertainty::originator}, {7, LinkCertainty::content}}));
  EXPECT_EQ(department.times_reached("retrieval_candidates"), 0U);
}

TEST_F(Retrievals, OfTooManyWhoseWordsFitTheLatestAreLookedAtAndADoubt) {
  department.limits.retrieval_candidates = 2;
  for (std::uint64_t conversation = 5; conversation < 8; ++conversation)
    department.see_in(Phase::start, move(conversation, 1));
  department.see_in(Phase::start, store_for(1, 8));
  EXPECT_EQ(causes(), (Causes{{7, LinkCertainty::ambiguous}}));
  EXPECT_EQ(department.times_reached("retrieval_candidates"), 1U);
}

TEST_F(Retrievals, ConversationsBeyondTheLimitAreCounted) {
  department.limits.retrieval_effects = 2;
  department.see_in(Phase::start, move(7, 1));
  for (std::uint64_t conversation = 8; conversation < 11; ++conversation) department.see(store_for(1, conversation));
  EXPECT_EQ(causes().size(), 2U);
  EXPECT_EQ(department.times_reached("retrieval_effects"), 1U);
}

TEST_F(Retrievals, BeyondTheLimitTheOldestIsForgotten) {
  department.limits.relate_open = 2;
  for (std::uint16_t id = 1; id <= 3; ++id) department.see_in(Phase::start, move(id, id));
  department.see(store_for(1, 8));
  department.see(store_for(2, 8));
  EXPECT_EQ(causes(), (Causes{{2, LinkCertainty::originator}}));
  EXPECT_EQ(department.relater().forgotten(), 1U);
}

}  // namespace
}  // namespace dcmwatch
