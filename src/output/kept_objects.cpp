#include "output/kept_objects.h"

#include <algorithm>
#include <cstring>

namespace dcmwatch {
namespace {

std::array<std::string_view, 4> names_of(const Surroundings& surroundings) {
  return {surroundings.source.device, surroundings.source.zone, surroundings.destination.device,
          surroundings.destination.zone};
}

// Fibonacci hashing: the top bits of the product depend on all bits of the number.
std::uint64_t spread(std::uint64_t number) { return number * 0x9e3779b97f4a7c15U; }

}  // namespace

void KeptTexts::keep(std::size_t number, std::string_view text) {
  if (text.size() > text_.size() - size_) return;
  std::memcpy(text_.data() + size_, text.data(), text.size());
  pieces_[number] = {size_, static_cast<std::uint16_t>(text.size()), true};
  size_ = static_cast<std::uint16_t>(size_ + text.size());
}

void KeptTexts::forget() {
  pieces_ = {};
  size_ = 0;
}

KeptObjects::KeptObjects() : of_surroundings_(kConversations) {}

KeptTexts& KeptObjects::of_surroundings(const Observation& observation) {
  OfSurroundings& entry = of_surroundings_[spread(observation.event.conversation) >> 56];
  const Surroundings surroundings = Surroundings::of(observation);
  if (!entry.is_of(surroundings)) entry.begin(surroundings);
  return entry.texts;
}

KeptTexts& KeptObjects::of_judgement(const SharedDeclared& declared) {
  const auto [entry, known] = of_judgement_.find(
      spread(declared.place()), [&](const OfJudgement& kept) { return declared && kept.declared == declared; });
  if (!known) {
    entry.declared = declared;
    entry.texts.forget();
  }
  return entry.texts;
}

bool KeptObjects::OfSurroundings::is_of(const Surroundings& surroundings) const {
  return surroundings.parties == parties && surroundings.protocol == protocol &&
         std::ranges::equal(names_of(surroundings), names);
}

void KeptObjects::OfSurroundings::begin(const Surroundings& surroundings) {
  parties = surroundings.parties;
  protocol = surroundings.protocol;
  std::ranges::copy(names_of(surroundings), names.begin());
  texts.forget();
}

}  // namespace dcmwatch
