#include "output/record_writer.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstring>

#include "output/json_text.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kDeepest = 8;
constexpr std::size_t kLongestNumber = 20;  // -9223372036854775808
constexpr std::size_t kPunctuation = 4;     // two quotation marks, or what opens or closes a list, and the comma

std::vector<std::string_view> objects_of(std::string_view path) {
  std::vector<std::string_view> objects;
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    objects.push_back(path.substr(0, dot));
    path.remove_prefix(dot + 1);
  }
  return objects;
}

/// "source" of "source.mac"; empty of a field outside all objects.
std::string_view outermost_object(std::string_view path) {
  const std::size_t dot = path.find('.');
  return dot == std::string_view::npos ? std::string_view{} : path.substr(0, dot);
}

struct OutermostObject {
  std::string_view name;
  std::vector<const Field*> fields;
};

/// The outermost objects that have fields read from this alone, with these fields, in the table's order.
std::vector<OutermostObject> objects_read_from(Reads reads) {
  std::vector<OutermostObject> objects;
  for (const Field& field : fields()) {
    if (field.visit.reads() != reads) continue;
    const std::string_view name = outermost_object(field.path);
    if (objects.empty() || objects.back().name != name) objects.push_back({name, {}});
    objects.back().fields.push_back(&field);
  }
  assert(objects.size() <= KeptTexts::kMost);
  return objects;
}

}  // namespace

/// The line being written. A comma follows every value; the end of what holds it takes the last one's place.
class RecordLine final : public FieldSink {
 public:
  RecordLine(TextBuffer& out, Rfc3339& times, KeptTexts& of_surroundings, KeptTexts& of_judgement)
      : out_(out), times_(times), of_surroundings_(of_surroundings), of_judgement_(of_judgement) {}

  void write(const RecordWriter::Plan& plan, const Record& record) {
    out_.put('{');
    for (auto step = plan.begin(); step != plan.end(); ++step) {
      switch (step->kind) {
        case RecordWriter::Step::Kind::open:
          if (put_kept(*step)) {
            step += step->steps_to_close;
          } else {
            open(*step);
          }
          break;
        case RecordWriter::Step::Kind::field: write(*step, record); break;
        case RecordWriter::Step::Kind::close: close(*step); break;
      }
    }
    out_.back() = '}';  // no record is without its time
    out_.put('\n');
  }

  void text(std::string_view value) override {
    if (char* at = begin_value(json_string_bytes(value))) end_value(put_json_string(at, value));
  }

  void number(std::int64_t value) override {
    if (char* at = begin_value(kLongestNumber)) end_value(std::to_chars(at, at + kLongestNumber, value).ptr);
  }

  void boolean(bool value) override {
    constexpr std::string_view kTrue = "true", kFalse = "false";
    char* at = begin_value(kFalse.size());
    if (!at) return;
    std::memcpy(at, value ? "true\0" : "false", kFalse.size());
    end_value(at + (value ? kTrue : kFalse).size());
  }

  void address(const IpAddress& value) override {
    char* at = begin_value(kLongestIpText);
    if (!at) return;
    *at++ = '"';
    at = put_text(at, value);
    *at++ = '"';
    end_value(at);
  }

  void time(Timestamp value) override {
    char* at = begin_value(Rfc3339::kCharacters);
    if (!at) return;
    *at++ = '"';
    at = times_.put(at, value);
    *at++ = '"';
    end_value(at);
  }

 private:
  static char* put(char* at, const RecordWriter::Name& name) {
    std::memcpy(at, name.text.data(), name.text.size());  // as a whole: of a fixed length it takes no call
    return at + name.size;
  }

  KeptTexts& kept(const RecordWriter::Step& step) {
    return step.reads == Reads::judgement ? of_judgement_ : of_surroundings_;
  }

  bool put_kept(const RecordWriter::Step& step) {
    if (step.reads == Reads::the_record) return false;
    const std::string_view object = kept(step).object(step.number);
    out_.put(object);
    return !object.empty();
  }

  void open(const RecordWriter::Step& step) {
    begun_at_[step.depth] = out_.size();
    out_.end_at(put(out_.room(step.name.kBytes), step.name));
    opened_at_[step.depth] = out_.size();
  }

  /// An object without a member is none.
  void close(const RecordWriter::Step& step) {
    if (out_.size() == opened_at_[step.depth]) {
      out_.cut(begun_at_[step.depth]);
    } else {
      out_.back() = '}';
      out_.put(',');
      if (step.reads != Reads::the_record) kept(step).keep(step.number, out_.text().substr(begun_at_[step.depth]));
    }
  }

  void write(const RecordWriter::Step& step, const Record& record) {
    step_ = &step;
    is_list_ = step.field->type == FieldType::text_list;
    empty_ = true;
    step.field->visit.read(record, *this);
    if (is_list_ && !empty_) {
      out_.back() = ']';
      out_.put(',');
    }
  }

  /// Where a value of at most so many bytes is to be put. Nowhere if it is the second of a field that is no list: a
  /// mistake in the table, which must not break the line.
  char* begin_value(std::size_t bytes) {
    char* at = out_.room(RecordWriter::Name::kBytes + bytes + kPunctuation);
    if (!empty_) {
      assert(is_list_);
      return is_list_ ? at : nullptr;
    }
    empty_ = false;
    at = put(at, step_->name);
    if (is_list_) *at++ = '[';
    return at;
  }

  void end_value(char* at) {
    *at++ = ',';
    out_.end_at(at);
  }

  TextBuffer& out_;
  Rfc3339& times_;
  KeptTexts& of_surroundings_;
  KeptTexts& of_judgement_;
  const RecordWriter::Step* step_ = nullptr;
  bool is_list_ = false;
  bool empty_ = true;  ///< the field has no value so far
  std::array<std::size_t, kDeepest> begun_at_{};
  std::array<std::size_t, kDeepest> opened_at_{};
};

RecordWriter::RecordWriter() {
  constexpr std::size_t kFacts = std::variant_size_v<Facts>;
  for (std::size_t fact = 0; fact < kFacts; ++fact) {
    plans_[fact] = plan_for(RecordKinds::of_fact(fact));
    plans_[kFacts + fact] = plan_for(RecordKinds::of_fact(fact) | RecordKinds::findings());
  }
}

RecordWriter::Name RecordWriter::name_of(std::string_view name, std::string_view after) {
  Name result;
  assert(name.size() + 2 + after.size() <= result.text.size());
  char* at = result.text.data();
  *at++ = '"';
  at = std::ranges::copy(name, at).out;
  *at++ = '"';
  at = std::ranges::copy(after, at).out;
  result.size = static_cast<std::size_t>(at - result.text.data());
  return result;
}

RecordWriter::Plan RecordWriter::plan_for(RecordKinds kinds) {
  Plan plan;
  std::vector<std::string_view> open;
  const auto move_to = [&](const std::vector<std::string_view>& objects) {
    const auto common = static_cast<std::size_t>(std::ranges::mismatch(open, objects).in1 - open.begin());
    while (open.size() > common) {
      open.pop_back();
      plan.push_back({.kind = Step::Kind::close, .depth = static_cast<std::uint8_t>(open.size())});
    }
    while (open.size() < objects.size()) {
      assert(open.size() < kDeepest);
      const std::string_view name = objects[open.size()];
      plan.push_back(
          {.kind = Step::Kind::open, .depth = static_cast<std::uint8_t>(open.size()), .name = name_of(name, ":{")});
      open.push_back(name);
    }
  };
  for (const Field& field : fields()) {
    if (!field.visit.kinds().overlaps(kinds)) continue;
    move_to(objects_of(field.path));
    const std::string_view name = field.path.substr(field.path.rfind('.') + 1);
    plan.push_back({.kind = Step::Kind::field, .field = &field, .name = name_of(name, ":")});
  }
  move_to({});
  mark_kept(plan, Reads::surroundings);
  mark_kept(plan, Reads::judgement);
  return plan;
}

/// An object is kept whose fields are read from the surroundings alone, or from the judgement, and are all that are: a
/// kind of record that has some of them only would write another object.
void RecordWriter::mark_kept(Plan& plan, Reads reads) {
  const auto objects = objects_read_from(reads);
  for (std::size_t number = 0; number < objects.size(); ++number) {
    std::vector<const Field*> written;
    std::size_t last = 0;
    for (std::size_t i = 0; i < plan.size(); ++i) {
      if (!plan[i].field || outermost_object(plan[i].field->path) != objects[number].name) continue;
      written.push_back(plan[i].field);
      last = i;
    }
    if (written != objects[number].fields) continue;
    const auto is_outermost = [](const Step& step) { return step.kind != Step::Kind::field && step.depth == 0; };
    const auto close = std::find_if(plan.begin() + static_cast<std::ptrdiff_t>(last), plan.end(), is_outermost);
    const auto open = std::find_if(std::make_reverse_iterator(close), plan.rend(), is_outermost);
    open->reads = close->reads = reads;
    open->number = close->number = static_cast<std::uint8_t>(number);
    open->steps_to_close = static_cast<std::uint8_t>(&*close - &*open);
  }
}

void RecordWriter::append(TextBuffer& out, const Record& record) {
  const std::size_t fact = record.observation.event.facts.index();
  const Observation& observation = record.observation;
  RecordLine line{out, times_, kept_.of_surroundings(observation), kept_.of_judgement(observation.declared)};
  line.write(plans_[record.finding ? std::variant_size_v<Facts> + fact : fact], record);
}

}  // namespace dcmwatch
