#include "protocol/conversation.h"

namespace dcmwatch {
namespace {

Shown shown_of(const Connection& connection) {
  if (!connection.one_direction_only()) return Shown::both_sides;
  return connection.many_packets() ? Shown::much_of_one_side : Shown::one_side;
}

bool is_encrypted(Protocol protocol) { return protocol == Protocol::tls || protocol == Protocol::ssh; }

}  // namespace

void Emitter::set_opener(Direction sent_by_opener) {
  if (opener_known()) return;
  opener_ = sent_by_opener;
  opener_told_ = true;
}

void Emitter::suppose_opener(Direction sent_by_opener) {
  if (opener_known() || opener_supposed_) return;
  opener_ = sent_by_opener;
  opener_supposed_ = true;
}

Event& Emitter::next_event(Phase phase, const Mark& first, const Mark& last, Shortfall shortfall) {
  Event& event = sink_.next_event();
  event.phase = phase;
  event.protocol = protocol_;
  event.visibility = {.joined_midway = connection_.joined_midway,
                      // At a start the other direction may just not have spoken yet.
                      .one_direction = phase != Phase::start && connection_.one_direction_only(),
                      .truncated = connection_.truncated,
                      .lost = shortfall.lost,
                      .unfinished = shortfall.unfinished,
                      .encrypted = is_encrypted(protocol_),
                      .undecodable = shortfall.undecodable};
  event.proven = connection_.proven();
  event.shown = shown_of(connection_);
  event.provable = connection_.parties.transport == Transport::tcp && event.shown == Shown::both_sides;
  event.domain = connection_.domain;
  event.conversation = connection_.id;
  event.ordinal = ++emitted_;
  event.parties = connection_.parties;
  event.parties.opener_known = opener_known();
  if (opener_ == Direction::backward) event.parties.reverse();
  event.first = first;
  event.last = last;
  return event;
}

}  // namespace dcmwatch
