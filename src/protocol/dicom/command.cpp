#include "protocol/dicom/command.h"

#include <algorithm>
#include <array>

#include "protocol/dicom/wire_text.h"

namespace dcmwatch::dicom {
namespace {

using Defect = std::optional<CommandDefect>;

// One row an element: its number in group 0000 and where its value goes.
struct Element {
  std::uint16_t number;
  void (*read)(ByteView value, Command& command);
  std::size_t width = 0;  ///< 2 for US; 0 for text
};

std::uint16_t us(ByteView value) { return ByteReader{value}.u16_le(); }

constexpr auto kElements = std::to_array<Element>({
    {0x0002, [](ByteView v, Command& c) { c.sop_class_uid = uid(v); }},
    {0x0003, [](ByteView v, Command& c) { c.sop_class_uid = uid(v); }},
    {0x0100, [](ByteView v, Command& c) { c.field = us(v); }, 2},
    {0x0110, [](ByteView v, Command& c) { c.message_id = us(v); }, 2},
    {0x0120, [](ByteView v, Command& c) { c.responded_to = us(v); }, 2},
    {0x0600, [](ByteView v, Command& c) { c.move_destination = ae_title(v); }},
    {0x0800, [](ByteView v, Command& c) { c.data_set_type = us(v); }, 2},
    {0x0900, [](ByteView v, Command& c) { c.status = us(v); }, 2},
    {0x1000, [](ByteView v, Command& c) { c.instance_uid = trimmed(v); }},
    {0x1001, [](ByteView v, Command& c) { c.instance_uid = trimmed(v); }},
    {0x1020, [](ByteView v, Command& c) { c.sub_operations.remaining = us(v); }, 2},
    {0x1021, [](ByteView v, Command& c) { c.sub_operations.completed = us(v); }, 2},
    {0x1022, [](ByteView v, Command& c) { c.sub_operations.failed = us(v); }, 2},
    {0x1023, [](ByteView v, Command& c) { c.sub_operations.warning = us(v); }, 2},
    {0x1030, [](ByteView v, Command& c) { c.originator_ae = ae_title(v); }},
    {0x1031, [](ByteView v, Command& c) { c.originator_message_id = us(v); }, 2},
});

static_assert(std::ranges::is_sorted(kElements, {}, &Element::number));

// PS3.7 6.3.1: elements come in ascending order, so the row is mostly not far behind `from`, the one before it.
const Element* row_of(std::uint16_t number, const Element* from) {
  if (from->number > number) from = kElements.data();
  while (from != kElements.data() + kElements.size() && from->number < number) ++from;
  return from;
}

Defect read_element(ByteReader& reader, const Element*& row, Command& command) {
  const std::uint16_t group = reader.u16_le();
  const std::uint16_t number = reader.u16_le();
  const std::uint32_t length = reader.u32_le();
  const ByteView value = reader.take(length);
  if (group != 0) return CommandDefect::group;
  if (reader.failed()) return CommandDefect::truncated;
  const Element* const element = row_of(number, row);
  if (element == kElements.data() + kElements.size() || element->number != number || value.empty()) return std::nullopt;
  row = element;
  if (element->width != 0 && element->width != value.size()) return CommandDefect::length;
  element->read(value, command);
  return std::nullopt;
}

bool says_enough(const Command& command) {
  if (command.is_response()) return command.responded_to && command.status;
  if (command.field == dimse::kCancel) return command.responded_to.has_value();
  return command.field != 0 && command.message_id;
}

}  // namespace

DecodedCommand decode_command(ByteView bytes) {
  DecodedCommand decoded;
  ByteReader reader{bytes};
  const Element* row = kElements.data();
  while (!reader.at_end() && !decoded.defect) decoded.defect = read_element(reader, row, decoded.command);
  decoded.usable = says_enough(decoded.command);
  if (!decoded.defect && (!decoded.usable || !decoded.command.data_set_type))
    decoded.defect = CommandDefect::incomplete;
  return decoded;
}

}  // namespace dcmwatch::dicom
