// workflow: {images: 30m, commitment: none, report: 2d}
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>

#include "model/loading.h"
#include "model/map_reader.h"

namespace dcmwatch {
namespace {

constexpr std::string_view kNone = "none";
constexpr std::string_view kFix = "write a number of s, m, h or d, up to a week, or none: 30m";
constexpr Duration kLongest = std::chrono::hours{24 * 7};  // an order's way is not kept in mind for longer

struct Unit {
  char letter;
  Duration length;
};
constexpr std::array kUnits{Unit{'s', std::chrono::seconds{1}}, Unit{'m', std::chrono::minutes{1}},
                            Unit{'h', std::chrono::hours{1}}, Unit{'d', std::chrono::hours{24}}};

/// Nothing if it is no such time.
std::optional<Duration> time_from(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || text.data() + text.size() != end + 1) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (unit.letter == *end && number != 0 && number <= kLongest / unit.length) return number * unit.length;
  }
  return std::nullopt;
}

}  // namespace

void load_workflow(const Node& node, Loading& loading) {
  MapReader map{node, "the workflow", loading.problems};
  const auto read = [&](std::string_view step, std::optional<Duration>& time) {
    const Node* const entry = map.optional(step);
    if (!entry) return;
    const auto text = scalar(*entry, step, loading.problems);
    if (!text) return;
    time = time_from(*text);
    if (!time && *text != kNone)
      loading.problems.add(entry->at, "'" + std::string{*text} + "' is no time", std::string{kFix});
  };
  read("images", loading.model.workflow.images);
  read("commitment", loading.model.workflow.commitment);
  read("report", loading.model.workflow.report);
  map.done();
}

}  // namespace dcmwatch
