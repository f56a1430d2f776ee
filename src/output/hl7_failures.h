// The first of the HL7 messages that were not answered, or refused: those to look for in the sender's log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "output/hl7_answer.h"
#include "output/summary_section.h"

namespace dcmwatch {

/// What is known of a message wherever it fails.
struct Hl7Failing {
  Mark sent;
  Pseudonym control_id;
  Code message_type;
};

/// Keeps those that were sent first, kKept at most, and counts the others.
class Hl7Failures {
 public:
  /// `record` tells the answer, or why there is none; null: its application surely did not answer. `peers_of` gives the
  /// title of who sent it to whom.
  template <typename PeersOf>
  void add(const Hl7Failing& message, Hl7Answer answer, const Hl7Message* record, const PeersOf& peers_of) {
    ++count_;
    if (!has_room_for(message)) return;
    kept_[key_of(message)] = {peers_of(), message.message_type, reason_of(answer, record)};
    if (kept_.size() > kKept) kept_.erase(--kept_.end());
  }
  /// It was answered after all, and well.
  void remove(const Hl7Failing& message);

  void render(TextPage& page, const RunFigures& run) const;

 private:
  static constexpr std::size_t kShown = 10;
  static constexpr std::size_t kKept = 8 * kShown;  ///< so that enough are left when some are answered after all

  using Key = std::pair<Mark, std::string>;  ///< when it was sent, and its control id as it is told
  struct Failure {
    std::string peers;
    Code message_type;
    std::string reason;
  };

  static Key key_of(const Hl7Failing& message);
  static std::string reason_of(Hl7Answer answer, const Hl7Message* record);
  [[nodiscard]] bool has_room_for(const Hl7Failing& message) const {
    return kept_.size() < kKept || message.sent < kept_.rbegin()->first.first;
  }

  std::map<Key, Failure> kept_;
  std::uint64_t count_ = 0;
};

}  // namespace dcmwatch
