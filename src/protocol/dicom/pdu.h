// The upper layer's PDUs as values (PS3.8 9.3), all but P-DATA-TF, which is streamed and never whole.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "event/dicom_violations.h"
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

/// How much there is of a PDU.
enum class Extent : std::uint8_t {
  whole,
  lost,        ///< a head of it: a gap took the rest
  broken_off,  ///< a head of it: the connection ended within it, or the other side did not wait for the rest
  oversize     ///< a head of it: it is longer than is read
};

/// A UID, looked up in the registry once: nearly all that are proposed stand there.
struct PlacedUid {
  std::string_view text;
  UidTexts::Place registered = 0;  ///< 0: it is not

  operator std::string_view() const { return text; }  // NOLINT(google-explicit-constructor): it is one
  friend bool operator==(const PlacedUid& one, std::string_view other) { return one.text == other; }
};

/// PS3.8 9.3.2.2: offered under `id`. The transfer syntaxes of all stand together (AssociateRequest).
struct ProposedContext {
  std::uint8_t id = 0;
  PlacedUid abstract_syntax;
  std::size_t first_transfer_syntax = 0;
  std::size_t transfer_syntaxes = 0;
};

/// PS3.8 9.3.3.2: what became of the context offered under `id`; `transfer_syntax` counts if the result is acceptance
/// (0).
struct AnsweredContext {
  std::uint8_t id = 0;
  std::uint8_t result = 0;
  PlacedUid transfer_syntax;
};

/// PS3.7 D.3.3.4: as proposed in a request, as granted in an acceptance.
struct Role {
  std::string_view sop_class_uid;
  bool scu = false;
  bool scp = false;
};

/// What most requests and acceptances do not hold: PS3.7 D.3.3.3 to D.3.3.7, and items that the standard does not know.
struct RareItems {
  std::vector<Role> roles;
  std::vector<std::string_view> extended;         ///< SOP classes; what is negotiated for them is not read
  std::vector<std::string_view> common_extended;  ///< likewise
  std::optional<AsynchronousWindow> window;
  std::optional<UserIdentity> user_identity;  ///< of a request; its fields are not read
  bool identity_answered = false;             ///< of an acceptance; likewise
  std::bitset<256> unknown;                   ///< by item type
};

/// What an A-ASSOCIATE-RQ and an A-ASSOCIATE-AC have in common.
struct AssociationItems {
  std::string_view application_context;
  DicomImplementation implementation;
  std::unique_ptr<RareItems> rare;  ///< null if there are none
};

struct AssociateRequest : AssociationItems {
  AeTitle called_ae;   ///< bytes 11-26
  AeTitle calling_ae;  ///< bytes 27-42
  std::vector<ProposedContext> contexts;
  std::vector<PlacedUid> transfer_syntaxes;

  [[nodiscard]] std::span<const PlacedUid> transfer_syntaxes_of(const ProposedContext& context) const {
    return std::span{transfer_syntaxes}.subspan(context.first_transfer_syntax, context.transfer_syntaxes);
  }
};

/// The AE titles of an A-ASSOCIATE-AC are reserved and say nothing (PS3.8 table 9-17).
struct AssociateAccept : AssociationItems {
  std::vector<AnsweredContext> contexts;
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

/// A break of the rules within a PDU: which, and where in the body.
struct Fault {
  Breach breach{};
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::optional<AeTitle> ae_title = {};  ///< that is suspicious
};

/// As far as it could be read, and what is wrong with it: each breach once, where it was first found, but of suspicious
/// titles both.
struct DecodedPdu {
  Pdu pdu;
  std::vector<Fault> faults;
};

/// `body` is what follows the six bytes of header; a head of it gives a head of the value and Breach::association_pdu.
/// UIDs in the value are views into `body`.
DecodedPdu decode_pdu(std::uint8_t type, ByteView body);

}  // namespace dcmwatch::dicom
