// Capture files through the pipeline, for every subcommand that reads them.
#pragma once

#include <string>
#include <vector>

#include "app/captures.h"
#include "app/pipeline.h"
#include "model/lookup.h"
#include "output/record_sink.h"

namespace dcmwatch {

struct CaptureReading {
  std::string filter{};
  bool follow = false;  ///< the last capture is still being written
};

/// The first Ctrl-C ends the reading, and what was read is told; a second one ends the program.
void stop_on_interrupt();

/// Reads all of them and waits for the analyst, with a bar for people who wait. False if not all was read; why is said
/// on stderr and added to `failures`.
bool read_captures(CaptureFiles& captures, const CaptureReading& reading, const PipelineSettings& settings,
                   Analyst& analyst, std::vector<std::string>& failures);

/// Reads captures and tells the sink everything that happened in them, held against the model and judged by no rule.
/// Pseudonyms mean nothing outside this run. False if not all was read. `dropped` is set if the captures themselves say
/// that they lack packets.
bool observe_captures(const std::vector<std::string>& arguments, const Lookup& model, RecordSink& sink,
                      bool* dropped = nullptr);

}  // namespace dcmwatch
