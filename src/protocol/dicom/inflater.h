// A deflated data set, made plain as it passes (PS3.5 A.5, RFC 1951).
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <functional>

#include "base/bytes.h"

namespace dcmwatch::dicom {

/// Keeps a window as wide as it may refer back, and some seven kilobytes beside. What is damaged, or grows beyond what
/// `Limits` allows, ends it: a small message may say that it is a large one.
class Inflater {
 public:
  static constexpr std::size_t kWindowBytes = 32 * 1024;  ///< RFC 1951 2

  explicit Inflater(std::uint64_t most_bytes);
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater();

  /// Gives what `bytes` hold in pieces, which die when `take` returns; until take says that it wants no more.
  void feed(ByteView bytes, const std::function<bool(ByteView)>& take);
  /// It ended before the data set did.
  [[nodiscard]] bool failed() const { return failed_; }
  /// In memory, the window among it.
  [[nodiscard]] static std::size_t kept_bytes();

 private:
  z_stream stream_{};
  std::uint64_t left_bytes_;
  bool failed_ = false;
  bool ended_ = false;
};

}  // namespace dcmwatch::dicom
