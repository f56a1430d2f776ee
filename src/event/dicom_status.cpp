// The statuses of DIMSE responses: their classes (PS3.7 C) and what they mean for each service (PS3.4).
#include <algorithm>
#include <array>
#include <span>

#include "event/dicom_names.h"

namespace dcmwatch {
namespace {

struct StatusRange {
  std::uint16_t first;
  std::uint16_t last;
  StatusClass status_class;

  [[nodiscard]] constexpr bool holds(std::uint16_t status) const { return first <= status && status <= last; }
};

// PS3.7 C.1 to C.5: the general rules and, before them, the codes that the rules would take for something else.
// A status is of the first range that holds it.
constexpr auto kStatusRanges = std::to_array<StatusRange>({
    {0x0000, 0x0000, StatusClass::success},
    {0x0001, 0x0001, StatusClass::warning},  // requested optional attributes are not supported
    {0x0107, 0x0107, StatusClass::warning},  // attribute list error
    {0x0116, 0x0116, StatusClass::warning},  // attribute value out of range
    {0x0100, 0x02ff, StatusClass::failure},
    {0xa000, 0xafff, StatusClass::failure},
    {0xb000, 0xbfff, StatusClass::warning},
    {0xc000, 0xcfff, StatusClass::failure},
    {0xfe00, 0xfe00, StatusClass::cancel},
    {0xff00, 0xff01, StatusClass::pending},
});

struct StatusMeaning {
  std::uint16_t first;
  std::uint16_t last;
  std::string_view text;
};

constexpr auto kAny = std::to_array<StatusMeaning>({
    {0x0000, 0x0000, "success"},
    {0x0001, 0x0001, "requested optional attributes are not supported"},
    {0x0105, 0x0105, "no such attribute"},
    {0x0106, 0x0106, "invalid attribute value"},
    {0x0107, 0x0107, "attribute list error"},
    {0x0110, 0x0110, "processing failure"},
    {0x0111, 0x0111, "duplicate SOP instance"},
    {0x0112, 0x0112, "no such SOP instance"},
    {0x0113, 0x0113, "no such event type"},
    {0x0114, 0x0114, "no such argument"},
    {0x0115, 0x0115, "invalid argument value"},
    {0x0116, 0x0116, "attribute value out of range"},
    {0x0117, 0x0117, "invalid SOP instance"},
    {0x0118, 0x0118, "no such SOP class"},
    {0x0119, 0x0119, "class-instance conflict"},
    {0x0120, 0x0120, "missing attribute"},
    {0x0121, 0x0121, "missing attribute value"},
    {0x0122, 0x0122, "SOP class not supported"},
    {0x0123, 0x0123, "no such action type"},
    {0x0124, 0x0124, "not authorized"},
    {0x0210, 0x0210, "duplicate invocation"},
    {0x0211, 0x0211, "unrecognized operation"},
    {0x0212, 0x0212, "mistyped argument"},
    {0x0213, 0x0213, "resource limitation"},
});

constexpr auto kStore = std::to_array<StatusMeaning>({
    {0xa700, 0xa7ff, "out of resources"},
    {0xa900, 0xa9ff, "data set does not match SOP class"},
    {0xb000, 0xb000, "coercion of data elements"},
    {0xb006, 0xb006, "elements discarded"},
    {0xb007, 0xb007, "data set does not match SOP class"},
    {0xc000, 0xcfff, "cannot understand"},
});

constexpr auto kFind = std::to_array<StatusMeaning>({
    {0xa700, 0xa700, "out of resources"},
    {0xa900, 0xa900, "identifier does not match SOP class"},
    {0xc000, 0xcfff, "unable to process"},
    {0xfe00, 0xfe00, "matching terminated by a cancel request"},
    {0xff00, 0xff00, "matches are continuing"},
    {0xff01, 0xff01, "matches are continuing, optional keys were not supported"},
});

constexpr auto kRelevantPatient = std::to_array<StatusMeaning>({
    {0xc100, 0xc100, "more than one match found"},
    {0xc200, 0xc200, "unable to support requested template"},
});

constexpr auto kMove = std::to_array<StatusMeaning>({
    {0xa801, 0xa801, "move destination unknown"},
});

constexpr auto kRetrieve = std::to_array<StatusMeaning>({
    {0xa701, 0xa701, "out of resources, unable to calculate number of matches"},
    {0xa702, 0xa702, "out of resources, unable to perform sub-operations"},
    {0xa900, 0xa900, "identifier does not match SOP class"},
    {0xaa00, 0xaa00, "none of the frames requested were found in the SOP instance"},
    {0xaa01, 0xaa01, "unable to create new object for this SOP class"},
    {0xaa02, 0xaa02, "unable to extract frames"},
    {0xaa03, 0xaa03, "time-based request for an instance that is not time-based"},
    {0xaa04, 0xaa04, "invalid request"},
    {0xb000, 0xb000, "sub-operations complete, one or more failures or warnings"},
    {0xc000, 0xcfff, "unable to process"},
    {0xfe00, 0xfe00, "sub-operations terminated by a cancel request"},
    {0xff00, 0xff00, "sub-operations are continuing"},
});

constexpr auto kPerformedStep = std::to_array<StatusMeaning>({
    {0x0110, 0x0110, "processing failure: the performed procedure step may no longer be updated"},
});

constexpr auto kPrint = std::to_array<StatusMeaning>({
    {0xb600, 0xb600, "memory allocation not supported"},
    {0xb601, 0xb601, "film session printing (collation) is not supported"},
    {0xb602, 0xb602, "film session has no image boxes (empty page)"},
    {0xb603, 0xb603, "film box has no image boxes (empty page)"},
    {0xb604, 0xb604, "image is larger than the image box and was demagnified"},
    {0xb605, 0xb605, "requested density is outside of the printer's range"},
    {0xb609, 0xb609, "image is larger than the image box and was cropped"},
    {0xb60a, 0xb60a, "image is larger than the image box and was decimated"},
    {0xc600, 0xc600, "film session has no film boxes"},
    {0xc601, 0xc602, "unable to create print job, print queue is full"},
    {0xc603, 0xc603, "image is larger than the image box"},
    {0xc605, 0xc605, "insufficient memory in printer to store the image"},
    {0xc613, 0xc613, "combined print image is larger than the image box"},
    {0xc616, 0xc616, "a film box has not been printed, no new one is created"},
});

constexpr auto kMediaCreation = std::to_array<StatusMeaning>({
    {0xa510, 0xa510, "media creation was already initiated for this instance"},
    {0xc201, 0xc201, "media creation request already completed"},
    {0xc202, 0xc202, "media creation request in progress, cannot be interrupted"},
    {0xc203, 0xc203, "cancellation denied for unspecified reason"},
});

constexpr auto kEventLogging = std::to_array<StatusMeaning>({
    {0xb101, 0xb101, "synchronization frame of reference does not match"},
    {0xb102, 0xb102, "study instance UID coercion, event logged under another study"},
    {0xb104, 0xb104, "ids inconsistent in matching a current study, event logged"},
    {0xc101, 0xc101, "procedural logging not available for the study"},
    {0xc102, 0xc102, "event information does not match template"},
    {0xc103, 0xc103, "cannot match event to a current study"},
    {0xc104, 0xc104, "ids inconsistent in matching a current study, event not logged"},
    {0xc10e, 0xc10e, "operator not authorized to add entry"},
    {0xc110, 0xc110, "patient cannot be identified"},
    {0xc111, 0xc111, "update of medication administration record failed"},
});

constexpr auto kProcedureStep = std::to_array<StatusMeaning>({
    {0xb300, 0xb300, "UPS was created with modifications"},
    {0xb301, 0xb301, "deletion lock not granted"},
    {0xb304, 0xb304, "UPS is already canceled"},
    {0xb305, 0xb305, "coerced invalid values to valid values"},
    {0xb306, 0xb306, "UPS is already completed"},
    {0xc300, 0xc300, "UPS may no longer be updated"},
    {0xc301, 0xc301, "the correct transaction UID was not provided"},
    {0xc302, 0xc302, "UPS is already in progress"},
    {0xc303, 0xc303, "UPS may only become scheduled via N-CREATE"},
    {0xc304, 0xc304, "UPS has not met the final state's requirements"},
    {0xc307, 0xc307, "no such UPS"},
    {0xc308, 0xc308, "receiving AE title is unknown"},
    {0xc309, 0xc309, "the provided UPS state was not SCHEDULED"},
    {0xc310, 0xc310, "UPS is not yet in progress"},
    {0xc311, 0xc311, "UPS is already completed"},
    {0xc312, 0xc312, "the performer cannot be contacted"},
    {0xc313, 0xc313, "performer chooses not to cancel"},
    {0xc314, 0xc314, "action not appropriate for the instance"},
    {0xc315, 0xc315, "event reports are not supported"},
});

constexpr auto kMachineVerification = std::to_array<StatusMeaning>({
    {0xc112, 0xc112, "no such machine verification instance"},
    {0xc221, 0xc221, "no such fraction group in the plan"},
    {0xc222, 0xc222, "no beams in the fraction group"},
    {0xc223, 0xc223, "already verifying, cannot process this request"},
    {0xc224, 0xc224, "no such beam in the fraction group"},
    {0xc225, 0xc225, "device or accessory not supported"},
    {0xc226, 0xc226, "no such device or accessory in the beam"},
    {0xc227, 0xc227, "no such plan"},
});

constexpr auto kInventory = std::to_array<StatusMeaning>({
    {0xb001, 0xb001, "matching reached the response limit"},
});

struct Service {
  std::uint16_t command_field;   ///< 0: any
  std::string_view sop_classes;  ///< how their UIDs begin
  std::span<const StatusMeaning> statuses;
};

// Of a status the first row counts that knows it.
constexpr auto kServices = std::to_array<Service>({
    {dimse::kStore, "", kStore},                                        // PS3.4 B.2.3, GG.4
    {dimse::kFind, "1.2.840.10008.5.1.4.37.", kRelevantPatient},        // PS3.4 Q
    {dimse::kFind, "1.2.840.10008.5.1.4.1.1.201.", kInventory},         // PS3.4 C.6.4
    {dimse::kFind, "", kFind},                                          // PS3.4 C.4.1.1.4, K.4.1.1.4, CC.2.8.4
    {dimse::kMove, "", kMove},                                          // PS3.4 C.4.2.1.5
    {dimse::kMove, "", kRetrieve},                                      // PS3.4 C.4.2.1.5, Y.4.1.1.4
    {dimse::kGet, "", kRetrieve},                                       // PS3.4 C.4.3.1.4, Y.4.2.1.4
    {dimse::kSet, sop_class::kPerformedProcedureStep, kPerformedStep},  // PS3.4 F.7.2.2.4
    {0, "1.2.840.10008.5.1.1.33", kMediaCreation},                      // PS3.4 S
    {0, "1.2.840.10008.5.1.1.", kPrint},                                // PS3.4 H.4
    {0, "1.2.840.10008.5.1.4.34.6.", kProcedureStep},                   // PS3.4 CC.2
    {0, "1.2.840.10008.5.1.4.34.4.", kProcedureStep},                   // the same on trial
    {0, "1.2.840.10008.5.1.4.34.8", kMachineVerification},              // PS3.4 DD
    {0, "1.2.840.10008.5.1.4.34.9", kMachineVerification},              // PS3.4 DD
    {0, "1.2.840.10008.1.40", kEventLogging},                           // PS3.4 P
    {0, "1.2.840.10008.1.42", kEventLogging},                           // PS3.4 P
    {0, "", kAny},                                                      // PS3.7 C
});

}  // namespace

std::optional<StatusClass> dicom_regular_status_class(std::uint16_t command_field, std::uint16_t status) {
  for (const StatusRange& range : kStatusRanges) {
    if (!range.holds(status)) continue;
    // PS3.7 9.1.2 to 9.1.4: these are answered more than once, and can be cancelled.
    const bool of_queries = range.status_class == StatusClass::cancel || range.status_class == StatusClass::pending;
    if (of_queries && !dimse::is_query(dimse::request_field(command_field))) return std::nullopt;
    return range.status_class;
  }
  return std::nullopt;
}

StatusClass dicom_status_class(std::uint16_t command_field, std::uint16_t status) {
  return dicom_regular_status_class(command_field, status).value_or(StatusClass::failure);
}

std::string_view to_text(StatusClass status_class) {
  switch (status_class) {
    case StatusClass::success: return "success";
    case StatusClass::warning: return "warning";
    case StatusClass::failure: return "failure";
    case StatusClass::cancel: return "cancel";
    case StatusClass::pending: return "pending";
  }
  return {};
}

std::string dicom_status_text(std::uint16_t status) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  return {kHex[status >> 12], kHex[status >> 8 & 15], kHex[status >> 4 & 15], kHex[status & 15]};
}

std::string_view dicom_status_meaning(std::uint16_t command_field, std::string_view sop_class_uid,
                                      std::uint16_t status) {
  if (status == 0) return kAny.front().text;  // most of all
  const std::uint16_t request = dimse::request_field(command_field);
  for (const Service& service : kServices) {
    if (service.command_field != 0 && service.command_field != request) continue;
    if (!sop_class_uid.starts_with(service.sop_classes)) continue;
    const auto knows = [status](const StatusMeaning& row) { return row.first <= status && status <= row.last; };
    const auto found = std::ranges::find_if(service.statuses, knows);
    if (found != service.statuses.end()) return found->text;
  }
  return {};
}

}  // namespace dcmwatch
