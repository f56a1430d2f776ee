#include "model/load_addresses.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

#include "base/text.h"
#include "model/map_reader.h"

namespace dcmwatch {
namespace {

__extension__ using Number = unsigned __int128;

constexpr unsigned kAddressBits = 128;
constexpr unsigned kMappedBits = 96;  // before an IPv4 address in its mapped form

Number number_of(const IpAddress& address) {
  Number number = 0;
  for (const std::uint8_t byte : address.bytes()) number = number << 8 | byte;
  return number;
}

IpAddress address_of(Number number) {
  std::array<std::uint8_t, 16> bytes{};
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, number >>= 8)
    *byte = static_cast<std::uint8_t>(number);
  return IpAddress::v6(bytes);
}

// 10.20.10.7/24 → 10.20.10.0/24, if that is all that is wrong with it.
std::string without_host_bits(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return {};
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return {};
  Number number = number_of(*address);
  for (unsigned bit = 0; bit < kAddressBits - (address->is_v4() ? kMappedBits : 0); ++bit) {
    number &= ~(Number{1} << bit);
    std::string candidate = to_text(address_of(number));
    candidate += text.substr(slash);
    if (Network::parse(candidate)) return candidate;
  }
  return {};
}

unsigned trailing_zeros(Number number) {
  const auto low = static_cast<std::uint64_t>(number);
  if (low != 0) return static_cast<unsigned>(std::countr_zero(low));
  return 64 + static_cast<unsigned>(std::countr_zero(static_cast<std::uint64_t>(number >> 64)));
}

// The largest blocks that begin where the one before ended.
std::vector<Network> blocks_between(const IpAddress& first, const IpAddress& last) {
  std::vector<Network> blocks;
  const Number end = number_of(last);
  for (Number begin = number_of(first);;) {
    unsigned host_bits = std::min(trailing_zeros(begin), kAddressBits - 1);
    while (end - begin < (Number{1} << host_bits) - 1) --host_bits;
    blocks.push_back(Network::around(address_of(begin), kAddressBits - host_bits));
    const Number block_end = begin + ((Number{1} << host_bits) - 1);
    if (block_end == end) return blocks;
    begin = block_end + 1;
  }
}

/// Empty if the text is neither an address, a block nor a range.
std::vector<Network> networks_from(std::string_view text) {
  if (const auto network = Network::parse(text)) return {*network};
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return {};
  const auto first = IpAddress::parse(trimmed(text.substr(0, dash)));
  const auto last = IpAddress::parse(trimmed(text.substr(dash + 1)));
  if (!first || !last || first->is_v4() != last->is_v4() || *last < *first) return {};
  return blocks_between(*first, *last);
}

bool is_rest_of_the_world(const Network& network) {
  return network.prefix_bits() == 0 || (network.prefix_bits() == kMappedBits && network.base().is_v4());
}

void refuse_overlap(const Claim& claim, const Claim& other, const std::string& owner, Problems& problems) {
  std::string what = claim.shared ? "shared address " : "";
  what.append(claim.text).append(" overlaps ").append(other.shared ? "shared address " : "").append(other.text);
  problems.add(claim.at, what.append(" of ").append(owner),
               claim.shared == other.shared ? "an address belongs to one only"
                                            : "what is shared is nobody's own: let each have it in 'shared_addresses'");
}

}  // namespace

std::vector<Claim> read_networks(const Node& node, std::uint32_t owner, Problems& problems) {
  std::vector<Claim> claims;
  for (const Node* const item : scalars(node, in_quotes(node.key), problems)) {
    const std::vector<Network> networks = networks_from(item->text);
    for (const Network& network : networks) claims.push_back({network, owner, item->at, item->text});
    if (!networks.empty()) continue;
    const std::string fix = without_host_bits(item->text);
    problems.add(
        item->at,
        in_quotes(item->text) + (fix.empty() ? " is no address and no network" : " has bits set beyond its prefix"),
        fix.empty() ? "write 10.20.30.40, 10.20.30.0/24, 10.20.30.40-10.20.30.50 or fd00::/64"
                    : "the network is " + fix);
  }
  return claims;
}

// Address blocks are nested or apart. Sorted by base, then widest first, those that enclose the next one form a stack;
// equal ones stand there once, so that it is no deeper than an address has bits.
void refuse_overlaps(std::vector<Claim> claims, RestOfTheWorld rest,
                     const std::function<std::string(std::uint32_t)>& name_of, Problems& problems) {
  std::ranges::stable_sort(claims, {}, [](const Claim& claim) {
    return std::pair{claim.network.base(), claim.network.prefix_bits()};
  });
  std::vector<const Claim*> enclosing;
  for (const Claim& claim : claims) {
    while (!enclosing.empty() && !enclosing.back()->network.overlaps(claim.network)) enclosing.pop_back();
    const auto other = std::find_if(enclosing.rbegin(), enclosing.rend(), [&](const Claim* outer) {
      const bool harmless = rest == RestOfTheWorld::may_contain_others && is_rest_of_the_world(outer->network) &&
                            outer->network != claim.network;
      const bool agreed = outer->shared ? claim.shared : !claim.shared && outer->owner == claim.owner;
      return !harmless && !agreed;
    });
    if (other != enclosing.rend()) refuse_overlap(claim, **other, name_of((*other)->owner), problems);
    if (enclosing.empty() || enclosing.back()->network != claim.network) enclosing.push_back(&claim);
  }
}

}  // namespace dcmwatch
