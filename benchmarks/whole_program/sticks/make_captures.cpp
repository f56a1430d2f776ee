// Captures from captures, and one from nothing. All classic little-endian pcap with microseconds, Ethernet, IPv4, TCP.
//
//   make_captures merge OUT IN...        all of them at once: each is stretched to the longest one's duration, packets
//   in time order make_captures repeat TIMES IN        to standard output, one after the other, each time from other
//   addresses make_captures head BYTES IN OUT      the first packets, about so many bytes of them make_captures idle
//   CONNECTIONS OUT   connections that open, one every 100 microseconds, and then say nothing
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using Bytes = const std::uint8_t*;

constexpr std::uint64_t kSecond = 1'000'000;  // all times are microseconds
constexpr std::size_t kFileHeaderBytes = 24;
constexpr std::size_t kEthernetBytes = 14;
constexpr std::size_t kIpBytes = 20;
constexpr std::size_t kTcpBytes = 20;

struct RecordHeader {
  std::uint32_t seconds, microseconds, captured, on_wire;
};

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "make_captures: %s\n", why.c_str());
  std::exit(1);
}

/// A capture file, mapped, read record by record.
class Capture {
 public:
  explicit Capture(const char* path) {
    const int file = open(path, O_RDONLY);
    struct stat status {};
    if (file < 0 || fstat(file, &status) != 0) die(std::string{path} + " cannot be read");
    size_ = static_cast<std::size_t>(status.st_size);
    void* mapped = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (mapped == MAP_FAILED) die(std::string{path} + " cannot be mapped");
    bytes_ = static_cast<Bytes>(mapped);
    std::uint32_t magic = 0;
    std::memcpy(&magic, bytes_, sizeof magic);
    if (magic != 0xa1b2c3d4) die(std::string{path} + " is not a pcap file of this machine's byte order");
    rewind();
    first_ = last_ = time();
    for (; more(); step()) last_ = time();
    rewind();
  }

  [[nodiscard]] bool more() const { return at_ + sizeof header_ + header_.captured <= size_ && at_ < size_; }
  [[nodiscard]] const RecordHeader& header() const { return header_; }
  [[nodiscard]] Bytes frame() const { return bytes_ + at_ + sizeof header_; }
  [[nodiscard]] Bytes file_header() const { return bytes_; }
  [[nodiscard]] std::uint64_t time() const { return header_.seconds * kSecond + header_.microseconds; }
  [[nodiscard]] std::uint64_t first() const { return first_; }
  [[nodiscard]] std::uint64_t duration() const { return last_ - first_; }
  void step() { move_to(at_ + sizeof header_ + header_.captured); }
  void rewind() { move_to(kFileHeaderBytes); }

 private:
  void move_to(std::size_t at) {
    at_ = at;
    header_ = {};
    if (at_ + sizeof header_ <= size_) std::memcpy(&header_, bytes_ + at_, sizeof header_);
  }

  Bytes bytes_ = nullptr;
  std::size_t size_ = 0;
  std::size_t at_ = 0;
  RecordHeader header_{};
  std::uint64_t first_ = 0;
  std::uint64_t last_ = 0;
};

class Output {
 public:
  explicit Output(std::FILE* file) : file_(file) {
    if (!file_) die("the output cannot be written");
    std::setvbuf(file_, nullptr, _IOFBF, 1 << 20);
  }
  ~Output() {
    if (std::fclose(file_) != 0) die("the output cannot be written");
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void bytes(const void* data, std::size_t size) {
    if (std::fwrite(data, 1, size, file_) != size) die("the output cannot be written");
  }
  void record(RecordHeader header, std::uint64_t time, Bytes frame) {
    header.seconds = static_cast<std::uint32_t>(time / kSecond);
    header.microseconds = static_cast<std::uint32_t>(time % kSecond);
    bytes(&header, sizeof header);
    bytes(frame, header.captured);
  }

 private:
  std::FILE* file_;
};

std::uint16_t read16(Bytes at) { return static_cast<std::uint16_t>(at[0] << 8 | at[1]); }
void write16(std::uint8_t* at, std::uint32_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}
void write32(std::uint8_t* at, std::uint32_t value) {
  write16(at, value >> 16);
  write16(at + 2, value & 0xffff);
}

std::uint32_t folded(std::uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

/// RFC 1624: mends a checksum for a word under it that is about to change.
void mend(std::uint8_t* checksum, std::uint16_t before, std::uint16_t after) {
  const std::uint32_t sum = (~read16(checksum) & 0xffffU) + (~before & 0xffffU) + after;
  write16(checksum, ~folded(sum) & 0xffff);
}

void merge(const char* out, const std::vector<const char*>& paths) {
  std::vector<Capture> captures(paths.begin(), paths.end());
  std::uint64_t longest = 0;
  for (const Capture& capture : captures) longest = std::max(longest, capture.duration());
  const std::uint64_t begin = captures.front().first();
  const auto stretched = [&](const Capture& capture) {
    const double scale =
        capture.duration() ? static_cast<double>(longest) / static_cast<double>(capture.duration()) : 0;
    return begin + static_cast<std::uint64_t>(static_cast<double>(capture.time() - capture.first()) * scale);
  };

  Output output{std::fopen(out, "wb")};
  output.bytes(captures.front().file_header(), kFileHeaderBytes);
  while (true) {
    Capture* next = nullptr;
    for (Capture& capture : captures)
      if (capture.more() && (!next || stretched(capture) < stretched(*next))) next = &capture;
    if (!next) return;
    output.record(next->header(), stretched(*next), next->frame());
    next->step();
  }
}

/// The second octet of both addresses becomes `network`; checksums stay right.
void move_to_network(std::vector<std::uint8_t>& frame, std::uint8_t network) {
  if (frame.size() < kEthernetBytes + kIpBytes + kTcpBytes || read16(frame.data() + 12) != 0x0800) return;
  std::uint8_t* ip = frame.data() + kEthernetBytes;
  std::uint8_t* tcp = ip + (ip[0] & 0x0f) * 4;
  for (std::uint8_t* address : {ip + 12, ip + 16}) {
    const auto moved = static_cast<std::uint16_t>(address[0] << 8 | network);
    mend(ip + 10, read16(address), moved);
    if (ip[9] == 6) mend(tcp + 16, read16(address), moved);
    write16(address, moved);
  }
}

void repeat(int times, const char* path) {
  Capture capture{path};
  Output output{stdout};
  output.bytes(capture.file_header(), kFileHeaderBytes);
  std::vector<std::uint8_t> frame;
  for (int round = 0; round < times; ++round) {
    const std::uint64_t later = static_cast<std::uint64_t>(round) * (capture.duration() + kSecond);
    for (capture.rewind(); capture.more(); capture.step()) {
      frame.assign(capture.frame(), capture.frame() + capture.header().captured);
      move_to_network(frame, static_cast<std::uint8_t>(round));
      output.record(capture.header(), capture.time() + later, frame.data());
    }
  }
}

void head(std::uint64_t bytes, const char* path, const char* out) {
  Capture capture{path};
  Output output{std::fopen(out, "wb")};
  output.bytes(capture.file_header(), kFileHeaderBytes);
  for (std::uint64_t written = 0; capture.more() && written < bytes; capture.step()) {
    output.record(capture.header(), capture.time(), capture.frame());
    written += capture.header().captured;
  }
}

std::uint16_t checksum(Bytes bytes, std::size_t size, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < size; i += 2) sum += read16(bytes + i);
  return static_cast<std::uint16_t>(~folded(sum));
}

struct End {
  std::uint32_t address;
  std::uint16_t port;
  std::uint32_t sequence;
};

/// A TCP segment without payload, as a whole frame.
std::vector<std::uint8_t> segment(const End& from, const End& to, std::uint8_t flags, std::uint32_t acknowledged) {
  std::vector<std::uint8_t> frame(kEthernetBytes + kIpBytes + kTcpBytes);
  frame[0] = frame[6] = 2;  // locally administered
  frame[5] = static_cast<std::uint8_t>(to.address);
  frame[11] = static_cast<std::uint8_t>(from.address);
  write16(&frame[12], 0x0800);

  std::uint8_t* ip = &frame[kEthernetBytes];
  ip[0] = 0x45;
  write16(ip + 2, kIpBytes + kTcpBytes);
  ip[8] = 64;
  ip[9] = 6;
  write32(ip + 12, from.address);
  write32(ip + 16, to.address);
  write16(ip + 10, checksum(ip, kIpBytes));

  std::uint8_t* tcp = ip + kIpBytes;
  write16(tcp, from.port);
  write16(tcp + 2, to.port);
  write32(tcp + 4, from.sequence);
  write32(tcp + 8, acknowledged);
  tcp[12] = kTcpBytes / 4 << 4;
  tcp[13] = flags;
  write16(tcp + 14, 64240);
  const std::uint32_t pseudo_header = static_cast<std::uint16_t>(~checksum(ip + 12, 8)) + 6U + kTcpBytes;
  write16(tcp + 16, checksum(tcp, kTcpBytes, pseudo_header));
  return frame;
}

void idle(std::uint32_t connections, const char* out) {
  constexpr std::uint8_t kSyn = 0x02, kAck = 0x10;
  constexpr std::uint32_t kPortsOfAClient = 50'000;
  constexpr std::uint64_t kBegin = 1'800'000'000 * kSecond;
  Output output{std::fopen(out, "wb")};
  const std::uint32_t file_header[6] = {0xa1b2c3d4, 4U << 16 | 2U, 0, 0, 262144, 1};
  output.bytes(file_header, sizeof file_header);
  for (std::uint32_t i = 0; i < connections; ++i) {
    End client{0x0a010001 + i / kPortsOfAClient, static_cast<std::uint16_t>(10'000 + i % kPortsOfAClient),
               i * 2654435761U};
    End server{0x0a000002, 11112, ~client.sequence};
    std::uint64_t time = kBegin + i * std::uint64_t{100};
    const auto send = [&](const End& from, const End& to, std::uint8_t flags, std::uint32_t acknowledged) {
      const std::vector<std::uint8_t> frame = segment(from, to, flags, acknowledged);
      const auto size = static_cast<std::uint32_t>(frame.size());
      output.record({0, 0, size, size}, time++, frame.data());
    };
    send(client, server, kSyn, 0);
    ++client.sequence;
    send(server, client, kSyn | kAck, client.sequence);
    ++server.sequence;
    send(client, server, kAck, server.sequence);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 3 ? argv[1] : "";
  if (what == "merge" && argc > 3)
    merge(argv[2], {argv + 3, argv + argc});
  else if (what == "repeat" && argc == 4)
    repeat(std::atoi(argv[2]), argv[3]);
  else if (what == "head" && argc == 5)
    head(std::strtoull(argv[2], nullptr, 10), argv[3], argv[4]);
  else if (what == "idle" && argc == 4)
    idle(static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10)), argv[3]);
  else
    die("merge OUT IN..., repeat TIMES IN, head BYTES IN OUT, or idle CONNECTIONS OUT");
}
