#include "output/output.h"

#include <algorithm>
#include <utility>

namespace dcmwatch {
namespace {

ItemRank rank_of(const Item& item) {
  const auto* observation = std::get_if<Observation>(&item);
  if (!observation) return ItemRank::finding;
  return std::holds_alternative<ConnectionFact>(observation->event.facts) ? ItemRank::connection : ItemRank::record;
}

void feed(const std::vector<RecordSink*>& sinks, const std::vector<Item>& batch) {
  for (const Item& item : batch) {
    std::visit(
        [&sinks](const auto& value) {
          for (RecordSink* sink : sinks) sink->observe(value);
        },
        item);
  }
}

}  // namespace

Output::Output(std::vector<RecordSink*> sinks, OutputSettings settings)
    : sinks_(std::move(sinks)), settings_(settings), thread_([this] { run(); }) {}

Output::~Output() { close(); }

void Output::submit(std::vector<Item>&& batch) {
  if (batch.empty()) return;
  std::unique_lock lock{mutex_};
  if (settings_.when_full == WhenFull::shed) {
    shed_from(batch);
    if (batch.empty()) return;
  } else {
    // A batch larger than the queue has to be let into an empty one.
    changed_.wait(lock, [&] { return queued_items_ == 0 || queued_items_ + batch.size() <= settings_.queued_items; });
  }
  queued_items_ += batch.size();
  queue_.push_back(std::move(batch));
  changed_.notify_all();
}

void Output::shed_from(std::vector<Item>& batch) {
  std::size_t filled = queued_items_;
  std::erase_if(batch, [&](const Item& item) {
    const auto rank = static_cast<std::size_t>(rank_of(item));
    const bool fits = filled < settings_.queued_items * (rank + 1);
    ++(fits ? filled : shed_[rank]);
    return !fits;
  });
}

void Output::run() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return closing_ || !queue_.empty(); });
    if (queue_.empty()) break;
    std::vector<Item> batch = std::move(queue_.front());
    const std::size_t written_items = batch.size();
    queue_.pop_front();
    const bool idle = queue_.empty();

    lock.unlock();
    feed(sinks_, batch);
    if (idle) {
      for (RecordSink* sink : sinks_) sink->flush();
    }
    batch.clear();  // nobody should wait while strings are freed
    lock.lock();

    queued_items_ -= written_items;
    changed_.notify_all();
  }
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
