// The one vocabulary: every field that a log record, a rule or the documentation may name.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "event/record.h"

namespace dcmwatch {

enum class FieldType : std::uint8_t { text, text_list, number, boolean, address, time };

/// Whether a value could identify a person, if it were written as it is.
enum class Identifies : std::uint8_t {
  nobody,
  pseudonymised,  ///< it would; it is a keyed pseudonym
  device          ///< a device or a piece of software
};

/// Takes a field's values: none if the field is absent from the record, several for a list.
class FieldSink {
 public:
  virtual ~FieldSink() = default;
  virtual void text(std::string_view value) = 0;
  virtual void number(std::int64_t value) = 0;
  virtual void boolean(bool value) = 0;
  virtual void address(const IpAddress& value) = 0;
  virtual void time(Timestamp value) = 0;
};

/// What a field is read from: an observation, or a finding (whose observation is the example it matched).
struct Record {
  const Observation& observation;
  const Finding* finding = nullptr;
  std::string_view observer = {};       ///< the name of this dcmwatch, if it has one
  std::string_view pseudonym_key = {};  ///< Pseudonymizer::key_id() of the key behind the record's pseudonyms
};

struct Field {
  std::string_view path;  ///< dotted: "dicom.calling_ae"
  FieldType type;
  std::string_view meaning;
  std::string_view clause;  ///< PS3.x, HL7 v2, ECS, or empty
  Identifies identifies;
  void (*visit)(const Record&, FieldSink&);
};

/// Sorted so that the fields of one object stand together: written in this order they nest.
std::span<const Field> fields();

/// nullptr if there is no such field.
const Field* find_field(std::string_view path);

}  // namespace dcmwatch
