// What passes from thread to thread above the protocols: the records of one parcel, made where they stay.
//
// A shard makes the events, the analyst puts them in order, judges them and says what is to be told of them, the output
// thread tells it and gives the page back. Nobody moves a record, and a page used again allocates nothing.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <variant>
#include <vector>

#include "event/record.h"

namespace dcmwatch {

struct MetricNames;

// Three threads hand each record on, cache line by cache line.
static_assert(sizeof(Observation) <= 12 * 64);

/// Asks for a record before it is looked at: another thread wrote it last, and until it comes from there as much time
/// passes as most of what is done with it takes.
inline void fetch(const Observation& record) {
  constexpr std::size_t kCacheLine = 64;
  const auto* const bytes = reinterpret_cast<const char*>(&record);
  for (std::size_t at = 0; at < sizeof(Observation); at += kCacheLine) __builtin_prefetch(bytes + at);
}
/// How many records ahead.
inline constexpr std::size_t kFetchedAhead = 4;

/// Likewise for what it points to, once it is here itself.
inline void fetch_content(const Observation& record) {
  const auto* const message = std::get_if<Hl7Message>(&record.event.facts);
  if (!message || !message->content) return;
  asm volatile("");  // GCC leaves out what only prefetches, since it has no effect
  constexpr std::size_t kCacheLine = 64;
  const auto* const bytes = reinterpret_cast<const char*>(message->content.get());
  for (std::size_t at = 0; at < sizeof(Hl7Content); at += kCacheLine) __builtin_prefetch(bytes + at);
}
inline constexpr std::size_t kContentFetchedAhead = 2;

/// Records at stable addresses, in the order in which they were made.
class Records {
 public:
  /// A blank event. What was declared of the one before it stays until the same is assigned to it, mostly: then nobody
  /// has to be told that an owner is used no longer.
  Observation& next();
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] Observation& operator[](std::size_t index) { return blocks_[index / kBlock][index % kBlock]; }
  /// Keeps memory for as many as a parcel mostly gives.
  void clear();

 private:
  static constexpr std::size_t kBlock = 64;
  static constexpr std::size_t kKeptBlocks = 32;

  static void fetch_to_write(const Observation& record);

  std::vector<std::unique_ptr<Observation[]>> blocks_;  ///< those beyond size_ wait to be used again
  std::size_t size_ = 0;
};

/// Something to tell. A finding is its own.
using Item = std::variant<const Observation*, std::unique_ptr<const Finding>>;

class Page {
 public:
  explicit Page(std::size_t shards = 0) : of_shard(shards) {}

  std::vector<Records> of_shard;
  Records others;                               ///< what no shard made: notes and links
  std::vector<Observation*> known;              ///< all of these, in the order in which they became known
  std::vector<Item> items;                      ///< in the order in which they are to be told
  std::shared_ptr<const MetricNames> declared;  ///< what holds from its first item on; null: what held before

  void clear();
};

/// The pages that are in use and those that wait to be used again. Takes as many as it is asked for: whoever asks is
/// bounded by what it works on. May be asked by several threads.
class Pages : public std::enable_shared_from_this<Pages> {
 public:
  struct GiveBack {
    std::shared_ptr<Pages> to;  ///< none: the page is deleted
    void operator()(Page* page) const;
  };
  using Pointer = std::unique_ptr<Page, GiveBack>;

  static std::shared_ptr<Pages> for_shards(std::size_t shards) { return std::make_shared<Pages>(shards); }
  explicit Pages(std::size_t shards) : shards_(shards) {}

  Pointer take();

 private:
  void give_back(std::unique_ptr<Page> page);

  const std::size_t shards_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Page>> free_;
};

using PagePointer = Pages::Pointer;

}  // namespace dcmwatch
