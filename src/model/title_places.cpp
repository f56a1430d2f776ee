#include "model/title_places.h"

#include <algorithm>

#include "base/text.h"
#include "model/allowance.h"

namespace dcmwatch {

TitlePlaces::TitlePlaces(const Lookup& lookup, const Limits& limits)
    : lookup_(lookup), limits_(limits), titles_(limits.title_places) {}

std::optional<Deviation> TitlePlaces::observe(const Observation& record, const DicomAssociation& association) {
  const Event& event = record.event;
  const Declared& declared = *record.declared;
  const std::string_view title = association.calling_ae ? trimmed(*association.calling_ae) : std::string_view{};
  const bool known_who = event.parties.opener_known &&
                         std::ranges::find(declared.unknown, UnknownKind::source_device) == declared.unknown.end();
  // Whoever stands elsewhere can write any title on a packet: of that nobody is a place, nor told.
  if (title.empty() || !known_who || !event.proven || may_be_shared(declared, title)) return std::nullopt;

  const Timestamp now = event.last.time;
  const auto is_over = [&](const Place& place) { return elapsed(place.last, now) > limits_.title_window; };
  Places& places = titles_.of(
      AeTitle{title}, [&](const Places& victim) { forgotten_ += std::ranges::all_of(victim, is_over) ? 0 : 1; });
  std::erase_if(places, is_over);
  const std::string_view device = declared.source.device;
  const IpAddress address = device.empty() ? event.parties.source.address : IpAddress{};
  const auto here = std::ranges::find_if(
      places, [&](const Place& place) { return place.device == device && place.address == address; });
  if (here != places.end()) {
    here->last = std::max(here->last, now);
  } else {
    constexpr std::size_t kMostPlaces = 4;  // more need not be named
    if (places.size() == kMostPlaces) places.erase(places.begin());
    places.push_back({std::string{device}, address, now});
  }
  if (places.size() < 2) return std::nullopt;
  std::vector<std::string> names;
  for (const Place& place : places) names.push_back(place.name());
  std::ranges::sort(names);
  std::string observed = std::string{title} + " at " + names.front();
  for (std::size_t i = 1; i < names.size(); ++i) observed += " and " + names[i];
  return Deviation{DeviationKind::ae_title_two_places, "one place at a time", std::move(observed)};
}

bool TitlePlaces::may_be_shared(const Declared& declared, std::string_view title) const {
  if (lookup_.owners_of_title(title).size() > 1) return true;
  if (const auto device = lookup_.device_called(declared.source.device)) {
    const Device& source = lookup_.model()->devices[*device];
    if (source.role == DeviceRole::balancer || source.role == DeviceRole::router) return true;
    if (std::ranges::find(source.presents, title) != source.presents.end()) return true;
  }
  const Flow* const flow = lookup_.flow_called(declared.flow);
  return flow && flow->calling_ae && allows(*flow->calling_ae, title);
}

}  // namespace dcmwatch
