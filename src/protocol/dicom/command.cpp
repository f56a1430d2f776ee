#include "protocol/dicom/command.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

#include "protocol/dicom/wire_text.h"

namespace dcmwatch::dicom {
namespace {

/// What a value is written as (PS3.5 6.2).
enum class Form : std::uint8_t { text, title, uid, us, ul, tags };

constexpr bool is_long_as(Form form, std::uint32_t size) {
  switch (form) {
    case Form::text:
    case Form::title:
    case Form::uid: return size % 2 == 0;
    case Form::us: return size == 2;
    case Form::ul: return size == 4;
    case Form::tags: return size % 4 == 0;
  }
  return false;
}

// As much of a value as is looked at: of those that are looked at whole, a UID is the longest.
constexpr std::size_t kLongestValue = 128;
// LT, of elements that are retired, is the longest that any has (PS3.7 E.2).
constexpr std::uint32_t kLongestElement = 10'240;

// One row an element: its number in group 0000 and where its value goes.
struct Element {
  std::uint16_t number;
  Form form;
  void (*read)(ByteView value, std::uint32_t length, Command& command);
};

// Of several the first, as everybody reads them.
std::uint16_t us(ByteView value) { return ByteReader{value}.u16_le(); }

// Most name a SOP class of the registry, which is seen at once.
bool is_uid(std::string_view text) { return dicom_uid_place(text) != 0 || is_legal_uid(as_bytes(text)); }

std::uint16_t count_of_tags(std::uint32_t length) {
  return static_cast<std::uint16_t>(std::min<std::uint32_t>(length / 4, std::numeric_limits<std::uint16_t>::max()));
}

// PS3.7 E.1. What it has besides, and what is retired (E.2), is passed over.
constexpr auto kElements = std::to_array<Element>({
    {0x0000, Form::ul, [](ByteView, std::uint32_t, Command&) {}},
    {0x0002, Form::uid, [](ByteView v, std::uint32_t, Command& c) { c.sop_class_uid = uid(v); }},
    {0x0003, Form::uid, [](ByteView v, std::uint32_t, Command& c) { c.sop_class_uid = uid(v); }},
    {0x0100, Form::us, [](ByteView v, std::uint32_t, Command& c) { c.field = us(v); }},
    {0x0110, Form::us, [](ByteView v, std::uint32_t, Command& c) { c.message_id = us(v); }},
    {0x0120, Form::us, [](ByteView v, std::uint32_t, Command& c) { c.responded_to = us(v); }},
    {0x0600, Form::title, [](ByteView v, std::uint32_t, Command& c) { c.move_destination = ae_title(v); }},
    {0x0700, Form::us, [](ByteView v, std::uint32_t, Command& c) { c.priority = us(v); }},
    {0x0800, Form::us, [](ByteView v, std::uint32_t, Command& c) { c.data_set_type = us(v); }},
    {0x0900, Form::us, [](ByteView v, std::uint32_t, Command& c) { c.status = us(v); }},
    {0x0901, Form::tags,
     [](ByteView, std::uint32_t length, Command& c) { c.offending_elements = count_of_tags(length); }},
    {0x0902, Form::text, [](ByteView v, std::uint32_t, Command& c) { c.error_comment = !trimmed(v).empty(); }},
    {0x0903, Form::us, [](ByteView v, std::uint32_t, Command& c) { c.error_id = us(v); }},
    {0x1000, Form::uid, [](ByteView v, std::uint32_t, Command& c) { c.instance_uid = trimmed(v); }},
    {0x1001, Form::uid, [](ByteView v, std::uint32_t, Command& c) { c.instance_uid = trimmed(v); }},
    {0x1002, Form::us, [](ByteView v, std::uint32_t, Command& c) { c.event_type = us(v); }},
    {0x1005, Form::tags,
     [](ByteView, std::uint32_t length, Command& c) { c.attribute_identifiers = count_of_tags(length); }},
    {0x1008, Form::us, [](ByteView v, std::uint32_t, Command& c) { c.action_type = us(v); }},
    {0x1020, Form::us, [](ByteView v, std::uint32_t, Command& c) { c.sub_operations.remaining = us(v); }},
    {0x1021, Form::us, [](ByteView v, std::uint32_t, Command& c) { c.sub_operations.completed = us(v); }},
    {0x1022, Form::us, [](ByteView v, std::uint32_t, Command& c) { c.sub_operations.failed = us(v); }},
    {0x1023, Form::us, [](ByteView v, std::uint32_t, Command& c) { c.sub_operations.warning = us(v); }},
    {0x1030, Form::title, [](ByteView v, std::uint32_t, Command& c) { c.originator_ae = ae_title(v); }},
    {0x1031, Form::us, [](ByteView v, std::uint32_t, Command& c) { c.originator_message_id = us(v); }},
});

static_assert(std::ranges::is_sorted(kElements, {}, &Element::number));
constexpr std::size_t kNoRow = kElements.size();

/// Rows of kElements, a bit each.
using Elements = std::uint32_t;
static_assert(kElements.size() <= std::numeric_limits<Elements>::digits);

/// For each row that has a bit.
template <typename Visit>
void for_each_row(Elements rows, Visit visit) {
  for (; rows != 0; rows &= rows - 1) visit(static_cast<std::size_t>(std::countr_zero(rows)));
}

constexpr Elements bit_of(std::size_t row) { return Elements{1} << row; }

// PS3.7 6.3: elements come in ascending order, so the row is mostly not far behind the one before it.
constexpr std::size_t row_of(std::uint16_t number, std::size_t before = 0) {
  std::size_t row = kElements[before].number > number ? 0 : before;
  while (row != kNoRow && kElements[row].number < number) ++row;
  return row != kNoRow && kElements[row].number == number ? row : kNoRow;
}

constexpr std::size_t kGroupLength = row_of(0x0000), kAffectedSopClass = row_of(0x0002),
                      kRequestedSopClass = row_of(0x0003), kMoveDestination = row_of(0x0600),
                      kAffectedInstance = row_of(0x1000), kRequestedInstance = row_of(0x1001);

constexpr Elements elements(std::initializer_list<std::uint16_t> numbers) {
  Elements bits = 0;
  for (const std::uint16_t number : numbers) bits |= bit_of(row_of(number));
  return bits;
}

enum class DataSetRule : std::uint8_t { never, always, maybe, while_pending };

struct CommandRule {
  std::uint16_t field;
  Elements required;
  DataSetRule data_set;
};

constexpr std::uint16_t response_to(std::uint16_t field) {
  return static_cast<std::uint16_t>(field | dimse::kResponseBit);
}

constexpr Elements kResponse = elements({0x0120, 0x0800, 0x0900});

// PS3.7 9.3 and 10.3: what is mandatory in the messages of each kind. Of a C-MOVE's destination see below.
constexpr auto kCommandRules = std::to_array<CommandRule>({
    {dimse::kStore, elements({0x0002, 0x0110, 0x0700, 0x0800, 0x1000}), DataSetRule::always},
    {response_to(dimse::kStore), kResponse, DataSetRule::never},
    {dimse::kFind, elements({0x0002, 0x0110, 0x0700, 0x0800}), DataSetRule::always},
    {response_to(dimse::kFind), kResponse, DataSetRule::while_pending},
    {dimse::kEcho, elements({0x0002, 0x0110, 0x0800}), DataSetRule::never},
    {response_to(dimse::kEcho), kResponse, DataSetRule::never},
    {dimse::kMove, elements({0x0002, 0x0110, 0x0700, 0x0800}), DataSetRule::always},
    {response_to(dimse::kMove), kResponse, DataSetRule::maybe},
    {dimse::kGet, elements({0x0002, 0x0110, 0x0700, 0x0800}), DataSetRule::always},
    {response_to(dimse::kGet), kResponse, DataSetRule::maybe},
    {dimse::kCancel, elements({0x0120, 0x0800}), DataSetRule::never},
    {dimse::kEventReport, elements({0x0002, 0x0110, 0x0800, 0x1000, 0x1002}), DataSetRule::maybe},
    {response_to(dimse::kEventReport), kResponse, DataSetRule::maybe},
    {dimse::kNGet, elements({0x0003, 0x0110, 0x0800, 0x1001}), DataSetRule::never},
    {response_to(dimse::kNGet), kResponse, DataSetRule::maybe},
    {dimse::kSet, elements({0x0003, 0x0110, 0x0800, 0x1001}), DataSetRule::always},
    {response_to(dimse::kSet), kResponse, DataSetRule::maybe},
    {dimse::kAction, elements({0x0003, 0x0110, 0x0800, 0x1001, 0x1008}), DataSetRule::maybe},
    {response_to(dimse::kAction), kResponse, DataSetRule::maybe},
    {dimse::kCreate, elements({0x0002, 0x0110, 0x0800}), DataSetRule::maybe},
    {response_to(dimse::kCreate), kResponse, DataSetRule::maybe},
    {dimse::kDelete, elements({0x0003, 0x0110, 0x0800, 0x1001}), DataSetRule::never},
    {response_to(dimse::kDelete), kResponse, DataSetRule::never},
});

bool keeps(DataSetRule rule, const Command& command) {
  switch (rule) {
    case DataSetRule::never: return !command.has_data_set();
    case DataSetRule::always: return command.has_data_set();
    case DataSetRule::maybe: return true;
    case DataSetRule::while_pending: {
      const auto status = static_cast<std::uint16_t>(command.status.value_or(0));
      return command.has_data_set() == (dicom_status_class(dimse::kFind, status) == StatusClass::pending);
    }
  }
  return true;
}

bool says_enough(const Command& command) {
  if (command.is_response()) return command.responded_to && command.status;
  if (command.field == dimse::kCancel) return command.responded_to.has_value();
  return command.field != 0 && command.message_id;
}

}  // namespace

void CommandReader::feed(ByteView bytes) {
  bytes_ += bytes.size();
  while (!bytes.empty()) {
    if (skip_bytes_ != 0) {
      const auto passed = static_cast<std::size_t>(std::min<std::uint64_t>(skip_bytes_, bytes.size()));
      skip_bytes_ -= passed;
      bytes = bytes.subspan(passed);
    } else {
      bytes = gathered_.empty() ? take_whole(bytes) : gather(bytes);
    }
  }
}

// A head, or what is wanted of the value, that is there in one piece, as nearly all are. Gives what is behind it.
ByteView CommandReader::take_whole(ByteView bytes) {
  if (value_bytes_ == 0) {
    if (bytes.size() < kHead) return gather(bytes);
    on_head(bytes.first(kHead));
    bytes = bytes.subspan(kHead);
  }
  const std::size_t wanted = value_bytes_;
  if (wanted == 0 || bytes.empty()) return bytes;
  if (bytes.size() < wanted) return gather(bytes);
  on_value(bytes.first(wanted));
  return bytes.subspan(wanted);
}

// Until the head, or what is wanted of the value, is there. Gives what is behind it.
ByteView CommandReader::gather(ByteView bytes) {
  const std::size_t wanted = value_bytes_ == 0 ? kHead : value_bytes_;
  const std::size_t taken = std::min(bytes.size(), wanted - gathered_.size());
  gathered_.insert(gathered_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
  if (gathered_.size() == wanted) {
    value_bytes_ == 0 ? on_head(gathered_) : on_value(gathered_);
    keep();
    gathered_.clear();
  }
  return bytes.subspan(taken);
}

void CommandReader::on_head(ByteView head) {
  ByteReader reader{head};
  const std::uint16_t group = reader.u16_le();
  const std::uint16_t number = reader.u16_le();
  length_ = reader.u32_le();
  if (length_ > kLongestElement) defects_.add(CommandDefect::length);
  if (group != 0) {
    defects_.add(CommandDefect::group);
    skip_bytes_ = length_;
    return;
  }
  if (any_ && number <= latest_) defects_.add(CommandDefect::order);
  if (any_) group_bytes_ += kHead + std::uint64_t{length_};
  any_ = true;
  latest_ = number;
  const std::size_t row = row_of(number, row_);
  if (row == kNoRow) {
    skip_bytes_ = length_;
    return;
  }
  row_ = static_cast<std::uint8_t>(row);
  value_bytes_ = static_cast<std::uint16_t>(std::min<std::size_t>(length_, kLongestValue));
  if (length_ == 0) on_value({});
}

void CommandReader::on_value(ByteView head) {
  Value& value = values_[row_];
  const Elements bit = bit_of(row_);
  if ((came_ & bit) != 0 && (value.length != length_ || !std::ranges::equal(value.head, head)))
    defects_.add(CommandDefect::contradiction);
  if (!has_value(row_)) value = {head, length_};
  came_ |= bit;
  if (length_ != 0) valued_ |= bit;
  skip_bytes_ = length_ - value_bytes_;
  value_bytes_ = 0;
}

void CommandReader::keep() {
  std::size_t size = 0;
  for_each_row(valued_, [&](std::size_t row) { size += values_[row].head.size(); });
  std::vector<std::uint8_t> kept;
  kept.reserve(size);
  for_each_row(came_, [&](std::size_t row) {
    ByteView& head = values_[row].head;
    kept.insert(kept.end(), head.begin(), head.end());
    head = ByteView{kept}.last(head.size());
  });
  kept_ = std::move(kept);
}

void CommandReader::pass(std::uint64_t bytes) {
  bytes_ += bytes;
  skip_bytes_ -= bytes;
}

DecodedCommand CommandReader::end() {
  static_assert(kElements.size() == kMostElements);
  if (value_bytes_ != 0 || skip_bytes_ != 0 || !gathered_.empty()) defects_.add(CommandDefect::truncated);
  if (contradict(kAffectedSopClass, kRequestedSopClass) || contradict(kAffectedInstance, kRequestedInstance))
    defects_.add(CommandDefect::contradiction);
  DecodedCommand decoded;
  read_values(decoded.command);
  decoded.usable = says_enough(decoded.command);
  // Where elements could not be read, what is missing is their consequence.
  if (!defects_.has(CommandDefect::truncated) && !defects_.has(CommandDefect::length)) judge(decoded.command);
  decoded.defects = defects_;
  return decoded;
}

void CommandReader::read_values(Command& command) {
  for_each_row(valued_, [&](std::size_t row) {
    const auto& [head, length] = values_[row];
    const Form form = kElements[row].form;
    if (!is_long_as(form, length)) {
      defects_.add(CommandDefect::length);
      if (form == Form::us && length < sizeof(std::uint16_t)) return;
    }
    if (form == Form::uid) {
      if (!is_uid(trimmed(head))) defects_.add(CommandDefect::uid);
    } else if (form == Form::title && !is_legal_ae_title(head)) {
      // A destination of spaces is none, which is told as such.
      if (row != kMoveDestination || !trimmed(head).empty()) defects_.add(CommandDefect::ae_title);
    }
    kElements[row].read(head, length, command);
  });
}

bool CommandReader::contradict(std::size_t row, std::size_t other) const {
  return has_value(row) && has_value(other) && !std::ranges::equal(values_[row].head, values_[other].head);
}

void CommandReader::judge(const Command& command) {
  const Value& group_length = values_[kGroupLength];
  if (!has_value(kGroupLength) || group_length.length != sizeof(std::uint32_t) ||
      ByteReader{group_length.head}.u32_le() != group_bytes_)
    defects_.add(CommandDefect::group_length);
  const auto* rule = std::ranges::find(kCommandRules, command.field, &CommandRule::field);
  if (rule == kCommandRules.end()) {
    defects_.add(command.field == 0 ? CommandDefect::incomplete : CommandDefect::unknown);
    return;
  }
  if ((rule->required & ~valued_) != 0) defects_.add(CommandDefect::incomplete);
  if (command.field == dimse::kMove && command.move_destination.empty()) defects_.add(CommandDefect::move_destination);
  if (command.data_set_type && !keeps(rule->data_set, command)) defects_.add(CommandDefect::data_set_type);
}

DecodedCommand decode_command(ByteView bytes) {
  CommandReader reader;
  reader.feed(bytes);
  return reader.end();
}

}  // namespace dcmwatch::dicom
