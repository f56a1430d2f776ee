// Within `model`: what one of two compared models allows between devices that both have, or that one of them has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/lookup.h"
#include "model/terms.h"

namespace dcmwatch {

/// A device under a number that is the same in both models.
using DeviceId = std::uint32_t;
inline constexpr DeviceId kAnybody = ~DeviceId{0};

/// The devices at one end of a flow.
struct Ends {
  std::vector<DeviceId> devices;  ///< in order, each once
  std::shared_ptr<const OwnTitles> calling;
  std::shared_ptr<const OwnTitles> called;
};

/// One of the two models. Everything is found out once, when it is asked for.
class ComparedModel {
 public:
  /// `ids`: of its devices.
  ComparedModel(std::shared_ptr<const Model> model, std::vector<DeviceId> ids);

  [[nodiscard]] const Model& model() const { return *lookup_.model(); }
  const Ends& ends_of(const std::vector<Party>& parties);
  const Terms& terms_of(std::uint32_t flow);

  /// "ws1"; "anybody"
  [[nodiscard]] std::string name_of(DeviceId device) const;

  /// Whether it allows all of `terms` from each to each. False where `steps` run out.
  bool allows(const std::vector<DeviceId>& from, const std::vector<DeviceId>& to, const Terms& terms,
              std::size_t& steps);

 private:
  bool allows_between(DeviceId from, DeviceId to, const Terms& terms, std::size_t& steps);

  Lookup lookup_;
  std::vector<DeviceId> ids_;
  std::map<DeviceId, std::uint32_t> devices_;  ///< by id
  std::map<std::vector<std::uint64_t>, Ends> ends_;
  std::vector<std::optional<Terms>> terms_;
};

}  // namespace dcmwatch
