// How much the sinks of a partition keep, and which of them keeps most.
#pragma once

#include <array>
#include <cstddef>

#include "assemble/connection_entry.h"

namespace dcmwatch {

/// Each call costs the same, however many keep something.
class Keepers {
 public:
  /// A connection that keeps nothing is not known here: it has to be set to 0 before it goes.
  void set(LiveConnection& connection, std::size_t bytes);
  /// Of all of them.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// Who keeps most, within a factor of two; of several, the one that has kept so much for longest. Null if nobody
  /// keeps anything.
  [[nodiscard]] LiveConnection* most() const;

 private:
  struct List {
    LiveConnection* oldest = nullptr;
    LiveConnection* newest = nullptr;
  };
  static constexpr std::size_t kLists = 24;

  static std::size_t list_of(std::size_t bytes);
  void link(LiveConnection& connection);
  void unlink(LiveConnection& connection);

  std::array<List, kLists> lists_;  ///< by powers of two
  std::size_t bytes_ = 0;
};

}  // namespace dcmwatch
