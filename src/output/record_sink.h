// What the output thread feeds: the event log, the metrics, the summary.
#pragma once

#include "event/record.h"

namespace dcmwatch {

struct MetricNames;

/// Called by one thread, in the order in which things became known. Never throws for what a record holds.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual void observe(const Observation& observation) = 0;
  virtual void observe(const Finding& finding) = 0;
  /// Whether it takes facts as they begin and go on too, and not only how they ended.
  [[nodiscard]] virtual bool takes_every_phase() const { return true; }
  /// Another model or other rules hold for what follows; of the same names as before or of others.
  virtual void redeclare(const MetricNames&) {}
  /// Nothing waits behind what was told so far: a good moment to let it out.
  virtual void flush() {}
  /// Nothing more comes: what was held back for it, no longer is.
  virtual void finish() {}
};

}  // namespace dcmwatch
