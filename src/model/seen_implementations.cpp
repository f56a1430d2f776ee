#include "model/seen_implementations.h"

#include <algorithm>
#include <functional>
#include <string_view>

#include "base/text.h"
#include "base/text_hash.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kMostOfOne = 8;  // implementations that one device is remembered to be
}  // namespace

SeenImplementations::SeenImplementations(const Lookup& lookup, const Limits& limits)
    : lookup_(lookup), known_(limits.implementations) {
  constexpr unsigned kWholeAddress = 128;
  for (const Device& device : lookup_.model()->devices) {
    const bool is_one =
        std::ranges::all_of(device.addresses, [](const Network& n) { return n.prefix_bits() == kWholeAddress; });
    names_.push_back(is_one ? std::hash<std::string_view>{}(device.name) | 1 : 0);
  }
}

std::vector<Deviation> SeenImplementations::observe(const Observation& record, const DicomAssociation& association) {
  std::vector<Deviation> changes;
  const Event& event = record.event;
  if (!association.calling_ae || !association.called_ae || !event.parties.opener_known || !event.proven) return changes;
  const auto add = [&](std::optional<Deviation> change) {
    if (change) changes.push_back(*std::move(change));
  };
  const Endpoint& acceptor = event.parties.destination;
  const auto source = lookup_.device_called(record.declared->source.device);
  const auto destination = lookup_.device_called(record.declared->destination.device);
  Side side{.acceptor = name_of(destination, acceptor), .port = acceptor.port};
  if (!is_declared(source)) {
    side.opens = true;
    side.opener = name_of(source, event.parties.source);
    side.title = trimmed(*association.calling_ae);
    add(observe_side(side, association.opener, event));
  }
  if (!is_declared(destination) && association.accepted.value_or(false)) {
    side.opens = false;
    side.opener = {};
    side.title = trimmed(*association.called_ae);
    add(observe_side(side, association.acceptor, event));
  }
  return changes;
}

SeenImplementations::Name SeenImplementations::name_of(std::optional<std::size_t> device,
                                                       const Endpoint& endpoint) const {
  if (device && names_[*device] != 0) return {names_[*device], {}};
  return {0, endpoint.address};
}

bool SeenImplementations::is_declared(std::optional<std::size_t> device) const {
  return device && !lookup_.model()->devices[*device].implementations.empty();
}

std::optional<Deviation> SeenImplementations::observe_side(const Side& side, const DicomImplementation& implementation,
                                                           const Event& event) {
  const std::uint64_t conversation = event.conversation;
  const Software now{implementation.class_uid, trimmed(implementation.version_name)};
  if (now == Software{}) return std::nullopt;
  Known& known = known_.of(side, [this](const Known&) { ++forgotten_; });
  if (known.associations == 0) known.first = event.first.time;
  const bool learnt = known.associations >= kLearnt && event.first.time - known.first >= kLearntIn;
  if (known.conversation != conversation) {
    known.conversation = conversation;
    ++known.associations;
  }
  if (known.changed_in == conversation && known.change) return known.change;
  std::vector<Software>& implementations = known.implementations;
  if (std::ranges::find(implementations, now) != implementations.end()) return std::nullopt;
  std::optional<Deviation> change;
  if (learnt) {
    change = Deviation{DeviationKind::implementation_changed, text_of(implementations.back()), text_of(now)};
    known.change = change;
    known.changed_in = conversation;
  }
  if (implementations.size() == kMostOfOne) implementations.erase(implementations.begin());
  implementations.push_back(now);
  return change;
}

std::string SeenImplementations::text_of(const Software& software) {
  std::string text{software.class_uid.view()};
  if (!software.version.empty()) text.append(text.empty() ? "" : " ").append(software.version.view());
  return text;
}

// Odd constants of no meaning.
std::size_t SeenImplementations::Hash::operator()(const Side& side) const {
  const auto of_name = [](const Name& name) {
    const auto [high, low] = name.address.words();
    return folded_product(high ^ name.device ^ 0xa0761d6478bd642fU, low ^ 0xe7037ed1a0b428dbU);
  };
  return folded_product(of_name(side.opener) + hash_of(side.title) * 3 + side.opens,
                        of_name(side.acceptor) ^ side.port ^ 0x8ebc6af09c88c6e3U);
}

}  // namespace dcmwatch
