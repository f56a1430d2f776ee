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

/// What does not hold yet: fields that differ and should not. A line that has become untrue fails the test: delete it.
struct KnownBug {
  std::string_view rewriting;
  std::string_view field;  ///< as in MayDiffer
  std::string_view why;
};
const std::vector<KnownBug> kKnownBugs{
    {"neighbours_swapped", "connection/*", "a RST before the SYN that it refuses makes a connection of its own"},
    {"neighbours_swapped", "connection/conversation.unseen", "the same"},
    {"neighbours_swapped", "connection/network.opener_known", "the same"},
    {"clients_late", "connection/*", "a RST before the SYN that it refuses makes a connection of its own"},
    {"clients_late", "connection/conversation.unseen", "the same"},
    {"clients_late", "connection/network.opener_known", "the same"},
    {"clients_late", "connection/destination.bytes", "what comes after a RST that came too early is not counted"},
    {"clients_late", "hl7.message start/hl7.unacknowledged", "no queue is told until its answers are seen to be shown"},
    {"clients_late", "hl7.message/hl7.unacknowledged", "the same"},
    {"with_forgeries", "dicom.operation/dicom.slowest", "forged copies are counted as retransmissions"},
    {"with_forgeries", "connection/*", "a bad checksum after the end opens another connection"},
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
const MayDiffer kTimes{"@timestamp",
                       "event.start",
                       "event.end",
                       "event.duration",
                       "dicom.setup_time",
                       "dicom.transfer_time",
                       "dicom.response_time",
                       "dicom.slowest",
                       "dicom.throughput",
                       "dicom.release_time",
                       "link.delay",
                       "study.last_failure",
                       "study.last_report",
                       "workflow.ordered",
                       "workflow.scheduled",
                       "workflow.performed",
                       "workflow.stored",
                       "workflow.committed",
                       "workflow.reported",
                       "connection.handshake_time",
                       "connection.round_trip_to_acceptor",
                       "connection.round_trip_to_opener"};
const MayDiffer kPacketNumbers{"packet.first", "packet.last", "link.cause_packet", "link.effect_packet"};
const MayDiffer kPackets{"connection/source.packets", "connection/destination.packets",
                         "connection start/source.packets", "connection start/destination.packets"};
// A connection is told of once its protocol is known, and then with what was seen until then.
const MayDiffer kIdentifiedAt{"connection start/source.bytes", "connection start/destination.bytes"};
const MayDiffer kRetransmissions{"connection/source.retransmitted_packets",
                                 "connection/destination.retransmitted_packets"};
const MayDiffer kDuplicates{"connection/source.duplicate_packets", "connection/destination.duplicate_packets",
                            "connection start/source.duplicate_packets",
                            "connection start/destination.duplicate_packets"};
// What tells of packets that came in another order than they were sent in.
const MayDiffer kOrder =
    kTimes + kPacketNumbers + kPackets +
    MayDiffer{"connection start/source.out_of_order_packets", "connection start/destination.out_of_order_packets",
              "connection/source.out_of_order_packets", "connection/destination.out_of_order_packets",
              // Told at once, whatever the other side has said by then.
              "violation by opener/conversation.ordinal", "violation by acceptor/conversation.ordinal",
              "violation by opener/conversation.unseen", "violation by acceptor/conversation.unseen",
              "violation by opener/conversation.proven", "violation by acceptor/conversation.proven",
              "connection start/conversation.proven", "hl7.message start/conversation.proven"};
const MayDiffer kMacAddresses{"source.mac", "destination.mac"};

std::vector<Rewriting> rewritings() {
  std::vector<Rewriting> all{
      {"nothing", [](const Frames& frames) { return frames; }, {}},
      {"two_shards", [](const Frames& frames) { return frames; }, {}, 2},
      {"five_shards", [](const Frames& frames) { return frames; }, {}, 5},
      {"duplicated", [](const Frames& frames) { return duplicated(frames, same); }, kDuplicates},
      {"duplicated_at_another_hop", [](const Frames& frames) { return duplicated(frames, at_another_hop); },
       kDuplicates},
      {"duplicated_on_a_trunk", [](const Frames& frames) { return duplicated(frames, on_a_trunk); }, kDuplicates},
      {"neighbours_swapped", [](const Frames& frames) { return neighbours_swapped(frames, 1ms, 1); }, kOrder},
      {"clients_late", [](const Frames& frames) { return one_direction_late(frames, true, 2ms); }, kOrder},
      {"servers_late", [](const Frames& frames) { return one_direction_late(frames, false, 2ms); }, kOrder},
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
      {"with_keep_alives", with_keep_alives, kPackets + kRetransmissions + kDuplicates},
      {"over_ipv6", over_ipv6, {"network.community_id"}, 1, back_to_ipv4},
      // Bytes that nobody wants are not verified: a forged one in their place is counted as theirs. What is left out is
      // counted, too.
      {"with_forgeries", with_forgeries, kPackets + kRetransmissions + MayDiffer{"assemble.bad_checksum/*"}},
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
  for (const KnownBug& bug : kKnownBugs) {
    if (bug.rewriting != rewriting.name) continue;
    const auto met = std::erase_if(found, [&](const Difference& difference) { return difference.field == bug.field; });
    EXPECT_GT(met, 0U) << bug.field << " holds now: delete its line of kKnownBugs (" << bug.why << ")";
  }
  EXPECT_TRUE(found.empty()) << summary_of(found);
}

INSTANTIATE_TEST_SUITE_P(Captures, Metamorphic, testing::ValuesIn(rewritings()),
                         [](const auto& rewriting) { return rewriting.param.name; });

}  // namespace
}  // namespace dcmwatch::metamorphic
