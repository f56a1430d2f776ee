#include "protocol/dicom/builder.h"

#include <algorithm>

namespace dcmwatch::test {
namespace {

Octets number(std::uint32_t value, std::size_t width, bool big) {
  Octets octets;
  for (std::size_t i = 0; i < width; ++i)
    octets.push_back(static_cast<std::uint8_t>(value >> 8 * (big ? width - 1 - i : i)));
  return octets;
}

Octets even(Octets value, std::uint8_t padding) {
  if (value.size() % 2 != 0) value.push_back(padding);
  return value;
}

Octets padded(std::string_view title) {
  Octets octets = text(title);
  octets.resize(16, ' ');
  return octets;
}

Octets size32(const Octets& value) { return be32(static_cast<std::uint32_t>(value.size())); }
Octets command_element(std::uint16_t element, const Octets& value) {
  return le16(0) + le16(element) + le32(static_cast<std::uint32_t>(value.size())) + value;
}

Octets user_information(std::uint32_t maximum_length, const Octets& more) {
  return item(0x50, item(0x51, be32(maximum_length)) + item(0x52, text("1.2.276.0.7230010.3.0.3.6.7")) + more +
                        item(0x55, text("OFFIS_DCMTK_367")));
}

Octets application_context() { return item(0x10, text("1.2.840.10008.3.1.1.1")); }

bool is_long(std::string_view vr) { return vr == "OB" || vr == "OW" || vr == "SQ" || vr == "UN" || vr == "UT"; }

}  // namespace

Octets operator+(Octets left, const Octets& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Octets from_hex(std::string_view hex) {
  Octets octets;
  int high = -1;
  for (const char c : hex) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) continue;
    if (high >= 0) octets.push_back(static_cast<std::uint8_t>(high * 16 + digit));
    high = high >= 0 ? -1 : digit;
  }
  return octets;
}

Octets text(std::string_view characters) { return {characters.begin(), characters.end()}; }
Octets be16(std::uint32_t value) { return number(value, 2, true); }
Octets be32(std::uint32_t value) { return number(value, 4, true); }
Octets le16(std::uint32_t value) { return number(value, 2, false); }
Octets le32(std::uint32_t value) { return number(value, 4, false); }

Octets pdu(std::uint8_t type, const Octets& body) { return Octets{type, 0} + size32(body) + body; }
Octets item(std::uint8_t type, const Octets& value) {
  return Octets{type, 0} + be16(static_cast<std::uint32_t>(value.size())) + value;
}

Octets associate_request(std::string_view calling, std::string_view called, const std::vector<Offer>& offers,
                         std::uint32_t maximum_length, const Octets& more) {
  Octets body = be16(1) + be16(0) + padded(called) + padded(calling) + Octets(32, 0) + application_context();
  for (const Offer& offer : offers) {
    Octets context = Octets{offer.id, 0, 0, 0} + item(0x30, text(offer.abstract_syntax));
    for (const std::string_view syntax : offer.transfer_syntaxes) context = context + item(0x40, text(syntax));
    body = body + item(0x20, context);
  }
  return pdu(1, body + user_information(maximum_length, more));
}

Octets associate_accept(const std::vector<Answer>& answers, std::uint32_t maximum_length, const Octets& more) {
  Octets body = be16(1) + be16(0) + padded("RESERVED") + padded("RESERVED") + Octets(32, 0) + application_context();
  for (const Answer& answer : answers) {
    body = body + item(0x21, Octets{answer.id, 0, answer.result, 0} + item(0x40, text(answer.transfer_syntax)));
  }
  return pdu(2, body + user_information(maximum_length, more));
}

Octets associate_reject(std::uint8_t result, std::uint8_t source, std::uint8_t reason) {
  return pdu(3, {0, result, source, reason});
}
Octets release_request() { return pdu(5, Octets(4, 0)); }
Octets release_response() { return pdu(6, Octets(4, 0)); }
Octets abort_pdu(std::uint8_t source, std::uint8_t reason) { return pdu(7, {0, 0, source, reason}); }

Octets pdv(std::uint8_t context_id, std::uint8_t control, const Octets& fragment) {
  return be32(static_cast<std::uint32_t>(fragment.size() + 2)) + Octets{context_id, control} + fragment;
}
Octets p_data(const Octets& pdvs) { return pdu(4, pdvs); }

Octets message(std::uint8_t context_id, const Octets& command, const Octets& data_set, std::size_t maximum_length) {
  Octets octets;
  const auto append = [&](const Octets& whole, std::uint8_t kind) {
    const std::size_t room = maximum_length - 6;
    for (std::size_t at = 0; at < whole.size(); at += room) {
      const std::size_t end = std::min(at + room, whole.size());
      const auto last = static_cast<std::uint8_t>(end == whole.size() ? 2 : 0);
      const Octets fragment{whole.begin() + static_cast<std::ptrdiff_t>(at),
                            whole.begin() + static_cast<std::ptrdiff_t>(end)};
      octets = std::move(octets) + p_data(pdv(context_id, static_cast<std::uint8_t>(kind | last), fragment));
    }
  };
  append(command, command_more);
  append(data_set, data_more);
  return octets;
}

Octets us(std::uint16_t element, std::uint16_t value) { return command_element(element, le16(value)); }
Octets ui(std::uint16_t element, std::string_view value) { return command_element(element, even(text(value), 0)); }
Octets ae(std::uint16_t element, std::string_view value) { return command_element(element, even(text(value), ' ')); }
Octets command_set(const Octets& elements) {
  return command_element(0, le32(static_cast<std::uint32_t>(elements.size()))) + elements;
}

namespace {
constexpr std::uint16_t kData = 1;
constexpr std::uint16_t kNone = 0x0101;

Octets request(std::string_view sop_class, std::uint16_t field, std::uint16_t id, std::uint16_t data,
               const Octets& more = {}) {
  return command_set(ui(0x0002, sop_class) + us(0x0100, field) + us(0x0110, id) + us(0x0700, 0) + us(0x0800, data) +
                     more);
}
}  // namespace

Octets echo_request(std::uint16_t id) {
  return command_set(ui(0x0002, kVerification) + us(0x0100, 0x0030) + us(0x0110, id) + us(0x0800, kNone));
}
Octets echo_response(std::uint16_t id, std::uint16_t status) {
  return command_set(ui(0x0002, kVerification) + us(0x0100, 0x8030) + us(0x0120, id) + us(0x0800, kNone) +
                     us(0x0900, status));
}
Octets store_request(std::uint16_t id, std::string_view instance, const Octets& more) {
  return request(kCtImageStorage, 0x0001, id, kData, ui(0x1000, instance) + more);
}
Octets store_response(std::uint16_t id, std::uint16_t status) {
  return command_set(ui(0x0002, kCtImageStorage) + us(0x0100, 0x8001) + us(0x0120, id) + us(0x0800, kNone) +
                     us(0x0900, status) + ui(0x1000, "1.2.3.4"));
}
Octets find_request(std::uint16_t id) { return request(kStudyRootFind, 0x0020, id, kData); }
Octets move_request(std::uint16_t id, std::string_view destination) {
  return command_set(ui(0x0002, kStudyRootMove) + us(0x0100, 0x0021) + us(0x0110, id) + ae(0x0600, destination) +
                     us(0x0700, 0) + us(0x0800, kData));
}
Octets get_request(std::uint16_t id) { return request(kStudyRootGet, 0x0010, id, kData); }
Octets cancel_request(std::uint16_t responded_to) {
  return command_set(us(0x0100, 0x0fff) + us(0x0120, responded_to) + us(0x0800, kNone));
}
Octets response(std::uint16_t field, std::uint16_t id, std::uint16_t status, bool data_set, const Octets& more) {
  return command_set(us(0x0100, field) + us(0x0120, id) + us(0x0800, data_set ? kData : kNone) + us(0x0900, status) +
                     more);
}
Octets counters(std::uint16_t remaining, std::uint16_t completed, std::uint16_t failed, std::uint16_t warning) {
  return us(0x1020, remaining) + us(0x1021, completed) + us(0x1022, failed) + us(0x1023, warning);
}

Octets implicit_element(std::uint32_t tag, const Octets& value) {
  return le16(tag >> 16) + le16(tag) + le32(static_cast<std::uint32_t>(value.size())) + value;
}
Octets explicit_element(std::uint32_t tag, std::string_view vr, const Octets& value) {
  const auto size = static_cast<std::uint32_t>(value.size());
  return le16(tag >> 16) + le16(tag) + text(vr) + (is_long(vr) ? le16(0) + le32(size) : le16(size)) + value;
}
Octets explicit_big_element(std::uint32_t tag, std::string_view vr, const Octets& value) {
  const auto size = static_cast<std::uint32_t>(value.size());
  return be32(tag) + text(vr) + (is_long(vr) ? be16(0) + be32(size) : be16(size)) + value;
}

Octets ct_image(std::size_t pixel_bytes) {
  return explicit_element(0x00080005, "CS", text("ISO_IR 100")) +
         explicit_element(0x00080016, "UI", even(text(kCtImageStorage), 0)) +
         explicit_element(0x00080018, "UI", even(text("1.2.3.4"), 0)) +
         explicit_element(0x00080050, "SH", text("ACC-0815")) + explicit_element(0x00081140, "SQ", Octets(40, 0)) +
         explicit_element(0x00100010, "PN", text("Doe^Jane")) + explicit_element(0x00100020, "LO", text("PAT-4711")) +
         explicit_element(0x0020000d, "UI", text("1.2.840.99.7")) +
         explicit_element(0x0020000e, "UI", text("1.2.840.99.8")) +
         explicit_element(0x7fe00010, "OW", Octets(pixel_bytes, 0x5a));
}
Octets study_identifier(std::string_view level, std::string_view study) {
  return explicit_element(0x00080052, "CS", even(text(level), ' ')) +
         explicit_element(0x00100010, "PN", text("Doe^Jane")) +
         explicit_element(0x0020000d, "UI", even(text(study), 0));
}

}  // namespace dcmwatch::test
