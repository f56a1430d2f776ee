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
      fact_(before ? std::make_unique<DicomNegotiation>(*before) : std::make_unique<DicomNegotiation>()) {}

void Negotiation::propose(const RareItems& request) {
  for (const Role& role : request.roles) {
    if (fact_->roles.size() == most_) {
      ++without_room_;
    } else {
      fact_->roles.push_back({.sop_class_uid = role.sop_class_uid,
                              .proposed_scu = role.scu,
                              .proposed_scp = role.scp,
                              .accepted_scu = std::nullopt,
                              .accepted_scp = std::nullopt});
    }
  }
  for (const std::string_view uid : request.extended) add_uid(fact_->extended, uid);
  for (const std::string_view uid : request.common_extended) add_uid(fact_->common_extended, uid);
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

// PS3.7 D.3.3.4: a role is granted or not; one that was not proposed cannot be.
bool Negotiation::answer_role(const Role& role) {
  const auto found = std::ranges::find_if(
      fact_->roles, [&](const RoleSelection& proposed) { return proposed.sop_class_uid == role.sop_class_uid; });
  if (found == fact_->roles.end()) return fact_->roles.size() == most_;  // its proposal may have found no room
  found->accepted_scu = role.scu;
  found->accepted_scp = role.scp;
  return (found->proposed_scu || !role.scu) && (found->proposed_scp || !role.scp);
}

bool Negotiation::answer_extended(std::string_view sop_class_uid) {
  const std::vector<Uid>& proposed = fact_->extended;
  return std::ranges::find(proposed, sop_class_uid, &Uid::view) != proposed.end() || proposed.size() == most_;
}

void Negotiation::add_uid(std::vector<Uid>& uids, std::string_view uid) {
  if (std::ranges::find(uids, uid, &Uid::view) != uids.end()) return;
  if (uids.size() == most_) {
    ++without_room_;
  } else {
    uids.emplace_back(uid);
  }
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
         (fact_->extended.capacity() + fact_->common_extended.capacity()) * sizeof(Uid) +
         fact_->unknown_items.capacity();
}

std::shared_ptr<const DicomNegotiation> Negotiation::fact() && { return std::move(fact_); }

}  // namespace dcmwatch::dicom
