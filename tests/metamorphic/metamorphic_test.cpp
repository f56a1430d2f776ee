// What was said does not change with how its packets travelled or were captured: real captures, rewritten, tell the
// same but for the fields that tell of the change. Which fields those are stands beside each rewriting.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <ostream>
#include <string>

#include "captures.h"
#include "encapsulations.h"
#include "records.h"
#include "rewritings.h"

namespace dcmwatch::metamorphic {
namespace {

using namespace std::chrono_literals;

/// What does not hold yet, and why. A line that has become untrue fails the test: delete it.
const std::map<std::string_view, std::string_view> kNotYet{
    {"duplicated", "a second copy counts as a retransmission"},
    {"duplicated_at_another_hop", "a second copy counts as a retransmission"},
    {"duplicated_on_a_trunk", "a second copy counts as a retransmission"},
    {"neighbours_swapped", "a SYN after its SYN-ACK begins another connection"},
    {"clients_late", "a SYN after its SYN-ACK begins another connection"},
    {"servers_late", "a SYN-ACK after what acknowledges it begins another connection"},
    {"with_forgeries", "checksums are not verified"},
};

struct Rewriting {
  std::string name;
  std::function<Frames(const Frames&)> rewrite;
  MayDiffer may_differ;
  unsigned shards = 1;
  std::function<IpAddress(const IpAddress&)> address = {};
  Fields connections_show = {};  ///< what every record of a TCP connection then says
};

void PrintTo(const Rewriting& rewriting, std::ostream* out) { *out << rewriting.name; }

MayDiffer operator+(MayDiffer left, const MayDiffer& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// Packets come at other times, and so does everything that is reckoned from times.
const MayDiffer kTimes{"@timestamp",     "event.start",      "event.end",
                       "event.duration", "dicom.setup_time", "connection.handshake_time"};
const MayDiffer kPacketNumbers{"packet.first", "packet.last"};
const MayDiffer kPackets{"connection/source.packets", "connection/destination.packets",
                         "connection start/source.packets", "connection start/destination.packets"};
// A connection is told of once its protocol is known, and then with what was seen until then.
const MayDiffer kIdentifiedAt{"connection start/source.bytes", "connection start/destination.bytes"};
const MayDiffer kRetransmissions{"connection/source.retransmitted_packets",
                                 "connection/destination.retransmitted_packets"};
const MayDiffer kMacAddresses{"source.mac", "destination.mac"};

std::vector<Rewriting> rewritings() {
  std::vector<Rewriting> all{
      {"nothing", [](const Frames& frames) { return frames; }, {}},
      {"two_shards", [](const Frames& frames) { return frames; }, {}, 2},
      {"five_shards", [](const Frames& frames) { return frames; }, {}, 5},
      {"duplicated", [](const Frames& frames) { return duplicated(frames, same); }, {}},
      {"duplicated_at_another_hop", [](const Frames& frames) { return duplicated(frames, at_another_hop); }, {}},
      {"duplicated_on_a_trunk", [](const Frames& frames) { return duplicated(frames, on_a_trunk); }, {}},
      {"neighbours_swapped", [](const Frames& frames) { return neighbours_swapped(frames, 1ms, 1); },
       kTimes + kPacketNumbers},
      {"clients_late", [](const Frames& frames) { return one_direction_late(frames, true, 2ms); },
       kTimes + kPacketNumbers},
      {"servers_late", [](const Frames& frames) { return one_direction_late(frames, false, 2ms); },
       kTimes + kPacketNumbers},
      {"with_trailers", with_trailers, {}},
      {"cut_smaller", [](const Frames& frames) { return cut_smaller(frames, 1); },
       kPackets + kRetransmissions + kIdentifiedAt},
      {"coalesced", [](const Frames& frames) { return coalesced(frames, 60000, false); },
       kTimes + kPacketNumbers + kPackets + kRetransmissions + kIdentifiedAt},
      {"coalesced_without_a_length", [](const Frames& frames) { return coalesced(frames, 250000, true); },
       kTimes + kPacketNumbers + kPackets + kIdentifiedAt},
      {"fragmented", [](const Frames& frames) { return fragmented(frames, false, 1); }, {}},
      {"fragmented_last_first", [](const Frames& frames) { return fragmented(frames, true, 1); }, {}},
      {"with_partial_checksums", with_partial_checksums, {}},
      {"wrapping", wrapping, {}},
      {"retransmitting", [](const Frames& frames) { return retransmitting(frames, 1); }, kPackets + kRetransmissions},
      {"with_keep_alives", with_keep_alives, kPackets + kRetransmissions},
      {"over_ipv6", over_ipv6, {"network.community_id"}, 1, back_to_ipv4},
      {"with_forgeries", with_forgeries, kPackets},
  };
  for (const Encapsulation& encapsulation : encapsulations()) {
    all.push_back({std::string{"in_"} + encapsulation.name,
                   [&](const Frames& frames) { return encapsulated(frames, encapsulation); },
                   encapsulation.mac_addresses_stay ? MayDiffer{} : kMacAddresses});
    const std::array<std::pair<const char*, const char*>, 2> tags{
        {{"network.vlan.id", encapsulation.vlan}, {"network.inner.vlan.id", encapsulation.inner_vlan}}};
    for (const auto& [path, id] : tags) {
      if (!*id) continue;
      all.back().may_differ.push_back(path);
      all.back().connections_show[path] = id;
    }
  }
  return all;
}

constexpr std::array kCaptures{"deviations.pcap", "full-day-ipv6.pcap", "hl7.pcap", "rejections.pcap",
                               "peer-crash.pcap"};

class Metamorphic : public testing::TestWithParam<Rewriting> {};

// "12 times connection/source.bytes, for one: …"
std::string summary_of(const std::vector<Difference>& differences) {
  std::map<std::string, std::vector<const Difference*>> by_field;
  for (const Difference& difference : differences) by_field[difference.field].push_back(&difference);
  std::string text;
  for (const auto& [field, found] : by_field)
    text += "\n  " + std::to_string(found.size()) + " times " + field + ", for one: " + found.front()->text;
  return text;
}

TEST_P(Metamorphic, rewriting_changes_nothing_but_what_tells_of_it) {
  const Rewriting& rewriting = GetParam();
  std::vector<Difference> found;
  for (const std::string name : kCaptures) {
    const RealCapture& real = real_capture(name);
    const Frames frames = rewriting.rewrite(real.frames);
    const Records records = records_of(frames, rewriting.shards, rewriting.address);
    for (Difference& difference : differences(real.records, records, rewriting.may_differ)) {
      difference.text = name + ", " + difference.text;
      found.push_back(std::move(difference));
    }
    for (const Fields& record : records) {
      if (value_of(record, "network.transport") != "tcp") continue;
      for (const auto& [path, value] : rewriting.connections_show) {
        if (value_of(record, path) != value) found.push_back({path, name + ": does not say " + value});
      }
    }
  }
  const auto not_yet = kNotYet.find(rewriting.name);
  if (not_yet == kNotYet.end()) {
    EXPECT_TRUE(found.empty()) << summary_of(found);
  } else {
    EXPECT_FALSE(found.empty()) << "it holds now: delete its line of kNotYet";
    GTEST_SKIP() << not_yet->second;
  }
}

INSTANTIATE_TEST_SUITE_P(Captures, Metamorphic, testing::ValuesIn(rewritings()),
                         [](const auto& rewriting) { return rewriting.param.name; });

}  // namespace
}  // namespace dcmwatch::metamorphic
