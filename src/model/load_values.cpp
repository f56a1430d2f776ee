// Values that several sections have.
#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "base/text.h"
#include "model/hl7_names.h"
#include "model/loading.h"

namespace dcmwatch {
namespace {

constexpr std::string_view kZonePrefix = "zone:";
constexpr std::string_view kAnybody = "any";

std::optional<std::uint64_t> number_from(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional{number} : std::nullopt;
}

}  // namespace

void drop_repeated(std::vector<std::string>& texts) {
  std::unordered_set<std::string> known;
  std::erase_if(texts, [&known](const std::string& text) { return !known.insert(text).second; });
}

std::optional<NumberRange> range_from(std::string_view text, std::uint64_t least, std::uint64_t most) {
  const auto dash = text.find('-');
  const auto first = number_from(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : number_from(text.substr(dash + 1));
  if (!first || !last || *first < least || *last > most || *first > *last) return std::nullopt;
  return NumberRange{*first, *last};
}

std::vector<PortRange> read_ports(const Node& node, Problems& problems) {
  std::vector<PortRange> ports;
  for (const Node* const item : scalars(node, "'ports'", problems)) {
    if (const auto range = range_from(item->text, 1, 65535)) {
      ports.push_back({static_cast<std::uint16_t>(range->first), static_cast<std::uint16_t>(range->last)});
    } else {
      problems.add(item->at, in_quotes(item->text) + " is no port",
                   "write a number from 1 to 65535 or a range, 5900-5910");
    }
  }
  return ports;
}

std::optional<std::size_t> read_word(const Node& node, std::string_view kind, std::span<const std::string_view> words,
                                     Problems& problems) {
  const auto text = scalar(node, in_quotes(node.key), problems);
  if (!text) return std::nullopt;
  const auto found = std::ranges::find(words, *text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  problems.add_unknown(node.at, kind, *text, words);
  return std::nullopt;
}

bool read_flag(const Node& node, Problems& problems) {
  const auto text = scalar(node, in_quotes(node.key), problems);
  if (text && *text != "true" && *text != "false")
    problems.add(node.at, in_quotes(*text) + " is neither true nor false", "write true or false");
  return text == "true";
}

std::optional<std::string> read_ae_title(const Node& node, Problems& problems) {
  std::string title{trimmed(node.text)};
  const bool clean = std::all_of(title.begin(), title.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != '\\'; });
  if (!title.empty() && title.size() <= 16 && clean) return title;
  problems.add(node.at, in_quotes(node.text) + " is no AE title", "1 to 16 ASCII characters, no backslash (PS3.5 6.2)");
  return std::nullopt;
}

std::optional<Hl7End> read_hl7_end(const Node& node, Problems& problems) {
  const auto mistake = mistake_in_hl7_end(node.text);
  if (!mistake) return hl7_end_from(node.text);
  problems.add(node.at, in_quotes(node.text) + ' ' + mistake->what, mistake->fix);
  return std::nullopt;
}

std::optional<Party> read_party(const Node& node, const Loading& loading, bool may_be_any) {
  const std::string_view name = node.text;
  Problems& problems = loading.problems;
  if (name == kAnybody) {
    if (may_be_any) return Party{Party::Kind::anybody, 0};
    problems.add(node.at, "'any' is for denials alone", "name the devices, groups or zones");
    return std::nullopt;
  }
  if (name.starts_with(kZonePrefix)) {
    const std::string_view zone = name.substr(kZonePrefix.size());
    if (const auto index = loading.zones.find(zone)) return Party{Party::Kind::zone, *index};
    problems.add_unknown(node.at, "zone", zone, [&] { return loading.zones.names(); });
    return std::nullopt;
  }
  if (const auto index = loading.devices.find(name)) return Party{Party::Kind::device, *index};
  if (const auto index = loading.groups.find(name)) return Party{Party::Kind::group, *index};
  if (loading.zones.find(name)) {
    problems.add(node.at, in_quotes(name) + " is a zone",
                 "write '" + std::string{kZonePrefix} + std::string{name} + '\'');
    return std::nullopt;
  }
  problems.add_unknown(node.at, "device or group", name, [&] {
    auto known = loading.devices.names();
    std::ranges::copy(loading.groups.names(), std::back_inserter(known));
    return known;
  });
  return std::nullopt;
}

}  // namespace dcmwatch
