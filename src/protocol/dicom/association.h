// What is known of one association, from its request to its end.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/limits.h"
#include "base/timestamp.h"
#include "event/event.h"
#include "protocol/conversation.h"
#include "protocol/dicom/context_table.h"
#include "protocol/dicom/pdu.h"
#include "protocol/dicom/state.h"
#include "protocol/recycled.h"

namespace dcmwatch::dicom {

/// How an association's operations ended, but for those that succeeded or were cancelled.
struct OperationOutcomes {
  std::uint64_t failed = 0;
  std::uint64_t warned = 0;
  std::uint64_t unanswered = 0;  ///< although an answer could have been seen
};

/// What became of an opening's PDU.
struct OpeningTaken {
  std::size_t uids_without_room = 0;   ///< of presentation contexts
  std::size_t items_without_room = 0;  ///< roles and the like
  std::vector<Breach> breaches = {};   ///< of an acceptance, beside its request; none if that was not seen whole
};

class Association : public Recycled {
 public:
  explicit Association(const Mark& first) : first_(first) {}

  OpeningTaken on_request(const AssociateRequest& request, const Mark& first, Extent extent, const Limits& limits);
  OpeningTaken on_accept(const AssociateAccept& accept, const Mark& last, Extent extent, const Limits& limits);
  void on_reject(const AssociateReject& reject, const Mark& last);
  void on_abort(const Abort& abort, Side side);
  /// The first of the two where they cross.
  void on_release_request(const Mark& last) {
    if (!release_asked_) release_asked_ = last.time;
  }
  void on_release_response(const Mark& last) {
    if (release_asked_) fact_.release_time = elapsed(*release_asked_, last.time);
  }
  void on_broken_off(Side by) { fact_.broken_off_by = by == Side::opener ? Invoker::opener : Invoker::acceptor; }
  void on_operation() { ++fact_.operations; }
  /// Once, when all of them are over.
  void on_outcomes(const OperationOutcomes& outcomes) {
    fact_.failed_operations = outcomes.failed;
    fact_.warned_operations = outcomes.warned;
    fact_.unanswered_operations = outcomes.unanswered;
  }
  void on_data(Side sender, std::uint64_t bytes) { fact_.data_bytes[static_cast<std::size_t>(sender)] += bytes; }

  /// The value to emit.
  [[nodiscard]] DicomAssociation fact(std::optional<DicomEnd> end);

  /// Its contexts are known no longer. Gives the number of their UIDs.
  std::size_t forget_contexts();
  [[nodiscard]] std::size_t kept_bytes() const { return contexts_.kept_bytes() + negotiation_bytes_; }

  [[nodiscard]] const Mark& first() const { return first_; }
  [[nodiscard]] const std::optional<AeTitle>& calling_ae() const { return fact_.calling_ae; }
  [[nodiscard]] const std::optional<AeTitle>& called_ae() const { return fact_.called_ae; }
  [[nodiscard]] bool answered() const { return fact_.accepted.has_value(); }
  /// Its request was seen, and whole, and neither an acceptance nor a rejection.
  [[nodiscard]] bool awaits_answer() const { return request_seen_ && !incomplete_ && !answered(); }
  void set_unanswered(bool surely) { fact_.unanswered = surely; }
  /// Something of its opening is not known.
  [[nodiscard]] bool incomplete() const { return incomplete_; }
  /// And why, unless it was not said.
  [[nodiscard]] Shortfall shortfall() const { return shortfall_; }

  [[nodiscard]] std::string_view transfer_syntax(std::uint8_t context_id) const {
    return contexts_.transfer_syntax(context_id);
  }
  [[nodiscard]] std::string_view abstract_syntax(std::uint8_t context_id) const {
    return contexts_.abstract_syntax(context_id);
  }
  /// Whether a PDV may use the context; nothing unless the whole opening was seen.
  [[nodiscard]] std::optional<bool> allows(std::uint8_t context_id) const;
  /// How many operations it may have outstanding; 0: any number, or it is not known.
  [[nodiscard]] std::uint16_t window_of(Invoker invoker) const;
  /// Whether a P-DATA-TF of this length keeps to what its receiver takes; true while that is unknown.
  [[nodiscard]] bool takes_length(Side sender, std::uint32_t pdu_length) const;

 private:
  void take(Extent extent);

  DicomAssociation fact_;  ///< without its contexts
  ContextTable contexts_;
  Mark first_;
  std::optional<Timestamp> release_asked_;
  std::size_t negotiation_bytes_ = 0;
  bool request_seen_ = false;
  bool incomplete_ = false;
  Shortfall shortfall_;
};

}  // namespace dcmwatch::dicom
