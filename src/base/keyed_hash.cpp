#include "base/keyed_hash.h"

#include <random>

namespace dcmwatch {

KeyedHash::KeyedHash() {
  std::random_device device;
  for (std::uint64_t& key : keys_) key = std::uint64_t{device()} << 32 | device();
  keys_[2] |= 1;
  keys_[3] |= 1;
}

}  // namespace dcmwatch
