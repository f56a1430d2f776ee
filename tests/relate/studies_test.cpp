#include <gtest/gtest.h>

#include "relate/department.h"
#include "written_contexts.h"

namespace dcmwatch {
namespace {

using namespace test;

struct Studies : testing::Test {
  Department department;

  void store(unsigned study, unsigned instance, std::string_view source = kCt, std::string_view destination = kPacs,
             std::uint64_t conversation = 7, std::uint16_t status = 0) {
    department.see(department.store(study, instance, source, destination, conversation, status));
  }
  std::vector<Link> links(LinkKind kind) {
    std::vector<Link> links = department.links();
    std::erase_if(links, [kind](const Link& link) { return link.kind != kind; });
    return links;
  }
  /// That the objects of the CT were committed, and that some were not.
  Event report(const std::vector<unsigned>& committed, const std::vector<unsigned>& failed,
               std::string_view reporter = kPacs) {
    return department.operation(dimse::kEventReport, reporter, kCt, 9, [&](DicomOperation& report) {
      StorageCommitment commitment;
      for (const unsigned instance : committed) commitment.instances.push_back(print(instance));
      for (const unsigned instance : failed) commitment.failed_instances.push_back(print(instance));
      report.content = DicomContent{commitment};
    });
  }
  /// By a completed step of study 100.
  void list(const std::vector<unsigned>& instances, std::string_view by = kCt) {
    const auto see = [&](std::uint16_t command, PerformedStep step) {
      department.see(department.operation(command, by, kRis, 9, [&](DicomOperation& operation) {
        operation.instance = pseudonym(77);
        operation.content = DicomContent{std::move(step)};
      }));
    };
    PerformedStep begun;
    begun.scheduled = {step_of_study(100)};
    see(dimse::kCreate, begun);
    PerformedStep ended;
    ended.status = "COMPLETED";
    for (const unsigned instance : instances) ended.instances.push_back(print(instance));
    see(dimse::kSet, ended);
  }
  DicomStudy latest() { return department.studies().back(); }
  DicomStudy only() {
    EXPECT_EQ(department.studies().size(), 1U);
    return department.studies().empty() ? DicomStudy{} : department.studies().back();
  }
  /// With its only context.
  Event association_refused(std::string_view sender) {
    Event ended = department.store(100, 1, sender, kPacs, 7);
    DicomAssociation association;
    association.contexts = contexts_of({{1, "1.2.840.10008.5.1.4.1.1.2", {}, std::uint8_t{3}, {}}});
    ended.facts = association;
    return ended;
  }
};

TEST_F(Studies, AStudyIsToldOnceItHasBeenQuiet) {
  for (unsigned instance = 1; instance <= 3; ++instance) store(100, instance);
  department.pass(10min);
  EXPECT_TRUE(department.studies().empty());
  department.pass(1s);
  const DicomStudy study = only();
  EXPECT_EQ(study.study, pseudonym(100));
  EXPECT_EQ(study.stored, 3U);
  EXPECT_EQ(study.failed, 0U);
  EXPECT_EQ(study.bytes, 3000U);
  EXPECT_EQ(study.sender_ae, "CT1");
  EXPECT_EQ(study.receiver_ae, "PACS");
  EXPECT_EQ(study.announced, std::nullopt);
  EXPECT_EQ(study.missing, std::nullopt);
  const Event& event = department.told.back();
  EXPECT_EQ(event.phase, Phase::end);
  EXPECT_EQ(event.conversation, 7U);
  EXPECT_EQ(event.ordinal, 0U);
  EXPECT_EQ(event.first.packet, 1U);
  EXPECT_EQ(event.last.packet, 6U);
  EXPECT_FALSE(event.visibility.impaired());
}

TEST_F(Studies, WhatComesAfterTheQuietIsAnotherRecordWheneverTimeIsLookedAt) {
  store(100, 1);
  Event late = department.store(100, 2, kCt, kPacs, 8);
  late.first.time += 11min;
  late.last.time += 11min;
  department.see(late);
  EXPECT_EQ(only().stored, 1U);
  department.finish();
  EXPECT_EQ(department.studies().size(), 2U);
}

TEST_F(Studies, AtTheEndOfACaptureAStudyMayNotBeOver) {
  store(100, 1);
  department.finish();
  EXPECT_EQ(only().stored, 1U);
  EXPECT_TRUE(only().preliminary);
  EXPECT_FALSE(department.told.back().visibility.impaired()) << "what was seen was seen";
}

TEST_F(Studies, WhatBecameOfAnInstanceFollowsFromWhatItWas) {
  enum class As { stored, failed, unseen };
  const auto see = [&](unsigned study, As as, std::uint64_t conversation) {
    Event event = department.store(study, study, kCt, kPacs, conversation, as == As::failed ? 0xA700 : 0);
    if (as == As::unseen) {
      std::get<DicomOperation>(event.facts).status.reset();
      event.visibility.lost = true;
    }
    department.see(event);
  };
  struct Row {
    std::vector<As> before;
    As now;
    std::array<std::uint64_t, 6> counted;  // stored, failed, not visible, resolved, repeated, failed repetitions
    std::optional<std::pair<LinkKind, Outcome>> link;
  };
  const std::vector<Row> rows{
      {{}, As::stored, {1, 0, 0, 0, 0, 0}, {}},
      {{}, As::failed, {0, 1, 0, 0, 0, 0}, {}},
      {{}, As::unseen, {0, 0, 1, 0, 0, 0}, {}},
      {{As::unseen}, As::stored, {1, 0, 0, 0, 0, 0}, {}},
      {{As::unseen}, As::failed, {0, 1, 0, 0, 0, 0}, {}},
      {{As::failed}, As::stored, {1, 0, 0, 1, 0, 0}, {{LinkKind::store_resolved, Outcome::success}}},
      {{As::failed}, As::failed, {0, 1, 0, 0, 0, 0}, {}},
      {{As::failed}, As::unseen, {0, 1, 0, 0, 0, 0}, {}},
      {{As::stored}, As::stored, {1, 0, 0, 0, 1, 0}, {{LinkKind::store_repeated, Outcome::success}}},
      {{As::stored}, As::failed, {1, 0, 0, 0, 0, 1}, {{LinkKind::store_repeated, Outcome::failure}}},
      {{As::stored}, As::unseen, {1, 0, 0, 0, 0, 0}, {{LinkKind::store_repeated, Outcome::unknown}}},
  };
  for (unsigned i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    for (const As before : row.before) see(i + 1, before, 7);
    const std::size_t links_before = department.links().size();
    see(i + 1, row.now, 8);
    const auto links = department.links();
    ASSERT_EQ(links.size() - links_before, row.link ? 1U : 0U) << "row " << i;
    if (row.link) {
      EXPECT_EQ(links.back().kind, row.link->first) << "row " << i;
      EXPECT_EQ(links.back().outcome, row.link->second) << "row " << i;
      EXPECT_EQ(links.back().study, pseudonym(i + 1));
      EXPECT_LT(links.back().cause_packet, links.back().effect_packet);
    }
  }
  department.finish();
  ASSERT_EQ(department.studies().size(), rows.size());
  for (unsigned i = 0; i < rows.size(); ++i) {
    const DicomStudy study = department.studies()[i];
    EXPECT_EQ((std::array{study.stored, study.failed, study.not_visible, study.resolved, study.repeated,
                          study.failed_repetitions}),
              rows[i].counted)
        << "row " << i;
  }
}

TEST_F(Studies, AStudyTellsWhyItsObjectsFailed) {
  store(100, 1, kCt, kPacs, 7, 0xA700);
  store(100, 2, kCt, kPacs, 7, 0xC000);
  store(100, 3, kCt, kPacs, 7, 0xA700);
  Event broken_off = department.store(100, 4, kCt, kPacs, 7);
  std::get<DicomOperation>(broken_off.facts).status.reset();
  department.see(broken_off);
  Event ended = broken_off;
  DicomAssociation association;
  constexpr std::string_view kCtImage = "1.2.840.10008.5.1.4.1.1.2", kSr = "1.2.840.10008.5.1.4.1.1.88.11";
  association.contexts = contexts_of({{1, kCtImage, {}, std::uint8_t{4}, {}},
                                      {3, kCtImage, {}, std::uint8_t{0}, {}},
                                      {5, kSr, {}, std::uint8_t{3}, {}},
                                      {7, kSr, {}, std::uint8_t{3}, {}}});
  ended.facts = association;
  ended.first.time -= 1min;
  department.see(ended);
  ended.conversation = 8;
  department.see(ended);
  department.finish();
  std::vector<std::pair<std::string, std::uint64_t>> failures;
  for (const auto& [reason, count] : only().failures) failures.emplace_back(reason.view(), count);
  EXPECT_EQ(failures, (decltype(failures){{"A700", 2}, {"C000", 1}, {"refused_context", 1}, {"unanswered", 1}}));
  EXPECT_EQ(only().last_failure, broken_off.last.time);
}

TEST_F(Studies, BeyondTheLimitOtherReasonsAreCountedTogether) {
  department.limits.study_failures = 2;
  for (unsigned i = 1; i <= 5; ++i) store(100, i, kCt, kPacs, 7, static_cast<std::uint16_t>(0xA700 + i));
  department.finish();
  ASSERT_EQ(only().failures.size(), 3U);
  EXPECT_EQ(only().failures.back().reason, "other");
  EXPECT_EQ(only().failures.back().count, 3U);
}

TEST_F(Studies, WhatNamesNoStudyIsToldAsUnassigned) {
  const auto see = [&](unsigned instance, std::uint64_t conversation) {
    Event event = department.store(100, instance, kCt, kPacs, conversation);
    std::get<DicomOperation>(event.facts).study = {};
    event.visibility.joined_midway = true;
    department.see(event);
  };
  see(1, 7);
  see(2, 7);
  department.finish();
  EXPECT_TRUE(only().study.empty());
  EXPECT_EQ(only().unassigned, 2U);
  EXPECT_EQ(only().stored, 2U);
  EXPECT_EQ(only().not_told_apart, 0U);
  EXPECT_TRUE(department.told.back().visibility.joined_midway);
}

TEST_F(Studies, WhatCannotBeAssignedIsToldThoughItNeverFallsQuiet) {
  for (unsigned minute = 1; minute <= 12; ++minute) {
    Event event = department.store(100, minute, kCt, kPacs, 7);
    std::get<DicomOperation>(event.facts).study = {};
    department.see(event);
    department.pass(1min);
  }
  EXPECT_EQ(only().unassigned, 10U);
}

TEST_F(Studies, AnInstanceThatIsKnownTellsWhichStudyItIsOf) {
  store(100, 1);
  Event again = department.store(100, 1, kPacs, kVna, 8);
  std::get<DicomOperation>(again.facts).study = {};
  department.see(again);
  department.finish();
  ASSERT_EQ(department.studies().size(), 2U);
  EXPECT_EQ(department.studies().back().study, pseudonym(100));
  EXPECT_EQ(department.studies().back().unassigned, 0U);
}

TEST_F(Studies, WhatFailedBeforeItsStudyWasReadIsResolvedBetweenTheSameTwoAlone) {
  Event broken_off = department.store(100, 1, kCt, kPacs, 7);
  auto& operation = std::get<DicomOperation>(broken_off.facts);
  operation.study = {};
  operation.status.reset();
  department.see(broken_off);
  department.see(broken_off);
  store(100, 1, kMr, kPacs, 8);
  EXPECT_TRUE(department.links().empty());
  store(100, 1, kCt, kPacs, 9);
  department.finish();
  ASSERT_EQ(department.links().size(), 1U);
  const Link link = department.links().front();
  EXPECT_EQ(link.kind, LinkKind::store_resolved);
  EXPECT_EQ((std::array{link.cause, link.effect}), (std::array<std::uint64_t, 2>{7, 9}));
  ASSERT_EQ(department.studies().size(), 3U);
  const DicomStudy unassigned = department.studies()[0];
  EXPECT_EQ((std::array{unassigned.failed, unassigned.resolved, unassigned.unassigned}),
            (std::array<std::uint64_t, 3>{0, 1, 2}));
}

TEST_F(Studies, WhatWasAnnouncedByOneWhoseContextsWereRefusedSaysSo) {
  department.see(association_refused(kCt));
  list({1, 2});
  department.finish();
  EXPECT_EQ(only().unsent, 2U);
  ASSERT_EQ(only().failures.size(), 1U);
  EXPECT_EQ(only().failures.front().reason, "refused_context");
}

TEST_F(Studies, ContextsOfAnotherOrOfAnotherHourAreNoReason) {
  department.see(association_refused(kCt));
  department.pass(11min);
  department.see(association_refused(kMr));
  list({1});
  department.finish();
  EXPECT_EQ(only().unsent, 1U);
  EXPECT_TRUE(only().failures.empty());
}

TEST_F(Studies, WhatCouldNotBeAssignedIsNotMissing) {
  Event unassigned = department.store(100, 1, kCt, kPacs, 7);
  std::get<DicomOperation>(unassigned.facts).study = {};
  department.see(unassigned);
  store(100, 2);
  list({1, 2, 3});
  department.finish();
  ASSERT_EQ(department.studies().size(), 2U);
  EXPECT_EQ(department.studies()[0].unassigned, 1U);
  EXPECT_EQ(department.studies()[1].announced, 3U);
  EXPECT_EQ(department.studies()[1].missing, 1U);
}

TEST_F(Studies, EachWayThatAStudyGoesIsTold) {
  store(100, 1, kCt, kPacs, 7);
  store(100, 2, kCt, kPacs, 8);
  store(100, 1, kPacs, kVna, 9);
  store(100, 1, kPacs, kAi, 10);
  store(200, 3, kMr, kPacs, 11);
  department.finish();
  const auto studies = department.studies();
  ASSERT_EQ(studies.size(), 4U);
  EXPECT_EQ(studies[0].stored, 2U);
  EXPECT_EQ(studies[0].forwarded, 1U) << "the PACS sent one of them on";
  EXPECT_EQ(studies[1].stored, 1U);
  EXPECT_EQ(studies[1].forwarded, 0U);
  EXPECT_EQ(to_text(department.told[1].parties.destination.address), kVna);
  EXPECT_EQ(to_text(department.told[2].parties.destination.address), kAi);
  EXPECT_EQ(studies[3].study, pseudonym(200));
  EXPECT_EQ(department.told[0].parties.source.port, 0) << "two associations do not share it";
  EXPECT_EQ(department.told[0].parties.destination.port, 104);
}

TEST_F(Studies, WhatOneOfTwoOnAHostHasTakenTheOtherMayRefuse) {
  const auto store_at = [&](std::string_view title, std::uint16_t port, std::uint16_t status,
                            std::uint64_t conversation) {
    Event event = department.store(100, 1, kCt, kPacs, conversation, status);
    std::get<DicomOperation>(event.facts).called_ae = AeTitle{title};
    event.parties.destination.port = port;
    department.see(event);
  };
  store_at("FAST", 104, 0, 7);
  store_at("SLOW", 104, 0xA700, 8);
  store_at("FAST", 11112, 0xC000, 9);
  department.finish();
  const auto studies = department.studies();
  ASSERT_EQ(studies.size(), 3U);
  EXPECT_EQ(studies[0].stored, 1U);
  EXPECT_EQ(studies[0].receiver_ae, "FAST");
  EXPECT_EQ(studies[1].failed, 1U);
  EXPECT_EQ(studies[1].receiver_ae, "SLOW");
  EXPECT_EQ(studies[2].failed, 1U);
  EXPECT_EQ(department.told.back().parties.destination.port, 11112);
  EXPECT_TRUE(links(LinkKind::store_repeated).empty());
}

TEST_F(Studies, WithinAHostTheTitlesTellWhoSentOnWhatItTook) {
  const auto store_between = [&](std::string_view from, std::string_view to, std::uint64_t conversation) {
    Event event = department.store(100, 1, kPacs, kPacs, conversation);
    std::get<DicomOperation>(event.facts).calling_ae = AeTitle{from};
    std::get<DicomOperation>(event.facts).called_ae = AeTitle{to};
    department.see(event);
  };
  store_between("CLIENT", "ARCHIVE", 7);
  store_between("CLIENT", "ROUTER", 8);
  store_between("ROUTER", "ARCHIVE", 9);
  department.finish();
  const auto studies = department.studies();
  ASSERT_EQ(studies.size(), 3U);
  EXPECT_EQ(studies[0].forwarded, 0U);
  EXPECT_EQ(studies[1].forwarded, 1U);
}

TEST_F(Studies, ByCGetTheAcceptorSends) {
  Event event = department.store(100, 1, kWs, kPacs, 7);
  std::get<DicomOperation>(event.facts).invoker = Invoker::acceptor;
  department.see(event);
  department.finish();
  EXPECT_EQ(to_text(department.told.back().parties.source.address), kPacs);
  EXPECT_EQ(to_text(department.told.back().parties.destination.address), kWs);
  EXPECT_EQ(only().sender_ae, "PACS");
  EXPECT_EQ(only().receiver_ae, "WS1");
}

TEST_F(Studies, AFailureThatSucceedsLaterIsResolved) {
  store(100, 1, kCt, kPacs, 7, 0xA700);
  store(100, 2, kCt, kPacs, 7, 0xA700);
  store(100, 1, kCt, kPacs, 8);
  department.finish();
  const DicomStudy study = only();
  EXPECT_EQ(study.stored, 1U);
  EXPECT_EQ(study.failed, 1U);
  const auto resolved = links(LinkKind::store_resolved);
  ASSERT_EQ(resolved.size(), 1U);
  EXPECT_EQ(resolved.front().cause, 7U);
  EXPECT_EQ(resolved.front().effect, 8U);
  EXPECT_EQ(outcome_of(department.told.back()), Outcome::failure);
}

TEST_F(Studies, AWarningIsNoFailure) {
  store(100, 1, kCt, kPacs, 7, 0xB000);
  department.finish();
  EXPECT_EQ(only().stored, 1U);
}

TEST_F(Studies, AnInstanceStoredAgainIsToldEachTime) {
  store(100, 1, kCt, kPacs, 7);
  store(100, 1, kCt, kPacs, 8);
  store(100, 1, kCt, kPacs, 9);
  store(100, 1, kCt, kAi, 10);
  department.finish();
  EXPECT_EQ(department.studies().at(0).stored, 1U);
  EXPECT_EQ(department.studies().at(0).repeated, 2U);
  EXPECT_EQ(department.studies().at(1).repeated, 0U);
  const auto repeated = links(LinkKind::store_repeated);
  ASSERT_EQ(repeated.size(), 2U);
  EXPECT_EQ(repeated[0].times, 1U);
  EXPECT_EQ(repeated[1].times, 2U);
  EXPECT_EQ(repeated[1].cause, 8U);
  EXPECT_EQ(repeated[1].effect, 9U);
}

TEST_F(Studies, AStoreThatWasBrokenOffFailedUnlessItsAnswerMayHaveComeUnseen) {
  const auto unanswered = [&](unsigned instance, bool visible) {
    Event event = department.store(100, instance, kCt, kPacs, 7);
    std::get<DicomOperation>(event.facts).status.reset();
    event.visibility.one_direction = !visible;
    return event;
  };
  department.see(unanswered(1, true));
  department.see(unanswered(2, false));
  department.finish();
  EXPECT_EQ(only().failed, 1U);
  EXPECT_EQ(only().not_visible, 1U);
  EXPECT_EQ(only().stored, 0U);
  EXPECT_TRUE(department.told.back().visibility.one_direction);
}

TEST_F(Studies, WhatItsObjectsAreIsToldOnceEach) {
  for (unsigned instance = 1; instance <= 6; ++instance) {
    Event event = department.store(100, instance, kCt, kPacs, 7);
    StoredObject object;
    object.modality = instance == 6 ? "SR" : "CT";
    object.series = pseudonym(50 + instance % 3);
    std::get<DicomOperation>(event.facts).content = DicomContent{object};
    department.see(event);
  }
  department.finish();
  EXPECT_EQ(only().series, 3U);
  EXPECT_EQ(only().modalities, (std::vector<Code>{"CT", "SR"}));
}

TEST_F(Studies, ALongOneTellsHowFarItIs) {
  for (unsigned instance = 1; instance <= 150; ++instance) {
    store(100, instance);
    department.pass(1s);
  }
  ASSERT_EQ(department.told.size(), 2U);
  EXPECT_EQ(department.told.front().phase, Phase::progress);
  EXPECT_EQ(std::get<DicomStudy>(department.told.front().facts).stored, 61U);
  department.finish();
  EXPECT_EQ(department.studies().back().stored, 150U);
}

TEST_F(Studies, AnObjectThatTakesLongKeepsItsStudyOpen) {
  store(100, 1);
  for (int minute = 0; minute < 15; ++minute) {
    department.pass(1min);
    department.see_in(Phase::progress, department.store(100, 2, kCt, kPacs, 7));
  }
  EXPECT_TRUE(department.studies().empty());
}

TEST_F(Studies, CommitmentIsToldOfTheWayToTheOneThatReports) {
  for (unsigned instance = 1; instance <= 3; ++instance) store(100, instance, kCt, kPacs, 7);
  store(100, 1, kCt, kAi, 8);
  department.see(report({1, 2}, {3, 4}));  // the last was never seen
  department.finish();
  EXPECT_EQ(department.studies().at(0).committed, 2U);
  EXPECT_EQ(department.studies().at(0).commitment_failed, 2U);
  EXPECT_EQ(department.studies().at(1).committed, 0U);
  EXPECT_EQ(outcome_of(department.told.at(0)), Outcome::failure);
}

TEST_F(Studies, ACommitmentReportedAfterTheQuietIsARecordOfItsOwn) {
  for (unsigned instance = 1; instance <= 3; ++instance) store(100, instance, kCt, kPacs, 7);
  store(100, 1, kPacs, kVna, 8);
  department.pass(11min);
  ASSERT_EQ(department.studies().size(), 2U);
  EXPECT_EQ(department.relater().studies().open(), 0U);
  department.pass(26h);
  const Event reported = report({1, 2}, {3, 4});  // the last was never seen
  department.see_in(Phase::progress, reported);
  EXPECT_EQ(department.studies().size(), 2U);
  department.see(reported);  // a piece may be told twice
  ASSERT_EQ(department.studies().size(), 3U);
  const DicomStudy late = latest();
  EXPECT_TRUE(late.is_late_report());
  EXPECT_EQ(late.study, pseudonym(100));
  EXPECT_EQ(late.receiver_ae, "PACS");
  EXPECT_EQ(late.committed, 2U);
  EXPECT_EQ(late.commitment_failed, 2U);
  EXPECT_EQ(late.stored, 0U) << "that was told";
  EXPECT_EQ(to_text(department.told.back().parties.destination.address), kPacs);
  EXPECT_EQ(department.told.back().last.time, reported.last.time);
  department.see(report({1, 2}, {3, 4}));
  EXPECT_EQ(department.studies().size(), 3U) << "nothing new";
  department.see(report({3}, {}));
  EXPECT_EQ(latest().committed, 1U);
}

TEST_F(Studies, AReportFindsAStudyThatHasFallenQuietUnnoticed) {
  store(100, 1);
  Event late = report({1}, {});
  late.last.time += 11min;
  department.see(late);
  ASSERT_EQ(department.studies().size(), 2U);
  EXPECT_EQ(department.studies().front().committed, 0U);
  EXPECT_EQ(department.studies().back().committed, 1U);
}

TEST_F(Studies, AReportIsAwaitedAsLongAsACommitmentIs) {
  store(100, 1);
  department.pass(11min);
  department.pass(24h * 8);
  department.see(report({1}, {}));
  department.finish();
  EXPECT_EQ(department.studies().size(), 1U);
  EXPECT_EQ(department.relater().studies().forgotten(), 0U);
}

TEST_F(Studies, AnObjectStoredAfterTheQuietIsOfTheNewRecord) {
  store(100, 1);
  store(100, 2);
  department.pass(11min);
  store(100, 1);
  department.see(report({1, 2}, {}));
  EXPECT_EQ(latest().committed, 1U) << "of the older one";
  department.finish();
  EXPECT_EQ(department.studies().back().stored, 1U);
  EXPECT_EQ(department.studies().back().committed, 1U);
}

TEST_F(Studies, ThoseThatWereToldMakeRoomFirst) {
  department.limits.studies_instances = 2;
  store(100, 1);
  department.pass(11min);
  store(200, 2);
  store(200, 3);
  EXPECT_EQ(department.relater().studies().forgotten(), 1U);
  EXPECT_EQ(department.relater().studies().told_early(), 0U);
  department.see(report({1}, {}));
  department.finish();
  EXPECT_EQ(department.studies().size(), 2U);
}

TEST_F(Studies, WhatAnotherNodeOfTheArchiveCommitsIsOfTheWayFromTheOneThatAsked) {
  store(100, 1, kCt, kPacs, 7);
  department.see(department.operation(dimse::kAction, kCt, kPacs, 8, [](DicomOperation& action) {
    StorageCommitment commitment;
    commitment.transaction = pseudonym(55);
    action.content = DicomContent{commitment};
  }));
  Event reported = report({}, {}, kOtherNode);
  StorageCommitment commitment;
  commitment.transaction = pseudonym(55);
  commitment.instances = {print(1)};
  std::get<DicomOperation>(reported.facts).content = DicomContent{commitment};
  department.see(reported);
  department.finish();
  EXPECT_EQ(only().committed, 1U);
}

TEST_F(Studies, WhatNobodyAskedOfAStrangerItDoesNotCommit) {
  store(100, 1, kCt, kPacs, 7, 0xA700);
  department.see(report({1}, {}, kAi));
  department.finish();
  EXPECT_EQ(only().committed, 0U);
}

TEST_F(Studies, AReportThatWasRefusedCommitsNothing) {
  store(100, 1, kCt, kPacs, 7);
  Event refused = report({1}, {});
  std::get<DicomOperation>(refused.facts).status = 0x0110;
  department.see(refused);
  department.finish();
  EXPECT_EQ(only().committed, 0U);
}

TEST_F(Studies, AnInstanceOfOneStudyIsAnotherInAnother) {
  store(900, 1, kWs, kAi, 5);
  store(100, 1, kWs, kAi, 5, 0xA700);
  for (unsigned instance = 1; instance <= 3; ++instance) store(100, instance, kCt, kPacs, 7);
  list({1, 2, 3, 4});
  department.see(report({1}, {}));
  department.pass(11min);
  const auto studies = department.studies();
  ASSERT_EQ(studies.size(), 3U);
  for (const DicomStudy& study : studies) EXPECT_EQ(study.not_told_apart, 0U);
  const DicomStudy& honest = studies[2];
  EXPECT_EQ(honest.sender_ae, "CT1");
  EXPECT_EQ(honest.stored, 3U);
  EXPECT_EQ(honest.missing, 1U);
  EXPECT_EQ(honest.committed, 1U) << "though it was known of the other study first";
  EXPECT_EQ(department.times_reached("study_instances"), 0U);
}

TEST_F(Studies, InWhichFurtherStudiesAReportLooksForAnInstanceIsLimited) {
  department.limits.instance_studies = 1;
  store(900, 1, kWs, kAi, 5);
  store(901, 1, kWs, kAi, 5);
  store(100, 1, kCt, kPacs, 7);
  department.see(report({1}, {}));
  department.finish();
  EXPECT_EQ(department.studies().back().committed, 0U);
  EXPECT_EQ(department.times_reached("instance_studies"), 1U);
}

TEST_F(Studies, WhatIsNotToldApartOnOneWayLeavesTheOthersAsTheyAre) {
  department.limits.study_instances = 4;
  for (unsigned instance = 1; instance <= 3; ++instance) store(100, instance, kCt, kPacs, 7);
  list({1, 2, 3, 4});
  store(100, 99, kWs, kAi, 8);
  department.pass(11min);
  ASSERT_EQ(department.studies().size(), 2U);
  EXPECT_EQ(department.studies()[0].missing, 1U);
  EXPECT_EQ(department.studies()[0].not_told_apart, 0U);
  EXPECT_EQ(department.studies()[1].not_told_apart, 1U);
}

TEST_F(Studies, WhatOneAnnouncesTakesNothingFromWhatAnotherDoes) {
  list({1, 2, 3}, kWs);
  for (unsigned instance = 1; instance <= 2; ++instance) store(100, instance, kCt, kPacs, 7);
  list({1, 2, 3});
  department.pass(11min);
  const DicomStudy way = department.studies().front();
  EXPECT_EQ(way.announced, 3U);
  EXPECT_EQ(way.missing, 1U);
  EXPECT_EQ(way.unsent, 1U);
}

TEST_F(Studies, OfTooManyWhoAnnounceThoseWhoSentSomeAreHeard) {
  for (unsigned other = 1; other <= 10; ++other) list({1}, "10.66.0." + std::to_string(other));
  EXPECT_EQ(department.times_reached("study_announcers"), 2U);
  store(100, 1, kCt, kPacs, 7);
  list({1, 2});
  department.pass(11min);
  EXPECT_EQ(department.studies().front().announced, 2U);
  EXPECT_EQ(department.studies().front().missing, 1U);
  EXPECT_EQ(department.times_reached("study_announcers"), 3U);
}

TEST_F(Studies, FurtherWaysThanAreToldDoNotEndAStudy) {
  store(100, 1, kCt, kPacs, 7);
  for (unsigned to = 1; to <= Limits::study_ways + 4; ++to)
    store(100, 50, kWs, "10.66.0." + std::to_string(to), 100 + to);
  store(100, 2, kCt, kPacs, 7);
  list({1, 2, 3});
  EXPECT_TRUE(department.studies().empty());
  department.pass(11min);
  ASSERT_EQ(department.studies().size(), Limits::study_ways);
  EXPECT_EQ(department.studies().front().stored, 2U);
  EXPECT_EQ(department.studies().front().missing, 1U);
  EXPECT_FALSE(department.studies().front().preliminary);
  EXPECT_EQ(department.times_reached("study_ways"), 5U);
}

TEST_F(Studies, WhatWentAFurtherWayIsNotMissed) {
  for (unsigned to = 1; to <= Limits::study_ways; ++to) store(100, 50, kWs, "10.66.0." + std::to_string(to), 100 + to);
  store(100, 1, kCt, kPacs, 7);
  list({1, 2});
  department.pass(11min);
  EXPECT_EQ(department.studies().size(), Limits::study_ways) << "and none without destination";
}

TEST_F(Studies, WhatIsToldEarlyIsPreliminaryAndAccusesNobody) {
  department.limits.studies = 2;
  store(100, 1);
  list({1, 2});
  store(200, 3);
  store(300, 4);
  EXPECT_EQ(only().announced, 2U);
  EXPECT_EQ(only().missing, std::nullopt);
  EXPECT_TRUE(only().preliminary);
}

TEST_F(Studies, ThoseThatFallQuietAtOnceAreToldSomeAtATime) {
  for (unsigned study = 1; study <= 1000; ++study) store(study, study);
  department.pass(11min);
  EXPECT_LE(department.studies().size(), 300U);
  for (int look = 0; look < 4; ++look) department.pass(1s);
  EXPECT_EQ(department.studies().size(), 1000U);
}

TEST_F(Studies, ToForgetOneLongAfterItWasToldIsAMatterOfCourse) {
  department.limits.studies = 1;
  store(100, 1);
  department.pass(11min);
  department.pass(1h);
  store(200, 2);
  department.pass(11min);
  EXPECT_EQ(department.times_reached("told_studies"), 0U);
  store(300, 3);
  department.pass(11min);
  EXPECT_EQ(department.times_reached("told_studies"), 1U);
}

TEST(Prints, NoAddressHasThatOfNone) {
  std::array<std::uint64_t, 2> words{0xa0761d6478bd642fU, 0};
  std::array<std::uint8_t, 16> bytes = std::bit_cast<std::array<std::uint8_t, 16>>(words);
  EXPECT_NE(print_of(IpAddress::v6(bytes)), 0U);
}

TEST_F(Studies, BeyondTheInstancesOfOneNoneAreToldApartAndNoneIsMissing) {
  department.limits.study_instances = 2;
  for (unsigned instance = 1; instance <= 4; ++instance) store(100, instance);
  store(100, 4);
  department.see(department.operation(dimse::kSet, kCt, kRis, 9, [](DicomOperation& set) {
    PerformedStep step;
    step.status = "COMPLETED";
    step.instances = {print(1), print(2)};
    set.instance = pseudonym(77);
    set.content = DicomContent{step};
  }));
  department.finish();
  EXPECT_EQ(only().stored, 5U);
  EXPECT_EQ(only().not_told_apart, 3U);
  EXPECT_EQ(only().announced, 2U);
  EXPECT_EQ(only().missing, std::nullopt);
  EXPECT_EQ(department.relater().studies().not_told_apart(), 3U);
}

TEST_F(Studies, BeyondTheInstancesOfAllTheQuietestIsToldEarly) {
  department.limits.studies_instances = 4;
  store(100, 1);
  store(200, 2);
  store(100, 3);
  store(200, 4);
  store(100, 5);
  EXPECT_EQ(only().study, pseudonym(200)) << "while the other is being stored";
  EXPECT_EQ(department.relater().studies().told_early(), 1U);
}

TEST_F(Studies, BeyondTheLimitTheQuietestIsToldEarly) {
  department.limits.studies = 2;
  store(100, 1);
  store(200, 2);
  store(100, 3);
  store(300, 4);
  EXPECT_EQ(only().study, pseudonym(200));
  EXPECT_EQ(department.relater().studies().told_early(), 1U);
  EXPECT_EQ(department.relater().studies().open(), 2U);
}

TEST_F(Studies, BeyondTheWaysOfAllTheQuietestIsToldEarly) {
  department.limits.studies_ways = 3;
  store(100, 1, kCt, kPacs);
  store(200, 2, kCt, kPacs);
  store(200, 2, kPacs, kVna);
  store(200, 2, kPacs, kAi);
  EXPECT_EQ(only().study, pseudonym(100));
  store(300, 3, kCt, kPacs);
  EXPECT_EQ(department.studies().size(), 4U) << "and all ways of the other";
  EXPECT_EQ(department.relater().studies().told_early(), 2U);
}

TEST_F(Studies, WhenTheClockIsSetBackQuietStartsAnew) {
  store(100, 1);
  department.pass(1s);
  department.set_clock_back(5h);
  department.pass(9min);
  EXPECT_TRUE(department.studies().empty());
  department.pass(2min);
  EXPECT_EQ(department.studies().size(), 1U);
}

TEST_F(Studies, AtTheEndAllAreToldSomeAtATime) {
  for (unsigned study = 1; study <= 1000; ++study) store(study, study);
  EXPECT_LE(department.relater().finish().size(), 300U);
  department.finish();
  EXPECT_EQ(department.relater().studies().open(), 0U);
}

}  // namespace
}  // namespace dcmwatch
