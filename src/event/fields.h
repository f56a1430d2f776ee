// The one vocabulary: every field that a log record, a rule or the documentation may name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

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
  /// A text of printable ASCII without quotation mark or reverse solidus, as only our own words and pseudonyms are
  /// known to be: who writes it need not look into it.
  virtual void word(std::string_view value) { text(value); }
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

/// Which records can have a field at all: those of some facts, findings, or all.
class RecordKinds {
 public:
  static constexpr RecordKinds all() { return RecordKinds{kFindings * 2 - 1}; }
  /// By the index of a fact among Facts.
  static constexpr RecordKinds of_fact(std::size_t index) { return RecordKinds{1U << index}; }
  static constexpr RecordKinds findings() { return RecordKinds{kFindings}; }
  template <typename Fact>
  static constexpr RecordKinds of() {
    return of_fact(index_of<Fact>(std::make_index_sequence<kFacts>{}));
  }

  /// Of a finding also that of its example.
  static RecordKinds of(const Record& record) {
    return RecordKinds{1U << record.observation.event.facts.index() | (record.finding ? kFindings : 0)};
  }

  [[nodiscard]] constexpr bool overlaps(RecordKinds other) const { return (bits_ & other.bits_) != 0; }
  friend constexpr RecordKinds operator|(RecordKinds one, RecordKinds other) {
    return RecordKinds{one.bits_ | other.bits_};
  }

 private:
  static constexpr std::size_t kFacts = std::variant_size_v<Facts>;
  static constexpr unsigned kFindings = 1U << kFacts;

  explicit constexpr RecordKinds(unsigned bits) : bits_(bits) {}

  template <typename Fact, std::size_t... index>
  static constexpr std::size_t index_of(std::index_sequence<index...>) {
    return ((std::is_same_v<Fact, std::variant_alternative_t<index, Facts>> ? index : 0) + ...);
  }

  unsigned bits_;
};

/// Where a fact stands: the same for most records of a conversation, and all that some fields are read from.
struct Surroundings {
  const Parties& parties;
  Protocol protocol;
  const Place& source;
  const Place& destination;

  static Surroundings of(const Observation& observation) {
    return {observation.event.parties, observation.event.protocol, observation.declared->source,
            observation.declared->destination};
  }
};

enum class Reads : std::uint8_t { the_record, surroundings, judgement };

/// Tells the sink a field's values. Of a record of another kind it tells none.
class FieldReader {
 public:
  using Function = void (*)(const Record&, FieldSink&);

  template <typename Read>
  requires std::is_convertible_v<Read, Function>
  constexpr FieldReader(Read read, RecordKinds kinds = RecordKinds::all(),  // NOLINT(google-explicit-constructor)
                        Reads reads = Reads::the_record)
      : read_(read), kinds_(kinds), reads_(reads) {}

  void operator()(const Record& record, FieldSink& sink) const {
    if (kinds_.overlaps(RecordKinds::of(record))) read_(record, sink);
  }
  /// For one who asks records of these kinds only.
  void read(const Record& record, FieldSink& sink) const { read_(record, sink); }
  [[nodiscard]] constexpr RecordKinds kinds() const { return kinds_; }
  /// From what alone.
  [[nodiscard]] constexpr Reads reads() const { return reads_; }

 private:
  Function read_;
  RecordKinds kinds_;
  Reads reads_;
};

struct Field {
  std::string_view path;  ///< dotted: "dicom.calling_ae"
  FieldType type;
  std::string_view meaning;
  std::string_view clause;  ///< PS3.x, HL7 v2, ECS, or empty
  Identifies identifies;
  FieldReader visit;
};

/// Sorted so that the fields of one object stand together: written in this order they nest.
std::span<const Field> fields();

/// nullptr if there is no such field.
const Field* find_field(std::string_view path);

/// Of all fields, as a suggestion for a misspelt one wants them.
std::vector<std::string_view> field_paths();

}  // namespace dcmwatch
