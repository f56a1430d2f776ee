// A record as one line of nested JSON, in the field table's words and order.
#pragma once

#include "base/timestamp.h"
#include "event/fields.h"
#include "output/kept_objects.h"
#include "output/text_buffer.h"

namespace dcmwatch {

/// Knows nothing of any field: what the table says is what is written. Made once, used for every record of one thread.
/// What a kind of record looks like is known at compile time, so that a field costs hardly more than its value.
class RecordWriter {
 public:
  /// Appends one line with its newline. Allocates nothing but what `out` needs to grow.
  void append(TextBuffer& out, const Record& record);

 private:
  Rfc3339 times_;
  KeptObjects kept_;
};

}  // namespace dcmwatch
