// What an operation lists in pieces, kept until it is known how the operation was answered.
#pragma once

#include <cstdint>
#include <vector>

#include "base/limits.h"
#include "relate/occurrence.h"
#include "relate/open_facts.h"

namespace dcmwatch {

/// A performed step or a storage commitment's report lists more instances than one record holds, and may be refused in
/// the end: nothing is done about them before.
///
/// Order of calls: keep() for each phase of the operation but the last, whole() for that.
class Listings {
 public:
  /// `limits` outlives it.
  explicit Listings(const Limits& limits) : limits_(limits), open_(limits.relate_open) {}

  void keep(const Event& event, const DicomOperation& operation);
  /// The operation with all that it listed; it is valid until the next call. Cost: a look-up, if it came in one piece.
  const DicomOperation& whole(const Event& event, const DicomOperation& last);

  /// Operations of which a part was forgotten, to stay within Limits::listed_instances and Limits::relate_open.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  struct Listed {
    std::vector<InstancePrint> instances;
    std::vector<InstancePrint> failed_instances;
  };

  void forget_oldest();

  const Limits& limits_;
  OpenFacts<Listed> open_;
  std::size_t instances_ = 0;  ///< of all of them
  DicomOperation whole_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace dcmwatch
