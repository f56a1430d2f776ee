#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <utility>

#include "capture/source.h"

namespace dcmwatch {
namespace {

struct HandleCloser {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using Handle = std::unique_ptr<pcap_t, HandleCloser>;
using ErrorText = std::array<char, PCAP_ERRBUF_SIZE>;

/// A compiled BPF program; none selects everything.
class Filter {
 public:
  Filter(pcap_t* handle, const std::string& text) : given_(!text.empty()) {
    if (given_ && pcap_compile(handle, &program_, text.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
      throw FilterError("filter \"" + text + "\": " + pcap_geterr(handle));
    }
  }
  ~Filter() { pcap_freecode(&program_); }
  Filter(Filter&& other) noexcept : program_(std::exchange(other.program_, {})), given_(other.given_) {}
  Filter& operator=(Filter&&) = delete;
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  [[nodiscard]] bool selects(const pcap_pkthdr& header, const u_char* data) const {
    return !given_ || pcap_offline_filter(&program_, &header, data) != 0;
  }

  /// Has the kernel leave out what is not selected.
  void install(pcap_t* handle) {
    if (given_ && pcap_setfilter(handle, &program_) != 0) throw FilterError(pcap_geterr(handle));
  }

 private:
  bpf_program program_{};
  bool given_;
};

// pcap_datalink gives DLT_ values, which differ between systems for raw IP alone; files bear LINKTYPE_RAW.
std::uint16_t link_type_of(pcap_t* handle) {
  constexpr std::uint16_t kLinkTypeRaw = 101;
  const int type = pcap_datalink(handle);
  return type == DLT_RAW ? kLinkTypeRaw : static_cast<std::uint16_t>(type);
}

// A file may claim any time; what nanoseconds since 1970 cannot express becomes the latest or the earliest that they
// can.
Timestamp time_of(const pcap_pkthdr& header) {
  constexpr std::int64_t kMostSeconds = 9'223'372'035;
  const std::int64_t seconds = std::clamp<std::int64_t>(header.ts.tv_sec, 0, kMostSeconds);
  return timestamp_from_ns(seconds * 1'000'000'000 + std::clamp<std::int64_t>(header.ts.tv_usec, 0, 999'999'999));
}

class PcapSource : public Source {
 public:
  PcapSource(Handle handle, std::string name, std::uint32_t index)
      : handle_(std::move(handle)), name_(std::move(name)), index_(index), link_type_(link_type_of(handle_.get())) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] const std::string& failure() const override { return failure_; }

 protected:
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

  /// A packet that a filter left out still has its number, so that numbers are those of the capture.
  void pass_over() { ++packets_; }

  Fill fail() {
    failure_ = pcap_geterr(handle_.get());
    if (failure_.find("different from the") != std::string::npos) {
      failure_ += "; captures of several unlike interfaces must be split by interface, as editcap and tshark do";
    }
    return Fill::failed;
  }

  Handle handle_;

 private:
  std::string name_;
  std::string failure_;
  std::uint32_t index_;
  std::uint16_t link_type_;
  std::uint64_t packets_ = 0;
  std::vector<std::size_t> offsets_;
};

class FileSource final : public PcapSource {
 public:
  FileSource(Handle handle, std::string name, std::uint32_t index, Filter filter)
      : PcapSource(std::move(handle), std::move(name), index), filter_(std::move(filter)) {}

  Fill next(Batch& batch, std::size_t packets, std::size_t bytes) override {
    begin(batch, bytes);
    // A filter that selects little must not keep who waits from hearing of progress.
    const std::size_t patience = packets * 16;
    for (std::size_t looked_at = 0; over_ == Fill::packets && looked_at < patience; ++looked_at) {
      if (batch.packets.size() >= packets || batch.block.size() >= bytes) break;
      if (stopped_.load(std::memory_order_relaxed)) {
        over_ = Fill::end;
        break;
      }
      pcap_pkthdr* header = nullptr;
      const u_char* data = nullptr;
      switch (pcap_next_ex(handle_.get(), &header, &data)) {
        case 1: take(batch, *header, data); break;
        case PCAP_ERROR_BREAK: over_ = Fill::end; break;
        default: over_ = fail(); break;
      }
    }
    return finish(batch, over_ == Fill::packets ? Fill::idle : over_);
  }

  void stop() override { stopped_ = true; }
  std::optional<SourceDrops> drops() override { return std::nullopt; }

  [[nodiscard]] std::uint64_t position_bytes() const override {
    const long position = std::ftell(pcap_file(handle_.get()));
    return position < 0 ? 0 : static_cast<std::uint64_t>(position);
  }

 private:
  void take(Batch& batch, const pcap_pkthdr& header, const u_char* data) {
    if (filter_.selects(header, data)) {
      add(batch, header, data);
    } else {
      pass_over();
    }
  }

  Filter filter_;
  Fill over_ = Fill::packets;  ///< what to say once the packets already read are given
  std::atomic<bool> stopped_ = false;
};

class InterfaceSource final : public PcapSource {
 public:
  using PcapSource::PcapSource;

  Fill next(Batch& batch, std::size_t packets, std::size_t bytes) override {
    begin(batch, bytes);
    if (stopped_.load(std::memory_order_relaxed)) return Fill::end;
    Collector collector{this, &batch, bytes};
    const int count =
        pcap_dispatch(handle_.get(), static_cast<int>(packets), collect, reinterpret_cast<u_char*>(&collector));
    if (count == PCAP_ERROR) return finish(batch, fail());
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

  std::atomic<bool> stopped_ = false;
};

std::string shown_name(const std::filesystem::path& file) { return file == "-" ? "standard input" : file.string(); }

std::FILE* open_stream(const std::filesystem::path& file) {
  if (file == "-") return stdin;
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) throw SourceError(file.string() + ": is a folder");
  std::FILE* stream = std::fopen(file.c_str(), "rbe");
  if (!stream) throw SourceError(file.string() + ": " + std::strerror(errno));
  return stream;
}

Handle open_handle(const std::filesystem::path& file) {
  std::FILE* stream = open_stream(file);
  // libpcap reads a record's header and body by one fread each: a large buffer spares it most system calls.
  constexpr std::size_t kReadBytes = std::size_t{1} << 18;
  std::setvbuf(stream, nullptr, _IOFBF, kReadBytes);
  const int first = std::fgetc(stream);
  std::ungetc(first, stream);
  constexpr int kGzip = 0x1f, kZstandard = 0x28;  // RFC 1952 2.3.1, RFC 8878 3.1.1: the first byte

  ErrorText error{};
  Handle handle{first == EOF
                    ? nullptr
                    : pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, error.data())};
  if (handle) return handle;
  if (stream != stdin) std::fclose(stream);
  const std::string_view why = error.data();
  if (first == EOF) throw SourceError(shown_name(file) + ": is empty, not a capture");
  if (first == kGzip || first == kZstandard) {
    throw SourceError(shown_name(file) + ": is compressed; decompress it, as in: zcat FILE | dcmwatch replay -");
  }
  if (why.find("unknown file format") != why.npos)
    throw SourceError(shown_name(file) + ": is not a pcap or pcapng capture");
  throw SourceError(shown_name(file) + ": " + error.data());
}

}  // namespace

std::unique_ptr<Source> open_file(const std::filesystem::path& file, std::uint32_t index, const std::string& filter) {
  Handle handle = open_handle(file);
  Filter compiled{handle.get(), filter};
  return std::make_unique<FileSource>(std::move(handle), shown_name(file), index, std::move(compiled));
}

std::optional<Timestamp> first_packet_time(const std::filesystem::path& file) {
  try {
    const Handle handle = open_handle(file);
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    if (pcap_next_ex(handle.get(), &header, &data) != 1) return std::nullopt;
    return time_of(*header);
  } catch (const SourceError&) {
    return std::nullopt;
  }
}

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
  Filter{handle.get(), settings.filter}.install(handle.get());
  return std::make_unique<InterfaceSource>(std::move(handle), settings.name, index);
}

}  // namespace dcmwatch
