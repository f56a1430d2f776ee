#include "model/compared_model.h"

#include <algorithm>
#include <iterator>
#include <set>

namespace dcmwatch {
namespace {

std::shared_ptr<const OwnTitles> titles_of(const Model& model, const std::set<std::uint32_t>& devices,
                                           std::vector<std::string> Device::*titles) {
  const auto own = std::make_shared<OwnTitles>();
  bool first = true;
  for (const std::uint32_t device : devices) {
    std::vector<std::string> these = model.devices[device].*titles;
    std::sort(these.begin(), these.end());
    these.erase(std::unique(these.begin(), these.end()), these.end());
    own->of_any.insert(own->of_any.end(), these.begin(), these.end());
    std::vector<std::string> common;
    std::ranges::set_intersection(own->of_all, these, std::back_inserter(common));
    own->of_all = first ? std::move(these) : std::move(common);
    first = false;
  }
  std::sort(own->of_any.begin(), own->of_any.end());
  own->of_any.erase(std::unique(own->of_any.begin(), own->of_any.end()), own->of_any.end());
  return own;
}

}  // namespace

ComparedModel::ComparedModel(std::shared_ptr<const Model> model, std::vector<DeviceId> ids)
    : lookup_(std::move(model)), ids_(std::move(ids)), terms_(lookup_.model()->flows.size()) {
  for (std::uint32_t device = 0; device < ids_.size(); ++device) devices_.emplace(ids_[device], device);
}

const Ends& ComparedModel::ends_of(const std::vector<Party>& parties) {
  std::vector<std::uint64_t> key;
  for (const Party& party : parties) key.push_back(static_cast<std::uint64_t>(party.kind) << 32 | party.index);
  const auto [known, added] = ends_.try_emplace(std::move(key));
  if (!added) return known->second;
  std::set<std::uint32_t> devices;
  for (const Party& party : parties) {
    if (party.kind == Party::Kind::anybody) {
      known->second.devices.push_back(kAnybody);
      continue;
    }
    for (const std::uint32_t device : devices_of(model(), party)) devices.insert(device);
  }
  for (const std::uint32_t device : devices) known->second.devices.push_back(ids_[device]);
  std::sort(known->second.devices.begin(), known->second.devices.end());
  known->second.calling = titles_of(model(), devices, &Device::calls_as);
  known->second.called = titles_of(model(), devices, &Device::answers_to);
  return known->second;
}

const Terms& ComparedModel::terms_of(std::uint32_t flow) {
  std::optional<Terms>& terms = terms_[flow];
  const Flow& declared = model().flows[flow];
  if (!terms) {
    const std::shared_ptr<const OwnTitles> calling = ends_of(declared.from).calling;
    terms = dcmwatch::terms_of(model(), declared, calling, ends_of(declared.to).called);
  }
  return *terms;
}

std::string ComparedModel::name_of(DeviceId device) const {
  return device == kAnybody ? "anybody" : model().devices[devices_.at(device)].name;
}

bool ComparedModel::allows(const std::vector<DeviceId>& from, const std::vector<DeviceId>& to, const Terms& terms,
                           std::size_t& steps) {
  return std::ranges::all_of(from, [&](DeviceId opener) {
    return std::ranges::all_of(to, [&](DeviceId listener) { return allows_between(opener, listener, terms, steps); });
  });
}

bool ComparedModel::allows_between(DeviceId from, DeviceId to, const Terms& terms, std::size_t& steps) {
  const auto opener = devices_.find(from);
  const auto listener = devices_.find(to);
  if (opener == devices_.end() || listener == devices_.end()) return false;
  std::vector<const Terms*> allowed;
  for (const Flow* const flow : lookup_.flows_between(opener->second, listener->second)) {
    if (steps == 0) return false;
    --steps;
    allowed.push_back(&terms_of(static_cast<std::uint32_t>(flow - model().flows.data())));
  }
  return !allowed.empty() && allow_all_together(allowed, terms, steps);
}

}  // namespace dcmwatch
