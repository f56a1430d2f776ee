// Messages that are sent again, and others that have their control id (HL7 v2 2.14.9.10: it is unique).
#pragma once

#include <cstdint>

#include "base/keyed_hash.h"
#include "base/limits.h"
#include "relate/occurrence.h"
#include "relate/remembered.h"

namespace dcmwatch {

/// Holds each message against the last one of the same sender (MSH-3, MSH-4) to the same receiver with its control id,
/// on whichever connection, if that is no older than Limits::hl7_control_id_window: the same body but for MSH-7 is a
/// resend, another one is a replay or was tampered with. An engine that passes ids on unchanged is another sender. One
/// that counts from the beginning each day uses its ids again: another body of another day, by MSH-7, is another
/// message. Messages that were not read whole are not held against any. A resend is told at once; that two conflict
/// when the later one is over, which is when it is known whether its conversation is proven: the record's is, if those
/// of both messages are, for anyone can send a lone message in another's name: so one that is not proven takes the
/// place of the last only until the next, which is held against the last proven one, if there is one.
/// Limits::hl7_control_ids are kept; those first seen longest ago are forgotten, and so are, of Limits::relate_open
/// each, conflicts not yet told and proven messages that one not proven came after.
class Resends {
 public:
  /// `limits` outlives it.
  explicit Resends(const Limits& limits)
      : limits_(limits),
        known_(limits.hl7_control_ids),
        conflicts_(limits.relate_open),
        early_(limits.relate_open),
        proven_(limits.relate_open) {}

  void on_message(const Event& event, const Hl7Message& message, Told& told);

  /// Sooner than after Limits::hl7_control_id_window, to stay within Limits::hl7_control_ids.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }
  [[nodiscard]] std::uint64_t conflicts_forgotten() const { return conflicts_forgotten_; }

 private:
  struct Seen {
    std::uint64_t body = 0;
    std::uint64_t conversation = 0;
    Timestamp sent;
    std::uint64_t packet = 0;
    std::uint32_t times = 0;
    std::uint32_t day = 0;  ///< of MSH-7, as a number of eight digits; 0: not said
    bool proven = false;    ///< by what is known of it so far
  };
  struct Conflict {
    Link link;
    bool cause_proven = false;
    bool told = false;
  };

  void on_sent(const Event& event, const Hl7Message& message, std::uint64_t print, Told& told);
  void on_end(const Event& event, const Hl7Message& message, std::uint64_t print, Told& told);

  /// Of what was sent and is now the latest of its control id: what it is to be held against.
  Seen held_against(const Seen& latest, const Seen& now, std::uint64_t print);
  void keep_proven(std::uint64_t print, const Seen& message);

  [[nodiscard]] static Seen seen(const Event& event, const Hl7Message& message, bool proven);
  [[nodiscard]] std::uint64_t print_of_id(const Event& event, const Hl7Message& message) const;

  const Limits& limits_;
  KeyedHash names_;
  Remembered<Seen> known_;
  Remembered<Conflict> conflicts_;  ///< by their later message
  Remembered<bool> early_;          ///< whether proven: of messages whose answer was captured before they were
  Remembered<Seen> proven_;         ///< the last one, of control ids whose latest message is or was not proven
  std::uint64_t forgotten_ = 0;
  std::uint64_t conflicts_forgotten_ = 0;
};

}  // namespace dcmwatch
