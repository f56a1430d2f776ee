#include "capture/filter.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "capture/source.h"

namespace dcmwatch {
namespace {

constexpr int kSnapLength = 262144;
constexpr std::size_t kMostPrograms = 64;  // a capture has one or two link types; a hostile one has many

// Link types in files and in libpcap's calls differ for a few old ones; raw IP is the one that matters.
constexpr std::uint16_t kLinkTypeRaw = 101;
int dlt_of(std::uint16_t link_type) { return link_type == kLinkTypeRaw ? DLT_RAW : link_type; }

std::string not_usable(const std::string& expression, const std::string& why) {
  return "filter \"" + expression + "\": " + why;
}

// `vlan` as a word of its own, not within a host's name.
bool names_vlan(std::string_view expression) {
  constexpr std::string_view kVlan = "vlan";
  const auto in_word = [&](std::size_t at) {
    return at < expression.size() && (std::isalnum(static_cast<unsigned char>(expression[at])) != 0 ||
                                      std::string_view{"-_."}.find(expression[at]) != std::string_view::npos);
  };
  for (std::size_t at = expression.find(kVlan); at != std::string_view::npos; at = expression.find(kVlan, at + 1)) {
    if ((at == 0 || !in_word(at - 1)) && !in_word(at + kVlan.size())) return true;
  }
  return false;
}

/// Where a frame says what follows: 802.1Q 9.4, and the pseudo-header of "any" (LINKTYPE_LINUX_SLL).
struct TypeField {
  std::uint16_t link_type;
  std::size_t offset;
};
constexpr std::array kTypeFields{TypeField{1, 12}, TypeField{113, 14}};

// Ethernet, "any", raw IP, 802.11: an expression may make sense for one of them alone.
constexpr std::array<std::uint16_t, 4> kUsualLinkTypes{1, 113, kLinkTypeRaw, 105};

bool is_tag(const std::uint8_t* type) {
  const unsigned value = static_cast<unsigned>(type[0]) << 8 | type[1];
  return value == 0x8100 || value == 0x88a8 || value == 0x9100;
}

}  // namespace

void Filter::FreeCode::operator()(bpf_program* program) const {
  pcap_freecode(program);
  delete program;
}

Filter::Filter(std::string expression) : expression_(std::move(expression)), names_vlan_(names_vlan(expression_)) {
  const auto compiles = [this](std::uint16_t link_type) { return program_for(link_type).code != nullptr; };
  if (given() && std::ranges::none_of(kUsualLinkTypes, compiles)) {
    throw FilterError(not_usable(expression_, program_for(kUsualLinkTypes.front()).error));
  }
}

bool Filter::selects(std::uint16_t link_type, ByteView bytes, std::uint32_t wire_bytes) {
  if (!given()) return true;
  const Program& program = program_for(link_type);
  if (!program.code) {
    if (fault_.empty()) {
      fault_ = "packets of link type " + std::to_string(link_type) + " were left out, since the " +
               not_usable(expression_, program.error);
    }
    return false;
  }
  const ByteView seen = without_tags(link_type, bytes);
  pcap_pkthdr header{};
  header.caplen = static_cast<bpf_u_int32>(seen.size());
  header.len = wire_bytes - std::min(wire_bytes, static_cast<std::uint32_t>(bytes.size() - seen.size()));
  return pcap_offline_filter(program.code.get(), &header, seen.data()) != 0;
}

const Filter::Program& Filter::program_for(std::uint16_t link_type) {
  const auto known = std::ranges::find(programs_, link_type, &Program::link_type);
  if (known != programs_.end()) return *known;
  static const Program kTooMany{0, nullptr, "the capture has too many link types"};
  if (programs_.size() == kMostPrograms) return kTooMany;

  Program program{link_type, nullptr, {}};
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> dead{pcap_open_dead(dlt_of(link_type), kSnapLength),
                                                            &pcap_close};
  auto code = std::make_unique<bpf_program>();
  if (pcap_compile(dead.get(), code.get(), expression_.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0) {
    program.code.reset(code.release());
  } else {
    program.error = pcap_geterr(dead.get());
  }
  return programs_.emplace_back(std::move(program));
}

ByteView Filter::without_tags(std::uint16_t link_type, ByteView bytes) {
  if (names_vlan_) return bytes;
  const auto field = std::ranges::find(kTypeFields, link_type, &TypeField::link_type);
  if (field == kTypeFields.end()) return bytes;
  std::size_t at = field->offset;
  while (at + 6 <= bytes.size() && is_tag(bytes.data() + at)) at += 4;
  if (at == field->offset) return bytes;
  untagged_.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(field->offset));
  untagged_.insert(untagged_.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end());
  return untagged_;
}

}  // namespace dcmwatch
