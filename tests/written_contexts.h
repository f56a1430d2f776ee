// Presentation contexts written by hand.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "event/presentation_contexts.h"

namespace dcmwatch::test {

struct WrittenContext {
  std::uint8_t id = 0;
  Uid abstract_syntax;
  std::vector<Uid> transfer_syntaxes;
  std::optional<std::uint8_t> result;
  Uid accepted_transfer_syntax;

  [[nodiscard]] bool accepted() const { return result == std::uint8_t{0}; }
};

inline PresentationContexts contexts_of(const std::vector<WrittenContext>& contexts) {
  KeptContexts kept;
  for (const WrittenContext& written : contexts) {
    const auto first = static_cast<std::uint16_t>(kept.proposed.size());
    for (const Uid& uid : written.transfer_syntaxes) kept.proposed.push_back(kept.uids.find_or_add(uid));
    kept.contexts.push_back({.id = written.id,
                             .result = written.result,
                             .abstract_syntax = kept.uids.find_or_add(written.abstract_syntax),
                             .accepted_transfer_syntax = kept.uids.find_or_add(written.accepted_transfer_syntax),
                             .first_proposed = first,
                             .proposed = static_cast<std::uint16_t>(written.transfer_syntaxes.size())});
  }
  return PresentationContexts{std::make_shared<const KeptContexts>(std::move(kept))};
}

}  // namespace dcmwatch::test
