// Within `model`: what a flow allows between its ends, in a form in which it can be compared however it was written.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.h"

namespace dcmwatch {

/// AE titles of devices that a flow leaves to them.
struct OwnTitles {
  std::vector<std::string> of_all;  ///< that each of the devices has
  std::vector<std::string> of_any;
};

/// What one setting of a flow allows.
struct Choice {
  bool any = false;
  std::vector<std::string> items;        ///< in order, each once, none that another implies
  std::shared_ptr<const OwnTitles> own;  ///< the titles are those of the devices
};

/// A setting that allows a choice of things, and how its differences are said.
struct ChoiceSetting {
  std::string_view name;  ///< as in the model's language
  std::string_view more;  ///< {} stands for what is allowed now
  std::string_view less;  ///< {} stands for what is allowed no more
};

/// A setting that allows so much and no more.
struct BoundSetting {
  std::string_view name;
  std::string_view meaning;
  std::string (*text)(std::int64_t);
};

inline constexpr std::size_t kChoices = 17;
inline constexpr std::size_t kBounds = 15;
inline constexpr std::int64_t kUnbounded = std::numeric_limits<std::int64_t>::max();

const ChoiceSetting& choice_setting(std::size_t setting);
const BoundSetting& bound_setting(std::size_t setting);

/// Views the model that it is of.
struct Terms {
  std::array<Choice, kChoices> choices;
  std::array<std::int64_t, kBounds> bounds{};  ///< the greater, the more is allowed
  const std::optional<Schedule>* windows = nullptr;
  const std::optional<Schedule>* quiet_hours = nullptr;
};

/// `calling` and `called` are the titles of the flow's devices.
Terms terms_of(const Model& model, const Flow& flow, std::shared_ptr<const OwnTitles> calling,
               std::shared_ptr<const OwnTitles> called);

/// What of `terms` the other ones do not allow, of the setting with that index; "any" if whatever is not listed.
std::vector<std::string> beyond(const Terms& allowed, const Terms& terms, std::size_t setting);
/// The same as a person reads it: names for UIDs, families of families.
std::vector<std::string> named(std::size_t setting, const std::vector<std::string>& items);

/// Whether there is a minute of the week that the other schedule does not have. Nothing: all of them, or none if
/// `absent_is_none`.
bool reaches_beyond(const std::optional<Schedule>& allowed, const std::optional<Schedule>& schedule,
                    bool absent_is_none);

/// Whether all that `terms` allow is allowed by the others, too.
bool allow_all(const Terms& allowed, const Terms& terms);
/// Whether it is by several together: what none of them allows as a whole is taken apart, setting by setting. `steps`
/// are taken off as they are needed; where none is left, nothing more is found to be allowed.
bool allow_all_together(std::span<const Terms* const> allowed, const Terms& terms, std::size_t& steps);

/// "Mon-Fri 07:00-19:00, Sat 08:00-12:00 (Europe/Berlin)"
std::string as_declared(const Schedule& schedule);
/// "90s", "30m", "2d": as it is written in a model.
std::string as_declared(Duration duration);

}  // namespace dcmwatch
