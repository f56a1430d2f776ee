#include "model/address_table.h"

#include <algorithm>
#include <functional>

namespace dcmwatch {
namespace {

constexpr unsigned kMappedBits = 96;  // of an IPv4 address in its mapped form, RFC 4291 2.5.5.2

std::uint64_t masked(std::uint64_t half, unsigned bits) {
  return bits == 0 ? 0 : half & ~std::uint64_t{0} << (64 - bits);
}

}  // namespace

std::size_t AddressTable::Hash::operator()(const Prefix& prefix) const {
  // Addresses of one site differ in a few low bits: multiply them up, then fold.
  std::uint64_t hash = (prefix.high ^ prefix.bits) * 0x9e3779b97f4a7c15U;
  hash = (hash ^ prefix.low ^ hash >> 29) * 0xbf58476d1ce4e5b9U;
  return static_cast<std::size_t>(hash ^ hash >> 32);
}

AddressTable::Prefix AddressTable::cut(const IpAddress& address, unsigned bits) {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    high = high << 8 | address.bytes()[i];
    low = low << 8 | address.bytes()[i + 8];
  }
  return {masked(high, std::min(bits, 64U)), masked(low, bits > 64 ? bits - 64 : 0), bits};
}

void AddressTable::add(const Network& network, std::uint32_t value) {
  const unsigned bits = network.prefix_bits();
  values_.emplace(cut(network.base(), bits), value);
  const auto at = std::lower_bound(lengths_.begin(), lengths_.end(), bits, std::greater<>{});
  if (at == lengths_.end() || *at != bits) lengths_.insert(at, bits);
}

std::optional<AddressTable::Found> AddressTable::find(const IpAddress& address) const {
  const unsigned shortest = address.is_v4() ? kMappedBits : 0;
  for (const unsigned bits : lengths_) {
    if (bits < shortest) break;
    if (const auto found = values_.find(cut(address, bits)); found != values_.end()) return Found{found->second, bits};
  }
  return std::nullopt;
}

}  // namespace dcmwatch
