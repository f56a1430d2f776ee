// The head of a unit whose tail has not arrived: the one copy that a unit split across segments costs.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace dcmwatch {

/// Order of calls: join(fresh) gives kept and fresh bytes as one view; use it; then keep(what was not used) or clear().
/// The view that join gives dies at the next call.
class Pending {
 public:
  /// Costs nothing when nothing was kept: the fresh view itself is given back.
  ByteView join(ByteView fresh) {
    if (kept_.empty()) return fresh;
    // A long unit that stays unfinished costs its bytes, and not as many again.
    const std::size_t whole = kept_.size() + fresh.size();
    if (whole > kept_.capacity() && whole >= kLong) kept_.reserve(whole + whole / 4);
    kept_.insert(kept_.end(), fresh.begin(), fresh.end());
    return kept_;
  }

  /// `rest` must be a tail of the view that join gave.
  void keep(ByteView rest) {
    if (rest.empty()) return clear();
    const bool was_kept = !kept_.empty() && rest.data() >= kept_.data() && rest.data() <= kept_.data() + kept_.size();
    if (was_kept && rest.size() >= kept_.capacity() / 4) {
      kept_.erase(kept_.begin(), kept_.end() - static_cast<std::ptrdiff_t>(rest.size()));
    } else if (was_kept) {
      kept_ = std::vector<std::uint8_t>(rest.begin(), rest.end());  // a long unit's room is not kept for a short tail
    } else {
      kept_.assign(rest.begin(), rest.end());
    }
  }

  void clear() {
    if (kept_.capacity() != 0) std::vector<std::uint8_t>{}.swap(kept_);
  }

  [[nodiscard]] std::size_t size() const { return kept_.size(); }
  /// What that takes in memory.
  [[nodiscard]] std::size_t kept_bytes() const { return kept_.capacity(); }

 private:
  static constexpr std::size_t kLong = 1024;  ///< shorter than these grow as they like

  std::vector<std::uint8_t> kept_;
};

}  // namespace dcmwatch
