// The upper layer's PDUs as values (PS3.8 9.3), all but P-DATA-TF, which is streamed and never whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "event/event.h"

namespace dcmwatch::dicom {

/// PS3.8 9.3.1, the first byte of a PDU.
enum class PduType : std::uint8_t {
  associate_request = 1,
  associate_accept = 2,
  associate_reject = 3,
  data_transfer = 4,
  release_request = 5,
  release_response = 6,
  abort = 7
};

inline constexpr std::size_t kPduHeaderBytes = 6;
inline constexpr std::size_t kPdvHeaderBytes =
    6;  ///< PS3.8 9.3.5.1 and E.2: length, context id, message control header
inline constexpr std::uint32_t kAssociationFixedBytes = 68;  ///< of an A-ASSOCIATE-RQ or -AC, before its items
inline constexpr std::uint32_t kShortPduBytes = 4;           ///< of an A-ASSOCIATE-RJ, A-RELEASE or A-ABORT

/// PS3.8 9.3.2.2: offered under `id`.
struct ProposedContext {
  std::uint8_t id = 0;
  std::string_view abstract_syntax;
  std::vector<std::string_view> transfer_syntaxes;
};

/// PS3.8 9.3.3.2: what became of the context offered under `id`; `transfer_syntax` counts if the result is acceptance
/// (0).
struct AnsweredContext {
  std::uint8_t id = 0;
  std::uint8_t result = 0;
  std::string_view transfer_syntax;
};

struct AssociateRequest {
  AeTitle called_ae;   ///< bytes 11-26
  AeTitle calling_ae;  ///< bytes 27-42
  std::string_view application_context;
  std::vector<ProposedContext> contexts;
  DicomImplementation implementation;
};

/// The AE titles of an A-ASSOCIATE-AC are reserved and say nothing (PS3.8 table 9-17).
struct AssociateAccept {
  std::string_view application_context;
  std::vector<AnsweredContext> contexts;
  DicomImplementation implementation;
};

struct AssociateReject {
  DicomRejection rejection;
};
struct ReleaseRequest {};
struct ReleaseResponse {};
struct Abort {
  std::uint8_t source = 0;
  std::uint8_t reason = 0;
};
struct UnknownPdu {
  std::uint8_t type = 0;
};

using Pdu = std::variant<AssociateRequest, AssociateAccept, AssociateReject, ReleaseRequest, ReleaseResponse, Abort,
                         UnknownPdu>;

enum class PduDefect : std::uint8_t {
  truncated,   ///< a field or an item runs past the end of what holds it
  context_id,  ///< PS3.8 9.3.2.2: odd, 1 to 255, each once
  uid          ///< PS3.8 F: not a UID
};

/// As far as it could be read and, if that is not the whole, why not.
struct DecodedPdu {
  Pdu pdu;
  std::optional<PduDefect> defect;
};

/// `body` is what follows the six bytes of header; a head of it gives a head of the value and PduDefect::truncated.
/// UIDs in the value are views into `body`.
DecodedPdu decode_pdu(std::uint8_t type, ByteView body);

}  // namespace dcmwatch::dicom
