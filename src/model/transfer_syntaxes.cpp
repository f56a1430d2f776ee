#include "model/transfer_syntaxes.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "event/dicom_uids.h"
#include "model/sop_classes.h"

namespace dcmwatch {
namespace {

using Uids = std::span<const std::string_view>;

// PS3.5 A.1 to A.3, and encapsulated but not compressed
constexpr std::array<std::string_view, 4> kUncompressed{"1.2.840.10008.1.2", "1.2.840.10008.1.2.1",
                                                        "1.2.840.10008.1.2.1.98", "1.2.840.10008.1.2.2"};
constexpr std::array<std::string_view, 1> kDeflated{"1.2.840.10008.1.2.1.99"};

// PS3.5 A.4: the families within each other stand beside each other, so that each is a stretch of the row.
constexpr auto kReversible = std::to_array<std::string_view>({
    "1.2.840.10008.1.2.5",  // RLE
    "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.58", "1.2.840.10008.1.2.4.65", "1.2.840.10008.1.2.4.66",
    "1.2.840.10008.1.2.4.70",                              // JPEG lossless
    "1.2.840.10008.1.2.4.80",                              // JPEG-LS
    "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.92",    // JPEG 2000
    "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202",  // High-Throughput JPEG 2000
    "1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111"   // JPEG XL
});
constexpr auto kJpeg = std::to_array<std::string_view>(
    {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.52", "1.2.840.10008.1.2.4.53",
     "1.2.840.10008.1.2.4.54", "1.2.840.10008.1.2.4.55", "1.2.840.10008.1.2.4.56", "1.2.840.10008.1.2.4.59",
     "1.2.840.10008.1.2.4.60", "1.2.840.10008.1.2.4.61", "1.2.840.10008.1.2.4.62", "1.2.840.10008.1.2.4.63",
     "1.2.840.10008.1.2.4.64"});
constexpr auto kJpegLs = std::to_array<std::string_view>({"1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"});
constexpr auto kJpeg2000 = std::to_array<std::string_view>(
    {"1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.92", "1.2.840.10008.1.2.4.93"});
constexpr auto kHighThroughput =
    std::to_array<std::string_view>({"1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203"});
constexpr auto kJpegXl =
    std::to_array<std::string_view>({"1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112"});
constexpr auto kVideo = std::to_array<std::string_view>({
    "1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.100.1", "1.2.840.10008.1.2.4.101",
    "1.2.840.10008.1.2.4.101.1",  // MPEG2
    "1.2.840.10008.1.2.4.102", "1.2.840.10008.1.2.4.102.1", "1.2.840.10008.1.2.4.103", "1.2.840.10008.1.2.4.103.1",
    "1.2.840.10008.1.2.4.104", "1.2.840.10008.1.2.4.104.1", "1.2.840.10008.1.2.4.105", "1.2.840.10008.1.2.4.105.1",
    "1.2.840.10008.1.2.4.106", "1.2.840.10008.1.2.4.106.1",  // MPEG-4
    "1.2.840.10008.1.2.4.107", "1.2.840.10008.1.2.4.108"     // HEVC
});

constexpr std::array kFamilies{
    TransferSyntaxFamily{"uncompressed", "implicit and explicit VR, little and big endian", kUncompressed},
    TransferSyntaxFamily{"deflated", "explicit VR, the whole data set deflated", kDeflated},
    TransferSyntaxFamily{"lossless", "whatever compresses images reversibly; the six lossless ones that follow",
                         kReversible},
    TransferSyntaxFamily{"rle", "run lengths", Uids{kReversible}.subspan(0, 1)},
    TransferSyntaxFamily{"jpeg lossless", "of every process", Uids{kReversible}.subspan(1, 5)},
    TransferSyntaxFamily{"jpeg-ls lossless", "", Uids{kReversible}.subspan(6, 1)},
    TransferSyntaxFamily{"jpeg 2000 lossless", "", Uids{kReversible}.subspan(7, 2)},
    TransferSyntaxFamily{"high-throughput jpeg 2000 lossless", "HTJ2K", Uids{kReversible}.subspan(9, 2)},
    TransferSyntaxFamily{"jpeg xl lossless", "recompressed JPEG, too", Uids{kReversible}.subspan(11, 2)},
    TransferSyntaxFamily{"jpeg", "baseline, extended and progressive: with loss", kJpeg},
    TransferSyntaxFamily{"jpeg-ls", "with and without loss, as the three that follow", kJpegLs},
    TransferSyntaxFamily{"jpeg 2000", "", kJpeg2000},
    TransferSyntaxFamily{"high-throughput jpeg 2000", "", kHighThroughput},
    TransferSyntaxFamily{"jpeg xl", "", kJpegXl},
    TransferSyntaxFamily{"video", "MPEG2, MPEG-4 and HEVC", kVideo},
    TransferSyntaxFamily{"mpeg2", "", Uids{kVideo}.subspan(0, 4)},
    TransferSyntaxFamily{"mpeg-4", "AVC, H.264", Uids{kVideo}.subspan(4, 10)},
    TransferSyntaxFamily{"hevc", "H.265", Uids{kVideo}.subspan(14, 2)},
};

bool same_but_for_case(std::string_view one, std::string_view other) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(one, other, {}, lower, lower);
}

}  // namespace

std::span<const TransferSyntaxFamily> transfer_syntax_families() { return kFamilies; }

bool is_transfer_syntax(std::string_view uid) {
  constexpr std::string_view kRoot = "1.2.840.10008.1.2", kPapyrus = "1.2.840.10008.1.20";
  return uid == kPapyrus || (uid.starts_with(kRoot) && (uid.size() == kRoot.size() || uid[kRoot.size()] == '.'));
}

std::vector<std::string_view> transfer_syntax_names() {
  std::vector<std::string_view> names;
  for (const NamedUid& known : kDicomUids) {
    if (is_transfer_syntax(known.uid)) names.push_back(known.name);
  }
  return names;
}

std::vector<std::string_view> transfer_syntaxes_from(std::string_view text) {
  for (const TransferSyntaxFamily& family : kFamilies) {
    if (same_but_for_case(family.name, text)) return {family.uids.begin(), family.uids.end()};
  }
  for (const NamedUid& known : kDicomUids) {
    if (is_transfer_syntax(known.uid) && same_but_for_case(known.name, text)) return {known.uid};
  }
  if (is_uid(text)) return {text};
  return {};
}

}  // namespace dcmwatch
