#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "protocol/dicom/dicom.h"
#include "protocol/dicom/pdu.h"
#include "protocol/dicom/recognise.h"

namespace dcmwatch {
namespace {

using namespace dicom;

// Bounds of plausibility, far above what is sent: peers agree on 16 to 256 KiB for P-DATA, a request rarely exceeds 32
// KiB.
constexpr std::uint32_t kPlausibleDataBytes = 64 * 1024 * 1024;
constexpr std::uint32_t kPlausibleAssociationBytes = 1024 * 1024;
constexpr std::uint32_t kPlausibleNextPdv = 480;  // a command and its data set may share a PDU

constexpr std::size_t kTitles = 10;
constexpr std::size_t kTitlesEnd = 42;
constexpr std::size_t kFirstItem = kPduHeaderBytes + kAssociationFixedBytes;
constexpr std::size_t kItemHeaderBytes = 4;
constexpr int kMostUnknownItems = 16;  // more, each where the one before it ended, are no accident

// Every command set begins with (0000,0000), a group length of four bytes (PS3.7 E.1).
constexpr std::array<std::uint8_t, 8> kGroupLength{0, 0, 0, 0, 4, 0, 0, 0};

bool is_title(ByteView bytes) {
  const auto printable = [](std::uint8_t c) { return (c >= ' ' && c <= '~') || c == 0; };
  return std::ranges::all_of(bytes, printable);
}

// As much of `expected` as is here.
bool begins_with(ByteView bytes, ByteView expected) {
  const std::size_t size = std::min(bytes.size(), expected.size());
  return std::ranges::equal(bytes.first(size), expected.first(size));
}

bool is_item_of(PduType type, std::uint8_t item) {
  const std::uint8_t context = type == PduType::associate_request ? 0x20 : 0x21;
  return item == 0x10 || item == context || item == 0x50;
}

// PS3.8 9.3.1: no order of items is demanded by those who receive them, and unknown ones are passed over.
Looks looks_like_items(ByteView items, std::uint32_t length, PduType type) {
  for (int unknown = 0; unknown < kMostUnknownItems; ++unknown) {
    if (length < kItemHeaderBytes) return Looks::no;
    if (items.empty()) return Looks::need_more;
    if (is_item_of(type, items[0])) return Looks::yes;
    if (items[0] == 0) return Looks::no;  // zeros would be items without end
    if (items.size() < kItemHeaderBytes) return Looks::need_more;
    const std::uint32_t whole = std::uint32_t{kItemHeaderBytes} + ByteReader{items.subspan(2)}.u16();
    if (whole > length) return Looks::no;
    length -= whole;
    items = items.subspan(std::min<std::size_t>(whole, items.size()));
  }
  return Looks::yes;
}

// PS3.8 9.3.2 and 9.3.3: version 1 and an item that is known. What receivers do not test is not tested here: whoever
// wants to be overlooked would set it. A request for another version is one where all else looks as they commonly do:
// it is rejected in as many words.
Looks looks_like_association(ByteView bytes, PduType type, std::uint32_t length) {
  if (length < kAssociationFixedBytes || length > kPlausibleAssociationBytes) return Looks::no;
  if (bytes.size() >= 8 && (bytes[7] & 1) == 0) {
    if (type != PduType::associate_request) return Looks::no;
    const ByteView titles = bytes.first(std::min(bytes.size(), kTitlesEnd)).subspan(std::min(bytes.size(), kTitles));
    if (!is_title(titles)) return Looks::no;
    if (bytes.size() <= kFirstItem) return Looks::need_more;
    return is_item_of(type, bytes[kFirstItem]) ? Looks::yes : Looks::no;
  }
  if (bytes.size() > kFirstItem)
    return looks_like_items(bytes.subspan(kFirstItem), length - kAssociationFixedBytes, type);
  // A snap length may leave no more than the titles; they are telling enough if they are text.
  const bool titles_count = type == PduType::associate_request && bytes.size() >= kTitlesEnd;
  return titles_count && is_title(bytes.subspan(kTitles, kTitlesEnd - kTitles)) ? Looks::yes : Looks::need_more;
}

// PS3.8 9.3.5.1, after the PDV's length: an odd context id, a control header, and the start of a command if it says so.
Looks looks_like_pdv(ByteView bytes, std::uint32_t pdv_length) {
  if (bytes.size() < 2) return Looks::need_more;
  if (bytes[0] % 2 == 0 || bytes[1] > 3) return Looks::no;
  const bool is_command = (bytes[1] & 1) != 0;
  if (!is_command || pdv_length < 2 + kGroupLength.size()) return Looks::yes;
  // A later fragment of a command may begin with anything; nobody cuts a command in two without need.
  if (!begins_with(bytes.subspan(2), kGroupLength)) return Looks::no;
  return bytes.size() - 2 < kGroupLength.size() ? Looks::need_more : Looks::yes;
}

Looks looks_like_data(ByteView bytes, std::uint32_t length) {
  if (length < kPdvHeaderBytes || length > kPlausibleDataBytes) return Looks::no;
  if (bytes.size() < kPduHeaderBytes + 4) return Looks::need_more;
  const std::uint32_t pdv_length = ByteReader{bytes.subspan(kPduHeaderBytes)}.u32();
  if (pdv_length < 2 || pdv_length > length - 4) return Looks::no;
  const Looks first = looks_like_pdv(bytes.subspan(kPduHeaderBytes + 4), pdv_length);
  if (first != Looks::yes || pdv_length + 4 == length) return first;

  // Not the only PDV: the next one must stand where this one ends.
  const std::uint32_t left = length - 4 - pdv_length;
  if (pdv_length > kPlausibleNextPdv || left < kPdvHeaderBytes) return Looks::no;
  ByteReader reader{bytes.subspan(kPduHeaderBytes + 4)};
  reader.skip(pdv_length);
  const std::uint32_t next_length = reader.u32();
  if (reader.failed()) return Looks::need_more;
  if (next_length < 2 || next_length > left - 4) return Looks::no;
  return looks_like_pdv(reader.rest(), next_length);
}

// PS3.8 9.3.4 and 9.3.6 to 9.3.8: four bytes that leave little to chance.
Looks looks_like_short(ByteView bytes, PduType type, std::uint32_t length) {
  if (length != kShortPduBytes) return Looks::no;
  const ByteView body = bytes.subspan(kPduHeaderBytes);
  std::array<std::uint8_t, 4> most{};  // of each byte
  if (type == PduType::associate_reject) most = {0, 2, 3, 7};
  if (type == PduType::abort) most = {0, 0, 2, 6};
  for (std::size_t i = 0; i < std::min(body.size(), most.size()); ++i) {
    if (body[i] > most[i]) return Looks::no;
    if (type == PduType::associate_reject && i > 0 && body[i] == 0) return Looks::no;
  }
  return body.size() < most.size() ? Looks::need_more : Looks::yes;
}

}  // namespace

Looks looks_like_dicom(ByteView first_bytes) {
  if (first_bytes.empty()) return Looks::need_more;
  const auto type = static_cast<PduType>(first_bytes[0]);
  if (type < PduType::associate_request || type > PduType::abort) return Looks::no;
  if (first_bytes.size() < kPduHeaderBytes) return Looks::need_more;

  // The second byte is reserved and not tested (PS3.8 9.3.1).
  const std::uint32_t length = ByteReader{first_bytes.subspan(2)}.u32();
  switch (type) {
    case PduType::associate_request:
    case PduType::associate_accept: return looks_like_association(first_bytes, type, length);
    case PduType::data_transfer: return looks_like_data(first_bytes, length);
    case PduType::associate_reject:
    case PduType::release_request:
    case PduType::release_response:
    case PduType::abort: return looks_like_short(first_bytes, type, length);
  }
  return Looks::no;
}

Looks dicom::looks_like_pdu_amid(ByteView bytes) {
  const Looks looks = looks_like_dicom(bytes);
  if (looks == Looks::no || bytes.empty()) return looks;
  const auto type = static_cast<PduType>(bytes[0]);
  if (type != PduType::associate_request && type != PduType::associate_accept) return looks;
  const ByteView titles = bytes.first(std::min(bytes.size(), kTitlesEnd)).subspan(std::min(bytes.size(), kTitles));
  // The titles of an A-ASSOCIATE-AC are reserved (PS3.8 table 9-17).
  if (type == PduType::associate_request && !is_title(titles)) return Looks::no;
  return bytes.size() > kFirstItem && !is_item_of(type, bytes[kFirstItem]) ? Looks::no : looks;
}

}  // namespace dcmwatch
