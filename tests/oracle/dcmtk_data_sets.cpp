#include <dcmtk/config/osconfig.h>
//
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcsequen.h>
#include <dcmtk/dcmdata/dcxfer.h>
#include <fmt/format.h>

#include <stdexcept>

#include "dcmtk.h"
#include "event/dicom_names.h"

namespace dcmwatch::oracle {
namespace {

class DataSet {
 public:
  DataSet(const std::string& bytes, E_TransferSyntax syntax, const std::string& what) {
    DcmInputBufferStream stream;
    stream.setBuffer(bytes.data(), static_cast<offile_off_t>(bytes.size()));
    stream.setEos();
    data_set_.transferInit();
    const OFCondition condition = data_set_.read(stream, syntax, EGL_noChange);
    data_set_.transferEnd();
    if (condition.bad()) throw std::runtime_error(fmt::format("{}: {}", what, condition.text()));
  }

  /// Nothing if the element is not there, or empty.
  [[nodiscard]] std::string text(const DcmTagKey& tag) {
    OFString value;
    data_set_.findAndGetOFString(tag, value);
    return std::string{normalised({value.data(), value.size()})};
  }
  [[nodiscard]] std::optional<std::uint32_t> number(const DcmTagKey& tag) {
    Uint16 value = 0;
    if (data_set_.findAndGetUint16(tag, value).bad()) return std::nullopt;
    return value;
  }
  [[nodiscard]] bool has(const DcmTagKey& tag) { return data_set_.tagExistsWithValue(tag); }
  [[nodiscard]] unsigned long values(const DcmTagKey& tag) {
    DcmElement* element = nullptr;
    return data_set_.findAndGetElement(tag, element).good() ? element->getVM() : 0;
  }
  [[nodiscard]] unsigned long items(const DcmTagKey& tag) {
    DcmSequenceOfItems* sequence = nullptr;
    return data_set_.findAndGetSequence(tag, sequence).good() ? sequence->card() : 0;
  }

 private:
  DcmDataset data_set_;
};

/// A number of the command as a field, where it is there.
struct CommandNumber {
  const char* path;
  DcmTagKey tag;
};
const CommandNumber kRequestNumbers[]{{"dicom.event_type", DCM_EventTypeID},
                                      {"dicom.action_type", DCM_ActionTypeID},
                                      {"dicom.originator_message_id", DCM_MoveOriginatorMessageID}};
const CommandNumber kSubOperations[]{{"dicom.sub_operations.remaining", DCM_NumberOfRemainingSuboperations},
                                     {"dicom.sub_operations.completed", DCM_NumberOfCompletedSuboperations},
                                     {"dicom.sub_operations.failed", DCM_NumberOfFailedSuboperations},
                                     {"dicom.sub_operations.warning", DCM_NumberOfWarningSuboperations}};

/// A text of a stored object as a field.
struct ObjectText {
  const char* path;
  DcmTagKey tag;
};
const ObjectText kObjectTexts[]{{"dicom.object.sop_class_uid", DCM_SOPClassUID},
                                {"dicom.object.modality", DCM_Modality},
                                {"dicom.object.station_name", DCM_StationName},
                                {"dicom.object.manufacturer", DCM_Manufacturer},
                                {"dicom.object.model", DCM_ManufacturerModelName},
                                {"dicom.object.software_versions", DCM_SoftwareVersions},
                                {"dicom.object.institution", DCM_InstitutionName},
                                {"dicom.object.character_set", DCM_SpecificCharacterSet},
                                {"dicom.object.rows", DCM_Rows},
                                {"dicom.object.columns", DCM_Columns},
                                {"dicom.object.frames", DCM_NumberOfFrames},
                                {"dicom.object.document_type", DCM_MIMETypeOfEncapsulatedDocument}};

/// An identifier as its pseudonym.
struct Identifying {
  const char* path;
  DcmTagKey tag;
  IdentifierKind kind;
};
const Identifying kObjectIdentifiers[]{{"dicom.study", DCM_StudyInstanceUID, IdentifierKind::study_uid},
                                       {"dicom.object.series", DCM_SeriesInstanceUID, IdentifierKind::series_uid},
                                       {"patient.pseudonym", DCM_PatientID, IdentifierKind::patient_id},
                                       {"order.accession", DCM_AccessionNumber, IdentifierKind::accession_number}};

/// "YES" or "NO" as a field.
const ObjectText kObjectFlags[]{{"dicom.object.burned_in_annotation", DCM_BurnedInAnnotation},
                                {"dicom.object.deidentified", DCM_PatientIdentityRemoved}};

void put_unless_empty(Account& account, std::string_view path, std::string_view value) {
  if (!value.empty()) account.insert_or_assign(std::string{path}, std::string{value});
}

void put(Account& account, const char* path, std::optional<std::uint32_t> number) {
  if (number) account[path] = std::to_string(*number);
}

std::string pseudonym(IdentifierKind kind, std::string_view identifier) {
  return std::string{pseudonymizer().pseudonym(kind, identifier).text()};
}

std::string either(DataSet& command, const DcmTagKey& affected, const DcmTagKey& requested) {
  const std::string value = command.text(affected);
  return value.empty() ? command.text(requested) : value;
}

void tell_sop(Account& account, DataSet& command) {
  const std::string sop_class = either(command, DCM_AffectedSOPClassUID, DCM_RequestedSOPClassUID);
  if (!account.contains("dicom.sop_class_uid")) put_unless_empty(account, "dicom.sop_class_uid", sop_class);
  const std::string instance = either(command, DCM_AffectedSOPInstanceUID, DCM_RequestedSOPInstanceUID);
  if (!account.contains("dicom.instance") && !instance.empty())
    account["dicom.instance"] = pseudonym(IdentifierKind::instance_uid, instance);
}

std::string_view priority_text(std::uint32_t priority) {
  return priority == 0 ? "medium" : priority == 1 ? "high" : priority == 2 ? "low" : "?";
}

void tell_request(Account& account, DataSet& command, const SeenMessage& message) {
  const auto field = static_cast<std::uint16_t>(command.number(DCM_CommandField).value());
  account["dicom.command"] = dicom_command_name(field);
  account["dicom.invoker"] = message.direction == Direction::forward ? "opener" : "acceptor";
  put(account, "dicom.message_id", command.number(DCM_MessageID));
  account["dicom.context_id"] = std::to_string(message.context_id);
  account["dicom.request_bytes"] = std::to_string(message.data_set.size());
  account["dicom.response_bytes"] = "0";
  tell_sop(account, command);
  put_unless_empty(account, "dicom.move_destination", command.text(DCM_MoveDestination));
  put_unless_empty(account, "dicom.originator_ae", command.text(DCM_MoveOriginatorApplicationEntityTitle));
  for (const CommandNumber& number : kRequestNumbers) put(account, number.path, command.number(number.tag));
  if (const auto priority = command.number(DCM_Priority)) account["dicom.priority"] = priority_text(*priority);
}

bool is_pending(std::uint32_t status) { return status == 0xff00 || status == 0xff01; }  // PS3.7 C

void tell_response(Account& account, DataSet& command, const SeenMessage& message) {
  account["dicom.response_bytes"] =
      std::to_string(std::stoull(account["dicom.response_bytes"]) + message.data_set.size());
  tell_sop(account, command);
  bool counted = false;
  for (const CommandNumber& number : kSubOperations) counted |= command.number(number.tag).has_value();
  for (const CommandNumber& number : kSubOperations) {
    if (counted) account.erase(number.path);  // those of one response belong together
    put(account, number.path, command.number(number.tag));
  }
  const std::uint32_t status = command.number(DCM_Status).value();
  if (is_pending(status)) {
    std::string& pending = account["dicom.pending_responses"];
    pending = std::to_string((pending.empty() ? 0 : std::stoul(pending)) + 1);
    return;
  }
  account["dicom.status"] = fmt::format("{:04X}", status);
  put(account, "dicom.error_id", command.number(DCM_ErrorID));
  if (command.has(DCM_ErrorComment)) account["dicom.error_comment"] = "true";
  if (const unsigned long offending = command.values(DCM_OffendingElement); offending != 0)
    account["dicom.offending_elements"] = std::to_string(offending);
}

// PS3.5 A.4: one that DCMTK is too old for is encapsulated, and explicit VR little endian.
E_TransferSyntax syntax_of(const std::string& uid) {
  const DcmXfer known{uid.c_str()};
  return known.getXfer() == EXS_Unknown ? EXS_JPEG2000 : known.getXfer();
}

void tell_object(Account& account, DataSet& object) {
  for (const ObjectText& text : kObjectTexts) put_unless_empty(account, text.path, object.text(text.tag));
  for (const Identifying& identifier : kObjectIdentifiers) {
    const std::string value = object.text(identifier.tag);
    if (!value.empty()) account[identifier.path] = pseudonym(identifier.kind, value);
  }
  for (const ObjectText& flag : kObjectFlags) {
    const std::string value = object.text(flag.tag);
    if (!value.empty()) account[flag.path] = value == "YES" ? "true" : "false";
  }
}

void tell_identifier(Account& account, DataSet& identifier, std::string_view command) {
  put_unless_empty(account, "dicom.query_level", identifier.text(DCM_QueryRetrieveLevel));
  const std::string study = identifier.text(DCM_StudyInstanceUID);
  if (command != "C-FIND" && !study.empty()) account["dicom.study"] = pseudonym(IdentifierKind::study_uid, study);
}

void tell_commitment(Account& account, DataSet& data_set) {
  const std::string transaction = data_set.text(DCM_TransactionUID);
  if (transaction.empty()) return;
  account["dicom.commitment.transaction"] = pseudonym(IdentifierKind::transaction_uid, transaction);
  account["dicom.commitment.referenced"] = std::to_string(data_set.items(DCM_ReferencedSOPSequence));
  account["dicom.commitment.failed"] = std::to_string(data_set.items(DCM_FailedSOPSequence));
}

void tell_step(Account& account, DataSet& data_set) {
  put_unless_empty(account, "dicom.step.status", data_set.text(DCM_PerformedProcedureStepStatus));
  put_unless_empty(account, "dicom.step.station_ae", data_set.text(DCM_PerformedStationAETitle));
  account["dicom.step.series"] = std::to_string(data_set.items(DCM_PerformedSeriesSequence));
}

constexpr std::string_view kCommitment = "1.2.840.10008.1.20.1";
constexpr std::string_view kPerformedStep = "1.2.840.10008.3.1.2.3.3";

void tell_data_set(DcmtkOperation& operation, DataSet& data_set) {
  const std::string_view command = value_of(operation.account, "dicom.command");
  const std::string_view sop_class = value_of(operation.account, "dicom.sop_class_uid");
  if (command == "C-STORE") tell_object(operation.data_set, data_set);
  if (command == "C-FIND" || command == "C-GET" || command == "C-MOVE")
    tell_identifier(operation.data_set, data_set, command);
  if (sop_class == kCommitment) tell_commitment(operation.data_set, data_set);
  if (sop_class == kPerformedStep) tell_step(operation.data_set, data_set);
}

}  // namespace

std::vector<DcmtkOperation> dcmtk_operations(const SeenAssociation& seen, const std::vector<AgreedContext>& contexts) {
  std::vector<DcmtkOperation> operations;
  std::map<std::string, std::size_t> open;
  for (const SeenMessage& message : seen.messages) {
    const std::string where =
        fmt::format("a command of {} bytes on context {}", message.command.size(), message.context_id);
    if (message.command.empty()) continue;
    if (!message.complete && message.data_set.empty()) continue;  // the command itself is cut
    DataSet command{message.command, EXS_LittleEndianImplicit, where};
    const auto field = static_cast<std::uint16_t>(command.number(DCM_CommandField).value());
    const bool is_response = (field & dimse::kResponseBit) != 0 && field != dimse::kCancel;
    const bool by_opener = (message.direction == Direction::forward) != is_response;
    const auto id =
        command.number(is_response || field == dimse::kCancel ? DCM_MessageIDBeingRespondedTo : DCM_MessageID);
    const std::string key = fmt::format("{} {}/{}", by_opener ? "opener" : "acceptor", message.context_id, id.value());
    if (field == dimse::kCancel) {
      if (open.contains(key)) operations[open[key]].account["dicom.cancelled"] = "true";
      continue;
    }
    if (is_response) {
      if (!open.contains(key)) throw std::runtime_error(where + ": a response without its request");
      tell_response(operations[open[key]].account, command, message);
      if (!is_pending(command.number(DCM_Status).value())) open.erase(key);
      continue;
    }
    open[key] = operations.size();
    DcmtkOperation& operation = operations.emplace_back();
    operation.key = key;
    tell_request(operation.account, command, message);
    for (const AgreedContext& context : contexts)
      if (context.id == message.context_id) operation.transfer_syntax = context.transfer_syntax;
    if (operation.transfer_syntax.empty()) continue;
    operation.account["dicom.transfer_syntax_uid"] = operation.transfer_syntax;
    if (message.data_set.empty() || !message.complete) continue;
    DataSet data_set{message.data_set, syntax_of(operation.transfer_syntax),
                     fmt::format("a data set of {} bytes in {}", message.data_set.size(), operation.transfer_syntax)};
    tell_data_set(operation, data_set);
  }
  return operations;
}

}  // namespace dcmwatch::oracle
