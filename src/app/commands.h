// One function a subcommand. Each adds its options to the command line and gives back what to run.
#pragma once

#include <CLI/App.hpp>
#include <functional>

namespace dcmwatch {

/// What a process says when it ends.
enum ExitStatus : int {
  kDone = 0,
  kFailed = 1,
  kUnusable = 2,  ///< arguments or configuration
  kFindings = 3   ///< at or above --fail-on
};

using Command = std::function<int()>;

Command add_replay(CLI::App& app);
Command add_monitor(CLI::App& app);
Command add_model_check(CLI::App& app);
Command add_rules_check(CLI::App& app);

}  // namespace dcmwatch
