// Bytes as peers send them, built by hand from PS3.5, PS3.7 and PS3.8: no code in common with the decoder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace dcmwatch::test {

using Octets = std::vector<std::uint8_t>;

Octets operator+(Octets left, const Octets& right);
Octets from_hex(std::string_view hex);
Octets text(std::string_view characters);
Octets be16(std::uint32_t value);
Octets be32(std::uint32_t value);
Octets le16(std::uint32_t value);
Octets le32(std::uint32_t value);

inline constexpr std::string_view kCtImageStorage = "1.2.840.10008.5.1.4.1.1.2";
inline constexpr std::string_view kVerification = "1.2.840.10008.1.1";
inline constexpr std::string_view kStudyRootFind = "1.2.840.10008.5.1.4.1.2.2.1";
inline constexpr std::string_view kStudyRootMove = "1.2.840.10008.5.1.4.1.2.2.2";
inline constexpr std::string_view kStudyRootGet = "1.2.840.10008.5.1.4.1.2.2.3";
inline constexpr std::string_view kImplicit = "1.2.840.10008.1.2";
inline constexpr std::string_view kExplicit = "1.2.840.10008.1.2.1";
inline constexpr std::string_view kExplicitBig = "1.2.840.10008.1.2.2";

struct Offer {
  std::uint8_t id;
  std::string_view abstract_syntax;
  std::vector<std::string_view> transfer_syntaxes;
};

struct Answer {
  std::uint8_t id;
  std::uint8_t result;
  std::string_view transfer_syntax;
};

Octets pdu(std::uint8_t type, const Octets& body);
Octets item(std::uint8_t type, const Octets& value);
/// `more` goes into the user information.
Octets associate_request(std::string_view calling, std::string_view called, const std::vector<Offer>& offers,
                         std::uint32_t maximum_length = 16384, const Octets& more = {});
Octets associate_accept(const std::vector<Answer>& answers, std::uint32_t maximum_length = 16384,
                        const Octets& more = {});
Octets associate_reject(std::uint8_t result, std::uint8_t source, std::uint8_t reason);
Octets release_request();
Octets release_response();
Octets abort_pdu(std::uint8_t source, std::uint8_t reason);

enum Control : std::uint8_t { data_more = 0, command_more = 1, data_last = 2, command_last = 3 };
Octets pdv(std::uint8_t context_id, std::uint8_t control, const Octets& fragment);
Octets p_data(const Octets& pdvs);
/// A message in PDUs of at most `maximum_length`.
Octets message(std::uint8_t context_id, const Octets& command, const Octets& data_set = {},
               std::size_t maximum_length = 16384);

Octets us(std::uint16_t element, std::uint16_t value);
Octets ui(std::uint16_t element, std::string_view value);
Octets ae(std::uint16_t element, std::string_view value);
/// With its group length.
Octets command_set(const Octets& elements);

Octets echo_request(std::uint16_t id);
Octets echo_response(std::uint16_t id, std::uint16_t status = 0);
Octets store_request(std::uint16_t id, std::string_view instance = "1.2.3.4", const Octets& more = {});
Octets store_response(std::uint16_t id, std::uint16_t status = 0);
Octets find_request(std::uint16_t id);
Octets move_request(std::uint16_t id, std::string_view destination);
Octets get_request(std::uint16_t id);
Octets cancel_request(std::uint16_t responded_to);
/// `field` is the response's; counters are remaining, completed, failed, warning.
Octets response(std::uint16_t field, std::uint16_t id, std::uint16_t status, bool data_set, const Octets& more = {});
Octets counters(std::uint16_t remaining, std::uint16_t completed, std::uint16_t failed, std::uint16_t warning);

/// Data set elements.
Octets implicit_element(std::uint32_t tag, const Octets& value);
Octets explicit_element(std::uint32_t tag, std::string_view vr, const Octets& value);
Octets explicit_big_element(std::uint32_t tag, std::string_view vr, const Octets& value);

/// A CT image's head in explicit VR little endian, with a patient "PAT-4711", and `pixel_bytes` of pixel data.
Octets ct_image(std::size_t pixel_bytes);
Octets study_identifier(std::string_view level, std::string_view study = "1.2.840.99.7");

}  // namespace dcmwatch::test
