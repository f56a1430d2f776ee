#include "base/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <utility>

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

bool Network::contains(const IpAddress& address) const { return same_prefix(base_, address, prefix_bits_); }

bool Network::overlaps(const Network& other) const {
  return same_prefix(base_, other.base_, std::min(prefix_bits_, other.prefix_bits_));
}

void append_text(std::string& out, const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool is_v4 = address.is_v4();
  inet_ntop(is_v4 ? AF_INET : AF_INET6, address.bytes().data() + (is_v4 ? kMappedPrefix.size() : 0), text.data(),
            text.size());
  out.append(text.data());
}

void append_text(std::string& out, const MacAddress& address) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (std::size_t i = 0; i < address.size(); ++i) {
    if (i != 0) out.push_back('-');  // ECS: RFC 7042, upper case
    out.push_back(kHex[address[i] >> 4]);
    out.push_back(kHex[address[i] & 15]);
  }
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

}  // namespace dcmwatch
