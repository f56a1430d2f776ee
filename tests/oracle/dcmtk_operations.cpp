#include <fmt/format.h>

#include <stdexcept>

#include "dcmtk.h"
#include "dcmtk_data_sets.h"
//
#include <dcmtk/dcmdata/dcdeftag.h>

#include "event/dicom_names.h"

namespace dcmwatch::oracle {
namespace {

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

void put(Account& account, const char* path, std::optional<std::uint32_t> number) {
  if (number) account[path] = std::to_string(*number);
}

std::string either(DcmItem& command, const DcmTagKey& affected, const DcmTagKey& requested) {
  const std::string value = text_of(command, affected);
  return value.empty() ? text_of(command, requested) : value;
}

void tell_sop(Account& account, DcmItem& command) {
  const std::string sop_class = either(command, DCM_AffectedSOPClassUID, DCM_RequestedSOPClassUID);
  if (!account.contains("dicom.sop_class_uid")) put_unless_empty(account, "dicom.sop_class_uid", sop_class);
  const std::string instance = either(command, DCM_AffectedSOPInstanceUID, DCM_RequestedSOPInstanceUID);
  if (!account.contains("dicom.instance") && !instance.empty())
    put_pseudonym(account, "dicom.instance", IdentifierKind::instance_uid, instance);
}

std::string_view priority_text(std::uint32_t priority) {
  return priority == 0 ? "medium" : priority == 1 ? "high" : priority == 2 ? "low" : "?";
}

void tell_request(Account& account, DcmItem& command, const SeenMessage& message) {
  const auto field = static_cast<std::uint16_t>(number_of(command, DCM_CommandField).value());
  account["dicom.command"] = dicom_command_name(field);
  account["dicom.invoker"] = message.direction == Direction::forward ? "opener" : "acceptor";
  put(account, "dicom.message_id", number_of(command, DCM_MessageID));
  account["dicom.context_id"] = std::to_string(message.context_id);
  account["dicom.request_bytes"] = std::to_string(message.data_set.size());
  account["dicom.response_bytes"] = "0";
  tell_sop(account, command);
  put_unless_empty(account, "dicom.move_destination", text_of(command, DCM_MoveDestination));
  put_unless_empty(account, "dicom.originator_ae", text_of(command, DCM_MoveOriginatorApplicationEntityTitle));
  for (const CommandNumber& number : kRequestNumbers) put(account, number.path, number_of(command, number.tag));
  if (const unsigned long attributes = values_of(command, DCM_AttributeIdentifierList); attributes != 0)
    account["dicom.requested_attributes"] = std::to_string(attributes);
  if (const auto priority = number_of(command, DCM_Priority)) account["dicom.priority"] = priority_text(*priority);
}

bool is_pending(std::uint32_t status) { return status == 0xff00 || status == 0xff01; }  // PS3.7 C

void tell_response(Account& account, DcmItem& command, const SeenMessage& message) {
  account["dicom.response_bytes"] =
      std::to_string(std::stoull(account["dicom.response_bytes"]) + message.data_set.size());
  tell_sop(account, command);
  bool counted = false;
  for (const CommandNumber& number : kSubOperations) counted |= number_of(command, number.tag).has_value();
  for (const CommandNumber& number : kSubOperations) {
    if (counted) account.erase(number.path);  // those of one response belong together
    put(account, number.path, number_of(command, number.tag));
  }
  const std::uint32_t status = number_of(command, DCM_Status).value();
  if (is_pending(status)) {
    std::string& pending = account["dicom.pending_responses"];
    pending = std::to_string((pending.empty() ? 0 : std::stoul(pending)) + 1);
    return;
  }
  account["dicom.status"] = fmt::format("{:04X}", status);
  put(account, "dicom.error_id", number_of(command, DCM_ErrorID));
  if (command.tagExistsWithValue(DCM_ErrorComment)) account["dicom.error_comment"] = "true";
  if (const unsigned long offending = values_of(command, DCM_OffendingElement); offending != 0)
    account["dicom.offending_elements"] = std::to_string(offending);
}

// PS3.5 A.4: one that DCMTK is too old for is encapsulated, and explicit VR little endian.
E_TransferSyntax syntax_of(const std::string& uid) {
  const DcmXfer known{uid.c_str()};
  return known.getXfer() == EXS_Unknown ? EXS_JPEG2000 : known.getXfer();
}

/// An association's messages made operations, one after the other.
class Pairing {
 public:
  explicit Pairing(const std::vector<AgreedContext>& contexts) : contexts_(contexts) {}

  void on_message(const SeenMessage& message) {
    const std::string where =
        fmt::format("a command of {} bytes on context {}", message.command.size(), message.context_id);
    DataSet read{message.command, EXS_LittleEndianImplicit, where};
    DcmItem& command = read.item();
    const auto field = static_cast<std::uint16_t>(number_of(command, DCM_CommandField).value());
    const bool is_cancel = field == dimse::kCancel;
    const bool is_response = (field & dimse::kResponseBit) != 0 && !is_cancel;
    const bool by_opener = (message.direction == Direction::forward) != is_response;
    const auto id = number_of(command, is_response || is_cancel ? DCM_MessageIDBeingRespondedTo : DCM_MessageID);
    const std::string key = fmt::format("{} {}/{}", by_opener ? "opener" : "acceptor", message.context_id, id.value());
    if (is_cancel) {
      if (open_.contains(key)) operations[open_[key]].account["dicom.cancelled"] = "true";
    } else if (is_response) {
      if (!open_.contains(key)) throw std::runtime_error(where + ": a response without its request");
      on_response(key, command, message);
    } else {
      on_request(key, command, message);
    }
  }

  std::vector<DcmtkOperation> operations;

 private:
  void on_request(const std::string& key, DcmItem& command, const SeenMessage& message) {
    open_[key] = operations.size();
    DcmtkOperation& operation = operations.emplace_back();
    operation.key = key;
    tell_request(operation.account, command, message);
    const std::string syntax = transfer_syntax(message.context_id);
    put_unless_empty(operation.account, "dicom.transfer_syntax_uid", syntax);
    on_data_set(operation, message, false);
  }

  void on_response(const std::string& key, DcmItem& command, const SeenMessage& message) {
    DcmtkOperation& operation = operations[open_[key]];
    tell_response(operation.account, command, message);
    on_data_set(operation, message, true);
    if (!is_pending(number_of(command, DCM_Status).value())) open_.erase(key);
  }

  void on_data_set(DcmtkOperation& operation, const SeenMessage& message, bool is_response) {
    if (message.data_set.empty()) return;
    const std::string syntax = transfer_syntax(message.context_id);
    if (syntax.empty() || !message.complete) {
      operation.read_all = false;
      return;
    }
    const std::string_view command = value_of(operation.account, "dicom.command");
    DataSet data_set{message.data_set, syntax_of(syntax),
                     fmt::format("a data set of {} bytes of a {} in {}", message.data_set.size(), command, syntax)};
    ++(is_response ? operation.response_data_sets : operation.request_data_sets);
    tell_data_set(operation.account, data_set.item(),
                  {command, value_of(operation.account, "dicom.sop_class_uid"), is_response});
  }

  [[nodiscard]] std::string transfer_syntax(std::uint8_t context_id) const {
    for (const AgreedContext& context : contexts_)
      if (context.id == context_id) return context.transfer_syntax;
    return {};
  }

  const std::vector<AgreedContext>& contexts_;
  std::map<std::string, std::size_t> open_;  ///< places in `operations`
};

}  // namespace

std::vector<DcmtkOperation> dcmtk_operations(const SeenAssociation& seen, const std::vector<AgreedContext>& contexts) {
  Pairing pairing{contexts};
  for (const SeenMessage& message : seen.messages) {
    const bool command_is_cut = !message.complete && message.data_set.empty();
    if (!message.command.empty() && !command_is_cut) pairing.on_message(message);
  }
  return std::move(pairing.operations);
}

}  // namespace dcmwatch::oracle
