// Community ID v1: the name that other network tools give the same connection.
#pragma once

#include <string>

#include "base/endpoint.h"

namespace dcmwatch {

/// Appends "1:" and the base64 of the SHA-1 of both endpoints and the transport, seed 0. The same for either direction.
/// https://github.com/corelight/community-id-spec
void append_community_id(std::string& out, const Parties& parties);

std::string community_id(const Parties& parties);

}  // namespace dcmwatch
