#include "base/community_id.h"

#include <gtest/gtest.h>

namespace dcmwatch {
namespace {

struct Vector {
  const char* source;
  std::uint16_t source_port;
  const char* destination;
  std::uint16_t destination_port;
  Transport transport;
  const char* id;
};

// The baseline of https://github.com/corelight/community-id-spec, seed 0.
constexpr Vector kVectors[] = {
    {"128.232.110.120", 34855, "66.35.250.204", 80, Transport::tcp, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
    {"192.168.1.52", 54585, "8.8.8.8", 53, Transport::udp, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
    {"2001:470:e5bf:dead:4957:2174:e82c:4887", 63943, "2607:f8b0:400c:c03::1a", 25, Transport::tcp,
     "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
};

TEST(CommunityId, IsTheOnePublishedWhicheverEndIsTheSource) {
  for (const Vector& vector : kVectors) {
    Parties parties;
    parties.source = {*IpAddress::parse(vector.source), vector.source_port};
    parties.destination = {*IpAddress::parse(vector.destination), vector.destination_port};
    parties.transport = vector.transport;
    EXPECT_EQ(community_id(parties), vector.id);
    parties.reverse();
    EXPECT_EQ(community_id(parties), vector.id);
  }
}

}  // namespace
}  // namespace dcmwatch
