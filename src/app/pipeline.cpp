#include "app/pipeline.h"

#include <pthread.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace dcmwatch {
namespace {

constexpr Duration kClockStep = std::chrono::minutes{1};

// What a thread is woken for, where more is at hand: so many parcels that wait, or records.
constexpr std::size_t kWorthWaking = 6;
constexpr std::size_t kRecordsWorthWaking = 256;

// Ties cannot occur between partitions but at a timer's deadline; within a partition the order of telling is kept.
auto merge_key(const Event& event) {
  return std::tuple{event.last.time, event.last.source, event.last.packet, event.conversation % kPartitions};
}

void add_note(Page& page, std::string_view name, std::string detail, std::uint64_t count, const Mark& mark) {
  Event& event = page.others.next().event;
  event.first = event.last = mark;
  event.facts = CaptureNote{name, std::move(detail), count};
}

// The order in which a page's records became known. They are nearly in it: a timer acts when its batch has been read.
void put_in_order(Page& page) {
  const auto add = [&page](Records& records) {
    for (std::size_t i = 0; i < records.size(); ++i) page.known.push_back(&records[i]);
  };
  add(page.others);
  for (Records& records : page.of_shard) add(records);
  const auto before = [](const Observation* one, const Observation* other) {
    return merge_key(one->event) < merge_key(other->event);
  };
  if (!std::is_sorted(page.known.begin(), page.known.end(), before))
    std::stable_sort(page.known.begin(), page.known.end(), before);
}

void name_this_thread(const std::string& name) { pthread_setname_np(pthread_self(), name.c_str()); }

}  // namespace

/// A thread that owns whole partitions.
class Pipeline::Shard final : private EventSink {
 public:
  Shard(Pipeline& pipeline, unsigned number)
      : pipeline_(pipeline),
        number_(number),
        handler_(pipeline.settings_.protocol, *this),
        assembler_(pipeline.settings_.protocol.limits, handler_),
        thread_([this] { run(); }) {}

  /// The pipeline has stopped.
  ~Shard() override { thread_.join(); }

  std::uint64_t begun = 0;  ///< parcels; guarded by the pipeline's mutex

 private:
  void run() {
    name_this_thread("shard " + std::to_string(number_));
    while (Parcel* parcel = pipeline_.next_for(*this)) {
      work(*parcel);
      pipeline_.on_worked(*parcel, records_->size());
    }
  }

  void work(Parcel& parcel) {
    records_ = &parcel.page->of_shard[number_];
    if (parcel.clock_step) assembler_.rebase(*parcel.clock_step);
    assembler_.on_segments(parcel.segments[number_]);
    assembler_.advance(parcel.watermark);
    if (parcel.ending && !assembler_.finish_some(parcel.watermark)) parcel.more_to_end = true;
    parcel.assembly[number_] = assembler_.counters();
  }

  Event& next_event() override { return records_->next().event; }

  Pipeline& pipeline_;
  unsigned number_;
  Records* records_ = nullptr;
  ProtocolHandler handler_;
  Assembler assembler_;
  std::thread thread_;  ///< last: it uses all of the above
};

/// Turns one source's batches into parcels.
class Pipeline::Reader {
 public:
  Reader(Pipeline& pipeline, Source& source)
      : pipeline_(pipeline), source_(source), decoder_(pipeline.settings_.protocol.limits) {
    for (const InterfaceState& interface : source.interfaces()) sources_.emplace_back().name = interface.name;
    if (sources_.empty()) sources_.emplace_back().name = source.name();
  }

  bool read(const Watch& watch) {
    if (!watch.tick) now_ = pipeline_.watermark();
    const Limits& limits = pipeline_.settings_.protocol.limits;
    bool whole = true;
    while (true) {
      std::unique_ptr<Parcel> parcel = pipeline_.take_free();
      const Fill fill = source_.next(parcel->batch, limits.batch_packets, limits.batch_bytes);
      if (fill == Fill::packets) {
        decode(*parcel);
        if (now_ - blindness_told_ >= limits.progress_interval) tell_blindness(*parcel);
      } else if (fill == Fill::idle || fill == Fill::interrupted) {
        if (watch.tick) now_ = std::max(now_, watch.tick());
      } else {
        tell_end(*parcel, fill);
      }
      // Asking how an interface fares costs system calls.
      constexpr std::size_t kParcelsBetween = 64;
      if (fill != Fill::packets || ++parcels_ % kParcelsBetween == 0) look_after_sources(*parcel);
      submit(std::move(parcel));
      if (watch.progress) watch.progress(source_.position_bytes());
      if (fill == Fill::failed) {
        whole = false;
        if (watch.failed) watch.failed(source_.failure());
      }
      if (fill == Fill::end) return whole;
    }
  }

 private:
  void decode(Parcel& parcel) {
    parcel.batch.reassembled.clear();
    // Decoded where the first shard will read it, and taken from there if it is another's: with one shard nothing is
    // copied.
    std::vector<Segment>& segments = parcel.segments.front();
    for (Packet& packet : parcel.batch.packets) {
      if (packet.mark.source != last_.source) tell_blindness(parcel);
      keep_time(parcel, packet);
      SourceStatus& status = sources_[packet.mark.source < sources_.size() ? packet.mark.source : 0];
      ++status.packets;
      status.bytes += packet.wire_bytes;
      last_ = packet.mark;
      Segment& segment = segments.emplace_back();
      const bool decoded = decoder_.decode(packet, parcel.batch, segment) == Decoded::segment;
      const std::size_t shard = decoded ? partition_of(segment.hash) % parcel.segments.size() : 0;
      if (shard != 0) parcel.segments[shard].push_back(segment);
      if (shard != 0 || !decoded) segments.pop_back();
    }
  }

  // Time never runs backwards; a clock that was set back is a fact, and waiting starts anew from there.
  void keep_time(Parcel& parcel, Packet& packet) {
    if (packet.mark.time + kClockStep < now_) {
      now_ = packet.mark.time;
      parcel.clock_step = now_;
      add_note(*parcel.page, "capture.clock_step", source_.name_of(packet.mark.source), 1, packet.mark);
    }
    now_ = std::max(now_, packet.mark.time);
    packet.mark.time = now_;
  }

  void tell_end(Parcel& parcel, Fill fill) {
    decoder_.finish();
    if (fill == Fill::failed) add_note(*parcel.page, "capture.broken_off", source_.failure(), 1, last_);
    tell_blindness(parcel);
  }

  // What could not be looked into, since this was last told.
  void tell_blindness(Parcel& parcel) {
    blindness_told_ = now_;
    decoder_.advance(now_);
    const auto notes = decoder_.notes();
    for (std::size_t i = 0; i < notes.size(); ++i) {
      const std::uint64_t more = notes[i].count - told_[i].count;
      if (more != 0) add_note(*parcel.page, notes[i].name, source_.name_of(last_.source), more, last_);
    }
    told_ = notes;
  }

  void look_after_sources(Parcel& parcel) {
    const std::vector<InterfaceState> interfaces = source_.interfaces();
    for (std::size_t i = 0; i < interfaces.size(); ++i) {
      SourceStatus& status = sources_[i];
      status.drops = interfaces[i].drops;
      if (std::exchange(status.interrupted, interfaces[i].interrupted) == status.interrupted) continue;
      const Mark mark{now_, static_cast<std::uint32_t>(i), last_.packet};
      add_note(*parcel.page, status.interrupted ? "capture.interrupted" : "capture.resumed", status.name, 1, mark);
    }
    if (const auto drops = source_.drops(); interfaces.empty() && drops) sources_.front().drops = *drops;
  }

  void submit(std::unique_ptr<Parcel> parcel) {
    parcel->sources = sources_;
    parcel->watermark = now_;
    pipeline_.submit(std::move(parcel));
  }

  Pipeline& pipeline_;
  Source& source_;
  Decoder decoder_;
  std::vector<SourceStatus> sources_;
  std::size_t parcels_ = 0;
  Mark last_;
  Timestamp now_{};
  Timestamp blindness_told_{};
  decltype(decoder_.notes()) told_{};
};

Pipeline::Pipeline(const PipelineSettings& settings, Analyst& analyst)
    : settings_(settings), analyst_(analyst), pages_(Pages::for_shards(settings.shards)) {
  for (std::size_t i = 0; i < settings_.protocol.limits.batches_in_flight; ++i) {
    auto parcel = std::make_unique<Parcel>();
    parcel->segments.resize(settings_.shards);
    parcel->assembly.resize(settings_.shards);
    free_.push_back(std::move(parcel));
  }
  for (unsigned number = 0; number < settings_.shards; ++number)
    shards_.push_back(std::make_unique<Shard>(*this, number));
  analyst_thread_ = std::thread{[this] { analyse(); }};
}

Pipeline::~Pipeline() { finish(); }

bool Pipeline::read(Source& source, const Watch& watch) { return Reader{*this, source}.read(watch); }

void Pipeline::finish() {
  if (!analyst_thread_.joinable()) return;
  // A parcel at a time, for a million connections still open are too many facts for one.
  while (!ended_) {
    std::unique_ptr<Parcel> parcel = take_free();
    parcel->ending = true;
    submit(std::move(parcel));
  }
  std::unique_ptr<Parcel> parcel = take_free();
  parcel->last = true;
  submit(std::move(parcel));
  analyst_thread_.join();
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  submitted_.notify_all();
  shards_.clear();
}

// Every parcel comes from here, so readers wait when the analyst falls behind.
std::unique_ptr<Parcel> Pipeline::take_free() {
  std::unique_lock lock{mutex_};
  if (free_.empty()) {
    submitted_.notify_all();
    freed_.wait(lock, [this] { return !free_.empty(); });
  }
  std::unique_ptr<Parcel> parcel = std::move(free_.back());
  free_.pop_back();
  lock.unlock();
  parcel->page = pages_->take();
  return parcel;
}

Timestamp Pipeline::watermark() {
  const std::lock_guard lock{mutex_};
  return watermark_;
}

void Pipeline::submit(std::unique_ptr<Parcel> parcel) {
  bool wake = !parcel->batch.more;
  {
    const std::lock_guard lock{mutex_};
    // Several interfaces: time is the latest that any of them told.
    watermark_ = parcel->clock_step ? parcel->watermark : std::max(watermark_, parcel->watermark);
    parcel->watermark = watermark_;
    parcel->shards_left = static_cast<unsigned>(shards_.size());
    parcel->records = 0;
    under_way_.push_back(std::move(parcel));
    for (const auto& shard : shards_) wake |= merged_ + under_way_.size() - shard->begun >= kWorthWaking;
  }
  if (wake) submitted_.notify_all();
}

// A shard waits while many records are under way, unless it is the oldest parcel that waits for it.
Parcel* Pipeline::next_for(Shard& shard) {
  std::unique_lock lock{mutex_};
  submitted_.wait(lock, [&] {
    const bool room = records_ < settings_.protocol.limits.records_in_flight || shard.begun == merged_;
    return stopped_ || (room && shard.begun < merged_ + under_way_.size());
  });
  return stopped_ ? nullptr : under_way_[shard.begun++ - merged_].get();
}

void Pipeline::on_worked(Parcel& parcel, std::size_t records) {
  bool wake = false;
  {
    const std::lock_guard lock{mutex_};
    parcel.records += records;
    records_ += records;
    const bool worth_waking = records_ >= kRecordsWorthWaking || !parcel.batch.more || free_.size() <= kWorthWaking;
    wake = --parcel.shards_left == 0 && worth_waking;
  }
  if (wake) worked_.notify_one();
}

void Pipeline::analyse() {
  name_this_thread("analyst");
  bool last = false;
  while (!last) {
    Parcel& parcel = next_worked();
    merge(parcel);
    last = parcel.last;
    if (parcel.ending && !parcel.more_to_end) ended_ = true;
    give_back(parcel);
  }
}

Parcel& Pipeline::next_worked() {
  std::unique_lock lock{mutex_};
  const auto worked = [this] { return !under_way_.empty() && under_way_.front()->shards_left == 0; };
  if (!worked()) {
    freed_.notify_all();
    worked_.wait(lock, worked);
  }
  return *under_way_.front();
}

void Pipeline::give_back(Parcel& oldest) {
  oldest.clock_step.reset();
  // An old one would be taken for the latest.
  oldest.watermark = {};
  oldest.sources.clear();
  oldest.last = oldest.ending = oldest.more_to_end = false;
  for (auto& segments : oldest.segments) segments.clear();
  oldest.batch.more = false;
  oldest.batch.window.reset();
  bool shards_waited = false;
  bool worth_waking = false;
  {
    const std::lock_guard lock{mutex_};
    shards_waited = records_ >= settings_.protocol.limits.records_in_flight;
    records_ -= oldest.records;
    free_.push_back(std::move(under_way_.front()));
    under_way_.pop_front();
    ++merged_;
    worth_waking = free_.size() >= kWorthWaking;
  }
  if (shards_waited) submitted_.notify_all();
  if (worth_waking) freed_.notify_all();
}

void Pipeline::merge(Parcel& parcel) {
  put_in_order(*parcel.page);
  AssemblyCounters assembly;
  for (const AssemblyCounters& counters : parcel.assembly) assembly += counters;
  analyst_.on_parcel(std::move(parcel.page), parcel.watermark, parcel.sources, assembly);
}

}  // namespace dcmwatch
