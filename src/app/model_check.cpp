// dcmwatch model check: is the declared model usable, what does it declare, and what of it is worth a look?
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string_view>

#include "app/commands.h"
#include "app/json_page.h"
#include "model/account.h"

namespace dcmwatch {
namespace {

struct Count {
  const char* things;
  std::size_t number;
};

std::array<Count, 8> counts_of(const Model& model) {
  return {Count{"zones", model.zones.size()},     Count{"devices", model.devices.size()},
          Count{"groups", model.groups.size()},   Count{"services", model.services.size()},
          Count{"flows", model.flows.size()},     Count{"conduits", model.conduits.size()},
          Count{"denials", model.denials.size()}, Count{"files", model.files.size()}};
}

Timestamp moment_from(const std::string& day) {
  if (day.empty())
    return Timestamp{std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())};
  const auto end = end_of_day(day, "UTC");
  if (!end) throw UsageError("--at '" + day + "' is no day; write year, month and day: 2027-03-31");
  return *end - std::chrono::hours{24};
}

void print_text(const ModelCheckOptions& options, const Model& model, const std::vector<ModelWarning>& warnings) {
  std::string line;
  for (const Count& count : counts_of(model)) {
    if (count.number == 0) continue;
    const std::string_view things{count.things};
    const auto name = count.number == 1 ? things.substr(0, things.size() - 1) : things;
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", count.number, name);
  }
  fmt::print("{}: {}; no fault found\n", options.file, line);
  for (const ModelWarning& warning : warnings) fmt::print("worth a look: {}\n", warning.what);
}

void print_json(const ModelCheckOptions& options, const Model& model, const std::vector<ModelWarning>& warnings) {
  JsonPage page;
  page.open('{').key("model").text(options.file).key("usable").flag(true).key("counts").open('{');
  for (const Count& count : counts_of(model)) page.key(count.things).number(count.number);
  page.close('}').key("errors").open('[').close(']').key("warnings").open('[');
  for (const ModelWarning& warning : warnings) {
    page.open('{').key("kind").text(warning.kind).key("names").texts(warning.names);
    page.key("message").text(warning.what).close('}');
  }
  page.close(']').close('}');
  fmt::print("{}", page.done());
}

void print_json(const ModelCheckOptions& options, const std::vector<Problem>& problems) {
  JsonPage page;
  page.open('{').key("model").text(options.file).key("usable").flag(false).key("errors").open('[');
  for (const Problem& problem : problems) {
    page.open('{').key("file").text(problem.file).key("line").number(problem.at.line);
    page.key("column").number(problem.at.column).key("message").text(problem.what).key("fix").text(problem.fix);
    page.close('}');
  }
  page.close(']').key("warnings").open('[').close(']').close('}');
  fmt::print("{}", page.done());
}

}  // namespace

int check_model(const ModelCheckOptions& options) {
  const Timestamp at = moment_from(options.at);
  try {
    const std::shared_ptr<const Model> model = load_model(options.file);
    const std::vector<ModelWarning> warnings = warnings_of(*model, at);
    options.json ? print_json(options, *model, warnings) : print_text(options, *model, warnings);
    return kDone;
  } catch (const ConfigurationError& error) {
    if (!options.json) throw;
    print_json(options, error.problems());
    return kUnusable;
  }
}

}  // namespace dcmwatch
