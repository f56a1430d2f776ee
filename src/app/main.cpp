#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <exception>

#include "app/commands.h"
#include "app/version.h"
#include "capture/source.h"
#include "model/problems.h"

namespace dcmwatch {
namespace {

int run(int argc, const char* const* argv) {
  CLI::App app{"dcmwatch holds a DICOM network's traffic against the data flows that the department declared."};
  app.set_version_flag("--version", std::string{"dcmwatch "} + kVersion);
  app.require_subcommand(1);
  app.footer("Exit status: 0 done, 1 failed, 2 unusable arguments or configuration, 3 findings at or above --fail-on.");

  Command command;
  const auto add = [&command](CLI::App& parent, const char* name, const char* purpose, Command (*make)(CLI::App&)) {
    CLI::App* sub = parent.add_subcommand(name, purpose);
    sub->callback([&command, chosen = make(*sub)] { command = chosen; });
  };
  add(app, "replay", "read capture files and tell what happened and what deviates", add_replay);
  add(app, "monitor", "watch live interfaces and serve metrics", add_monitor);
  CLI::App* model = app.add_subcommand("model", "the declared data-flow model");
  model->require_subcommand(1);
  add(*model, "check", "report every fault of a model", add_model_check);
  CLI::App* rules = app.add_subcommand("rules", "the detection rules");
  rules->require_subcommand(1);
  add(*rules, "check", "report every fault of a folder of rules", add_rules_check);

  try {
    app.parse(argc, argv);
    return command();
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUnusable;
  } catch (const ConfigurationError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return kUnusable;
  } catch (const FilterError& error) {
    fmt::print(stderr, "dcmwatch: {}\n", error.what());
    return kUnusable;
  } catch (const std::exception& error) {
    fmt::print(stderr, "dcmwatch: {}\n", error.what());
    return kFailed;
  }
}

}  // namespace
}  // namespace dcmwatch

int main(int argc, char** argv) { return dcmwatch::run(argc, argv); }
