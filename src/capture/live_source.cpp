#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>
#include <vector>

#include "capture/filter.h"
#include "capture/source.h"

namespace dcmwatch {
namespace {

struct HandleCloser {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using Handle = std::unique_ptr<pcap_t, HandleCloser>;
using ErrorText = std::array<char, PCAP_ERRBUF_SIZE>;

// pcap_datalink gives DLT_ values, which differ between systems for raw IP alone; a Packet bears LINKTYPE_RAW.
std::uint16_t link_type_of(pcap_t* handle) {
  constexpr std::uint16_t kLinkTypeRaw = 101;
  const int type = pcap_datalink(handle);
  return type == DLT_RAW ? kLinkTypeRaw : static_cast<std::uint16_t>(type);
}

// A clock may be set to anything; what is beyond the times that can be told becomes the latest or the earliest of them.
Timestamp time_of(const pcap_pkthdr& header) {
  const std::int64_t seconds = std::clamp<std::int64_t>(header.ts.tv_sec, 0, kLatestSecond);
  return timestamp_from_ns(seconds * 1'000'000'000 + std::clamp<std::int64_t>(header.ts.tv_usec, 0, 999'999'999));
}

class InterfaceSource final : public Source {
 public:
  InterfaceSource(Handle handle, std::string name, std::uint32_t index)
      : handle_(std::move(handle)), name_(std::move(name)), index_(index), link_type_(link_type_of(handle_.get())) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] const std::string& failure() const override { return failure_; }

  Fill next(Batch& batch, std::size_t packets, std::size_t bytes) override {
    begin(batch, bytes);
    if (over_ || stopped_.load(std::memory_order_relaxed)) return Fill::end;
    Collector collector{this, &batch, bytes};
    const int count =
        pcap_dispatch(handle_.get(), static_cast<int>(packets), collect, reinterpret_cast<u_char*>(&collector));
    // An error that comes after some packets comes again when it is asked for more.
    if (count == PCAP_ERROR && batch.packets.empty()) return fail();
    return finish(batch, count == PCAP_ERROR_BREAK && stopped_ ? Fill::end : Fill::idle);
  }

  // pcap_breakloop is what libpcap allows from another thread; the flag covers a stop between two calls.
  void stop() override {
    stopped_ = true;
    pcap_breakloop(handle_.get());
  }

  std::optional<SourceDrops> drops() override {
    pcap_stat statistics{};
    if (pcap_stats(handle_.get(), &statistics) != 0) return std::nullopt;
    return SourceDrops{statistics.ps_drop, statistics.ps_ifdrop};
  }

  [[nodiscard]] std::uint64_t position_bytes() const override { return 0; }

 private:
  struct Collector {
    InterfaceSource* source;
    Batch* batch;
    std::size_t bytes;
  };

  static void collect(u_char* user, const pcap_pkthdr* header, const u_char* data) {
    const auto* collector = reinterpret_cast<Collector*>(user);
    collector->source->add(*collector->batch, *header, data);
    // Offloaded frames are up to 256 KiB each: a batch is full by its bytes as well as by its packets.
    if (collector->batch->block.size() >= collector->bytes) pcap_breakloop(collector->source->handle_.get());
  }

  // Views are made when the block has stopped growing, so until then a packet keeps its offset only.
  void begin(Batch& batch, std::size_t bytes) {
    batch.packets.clear();
    batch.block.clear();
    batch.block.reserve(bytes);
    offsets_.clear();
  }

  void add(Batch& batch, const pcap_pkthdr& header, const u_char* data) {
    const Mark mark{time_of(header), index_, packets_++};
    offsets_.push_back(batch.block.size());
    batch.block.append({data, header.caplen});
    batch.packets.push_back({mark, {data, header.caplen}, header.len, link_type_});
  }

  Fill finish(Batch& batch, Fill otherwise) {
    for (std::size_t i = 0; i < batch.packets.size(); ++i) {
      batch.packets[i].bytes = batch.block.view().subspan(offsets_[i], batch.packets[i].bytes.size());
    }
    return batch.packets.empty() ? otherwise : Fill::packets;
  }

  Fill fail() {
    failure_ = name_ + ": " + pcap_geterr(handle_.get());
    over_ = true;
    return Fill::failed;
  }

  Handle handle_;
  std::string name_;
  std::string failure_;
  std::uint32_t index_;
  std::uint16_t link_type_;
  std::uint64_t packets_ = 0;
  std::vector<std::size_t> offsets_;
  bool over_ = false;
  std::atomic<bool> stopped_ = false;
};

}  // namespace

std::unique_ptr<Source> open_interface(const InterfaceSettings& settings, std::uint32_t index) {
  ErrorText error{};
  Handle handle{pcap_create(settings.name.c_str(), error.data())};
  if (!handle) throw SourceError(settings.name + ": " + error.data());
  const auto block_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(settings.block_timeout);
  pcap_set_snaplen(handle.get(), settings.snap_length);
  pcap_set_buffer_size(handle.get(), settings.buffer_bytes);
  pcap_set_timeout(handle.get(), static_cast<int>(block_timeout.count()));
  pcap_set_promisc(handle.get(), 1);
  pcap_set_tstamp_precision(handle.get(), PCAP_TSTAMP_PRECISION_NANO);

  const int result = pcap_activate(handle.get());
  if (result < 0) {
    const std::string what = pcap_statustostr(result);
    const std::string detail = pcap_geterr(handle.get());
    throw SourceError(settings.name + ": " + what + (detail.empty() || detail == what ? "" : " (" + detail + ')'));
  }
  if (pcap_get_tstamp_precision(handle.get()) != PCAP_TSTAMP_PRECISION_NANO) {
    throw SourceError(settings.name + ": gives no timestamps in nanoseconds");
  }
  // Inbound only: what this host itself sends is no traffic of the mirror.
  pcap_setdirection(handle.get(), PCAP_D_IN);
  install_filter(handle.get(), settings.filter);
  return std::make_unique<InterfaceSource>(std::move(handle), settings.name, index);
}

}  // namespace dcmwatch
