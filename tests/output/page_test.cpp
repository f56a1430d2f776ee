#include "output/page.h"

#include <gtest/gtest.h>

#include "output/samples.h"

namespace dcmwatch {
namespace {

TEST(Records, StayWhereTheyWereMade) {
  Records records;
  std::vector<const Observation*> places;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    Observation& record = records.next();
    record.event.conversation = i;
    places.push_back(&record);
  }
  ASSERT_EQ(records.size(), 1000U);
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(&records[i], places[i]);
    EXPECT_EQ(places[i]->event.conversation, i);
  }
}

TEST(Records, AreBlankEventsInMemoryUsedBefore) {
  Records records;
  Observation* const place = &records.next();
  *place = samples::observation(samples::operation());
  records.clear();
  EXPECT_EQ(records.size(), 0U);
  EXPECT_EQ(&records.next(), place);
  EXPECT_EQ(place->event.conversation, 0U);
  EXPECT_EQ(place->event.parties.source, Endpoint{});
  EXPECT_TRUE(std::holds_alternative<ConnectionFact>(place->event.facts));
}

TEST(Records, KeepLittleOfWhatManyNeeded) {
  Records records;
  for (std::size_t i = 0; i < 100'000; ++i)
    records.next().event.facts = CaptureNote{"a note", std::string(100, 'x'), 1};
  records.clear();
  std::size_t blank = 0;
  for (std::size_t i = 0; i < 100'000; ++i) {
    blank += std::holds_alternative<ConnectionFact>(records.next().event.facts) ? 1 : 0;
  }
  EXPECT_EQ(blank, 100'000U);
}

TEST(Pages, AreUsedAgain) {
  const auto pages = Pages::for_shards(2);
  PagePointer first = pages->take();
  ASSERT_EQ(first->of_shard.size(), 2U);
  const Observation* const record = &first->of_shard[1].next();
  first->items.emplace_back(record);
  const PagePointer second = pages->take();
  EXPECT_NE(first.get(), second.get());
  first.reset();
  const PagePointer third = pages->take();
  EXPECT_TRUE(third->items.empty());
  EXPECT_EQ(&third->of_shard[1].next(), record);
}

TEST(Pages, MayOutliveWhoGaveThem) {
  PagePointer page = Pages::for_shards(1)->take();
  page->of_shard[0].next().event.ordinal = 1;
  page.reset();
}

}  // namespace
}  // namespace dcmwatch
