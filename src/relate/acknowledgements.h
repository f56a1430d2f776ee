// Answers that come on another connection than the message, or when nobody waits for them any longer (HL7 v2 2.9.3).
#pragma once

#include <cstdint>

#include "base/limits.h"
#include "relate/occurrence.h"
#include "relate/open_facts.h"

namespace dcmwatch {

/// In the enhanced mode the application answers later, mostly on a connection that the receiver opens. A message that
/// wants such an answer, or that was told as not answered, is joined with an acknowledgement of nothing that its
/// connection knows by the two hosts and the control id, within Limits::hl7_application_timeout. Told without effect is
/// a message whose application surely did not answer: where no such answer of that receiver was ever seen, it may go
/// another way, but for a message that wants no other answer: that one is unanswered. Told without cause is an answer
/// to nothing, surely: it may be to what was lost, or was sent before anybody looked.
///
/// Order of calls: each message, in packet time; advance() now and then. What waits at the end is not known, and not
/// told.
class Acknowledgements {
 public:
  /// `limits` outlives it.
  explicit Acknowledgements(const Limits& limits)
      : limits_(limits), open_(limits.relate_open), answering_(limits.relate_open) {}

  void on_message(const Event& event, const Hl7Message& message, Told& told);
  /// Whether the receiver of a message that was told took it, as far as that is known by now.
  [[nodiscard]] Outcome arrival_of(const Event& event, const Hl7Message& message);
  void advance(Timestamp now, Told& told);
  void rebase(Timestamp now) { open_.rebase(now); }

  /// To stay within Limits::relate_open.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  struct Nothing {};
  struct Message {
    Occurrence where;
    Mark sent;
    std::uint64_t hosts = 0;
    bool owed = false;   ///< it must be answered, and its absence was not told
    bool alone = false;  ///< no other answer than the application's is owed, nor came
    std::optional<Outcome> answer;
  };
  using Open = OpenFacts<Message>::Entry;

  void wait_for(const Event& event, const Hl7Message& message, bool owed);
  void on_end(const Event& event, const Hl7Message& message);
  void on_answer(const Event& event, const Hl7Message& answer, Told& told);
  [[nodiscard]] bool may_be_of_something_unseen(const Event& event, const Hl7Message& answer) const;
  void tell_unanswered(const Message& message, Told& told) const;
  void remember_answering(std::uint64_t hosts, Timestamp now);

  const Limits& limits_;
  OpenFacts<Message> open_;
  OpenFacts<Nothing> answering_;  ///< hosts of which an application's answer was seen
  std::uint64_t forgotten_ = 0;
  Timestamp first_{};  ///< message that was seen at all
};

}  // namespace dcmwatch
