#include "model/seen_implementations.h"

#include <algorithm>

#include "base/text.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kMostOfOne = 8;  // implementations that one device is remembered to be
constexpr char kEnd = '\n';            // in no name and no address

std::string text_of(const DicomImplementation& side) {
  std::string text{side.class_uid.view()};
  const std::string_view version = trimmed(side.version_name);
  if (!version.empty()) text.append(text.empty() ? "" : " ").append(version);
  return text;
}

}  // namespace

std::vector<Deviation> SeenImplementations::observe(const Observation& record, const DicomAssociation& association) {
  std::vector<Deviation> changes;
  const Event& event = record.event;
  if (!association.calling_ae || !association.called_ae || !event.parties.opener_known) return changes;
  const auto name_of = [this](const Place& place, const Endpoint& endpoint) {
    const auto device = lookup_.device_called(place.device);
    constexpr unsigned kWholeAddress = 128;
    const bool is_one =
        device && std::ranges::all_of(lookup_.model()->devices[*device].addresses,
                                      [](const Network& n) { return n.prefix_bits() == kWholeAddress; });
    return is_one ? std::string{place.device} : to_text(endpoint.address);
  };
  const auto add = [&](std::optional<Deviation> change) {
    if (change) changes.push_back(*std::move(change));
  };
  const Declared& declared = *record.declared;
  const std::string acceptor =
      name_of(declared.destination, event.parties.destination) + kEnd + std::to_string(event.parties.destination.port);
  if (!is_declared(declared.source)) {
    add(observe_side(name_of(declared.source, event.parties.source) + kEnd +
                         std::string{trimmed(*association.calling_ae)} + kEnd + acceptor,
                     association.opener, event));
  }
  if (!is_declared(declared.destination) && association.accepted.value_or(false)) {
    add(observe_side(acceptor + kEnd + std::string{trimmed(*association.called_ae)}, association.acceptor, event));
  }
  return changes;
}

bool SeenImplementations::is_declared(const Place& place) const {
  const auto device = lookup_.device_called(place.device);
  return device && !lookup_.model()->devices[*device].implementations.empty();
}

std::optional<Deviation> SeenImplementations::observe_side(std::string key, const DicomImplementation& side,
                                                           const Event& event) {
  const std::uint64_t conversation = event.conversation;
  std::string now = text_of(side);
  if (now.empty()) return std::nullopt;
  Known& known = known_.of(key, [this](const Known&) { ++forgotten_; });
  if (known.associations == 0) known.first = event.first.time;
  const bool learnt = known.associations >= kLearnt && event.first.time - known.first >= kLearntIn;
  if (known.conversation != conversation) {
    known.conversation = conversation;
    ++known.associations;
  }
  if (known.changed_in == conversation && known.change) return known.change;
  std::vector<std::string>& implementations = known.implementations;
  if (std::ranges::find(implementations, now) != implementations.end()) return std::nullopt;
  std::optional<Deviation> change;
  if (learnt) {
    change = Deviation{DeviationKind::implementation_changed, implementations.back(), now};
    known.change = change;
    known.changed_in = conversation;
  }
  if (implementations.size() == kMostOfOne) implementations.erase(implementations.begin());
  implementations.push_back(std::move(now));
  return change;
}

}  // namespace dcmwatch
