// "30m"; ["Mon-Fri 07:00-19:00", "Sat 08:00-12:00"]; {hours: [Mon-Fri], time_zone: Europe/Berlin}
#include <array>
#include <charconv>
#include <chrono>

#include "model/loading.h"

namespace dcmwatch {
namespace {

constexpr std::string_view kNone = "none";

struct Unit {
  std::string_view name;
  Duration length;
};
constexpr std::array kUnits{Unit{"ms", std::chrono::milliseconds{1}}, Unit{"s", std::chrono::seconds{1}},
                            Unit{"m", std::chrono::minutes{1}}, Unit{"h", std::chrono::hours{1}},
                            Unit{"d", std::chrono::hours{24}}};

/// Nothing if it is no such time.
std::optional<Duration> time_from(std::string_view text, Duration longest) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number == 0) return std::nullopt;
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : kUnits) {
    if (unit.name == name && number <= longest / unit.length) return number * unit.length;
  }
  return std::nullopt;
}

void refuse_time(const Node& node, Duration longest, std::string_view otherwise, Problems& problems) {
  std::string fix = "write a number of ms, s, m, h or d, up to ";
  fix += std::to_string(longest / std::chrono::hours{24}) + "d";
  problems.add(node.at, in_quotes(node.text) + " is no time", fix.append(otherwise) + ": 30m");
}

std::vector<WeeklyHours> read_hours(const Node& node, Problems& problems) {
  std::vector<WeeklyHours> all;
  for (const Node* const item : scalars(node, in_quotes(node.key), problems)) {
    if (const auto hours = weekly_hours_from(item->text)) {
      if (hours->from == hours->to)
        problems.add(item->at, in_quotes(item->text) + " begins and ends at the same time",
                     "write when it ends, or the days alone, 'Mon-Fri', for the whole of them");
      all.push_back(*hours);
    } else {
      problems.add(item->at, in_quotes(item->text) + " tells no hours of the week",
                   "write 'Mon-Fri 07:00-19:00', 'Sat,Sun', or '22:00-06:00' for each night");
    }
  }
  return all;
}

}  // namespace

std::optional<Duration> read_time(const Node& node, Duration longest, Problems& problems) {
  if (!scalar(node, in_quotes(node.key), problems)) return std::nullopt;
  const auto time = time_from(node.text, longest);
  if (!time) refuse_time(node, longest, "", problems);
  return time;
}

void read_time_or_none(const Node& node, Duration longest, std::optional<Duration>& time, Problems& problems) {
  if (!scalar(node, in_quotes(node.key), problems)) return;
  time = time_from(node.text, longest);
  if (!time && node.text != kNone) refuse_time(node, longest, ", or none", problems);
}

std::optional<std::string> read_time_zone(const Node& node, Problems& problems) {
  const auto name = scalar(node, in_quotes(node.key), problems);
  if (!name) return std::nullopt;
  if (is_time_zone(std::string{*name})) return std::string{*name};
  problems.add_unknown(node.at, "time zone", *name, time_zone_names);
  return std::nullopt;
}

std::optional<Schedule> read_schedule(const Node& node, const Loading& loading) {
  Schedule schedule{.hours = {}, .time_zone = loading.time_zone};
  if (node.kind != Node::Kind::map) {
    schedule.hours = read_hours(node, loading.problems);
    return schedule;
  }
  MapReader map{node, in_quotes(node.key), loading.problems};
  if (const Node* const hours = map.required("hours", "list them: hours: [Mon-Fri 07:00-19:00]"))
    schedule.hours = read_hours(*hours, loading.problems);
  if (const Node* const zone = map.optional("time_zone"))
    schedule.time_zone = read_time_zone(*zone, loading.problems).value_or(loading.time_zone);
  map.done();
  return schedule;
}

}  // namespace dcmwatch
