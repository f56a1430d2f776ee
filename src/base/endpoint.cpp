#include "base/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/digits.h"

namespace dcmwatch {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMappedBits = 96;

bool same_prefix(const IpAddress& one, const IpAddress& other, unsigned bits) {
  const unsigned whole = bits / 8;
  if (!std::equal(one.bytes().begin(), one.bytes().begin() + whole, other.bytes().begin())) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || ((one.bytes()[whole] ^ other.bytes()[whole]) >> (8 - rest)) == 0;
}

char* put_v4(char* at, const std::uint8_t* bytes) {
  for (unsigned i = 0; i < 4; ++i) {
    if (i != 0) *at++ = '.';
    at = put_octet(at, bytes[i]);
  }
  return at;
}

using Groups = std::array<unsigned, 8>;  // of sixteen bits, as an IPv6 address is written

Groups groups_of(const IpAddress& address) {
  Groups groups;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i] = unsigned{address.bytes()[2 * i]} << 8 | address.bytes()[2 * i + 1];
  }
  return groups;
}

struct ZeroRun {
  unsigned first = 0;
  unsigned count = 0;
};

/// The first of the longest (RFC 5952 4.2.3).
ZeroRun longest_zero_run(const Groups& groups) {
  ZeroRun longest, run;
  for (unsigned i = 0; i < groups.size(); ++i) {
    if (groups[i] != 0) {
      run.count = 0;
      continue;
    }
    if (run.count++ == 0) run.first = i;
    if (run.count > longest.count) longest = run;
  }
  return longest;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string terminated{text};
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) return v4(ByteView{bytes}.first(4));
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return v6(bytes);
  return std::nullopt;
}

bool IpAddress::is_v4() const { return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes_.begin()); }

std::optional<Network> Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;

  Network network;
  network.base_ = *address;
  if (slash == std::string_view::npos) return network;

  const std::string_view digits = text.substr(slash + 1);
  const unsigned skipped = address->is_v4() ? kMappedBits : 0;
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc{} || end != digits.data() + digits.size() || bits > 128 - skipped) return std::nullopt;
  network.prefix_bits_ = bits + skipped;

  for (unsigned bit = network.prefix_bits_; bit < 128; ++bit) {
    if ((address->bytes()[bit / 8] >> (7 - bit % 8) & 1) != 0) return std::nullopt;
  }
  return network;
}

Network Network::around(const IpAddress& address, unsigned prefix_bits) {
  std::array<std::uint8_t, 16> bytes = address.bytes();
  for (unsigned bit = 0; bit < 128; bit += 8) {
    const unsigned kept = prefix_bits > bit ? std::min(prefix_bits - bit, 8U) : 0;
    bytes[bit / 8] &= static_cast<std::uint8_t>(0xff00U >> kept);
  }
  Network network;
  network.base_ = IpAddress::v6(bytes);
  network.prefix_bits_ = prefix_bits;
  return network;
}

bool Network::contains(const IpAddress& address) const { return same_prefix(base_, address, prefix_bits_); }

bool Network::overlaps(const Network& other) const {
  return same_prefix(base_, other.base_, std::min(prefix_bits_, other.prefix_bits_));
}

char* put_text(char* at, const IpAddress& address) {
  if (address.is_v4()) return put_v4(at, address.bytes().data() + kMappedPrefix.size());
  const Groups groups = groups_of(address);
  const ZeroRun zeros = longest_zero_run(groups);
  // RFC 5952 5: an IPv4 address within reads as one. Its prefix is zeros here; a mapped address is IPv4 to us.
  const bool ends_in_v4 = zeros.first == 0 && zeros.count == 6;
  const unsigned count = ends_in_v4 ? 6 : 8;
  for (unsigned i = 0; i < count; ++i) {
    if (i == zeros.first && zeros.count >= 2) {
      *at++ = ':';
      i += zeros.count - 1;
      if (i == 7) *at++ = ':';
      continue;
    }
    if (i != 0) *at++ = ':';
    at = std::to_chars(at, at + 4, groups[i], 16).ptr;
  }
  if (!ends_in_v4) return at;
  *at++ = ':';
  return put_v4(at, address.bytes().data() + 12);
}

char* put_text(char* at, const MacAddress& address) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (std::size_t i = 0; i < address.size(); ++i) {
    if (i != 0) *at++ = '-';  // ECS: RFC 7042, upper case
    *at++ = kHex[address[i] >> 4];
    *at++ = kHex[address[i] & 15];
  }
  return at;
}

void append_text(std::string& out, const IpAddress& address) {
  std::array<char, kLongestIpText> text;
  out.append(text.data(), put_text(text.data(), address));
}

void append_text(std::string& out, const MacAddress& address) {
  std::array<char, kMacCharacters> text;
  out.append(text.data(), put_text(text.data(), address));
}

std::string to_text(const IpAddress& address) {
  std::string text;
  append_text(text, address);
  return text;
}

std::string to_text(const MacAddress& address) {
  std::string text;
  append_text(text, address);
  return text;
}

std::string to_text(const Network& network) {
  const unsigned skipped = network.base().is_v4() ? kMappedBits : 0;
  return to_text(network.base()) + '/' + std::to_string(network.prefix_bits() - skipped);
}

std::string to_text(const Endpoint& endpoint) {
  const std::string address = to_text(endpoint.address);
  const std::string port = std::to_string(endpoint.port);
  return endpoint.address.is_v4() ? address + ':' + port : '[' + address + "]:" + port;
}

void Parties::reverse() {
  std::swap(source, destination);
  std::swap(source_mac, destination_mac);
}

void keep_what_is_shared(Parties& one, const Parties& other) {
  const auto keep = [](Endpoint& end, MacAddress& mac, const Endpoint& other_end, const MacAddress& other_mac) {
    if (end.address != other_end.address) end = {};
    if (end.port != other_end.port) end.port = 0;
    if (mac != other_mac || end == Endpoint{}) mac = {};
  };
  keep(one.source, one.source_mac, other.source, other.source_mac);
  keep(one.destination, one.destination_mac, other.destination, other.destination_mac);
  if (one.vlan != other.vlan) one.vlan = {};
}

}  // namespace dcmwatch
