#include "records.h"

#include <algorithm>
#include <utility>

#include "event/fields.h"
#include "whole_pipeline.h"

namespace dcmwatch::metamorphic {
namespace {

const Pseudonymizer kPseudonymizer{"a key for tests only"};

// Reads every field of the table into text.
class Reader final : public RecordSink, private FieldSink {
 public:
  Reader(const Frames& frames, const std::function<IpAddress(const IpAddress&)>& address)
      : frames_(frames), address_(address) {}

  void observe(const Observation& observation) override { read(Record{observation}); }
  void observe(const Finding& finding) override { read(Record{finding.example, &finding}); }

  Records take() {
    name_conversations();
    return std::move(records_);
  }

 private:
  static constexpr std::string_view kPacketNumbers[] = {"packet.first", "packet.last", "link.cause_packet",
                                                        "link.effect_packet"};

  void read(const Record& record) {
    Fields& read = records_.emplace_back();
    for (const Field& field : fields()) {
      value_.clear();
      field.visit(record, *this);
      if (value_.empty()) continue;
      if (std::ranges::find(kPacketNumbers, field.path) != std::end(kPacketNumbers)) value_ = real_packet(value_);
      read.emplace(field.path, value_);
    }
  }

  std::string real_packet(const std::string& number) const {
    const std::size_t index = std::stoull(number);
    return index < frames_.size() ? std::to_string(frames_[index].original) : number;
  }

  void name_conversations() {
    std::map<std::string, std::string> names;              // by number
    std::map<std::string, unsigned, std::less<>> between;  // conversations between two ends so far
    for (Fields& record : records_) {
      const auto id = record.find("conversation.id");
      if (id == record.end() || names.contains(id->second)) continue;
      std::array<std::string, 2> ends;
      const std::array<std::string_view, 2> sides{"source", "destination"};
      for (std::size_t side = 0; side < 2; ++side) ends[side] = fmt_end(record, std::string{sides[side]});
      std::sort(ends.begin(), ends.end());
      const std::string name = std::string{value_of(record, "network.transport")} + " " + ends[0] + " " + ends[1];
      names[id->second] = name + " #" + std::to_string(++between[name]);
    }
    for (Fields& record : records_) {
      for (const char* path : {"conversation.id", "link.cause", "link.effect"}) {
        const auto id = record.find(path);
        if (id != record.end() && names.contains(id->second)) id->second = names[id->second];
      }
    }
  }
  static std::string fmt_end(const Fields& record, const std::string& side) {
    return std::string{value_of(record, side + ".ip")} + ":" + std::string{value_of(record, side + ".port")};
  }

  void add(std::string_view value) {
    if (!value_.empty()) value_ += ", ";
    value_ += value;
  }
  void text(std::string_view value) override { add(value); }
  void number(std::int64_t value) override { add(std::to_string(value)); }
  void boolean(bool value) override { add(value ? "true" : "false"); }
  void address(const IpAddress& value) override { add(to_text(address_ ? address_(value) : value)); }
  void time(Timestamp value) override { add(to_rfc3339(value)); }

  const Frames& frames_;
  const std::function<IpAddress(const IpAddress&)>& address_;
  Records records_;
  std::string value_;
};

struct Group {
  std::string kind;
  std::string conversation;
  auto operator<=>(const Group&) const = default;
};

std::map<Group, std::vector<const Fields*>> grouped(const Records& records) {
  std::map<Group, std::vector<const Fields*>> groups;
  for (const Fields& record : records)
    groups[{kind_of(record), std::string{conversation_of(record)}}].push_back(&record);
  return groups;
}

class Comparison {
 public:
  explicit Comparison(const MayDiffer& may_differ) : may_differ_(may_differ) {}

  void compare(const Group& group, const std::vector<const Fields*>& real,
               const std::vector<const Fields*>& transformed) {
    if (allowed(group.kind + "/*")) return;
    if (real.size() != transformed.size())
      add(group, "*", std::to_string(real.size()) + " records became " + std::to_string(transformed.size()));
    for (std::size_t i = 0; i < std::min(real.size(), transformed.size()); ++i)
      compare(group, *real[i], *transformed[i]);
  }

  std::vector<Difference> take() { return std::move(found_); }

 private:
  void compare(const Group& group, const Fields& real, const Fields& transformed) {
    for (const auto& [path, value] : real) look(group, path, value, value_of(transformed, path));
    for (const auto& [path, value] : transformed)
      if (!real.contains(path)) look(group, path, "", value);
  }
  void look(const Group& group, const std::string& path, std::string_view before, std::string_view after) {
    if (before == after || allowed(path) || allowed(group.kind + "/" + path)) return;
    add(group, path, path + " was '" + std::string{before} + "', is '" + std::string{after} + "'");
  }
  void add(const Group& group, const std::string& path, const std::string& what) {
    found_.push_back({group.kind + "/" + path, group.kind + " of " + group.conversation + ": " + what});
  }
  [[nodiscard]] bool allowed(std::string_view entry) const {
    return std::find(may_differ_.begin(), may_differ_.end(), entry) != may_differ_.end();
  }

  const MayDiffer& may_differ_;
  std::vector<Difference> found_;
};

}  // namespace

std::string_view value_of(const Fields& record, std::string_view path) {
  const auto found = record.find(path);
  return found == record.end() ? std::string_view{} : found->second;
}

std::string kind_of(const Fields& record) {
  const std::string_view note = value_of(record, "capture.note"), phase = value_of(record, "event.phase");
  if (!note.empty()) return std::string{note};
  std::string kind{value_of(record, "event.dataset")};
  if (phase != "end") kind += " " + std::string{phase};
  // Each side breaks rules in its own order.
  if (kind == "violation") kind += " by " + std::string{value_of(record, "violation.by")};
  return kind;
}

std::string_view conversation_of(const Fields& record) { return value_of(record, "conversation.id"); }

Records records_of(const Frames& frames, unsigned shards, const std::function<IpAddress(const IpAddress&)>& address) {
  Reader reader{frames, address};
  FrameSource source{frames};
  replay_through(source, {.protocol = {.limits = {}, .pseudonymizer = &kPseudonymizer}, .shards = shards}, {&reader});
  return reader.take();
}

std::vector<Difference> differences(const Records& real, const Records& transformed, const MayDiffer& may_differ) {
  auto before = grouped(real), after = grouped(transformed);
  for (const auto& [group, records] : after) before.try_emplace(group);
  Comparison comparison{may_differ};
  for (const auto& [group, records] : before) comparison.compare(group, records, after[group]);
  return comparison.take();
}

}  // namespace dcmwatch::metamorphic
