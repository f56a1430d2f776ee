#include "output/record_writer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "base/digits.h"
#include "event/field_table.h"
#include "output/json_text.h"

namespace dcmwatch {
namespace {

using field_table::kFields;

constexpr std::size_t kPunctuation = 4;  // two quotation marks, or what opens or closes a list, and the comma

/// A name as it stands before its value: "calling_ae":
struct Name {
  static constexpr std::size_t kBytes = 40;
  std::array<char, kBytes> text{};
  std::size_t size = 0;

  constexpr Name() = default;
  constexpr Name(std::string_view name, std::string_view after) {
    for (const std::string_view piece : {std::string_view{"\""}, name, std::string_view{"\":"}, after}) {
      for (const char character : piece) text[size++] = character;
    }
  }
};

/// "source" of "source.mac"; empty of a field outside all objects.
constexpr std::string_view outermost_object(std::string_view path) {
  const std::size_t dot = path.find('.');
  return dot == std::string_view::npos ? std::string_view{} : path.substr(0, dot);
}

/// A part of a line. Within an outermost object the fields read from the surroundings alone are a part that is kept,
/// and so are those read from the judgement.
struct Part {
  enum class Kind : std::uint8_t { object, kept, field };
  static constexpr std::size_t kNone = ~std::size_t{0};

  Kind kind{};
  std::size_t parent = kNone;       ///< what it is a part of, if not of the whole line
  Name name{};                      ///< not of Kind::kept
  std::size_t field = 0;            ///< of Kind::field
  Reads reads = Reads::the_record;  ///< of Kind::kept
  std::size_t number = 0;           ///< of Kind::kept: among those of the same
};

/// The line of one kind of fact, or of a finding that has one as its example: the table's fields of both, with objects
/// that open and close as the dotted paths say.
struct Plan {
  static constexpr std::size_t kMostParts = 2 * std::size(kFields);

  RecordKinds kinds;  ///< of the fact alone
  std::array<Part, kMostParts> parts{};
  std::size_t size = 0;
};

/// Builds a plan, field by field.
class Planner {
 public:
  constexpr explicit Planner(RecordKinds kinds) : plan_{.kinds = kinds} {}

  constexpr Plan plan() {
    for (std::size_t field = 0; field < std::size(kFields); ++field) {
      if (kFields[field].visit.kinds().overlaps(plan_.kinds | RecordKinds::findings())) add(field);
    }
    return plan_;
  }

 private:
  static constexpr std::size_t kDeepest = 8;

  struct Open {
    std::size_t part = 0;
    std::string_view path;  ///< of an object, with its dot; of what is kept, that of the object that it is in
  };

  constexpr void add(std::size_t field) {
    const std::string_view path = kFields[field].path;
    const Reads reads = kFields[field].visit.reads();
    depth_ = fitting(path, reads);
    for (std::size_t dot = path.find('.', inner_begin()); dot != std::string_view::npos;
         dot = path.find('.', dot + 1)) {
      if (depth_ == 1) keep(outermost_object(path), reads);
      const std::string_view name = path.substr(inner_begin(), dot - inner_begin());
      open({.kind = Part::Kind::object, .name = {name, "{"}}, path.substr(0, dot + 1));
    }
    if (depth_ == 1) keep(outermost_object(path), reads);
    const bool is_list = kFields[field].type == FieldType::text_list;
    append({.kind = Part::Kind::field, .name = {path.substr(inner_begin()), is_list ? "[" : ""}, .field = field});
  }

  /// How many of the open parts the field is in.
  constexpr std::size_t fitting(std::string_view path, Reads reads) const {
    std::size_t depth = 0;
    while (depth < depth_ && path.starts_with(open_[depth].path) &&
           (part(depth).kind != Part::Kind::kept || part(depth).reads == reads))
      ++depth;
    return depth;
  }

  /// Only if this kind of record has all of the object's fields that are read from it: it would keep another text.
  constexpr void keep(std::string_view object, Reads reads) {
    if (reads == Reads::the_record) return;
    const bool whole = std::ranges::all_of(kFields, [&](const Field& field) {
      return field.visit.reads() != reads || outermost_object(field.path) != object ||
             field.visit.kinds().overlaps(plan_.kinds);
    });
    if (whole) open({.kind = Part::Kind::kept, .reads = reads, .number = number_of(object, reads)}, open_[0].path);
  }

  /// Among the objects that have fields read from this.
  static constexpr std::size_t number_of(std::string_view object, Reads reads) {
    std::size_t number = 0;
    std::string_view last;
    for (const Field& field : kFields) {
      const std::string_view other = outermost_object(field.path);
      if (field.visit.reads() != reads || other == last) continue;
      if (other == object) break;
      ++number;
      last = other;
    }
    return number;
  }

  constexpr std::size_t inner_begin() const { return depth_ == 0 ? 0 : open_[depth_ - 1].path.size(); }
  constexpr const Part& part(std::size_t depth) const { return plan_.parts[open_[depth].part]; }

  constexpr void open(Part part, std::string_view path) {
    append(part);
    open_[depth_++] = {plan_.size - 1, path};
  }

  constexpr void append(Part part) {
    part.parent = depth_ == 0 ? Part::kNone : open_[depth_ - 1].part;
    plan_.parts[plan_.size++] = part;
  }

  Plan plan_;
  std::array<Open, kDeepest> open_{};
  std::size_t depth_ = 0;
};

/// What is kept of an object stands in one piece.
constexpr bool keeps_in_one_piece(const Plan& plan) {
  for (std::size_t i = 0; i < plan.size; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const Part &one = plan.parts[i], &other = plan.parts[j];
      if (one.kind == Part::Kind::kept && other.kind == Part::Kind::kept && one.reads == other.reads &&
          one.number == other.number)
        return false;
    }
  }
  return true;
}

template <std::size_t fact>
constexpr Plan kPlan = Planner{RecordKinds::of_fact(fact)}.plan();

/// The line being written. A comma follows every value; the end of what holds it takes the last one's place.
class RecordLine {
 public:
  RecordLine(TextBuffer& out, Rfc3339& times, KeptTexts& of_surroundings, KeptTexts& of_judgement)
      : out_(out), times_(times), of_surroundings_(of_surroundings), of_judgement_(of_judgement) {}

  template <const Plan& plan>
  void write(const Record& record) {
    static_assert(keeps_in_one_piece(plan));
    out_.put('{');
    write_parts_of<plan, Part::kNone>(record);
    out_.back() = '}';  // no record is without its time
    out_.put('\n');
  }

 private:
  template <const Plan& plan, std::size_t part>
  class Value;

  template <const Plan& plan, std::size_t parent>
  void write_parts_of(const Record& record) {
    [&]<std::size_t... part>(std::index_sequence<part...>) { (write_part_of<plan, parent, part>(record), ...); }
    (std::make_index_sequence<plan.size>{});
  }

  template <const Plan& plan, std::size_t parent, std::size_t part>
  void write_part_of(const Record& record) {
    if constexpr (plan.parts[part].parent == parent) {
      switch (plan.parts[part].kind) {
        case Part::Kind::object: write_object<plan, part>(record); break;
        case Part::Kind::kept: write_kept<plan, part>(record); break;
        case Part::Kind::field: write_field<plan, part>(record); break;
      }
    }
  }

  /// An object without a member is none.
  template <const Plan& plan, std::size_t part>
  void write_object(const Record& record) {
    const std::size_t begun_at = out_.size();
    out_.end_at(put_name<plan, part>(out_.room(Name::kBytes)));
    const std::size_t opened_at = out_.size();
    write_parts_of<plan, part>(record);
    if (out_.size() == opened_at) return out_.cut(begun_at);
    out_.back() = '}';
    out_.put(',');
  }

  template <const Plan& plan, std::size_t part>
  void write_kept(const Record& record) {
    KeptTexts& texts = plan.parts[part].reads == Reads::judgement ? of_judgement_ : of_surroundings_;
    constexpr std::size_t kNumber = plan.parts[part].number;
    static_assert(kNumber < KeptTexts::kMost);
    if (const std::optional<std::string_view> text = texts.text(kNumber)) return out_.put(*text);
    const std::size_t begun_at = out_.size();
    write_parts_of<plan, part>(record);
    texts.keep(kNumber, out_.text().substr(begun_at));
  }

  template <const Plan& plan, std::size_t part>
  void write_field(const Record& record) {
    Value<plan, part> value{*this};
    value.write(record);
  }

  template <const Plan& plan, std::size_t part>
  static char* put_name(char* at) {
    static constexpr Name kName = plan.parts[part].name;
    std::memcpy(at, kName.text.data(), kName.size);
    return at + kName.size;
  }

  TextBuffer& out_;
  Rfc3339& times_;
  KeptTexts& of_surroundings_;
  KeptTexts& of_judgement_;
};

/// Writes the values of one field.
template <const Plan& plan, std::size_t part>
class RecordLine::Value final : public FieldSink {
  static constexpr Field kField = kFields[plan.parts[part].field];
  static constexpr bool kIsList = kField.type == FieldType::text_list;

 public:
  explicit Value(RecordLine& line) : line_(line) {}

  void write(const Record& record) {
    constexpr bool kOfTheFact = kField.visit.kinds().overlaps(plan.kinds);
    if (kOfTheFact || record.finding) kField.visit.read(record, *this);
    if (!kIsList || empty_) return;
    line_.out_.back() = ']';
    line_.out_.put(',');
  }

  void text(std::string_view value) override {
    if (char* at = begin(json_string_bytes(value))) end_at(put_json_string(at, value));
  }

  void word(std::string_view value) override {
    if (char* at = begin(value.size())) end_at(put_json_word(at, value));
  }

  void number(std::int64_t value) override {
    if (char* at = begin(kLongestNumber)) end_at(put_number(at, value));
  }

  void boolean(bool value) override {
    constexpr std::string_view kTrue = "true", kFalse = "false";
    char* at = begin(kFalse.size());
    if (!at) return;
    std::memcpy(at, value ? "true\0" : "false", kFalse.size());
    end_at(at + (value ? kTrue : kFalse).size());
  }

  void address(const IpAddress& value) override {
    char* at = begin(kLongestIpText);
    if (!at) return;
    *at++ = '"';
    at = put_text(at, value);
    *at++ = '"';
    end_at(at);
  }

  void time(Timestamp value) override {
    char* at = begin(Rfc3339::kCharacters);
    if (!at) return;
    *at++ = '"';
    at = line_.times_.put(at, value);
    *at++ = '"';
    end_at(at);
  }

 private:
  /// Where a value of at most so many bytes is to be put. Nowhere if it is the second of a field that is no list: a
  /// mistake in the table, which must not break the line.
  char* begin(std::size_t bytes) {
    char* at = line_.out_.room(Name::kBytes + bytes + kPunctuation);
    if (!empty_) {
      assert(kIsList);
      return kIsList ? at : nullptr;
    }
    empty_ = false;
    return put_name<plan, part>(at);
  }

  void end_at(char* at) {
    *at++ = ',';
    line_.out_.end_at(at);
  }

  RecordLine& line_;
  bool empty_ = true;  ///< the field has no value so far
};

}  // namespace

void RecordWriter::append(TextBuffer& out, const Record& record) {
  const Observation& observation = record.observation;
  RecordLine line{out, times_, kept_.of_surroundings(observation), kept_.of_judgement(observation.declared)};
  const std::size_t kind = observation.event.facts.index();
  [&]<std::size_t... fact>(std::index_sequence<fact...>) {
    static_cast<void>(((kind == fact && (line.write<kPlan<fact>>(record), true)) || ...));
  }
  (std::make_index_sequence<std::variant_size_v<Facts>>{});
}

}  // namespace dcmwatch
