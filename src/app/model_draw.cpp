// dcmwatch model draw: the data-flow diagram, as DOT, SVG or Mermaid, and what captures showed of it.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "app/commands.h"
#include "app/graphviz.h"
#include "app/observed_flows.h"
#include "app/read_captures.h"
#include "model/diagram.h"

namespace dcmwatch {
namespace {

namespace fs = std::filesystem;

// The day on which the model was last written; empty if the file does not say.
std::string date_of(const fs::path& file) {
  std::error_code error;
  const auto written = fs::last_write_time(file, error);
  if (error) return {};
  const auto time = std::chrono::file_clock::to_sys(written);
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::to_time_t(
                                        std::chrono::time_point_cast<std::chrono::system_clock::duration>(time))));
}

Folding folding_from(const std::string& group) {
  if (group == "devices") return Folding::devices;
  return group == "zones" ? Folding::zones : Folding::alike;
}

struct Ending {
  std::string_view ending;
  std::string_view format;
};
constexpr std::array kEndings{Ending{".svg", "svg"},     Ending{".dot", "dot"},         Ending{".gv", "dot"},
                              Ending{".mmd", "mermaid"}, Ending{".mermaid", "mermaid"}, Ending{".md", "mermaid"}};

// A picture under another's ending is opened by nothing.
std::string format_of(const ModelDrawOptions& options) {
  if (!options.format.empty()) return options.format;
  std::string ending = fs::path{options.output}.extension();
  if (ending.empty()) return "svg";
  std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto* const known = std::ranges::find(kEndings, ending, &Ending::ending);
  if (known != kEndings.end()) return std::string{known->format};
  throw UsageError(options.output + ": no format is known by '" + ending +
                   "'; end the name in .svg, .dot, .gv, .mmd, .mermaid or .md, or say --format");
}

std::string drawn(const Diagram& diagram, const std::string& date, const std::string& format) {
  if (format == "mermaid") return draw_mermaid(diagram, date);
  const std::string dot = draw_dot(diagram, date);
  return format == "dot" ? dot : svg_from_dot(dot);
}

bool write(const std::string& text, const std::string& output) {
  if (output.empty() || output == "-")
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  std::ofstream file{output, std::ios::binary};
  file << text;
  file.close();
  return static_cast<bool>(file);
}

}  // namespace

int draw_model(const ModelDrawOptions& options) {
  const std::string format = format_of(options);
  const Lookup model{load_model(options.model)};
  ObservedFlows tallies{*model.model()};
  bool dropped = false;
  const bool whole = options.captures.empty() || observe_captures(options.captures, model, tallies, &dropped);
  if (!whole || dropped) tallies.on_blindness();
  const Sightings sightings = tallies.sightings();
  const Diagram diagram =
      diagram_of(*model.model(), options.captures.empty() ? nullptr : &sightings, folding_from(options.group));
  if (!write(drawn(diagram, date_of(options.model), format), options.output))
    throw std::runtime_error((options.output.empty() ? "standard output" : options.output) + " cannot be written");
  return whole ? kDone : kFailed;
}

}  // namespace dcmwatch
