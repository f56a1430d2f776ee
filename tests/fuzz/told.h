// What all entries share: the end of the line.
#pragma once

#include <optional>

#include "output/record_writer.h"
#include "output/text_buffer.h"
#include "protocol/protocol.h"

namespace dcmwatch::fuzz {

/// Takes every event, writes it as the log would when the next one comes, and forgets it.
class Told final : public EventSink {
 public:
  Event& next_event() override {
    write();
    return told_.emplace().event;
  }
  /// The latest too.
  void write() {
    if (!told_) return;
    line_.clear();
    writer_.append(line_, Record{*told_});
    told_.reset();
  }

 private:
  RecordWriter writer_;
  TextBuffer line_;
  std::optional<Observation> told_;
};

/// Limits small enough to be reached.
inline Limits small_limits() {
  Limits limits;
  limits.connections = 8;
  limits.fragment_datagrams = 3;
  limits.fragment_bytes = 4096;
  limits.held_bytes = 4096;
  limits.held_segments_per_connection = 8;
  limits.holes_per_direction = 4;
  limits.dicom_pending_operations = 4;
  limits.hl7_pending_messages = 4;
  limits.hl7_block_messages = 3;
  return limits;
}

/// Protocols that tell nobody, with a key of their own.
struct Protocols {
  Pseudonymizer pseudonymizer{"a key for tests only"};
  ProtocolSettings settings{.limits = small_limits(), .pseudonymizer = &pseudonymizer};
  Told told;
  ProtocolHandler handler{settings, told};
};

}  // namespace dcmwatch::fuzz
