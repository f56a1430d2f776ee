// A record as one line of nested JSON, in the field table's words and order.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "event/fields.h"

namespace dcmwatch {

/// Knows nothing of any field: what the table says is what is written. Made once, used for every record; safe to share.
class RecordWriter {
 public:
  RecordWriter();

  /// Appends one line with its newline. Allocates nothing but what `out` needs to grow.
  void append(std::string& out, const Record& record) const;

 private:
  friend class RecordLine;

  /// A node of the tree that the dotted paths make; the root is its own parent.
  struct Object {
    std::size_t parent;
    std::size_t depth;
    std::string opening;  ///< "dicom":{
  };

  struct Member {
    const Field* field;
    std::size_t object;
    std::string key;  ///< "calling_ae":
  };

  std::size_t object_of(std::string_view path);

  std::vector<Object> objects_;
  std::vector<Member> members_;
};

}  // namespace dcmwatch
