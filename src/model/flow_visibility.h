// Whether declared flows could have been seen: without that, nothing can be said of what was not.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "event/record.h"

namespace dcmwatch {

/// Remembers of each declared device when it was last seen to be answered or to answer, and when bytes of any of its
/// conversations were last lost. Bounded by the model; an observation costs a few comparisons. Not shared between
/// threads.
class FlowVisibility {
 public:
  static constexpr std::uint32_t kNobody = ~std::uint32_t{0};

  explicit FlowVisibility(std::size_t devices) : devices_(devices) {}

  /// Every judged record; its ends by their places in the model, or kNobody.
  void observe(const Event& event, std::uint32_t source, std::uint32_t destination);
  /// The capture was not whole by then.
  void on_blindness(Timestamp now);
  /// The clock was set back.
  void rebase(Timestamp now);

  /// Goes on where that of another model was. `device_of` gives the places of its devices in the model as it is now, or
  /// kNobody.
  template <typename DeviceOf>
  void adopt(const FlowVisibility& old, const DeviceOf& device_of) {
    for (std::uint32_t device = 0; device < old.devices_.size(); ++device) {
      const std::uint32_t here = device_of(device);
      if (here != kNobody) devices_[here] = old.devices_[device];
    }
    alive_ = old.alive_;
    blind_ = old.blind_;
  }

  /// Why a flow from these devices to those could have passed unseen since then; nothing: it could not. It takes that
  /// no packet was dropped and no interface was down, that something was seen both ways after `alive_after`, so that
  /// the mirror lives and is not about to be found dead, that
  /// one of its ends was, in this run, so that the mirror does show it, and that nothing of what either end said to
  /// anybody was lost, for that may have been this.
  [[nodiscard]] std::optional<WhyNotVisible> why_not(std::span<const std::uint32_t> openers,
                                                     std::span<const std::uint32_t> listeners, Timestamp since,
                                                     Timestamp alive_after) const;

 private:
  struct Device {
    bool both_ways = false;
    std::optional<Timestamp> lost;
  };

  std::vector<Device> devices_;
  std::optional<Timestamp> alive_;  ///< when anybody was seen both ways, last
  std::optional<Timestamp> blind_;
};

}  // namespace dcmwatch
