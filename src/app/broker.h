// The privileged half of `dcmwatch monitor`: it opens a fixed, configured list and hands the descriptors to the worker,
// which has no privileges and does everything else. It never looks at a byte off the wire.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "app/configuration.h"
#include "base/pseudonym.h"
#include "capture/source.h"
#include "output/file_descriptor.h"

namespace dcmwatch {

/// Patient data passes through this process's memory: from now on it is in no core dump and open to no debugger.
void forbid_dumps();

/// What only a privileged process may open. The worker inherits it.
struct Opened {
  std::vector<std::unique_ptr<Source>> interfaces;
  FileDescriptor events;    ///< unset: no event log, or standard output
  FileDescriptor listener;  ///< of the HTTP endpoint
  Pseudonymizer pseudonymizer = Pseudonymizer::ephemeral();
};

/// Throws SourceError, std::system_error or std::runtime_error, naming what could not be opened.
Opened open_configured(const MonitorConfiguration& configuration);

/// Forks; runs `worker` in the child, without privileges, and waits for it in the parent, passing SIGTERM, SIGINT and
/// SIGHUP on. Gives the worker's exit status; 1 if it died of a signal, having said so. Call it before any thread is
/// started.
int run_apart(const std::string& user, Opened opened, const std::function<int(Opened)>& worker);

}  // namespace dcmwatch
