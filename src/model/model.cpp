#include "model/model.h"

#include <array>

namespace dcmwatch {

std::string_view to_text(ServiceProtocol protocol) {
  switch (protocol) {
    case ServiceProtocol::dicom: return "dicom";
    case ServiceProtocol::hl7: return "hl7";
    case ServiceProtocol::other: return "other";
  }
  return {};
}

std::string_view to_text(DeviceRole role) {
  return role == DeviceRole::unspecified ? std::string_view{} : kDeviceRoles[static_cast<std::size_t>(role) - 1];
}

std::string to_text(const PortRange& range) {
  const std::string first = std::to_string(range.first);
  return range.first == range.last ? first : first + '-' + std::to_string(range.last);
}

RatesOf rates_declared_by(const Flow& flow) {
  RatesOf rates = 0;
  for (const HourlyRate& rate : flow.rates) rates |= bit_of(rate.what);
  return rates;
}

std::vector<std::uint32_t> devices_of(const Model& model, const Party& party) {
  switch (party.kind) {
    case Party::Kind::device: return {party.index};
    case Party::Kind::group: return model.groups[party.index].devices;
    case Party::Kind::zone:
    case Party::Kind::anybody: break;
  }
  std::vector<std::uint32_t> devices;
  for (std::uint32_t device = 0; device < model.devices.size(); ++device) {
    if (party.kind == Party::Kind::anybody || model.devices[device].zone == party.index) devices.push_back(device);
  }
  return devices;
}

}  // namespace dcmwatch
