// AE titles that are used from two places at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/recently_used.h"
#include "base/text_hash.h"
#include "event/record.h"
#include "model/lookup.h"

namespace dcmwatch {

/// A title by which two call within Limits::title_window is one place's too many, unless it is shared in the model: by
/// devices, by a flow that names it for several, or presented by a router or a balancer. A declared device is one place
/// with all its addresses; who is undeclared is one by each. Told of every association of either place within that
/// time: who has the title rightfully may be the one that was seen second. What is not proven is no place, so that a
/// packet in another's name accuses nobody. Limits::title_places; not shared between threads; the lookup and the limits
/// outlive it.
class TitlePlaces {
 public:
  TitlePlaces(const Lookup& lookup, const Limits& limits);

  /// Of a judged association.
  [[nodiscard]] std::optional<Deviation> observe(const Observation& record, const DicomAssociation& association);

  /// Of another model: names may stand for others now, so titles are seen anew. `old` is done with.
  void adopt(const TitlePlaces& old) { forgotten_ = old.forgotten_; }

  /// Titles forgotten within the time, to stay within Limits::title_places.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  struct Place {
    std::string device;  ///< its name; empty: undeclared
    IpAddress address;   ///< of one that is
    Timestamp last{};

    [[nodiscard]] std::string name() const { return device.empty() ? to_text(address) : device; }
  };
  using Places = std::vector<Place>;
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(const AeTitle& title) const { return hash_of(title); }
  };

  [[nodiscard]] bool may_be_shared(const Declared& declared, std::string_view title) const;

  const Lookup& lookup_;
  const Limits& limits_;
  RecentlyUsed<AeTitle, Places, Hash> titles_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace dcmwatch
