// Gives each event to the relations that it is about. Joins facts of different connections: bounded state on the
// analyst; what it finds is a record of its own.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "event/event.h"
#include "relate/acknowledgements.h"
#include "relate/bursts.h"
#include "relate/commitments.h"
#include "relate/listings.h"
#include "relate/merges.h"
#include "relate/orders.h"
#include "relate/pixel_data.h"
#include "relate/resends.h"
#include "relate/retrievals.h"
#include "relate/steps.h"
#include "relate/studies.h"
#include "relate/workflows.h"

namespace dcmwatch {

/// What is doubtful is related to nothing, but for messages that are held against each other. Order of calls: observe()
/// for every event in packet time, advance() when time has passed, finish() last, until it tells nothing. What each of
/// them tells is to be told next, and is the caller's until the next call.
class Relater {
 public:
  /// `limits` outlives it.
  explicit Relater(const Limits& limits, const WorkflowTimes& times = {})
      : orders_(limits),
        studies_(limits, orders_),
        retrievals_(limits),
        commitments_(limits),
        steps_(limits, studies_),
        pixel_data_(limits),
        listings_(limits),
        acknowledgements_(limits),
        resends_(limits),
        bursts_(limits),
        merges_(limits),
        workflows_(limits, merges_, times) {}
  Relater(const Relater&) = delete;

  std::span<Event> observe(const Event& event);
  /// `now` may be before the last one: the clock was set back, and waiting starts anew from there.
  std::span<Event> advance(Timestamp now);
  std::span<Event> finish();

  /// How long orders' steps may take, from now on.
  void set_times(const WorkflowTimes& times) { workflows_.set_times(times); }

  /// Facts forgotten before their partner came, to stay within Limits::relate_open.
  [[nodiscard]] std::uint64_t forgotten() const {
    return retrievals_.forgotten() + commitments_.forgotten() + steps_.forgotten() + acknowledgements_.forgotten() +
           resends_.conflicts_forgotten() + workflows_.not_awaited();
  }
  [[nodiscard]] const Studies& studies() const { return studies_; }

  struct LimitReached {
    std::string_view limit;  ///< its name in Limits
    std::uint64_t times = 0;
  };
  /// Each limit of this room.
  [[nodiscard]] std::vector<LimitReached> limits_reached() const;

 private:
  void relate(const Event& event, const DicomOperation& operation);
  void relate(const Event& event, const Hl7Message& message);
  void relate_listing(const Event& event, const DicomOperation& operation);
  void tell_workflows();  ///< what the others told is of some order's way
  /// … and what that tells comes after it.
  std::span<Event> with_workflows();

  Orders orders_;
  Studies studies_;
  Retrievals retrievals_;
  Commitments commitments_;
  Steps steps_;
  PixelData pixel_data_;
  Listings listings_;
  Acknowledgements acknowledgements_;
  Resends resends_;
  Bursts bursts_;
  Merges merges_;
  Workflows workflows_;
  Timestamp now_{};
  Told told_;
  Told of_workflows_;
};

}  // namespace dcmwatch
