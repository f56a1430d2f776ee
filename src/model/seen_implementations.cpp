#include "model/seen_implementations.h"

#include <algorithm>

#include "base/text.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kMostOfOne = 8;  // implementations that one device is remembered to be
constexpr char kEnd = '\n';            // in no name and no title

void write(std::string& text, const DicomImplementation& side) {
  text.assign(side.class_uid.view());
  const std::string_view version = trimmed(side.version_name);
  if (!version.empty()) text.append(text.empty() ? "" : " ").append(version);
}

}  // namespace

std::vector<Deviation> SeenImplementations::observe(const Observation& record, const DicomAssociation& association) {
  std::vector<Deviation> changes;
  const Event& event = record.event;
  if (!association.calling_ae || !association.called_ae || !event.parties.opener_known) return changes;
  const auto add = [&](std::optional<Deviation> change) {
    if (change) changes.push_back(*std::move(change));
  };
  const Device* const source = device_at(record.declared->source);
  const Device* const destination = device_at(record.declared->destination);
  acceptor_.clear();
  append_name(acceptor_, destination, event.parties.destination);
  (acceptor_ += kEnd) += std::to_string(event.parties.destination.port);
  if (!source || source->implementations.empty()) {
    key_.clear();
    append_name(key_, source, event.parties.source);
    ((key_ += kEnd) += trimmed(*association.calling_ae)) += kEnd;
    key_ += acceptor_;
    add(observe_side(association.opener, event));
  }
  if ((!destination || destination->implementations.empty()) && association.accepted.value_or(false)) {
    ((key_ = acceptor_) += kEnd) += trimmed(*association.called_ae);
    add(observe_side(association.acceptor, event));
  }
  return changes;
}

const Device* SeenImplementations::device_at(const Place& place) const {
  if (place.device.empty()) return nullptr;
  const auto device = lookup_.device_called(place.device);
  return device ? &lookup_.model()->devices[*device] : nullptr;
}

// One of many in a block goes by its address, in bytes: a text would be made for each association.
void SeenImplementations::append_name(std::string& key, const Device* device, const Endpoint& endpoint) {
  constexpr unsigned kWholeAddress = 128;
  const bool is_one = device && std::ranges::all_of(device->addresses,
                                                    [](const Network& n) { return n.prefix_bits() == kWholeAddress; });
  if (is_one) {
    key += device->name;
  } else {
    const auto& bytes = endpoint.address.bytes();
    (key += kEnd).append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
}

std::optional<Deviation> SeenImplementations::observe_side(const DicomImplementation& side, const Event& event) {
  const std::uint64_t conversation = event.conversation;
  write(now_, side);
  if (now_.empty()) return std::nullopt;
  Known& known = known_.of(key_, [this](const Known&) { ++forgotten_; });
  if (known.associations == 0) known.first = event.first.time;
  const bool learnt = known.associations >= kLearnt && event.first.time - known.first >= kLearntIn;
  if (known.conversation != conversation) {
    known.conversation = conversation;
    ++known.associations;
  }
  if (known.changed_in == conversation && known.change) return known.change;
  std::vector<std::string>& implementations = known.implementations;
  if (std::ranges::find(implementations, now_) != implementations.end()) return std::nullopt;
  std::optional<Deviation> change;
  if (learnt) {
    change = Deviation{DeviationKind::implementation_changed, implementations.back(), now_};
    known.change = change;
    known.changed_in = conversation;
  }
  if (implementations.size() == kMostOfOne) implementations.erase(implementations.begin());
  implementations.push_back(now_);
  return change;
}

}  // namespace dcmwatch
