// The same instance with other pixel data.
#pragma once

#include <cstdint>

#include "base/limits.h"
#include "relate/occurrence.h"
#include "relate/open_facts.h"

namespace dcmwatch {

/// Holds the digest of an instance's pixel data against the one that was seen last in the same transfer syntax, whoever
/// sent it to whom; in another syntax the bytes differ though the picture may not. Digests are made on request only.
/// Limits::pixel_digests are kept; those not seen longest are forgotten.
class PixelData {
 public:
  /// `limits` outlives it.
  explicit PixelData(const Limits& limits) : limits_(limits), known_(limits.pixel_digests) {}

  void on_store(const Event& event, const DicomOperation& store, Told& told);

  /// Sooner than after Limits::remembered, to stay within Limits::pixel_digests.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  struct Seen {
    std::uint64_t digest = 0;
    std::uint64_t conversation = 0;
    Mark requested;
  };

  const Limits& limits_;
  OpenFacts<Seen> known_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace dcmwatch
