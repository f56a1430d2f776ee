// libpcap's own file reader as the oracle: the same records from both, on every capture at hand.
#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "reading.h"

namespace dcmwatch {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot{DCMWATCH_ROOT};
const fs::path kCorpus = kRoot.parent_path() / "shared" / "corpus";

struct PcapCloser {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};

struct Oracle {
  bool opens = false;
  std::vector<Seen> packets;
  int snap_length = 0;
  std::string failure;
};

// Where libpcap's name of a link type is not the one that files bear.
std::uint16_t link_type_of(int dlt) {
  constexpr std::array<std::pair<int, std::uint16_t>, 3> kUnlike{{{DLT_RAW, 101}, {DLT_ATM_RFC1483, 100}, {19, 106}}};
  for (const auto& [theirs, ours] : kUnlike)
    if (dlt == theirs) return ours;
  return static_cast<std::uint16_t>(dlt);
}

constexpr std::int64_t kSecond = 1'000'000'000;

// libpcap keeps 32 bits of the seconds, as signed in some places.
std::int64_t low_seconds(std::int64_t seconds) { return static_cast<std::uint32_t>(seconds); }

// libpcap gives a Simple Packet Block no time, where ours is that of the packet before; and adds up a fraction of more
// than a second, where ours is the second's last nanosecond.
bool is_same_time(std::int64_t theirs, std::int64_t ours) {
  if (theirs == 0 || ours % kSecond == kSecond - 1) return true;
  return theirs == low_seconds(ours / kSecond) * kSecond + ours % kSecond;
}

Oracle ask_libpcap(const fs::path& file) {
  Oracle oracle;
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  const std::unique_ptr<pcap_t, PcapCloser> handle{
      pcap_open_offline_with_tstamp_precision(file.c_str(), PCAP_TSTAMP_PRECISION_NANO, error.data())};
  oracle.opens = handle != nullptr;
  oracle.failure = error.data();
  if (!handle) return oracle;
  oracle.snap_length = pcap_snapshot(handle.get());
  const std::uint16_t link_type = link_type_of(pcap_datalink(handle.get()));
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  int result = 0;
  while ((result = pcap_next_ex(handle.get(), &header, &data)) == 1) {
    const std::int64_t time = low_seconds(header->ts.tv_sec) * kSecond + header->ts.tv_usec;
    oracle.packets.push_back({time,
                              0,
                              oracle.packets.size(),
                              header->len,
                              link_type,
                              {reinterpret_cast<const char*>(data), header->caplen}});
  }
  if (result != PCAP_ERROR_BREAK) oracle.failure = pcap_geterr(handle.get());
  return oracle;
}

// Beyond a file's own snap length libpcap throws away what the file holds.
bool is_same_but_for_the_snap_length(const Seen& theirs, const Seen& ours, int snap_length) {
  const bool cut = ours.bytes.size() > static_cast<std::size_t>(snap_length);
  return theirs.bytes == (cut ? ours.bytes.substr(0, static_cast<std::size_t>(snap_length)) : ours.bytes) &&
         theirs.wire_bytes == ours.wire_bytes && theirs.link_type == ours.link_type && theirs.packet == ours.packet &&
         is_same_time(theirs.time_ns, ours.time_ns);
}

// Wireshark counts these blocks as packets, which they are not.
constexpr std::array kWithCustomBlocks{"test017.pcapng", "test102.pcapng", "test202.pcapng"};

// What capinfos says of it; nothing if it was not asked, or says something else for a reason.
std::optional<std::size_t> account_of(const fs::path& file) {
  for (const char* name : kWithCustomBlocks)
    if (file.filename() == name) return std::nullopt;
  std::string name = fs::relative(file, kCorpus).string() + ".json";
  for (std::size_t at = name.find('/'); at != std::string::npos; at = name.find('/', at)) name.replace(at, 1, "__");
  const std::string account = content_of(kCorpus / "expected" / name);
  constexpr std::string_view kField = "\"Number of packets\": \"";
  const std::size_t at = account.find(kField);
  if (at == std::string::npos) return std::nullopt;
  return std::stoul(account.substr(at + kField.size()));
}

std::vector<fs::path> captures_under(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator{folder}) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

void expect_the_same(const fs::path& file) {
  SCOPED_TRACE(file.string());
  const Oracle oracle = ask_libpcap(file);
  const Read ours = read_all(file);
  if (!oracle.opens || oracle.failure.find("an interface has") != std::string::npos) {
    // Compressed, or of unlike interfaces: more than libpcap can read.
    EXPECT_EQ(ours.packets.size(), account_of(file).value_or(ours.packets.size())) << oracle.failure;
    return;
  }
  EXPECT_EQ(ours.failures.empty(), oracle.failure.empty()) << oracle.failure;
  ASSERT_EQ(ours.packets.size(), oracle.packets.size());
  for (std::size_t i = 0; i < ours.packets.size(); ++i) {
    ASSERT_TRUE(is_same_but_for_the_snap_length(oracle.packets[i], ours.packets[i], oracle.snap_length))
        << "packet " << i;
  }
}

TEST(Oracle, reads_the_same_of_the_projects_captures) {
  for (const fs::path& file : captures_under(kRoot / "pcaps"))
    if (file.extension() == ".pcap") expect_the_same(file);
}

TEST(Oracle, reads_the_same_of_the_public_captures) {
  if (!fs::is_directory(kCorpus)) GTEST_SKIP() << "no corpus beside this checkout";
  for (const char* folder : {"nasty", "pcap"})
    for (const fs::path& file : captures_under(kCorpus / folder)) expect_the_same(file);
}

}  // namespace
}  // namespace dcmwatch
