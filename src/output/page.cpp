#include "output/page.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace dcmwatch {

// The place of the next record was last read by other threads: its way back here takes as long as making a record.
void Records::fetch_to_write(const Observation& record) {
  constexpr std::size_t kCacheLine = 64;
  const auto* const bytes = reinterpret_cast<const char*>(&record);
  for (std::size_t at = 0; at < sizeof(Observation); at += kCacheLine) __builtin_prefetch(bytes + at, 1);
}

Observation& Records::next() {
  if (size_ == blocks_.size() * kBlock) blocks_.push_back(std::make_unique<Observation[]>(kBlock));
  Observation& record = (*this)[size_++];
  if (size_ % kBlock != 0) fetch_to_write((*this)[size_]);
  std::destroy_at(&record.event);
  std::construct_at(&record.event);
  return record;
}

void Records::clear() {
  if (blocks_.size() > kKeptBlocks) blocks_.resize(kKeptBlocks);
  const std::size_t used = std::min(size_, blocks_.size() * kBlock);
  for (size_ = 0; size_ < used; ++size_) {
    // What holds memory of its own gives it back now, not when the place is needed again.
    Facts& facts = (*this)[size_].event.facts;
    if (!std::holds_alternative<DicomAssociation>(facts) && !std::holds_alternative<TlsConnection>(facts) &&
        !std::holds_alternative<CaptureNote>(facts))
      continue;
    facts.emplace<ConnectionFact>();
  }
  size_ = 0;
}

void Page::clear() {
  for (Records& records : of_shard) records.clear();
  others.clear();
  known.clear();
  items.clear();
  declared.reset();
}

PagePointer Pages::take() {
  const std::lock_guard lock{mutex_};
  if (free_.empty()) return {new Page{shards_}, {shared_from_this()}};
  Page* page = free_.back().release();
  free_.pop_back();
  return {page, {shared_from_this()}};
}

void Pages::GiveBack::operator()(Page* page) const {
  std::unique_ptr<Page> owned{page};
  if (to) to->give_back(std::move(owned));
}

void Pages::give_back(std::unique_ptr<Page> page) {
  page->clear();
  const std::lock_guard lock{mutex_};
  free_.push_back(std::move(page));
}

}  // namespace dcmwatch
