#include "model/learn_names.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace dcmwatch {
namespace {

constexpr std::size_t kLongestName = 64;

struct RoleWords {
  std::string_view singular, plural, zone;
};
constexpr std::array<RoleWords, 14> kRoles{{{"host", "hosts", "hosts"},
                                            {"modality", "modalities", "modalities"},
                                            {"archive", "archives", "archive"},
                                            {"workstation", "workstations", "reading"},
                                            {"system", "information-systems", "clinical"},
                                            {"engine", "engines", "clinical"},
                                            {"router", "routers", "routing"},
                                            {"algorithm", "algorithms", "research"},
                                            {"printer", "printers", "printing"},
                                            {"monitor", "monitors", "monitoring"},
                                            {"balancer", "balancers", "archive"},
                                            {"migration", "migrations", "archive"},
                                            {"scanner", "scanners", "monitoring"},
                                            {"vendor", "vendors", "vendor"}}};  // by DeviceRole

struct WellKnown {
  std::uint16_t port;
  std::string_view name;
};
// IANA's registry of service names.
constexpr std::array<WellKnown, 24> kServices{
    {{22, "ssh"},         {23, "telnet"},         {25, "smtp"},         {53, "dns"},         {67, "dhcp"},
     {68, "dhcp-client"}, {80, "http"},           {88, "kerberos"},     {104, "dicom-port"}, {123, "ntp"},
     {135, "rpc"},        {137, "netbios-names"}, {138, "netbios"},     {161, "snmp"},       {389, "ldap"},
     {443, "https"},      {445, "smb"},           {514, "syslog"},      {636, "ldaps"},      {1433, "sql-server"},
     {3306, "mysql"},     {3389, "rdp"},          {5432, "postgresql"}, {5900, "vnc"}}};

}  // namespace

std::string Names::unique(std::string name) {
  name.resize(std::min(name.size(), kLongestName));
  std::string candidate = name;
  for (std::size_t number = 2; !taken_.insert(candidate).second; ++number) {
    const std::string suffix = '-' + std::to_string(number);
    candidate = name.substr(0, kLongestName - suffix.size()) + suffix;
  }
  return candidate;
}

std::string name_from(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool usable = byte < 0x80 && (std::isalnum(byte) != 0 || c == '_');
    if (usable) {
      name += static_cast<char>(std::tolower(byte));
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name;
}

std::string_view singular_of(DeviceRole role) { return kRoles[static_cast<std::size_t>(role)].singular; }
std::string_view plural_of(DeviceRole role) { return kRoles[static_cast<std::size_t>(role)].plural; }
std::string_view zone_of(DeviceRole role) { return kRoles[static_cast<std::size_t>(role)].zone; }

std::string_view well_known_service(std::uint16_t port) {
  const auto found = std::ranges::find(kServices, port, &WellKnown::port);
  return found == kServices.end() ? std::string_view{} : found->name;
}

}  // namespace dcmwatch
