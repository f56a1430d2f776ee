#include "protocol/dicom/command.h"

#include <algorithm>
#include <array>
#include <limits>

#include "protocol/dicom/wire_text.h"

namespace dcmwatch::dicom {
namespace {

/// What a value is written as (PS3.5 6.2).
enum class Form : std::uint8_t { text, uid, us, ul, tags };

constexpr bool is_long_as(Form form, std::size_t size) {
  switch (form) {
    case Form::text:
    case Form::uid: return size % 2 == 0;
    case Form::us: return size == 2;
    case Form::ul: return size == 4;
    case Form::tags: return size % 4 == 0;
  }
  return false;
}

constexpr bool is_text(Form form) { return form == Form::text || form == Form::uid; }

// One row an element: its number in group 0000 and where its value goes.
struct Element {
  std::uint16_t number;
  Form form;
  void (*read)(ByteView value, Command& command);
};

std::uint16_t us(ByteView value) { return ByteReader{value}.u16_le(); }

std::uint16_t count_of_tags(ByteView value) {
  return static_cast<std::uint16_t>(std::min<std::size_t>(value.size() / 4, std::numeric_limits<std::uint16_t>::max()));
}

// PS3.7 E.1. What it has besides, and what is retired (E.2), is passed over.
constexpr auto kElements = std::to_array<Element>({
    {0x0000, Form::ul, [](ByteView, Command&) {}},
    {0x0002, Form::uid, [](ByteView v, Command& c) { c.sop_class_uid = uid(v); }},
    {0x0003, Form::uid, [](ByteView v, Command& c) { c.sop_class_uid = uid(v); }},
    {0x0100, Form::us, [](ByteView v, Command& c) { c.field = us(v); }},
    {0x0110, Form::us, [](ByteView v, Command& c) { c.message_id = us(v); }},
    {0x0120, Form::us, [](ByteView v, Command& c) { c.responded_to = us(v); }},
    {0x0600, Form::text, [](ByteView v, Command& c) { c.move_destination = ae_title(v); }},
    {0x0700, Form::us, [](ByteView v, Command& c) { c.priority = us(v); }},
    {0x0800, Form::us, [](ByteView v, Command& c) { c.data_set_type = us(v); }},
    {0x0900, Form::us, [](ByteView v, Command& c) { c.status = us(v); }},
    {0x0901, Form::tags, [](ByteView v, Command& c) { c.offending_elements = count_of_tags(v); }},
    {0x0902, Form::text, [](ByteView v, Command& c) { c.error_comment = !trimmed(v).empty(); }},
    {0x0903, Form::us, [](ByteView v, Command& c) { c.error_id = us(v); }},
    {0x1000, Form::uid, [](ByteView v, Command& c) { c.instance_uid = trimmed(v); }},
    {0x1001, Form::uid, [](ByteView v, Command& c) { c.instance_uid = trimmed(v); }},
    {0x1002, Form::us, [](ByteView v, Command& c) { c.event_type = us(v); }},
    {0x1005, Form::tags, [](ByteView v, Command& c) { c.attribute_identifiers = count_of_tags(v); }},
    {0x1008, Form::us, [](ByteView v, Command& c) { c.action_type = us(v); }},
    {0x1020, Form::us, [](ByteView v, Command& c) { c.sub_operations.remaining = us(v); }},
    {0x1021, Form::us, [](ByteView v, Command& c) { c.sub_operations.completed = us(v); }},
    {0x1022, Form::us, [](ByteView v, Command& c) { c.sub_operations.failed = us(v); }},
    {0x1023, Form::us, [](ByteView v, Command& c) { c.sub_operations.warning = us(v); }},
    {0x1030, Form::text, [](ByteView v, Command& c) { c.originator_ae = ae_title(v); }},
    {0x1031, Form::us, [](ByteView v, Command& c) { c.originator_message_id = us(v); }},
});

static_assert(std::ranges::is_sorted(kElements, {}, &Element::number));

/// Rows of kElements, a bit each.
using Elements = std::uint32_t;
static_assert(kElements.size() <= std::numeric_limits<Elements>::digits);

constexpr Elements bit_of(const Element* row) { return Elements{1} << (row - kElements.data()); }

constexpr Elements elements(std::initializer_list<std::uint16_t> numbers) {
  Elements bits = 0;
  for (const std::uint16_t number : numbers) bits |= bit_of(std::ranges::find(kElements, number, &Element::number));
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

/// Takes one element after the other.
class CommandReader {
 public:
  explicit CommandReader(ByteView bytes) : reader_(bytes) {}

  DecodedCommand decode() {
    while (!reader_.at_end() && read_element()) {
    }
    decoded_.usable = says_enough(decoded_.command);
    // Where elements could not be read, what is missing is their consequence.
    const CommandDefects& defects = decoded_.defects;
    const bool read = !defects.has(CommandDefect::truncated) && !defects.has(CommandDefect::group) &&
                      !defects.has(CommandDefect::length);
    if (read) judge();
    return decoded_;
  }

 private:
  bool fail(CommandDefect defect) {
    decoded_.defects.add(defect);
    return false;
  }

  // False: nothing more can be read.
  bool read_element() {
    const bool first = reader_.position() == 0;
    const std::uint16_t group = reader_.u16_le();
    const std::uint16_t number = reader_.u16_le();
    const std::uint32_t length = reader_.u32_le();
    const ByteView value = reader_.take(length);
    if (group != 0) return fail(CommandDefect::group);
    if (reader_.failed()) return fail(CommandDefect::truncated);
    if (!first && number <= latest_) decoded_.defects.add(CommandDefect::order);
    latest_ = number;
    if (first && number == 0 && value.size() == 4)
      group_length_is_right_ = ByteReader{value}.u32_le() == reader_.remaining();
    take(number, value);
    return true;
  }

  void take(std::uint16_t number, ByteView value) {
    const Element* const element = row_of(number);
    if (element == kElements.data() + kElements.size() || element->number != number || value.empty()) return;
    row_ = element;
    if (!is_long_as(element->form, value.size())) {
      decoded_.defects.add(CommandDefect::length);
      if (!is_text(element->form)) return;
    }
    if (element->form == Form::uid && !is_legal_uid(as_bytes(trimmed(value)))) decoded_.defects.add(CommandDefect::uid);
    seen_ |= bit_of(element);
    element->read(value, decoded_.command);
  }

  // PS3.7 6.3: elements come in ascending order, so the row is mostly not far behind the one before it.
  [[nodiscard]] const Element* row_of(std::uint16_t number) const {
    const Element* row = row_->number > number ? kElements.data() : row_;
    while (row != kElements.data() + kElements.size() && row->number < number) ++row;
    return row;
  }

  static bool says_enough(const Command& command) {
    if (command.is_response()) return command.responded_to && command.status;
    if (command.field == dimse::kCancel) return command.responded_to.has_value();
    return command.field != 0 && command.message_id;
  }

  void judge() {
    const Command& command = decoded_.command;
    CommandDefects& defects = decoded_.defects;
    if (!group_length_is_right_) defects.add(CommandDefect::group_length);
    const auto* rule = std::ranges::find(kCommandRules, command.field, &CommandRule::field);
    if (rule == kCommandRules.end()) {
      defects.add(command.field == 0 ? CommandDefect::incomplete : CommandDefect::unknown);
      return;
    }
    if ((rule->required & ~seen_) != 0) defects.add(CommandDefect::incomplete);
    if (command.field == dimse::kMove && command.move_destination.empty()) defects.add(CommandDefect::move_destination);
    if (command.data_set_type && !keeps(rule->data_set, command)) defects.add(CommandDefect::data_set_type);
  }

  ByteReader reader_;
  DecodedCommand decoded_;
  const Element* row_ = kElements.data();
  Elements seen_ = 0;
  std::uint16_t latest_ = 0;
  bool group_length_is_right_ = false;
};

}  // namespace

DecodedCommand decode_command(ByteView bytes) { return CommandReader{bytes}.decode(); }

}  // namespace dcmwatch::dicom
