// Hashes of texts of bounded length, eight characters at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/endpoint.h"
#include "base/text.h"

namespace dcmwatch {

/// Of a text whose place is of whole words. Not the same on every machine.
template <std::size_t capacity>
std::uint64_t hash_of(const Text<capacity>& text) {
  static_assert(capacity % sizeof(std::uint64_t) == 0);
  std::uint64_t hash = text.size();
  for (std::size_t at = 0; at < text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.place().data() + at, sizeof word);
    hash = folded_product(hash ^ 0xa0761d6478bd642fU, word ^ 0xe7037ed1a0b428dbU);
  }
  return folded_product(hash ^ 0x8ebc6af09c88c6e3U, 0x9e3779b97f4a7c15U);
}

}  // namespace dcmwatch
