// Storage commitment: the N-ACTION that asks for it and the N-EVENT-REPORT that answers (PS3.4 J.3).
#pragma once

#include <cstdint>
#include <optional>

#include "base/limits.h"
#include "relate/occurrence.h"
#include "relate/open_facts.h"

namespace dcmwatch {

/// Joined by the transaction UID, whichever of the two ends first (a server may report before it answers the request),
/// on one association or on two, within Limits::commitment_window. The outcome is the report's event type (PS3.4
/// J.3.3), for its status is success even where the commitment failed. A request that was never reported is told
/// without effect and with an unknown outcome, a report whose request was not seen without cause.
///
/// Order of calls: each N-ACTION and N-EVENT-REPORT that is over, in packet time; advance() now and then; finish()
/// last.
class Commitments {
 public:
  /// `limits` outlives it.
  explicit Commitments(const Limits& limits) : limits_(limits), open_(limits.relate_open) {}

  void on_request(const Event& event, const DicomOperation& action, Told& told);
  void on_report(const Event& event, const DicomOperation& report, Told& told);
  /// Whether the one who is told this report was seen to ask for it.
  [[nodiscard]] bool was_asked(const Event& event, const DicomOperation& report);
  void advance(Timestamp now, Told& told);
  void rebase(Timestamp now) { open_.rebase(now); }
  void finish(Told& told);

  /// To stay within Limits::relate_open.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  struct Seen {
    Occurrence where;
    Mark requested;
    IpAddress requester;  ///< who asks, and who is told
  };
  struct Commitment {
    std::optional<Seen> request;
    std::optional<Seen> report;
    Outcome outcome = Outcome::unknown;
    bool told = false;
  };
  using Open = OpenFacts<Commitment>::Entry;

  Open* of(const Event& event, const DicomOperation& operation);
  void tell_if_whole(Open& open, Timestamp now, Told& told);
  static void tell(Commitment& commitment, Told& told);

  const Limits& limits_;
  OpenFacts<Commitment> open_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace dcmwatch
