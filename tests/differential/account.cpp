#include "account.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <memory>
#include <sstream>

#include "assemble/assembler.h"
#include "capture/source.h"
#include "decode/decoder.h"

namespace dcmwatch::differential {
namespace {

namespace json = boost::json;

json::object read_json(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return json::parse(text.str()).as_object();
}

struct Sent {
  std::uint64_t bytes = 0;
  std::string sha256;
};

// Streams without a byte are left out. The others between two ends are counted in the order in which they began.
class Streams {
 public:
  explicit Streams(Account& account) : account_(account) {}
  void add(const std::array<std::string, 2>& ends, const std::array<Sent, 2>& sent) {
    if (sent[0].bytes + sent[1].bytes == 0) return;
    const unsigned number = ++count_[std::minmax(ends[0], ends[1])];
    for (std::size_t from = 0; from < 2; ++from) {
      if (sent[from].bytes == 0) continue;
      account_[fmt::format("{} > {} #{}", ends[from], ends[1 - from], number)] =
          fmt::format("{} bytes {}", sent[from].bytes, sent[from].sha256.substr(0, 12));
    }
  }

 private:
  Account& account_;
  std::map<std::pair<std::string, std::string>, unsigned> count_;
};

// The protocol tree's lines are [depth, protocol, packets, bytes]; what an ICMP error quotes is no segment.
std::uint64_t tcp_segments(const json::array& tree) {
  std::uint64_t segments = 0;
  std::int64_t icmp_depth = -1;
  for (const json::value& line : tree) {
    const std::int64_t depth = line.at(0).as_int64();
    const std::string_view protocol = line.at(1).as_string();
    if (icmp_depth >= 0 && depth <= icmp_depth) icmp_depth = -1;
    if (icmp_depth < 0 && (protocol == "icmp" || protocol == "icmpv6")) icmp_depth = depth;
    if (icmp_depth < 0 && protocol == "tcp") segments += static_cast<std::uint64_t>(line.at(2).as_int64());
  }
  return segments;
}

Account account_of(const json::object& theirs) {
  Account account;
  account["packets"] = std::to_string(theirs.at("packets").as_int64());
  account["tcp segments"] = std::to_string(tcp_segments(theirs.at("phs").as_array()));
  const json::value* follow = theirs.if_contains("follow");
  Streams streams{account};
  for (const json::value& stream : follow ? follow->as_array() : json::array{}) {
    const auto text = [&](const char* key) { return std::string{stream.at(key).as_string()}; };
    const auto bytes = [&](const char* key) { return static_cast<std::uint64_t>(stream.at(key).as_int64()); };
    streams.add({text("node0"), text("node1")},
                {Sent{bytes("len0"), text("sha256_0")}, Sent{bytes("len1"), text("sha256_1")}});
  }
  return account;
}

class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void add(ByteView bytes) {
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
    bytes_ += bytes.size();
  }
  Sent take() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    EVP_DigestFinal_ex(context_.get(), digest.data(), &length);
    std::string hex;
    for (unsigned i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
    return {bytes_, hex};
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
  std::uint64_t bytes_ = 0;
};

// Wants everything, and keeps its digest.
class StreamDigests final : public StreamHandler {
 public:
  std::unique_ptr<StreamSink> open(const Connection& connection, const Mark&) override {
    return std::make_unique<Sink>(streams_[connection.id]);
  }
  void on_connection_end(const Connection& connection, StreamSink*, const Mark&, CloseReason) override {
    if (connection.parties.transport != Transport::tcp) return;
    Stream& stream = streams_[connection.id];
    stream.first = connection.first;
    stream.ends = {to_text(connection.parties.source), to_text(connection.parties.destination)};
  }
  void on_unanswered(const UnansweredConnections&, Timestamp) override {}

  void tell(Account& account) {
    std::vector<Stream*> streams;
    for (auto& [id, stream] : streams_)
      if (!stream.ends[0].empty()) streams.push_back(&stream);
    std::sort(streams.begin(), streams.end(), [](const Stream* a, const Stream* b) { return a->first < b->first; });
    Streams told{account};
    for (Stream* stream : streams) told.add(stream->ends, {stream->digests[0].take(), stream->digests[1].take()});
  }

 private:
  struct Stream {
    Mark first;
    std::array<std::string, 2> ends;
    std::array<Digest, 2> digests;
  };
  struct Sink final : StreamSink {
    explicit Sink(Stream& stream) : to(stream) {}
    Appetite on_bytes(Direction direction, const Mark&, ByteView bytes) override {
      to.digests[index_of(direction)].add(bytes);
      return kWantAll;
    }
    void on_skipped(Direction, const Mark&, const Mark&, std::uint64_t, std::uint64_t) override {}
    void on_gap(Direction, const Mark&, std::uint64_t) override {}
    void on_close(const Mark&, CloseReason) override {}
    Stream& to;
  };

  std::map<std::uint64_t, Stream> streams_;
};

}  // namespace

std::filesystem::path corpus() { return std::filesystem::path{DCMWATCH_ROOT} / ".." / "shared" / "corpus"; }

std::vector<Capture> accounts() {
  std::vector<Capture> captures;
  for (const auto& file : std::filesystem::directory_iterator{corpus() / "expected"}) {
    const json::object theirs = read_json(file.path());
    captures.push_back({std::string{theirs.at("file").as_string()}, theirs.contains("follow"), account_of(theirs)});
  }
  std::sort(captures.begin(), captures.end(), [](const Capture& a, const Capture& b) { return a.name < b.name; });
  return captures;
}

Account our_account(const Capture& capture) {
  const Limits limits;
  StreamDigests digests;
  Assembler assembler{limits, digests};
  Decoder decoder{limits};
  Batch batch;
  Segment segment;
  std::uint64_t packets = 0, segments = 0;
  try {
    const auto source = open_file(corpus() / capture.name, 0, "");
    for (Fill fill = source->next(batch, 1024, 1 << 18); fill == Fill::packets || fill == Fill::idle;
         fill = source->next(batch, 1024, 1 << 18)) {
      packets += batch.packets.size();
      batch.reassembled.clear();
      for (const Packet& packet : batch.packets) {
        if (decoder.decode(packet, batch, segment) != Decoded::segment) continue;
        segments += segment.transport == Transport::tcp ? 1 : 0;
        assembler.on_segment(segment);
      }
      assembler.advance(batch.watermark);
    }
  } catch (const SourceError&) {
    // No capture to us: no packets.
  }
  assembler.finish(batch.watermark);
  Account ours;
  ours["packets"] = std::to_string(packets);
  ours["tcp segments"] = std::to_string(segments);
  if (capture.streams_told) digests.tell(ours);
  return ours;
}

}  // namespace dcmwatch::differential
