#include "protocol/dicom/negotiation.h"

#include <algorithm>
#include <utility>

namespace dcmwatch::dicom {
namespace {

// PS3.7 D.3.3.3: 0 is any number, so only the same or less of what was proposed may be granted.
bool is_within(std::uint16_t granted, std::uint16_t proposed) {
  return proposed == 0 || (granted != 0 && granted <= proposed);
}

}  // namespace

Negotiation::Negotiation(const DicomNegotiation* before, const Limits& limits)
    : most_(limits.dicom_negotiated_items),
      most_stranger_bytes_(limits.dicom_stranger_bytes),
      fact_(before ? std::make_unique<DicomNegotiation>(*before) : std::make_unique<DicomNegotiation>()) {}

void Negotiation::propose(const RareItems& request) {
  for (const Role& role : request.roles) add_role(role);
  for (const std::string_view uid : request.extended) add_class(fact_->extended, uid);
  for (const std::string_view uid : request.common_extended) add_class(fact_->common_extended, uid);
  fact_->incomplete = without_room_ != 0;
  fact_->proposed_window = request.window;
  fact_->user_identity = request.user_identity;
  add_unknown(request);
}

bool Negotiation::answer(const RareItems& acceptance) {
  bool legal = true;
  for (const Role& role : acceptance.roles) legal &= answer_role(role);
  for (const std::string_view uid : acceptance.extended) legal &= answer_extended(uid);
  if (acceptance.window) {
    const auto& proposed = fact_->proposed_window;
    legal &= proposed && is_within(acceptance.window->invoked, proposed->invoked) &&
             is_within(acceptance.window->performed, proposed->performed);
    fact_->accepted_window = acceptance.window;
  }
  if (acceptance.identity_answered) {
    legal &= fact_->user_identity && fact_->user_identity->response_requested;
    if (fact_->user_identity) fact_->user_identity->answered = true;
  }
  add_unknown(acceptance);
  return legal;
}

void Negotiation::add_role(const Role& role) {
  const UidTexts::Place place = fact_->roles.size() == most_ ? UidTexts::Place{0} : place_of(role.sop_class_uid);
  if (place == 0 && !role.sop_class_uid.empty()) {
    ++without_room_;
  } else {
    fact_->roles.push_back({.sop_class = place,
                            .proposed_scu = role.scu,
                            .proposed_scp = role.scp,
                            .accepted_scu = std::nullopt,
                            .accepted_scp = std::nullopt});
  }
}

// PS3.7 D.3.3.4: a role is granted or not; one that was not proposed cannot be.
bool Negotiation::answer_role(const Role& role) {
  const UidTexts::Place place = fact_->uids.find(role.sop_class_uid);
  const auto found = std::ranges::find(fact_->roles, place, &RoleSelection::sop_class);
  const bool proposed = found != fact_->roles.end() && (place != 0 || role.sop_class_uid.empty());
  if (!proposed) return fact_->incomplete;
  found->accepted_scu = role.scu;
  found->accepted_scp = role.scp;
  return (found->proposed_scu || !role.scu) && (found->proposed_scp || !role.scp);
}

bool Negotiation::answer_extended(std::string_view sop_class_uid) {
  const UidTexts::Place place = fact_->uids.find(sop_class_uid);
  const bool known = place != 0 || sop_class_uid.empty();
  return (known && std::ranges::find(fact_->extended, place) != fact_->extended.end()) || fact_->incomplete;
}

void Negotiation::add_class(std::vector<UidTexts::Place>& classes, std::string_view uid) {
  const UidTexts::Place place = place_of(uid);
  if (std::ranges::find(classes, place) != classes.end()) return;
  if (classes.size() == most_ || (place == 0 && !uid.empty())) {
    ++without_room_;
  } else {
    classes.push_back(place);
  }
}

UidTexts::Place Negotiation::place_of(std::string_view uid) {
  const UidTexts::Place place = fact_->uids.find(uid);
  if (place != 0 || fact_->uids.stranger_bytes() + uid.size() >= most_stranger_bytes_) return place;
  return fact_->uids.add_stranger(uid);
}

void Negotiation::add_unknown(const RareItems& items) {
  for (std::size_t type = 0; type < items.unknown.size(); ++type) {
    if (items.unknown.test(type)) fact_->unknown_items.push_back(static_cast<std::uint8_t>(type));
  }
  auto& all = fact_->unknown_items;
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
}

std::size_t Negotiation::kept_bytes() const {
  return sizeof(DicomNegotiation) + fact_->roles.capacity() * sizeof(RoleSelection) +
         (fact_->extended.capacity() + fact_->common_extended.capacity()) * sizeof(UidTexts::Place) +
         fact_->uids.kept_bytes() + fact_->unknown_items.capacity();
}

std::shared_ptr<const DicomNegotiation> Negotiation::fact() && { return std::move(fact_); }

}  // namespace dcmwatch::dicom
