// Each HL7 message counted once, whatever records tell of it: the metrics and the summary count alike.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/keyed_hash.h"
#include "base/limits.h"
#include "output/hl7_answer.h"
#include "output/per_conversation.h"

namespace dcmwatch {

/// A message counts when it is over, or as soon as it is told as not answered in time. If its application may answer on
/// another connection (HL7 v2 2.9.3), it counts when that is seen, or can no longer come, or surely did not; what comes
/// after a message was counted as not answered in time makes that one a late answer. An acknowledgement that turns out
/// to be such an answer is none of a message not seen. A message that was not answered in time counts as sent again
/// once a later copy of it was answered, on whichever connection.
///
/// `Place` is whatever the one who counts has to know of a message. Order of calls: observe() every record, in the
/// order in which they became known; finish() when no more come. At most kRememberedConversations messages that may
/// still be answered elsewhere are kept; beyond, the one heard of longest ago counts as what is known of it.
template <typename Place>
class Hl7Tally {
 public:
  struct Told {
    Hl7Answer answer{};
    const Hl7Message* record = nullptr;   ///< that tells the answer, or its absence; null: it was held back until now
    std::optional<Duration> answer_time;  ///< since the message was sent
  };

  class Counts {
   public:
    virtual ~Counts() = default;
    /// Once a message.
    virtual void count(const Place& place, const Told& told) = 0;
    /// What was counted as none was answered after all, or sent again and then answered.
    virtual void count_late(const Place& place, const Told& told) = 0;
    /// An acknowledgement whose message was not seen.
    virtual void count_unmatched(const Place& place) = 0;
    /// To stay within the limit.
    virtual void on_forgotten() {}
  };

  /// `counts` outlives it.
  explicit Hl7Tally(Counts& counts)
      : counts_(counts), followed_(kRememberedConversations, [this](const Followed& followed) {
          settle(followed);
          counts_.on_forgotten();
        }) {}
  Hl7Tally(const Hl7Tally&) = delete;
  Hl7Tally& operator=(const Hl7Tally&) = delete;

  /// `place_of` gives the message's place, and is asked once a message.
  template <typename PlaceOf>
  void observe(const Observation& observation, const PlaceOf& place_of) {
    advance(observation.event.last.time);
    if (const auto* link = std::get_if<Link>(&observation.event.facts)) {
      if (link->kind == LinkKind::message_acknowledged) on_acknowledged(*link);
      if (link->kind == LinkKind::message_resent) on_resent(*link);
      return;
    }
    settle_stray();
    const auto* message = std::get_if<Hl7Message>(&observation.event.facts);
    if (!message) return;
    const bool over = observation.event.phase == Phase::end;
    if (!message->message_seen) {
      if (over) stray_.emplace(Stray{place_of(), observation.event.conversation, *message});
    } else if (over) {
      on_end(observation, *message, place_of);
      if (message->answer()) on_copy_answered(print_of(observation, *message), *message);
    } else if (observation.event.phase == Phase::start) {
      latest_ = {observation.event.conversation, message->sent.packet, message->control_id};
      if (may_be_answered_elsewhere(*message)) on_begun(observation, *message, place_of);
    } else if (may_be_answered_elsewhere(*message)) {
      on_begun(observation, *message, place_of);
    }
  }

  /// Goes on where `old` was, which is done with: its places are the same here. Called before anything else.
  void adopt(Hl7Tally&& old) {
    hash_ = old.hash_;
    followed_.adopt(std::move(old.followed_));
    begun_.adopt(std::move(old.begun_));
    copies_.adopt(std::move(old.copies_));
    latest_ = std::move(old.latest_);
    stray_ = std::move(old.stray_);
  }

  void finish() {
    settle_stray();
    while (const Followed* oldest = followed_.oldest()) {
      settle(*oldest);
      followed_.erase(oldest->print);
    }
  }

 private:
  struct Followed {
    std::uint64_t print = 0;
    Place place{};
    Timestamp touched;
    Timestamp ended;
    Hl7Answer answer = Hl7Answer::unknown;  ///< as it was counted; before that, as it counts if nothing more comes
    std::optional<Duration> answer_time;
    bool over = false;  ///< on its own connection
    bool counted = false;
  };
  /// A message by where it begins.
  struct Begun {
    std::uint64_t conversation = 0;
    std::uint64_t packet = 0;
    Pseudonym control_id;
  };
  /// An acknowledgement of which the next record may tell whose it is.
  struct Stray {
    Place place;
    std::uint64_t conversation = 0;
    Hl7Message message;
  };

  [[nodiscard]] std::uint64_t print_of(std::uint64_t conversation, std::uint64_t packet, const Pseudonym& id) const {
    return hash_(conversation, packet, id.first());
  }
  [[nodiscard]] std::uint64_t print_of(const Observation& observation, const Hl7Message& message) const {
    return print_of(observation.event.conversation, message.sent.packet, message.control_id);
  }

  template <typename PlaceOf>
  Followed& follow(const Observation& observation, const Hl7Message& message, const PlaceOf& place_of) {
    const std::uint64_t print = print_of(observation, message);
    Followed& followed = followed_.of(print);
    if (followed.print != print) {
      followed.print = print;
      followed.place = place_of();
      begun_.of(hash_(observation.event.conversation, message.sent.packet, 0)) = print;
    }
    followed.touched = observation.event.last.time;
    return followed;
  }

  template <typename PlaceOf>
  void on_begun(const Observation& observation, const Hl7Message& message, const PlaceOf& place_of) {
    Followed& followed = follow(observation, message, place_of);
    if (message.unanswered && !followed.counted) count(followed, {answer_to(message, observation), &message, {}});
  }

  template <typename PlaceOf>
  void on_end(const Observation& observation, const Hl7Message& message, const PlaceOf& place_of) {
    const Event& event = observation.event;
    const std::uint64_t print = print_of(observation, message);
    const bool open = may_be_answered_elsewhere(message);
    Followed* followed = followed_.find(print);
    if (followed && followed->over) {  // another one, with the same control id in the same packet
      settle(*followed);
      followed_.erase(print);
      followed = nullptr;
    }
    if (!followed && !open && !message.late) return counts_.count(place_of(), told_by(observation, message));
    if (!followed) followed = &follow(observation, message, place_of);
    followed->touched = event.last.time;
    followed->over = true;
    followed->ended = event.last.time;
    const Told told = told_by(observation, message);
    if (message.late && !followed->counted) count(*followed, {Hl7Answer::none, &message, {}});
    if (followed->counted) {
      count_late(*followed, told);
    } else if (open && told.answer != Hl7Answer::none) {
      followed->answer = told.answer;
      followed->answer_time = told.answer_time;
    } else {
      count(*followed, told);
    }
    const bool settled = followed->counted && followed->answer != Hl7Answer::none;
    if (settled || !open) {
      followed_.erase(print);
    } else {
      followed_.of(print);  // the latest now
    }
  }

  static Told told_by(const Observation& observation, const Hl7Message& message) {
    Told told{answer_to(message, observation), &message, {}};
    if (message.answered()) told.answer_time = elapsed(message.sent.time, message.answered()->time);
    return told;
  }

  void on_acknowledged(const Link& link) {
    if (link.cause != 0 && link.effect == 0) return on_silence(link);
    if (link.cause == 0 || !stray_) return;
    if (stray_->conversation != link.effect || stray_->message.sent.packet != link.effect_packet) return;
    const Stray answer = std::move(*stray_);
    stray_.reset();
    const std::uint64_t print = print_of(link.cause, link.cause_packet, answer.message.control_id);
    Followed* const followed = followed_.find(print);
    if (!followed) return;
    const Told told{answer_of_code(answer.message.answer().value_or(ShortCode{})), &answer.message, link.delay};
    if (followed->counted) {
      count_late(*followed, told);
    } else {
      count(*followed, told);
    }
    if (followed->over) followed_.erase(followed->print);
    on_copy_answered(print, answer.message);
  }

  // The application surely did not answer; nor did anybody else, as far as that was seen.
  void on_silence(const Link& link) {
    const std::uint64_t* const print = begun_.find(hash_(link.cause, link.cause_packet, 0));
    Followed* const followed = print ? followed_.find(*print) : nullptr;
    if (!followed || followed->counted || followed->answer != Hl7Answer::unknown) return;
    count(*followed, {Hl7Answer::none, nullptr, {}});
  }

  // It is told after the record that begins the copy.
  void on_resent(const Link& link) {
    if (link.effect != latest_.conversation || link.effect_packet != latest_.packet) return;
    const std::uint64_t earlier = print_of(link.cause, link.cause_packet, latest_.control_id);
    std::vector<std::uint64_t> copies;
    if (std::vector<std::uint64_t>* more = copies_.find(earlier)) copies = std::move(*more);
    copies_.erase(earlier);
    if (copies.size() < kCopies) copies.push_back(earlier);
    copies_.of(print_of(link.effect, link.effect_packet, latest_.control_id)) = std::move(copies);
  }

  void on_copy_answered(std::uint64_t print, const Hl7Message& answer) {
    if (copies_.size() == 0) return;
    const std::vector<std::uint64_t>* copies = copies_.find(print);
    if (!copies) return;
    for (const std::uint64_t earlier : *copies) {
      Followed* const followed = followed_.find(earlier);
      if (followed && followed->counted) count_late(*followed, {Hl7Answer::superseded, &answer, {}});
    }
    copies_.erase(print);
  }

  void count(Followed& followed, const Told& told) {
    followed.counted = true;
    followed.answer = told.answer;
    counts_.count(followed.place, told);
  }

  void count_late(Followed& followed, const Told& told) {
    const bool answered = told.record->answer() || told.answer == Hl7Answer::superseded;
    if (followed.answer != Hl7Answer::none || !answered) return;
    followed.answer = told.answer;
    counts_.count_late(followed.place, told);
  }

  void settle(const Followed& followed) {
    if (followed.over && !followed.counted)
      counts_.count(followed.place, {followed.answer, nullptr, followed.answer_time});
  }

  void settle_stray() {
    if (!stray_) return;
    counts_.count_unmatched(stray_->place);
    stray_.reset();
  }

  // After so long nobody joins an answer to it (relate/acknowledgements.h).
  void advance(Timestamp now) {
    static const Duration kTimeout = Limits{}.hl7_application_timeout;
    while (Followed* oldest = followed_.oldest()) {
      if (elapsed(oldest->touched, now) <= kTimeout) return;
      const bool in_doubt =
          !oldest->counted && oldest->answer == Hl7Answer::unknown && elapsed(oldest->ended, now) <= kDoubt;
      if (oldest->over && !in_doubt) {
        settle(*oldest);
        followed_.erase(oldest->print);
      } else {
        oldest->touched = now;
        followed_.of(oldest->print);
      }
    }
  }

  static constexpr std::size_t kCopies = 64;  ///< of one message that are looked for
  /// That nobody answered is told when all that was captured at the time is told, which may be long after.
  static constexpr Duration kDoubt = std::chrono::hours{24};

  Counts& counts_;
  KeyedHash hash_;
  PerConversation<Followed> followed_;                                            ///< by print_of() instead
  PerConversation<std::uint64_t> begun_{kRememberedConversations};                ///< the same, by where they begin
  PerConversation<std::vector<std::uint64_t>> copies_{kRememberedConversations};  ///< earlier ones, by the latest
  Begun latest_;
  std::optional<Stray> stray_;
};

}  // namespace dcmwatch
