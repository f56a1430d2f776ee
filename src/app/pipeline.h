// The threads between packets and facts: readers decode, shards assemble and speak the protocols, the analyst merges.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "assemble/assembler.h"
#include "base/packet.h"
#include "capture/source.h"
#include "decode/decoder.h"
#include "output/page.h"
#include "protocol/protocol.h"

namespace dcmwatch {

/// What a reader knows of its source, or of each interface that it reads together, by the end of a parcel; cumulative.
struct SourceStatus {
  std::string name;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  SourceDrops drops;
  bool interrupted = false;  ///< an interface that is down or gone
};

/// A batch on its way through: filled by a reader, worked on by every shard, merged and given back by the analyst. Its
/// page goes further, and is another one when the parcel comes back.
struct Parcel {
  Batch batch;
  std::vector<std::vector<Segment>> segments;  ///< by shard; their payloads view the batch
  PagePointer page;                            ///< what the shards and the reader made known
  std::vector<AssemblyCounters> assembly;      ///< by shard, cumulative
  std::vector<SourceStatus> sources;
  Timestamp watermark{};
  std::optional<Timestamp> clock_step;    ///< the source's clock stepped back to this
  bool ending = false;                    ///< the captures have ended: some of what is open is told
  std::atomic<bool> more_to_end = false;  ///< and not all of it yet
  bool last = false;
  unsigned shards_left = 0;  ///< that have not worked on it yet
  std::size_t records = 0;   ///< of the shards that have
};

/// Takes everything in packet time, on the analyst's thread.
struct Analyst {
  virtual ~Analyst() = default;
  /// What a parcel made known stands in the page, in order. The page is the analyst's to keep or to hand on. Time has
  /// come to `watermark`, which is before the last one only where the clock was set back.
  virtual void on_parcel(PagePointer page, Timestamp watermark, const std::vector<SourceStatus>& sources,
                         const AssemblyCounters& assembly) = 0;
};

struct PipelineSettings {
  ProtocolSettings protocol;
  unsigned shards = 1;
};

/// Order of calls: read() once for each source, one after the other, then finish(). The number of shards never changes
/// what the analyst is told, nor its order.
class Pipeline {
 public:
  Pipeline(const PipelineSettings& settings, Analyst& analyst);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  /// What read() tells and asks between batches: `bytes` of the source are done; it, or one of its files, broke off.
  /// Live, tick() supplies packet time on a quiet link.
  struct Watch {
    std::function<void(std::uint64_t bytes)> progress;
    std::function<void(const std::string& why)> failed;
    std::function<Timestamp()> tick;
  };

  /// Reads a source to its end on the calling thread. False if something broke off; what came before was given.
  bool read(Source& source, const Watch& watch);

  /// Ends every conversation still open, waits until the analyst has had everything, and stops the threads.
  void finish();

 private:
  class Shard;
  class Reader;

  std::unique_ptr<Parcel> take_free();
  Timestamp watermark();
  void submit(std::unique_ptr<Parcel> parcel);
  Parcel* next_for(Shard& shard);
  void on_worked(Parcel& parcel, std::size_t records);
  void analyse();
  Parcel& next_worked();
  void merge(Parcel& parcel);
  void give_back(Parcel& oldest);

  const PipelineSettings settings_;
  Analyst& analyst_;
  const std::shared_ptr<Pages> pages_;

  // To wake a thread costs more than a parcel's work may, so who has several parcels waiting for it is woken once.
  std::mutex mutex_;
  std::condition_variable freed_;      ///< for readers
  std::condition_variable submitted_;  ///< for shards
  std::condition_variable worked_;     ///< for the analyst
  std::vector<std::unique_ptr<Parcel>> free_;
  std::deque<std::unique_ptr<Parcel>> under_way_;  ///< in the order of submission, the same for every shard
  std::uint64_t merged_ = 0;                       ///< parcels that were under way before those
  std::size_t records_ = 0;                        ///< of all that are under way
  bool stopped_ = false;                           ///< no parcel follows
  Timestamp watermark_{};
  std::atomic<bool> ended_ = false;  ///< nothing is open any more

  std::vector<std::unique_ptr<Shard>> shards_;
  std::thread analyst_thread_;
};

}  // namespace dcmwatch
