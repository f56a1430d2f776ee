// A record as one line of nested JSON, in the field table's words and order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "base/timestamp.h"
#include "event/fields.h"
#include "output/kept_objects.h"
#include "output/text_buffer.h"

namespace dcmwatch {

/// Knows nothing of any field: what the table says is what is written. Made once, used for every record of one thread.
/// A record costs a call for each field that its kind can have.
class RecordWriter {
 public:
  RecordWriter();

  /// Appends one line with its newline. Allocates nothing but what `out` needs to grow.
  void append(TextBuffer& out, const Record& record);

 private:
  friend class RecordLine;

  /// A name as it stands before its value, ready to be copied as a whole: "calling_ae":
  struct Name {
    static constexpr std::size_t kBytes = 40;
    std::array<char, kBytes> text{};
    std::size_t size = 0;
  };

  /// The table, read from the first field to the last, opens and closes objects as its dotted paths say.
  struct Step {
    enum class Kind : std::uint8_t { open, field, close };
    Kind kind;
    std::uint8_t depth = 0;           ///< of the object that is opened or closed
    Reads reads = Reads::the_record;  ///< from what alone the object is made: then it is kept
    std::uint8_t number = 0;          ///< among those that are kept of the same
    std::uint8_t steps_to_close = 0;  ///< from where such an object is opened
    const Field* field = nullptr;     ///< of Kind::field
    Name name{};                      ///< of Kind::field and, with its brace, of Kind::open
  };

  using Plan = std::vector<Step>;

  static Plan plan_for(RecordKinds kinds);
  static void mark_kept(Plan& plan, Reads reads);
  static Name name_of(std::string_view name, std::string_view after);

  /// By the kind of fact; findings after them, by that of their example.
  std::array<Plan, 2 * std::variant_size_v<Facts>> plans_;
  Rfc3339 times_;
  KeptObjects kept_;
};

}  // namespace dcmwatch
