#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>

#include "capture/source.h"

namespace dcmwatch {
namespace {

struct HandleCloser {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using Handle = std::unique_ptr<pcap_t, HandleCloser>;
using ErrorText = std::array<char, PCAP_ERRBUF_SIZE>;

void set_filter(pcap_t* handle, const std::string& filter) {
  if (filter.empty()) return;
  bpf_program program{};
  if (pcap_compile(handle, &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    throw FilterError("filter \"" + filter + "\": " + pcap_geterr(handle));
  }
  const int result = pcap_setfilter(handle, &program);
  pcap_freecode(&program);
  if (result != 0) throw FilterError("filter \"" + filter + "\": " + pcap_geterr(handle));
}

// pcap_datalink gives DLT_ values, which differ between systems for raw IP alone; files bear LINKTYPE_RAW.
std::uint16_t link_type_of(pcap_t* handle) {
  constexpr std::uint16_t kLinkTypeRaw = 101;
  const int type = pcap_datalink(handle);
  return type == DLT_RAW ? kLinkTypeRaw : static_cast<std::uint16_t>(type);
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
    const std::int64_t nanoseconds = header.ts.tv_sec * std::int64_t{1'000'000'000} + header.ts.tv_usec;
    const Mark mark{timestamp_from_ns(nanoseconds), index_, packets_++};
    offsets_.push_back(batch.block.size());
    batch.block.insert(batch.block.end(), data, data + header.caplen);
    batch.packets.push_back({mark, {data, header.caplen}, header.len, link_type_});
  }

  Fill finish(Batch& batch, Fill otherwise) {
    for (std::size_t i = 0; i < batch.packets.size(); ++i) {
      batch.packets[i].bytes = ByteView{batch.block}.subspan(offsets_[i], batch.packets[i].bytes.size());
    }
    return batch.packets.empty() ? otherwise : Fill::packets;
  }

  Fill fail() {
    failure_ = pcap_geterr(handle_.get());
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
  using PcapSource::PcapSource;

  Fill next(Batch& batch, std::size_t packets, std::size_t bytes) override {
    begin(batch, bytes);
    while (over_ == Fill::packets && batch.packets.size() < packets && batch.block.size() < bytes) {
      if (stopped_.load(std::memory_order_relaxed)) {
        over_ = Fill::end;
        break;
      }
      pcap_pkthdr* header = nullptr;
      const u_char* data = nullptr;
      switch (pcap_next_ex(handle_.get(), &header, &data)) {
        case 1: add(batch, *header, data); break;
        case PCAP_ERROR_BREAK: over_ = Fill::end; break;
        default: over_ = fail(); break;
      }
    }
    return finish(batch, over_);
  }

  void stop() override { stopped_ = true; }
  std::optional<SourceDrops> drops() override { return std::nullopt; }

  [[nodiscard]] std::uint64_t position_bytes() const override {
    const long position = std::ftell(pcap_file(handle_.get()));
    return position < 0 ? 0 : static_cast<std::uint64_t>(position);
  }

 private:
  Fill over_ = Fill::packets;  ///< what to say once the packets already read are given
  std::atomic<bool> stopped_ = false;
};

class InterfaceSource final : public PcapSource {
 public:
  using PcapSource::PcapSource;

  Fill next(Batch& batch, std::size_t packets, std::size_t bytes) override {
    begin(batch, bytes);
    if (stopped_.load(std::memory_order_relaxed)) return Fill::end;
    Collector collector{this, &batch};
    const int count =
        pcap_dispatch(handle_.get(), static_cast<int>(packets), collect, reinterpret_cast<u_char*>(&collector));
    if (count == PCAP_ERROR) return finish(batch, fail());
    return finish(batch, count == PCAP_ERROR_BREAK ? Fill::end : Fill::idle);
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
  };

  static void collect(u_char* user, const pcap_pkthdr* header, const u_char* data) {
    const auto* collector = reinterpret_cast<Collector*>(user);
    collector->source->add(*collector->batch, *header, data);
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

  ErrorText error{};
  Handle handle{first == EOF
                    ? nullptr
                    : pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, error.data())};
  if (handle) return handle;
  if (stream != stdin) std::fclose(stream);
  const std::string_view why = error.data();
  if (first == EOF) throw SourceError(shown_name(file) + ": is empty, not a capture");
  if (why.find("unknown file format") != why.npos)
    throw SourceError(shown_name(file) + ": is not a pcap or pcapng capture");
  throw SourceError(shown_name(file) + ": " + error.data());
}

}  // namespace

std::unique_ptr<Source> open_file(const std::filesystem::path& file, std::uint32_t index, const std::string& filter) {
  Handle handle = open_handle(file);
  set_filter(handle.get(), filter);
  return std::make_unique<FileSource>(std::move(handle), shown_name(file), index);
}

std::optional<Timestamp> first_packet_time(const std::filesystem::path& file) {
  try {
    const Handle handle = open_handle(file);
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    if (pcap_next_ex(handle.get(), &header, &data) != 1) return std::nullopt;
    return timestamp_from_ns(header->ts.tv_sec * std::int64_t{1'000'000'000} + header->ts.tv_usec);
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
    const char* detail = pcap_geterr(handle.get());
    throw SourceError(settings.name + ": " + pcap_statustostr(result) +
                      (*detail != '\0' ? std::string{" ("} + detail + ")" : ""));
  }
  if (pcap_get_tstamp_precision(handle.get()) != PCAP_TSTAMP_PRECISION_NANO) {
    throw SourceError(settings.name + ": gives no timestamps in nanoseconds");
  }
  // Inbound only: what this host itself sends is no traffic of the mirror.
  pcap_setdirection(handle.get(), PCAP_D_IN);
  set_filter(handle.get(), settings.filter);
  return std::make_unique<InterfaceSource>(std::move(handle), settings.name, index);
}

}  // namespace dcmwatch
