// Hashes of what comes off the wire, which nobody out there can make collide.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/endpoint.h"

namespace dcmwatch {

/// A hash with secret words, drawn anew in every run.
///
/// hash_of(key) cannot resist chosen collisions, for it decides the partition and so has to be the same in every run.
/// Here two inputs collide for hardly any choice of the secrets, whichever two somebody picked, and nothing that leaves
/// the program tells of them: no result may depend on it.
class KeyedHash {
 public:
  KeyedHash();

  /// Of a segment, or a connection: the same for both directions. Each address is folded by a product of its halves,
  /// each masked by a secret word, and its port enters times another; the two ends are joined by a product, which does
  /// not care for their order. Two keys collide for one in 2^32 choices of the secrets. Cost: three dependent
  /// multiplications.
  template <class HasEnds>
  [[nodiscard]] std::uint64_t operator()(const HasEnds& it) const {
    const std::uint64_t about = std::uint64_t{it.domain} << 8 | static_cast<std::uint8_t>(it.transport);
    return folded_product(end(it.source), end(it.destination)) + about * keys_[3];
  }
  /// Of words that go together in an order, with the same resistance.
  [[nodiscard]] std::uint64_t operator()(std::uint64_t hash, std::uint64_t one, std::uint64_t other) const {
    return folded_product(hash ^ folded_product(one ^ keys_[0], other ^ keys_[1]), keys_[2]);
  }
  /// Of text, likewise. Cost: three multiplications for every sixteen bytes.
  [[nodiscard]] std::uint64_t operator()(std::string_view text) const {
    std::uint64_t hash = text.size();
    std::array<std::uint64_t, 2> words{};
    for (; text.size() >= sizeof words; text.remove_prefix(sizeof words)) {
      std::memcpy(words.data(), text.data(), sizeof words);
      hash = (*this)(hash, words[0], words[1]);
    }
    if (text.empty()) return hash;
    words = {};
    std::memcpy(words.data(), text.data(), text.size());
    return (*this)(hash, words[0], words[1]);
  }

 private:
  [[nodiscard]] std::uint64_t end(const Endpoint& endpoint) const {
    const auto [first, second] = endpoint.address.words();
    return folded_product(first ^ keys_[0], second ^ keys_[1]) + endpoint.port * keys_[2];
  }

  std::array<std::uint64_t, 4> keys_;  ///< the last two are odd
};

}  // namespace dcmwatch
