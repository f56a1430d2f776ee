// Choices at random that a seed repeats, on any machine and with any library.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace dcmwatch::test {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  /// SplitMix64.
  std::uint64_t number() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30U) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27U) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31U;
  }
  /// `bound` is not 0.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(number() % bound); }
  std::size_t between(std::size_t least, std::size_t most) { return least + below(most - least + 1); }
  bool one_in(std::size_t times) { return below(times) == 0; }
  bool flip() { return one_in(2); }

  template <typename Range>
  const auto& of(const Range& range) {
    return *std::next(std::begin(range), static_cast<std::ptrdiff_t>(below(std::size(range))));
  }

 private:
  std::uint64_t state_;
};

}  // namespace dcmwatch::test
