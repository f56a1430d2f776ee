// A live interface through libpcap, which maps the kernel's ring (TPACKET_V3) and puts back the VLAN tag that the
// kernel took off a frame.
#include <pcap/pcap.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "capture/filter.h"
#include "capture/link.h"
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

/// libpcap's counters are of 32 bits, and wrap.
class Odometer {
 public:
  std::uint64_t read(std::uint32_t counter) {
    total_ += counter - std::exchange(last_, counter);
    return total_;
  }

 private:
  std::uint64_t total_ = 0;
  std::uint32_t last_ = 0;
};

class InterfaceSource final : public Source {
 public:
  InterfaceSource(Handle handle, const InterfaceSettings& settings, std::uint32_t index)
      : handle_(std::move(handle)),
        settings_(settings),
        filter_(settings.filter),
        index_(index),
        link_type_(link_type_of(handle_.get())) {}

  [[nodiscard]] const std::string& name() const override { return settings_.name; }
  [[nodiscard]] const std::string& failure() const override { return failure_; }

  Fill next(Batch& batch, std::size_t packets, std::size_t bytes) override {
    begin(batch, bytes);
    if (over_ || stopped_.load(std::memory_order_relaxed)) return Fill::end;
    if (interrupted_ && !came_back()) return wait();
    Collector collector{this, &batch, bytes};
    int count = collect_some(collector, packets);
    if (count == 0 && wait_for_packets()) count = collect_some(collector, packets);
    if (!batch.packets.empty()) return finish(batch);  // what went wrong after these is told by the next call
    if (count == PCAP_ERROR_BREAK && stopped_) return Fill::end;
    if (link_state(settings_.name) != LinkState::up) return interrupt();
    if (count == PCAP_ERROR) return fail();
    return Fill::idle;
  }

  // pcap_breakloop is what libpcap allows from another thread; the flag covers a stop between two calls.
  void stop() override {
    stopped_ = true;
    pcap_breakloop(handle_.get());
  }

  std::optional<SourceDrops> drops() override {
    pcap_stat statistics{};
    if (pcap_stats(handle_.get(), &statistics) == 0) {
      drops_ = {kernel_drops_.read(statistics.ps_drop), interface_drops_.read(statistics.ps_ifdrop)};
    }
    return drops_;
  }

  std::vector<InterfaceState> interfaces() override { return {{settings_.name, *drops(), interrupted_}}; }

  [[nodiscard]] std::uint64_t position_bytes() const override { return 0; }

 private:
  struct Collector {
    InterfaceSource* source;
    Batch* batch;
    std::size_t bytes;
  };

  int collect_some(Collector& collector, std::size_t packets) {
    return pcap_dispatch(handle_.get(), static_cast<int>(packets), collect, reinterpret_cast<u_char*>(&collector));
  }

  // libpcap itself would wait until there is a packet, however long its time-out.
  bool wait_for_packets() {
    pollfd ring{.fd = pcap_get_selectable_fd(handle_.get()), .events = POLLIN, .revents = 0};
    const auto most = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.block_timeout);
    return poll(&ring, 1, static_cast<int>(most.count())) > 0;
  }

  static void collect(u_char* user, const pcap_pkthdr* header, const u_char* data) {
    const auto* collector = reinterpret_cast<Collector*>(user);
    collector->source->take(*collector->batch, *header, data);
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

  // The filter is run here and not in the kernel, which would judge a tagged frame by its tag unless the card had
  // stripped it.
  void take(Batch& batch, const pcap_pkthdr& header, const u_char* data) {
    const Mark mark{time_of(header), index_, packets_++};
    const ByteView bytes{data, header.caplen};
    if (!filter_.selects(link_type_, bytes, header.len)) return;
    offsets_.push_back(batch.block.size());
    batch.block.append(bytes);
    batch.packets.push_back({mark, bytes, header.len, link_type_, settings_.domain});
  }

  Fill finish(Batch& batch) {
    for (std::size_t i = 0; i < batch.packets.size(); ++i) {
      batch.packets[i].bytes = batch.block.view().subspan(offsets_[i], batch.packets[i].bytes.size());
    }
    return Fill::packets;
  }

  Fill fail() {
    failure_ = settings_.name + ": " + pcap_geterr(handle_.get());
    over_ = true;
    return Fill::failed;
  }

  Fill interrupt() {
    interrupted_ = true;
    return wait();
  }

  Fill wait() {
    std::this_thread::sleep_for(settings_.block_timeout);
    return stopped_.load(std::memory_order_relaxed) ? Fill::end : Fill::interrupted;
  }

  // The socket goes on by itself once the interface is up again; one that was removed and made anew has another index.
  bool came_back() {
    if (link_state(settings_.name) != LinkState::up) return false;
    interrupted_ = !bind_again(pcap_fileno(handle_.get()), settings_.name);
    return !interrupted_;
  }

  Handle handle_;
  InterfaceSettings settings_;
  Filter filter_;
  std::string failure_;
  std::uint32_t index_;
  std::uint16_t link_type_;
  std::uint64_t packets_ = 0;
  std::vector<std::size_t> offsets_;
  SourceDrops drops_;
  Odometer kernel_drops_;
  Odometer interface_drops_;
  bool interrupted_ = false;
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
  if (result == PCAP_ERROR_IFACE_NOT_UP) {
    throw SourceError(settings.name + ": is down; 'ip link set " + settings.name + " up'");
  }
  if (result < 0) {
    const std::string what = pcap_statustostr(result);
    const std::string detail = pcap_geterr(handle.get());
    throw SourceError(settings.name + ": " + what + (detail.empty() || detail == what ? "" : " (" + detail + ')'));
  }
  if (pcap_get_tstamp_precision(handle.get()) != PCAP_TSTAMP_PRECISION_NANO) {
    throw SourceError(settings.name + ": gives no timestamps in nanoseconds");
  }
  if (pcap_setnonblock(handle.get(), 1, error.data()) != 0) throw SourceError(settings.name + ": " + error.data());
  // What this host itself sends is no traffic of the mirror.
  if (settings.inbound_only) pcap_setdirection(handle.get(), PCAP_D_IN);
  return std::make_unique<InterfaceSource>(std::move(handle), settings, index);
}

}  // namespace dcmwatch
