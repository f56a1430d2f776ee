// Any text: either a model, which can then be looked up, or problems, each with its place.
#include <cstdint>
#include <string>

#include "model/account.h"
#include "model/lookup.h"

using namespace dcmwatch;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{data, data + size};
  try {
    const auto model = parse_model(text, "m");
    const Lookup lookup{model};
    const Timestamp noon = timestamp_from_ns(1'774'267'200'000'000'000);
    if (warnings_of(*model, noon).size() > size + 1) __builtin_trap();
    for (const Flow& flow : model->flows) {
      for (const auto* const schedule : {&flow.windows, &flow.quiet_hours}) {
        if (!*schedule) continue;
        const auto change = (*schedule)->next_change(noon);
        if (change && (*schedule)->holds_at(*change) == (*schedule)->holds_at(noon)) __builtin_trap();
      }
    }
  } catch (const ConfigurationError& error) {
    if (error.problems().empty()) __builtin_trap();
  }
  return 0;
}
