// Community ID v1: the name that other network tools give the same connection.
#pragma once

#include <cstddef>
#include <string>

#include "base/endpoint.h"

namespace dcmwatch {

inline constexpr std::size_t kCommunityIdCharacters = 30;

/// "1:" and the base64 of the SHA-1 of both endpoints and the transport, seed 0. The same for either direction.
/// https://github.com/corelight/community-id-spec
/// Writes kCommunityIdCharacters at `at`.
void put_community_id(char* at, const Parties& parties);

std::string community_id(const Parties& parties);

}  // namespace dcmwatch
