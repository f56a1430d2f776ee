#include "output/record_writer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>

#include "output/json_text.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kRoot = 0;

std::string quoted(std::string_view name, std::string_view after) {
  std::string text;
  append_json_string(text, name);
  return text.append(after);
}

}  // namespace

/// The line being written: opens and closes objects as the fields that are present ask for it.
class RecordLine final : public FieldSink {
 public:
  RecordLine(std::string& out, const std::vector<RecordWriter::Object>& objects) : out_(out), objects_(objects) {
    out_.push_back('{');
  }

  void write(const RecordWriter::Member& member, const Record& record) {
    member_ = &member;
    values_ = 0;
    member.field->visit(record, *this);
    if (values_ != 0 && is_list()) out_.push_back(']');
  }

  void finish() {
    move_to(kRoot);
    out_ += "}\n";
  }

  void text(std::string_view value) override {
    if (begin_value()) append_json_string(out_, value);
  }

  void number(std::int64_t value) override {
    if (!begin_value()) return;
    std::array<char, 20> digits{};  // -9223372036854775808
    out_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
  }

  void boolean(bool value) override {
    if (begin_value()) out_ += value ? "true" : "false";
  }

  void address(const IpAddress& value) override {
    if (!begin_value()) return;
    out_.push_back('"');
    append_text(out_, value);
    out_.push_back('"');
  }

  void time(Timestamp value) override {
    if (!begin_value()) return;
    out_.push_back('"');
    append_rfc3339(out_, value);
    out_.push_back('"');
  }

 private:
  [[nodiscard]] bool is_list() const { return member_->field->type == FieldType::text_list; }

  /// False for the second value of a field that is no list: a mistake in the table, which must not break the line.
  bool begin_value() {
    if (values_++ == 0) {
      move_to(member_->object);
      separate();
      out_ += member_->key;
      if (is_list()) out_.push_back('[');
      return true;
    }
    assert(is_list());
    if (is_list()) out_.push_back(',');
    return is_list();
  }

  void separate() {
    if (out_.back() != '{') out_.push_back(',');
  }

  void move_to(std::size_t object) {
    while (!encloses(current_, object)) {
      out_.push_back('}');
      current_ = objects_[current_].parent;
    }
    open(object);
  }

  void open(std::size_t object) {
    if (object == current_) return;
    open(objects_[object].parent);
    separate();
    out_ += objects_[object].opening;
    current_ = object;
  }

  [[nodiscard]] bool encloses(std::size_t outer, std::size_t inner) const {
    while (objects_[inner].depth > objects_[outer].depth) inner = objects_[inner].parent;
    return inner == outer;
  }

  std::string& out_;
  const std::vector<RecordWriter::Object>& objects_;
  const RecordWriter::Member* member_ = nullptr;
  std::size_t current_ = kRoot;
  std::size_t values_ = 0;
};

RecordWriter::RecordWriter() : objects_{{kRoot, 0, {}}} {
  for (const Field& field : fields()) {
    const std::size_t dot = field.path.rfind('.');
    const bool at_root = dot == std::string_view::npos;
    const std::size_t object = at_root ? kRoot : object_of(field.path.substr(0, dot));
    members_.push_back({&field, object, quoted(field.path.substr(at_root ? 0 : dot + 1), ":")});
  }
}

std::size_t RecordWriter::object_of(std::string_view path) {
  std::size_t object = kRoot;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string opening = quoted(path.substr(0, dot), ":{");
    const auto known = std::ranges::find_if(
        objects_, [&](const Object& other) { return other.parent == object && other.opening == opening; });
    const auto index = static_cast<std::size_t>(known - objects_.begin());
    if (known == objects_.end()) objects_.push_back({object, objects_[object].depth + 1, opening});
    object = index;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return object;
}

void RecordWriter::append(std::string& out, const Record& record) const {
  RecordLine line{out, objects_};
  for (const Member& member : members_) line.write(member, record);
  line.finish();
}

}  // namespace dcmwatch
