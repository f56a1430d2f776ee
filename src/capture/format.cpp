#include "capture/format.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace dcmwatch {
namespace {

struct Kind {
  std::string_view beginning;
  std::string_view what;
};
using namespace std::string_view_literals;
constexpr std::array kStrangers{
    Kind{"\xfd"
         "7zXZ\0"sv,
         "is compressed with xz; decompress it, as in: xz -dc FILE | dcmwatch replay -"},
    Kind{"BZh"sv, "is compressed with bzip2; decompress it, as in: bzip2 -dc FILE | dcmwatch replay -"},
    Kind{"\x04\x22\x4d\x18"sv, "is compressed with lz4; decompress it, as in: lz4 -dc FILE | dcmwatch replay -"},
    Kind{"PK\x03\x04"sv, "is a zip archive; unpack it"},
    Kind{"7z\xbc\xaf\x27\x1c"sv, "is a 7-Zip archive; unpack it"},
    Kind{"snoop\0\0\0"sv, "is a snoop capture; make it a pcap, as in: editcap -F pcap FILE NEW"},
    Kind{"GMBU"sv, "is a Network Monitor capture; make it a pcap, as in: editcap -F pcap FILE NEW"},
    Kind{"RTSS"sv, "is a Network Monitor capture; make it a pcap, as in: editcap -F pcap FILE NEW"},
};

bool is_text(ByteView bytes) {
  return std::ranges::all_of(
      bytes, [](std::uint8_t byte) { return (byte >= 0x20 && byte < 0x7f) || (byte >= '\t' && byte <= '\r'); });
}

}  // namespace

std::unique_ptr<Format> recognise(ByteView beginning, std::uint32_t source) {
  constexpr std::string_view kSectionHeader = "\x0a\x0d\x0d\x0a";
  if (as_text(beginning).starts_with(kSectionHeader)) return pcapng_format(source);
  return pcap_format(beginning, source);
}

std::string stranger(ByteView beginning) {
  const auto known = std::ranges::find_if(
      kStrangers, [&](const Kind& kind) { return as_text(beginning).starts_with(kind.beginning); });
  if (known != kStrangers.end()) return std::string{known->what};
  return std::string{"is not a pcap or pcapng capture"} + (is_text(beginning) ? ", but looks like text" : "");
}

}  // namespace dcmwatch
