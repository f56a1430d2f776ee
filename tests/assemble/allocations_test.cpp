// What a segment in order costs in allocations: none.
#include <gtest/gtest.h>

#include "assemble/assembler.h"
#include "counted_allocations.h"

namespace dcmwatch {
namespace {

constexpr std::uint32_t kBytes = 1000;
constexpr std::uint8_t kPayload[kBytes] = {};

// Wants every tenth segment, as a DICOM conversation wants the heads of its PDUs.
struct Picky final : StreamSink {
  Appetite on_bytes(Direction, const Mark&, ByteView) override { return 9 * kBytes; }
  void on_skipped(Direction, const Mark&, const Mark&, std::uint64_t, std::uint64_t) override {}
  void on_gap(Direction, const Mark&, std::uint64_t) override {}
  void on_close(const Mark&, CloseReason) override {}
};
struct Handler final : StreamHandler {
  std::unique_ptr<StreamSink> open(const Connection&, const Mark&) override { return std::make_unique<Picky>(); }
  void on_connection_end(const Connection&, StreamSink*, const Mark&, CloseReason) override {}
  void on_unanswered(const UnansweredConnections&, Timestamp) override {}
};

class Allocations : public testing::Test {
 protected:
  Allocations() {
    sent_.source = {*IpAddress::parse("10.0.0.1"), 40000};
    sent_.destination = {*IpAddress::parse("10.0.0.2"), 104};
    sent_.flags = TcpFlags::ack;
    sent_.window = 1000;
    sent_.payload = kPayload;
    sent_.wire_payload_bytes = kBytes;
    sent_.hash = hash_of(sent_.key());
    answer_ = sent_;
    std::swap(answer_.source, answer_.destination);
    answer_.payload = {};
    answer_.wire_payload_bytes = 0;
    answer_.sequence = 7;
  }
  void give(std::uint32_t number) {
    sent_.sequence = number * kBytes;
    ++sent_.ip_id;
    assembler_.on_segment(sent_);
  }
  void acknowledge(std::uint32_t number) {
    answer_.acknowledgement = (number + 1) * kBytes;
    ++answer_.ip_id;
    assembler_.on_segment(answer_);
  }

  Limits limits_;
  Handler handler_;
  Assembler assembler_{limits_, handler_};
  Segment sent_;
  Segment answer_;
};

TEST_F(Allocations, segments_in_order_cost_none) {
  for (std::uint32_t i = 0; i < 20; ++i) give(i), acknowledge(i);
  const std::size_t before = allocations;
  for (std::uint32_t i = 20; i < 1000; ++i) give(i), acknowledge(i);
  EXPECT_EQ(allocations - before, 0U);
}

TEST_F(Allocations, holes_and_held_segments_use_their_buffers_again) {
  const auto round = [this](std::uint32_t first) {
    for (const std::uint32_t number : {0U, 2U, 1U, 5U, 4U, 3U, 6U, 9U, 8U, 7U}) give(first + number);
    acknowledge(first + 9);
  };
  for (std::uint32_t i = 0; i < 10; ++i) round(10 * i);
  const std::size_t before = allocations;
  for (std::uint32_t i = 10; i < 50; ++i) round(10 * i);
  EXPECT_EQ(allocations - before, 0U);
}

}  // namespace
}  // namespace dcmwatch
