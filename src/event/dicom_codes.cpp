// What codes inside of data sets, and the types of events and actions, mean: PS3.3, PS3.4, PS3.16.
#include <algorithm>
#include <array>

#include "event/dicom_names.h"

namespace dcmwatch {
namespace {

struct FailureReason {
  std::uint16_t code;
  std::string_view text;
};

// PS3.3 C.14.1.1
constexpr auto kFailureReasons = std::to_array<FailureReason>({
    {0x0110, "processing failure"},
    {0x0112, "no such object instance"},
    {0x0119, "class-instance conflict"},
    {0x0122, "referenced SOP class not supported"},
    {0x0131, "duplicate transaction UID"},
    {0x0213, "resource limitation"},
});

struct CodedReason {
  std::string_view code;
  std::string_view text;
};

// PS3.16 CID 9301 and CID 9302
constexpr auto kDiscontinuations = std::to_array<CodedReason>({
    {"110500", "doctor canceled procedure"},
    {"110501", "equipment failure"},
    {"110502", "incorrect procedure ordered"},
    {"110503", "patient allergic to media/contrast"},
    {"110504", "patient died"},
    {"110505", "patient refused to continue procedure"},
    {"110506", "patient taken for treatment or surgery"},
    {"110507", "patient did not arrive"},
    {"110508", "patient pregnant"},
    {"110509", "change of procedure for correct charging"},
    {"110510", "duplicate order"},
    {"110511", "nursing unit cancel"},
    {"110512", "incorrect side ordered"},
    {"110513", "discontinued for unspecified reason"},
    {"110514", "incorrect worklist entry selected"},
    {"110515", "patient condition prevented continuing"},
    {"110516", "equipment change"},
});

struct TypeMeaning {
  std::string_view sop_class_uid;
  std::uint16_t command_field;
  std::uint16_t type;
  std::string_view text;
};

constexpr auto kTypes = std::to_array<TypeMeaning>({
    {sop_class::kStorageCommitment, dimse::kAction, 1, "request storage commitment"},  // PS3.4 J.3.2
    {sop_class::kStorageCommitment, dimse::kEventReport, 1, "storage commitment request successful"},
    {sop_class::kStorageCommitment, dimse::kEventReport, 2, "storage commitment request complete, failures exist"},
    {"1.2.840.10008.3.1.2.3.5", dimse::kEventReport, 1, "performed procedure step in progress"},  // PS3.4 F.9.2
    {"1.2.840.10008.3.1.2.3.5", dimse::kEventReport, 2, "performed procedure step completed"},
    {"1.2.840.10008.3.1.2.3.5", dimse::kEventReport, 3, "performed procedure step discontinued"},
    {"1.2.840.10008.3.1.2.3.5", dimse::kEventReport, 4, "performed procedure step deleted"},
    {"1.2.840.10008.5.1.1.1", dimse::kAction, 1, "print"},  // PS3.4 H.4
    {"1.2.840.10008.5.1.1.2", dimse::kAction, 1, "print"},
    {"1.2.840.10008.5.1.1.14", dimse::kEventReport, 1, "print job pending"},
    {"1.2.840.10008.5.1.1.14", dimse::kEventReport, 2, "print job printing"},
    {"1.2.840.10008.5.1.1.14", dimse::kEventReport, 3, "print job done"},
    {"1.2.840.10008.5.1.1.14", dimse::kEventReport, 4, "print job failure"},
    {"1.2.840.10008.5.1.1.16", dimse::kEventReport, 1, "printer normal"},
    {"1.2.840.10008.5.1.1.16", dimse::kEventReport, 2, "printer warning"},
    {"1.2.840.10008.5.1.1.16", dimse::kEventReport, 3, "printer failure"},
    {"1.2.840.10008.5.1.1.33", dimse::kAction, 1, "initiate media creation"},  // PS3.4 S.3.2
    {"1.2.840.10008.5.1.1.33", dimse::kAction, 2, "cancel media creation"},
    {"1.2.840.10008.5.1.4.34.6.1", dimse::kAction, 1, "change UPS state"},  // PS3.4 CC.2
    {"1.2.840.10008.5.1.4.34.6.1", dimse::kAction, 2, "request UPS cancel"},
    {"1.2.840.10008.5.1.4.34.6.1", dimse::kAction, 3, "subscribe to UPS"},
    {"1.2.840.10008.5.1.4.34.6.1", dimse::kAction, 4, "unsubscribe from UPS"},
    {"1.2.840.10008.5.1.4.34.6.1", dimse::kAction, 5, "suspend global subscription"},
    {"1.2.840.10008.5.1.4.34.6.1", dimse::kEventReport, 1, "UPS state report"},
    {"1.2.840.10008.5.1.4.34.6.1", dimse::kEventReport, 2, "UPS cancel requested"},
    {"1.2.840.10008.5.1.4.34.6.1", dimse::kEventReport, 3, "UPS progress report"},
    {"1.2.840.10008.5.1.4.34.6.1", dimse::kEventReport, 4, "SCP status change"},
    {"1.2.840.10008.5.1.4.34.6.1", dimse::kEventReport, 5, "UPS assigned"},
});

}  // namespace

std::string_view dicom_failure_reason_meaning(std::uint16_t reason) {
  const auto found = std::ranges::find(kFailureReasons, reason, &FailureReason::code);
  return found == kFailureReasons.end() ? std::string_view{} : found->text;
}

std::string_view dicom_discontinuation_meaning(std::string_view code_value) {
  const auto found = std::ranges::find(kDiscontinuations, code_value, &CodedReason::code);
  return found == kDiscontinuations.end() ? std::string_view{} : found->text;
}

std::string_view dicom_type_meaning(std::uint16_t command_field, std::string_view sop_class_uid, std::uint16_t type) {
  const auto found = std::ranges::find_if(kTypes, [&](const TypeMeaning& row) {
    return row.sop_class_uid == sop_class_uid && row.command_field == command_field && row.type == type;
  });
  return found == kTypes.end() ? std::string_view{} : found->text;
}

}  // namespace dcmwatch
