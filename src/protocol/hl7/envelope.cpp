#include "protocol/hl7/envelope.h"

namespace dcmwatch::hl7 {

void Envelope::begin(Level& level, Breaks& breaks) {
  if (level.open && headers_seen_) breaks.add(Break::envelope);
  level = {.open = true, .of_this_block = true, .counted = true, .held = 0};
}

void Envelope::end(Level& level, const EnvelopeSegment& trailer, Break wrong_count, Breaks& breaks) const {
  if (!level.open && headers_seen_) breaks.add(Break::envelope);
  if (level.counted && trailer.count && *trailer.count != level.held) breaks.add(wrong_count);
  level = {};
}

Breaks Envelope::on_segment(const EnvelopeSegment& segment) {
  Breaks breaks;
  switch (segment.kind) {
    case EnvelopeSegment::Kind::file_header:
      begin(file_, breaks);
      batch_ = {};
      break;
    case EnvelopeSegment::Kind::batch_header:
      begin(batch_, breaks);
      ++file_.held;
      break;
    case EnvelopeSegment::Kind::batch_trailer: end(batch_, segment, Break::batch_count, breaks); break;
    case EnvelopeSegment::Kind::file_trailer:
      if (batch_.open && headers_seen_) breaks.add(Break::envelope);
      batch_ = {};
      end(file_, segment, Break::file_count, breaks);
      break;
  }
  return breaks;
}

void Envelope::on_message() {
  message_in_block_ = true;
  if (!batch_.open) file_.counted = false;  // a file of one batch may leave its envelope out
  ++batch_.held;
}

// A trailer that is not in the block of header and messages does not come.
Breaks Envelope::on_block_end() {
  Breaks breaks;
  for (Level* level : {&batch_, &file_}) {
    if (level->open && level->of_this_block && message_in_block_) {
      breaks.add(Break::envelope);
      *level = {};
    }
    level->of_this_block = false;
  }
  message_in_block_ = false;
  return breaks;
}

void Envelope::on_loss() {
  headers_seen_ = false;
  for (Level* level : {&batch_, &file_}) {
    level->counted = false;
    level->of_this_block = false;
  }
}

}  // namespace dcmwatch::hl7
