#include "protocol/hl7/codes.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "protocol/hl7/message_types.h"

namespace dcmwatch::hl7 {
namespace {

// HL7 table 0399, which is ISO 3166-1 alpha-3.
constexpr std::string_view kCountries =
    "ABWAFGAGOAIAALAALBANDAREARGARMASMATAATFATGAUSAUTAZEBDIBELBENBESBFABGDBGRBHRBHSBIHBLMBLRBLZBMUBOLBRABRBBRN"
    "BTNBVTBWACAFCANCCKCHECHLCHNCIVCMRCODCOGCOKCOLCOMCPVCRICUBCUWCXRCYMCYPCZEDEUDJIDMADNKDOMDZAECUEGYERIESHESP"
    "ESTETHFINFJIFLKFRAFROFSMGABGBRGEOGGYGHAGIBGINGLPGMBGNBGNQGRCGRDGRLGTMGUFGUMGUYHKGHMDHNDHRVHTIHUNIDNIMNIND"
    "IOTIRLIRNIRQISLISRITAJAMJEYJORJPNKAZKENKGZKHMKIRKNAKORKWTLAOLBNLBRLBYLCALIELKALSOLTULUXLVAMACMAFMARMCOMDA"
    "MDGMDVMEXMHLMKDMLIMLTMMRMNEMNGMNPMOZMRTMSRMTQMUSMWIMYSMYTNAMNCLNERNFKNGANICNIUNLDNORNPLNRUNZLOMNPAKPANPCN"
    "PERPHLPLWPNGPOLPRIPRKPRTPRYPSEPYFQATREUROURUSRWASAUSDNSENSGPSGSSHNSJMSLBSLESLVSMRSOMSPMSRBSSDSTPSURSVKSVN"
    "SWESWZSXMSYCSYRTCATCDTGOTHATJKTKLTKMTLSTONTTOTUNTURTUVTWNTZAUGAUKRUMIURYUSAUZBVATVCTVENVGBVIRVNMVUTWLFWSM"
    "YEMZAFZMBZWE";

constexpr std::size_t kLongestVersion = 5;  // "2.5.1"
constexpr std::size_t kLongestCode = kLongestVersion;

/// A code of a table as one number, its length and its characters, so that they are compared at once.
constexpr std::uint64_t number_of(std::string_view code) {
  std::uint64_t number = code.size();
  for (const char c : code) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

template <typename... Codes>
constexpr std::array<std::uint64_t, sizeof...(Codes)> table(Codes... codes) {
  return {number_of(codes)...};
}

constexpr auto kAcknowledgementCodes = table("AA", "AE", "AR", "CA", "CE", "CR");            // 0008
constexpr auto kOrderStatuses = table("A", "CA", "CM", "DC", "ER", "HD", "IP", "RP", "SC");  // 0038
constexpr auto kObservationStatuses =
    table("A", "B", "C", "D", "F", "I", "N", "O", "P", "R", "S", "U", "V", "W", "X");  // 0085
constexpr auto kProcessingIds = table("D", "P", "T");                                  // 0103
constexpr auto kVersions = table("2.0", "2.0D", "2.1", "2.2", "2.3", "2.3.1", "2.3.2", "2.4", "2.5", "2.5.1", "2.6",
                                 "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2", "2.9", "2.9.1");                     // 0104
constexpr auto kResultStatuses = table("A", "C", "F", "I", "M", "N", "O", "P", "R", "S", "V", "X", "Y", "Z");  // 0123

/// Codes of two capitals, a bit for each second one.
using Pairs = std::array<std::uint32_t, 26>;

constexpr Pairs pairs(std::string_view codes) {
  Pairs pairs{};
  for (std::size_t at = 0; at + 1 < codes.size(); at += 2)
    pairs[static_cast<std::size_t>(codes[at] - 'A')] |= 1U << (codes[at + 1] - 'A');
  return pairs;
}

constexpr Pairs kOrderControls = pairs(
    "AFCACHCNCPCRDCDEDFDRFUHDHRLIMCNANRNWOCODOEOFOHOKOPORPAPRPYRARCRDRERFRLRORPRQRRRUSCSNSQSRSSSUUAUCUDUFUHUMUNURUXXO"
    "XRXX");  // 0119

constexpr bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <std::size_t size>
bool stands_in(const std::array<std::uint64_t, size>& table, std::string_view text) {
  return text.size() <= kLongestCode && std::ranges::find(table, number_of(text)) != table.end();
}

template <std::size_t size>
std::string_view one_of(const std::array<std::uint64_t, size>& table, std::string_view text) {
  return stands_in(table, text) ? text : std::string_view{};
}

bool is_number_within(std::string_view two_digits, int least, int most) {
  const int number = (two_digits[0] - '0') * 10 + (two_digits[1] - '0');
  return number >= least && number <= most;
}

}  // namespace

std::optional<Code> message_type(const Message& message) {
  const std::string_view code = message.component(Field::message_type, 1);
  const std::string_view event = message.component(Field::message_type, 2);
  if (!is_message_type(code)) return std::nullopt;
  if (event.empty()) return Code{code};
  if (!is_trigger_event(event)) return std::nullopt;
  Code text = code;
  text.append("^");
  text.append(event);
  return text;
}

std::optional<Code> acknowledgement_code(const Message& message) {
  const std::string_view code = one_of(kAcknowledgementCodes, message.component(Field::acknowledgement_code));
  if (code.empty()) return std::nullopt;
  return Code{code};
}

std::string_view processing_id(const Message& message) {
  return one_of(kProcessingIds, message.component(Field::processing_id));
}

bool is_known_version(std::string_view version) { return stands_in(kVersions, version); }

bool is_version(std::string_view version) {
  return version.starts_with("2.") && version.size() <= kLongestVersion && is_digit(version.back()) &&
         std::ranges::all_of(version, [](char c) { return is_digit(c) || c == '.'; });
}

bool is_time(std::string_view text) {
  const auto take_digits = [&text] {
    const auto end = std::ranges::find_if_not(text, is_digit);
    const std::string_view digits{text.begin(), end};
    text.remove_prefix(digits.size());
    return digits;
  };
  const std::string_view digits = take_digits();
  constexpr std::size_t kYear = 4, kSeconds = 14;
  if (digits.size() < kYear || digits.size() > kSeconds || digits.size() % 2 != 0) return false;
  constexpr std::array<std::array<int, 2>, 5> kRanges{{{1, 12}, {1, 31}, {0, 23}, {0, 59}, {0, 59}}};
  for (std::size_t at = kYear; at < digits.size(); at += 2) {
    const auto& [least, most] = kRanges[(at - kYear) / 2];
    if (!is_number_within(digits.substr(at), least, most)) return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::size_t fraction = take_digits().size();
    if (digits.size() != kSeconds || fraction == 0 || fraction > 4) return false;
  }
  if (text.empty()) return true;
  if (text.front() != '+' && text.front() != '-') return false;
  text.remove_prefix(1);
  return take_digits().size() == 4 && text.empty();
}

std::string_view order_control(std::string_view text) {
  const bool known = text.size() == 2 && is_capital(text[0]) && is_capital(text[1]) &&
                     (kOrderControls[static_cast<std::size_t>(text[0] - 'A')] >> (text[1] - 'A') & 1U) != 0;
  return known ? text : std::string_view{};
}
std::string_view order_status(std::string_view text) { return one_of(kOrderStatuses, text); }
std::string_view result_status(std::string_view text) { return one_of(kResultStatuses, text); }
std::string_view observation_status(std::string_view text) { return one_of(kObservationStatuses, text); }

bool is_country(std::string_view text) {
  constexpr std::size_t kLength = 3;
  if (text.size() != kLength) return false;
  for (std::size_t at = 0; at < kCountries.size(); at += kLength) {
    if (kCountries.substr(at, kLength) == text) return true;
  }
  return false;
}

}  // namespace dcmwatch::hl7
