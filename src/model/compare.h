// What one model allows that the other does not. Not how they are written: things are matched by their names, else by
// what they are; groups and zones count as the devices that they stand for; and what a flow gains or loses is held
// against what the other flows allow.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "model/model.h"

namespace dcmwatch {

/// In the order in which they are to be reviewed.
enum class Effect : std::uint8_t {
  opens,   ///< more is allowed, or less is checked
  closes,  ///< less is allowed
  none
};

enum class ModelPart : std::uint8_t { model, zone, device, group, service, flow, conduit, denial };

/// One thing that differs, in one or several places alike.
struct Difference {
  Effect effect = Effect::none;
  ModelPart part = ModelPart::model;
  std::vector<std::string> names;        ///< of the places, in the later model's words; none: of the model itself
  std::string setting;                   ///< as in the model's language; empty: the whole entry
  std::string what;                      ///< "C-GET is allowed"
  std::vector<std::string> only_before;  ///< values that only the earlier one has
  std::vector<std::string> only_after;   ///< likewise the later one
};

struct Comparison {
  std::vector<Difference> differences;  ///< by effect, then by part, then as declared
  bool whole = true;  ///< false: Limits::comparison_steps ran out, and some differences may have no effect after all

  /// Whether both allow the same, whatever else is written there.
  [[nodiscard]] bool allow_the_same() const;
};

/// Cost: what the models hold; then, for each difference of a flow, the flows between each two of its devices, up to
/// Limits::comparison_steps of them.
Comparison compare(const std::shared_ptr<const Model>& before, const std::shared_ptr<const Model>& after,
                   const Limits& limits = {});

/// "flows 'reading', 'delivery': ws3 may open it"
std::string to_text(const Difference& difference);
std::string_view to_text(Effect effect);
std::string_view to_text(ModelPart part);

}  // namespace dcmwatch
