#include "base/checksum.h"

#include <gtest/gtest.h>

#include <vector>

namespace dcmwatch {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kHeader = 20;

// RFC 1071 4.1, word by word: what the fast sum is held against.
std::uint16_t plain_sum(const Bytes& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    sum += static_cast<std::uint32_t>(bytes[i] << 8U) | (i + 1 < bytes.size() ? bytes[i + 1] : 0U);
    sum = (sum & 0xffffU) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(sum);
}

struct Sent {
  Bytes bytes;  ///< TCP header and payload
  Segment segment;

  Sent(const char* source, const char* destination, std::size_t payload_bytes) : bytes(kHeader + payload_bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + 3);
    bytes[16] = bytes[17] = 0;
    segment.source = {*IpAddress::parse(source), 40000};
    segment.destination = {*IpAddress::parse(destination), 104};
    segment.header_bytes = kHeader;
    segment.wire_payload_bytes = static_cast<std::uint32_t>(payload_bytes);
    view();
  }

  void view() { segment.payload = ByteView{bytes}.subspan(kHeader); }

  [[nodiscard]] Bytes pseudo_header(bool with_length) const {
    Bytes header;
    for (const Endpoint* end : {&segment.source, &segment.destination}) {
      const auto& address = end->address.bytes();
      header.insert(header.end(), address.begin() + (end->address.is_v4() ? 12 : 0), address.end());
    }
    const std::size_t length = with_length ? bytes.size() : 0;
    for (const std::size_t byte : {length >> 24, length >> 16, length >> 8, length})
      header.push_back(static_cast<std::uint8_t>(byte));
    header.insert(header.end(), {0, 0, 0, 6});
    return header;
  }

  void set(std::uint16_t checksum) {
    bytes[16] = static_cast<std::uint8_t>(checksum >> 8);
    bytes[17] = static_cast<std::uint8_t>(checksum);
    segment.checksum = checksum;
  }

  void set_right() {
    Bytes all = pseudo_header(true);
    all.insert(all.end(), bytes.begin(), bytes.end());
    set(static_cast<std::uint16_t>(~plain_sum(all)));
  }
};

const std::vector<std::pair<const char*, const char*>> kPairs{{"10.0.0.1", "10.0.0.2"}, {"fd00::1", "fd00::2"}};

TEST(Checksum, is_good_for_every_length_and_bad_for_every_byte_changed) {
  for (const auto& [source, destination] : kPairs) {
    for (std::size_t payload = 0; payload < 40; ++payload) {
      Sent sent{source, destination, payload};
      sent.set_right();
      EXPECT_EQ(checksum_of(sent.segment), Checksum::good) << payload;
      for (std::size_t i = 0; i < sent.bytes.size(); ++i) {
        if (i == 16 || i == 17) continue;
        sent.bytes[i] ^= 0x10;
        EXPECT_EQ(checksum_of(sent.segment), Checksum::bad) << payload << ' ' << i;
        sent.bytes[i] ^= 0x10;
      }
    }
  }
}

TEST(Checksum, is_good_beyond_64_KiB_of_ones) {
  Sent sent{"255.255.255.255", "255.255.255.255", 100000};
  sent.bytes.assign(sent.bytes.size(), 0xff);
  sent.view();
  sent.set(0);
  sent.set_right();
  EXPECT_EQ(checksum_of(sent.segment), Checksum::good);
}

TEST(Checksum, is_partial_where_it_was_left_to_the_card) {
  for (const auto& [source, destination] : kPairs) {
    for (const bool with_length : {true, false}) {
      Sent sent{source, destination, 1000};
      sent.set(plain_sum(sent.pseudo_header(with_length)));
      EXPECT_EQ(checksum_of(sent.segment), Checksum::partial) << source << ' ' << with_length;
    }
  }
}

TEST(Checksum, is_unknown_where_not_all_was_captured_or_it_is_no_tcp) {
  Sent sent{"10.0.0.1", "10.0.0.2", 100};
  sent.set_right();
  Segment cut = sent.segment;
  cut.payload = cut.payload.first(99);
  EXPECT_EQ(checksum_of(cut), Checksum::unknown);
  Segment headless = sent.segment;
  headless.header_bytes = 0;
  EXPECT_EQ(checksum_of(headless), Checksum::unknown);
  Segment datagram = sent.segment;
  datagram.transport = Transport::udp;
  EXPECT_EQ(checksum_of(datagram), Checksum::unknown);
}

}  // namespace
}  // namespace dcmwatch
