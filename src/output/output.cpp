#include "output/output.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace dcmwatch {
namespace {

// So much to tell is told at once.
constexpr std::size_t kWorthWakingItems = 256;
constexpr std::size_t kWorthWakingPages = 32;  // which cannot be used again as long as they wait

ItemRank rank_of(const Item& item) {
  const auto* observation = std::get_if<const Observation*>(&item);
  if (!observation) return ItemRank::finding;
  return std::holds_alternative<ConnectionFact>((*observation)->event.facts) ? ItemRank::connection : ItemRank::record;
}

void feed(const std::vector<RecordSink*>& sinks, const Page& page) {
  const std::vector<Item>& items = page.items;
  if (page.declared) {
    for (RecordSink* sink : sinks) sink->redeclare(*page.declared);
  }
  const auto record = [&items](std::size_t i) -> const Observation* {
    const auto* const observation = i < items.size() ? std::get_if<const Observation*>(&items[i]) : nullptr;
    return observation ? *observation : nullptr;
  };
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (const Observation* const ahead = record(i + kFetchedAhead)) fetch(*ahead);
    if (const Observation* const ahead = record(i + kContentFetchedAhead)) fetch_content(*ahead);
    std::visit(
        [&sinks](const auto& value) {
          for (RecordSink* sink : sinks) sink->observe(*value);
        },
        items[i]);
  }
}

// What is left of a page, without the memory of what was taken from it.
PagePointer copy_of(Page& page) {
  PagePointer copy{new Page, {}};
  copy->declared = std::move(page.declared);
  for (Item& item : page.items) {
    if (auto* observation = std::get_if<const Observation*>(&item)) {
      Observation& kept = copy->others.next();
      kept = **observation;
      item = &kept;
    }
    copy->items.push_back(std::move(item));
  }
  return copy;
}

}  // namespace

Output::Output(std::vector<RecordSink*> sinks, OutputSettings settings)
    : sinks_(std::move(sinks)),
      takes_every_phase_(std::ranges::any_of(sinks_, &RecordSink::takes_every_phase)),
      settings_(settings),
      thread_([this] { run(); }) {}

Output::~Output() { close(); }

void Output::submit(PagePointer page) {
  const auto says_nothing = [&page] { return page->items.empty() && !page->declared; };
  if (says_nothing()) return;
  std::unique_lock lock{mutex_};
  if (settings_.when_full == WhenFull::shed) {
    shed_from(page);
    if (says_nothing()) return;
  } else {
    wait_for_room(lock, page->items.size());
  }
  const bool first = queue_.empty();
  queued_items_ += page->items.size();
  queue_.push_back(std::move(page));
  if (first || is_worth_waking()) changed_.notify_all();
}

void Output::wait_for_room(std::unique_lock<std::mutex>& lock, std::size_t items) {
  // A page larger than the queue has to be let into an empty one.
  const auto fits = [&] { return queued_items_ == 0 || queued_items_ + items <= settings_.queued_items; };
  if (fits()) return;
  awaits_room_ = true;
  changed_.notify_all();
  changed_.wait(lock, fits);
  awaits_room_ = false;
}

void Output::shed_from(PagePointer& page) {
  std::size_t filled = queued_items_;
  const std::size_t shed = std::erase_if(page->items, [&](const Item& item) {
    const auto rank = static_cast<std::size_t>(rank_of(item));
    const bool fits = filled < settings_.queued_items * (rank + 1);
    ++(fits ? filled : shed_[rank]);
    return !fits;
  });
  if (shed != 0) page = copy_of(*page);
}

void Output::run() {
  pthread_setname_np(pthread_self(), "output");
  std::unique_lock lock{mutex_};
  for (;;) {
    if (queue_.empty()) wait_until_worth_waking(lock);
    if (queue_.empty()) break;
    PagePointer page = std::move(queue_.front());
    const std::size_t written_items = page->items.size();
    queue_.pop_front();
    const bool idle = queue_.empty();

    lock.unlock();
    feed(sinks_, *page);
    if (idle) {
      for (RecordSink* sink : sinks_) sink->flush();
    }
    page.reset();  // nobody should wait while it is cleared
    lock.lock();

    queued_items_ -= written_items;
    changed_.notify_all();
  }
  lock.unlock();
  for (RecordSink* sink : sinks_) sink->finish();
}

void Output::wait_until_worth_waking(std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [this] { return closing_ || !queue_.empty(); });
  changed_.wait_for(lock, settings_.patience, [this] { return is_worth_waking(); });
}

bool Output::is_worth_waking() const {
  return closing_ || awaits_room_ || queued_items_ >= kWorthWakingItems || queue_.size() >= kWorthWakingPages;
}

void Output::close() {
  {
    const std::lock_guard lock{mutex_};
    closing_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

ShedCounts Output::shed() const {
  const std::lock_guard lock{mutex_};
  return shed_;
}

}  // namespace dcmwatch
