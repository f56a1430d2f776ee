// What MSH-9 may say, so that nothing else that happens to stand there is told.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace dcmwatch::hl7 {

/// HL7 table 0076 of all versions: a type that the standard dropped is still sent.
inline constexpr auto kMessageTypes = std::to_array<std::string_view>(
    {"ACK", "ADR", "ADT", "ARD", "BAR", "BPS", "BRP", "BRT", "BTS", "CCF", "CCI", "CCM", "CCQ", "CCR", "CCU", "CQU",
     "CRM", "CSU", "DBC", "DBU", "DEL", "DEO", "DER", "DES", "DET", "DFT", "DOC", "DPR", "DRC", "DRG", "DSR", "EAC",
     "EAN", "EAR", "EDR", "EHC", "EQQ", "ERP", "ESR", "ESU", "INR", "INU", "LSR", "LSU", "MCF", "MDM", "MFD", "MFK",
     "MFN", "MFQ", "MFR", "NMD", "NMQ", "NMR", "OMB", "OMD", "OMG", "OMI", "OML", "OMN", "OMP", "OMQ", "OMS", "OPL",
     "OPR", "OPU", "ORA", "ORB", "ORD", "ORF", "ORG", "ORI", "ORL", "ORM", "ORN", "ORP", "ORR", "ORS", "ORU", "ORX",
     "OSM", "OSQ", "OSR", "OSU", "OUL", "PEX", "PGL", "PIN", "PMU", "PPG", "PPP", "PPR", "PPT", "PPV", "PRR", "PTR",
     "QBP", "QCK", "QCN", "QRY", "QSB", "QSX", "QVR", "RAR", "RAS", "RCI", "RCL", "RDE", "RDR", "RDS", "RDY", "REF",
     "RER", "RGR", "RGV", "ROR", "RPA", "RPI", "RPL", "RPR", "RQA", "RQC", "RQI", "RQP", "RQQ", "RRA", "RRD", "RRE",
     "RRG", "RRI", "RSP", "RTB", "SCN", "SDN", "SDR", "SIU", "SLN", "SLR", "SMD", "SPQ", "SQM", "SQR", "SRM", "SRR",
     "SSR", "SSU", "STC", "STI", "SUR", "TBR", "TCR", "TCU", "UDM", "VQQ", "VTQ", "VTR", "VXQ", "VXR", "VXU", "VXX"});
static_assert(std::is_sorted(kMessageTypes.begin(), kMessageTypes.end()));

/// Three characters as one number in their order, so that a search compares numbers.
constexpr std::uint32_t type_code(std::string_view three) {
  std::uint32_t code = 0;
  for (const char c : three) code = code << 8 | static_cast<unsigned char>(c);
  return code;
}

inline constexpr auto kMessageTypeCodes = [] {
  std::array<std::uint32_t, kMessageTypes.size()> codes{};
  std::transform(kMessageTypes.begin(), kMessageTypes.end(), codes.begin(), type_code);
  return codes;
}();

constexpr bool is_upper_or_digit(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// HL7 table 0076, or a site's own (2.11): Z and two more.
constexpr bool is_message_type(std::string_view code) {
  if (code.size() != 3) return false;
  if (code[0] == 'Z') return is_upper_or_digit(code[1]) && is_upper_or_digit(code[2]);
  return std::binary_search(kMessageTypeCodes.begin(), kMessageTypeCodes.end(), type_code(code));
}

/// The shapes of HL7 table 0003: "A01", "PC6" and "Z99", and the few that end with a letter.
constexpr bool is_trigger_event(std::string_view code) {
  if (code.size() != 3) return false;
  if (code == "R0R" || (code.starts_with("PC") && code[2] >= 'A' && code[2] <= 'L')) return true;
  return code[0] >= 'A' && code[0] <= 'Z' && is_upper_or_digit(code[1]) && code[2] >= '0' && code[2] <= '9';
}

}  // namespace dcmwatch::hl7
