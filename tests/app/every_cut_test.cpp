// How the network cuts a stream into segments must not matter: every cut of real streams gives the same events.
#include <gtest/gtest.h>

#include <algorithm>

#include "captured_streams.h"

namespace dcmwatch {
namespace {

const std::filesystem::path kPcaps = std::filesystem::path{DCMWATCH_ROOT} / "pcaps";

std::vector<Chunk> cut_at(const std::vector<Chunk>& chunks, std::size_t position) {
  std::vector<Chunk> cut;
  for (const Chunk& chunk : chunks) {
    if (position > 0 && position < chunk.bytes.size()) {
      cut.push_back({chunk.direction, chunk.mark, chunk.bytes.substr(0, position)});
      cut.push_back({chunk.direction, chunk.mark, chunk.bytes.substr(position)});
    } else {
      cut.push_back(chunk);
    }
    position = position >= chunk.bytes.size() ? position - chunk.bytes.size() : 0;
  }
  return cut;
}

std::vector<Chunk> in_pieces(const std::vector<Chunk>& chunks, std::size_t size) {
  std::vector<Chunk> pieces;
  for (const Chunk& chunk : chunks) {
    for (std::size_t at = 0; at < chunk.bytes.size(); at += size) {
      pieces.push_back({chunk.direction, chunk.mark, chunk.bytes.substr(at, size)});
    }
  }
  return pieces;
}

class EveryCut : public testing::TestWithParam<const char*> {
 protected:
  const Pseudonymizer pseudonymizer_{"a key for tests only"};
};

TEST_P(EveryCut, of_the_short_streams_gives_the_same_events) {
  constexpr std::size_t kShort = 3000, kCuts = 6000;
  std::size_t cuts = 0;
  for (const CapturedStream& stream : streams_of(kPcaps / GetParam())) {
    if (stream.bytes() > kShort || cuts > kCuts) continue;
    const std::string whole = told_of(stream.parties, stream.chunks, pseudonymizer_);
    for (std::size_t at = 1; at < stream.bytes(); ++at, ++cuts) {
      ASSERT_EQ(told_of(stream.parties, cut_at(stream.chunks, at), pseudonymizer_), whole)
          << to_text(stream.parties.source) << " cut at " << at << " of " << stream.bytes();
    }
  }
  EXPECT_GT(cuts, 1000U);
}

TEST_P(EveryCut, into_small_pieces_gives_the_same_events) {
  for (const CapturedStream& stream : streams_of(kPcaps / GetParam())) {
    const std::string whole = told_of(stream.parties, stream.chunks, pseudonymizer_);
    for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{536}}) {
      ASSERT_EQ(told_of(stream.parties, in_pieces(stream.chunks, size), pseudonymizer_), whole)
          << to_text(stream.parties.source) << " in pieces of " << size;
    }
  }
}

std::string name_of(const testing::TestParamInfo<const char*>& capture) {
  std::string name = std::filesystem::path{capture.param}.stem();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Captures, EveryCut,
                         testing::Values("modality-day.pcap", "query-retrieve.pcap", "rejections.pcap", "hl7.pcap",
                                         "hl7-framing.pcap", "hl7-acknowledgements.pcap", "hl7-contents.pcap"),
                         name_of);

}  // namespace
}  // namespace dcmwatch
