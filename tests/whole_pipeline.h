// Everything between packets and records, wired as `dcmwatch replay` wires it.
#pragma once

#include <vector>

#include "app/judge.h"
#include "app/pipeline.h"
#include "output/output.h"

namespace dcmwatch {

/// What a source was found to hold, beside the records.
struct Replayed {
  bool whole = false;  ///< false: the source broke off
  SourceStatus source;
};

/// Plays `source` to its end and tells `sinks` everything. Without grounds nothing is judged.
inline Replayed replay_through(Source& source, const PipelineSettings& settings, const std::vector<RecordSink*>& sinks,
                               const Grounds& grounds = {}) {
  Replayed replayed;
  Output output{sinks, OutputSettings{}};
  Judge judge{Judge::Reading::files, grounds, settings.protocol.limits, output, nullptr, nullptr};
  {
    Pipeline pipeline{settings, judge};
    replayed.whole = pipeline.read(source, {});
    pipeline.finish();
  }
  judge.finish();
  output.close();
  if (!judge.sources().empty()) replayed.source = judge.sources().front();
  return replayed;
}

}  // namespace dcmwatch
