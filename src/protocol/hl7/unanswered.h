// The messages of one direction that await their acknowledgement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <vector>

#include "event/event.h"
#include "protocol/conversation.h"

namespace dcmwatch::hl7 {

/// By what messages and acknowledgements are paired: Pseudonymizer::fingerprint() of the control id.
using ControlId = std::uint64_t;
inline constexpr ControlId kNoControlId = 0;
/// To so many characters receivers shorten one.
inline constexpr std::size_t kShortenedControlId = 20;

/// Of an identifier only its pseudonym and its fingerprint are held.
struct Unanswered {
  Hl7Message facts{};
  std::size_t content_bytes = 0;  ///< of facts.content, which is handed on when the message is told for the last time
  std::uint64_t end_offset = 0;   ///< in the stream, of its last byte or a little before
  ControlId control_id = kNoControlId;
  ControlId shortened_control_id = kNoControlId;  ///< as a receiver that cuts it names it; none: it would not be cut
  Shortfall shortfall{};                          ///< of it, or of what may have been its acknowledgement
  bool before_loss = false;                       ///< messages sent after it were never seen
  Timestamp since{};                              ///< waits for the answer that comes next
  Timestamp told{};                               ///< that it is not answered, last
  bool must_be_answered = false;                  ///< on this connection, whatever the answer is
  bool overdue = false;                           ///< and was not in time
  bool overtaken = false;                         ///< a later message was answered
  bool in_doubt = false;                          ///< an answer came of which it is not known whose it is
  bool sent_again = false;                        ///< a newer copy of it waits, too
  bool owed = false;                              ///< an answer is awaited, and nothing stood in the way of seeing one
  std::uint32_t superseded = 0;                   ///< older copies of it, which may be answered yet
  bool awaits_application = false;                ///< a commit acknowledgement does not end it
  /// It is an acknowledgement itself, and asked for a commit acknowledgement of its own (2.9.3): paired, but told
  /// nowhere.
  bool is_acknowledgement = false;
};

/// In the order in which they were sent; bounded. Cost: one look at each that is older than the one looked for.
class UnansweredMessages {
 public:
  using Place = std::list<Unanswered>::iterator;

  /// Of so many answered messages the control id is remembered.
  static constexpr std::size_t kRemembered = 64;

  explicit UnansweredMessages(std::size_t limit) : limit_(limit) {}

  /// Whether the oldest must go before another is added.
  [[nodiscard]] bool full() const { return messages_.size() >= limit_; }
  void add(Unanswered&& message);
  /// Another with this control id is to be added: nothing is owed to the older copies any longer.
  void on_sent_again(ControlId control_id);
  [[nodiscard]] std::size_t kept_bytes() const { return messages_.size() * sizeof(Unanswered) + content_bytes_; }

  /// The newest copy with this control id.
  std::optional<Place> with_control_id(ControlId control_id);
  /// The only one, but for older copies, that has this control id once it is shortened.
  std::optional<Place> with_shortened_control_id(ControlId shortened);
  /// Whether one of the messages has none that an acknowledgement could name.
  [[nodiscard]] bool any_unnamed() const;
  /// The one that an acknowledgement that names none must mean: the only message there is.
  std::optional<Place> only();

  /// Null if there is none.
  Hl7Message* without_transport_ack();

  /// Whether one of the messages answered last had this control id.
  [[nodiscard]] bool answered(ControlId control_id) const { return answered_since(control_id, Timestamp::min()); }
  [[nodiscard]] bool answered_since(ControlId control_id, Timestamp time) const;

  /// Whether every message that must have had an answer, and every one that had, is known still by its control id.
  [[nodiscard]] bool knows_all() const { return !forgot_; }
  /// Such a message was sent, and is not held here.
  void forget(ControlId control_id) { forgot_ |= control_id != kNoControlId; }
  /// Whether it is an answer to an older copy of what was answered last under this control id; each is one once.
  bool answers_superseded(ControlId control_id);

  /// How many of them are owed an answer.
  [[nodiscard]] std::size_t owed() const { return owed_; }
  /// The oldest of these; null if there is none. Cost: a look at each that is older, and owed nothing.
  [[nodiscard]] const Unanswered* oldest_owed() const;

  Place begin() { return messages_.begin(); }
  Place end() { return messages_.end(); }
  /// Null if there is none.
  Unanswered* oldest() { return messages_.empty() ? nullptr : &messages_.front(); }
  void drop_oldest() { drop(messages_.begin()); }
  /// It was answered, and is gone.
  void on_answered(Place place, Timestamp now);
  /// It was committed, and waits for the application (2.9.3), which owes it nothing on this connection.
  void on_accepted(Place place, Timestamp now);
  /// It is gone, and its control id with it.
  void drop(Place place);
  /// It is gone, for its newest copy was answered.
  void supersede(Place older, Place newest);
  /// It was answered before those that were sent before it.
  void overtakes(Place place);

  /// An answer to one of them, perhaps: it names none that is known. The oldest that must be answered, and may not have
  /// been by an earlier one of the kind, may be meant.
  void answer_not_told_apart();
  /// Some of what came back was never seen.
  void acknowledgements_lost();
  /// Some of what followed them was never seen.
  void messages_lost();

 private:
  struct Answered {
    ControlId control_id;
    ControlId shortened_control_id;
    Timestamp when;
    std::uint32_t superseded;

    [[nodiscard]] bool is(ControlId id) const { return control_id == id || shortened_control_id == id; }
  };

  void remember_answered(const Unanswered& message, Timestamp now);
  void owes_no_longer(Unanswered& message);
  void remove(Place place);

  std::size_t limit_;
  std::size_t owed_ = 0;
  bool forgot_ = false;
  std::list<Unanswered> messages_;
  std::size_t content_bytes_ = 0;   ///< of what these point to
  std::list<Unanswered> spare_;     ///< one place at most: mostly each message is answered before the next comes
  std::vector<Answered> answered_;  ///< those answered last; a ring
  std::size_t oldest_answered_ = 0;
};

}  // namespace dcmwatch::hl7
