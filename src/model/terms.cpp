#include "model/terms.h"

#include <algorithm>
#include <bitset>
#include <charconv>
#include <chrono>

#include "event/dicom_names.h"
#include "event/event.h"
#include "model/intervals.h"

namespace dcmwatch {
namespace {

constexpr std::string_view kByAcceptor = " by the acceptor";
constexpr std::string_view kAny = "any";
constexpr std::size_t kMinutesOfDay = std::size_t{24} * 60, kMinutesOfWeek = 7 * kMinutesOfDay;

using Week = std::bitset<kMinutesOfWeek>;

using Items = std::vector<std::string>;

Items in_order(Items items) {
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return items;
}

Choice one_of(Items items) { return {.any = false, .items = in_order(std::move(items)), .own = nullptr}; }

Choice choice_from(const Allowed<std::string>& allowed) {
  return allowed.any ? Choice{.any = true, .items = {}, .own = nullptr} : one_of(allowed.values);
}

/// What is needed to know a flow's terms.
struct Source {
  const Model& model;
  const Flow& flow;
  const std::shared_ptr<const OwnTitles>& calling;
  const std::shared_ptr<const OwnTitles>& called;

  [[nodiscard]] const Service& service() const { return model.services[flow.service]; }
};

Choice protocol_of(const Source& source) { return one_of({std::string{to_text(source.service().protocol)}}); }

Choice transports_of(const Source& source) {
  Items items;
  for (const Transport transport : source.service().transports)
    items.push_back(transport == Transport::tcp ? "tcp" : "udp");
  return one_of(std::move(items));
}

Intervals<std::uint32_t> spans_of(const Items& ports) {
  Intervals<std::uint32_t> spans;
  for (const std::string& text : ports) {
    Interval<std::uint32_t> span;
    const auto [dash, error] = std::from_chars(text.data(), text.data() + text.size(), span.first);
    span.last = span.first;
    if (dash != text.data() + text.size()) std::from_chars(dash + 1, text.data() + text.size(), span.last);
    spans.push_back(span);
  }
  return joined(std::move(spans));
}

// By number, as the spans are.
Items ports_from(const Intervals<std::uint32_t>& spans) {
  Items items;
  for (const auto& span : spans)
    items.push_back(to_text(PortRange{static_cast<std::uint16_t>(span.first), static_cast<std::uint16_t>(span.last)}));
  return items;
}

Choice ports_of(const Source& source) {
  Intervals<std::uint32_t> spans;
  for (const PortRange& range : source.flow.ports) spans.push_back({range.first, range.last});
  return {.any = false, .items = ports_from(joined(std::move(spans))), .own = nullptr};
}

Choice transport_security_of(const Source& source) {
  switch (source.service().tls) {
    case TransportSecurity::allowed: return one_of({"in the clear", "within TLS"});
    case TransportSecurity::forbidden: return one_of({"in the clear"});
    case TransportSecurity::required: return one_of({"within TLS"});
  }
  return {};
}

// A list that says no more and no less than the devices' own titles is not told from them.
Choice titles_of(const std::optional<Allowed<std::string>>& declared, const std::shared_ptr<const OwnTitles>& own) {
  if (!declared) return {.any = false, .items = {}, .own = own};
  Choice choice = choice_from(*declared);
  if (!choice.any && choice.items == own->of_all && choice.items == own->of_any)
    return {.any = false, .items = {}, .own = own};
  return choice;
}

Choice operations_of(const Source& source) {
  const auto put = [](const Operations& operations, std::string_view by, Items& items) {
    if (operations.any) items.push_back(std::string{kAny} + std::string{by});
    for (const std::uint16_t field : operations.values)
      items.push_back(std::string{dicom_command_name(field)} + std::string{by});
  };
  Items items;
  put(source.flow.operations, {}, items);
  put(source.flow.acceptor_operations, kByAcceptor, items);
  return one_of(std::move(items));
}

// PS3.4 C.4.3: a C-GET is answered with C-STOREs on the same association.
bool implies_operation(const std::string& wide, const std::string& narrow) {
  if (narrow.ends_with(kByAcceptor)) {
    return wide == std::string{kAny} + std::string{kByAcceptor} ||
           ((wide == "C-GET" || wide == kAny) && narrow == "C-STORE" + std::string{kByAcceptor});
  }
  return wide == kAny;
}

// A C-ECHO brings its own class, and nothing else asks for it.
Choice sop_classes_of(const Source& source) {
  const SopClasses& declared = source.flow.sop_classes;
  if (declared.any) return {.any = true, .items = {}, .own = nullptr};
  const FamilyMask families = declared.families & ~*family_from("verification");
  Items items;
  for (const SopClassFamily& family : sop_class_families()) {
    const bool lone = (family.mask & (family.mask - 1)) == 0;
    if (lone && (families & family.mask) != 0) items.emplace_back(family.name);
  }
  for (const std::string& uid : declared.uids) {
    const FamilyMask family = family_of(uid);
    if ((family & families) == 0 && family != *family_from("verification")) items.push_back(uid);
  }
  return one_of(std::move(items));
}

bool implies_sop_class(const std::string& wide, const std::string& narrow) {
  const auto family = family_from(wide);
  return family && (family_of(narrow) & *family) != 0;
}

Items sop_class_names(const Items& items) {
  FamilyMask families = 0;
  Items names;
  for (const std::string& item : items) {
    if (const auto family = family_from(item)) families |= *family;
  }
  for (const std::string_view family : family_names(families)) names.emplace_back(family);
  for (const std::string& item : items) {
    if (family_from(item)) continue;
    const std::string_view name = dicom_uid_name(item);
    names.push_back(name.empty() ? item : std::string{name});
  }
  return names;
}

Items uid_names(const Items& items) {
  Items names;
  for (const std::string& item : items) {
    const std::string_view name = dicom_uid_name(item);
    names.push_back(name.empty() ? item : std::string{name});
  }
  return names;
}

bool implies_message_type(const std::string& wide, const std::string& narrow) {
  return wide.ends_with("^*") && narrow.substr(0, narrow.find('^')) == wide.substr(0, wide.size() - 2);
}

Choice message_types_of(const Source& source) {
  Choice choice = choice_from(source.flow.message_types);
  const Items all = choice.items;
  std::erase_if(choice.items, [&all](const std::string& type) {
    return std::ranges::any_of(
        all, [&](const std::string& other) { return other != type && implies_message_type(other, type); });
  });
  return choice;
}

Choice what_needs_nothing(const Source& source) {
  Items items;
  if (!source.flow.requires_order) items.emplace_back("without an order");
  if (!source.flow.requires_worklist_entry) items.emplace_back("without a worklist entry");
  return one_of(std::move(items));
}

// Names alike are written alike, whatever spaces stood in them.
Choice ends_from(const Allowed<Hl7End>& ends) {
  if (ends.any) return {.any = true, .items = {}, .own = nullptr};
  const auto text = [](const Hl7EndName& name) {
    std::string out = name.any ? "*" : name.namespace_id;
    if (name.universal_id || name.universal_id_type)
      out += '^' + name.universal_id.value_or("") + '^' + name.universal_id_type.value_or("");
    return out;
  };
  Items items;
  for (const Hl7End& end : ends.values)
    items.push_back(text(end.application) + (end.facility.any ? "" : '|' + text(end.facility)));
  return one_of(std::move(items));
}

bool implies_end(const std::string& wide, const std::string& narrow) {
  const auto parts = [](const std::string& end) {
    const auto bar = end.find('|');
    return std::pair{end.substr(0, bar), bar == std::string::npos ? "*" : end.substr(bar + 1)};
  };
  const auto includes = [](const std::string& whole, const std::string& part) {
    return whole == "*" || whole == part ||
           (whole.find('^') == std::string::npos && whole == part.substr(0, part.find('^')));
  };
  const auto [application, facility] = parts(wide);
  const auto [other_application, other_facility] = parts(narrow);
  return includes(application, other_application) && includes(facility, other_facility);
}

Choice acknowledgements_of(const Source& source) {
  if (!source.flow.hl7.ack_mode) return {.any = true, .items = {}, .own = nullptr};
  return one_of({std::string{to_text(*source.flow.hl7.ack_mode)}});
}

struct ChoiceRule {
  ChoiceSetting said;
  Choice (*read)(const Source&);
  bool (*implies)(const std::string& wide, const std::string& narrow) = nullptr;  ///< beside what is written alike
  Items (*named)(const Items&) = nullptr;
};

constexpr std::size_t kPorts = 2;

constexpr std::array<ChoiceRule, kChoices> kChoiceRules{{
    {{"protocol", "may speak {}", "may speak {} no more"}, protocol_of},
    {{"transport", "may go over {}", "may go over {} no more"}, transports_of},
    {{"ports", "port {} is allowed", "port {} is allowed no more"}, ports_of},
    {{"tls", "may be spoken {}", "may be spoken {} no more"}, transport_security_of},
    {{"calling_ae", "may call as {}", "may call as {} no more"},
     [](const Source& source) { return titles_of(source.flow.calling_ae, source.calling); }},
    {{"called_ae", "may be called by the title {}", "may be called by the title {} no more"},
     [](const Source& source) { return titles_of(source.flow.called_ae, source.called); }},
    {{"operations", "{} is allowed", "{} is allowed no more"}, operations_of, implies_operation},
    {{"sop_classes", "{} is allowed", "{} is allowed no more"}, sop_classes_of, implies_sop_class, sop_class_names},
    {{"move_destinations", "C-MOVE may send to {}", "C-MOVE may send to {} no more"},
     [](const Source& source) { return choice_from(source.flow.move_destinations); }},
    {{"message_types", "{} is allowed", "{} is allowed no more"}, message_types_of, implies_message_type},
    {{"transfer_syntaxes", "{} is allowed", "{} is allowed no more"},
     [](const Source& source) { return choice_from(source.flow.transfer_syntaxes); },
     nullptr,
     uid_names},
    {{"requires", "what is stored may come {}", "what is stored may come {} no more"}, what_needs_nothing},
    {{"senders", "messages of {} are allowed", "messages of {} are allowed no more"},
     [](const Source& source) { return ends_from(source.flow.hl7.senders); },
     implies_end},
    {{"receivers", "messages for {} are allowed", "messages for {} are allowed no more"},
     [](const Source& source) { return ends_from(source.flow.hl7.receivers); },
     implies_end},
    {{"versions", "HL7 {} is allowed", "HL7 {} is allowed no more"},
     [](const Source& source) { return choice_from(source.flow.hl7.versions); }},
    {{"processing_ids", "processing id {} is allowed", "processing id {} is allowed no more"},
     [](const Source& source) { return choice_from(source.flow.hl7.processing_ids); }},
    {{"ack", "acknowledgements may be {}", "acknowledgements may be {} no more"}, acknowledgements_of},
}};

std::string number_text(std::int64_t number) { return number == kUnbounded ? "no limit" : std::to_string(number); }
std::string least_text(std::int64_t negative) { return std::to_string(-negative); }
std::string time_text(std::int64_t ns) { return ns == kUnbounded ? "no limit" : as_declared(Duration{ns}); }
std::string day_text(std::int64_t ns) {
  if (ns == kUnbounded) return "never";
  return to_rfc3339(timestamp_from_ns(ns)).substr(0, std::string_view{"2026-01-01T00:00:00"}.size()) + 'Z';
}

constexpr std::size_t kRatesWithLeast = 5;  // of RateOf, the first
static_assert(is_of_each_device(static_cast<RateOf>(kRatesWithLeast)));
constexpr std::array<BoundSetting, kBounds> kBoundRules{{
    {"expires", "no more declared from", day_text},
    {"seen_every", "to be seen every", time_text},
    {"answer_within", "to be answered within", time_text},
    {"rates", "connections an hour at most", number_text},
    {"rates", "operations an hour at most", number_text},
    {"rates", "objects an hour at most", number_text},
    {"rates", "studies an hour at most", number_text},
    {"rates", "messages an hour at most", number_text},
    {"rates", "studies retrieved an hour at most, by each device", number_text},
    {"rates", "studies queried an hour at most, by each device", number_text},
    {"rates", "connections an hour at least", least_text},
    {"rates", "operations an hour at least", least_text},
    {"rates", "objects an hour at least", least_text},
    {"rates", "studies an hour at least", least_text},
    {"rates", "messages an hour at least", least_text},
}};

std::array<std::int64_t, kBounds> bounds_of(const Flow& flow) {
  constexpr std::size_t kMost = 3, kLeast = kMost + kRates;
  std::array<std::int64_t, kBounds> bounds{};
  std::fill_n(bounds.begin(), kLeast, kUnbounded);
  if (flow.expires) bounds[0] = to_ns(*flow.expires);
  if (flow.seen_every) bounds[1] = flow.seen_every->count();
  if (flow.answer_within) bounds[2] = flow.answer_within->count();
  for (const HourlyRate& rate : flow.rates) {
    const auto what = static_cast<std::size_t>(rate.what);
    const auto number = [](std::uint64_t value) {
      return static_cast<std::int64_t>(std::min<std::uint64_t>(value, kUnbounded));
    };
    bounds[kMost + what] = std::min(bounds[kMost + what], number(rate.most));
    if (what < kRatesWithLeast) bounds[kLeast + what] = std::min(bounds[kLeast + what], -number(rate.least));
  }
  return bounds;
}

Items beyond(const Choice& allowed, const Choice& choice, std::size_t setting) {
  if (allowed.any || (allowed.own && choice.own)) return {};
  if (choice.any) return {std::string{kAny}};
  const Items& wide = allowed.own ? allowed.own->of_all : allowed.items;
  const Items& narrow = choice.own ? choice.own->of_any : choice.items;
  if (wide == narrow) return {};
  if (setting == kPorts) return ports_from(beyond(spans_of(wide), spans_of(narrow)));
  Items left;
  for (const std::string& item : narrow) {
    if (std::binary_search(wide.begin(), wide.end(), item)) continue;
    const auto implies = kChoiceRules[setting].implies;
    if (implies && std::ranges::any_of(wide, [&](const std::string& other) { return implies(other, item); })) continue;
    left.push_back(item);
  }
  return left;
}

Week week_of(const std::optional<Schedule>& schedule, bool absent_is_none) {
  Week week;
  if (!schedule) return absent_is_none ? week : week.set();
  for (const WeeklyHours& hours : schedule->hours) {
    const std::size_t length = hours.to > hours.from ? hours.to - hours.from : hours.to + kMinutesOfDay - hours.from;
    for (std::size_t day = 0; day < 7; ++day) {
      if ((hours.days >> day & 1) == 0) continue;
      const std::size_t begin = day * kMinutesOfDay + hours.from;
      for (std::size_t minute = 0; minute < length; ++minute) week.set((begin + minute) % kMinutesOfWeek);
    }
  }
  return week;
}

}  // namespace

const ChoiceSetting& choice_setting(std::size_t setting) { return kChoiceRules[setting].said; }
const BoundSetting& bound_setting(std::size_t setting) { return kBoundRules[setting]; }

Terms terms_of(const Model& model, const Flow& flow, std::shared_ptr<const OwnTitles> calling,
               std::shared_ptr<const OwnTitles> called) {
  const Source source{model, flow, calling, called};
  Terms terms;
  for (std::size_t setting = 0; setting < kChoices; ++setting)
    terms.choices[setting] = kChoiceRules[setting].read(source);
  terms.bounds = bounds_of(flow);
  terms.windows = &flow.windows;
  terms.quiet_hours = &flow.quiet_hours;
  return terms;
}

std::vector<std::string> beyond(const Terms& allowed, const Terms& terms, std::size_t setting) {
  return beyond(allowed.choices[setting], terms.choices[setting], setting);
}

std::vector<std::string> named(std::size_t setting, const std::vector<std::string>& items) {
  const auto named = kChoiceRules[setting].named;
  return named ? named(items) : items;
}

bool reaches_beyond(const std::optional<Schedule>& allowed, const std::optional<Schedule>& schedule,
                    bool absent_is_none) {
  if (allowed == schedule) return false;
  const Week wide = week_of(allowed, absent_is_none);
  const Week narrow = week_of(schedule, absent_is_none);
  if (wide.all() || narrow.none()) return false;
  // Clocks that differ now and then agree on no hour for sure.
  if (allowed && schedule && allowed->time_zone != schedule->time_zone) return true;
  return (narrow & ~wide).any();
}

bool allow_all(const Terms& allowed, const Terms& terms) {
  for (std::size_t setting = 0; setting < kChoices; ++setting) {
    if (!beyond(allowed, terms, setting).empty()) return false;
  }
  for (std::size_t setting = 0; setting < kBounds; ++setting) {
    if (terms.bounds[setting] > allowed.bounds[setting]) return false;
  }
  return !reaches_beyond(*allowed.windows, *terms.windows, false) &&
         !reaches_beyond(*allowed.quiet_hours, *terms.quiet_hours, true);
}

bool allow_all_together(std::span<const Terms* const> allowed, const Terms& terms, std::size_t& steps) {
  if (steps == 0) return false;
  --steps;
  if (std::ranges::any_of(allowed, [&](const Terms* one) { return allow_all(*one, terms); })) return true;
  const auto several = std::ranges::find_if(
      terms.choices, [](const Choice& choice) { return !choice.any && !choice.own && choice.items.size() > 1; });
  if (several == terms.choices.end()) return false;
  const auto setting = static_cast<std::size_t>(several - terms.choices.begin());
  Terms part = terms;
  return std::ranges::all_of(several->items, [&](const std::string& item) {
    part.choices[setting].items = {item};
    return allow_all_together(allowed, part, steps);
  });
}

std::string as_declared(Duration duration) {
  struct Unit {
    char letter;
    Duration length;
  };
  constexpr std::array kUnits{Unit{'d', std::chrono::hours{24}}, Unit{'h', std::chrono::hours{1}},
                              Unit{'m', std::chrono::minutes{1}}, Unit{'s', std::chrono::seconds{1}}};
  for (const Unit& unit : kUnits) {
    if (duration >= unit.length && duration % unit.length == Duration::zero())
      return std::to_string(duration / unit.length) + unit.letter;
  }
  return std::to_string(duration / std::chrono::milliseconds{1}) + "ms";
}

std::string as_declared(const Schedule& schedule) {
  static constexpr std::array<std::string_view, 7> kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  const auto clock = [](std::uint16_t minute) {
    const auto two = [](int number) { return (number < 10 ? "0" : "") + std::to_string(number); };
    return two(minute / 60) + ':' + two(minute % 60);
  };
  std::string text;
  for (const WeeklyHours& hours : schedule.hours) {
    if (!text.empty()) text += ", ";
    std::string days;
    for (std::size_t day = 0; day < kDays.size(); ++day) {
      if ((hours.days >> day & 1) == 0) continue;
      std::size_t last = day;
      while (last + 1 < kDays.size() && (hours.days >> (last + 1) & 1) != 0) ++last;
      days += (days.empty() ? "" : "+") + std::string{kDays[day]};
      if (last != day) days += '-' + std::string{kDays[last]};
      day = last;
    }
    text += days + ' ' + clock(hours.from) + '-' + clock(hours.to);
  }
  return text + (schedule.time_zone == "UTC" ? " UTC" : " (" + schedule.time_zone + ')');
}

}  // namespace dcmwatch
