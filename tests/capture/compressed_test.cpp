#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "capture_writer.h"
#include "reading.h"
#include "temporary_folder.h"

namespace dcmwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string gzipped(std::string_view content) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstandard(std::string_view content) {
  std::string out(ZSTD_compressBound(content.size()), '\0');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);  // as the program does
  out.resize(ZSTD_compress2(context, out.data(), out.size(), content.data(), content.size()));
  ZSTD_freeCCtx(context);
  return out;
}

struct Compression {
  const char* name;
  std::string (*compress)(std::string_view);
};

class Compressed : public testing::TestWithParam<Compression> {
 protected:
  Compressed() {
    capture_ = pcap_header();
    for (std::uint32_t i = 0; i < 5000; ++i) {
      std::string packet(900, '\0');
      for (std::size_t at = 0; at < packet.size(); ++at) packet[at] = static_cast<char>((at * at + i * at * 31) >> 5);
      capture_ += pcap_record(i, 0, packet);
    }
    plain_ = read_all(write(folder_ / "plain.pcap", capture_));
  }

  Read read(std::string_view content) const { return read_all(write(folder_ / "compressed", content)); }
  std::string compress(std::string_view content) const { return GetParam().compress(content); }

  const TemporaryFolder folder_;
  std::string capture_;
  Read plain_;
};

TEST_P(Compressed, gives_what_the_capture_gives) {
  const Read all = read(compress(capture_));
  EXPECT_EQ(all.packets, plain_.packets);
  EXPECT_THAT(all.failures, IsEmpty());
}

TEST_P(Compressed, may_be_of_several_members) {
  std::string members;
  for (std::size_t at = 0; at < capture_.size(); at += 1'000'003)
    members += compress(std::string_view{capture_}.substr(at, 1'000'003));
  const Read all = read(members);
  EXPECT_EQ(all.packets, plain_.packets);
  EXPECT_THAT(all.failures, IsEmpty());
}

TEST_P(Compressed, gives_what_came_before_it_was_cut) {
  const std::string whole = compress(capture_);
  const Read all = read(whole.substr(0, whole.size() / 2));
  EXPECT_THAT(all.failures, ElementsAre(HasSubstr("the compressed data end too early")));
  ASSERT_GT(all.packets.size(), 1000U);
  EXPECT_TRUE(std::equal(all.packets.begin(), all.packets.end(), plain_.packets.begin()));
}

TEST_P(Compressed, gives_what_came_before_the_damage) {
  std::string damaged = compress(capture_);
  for (std::size_t at = damaged.size() / 2; at < damaged.size() / 2 + 200; ++at) damaged[at] = '\xff';
  const Read all = read(damaged);
  EXPECT_EQ(all.failures.size(), 1U);
  EXPECT_GT(all.packets.size(), 500U);
}

TEST_P(Compressed, may_hold_no_capture) {
  EXPECT_THAT(read(compress("Dear colleague, please find attached")).failures,
              ElementsAre(HasSubstr("is compressed, and what it holds is not a pcap")));
  EXPECT_THAT(read(compress(compress(capture_))).failures, ElementsAre(HasSubstr("is compressed, and what it holds")));
  EXPECT_EQ(read(compress("")).failures.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(By, Compressed, testing::Values(Compression{"gzip", gzipped}, Compression{"zstd", zstandard}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace dcmwatch
