// The messages of one direction that await their acknowledgement.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "protocol/conversation.h"

namespace dcmwatch::hl7 {

/// Of an identifier only its pseudonym is held.
struct Unanswered {
  Hl7Message facts{};
  Shortfall shortfall{};            ///< of it, or of what may have been its acknowledgement
  bool before_loss = false;         ///< messages sent after it were never seen
  bool awaits_application = false;  ///< a commit acknowledgement does not end it
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
  void add(const Unanswered& message);

  /// The oldest with this control id: a message sent again is acknowledged again.
  std::optional<Place> with_control_id(std::string_view pseudonym);
  /// The one that an acknowledgement without a known control id must mean: the only message there is. Nothing if
  /// that control id was answered before.
  std::optional<Place> only(std::string_view acknowledged_pseudonym);

  /// Whether one of the messages answered last had this control id.
  [[nodiscard]] bool answered(std::string_view pseudonym) const;

  /// Null if there is none.
  Unanswered* oldest() { return messages_.empty() ? nullptr : &messages_.front(); }
  void drop_oldest() { drop(messages_.begin()); }
  /// It was answered, and is gone.
  void on_answered(Place place);

  /// Some of what came back was never seen.
  void acknowledgements_lost();
  /// Some of what followed them was never seen.
  void messages_lost();

 private:
  void drop(Place place);
  void remember_answered(std::string_view pseudonym);

  std::size_t limit_;
  std::list<Unanswered> messages_;
  std::list<Unanswered> spare_;        ///< one place at most: mostly each message is answered before the next comes
  std::vector<std::size_t> answered_;  ///< hashes of the control ids answered last; a ring
  std::size_t oldest_answered_ = 0;
};

}  // namespace dcmwatch::hl7
