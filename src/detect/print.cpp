#include "detect/print.h"

#include <functional>
#include <string_view>

namespace dcmwatch {

std::uint64_t joined(std::uint64_t one, std::uint64_t other) {
  one = (one ^ other) * 0x9e3779b97f4a7c15U;
  return one ^ one >> 32;
}

std::uint64_t print_of(const Node& document) {
  const std::hash<std::string_view> hash;
  std::uint64_t print = joined(hash(document.key), hash(document.text));
  print = joined(print, static_cast<std::uint64_t>(document.kind) << 1 | static_cast<std::uint64_t>(document.quoted));
  for (const Node& child : document.children) print = joined(print, print_of(child));
  return print;
}

}  // namespace dcmwatch
