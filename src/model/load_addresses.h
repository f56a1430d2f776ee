// Within `model`: addresses and networks, and who claims them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "model/document.h"

namespace dcmwatch {

/// An address block that somebody claims, and where the claim is written. Views the document.
struct Claim {
  Network network;
  std::uint32_t owner = 0;
  Position at;
  std::string_view text;  ///< as written
  bool shared = false;    ///< with whoever else says so
};

/// Addresses, blocks and ranges: 10.20.30.40, 10.20.30.0/24, 10.20.30.40-10.20.30.50, which is several blocks.
std::vector<Claim> read_networks(const Node& node, std::uint32_t owner, Problems& problems);

enum class RestOfTheWorld : std::uint8_t { is_claimed_as_any, may_contain_others };
/// Address blocks of two owners that have addresses in common.
void refuse_overlaps(std::vector<Claim> claims, RestOfTheWorld rest,
                     const std::function<std::string(std::uint32_t)>& name_of, Problems& problems);

}  // namespace dcmwatch
