#include "encapsulations.h"

#include <array>

namespace dcmwatch::metamorphic {
namespace {

constexpr std::size_t kEthernetHeader = 14;
constexpr std::uint8_t kIpInIp = 4, kIpv6InIp = 41, kGre = 47, kUdp = 17;

Bytes operator+(Bytes left, ByteView right) {
  append(left, right);
  return left;
}

ByteView payload_of(const Bytes& ethernet) { return ByteView{ethernet}.subspan(kEthernetHeader); }
ByteView addresses_of(const Bytes& ethernet) { return ByteView{ethernet}.first(12); }
ByteView type_of(const Bytes& ethernet) { return ByteView{ethernet}.subspan(12, 2); }
bool is_v6(const Bytes& ethernet) { return get_u16(ethernet, 12) == 0x86dd; }

Bytes u16(std::size_t value) { return {static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)}; }

// The transport network's own headers: two switches at 192.0.2.1 and 192.0.2.2.
Bytes outer_ethernet(std::uint16_t type) { return Bytes{0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01} + u16(type); }
Bytes outer_ip(std::uint8_t protocol, const Bytes& payload) {
  Bytes ip{0x45, 0, 0, 0, 0, 1, 0x40, 0, 63, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2};
  put_u16(ip, 2, static_cast<std::uint16_t>(ip.size() + payload.size()));
  put_u16(ip, 10, static_cast<std::uint16_t>(~ones_complement_sum(ip)));
  return outer_ethernet(0x0800) + ip + payload;
}
Bytes outer_ipv6(std::uint8_t protocol, const Bytes& payload) {
  Bytes ip(40, 0);
  ip[0] = 0x60, ip[6] = protocol, ip[7] = 63;
  for (std::size_t address : {8U, 24U})
    ip[address] = 0x20, ip[address + 1] = 0x01, ip[address + 2] = 0x0d, ip[address + 3] = 0xb8;
  ip[23] = 1, ip[39] = 2;
  put_u16(ip, 4, static_cast<std::uint16_t>(payload.size()));
  return outer_ethernet(0x86dd) + ip + payload;
}
Bytes outer_udp(std::uint16_t port, const Bytes& payload) {
  return outer_ip(kUdp, Bytes{0xc0, 0x01} + u16(port) + u16(8 + payload.size()) + Bytes{0, 0} + payload);
}

Bytes tagged(const Bytes& ethernet, const Bytes& tags) {
  return Bytes{} + addresses_of(ethernet) + tags + ByteView{ethernet}.subspan(12);
}
Bytes vlan(const Bytes& ethernet) { return tagged(ethernet, {0x81, 0x00, 0x60, 0x2a}); }
Bytes qinq(const Bytes& ethernet) { return tagged(ethernet, {0x88, 0xa8, 0x00, 0x07, 0x81, 0x00, 0x00, 0x2a}); }
Bytes old_qinq(const Bytes& ethernet) { return tagged(ethernet, {0x91, 0x00, 0x00, 0x07, 0x81, 0x00, 0x00, 0x2a}); }

// LLC and SNAP are 8 bytes; a length below 1536 is what makes it IEEE 802.3.
Bytes snap(const Bytes& ethernet) {
  const std::size_t length = 8 + payload_of(ethernet).size();
  if (length > 1500) return ethernet;
  return Bytes{} + addresses_of(ethernet) + u16(length) + Bytes{0xaa, 0xaa, 0x03, 0, 0, 0} + type_of(ethernet) +
         payload_of(ethernet);
}

Bytes mpls(const Bytes& ethernet) {
  return Bytes{} + addresses_of(ethernet) + Bytes{0x88, 0x47, 0, 0x01, 0, 0xff, 0, 0x02, 0x01, 0xff} +
         payload_of(ethernet);
}
Bytes mpls_pseudowire(const Bytes& ethernet) {
  return outer_ethernet(0x8847) + Bytes{0, 0x03, 0x01, 0xff} + Bytes{0, 0, 0, 0} + ethernet;
}
Bytes pppoe(const Bytes& ethernet) {
  return Bytes{} + addresses_of(ethernet) + Bytes{0x88, 0x64, 0x11, 0, 0, 1} + u16(2 + payload_of(ethernet).size()) +
         (is_v6(ethernet) ? Bytes{0, 0x57} : Bytes{0, 0x21}) + payload_of(ethernet);
}

Bytes gre(const Bytes& ethernet) { return outer_ip(kGre, Bytes{0, 0} + type_of(ethernet) + payload_of(ethernet)); }
Bytes gre_with_everything(const Bytes& ethernet) {  // checksum, key and sequence number, RFC 2784, RFC 2890
  Bytes packet = Bytes{0xb0, 0} + type_of(ethernet) + Bytes{0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 9} + payload_of(ethernet);
  put_u16(packet, 4, static_cast<std::uint16_t>(~ones_complement_sum(packet)));
  return outer_ip(kGre, packet);
}
Bytes gre_bridged(const Bytes& ethernet) { return outer_ip(kGre, Bytes{0x20, 0, 0x65, 0x58, 0, 0, 7, 0} + ethernet); }
Bytes gre_over_ipv6(const Bytes& ethernet) {
  return outer_ipv6(kGre, Bytes{0, 0} + type_of(ethernet) + payload_of(ethernet));
}
Bytes erspan_1(const Bytes& ethernet) { return outer_ip(kGre, Bytes{0, 0, 0x88, 0xbe} + ethernet); }
Bytes erspan_2(const Bytes& ethernet) {
  return outer_ip(kGre, Bytes{0x10, 0, 0x88, 0xbe, 0, 0, 0, 5} + Bytes{0x10, 0x2a, 0x10, 0x01, 0, 0, 0, 3} + ethernet);
}
Bytes erspan_3(const Bytes& ethernet) {
  return outer_ip(
      kGre, Bytes{0x10, 0, 0x22, 0xeb, 0, 0, 0, 5} + Bytes{0x20, 0x2a, 0x10, 0x01, 1, 2, 3, 4, 0, 0, 0, 0} + ethernet);
}
Bytes erspan_3_with_subheader(const Bytes& ethernet) {  // the O bit, and 8 bytes of it
  return outer_ip(kGre, Bytes{0x10, 0, 0x22, 0xeb, 0, 0, 0, 5} + Bytes{0x20, 0x2a, 0x10, 0x01, 1, 2, 3, 4, 0, 0, 0, 1} +
                            Bytes{0x0c, 0, 0, 0, 0, 0, 0, 1} + ethernet);
}
Bytes vxlan(const Bytes& ethernet) { return outer_udp(4789, Bytes{0x08, 0, 0, 0, 0, 0x12, 0x34, 0} + ethernet); }
Bytes geneve(const Bytes& ethernet) {  // with one option of 8 bytes, RFC 8926
  return outer_udp(6081,
                   Bytes{0x02, 0, 0x65, 0x58, 0, 0x12, 0x34, 0} + Bytes{0x01, 0x02, 0x03, 0x01, 9, 9, 9, 9} + ethernet);
}
Bytes gtp_u(const Bytes& ethernet) {
  return outer_udp(2152,
                   Bytes{0x30, 0xff} + u16(payload_of(ethernet).size()) + Bytes{0, 0, 0, 9} + payload_of(ethernet));
}
Bytes gtp_u_with_extension(const Bytes& ethernet) {  // a PDU session container, 3GPP TS 29.281 5.2
  return outer_udp(2152, Bytes{0x34, 0xff} + u16(8 + payload_of(ethernet).size()) + Bytes{0, 0, 0, 9, 0, 0, 0, 0x85} +
                             Bytes{1, 0, 5, 0} + payload_of(ethernet));
}
Bytes ip_in_ipv4(const Bytes& ethernet) {
  return outer_ip(is_v6(ethernet) ? kIpv6InIp : kIpInIp, Bytes{} + payload_of(ethernet));
}
Bytes ip_in_ipv6(const Bytes& ethernet) {
  return outer_ipv6(is_v6(ethernet) ? kIpv6InIp : kIpInIp, Bytes{} + payload_of(ethernet));
}
Bytes nested(const Bytes& ethernet) { return vlan(erspan_2(qinq(ethernet))); }
Bytes vxlan_in_gre(const Bytes& ethernet) { return gre(vxlan(vlan(ethernet))); }

Bytes raw_ip(const Bytes& ethernet) { return Bytes{} + payload_of(ethernet); }
Bytes null(const Bytes& ethernet) {
  return (is_v6(ethernet) ? Bytes{30, 0, 0, 0} : Bytes{2, 0, 0, 0}) + payload_of(ethernet);
}
Bytes cooked(const Bytes& ethernet) {
  return Bytes{0, 0, 0, 1, 0, 6} + addresses_of(ethernet).subspan(6) + Bytes{0, 0} + type_of(ethernet) +
         payload_of(ethernet);
}
Bytes cooked_2(const Bytes& ethernet) {
  return Bytes{} + type_of(ethernet) + Bytes{0, 0, 0, 0, 0, 3, 0, 1, 0, 6} + addresses_of(ethernet).subspan(6) +
         Bytes{0, 0} + payload_of(ethernet);
}

constexpr std::array kEncapsulations{
    Encapsulation{.name = "vlan", .around = vlan, .vlan = "42"},
    Encapsulation{.name = "qinq", .around = qinq, .vlan = "7", .inner_vlan = "42"},
    Encapsulation{.name = "qinq_of_before_802_1ad", .around = old_qinq, .vlan = "7", .inner_vlan = "42"},
    Encapsulation{.name = "ieee_802_3_snap", .around = snap},
    Encapsulation{.name = "mpls", .around = mpls},
    Encapsulation{.name = "mpls_pseudowire", .around = mpls_pseudowire},
    Encapsulation{.name = "pppoe", .around = pppoe},
    Encapsulation{.name = "gre", .around = gre, .mac_addresses_stay = false},
    Encapsulation{.name = "gre_with_everything", .around = gre_with_everything, .mac_addresses_stay = false},
    Encapsulation{.name = "gre_bridged", .around = gre_bridged},
    Encapsulation{.name = "gre_over_ipv6", .around = gre_over_ipv6, .mac_addresses_stay = false},
    Encapsulation{.name = "erspan_1", .around = erspan_1},
    Encapsulation{.name = "erspan_2", .around = erspan_2, .vlan = "42"},
    Encapsulation{.name = "erspan_3", .around = erspan_3, .vlan = "42"},
    Encapsulation{.name = "erspan_3_with_subheader", .around = erspan_3_with_subheader, .vlan = "42"},
    Encapsulation{.name = "vxlan", .around = vxlan},
    Encapsulation{.name = "geneve", .around = geneve},
    Encapsulation{.name = "gtp_u", .around = gtp_u, .mac_addresses_stay = false},
    Encapsulation{.name = "gtp_u_with_extension", .around = gtp_u_with_extension, .mac_addresses_stay = false},
    Encapsulation{.name = "ip_in_ipv4", .around = ip_in_ipv4, .mac_addresses_stay = false},
    Encapsulation{.name = "ip_in_ipv6", .around = ip_in_ipv6, .mac_addresses_stay = false},
    Encapsulation{.name = "qinq_in_erspan_2_in_vlan", .around = nested, .vlan = "7", .inner_vlan = "42"},
    Encapsulation{.name = "vlan_in_vxlan_in_gre", .around = vxlan_in_gre, .vlan = "42"},
    Encapsulation{.name = "raw_ip", .around = raw_ip, .link_type = kRawIp, .mac_addresses_stay = false},
    Encapsulation{.name = "null", .around = null, .link_type = kNull, .mac_addresses_stay = false},
    Encapsulation{.name = "cooked", .around = cooked, .link_type = kCooked, .mac_addresses_stay = false},
    Encapsulation{.name = "cooked_2", .around = cooked_2, .link_type = kCooked2, .mac_addresses_stay = false},
};

}  // namespace

std::span<const Encapsulation> encapsulations() { return kEncapsulations; }

Frames encapsulated(const Frames& frames, const Encapsulation& encapsulation) {
  Frames out = frames;
  for (Frame& frame : out) {
    if (frame.link_type != kEthernet || !datagram_of(frame)) continue;
    frame.bytes = encapsulation.around(frame.bytes);
    frame.link_type = encapsulation.link_type;
    frame.wire_bytes = static_cast<std::uint32_t>(frame.bytes.size());
  }
  return out;
}

}  // namespace dcmwatch::metamorphic
