// A piece of a file in memory, safe from what others do to the file.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace dcmwatch {

/// Maps a piece of a file, read-only. Where the file is truncated meanwhile, its missing pages read as zeros and lost()
/// says so, where the kernel would end the process by SIGBUS: the first mapping installs a handler of that signal,
/// which leaves every other cause its effect.
class Mapping {
 public:
  /// nullptr if it cannot be mapped, or a page of `fresh_bytes` at its end cannot be had: read() will say why. Costs
  /// what the kernel needs to find the fresh pages.
  static std::unique_ptr<Mapping> of(int descriptor, std::uint64_t from, std::size_t bytes, std::size_t fresh_bytes);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  [[nodiscard]] const std::uint8_t* data() const { return data_; }
  [[nodiscard]] const std::atomic<bool>& lost() const;

 private:
  Mapping(const std::uint8_t* data, std::size_t bytes, std::size_t place) : data_(data), bytes_(bytes), place_(place) {}

  const std::uint8_t* data_;
  std::size_t bytes_;
  std::size_t place_;  ///< in the table that the signal handler reads
};

}  // namespace dcmwatch
