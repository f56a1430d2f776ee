// The standard's own words for DICOM's codes (PS3.4, PS3.6, PS3.7, PS3.8). Tables, no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"

namespace dcmwatch {

/// PS3.7 E.1: (0000,0100) of the requests that somebody treats apart. What comes off the wire stays a number.
namespace dimse {
inline constexpr std::uint16_t kStore = 0x0001, kGet = 0x0010, kFind = 0x0020, kMove = 0x0021, kEcho = 0x0030,
                               kEventReport = 0x0100, kNGet = 0x0110, kSet = 0x0120, kAction = 0x0130, kCreate = 0x0140,
                               kDelete = 0x0150, kCancel = 0x0fff;
inline constexpr std::uint16_t kResponseBit = 0x8000;  ///< set in the response to a request

/// Whether the request's data set says what is looked for (PS3.4 C.4): it is no yield.
constexpr bool is_query(std::uint16_t command_field) {
  return command_field == kFind || command_field == kGet || command_field == kMove;
}

/// (0000,0100) of the request, of itself or of its response.
constexpr std::uint16_t request_field(std::uint16_t command_field) {
  return static_cast<std::uint16_t>(command_field & ~kResponseBit);
}
}  // namespace dimse

/// PS3.4: SOP classes that somebody treats apart.
namespace sop_class {
inline constexpr std::string_view kModalityWorklist = "1.2.840.10008.5.1.4.31";         // K.5
inline constexpr std::string_view kPerformedProcedureStep = "1.2.840.10008.3.1.2.3.3";  // F.7
inline constexpr std::string_view kStorageCommitment = "1.2.840.10008.1.20.1";          // J.3
}  // namespace sop_class

/// (0000,0100), PS3.7 E.1: "C-STORE" for 0x0001 and for its response 0x8001; empty if unknown.
std::string_view dicom_command_name(std::uint16_t command_field);

/// The command field of a request by its name; 0 if there is none.
std::uint16_t dicom_command_field(std::string_view name);

/// PS3.7 C: the class of the status that a response gives; only a query's can be cancel or pending. `command_field`:
/// the request's or the response's, here and below.
enum class StatusClass : std::uint8_t { success, warning, failure, cancel, pending };
/// Nothing if no rule places the code.
std::optional<StatusClass> dicom_regular_status_class(std::uint16_t command_field, std::uint16_t status);
/// What no rule places is a failure: it is no success that anybody could rely on.
StatusClass dicom_status_class(std::uint16_t command_field, std::uint16_t status);
std::string_view to_text(StatusClass status_class);

/// What a status means for the service of the SOP class (PS3.4), else for any (PS3.7 C); empty if no table has it.
std::string_view dicom_status_meaning(std::uint16_t command_field, std::string_view sop_class_uid,
                                      std::uint16_t status);

/// PS3.3 C.14.1.1: a failure reason of a storage commitment; empty if the table does not have it.
std::string_view dicom_failure_reason_meaning(std::uint16_t reason);
/// PS3.16 CID 9300: the code of a discontinuation reason; empty if it is none of these.
std::string_view dicom_discontinuation_meaning(std::string_view code_value);
/// What the event type of an N-EVENT-REPORT, or the action type of an N-ACTION, means for a SOP class (PS3.4); empty if
/// no table has it.
std::string_view dicom_type_meaning(std::uint16_t command_field, std::string_view sop_class_uid, std::uint16_t type);

/// (0000,0700): "medium", "high", "low"; another value as its number.
std::string dicom_priority_text(std::uint16_t priority);

/// The keyword of an attribute (PS3.6), "(gggg,eeee)" where it is not known.
Text<64> dicom_tag_name(std::uint32_t tag);

/// "A700"
std::string dicom_status_text(std::uint16_t status);

/// The name of a SOP class or transfer syntax (PS3.6 A); empty if unknown.
std::string_view dicom_uid_name(std::string_view uid);

/// Where a UID stands in the registry (event/dicom_uids.h), counted from 1; 0: it does not.
std::uint16_t dicom_uid_place(std::string_view uid);
/// What stands there; empty for 0.
std::string_view dicom_uid_at(std::uint16_t place);

/// PS3.8 9.3.4, "rejected-permanent, called AE title not recognized" and the like; unknown codes as numbers.
std::string dicom_rejection_text(std::uint8_t result, std::uint8_t source, std::uint8_t reason);

/// PS3.8 9.3.4: "service user", "service provider (ACSE)", "service provider (presentation)"; an unknown one as its
/// number.
std::string dicom_rejection_source_text(std::uint8_t source);

/// Whether the standard has the code.
bool dicom_rejection_is_known(std::uint8_t result, std::uint8_t source, std::uint8_t reason);

/// What a rejection hints at: "configuration" (a title or a context is not known there), "availability" (try later) or
/// "protocol"; empty if its code does not tell.
std::string_view dicom_rejection_kind(std::uint8_t source, std::uint8_t reason);

/// PS3.8 table 9-18: "abstract syntax not supported"; an unknown result as its number.
std::string dicom_context_result_text(std::uint8_t result);

/// PS3.7 D.3.3.4: "scu", "scp", "both" or "none".
std::string_view dicom_role_text(bool scu, bool scp);

/// PS3.7 D.3.3.7: "user name and passcode"; an unknown type as its number.
std::string dicom_user_identity_text(std::uint8_t type);

/// "5a", PS3.8 9.3.1
std::string dicom_item_text(std::uint8_t type);

/// PS3.8 9.3.8
std::string dicom_abort_text(std::uint8_t source, std::uint8_t reason);
bool dicom_abort_is_known(std::uint8_t source, std::uint8_t reason);

}  // namespace dcmwatch
