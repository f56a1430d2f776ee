#include "protocol/dicom/association.h"

#include <algorithm>
#include <utility>

#include "protocol/dicom/negotiation.h"

namespace dcmwatch::dicom {

OpeningTaken Association::on_request(const AssociateRequest& request, const Mark& first, Extent extent,
                                     const Limits& limits) {
  OpeningTaken taken;
  if (request_seen_) return taken;
  request_seen_ = true;
  take(extent);
  first_ = std::min(first_, first);
  if (extent == Extent::whole || !request.calling_ae.empty()) {
    fact_.calling_ae = request.calling_ae;
    fact_.called_ae = request.called_ae;
  }
  fact_.application_context = request.application_context;
  fact_.opener = request.implementation;
  taken.uids_without_room = contexts_.propose(request, limits);
  if (request.rare) {
    Negotiation negotiation{fact_.negotiation.get(), limits};
    negotiation.propose(*request.rare);
    taken.items_without_room = negotiation.without_room();
    negotiation_bytes_ = negotiation.kept_bytes();
    fact_.negotiation = std::move(negotiation).fact();
  }
  return taken;
}

OpeningTaken Association::on_accept(const AssociateAccept& accept, const Mark& last, Extent extent,
                                    const Limits& limits) {
  OpeningTaken taken;
  if (answered()) return taken;
  take(extent);
  fact_.accepted = true;
  fact_.acceptor = accept.implementation;
  if (fact_.application_context.empty()) fact_.application_context = accept.application_context;
  if (request_seen_) fact_.setup_time = elapsed(first_.time, last.time);

  const ContextTable::Answered answered = contexts_.answer(accept.contexts, limits);
  taken.uids_without_room = answered.without_room;
  if (answered.unproposed_context) taken.breaches.push_back(Breach::unproposed_context);
  if (answered.unproposed_transfer_syntax) taken.breaches.push_back(Breach::unproposed_transfer_syntax);
  if (answered.unanswered_context) taken.breaches.push_back(Breach::unanswered_context);
  if (accept.rare) {
    Negotiation negotiation{fact_.negotiation.get(), limits};
    if (!negotiation.answer(*accept.rare)) taken.breaches.push_back(Breach::unproposed_item);
    taken.items_without_room = negotiation.without_room();
    negotiation_bytes_ = negotiation.kept_bytes();
    fact_.negotiation = std::move(negotiation).fact();
  }
  if (incomplete_ || !request_seen_) taken.breaches.clear();
  return taken;
}

void Association::on_reject(const AssociateReject& reject, const Mark& last) {
  fact_.accepted = false;
  fact_.rejection = reject.rejection;
  if (request_seen_) fact_.setup_time = elapsed(first_.time, last.time);
}

void Association::on_abort(const Abort& abort, Side side) {
  fact_.abort = DicomAbort{abort.source, abort.reason, side == Side::opener};
}

void Association::take(Extent extent) {
  incomplete_ |= extent != Extent::whole;
  shortfall_.lost |= extent == Extent::lost;
  shortfall_.undecodable |= extent == Extent::oversize;
}

DicomAssociation Association::fact(std::optional<DicomEnd> end) {
  DicomAssociation fact = fact_;
  fact.end = end;
  fact.contexts = contexts_.facts();
  return fact;
}

std::size_t Association::forget_contexts() {
  incomplete_ = shortfall_.lost = true;
  fact_.negotiation.reset();
  negotiation_bytes_ = 0;
  return std::exchange(contexts_, {}).uids();
}

std::optional<bool> Association::allows(std::uint8_t context_id) const {
  if (incomplete_ || !request_seen_ || !answered()) return std::nullopt;
  return contexts_.accepted(context_id).value_or(false);
}

std::uint16_t Association::window_of(Invoker invoker) const {
  if (incomplete_ || !request_seen_ || !answered()) return 0;
  if (!fact_.negotiation || !fact_.negotiation->accepted_window) return 1;  // PS3.7 D.3.3.3
  const AsynchronousWindow& window = *fact_.negotiation->accepted_window;
  return invoker == Invoker::opener ? window.invoked : window.performed;
}

bool Association::takes_length(Side sender, std::uint32_t pdu_length) const {
  const DicomImplementation& receiver = sender == Side::opener ? fact_.acceptor : fact_.opener;
  const std::uint32_t most = receiver.maximum_length.value_or(0);
  return most == 0 || pdu_length <= most;  // PS3.8 D.1.1: 0 is no limit
}

}  // namespace dcmwatch::dicom
