#include "output/kept_objects.h"

#include <algorithm>
#include <cstring>

namespace dcmwatch {
namespace {

constexpr std::size_t kEntries = 256;

std::array<std::string_view, 4> names_of(const Surroundings& surroundings) {
  return {surroundings.source.device, surroundings.source.zone, surroundings.destination.device,
          surroundings.destination.zone};
}

// Fibonacci hashing: the top bits of the product depend on all bits of the number.
std::size_t slot_of(std::uint64_t conversation) {
  static_assert(kEntries == 1U << 8);
  return conversation * 0x9e3779b97f4a7c15U >> 56;
}

}  // namespace

KeptObjects::KeptObjects() : entries_(kEntries) {}

KeptObjects::Entry& KeptObjects::of(const Observation& observation) {
  Entry& entry = entries_[slot_of(observation.event.conversation)];
  const Surroundings surroundings = Surroundings::of(observation);
  if (!entry.is_of(surroundings)) entry.begin(surroundings);
  return entry;
}

bool KeptObjects::Entry::is_of(const Surroundings& surroundings) const {
  return surroundings.parties == parties_ && surroundings.protocol == protocol_ &&
         std::ranges::equal(names_of(surroundings), names_);
}

void KeptObjects::Entry::begin(const Surroundings& surroundings) {
  parties_ = surroundings.parties;
  protocol_ = surroundings.protocol;
  std::ranges::copy(names_of(surroundings), names_.begin());
  objects_ = {};
  size_ = 0;
}

void KeptObjects::Entry::keep(std::size_t number, std::string_view object) {
  if (object.size() > text_.size() - size_) return;
  std::memcpy(text_.data() + size_, object.data(), object.size());
  objects_[number] = {size_, static_cast<std::uint16_t>(object.size())};
  size_ = static_cast<std::uint16_t>(size_ + object.size());
}

}  // namespace dcmwatch
