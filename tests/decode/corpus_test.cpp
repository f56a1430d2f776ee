// How many TCP segments and UDP datagrams stand innermost in each public capture, held against tshark's account.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

#include "capture/source.h"
#include "decode/decoder.h"

namespace dcmwatch {
namespace {

namespace json = boost::json;

const std::filesystem::path kCorpus = std::filesystem::path{DCMWATCH_ROOT}.parent_path() / "shared" / "corpus";

struct Count {
  std::int64_t tcp = 0;
  std::int64_t udp = 0;
  friend bool operator==(const Count&, const Count&) = default;
};

std::ostream& operator<<(std::ostream& out, const Count& count) { return out << count.tcp << ", " << count.udp; }

// The protocol tree's lines are [depth, protocol, packets, bytes]. A transport within another counts instead of it;
// what an ICMP error quotes does not count.
Count innermost(const json::array& tree) {
  Count count;
  std::vector<std::pair<std::int64_t, std::int64_t*>> around;  // depth; nullptr within ICMP
  for (const json::value& line : tree) {
    const std::int64_t depth = line.at(0).as_int64(), packets = line.at(2).as_int64();
    const std::string_view protocol = line.at(1).as_string();
    while (!around.empty() && around.back().first >= depth) around.pop_back();
    const bool quoted = !around.empty() && around.back().second == nullptr;
    if (protocol.starts_with("icmp")) around.emplace_back(depth, nullptr);
    if (quoted || (protocol != "tcp" && protocol != "udp")) continue;
    std::int64_t& mine = protocol == "tcp" ? count.tcp : count.udp;
    if (!around.empty()) *around.back().second -= packets;
    mine += packets;
    around.emplace_back(depth, &mine);
  }
  return count;
}

Count ours(const std::filesystem::path& capture) {
  Count count;
  Decoder decoder;
  Batch batch;
  const auto source = open_file(capture, 0, "");
  while (source->next(batch, 1024, 1 << 18) == Fill::packets) {
    batch.reassembled.clear();
    for (const Packet& packet : batch.packets) {
      Segment segment;
      if (decoder.decode(packet, batch, segment) != Decoded::segment) continue;
      ++(segment.transport == Transport::tcp ? count.tcp : count.udp);
    }
  }
  return count;
}

struct Difference {
  std::string_view name;  ///< below ../shared/corpus/nasty
  Count ours;
  Count theirs;
};

struct Explained {
  std::string_view why;
  std::vector<Difference> differences;
};

const std::vector<Explained> kExplained{
    {"the first fragments of datagrams whose others are missing or cut are looked into by tshark; here a datagram is "
     "whole or counted as incomplete",
     {
         {"the-tcpdump-group__tcpdump/tests/bgp-bgp_capabilities_print-oobr-1.pcap", {0, 0}, {1, 0}},
         {"the-tcpdump-group__tcpdump/tests/bgp-bgp_capabilities_print-oobr-2.pcap", {0, 0}, {1, 0}},
         {"the-tcpdump-group__tcpdump/tests/bgp_pmsi_tunnel-oobr.pcap", {0, 0}, {1, 0}},
         {"the-tcpdump-group__tcpdump/tests/bootp_asan-2.pcap", {0, 0}, {0, 1}},
         {"the-tcpdump-group__tcpdump/tests/bootp_asan.pcap", {0, 0}, {0, 1}},
         {"the-tcpdump-group__tcpdump/tests/dhcp6_reconf_asan.pcap", {0, 0}, {0, 1}},
         {"the-tcpdump-group__tcpdump/tests/esp_truncated.pcap", {0, 0}, {0, 1}},
         {"the-tcpdump-group__tcpdump/tests/hncp_dhcpv4data-oobr.pcap", {0, 0}, {0, 1}},
         {"the-tcpdump-group__tcpdump/tests/ikev1_id_ipv6_addr_subnet-oobr.pcap", {0, 0}, {0, 1}},
         {"the-tcpdump-group__tcpdump/tests/isakmp-ikev1_n_print-oobr.pcap", {0, 0}, {0, 2}},
         {"the-tcpdump-group__tcpdump/tests/isakmp-various-oobr.pcap", {0, 0}, {0, 1}},
         {"the-tcpdump-group__tcpdump/tests/isakmpv1-attr-oobr.pcap", {0, 0}, {0, 1}},
         {"the-tcpdump-group__tcpdump/tests/ldp-ldp_tlv_print-oobr.pcap", {0, 0}, {0, 1}},
         {"the-tcpdump-group__tcpdump/tests/lmp-lmp_print_data_link_subobjs-oobr.pcap", {0, 0}, {0, 2}},
         {"the-tcpdump-group__tcpdump/tests/olsr-oobr-1.pcap", {0, 0}, {0, 4}},
         {"the-tcpdump-group__tcpdump/tests/radius_attr_asan.pcap", {0, 0}, {0, 1}},
         {"the-tcpdump-group__tcpdump/tests/rip_error_hexdump.pcap", {0, 0}, {0, 1}},
         {"the-tcpdump-group__tcpdump/tests/rpki-rtr-oobr.pcap", {0, 0}, {1, 0}},
         {"the-tcpdump-group__tcpdump/tests/rsvp_uni-oobr-3.pcap", {0, 0}, {0, 1}},
         {"the-tcpdump-group__tcpdump/tests/rx_serviceid_oobr.pcap", {0, 1}, {0, 2}},
         {"the-tcpdump-group__tcpdump/tests/vqp-oobr.pcap", {0, 0}, {0, 1}},
         {"zeek__zeek/testing/btest/Traces/ipv6-reassembly-state-leak.pcap", {0, 0}, {0, 2}},
     }},
    {"of what a tunnel over UDP carries (ICMP, ARP, IGMP, bubbles) tshark counts the datagram around it",
     {
         {"the-tcpdump-group__libpcap/tests/filter/geneve.pcap", {8, 0}, {8, 2}},
         {"the-tcpdump-group__libpcap/tests/filter/vxlan.pcap", {0, 0}, {0, 10}},
         {"the-tcpdump-group__tcpdump/tests/geneve.pcap", {33, 0}, {33, 6}},
         {"the-tcpdump-group__tcpdump/tests/vxlan.pcap", {0, 0}, {0, 10}},
         {"the-tcpdump-group__tcpdump/tests/vxlan_port_8472.pcap", {0, 0}, {0, 10}},
         {"zeek__zeek/testing/btest/Traces/tunnels/Teredo.pcap", {33, 41}, {33, 45}},
         {"zeek__zeek/testing/btest/Traces/tunnels/geneve-arp.pcap", {0, 0}, {0, 1}},
         {"zeek__zeek/testing/btest/Traces/tunnels/geneve.pcap", {0, 0}, {0, 6}},
         {"zeek__zeek/testing/btest/Traces/tunnels/gtp/gtp7_ipv6.pcap", {0, 1}, {0, 2}},
         {"zeek__zeek/testing/btest/Traces/tunnels/gtp/gtp8_teredo.pcap", {0, 0}, {0, 10}},
         {"zeek__zeek/testing/btest/Traces/tunnels/teredo_bubble_with_payload.pcap", {0, 25}, {0, 29}},
         {"zeek__zeek/testing/btest/Traces/tunnels/vxlan-encapsulated-igmp-v2.pcap", {0, 0}, {0, 3}},
         {"zeek__zeek/testing/btest/Traces/tunnels/vxlan.pcap", {0, 0}, {0, 10}},
     }},
    {"segmentation offload: frames beyond 64 KiB whose lengths are 0, which tshark 4.0 does not look into",
     {
         {"the-tcpdump-group__tcpdump/tests/bigtcp-ipv4-geneve-ipv4.pcap", {1, 0}, {0, 1}},
         {"the-tcpdump-group__tcpdump/tests/bigtcp-ipv4-geneve-ipv6.pcap", {1, 0}, {0, 1}},
         {"the-tcpdump-group__tcpdump/tests/bigtcp-ipv4-vxlan-ipv4.pcap", {1, 0}, {0, 1}},
         {"the-tcpdump-group__tcpdump/tests/bigtcp-ipv4-vxlan-ipv6.pcap", {1, 0}, {0, 1}},
         {"the-tcpdump-group__tcpdump/tests/bigtcp-ipv6-geneve-ipv4.pcap", {1, 0}, {0, 0}},
         {"the-tcpdump-group__tcpdump/tests/bigtcp-ipv6-geneve-ipv6.pcap", {1, 0}, {0, 0}},
         {"the-tcpdump-group__tcpdump/tests/bigtcp-ipv6-vxlan-ipv4.pcap", {1, 0}, {0, 0}},
         {"the-tcpdump-group__tcpdump/tests/bigtcp-ipv6-vxlan-ipv6.pcap", {1, 0}, {0, 0}},
         {"the-tcpdump-group__tcpdump/tests/bigtcp-ipv6.pcap", {1, 0}, {0, 0}},
     }},
    {"ARCNET and Juniper's Ethernet: a link type that is counted as unknown",
     {
         {"the-tcpdump-group__libpcap/tests/filter/arcnet-rfc1051-arp-icmp-http.pcap", {0, 0}, {5, 4}},
         {"the-tcpdump-group__libpcap/tests/filter/arcnet-rfc1201-arp-icmp-http.pcap", {0, 0}, {3, 4}},
         {"the-tcpdump-group__tcpdump/tests/arcnet-rfc1051-arp-icmp-http.pcap", {0, 0}, {14, 4}},
         {"the-tcpdump-group__tcpdump/tests/arcnet-rfc1201-arp-icmp-http.pcap", {0, 0}, {14, 4}},
         {"the-tcpdump-group__tcpdump/tests/bgp-aigp.pcap", {0, 0}, {1, 0}},
     }},
    {"IPComp: tshark inflates what was compressed, here it is counted as compressed",
     {
         {"the-tcpdump-group__libpcap/tests/filter/AH-IPcomp-IPv4.pcap", {6, 0}, {10, 0}},
         {"the-tcpdump-group__libpcap/tests/filter/AH-IPcomp-IPv6.pcap", {8, 0}, {15, 0}},
     }},
    {"tunnels that are not followed: PIM registers and AYIYA",
     {
         {"the-tcpdump-group__tcpdump/tests/pim-packet-assortment.pcap", {0, 0}, {0, 27}},
         {"zeek__zeek/testing/btest/Traces/tunnels/ayiya3.pcap", {0, 35}, {21, 14}},
     }},
    {"headers that contradict themselves, which tshark looks into all the same",
     {
         {"the-tcpdump-group__libpcap/tests/filter/ipv6_ext_headers.pcap", {0, 0}, {0, 1}},
         {"the-tcpdump-group__tcpdump/tests/LINKTYPE_IPV4_invalid.pcap", {0, 0}, {0, 1}},
         {"zeek__zeek/testing/btest/Traces/ipv4/fragmented-1.pcap", {0, 0}, {0, 1}},
     }},
    {"the capture cut the transport's header",
     {
         {"the-tcpdump-group__tcpdump/tests/tcp_header_heapoverflow.pcap", {0, 0}, {1, 0}},
         {"the-tcpdump-group__tcpdump/tests/udp-length-heapoverflow.pcap", {0, 0}, {0, 1}},
     }},
    {"tshark stops at a mobility header (RFC 6275); here what stands behind it counts",
     {
         {"zeek__zeek/testing/btest/Traces/ipv6-mobility-dst-opts.pcap", {0, 2}, {0, 1}},
     }},
};

const Difference* explained(std::string_view name) {
  for (const Explained& explained : kExplained) {
    const auto found = std::ranges::find(explained.differences, name, &Difference::name);
    if (found != explained.differences.end()) return &*found;
  }
  return nullptr;
}

TEST(Corpus, holds_as_many_segments_and_datagrams_as_tshark_finds) {
  if (!std::filesystem::exists(kCorpus)) GTEST_SKIP() << kCorpus << " is not here";
  std::size_t different = 0;
  for (const auto& file : std::filesystem::directory_iterator{kCorpus / "expected"}) {
    std::ostringstream text;
    text << std::ifstream{file.path()}.rdbuf();
    const json::value account = json::parse(text.str());
    const std::string name{account.at("file").as_string()};
    Difference difference{name, ours(kCorpus / name), innermost(account.at("phs").as_array())};
    if (difference.name.starts_with("nasty/")) difference.name.remove_prefix(6);
    if (difference.ours == difference.theirs) continue;
    ++different;
    const Difference* known = explained(difference.name);
    EXPECT_TRUE(known != nullptr && known->ours == difference.ours && known->theirs == difference.theirs)
        << name << ": {" << difference.ours << "}, {" << difference.theirs << "}";
  }
  std::size_t in_table = 0;
  for (const Explained& explained : kExplained) in_table += explained.differences.size();
  EXPECT_EQ(different, in_table) << "some difference is there no more";
}

}  // namespace
}  // namespace dcmwatch
