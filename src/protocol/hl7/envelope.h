// The batches and files (HL7 v2 2.10.3) that the messages of one direction come in.
#pragma once

#include <cstdint>

#include "event/hl7_message.h"
#include "protocol/hl7/message.h"

namespace dcmwatch::hl7 {

/// A header may stand in one block with its messages and its trailer, or in a block of its own: then blocks of messages
/// follow it. Order of calls: those of a block's parts as they come, then on_block_end.
class Envelope {
 public:
  /// `midway`: headers may have been sent before.
  explicit Envelope(bool midway) : headers_seen_(!midway) {}

  /// Which rules it breaks.
  Breaks on_segment(const EnvelopeSegment& segment);
  void on_message();
  Breaks on_block_end();
  /// Messages and headers may have gone by unseen: nothing is known of what has been.
  void on_loss();

  /// What the next message stands in.
  [[nodiscard]] Hl7Envelope current() const {
    return batch_.open ? Hl7Envelope::batch : file_.open ? Hl7Envelope::file : Hl7Envelope::none;
  }

 private:
  struct Level {
    bool open = false;
    bool of_this_block = false;  ///< its header
    bool counted = false;        ///< what it holds was seen from its header on
    std::uint64_t held = 0;      ///< messages, or batches
  };

  void begin(Level& level, Breaks& breaks);
  void end(Level& level, const EnvelopeSegment& trailer, Break wrong_count, Breaks& breaks) const;

  Level batch_;
  Level file_;
  bool headers_seen_;
  bool message_in_block_ = false;
};

}  // namespace dcmwatch::hl7
