#include "event/dicom_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "event/dicom_attributes.h"
#include "event/dicom_uids.h"

namespace dcmwatch {
namespace {

static_assert(std::ranges::is_sorted(kDicomAttributes, {}, &NamedAttribute::tag));
static_assert(std::ranges::is_sorted(kDicomUids, {}, &NamedUid::uid));
static_assert(std::ranges::adjacent_find(kDicomUids, {}, &NamedUid::uid) == kDicomUids.end());

/// Where a UID stands in kDicomUids, by its last bytes, in which UIDs differ: a table with open addressing, filled when
/// this is compiled. One is looked up for each operation, mostly with one comparison.
class UidIndex {
 public:
  constexpr UidIndex() {
    for (std::size_t i = 0; i < kDicomUids.size(); ++i) {
      std::size_t slot = slot_of(kDicomUids[i].uid);
      while (one_more_[slot] != 0) slot = next(slot);
      one_more_[slot] = static_cast<std::uint16_t>(i + 1);
    }
  }

  /// Counted from 1; 0: it is not there.
  [[nodiscard]] std::uint16_t place_of(std::string_view uid) const {
    std::size_t slot = slot_of(uid);
    while (one_more_[slot] != 0 && kDicomUids[one_more_[slot] - 1U].uid != uid) slot = next(slot);
    return one_more_[slot];
  }

 private:
  static constexpr unsigned kBits = 11;
  static constexpr std::size_t kSlots = std::size_t{1} << kBits;
  static_assert(kDicomUids.size() < kSlots / 2);

  static constexpr std::size_t next(std::size_t slot) { return (slot + 1) % kSlots; }
  // Read at once; written out so that this is what it is compiled to.
  template <std::size_t count>
  static constexpr std::uint64_t bytes_at(std::string_view uid, std::size_t at) {
    const auto byte = [&](std::size_t i) { return std::uint64_t{static_cast<std::uint8_t>(uid[at + i])} << (8 * i); };
    std::uint64_t low = byte(0) | byte(1) | byte(2) | byte(3);
    if constexpr (count == 8) low |= byte(4) | byte(5) | byte(6) | byte(7);
    return low;
  }
  static constexpr std::size_t slot_of(std::string_view uid) {
    if (uid.size() < 12) return 0;  // none of the registry's is as short
    const std::uint64_t last = bytes_at<8>(uid, uid.size() - 8) + bytes_at<4>(uid, uid.size() - 12) * 31 + uid.size();
    return last * 0x9e3779b97f4a7c15U >> (64 - kBits);  // Fibonacci hashing
  }

  std::array<std::uint16_t, kSlots> one_more_{};  ///< than the index; 0: none
};
constexpr UidIndex kUidIndex;

struct NamedCommand {
  std::uint16_t field;
  std::string_view name;
};

// PS3.7 E.1, requests; a response is its request's field with the highest bit set.
constexpr auto kCommands = std::to_array<NamedCommand>({
    {0x0001, "C-STORE"},
    {0x0010, "C-GET"},
    {0x0020, "C-FIND"},
    {0x0021, "C-MOVE"},
    {0x0030, "C-ECHO"},
    {0x0100, "N-EVENT-REPORT"},
    {0x0110, "N-GET"},
    {0x0120, "N-SET"},
    {0x0130, "N-ACTION"},
    {0x0140, "N-CREATE"},
    {0x0150, "N-DELETE"},
    {0x0fff, "C-CANCEL"},
});

struct NamedCode {
  std::uint8_t source;
  std::uint8_t reason;
  std::string_view text;
  std::string_view kind = {};
};

// PS3.8 9.3.4: the reasons of an A-ASSOCIATE-RJ, by source.
constexpr auto kRejectionReasons = std::to_array<NamedCode>({
    {1, 1, "no reason given"},
    {1, 2, "application context name not supported", "protocol"},
    {1, 3, "calling AE title not recognized", "configuration"},
    {1, 7, "called AE title not recognized", "configuration"},
    {2, 1, "no reason given"},
    {2, 2, "protocol version not supported", "protocol"},
    {3, 1, "temporary congestion", "availability"},
    {3, 2, "local limit exceeded", "availability"},
});

// PS3.8 9.3.8: the reasons of an A-ABORT by the service provider.
constexpr auto kAbortReasons = std::to_array<NamedCode>({
    {2, 0, "reason not specified"},
    {2, 1, "unrecognized PDU"},
    {2, 2, "unexpected PDU"},
    {2, 4, "unrecognized PDU parameter"},
    {2, 5, "unexpected PDU parameter"},
    {2, 6, "invalid PDU parameter value"},
});

template <std::size_t size>
const NamedCode* find_code(const std::array<NamedCode, size>& table, std::uint8_t source, std::uint8_t reason) {
  const auto is_it = [&](const NamedCode& code) { return code.source == source && code.reason == reason; };
  const auto found = std::ranges::find_if(table, is_it);
  return found == table.end() ? nullptr : &*found;
}

template <std::size_t size>
std::string reason_text(const std::array<NamedCode, size>& table, std::uint8_t source, std::uint8_t reason) {
  const NamedCode* code = find_code(table, source, reason);
  return code ? std::string{code->text} : fmt::format("source {}, reason {}", source, reason);
}

}  // namespace

std::string_view dicom_command_name(std::uint16_t command_field) {
  const std::uint16_t request = dimse::request_field(command_field);
  const auto* found = std::ranges::find(kCommands, request, &NamedCommand::field);
  return found == kCommands.end() ? std::string_view{} : found->name;
}

std::uint16_t dicom_command_field(std::string_view name) {
  const auto* found = std::ranges::find(kCommands, name, &NamedCommand::name);
  return found == kCommands.end() ? std::uint16_t{0} : found->field;
}

std::string dicom_priority_text(std::uint16_t priority) {
  constexpr std::array<std::string_view, 3> kPriorities{"medium", "high", "low"};
  return priority < kPriorities.size() ? std::string{kPriorities[priority]} : std::to_string(priority);
}

Text<64> dicom_tag_name(std::uint32_t tag) {
  const auto* found = std::ranges::lower_bound(kDicomAttributes, tag, {}, &NamedAttribute::tag);
  if (found != kDicomAttributes.end() && found->tag == tag) return found->keyword;
  return fmt::format("({:04x},{:04x})", tag >> 16, tag & 0xffffU);
}

std::string_view dicom_uid_name(std::string_view uid) {
  const std::uint16_t place = kUidIndex.place_of(uid);
  return place == 0 ? std::string_view{} : kDicomUids[place - 1U].name;
}

std::uint16_t dicom_uid_place(std::string_view uid) { return kUidIndex.place_of(uid); }

std::string_view dicom_uid_at(std::uint16_t place) {
  return place == 0 ? std::string_view{} : kDicomUids[place - 1U].uid;
}

std::string dicom_context_result_text(std::uint8_t result) {
  constexpr std::array<std::string_view, 5> kResults{"acceptance", "user rejection", "no reason (provider rejection)",
                                                     "abstract syntax not supported",
                                                     "transfer syntaxes not supported"};
  return result < kResults.size() ? std::string{kResults[result]} : std::to_string(result);
}

std::string_view dicom_role_text(bool scu, bool scp) {
  if (scu && scp) return "both";
  if (scu) return "scu";
  return scp ? "scp" : "none";
}

std::string dicom_user_identity_text(std::uint8_t type) {
  constexpr std::array<std::string_view, 6> kTypes{
      "", "user name", "user name and passcode", "Kerberos service ticket", "SAML assertion", "JSON Web Token"};
  return type >= 1 && type < kTypes.size() ? std::string{kTypes[type]} : std::to_string(type);
}

std::string dicom_item_text(std::uint8_t type) { return fmt::format("{:02x}", type); }

std::string dicom_rejection_text(std::uint8_t result, std::uint8_t source, std::uint8_t reason) {
  const std::string why = reason_text(kRejectionReasons, source, reason);
  if (result == 1) return "rejected-permanent, " + why;
  if (result == 2) return "rejected-transient, " + why;
  return fmt::format("result {}, {}", result, why);
}

std::string dicom_rejection_source_text(std::uint8_t source) {
  constexpr std::array<std::string_view, 3> kSources{"service user", "service provider (ACSE)",
                                                     "service provider (presentation)"};
  return source >= 1 && source <= kSources.size() ? std::string{kSources[source - 1U]}
                                                  : fmt::format("source {}", source);
}

bool dicom_rejection_is_known(std::uint8_t result, std::uint8_t source, std::uint8_t reason) {
  return (result == 1 || result == 2) && find_code(kRejectionReasons, source, reason) != nullptr;
}

std::string_view dicom_rejection_kind(std::uint8_t source, std::uint8_t reason) {
  const NamedCode* code = find_code(kRejectionReasons, source, reason);
  return code ? code->kind : std::string_view{};
}

std::string dicom_abort_text(std::uint8_t source, std::uint8_t reason) {
  if (source == 0) return "by the service user";  // its reason is not significant
  if (source == 2) return "by the service provider, " + reason_text(kAbortReasons, source, reason);
  return fmt::format("source {}, reason {}", source, reason);
}

bool dicom_abort_is_known(std::uint8_t source, std::uint8_t reason) {
  return source == 0 || find_code(kAbortReasons, source, reason) != nullptr;
}

}  // namespace dcmwatch
