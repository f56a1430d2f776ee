// What every protocol folder is given, and what it gives: the seam within `protocol`.
//
// Each protocol is a folder: framer (cut a unit out of the stream) → decoder (a unit becomes a typed value) →
// conversation (values become facts). The conversation is a StreamSink made by the protocol's `open`; facts leave by
// the Emitter.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "assemble/stream.h"
#include "base/limits.h"
#include "base/pseudonym.h"
#include "event/event.h"

namespace dcmwatch {

/// What the protocols share. Outlives every conversation.
struct ProtocolSettings {
  Limits limits;
  const Pseudonymizer* pseudonymizer = nullptr;  ///< never null
  bool digest_pixel_data = false;  ///< of every stored object: its pixels are read, which otherwise pass untouched
};

/// Why a fact is less than it might be, as its conversation knows.
struct Shortfall {
  bool lost = false;         ///< wanted bytes that it would have rested on were never seen
  bool unfinished = false;   ///< the capture ended, or the connection was forgotten, before it was over
  bool undecodable = false;  ///< they were seen, and cannot be read

  friend Shortfall operator|(Shortfall one, Shortfall other) {
    return {one.lost || other.lost, one.unfinished || other.unfinished, one.undecodable || other.undecodable};
  }
};

/// Makes the events of one connection: fills in what they have in common and counts them.
/// One per connection, made by the identifying sink; it outlives the protocol's sink.
class Emitter {
 public:
  Emitter(const Connection& connection, EventSink& sink, Protocol protocol)
      : connection_(connection), sink_(sink), protocol_(protocol), emitted_(connection.told_unspoken) {}

  /// The protocol knows who opened the connection (an A-ASSOCIATE-RQ, say) although no SYN was seen.
  /// Ignored if a SYN told it. The first such word counts: what is found behind a hole may be no PDU. Call it before
  /// the first event that depends on it.
  void set_opener(Direction sent_by_opener);
  /// The protocol makes one end the likely opener, no more: events are oriented by it, and opener_known() stays false.
  /// The first such word counts.
  void suppose_opener(Direction sent_by_opener);

  /// The direction in which the opener sends; a guess unless opener_known().
  [[nodiscard]] Direction opener() const { return opener_; }
  [[nodiscard]] bool opener_known() const { return connection_.parties.opener_known || opener_told_; }
  [[nodiscard]] bool from_opener(Direction direction) const { return direction == opener_; }

  /// Gives the fact where it stays, to be completed before the next is emitted.
  template <typename Fact>
  std::decay_t<Fact>& emit(Phase phase, const Mark& first, const Mark& last, Fact&& fact, Shortfall shortfall = {}) {
    Event& event = next_event(phase, first, last, shortfall);
    return event.facts.emplace<std::decay_t<Fact>>(std::forward<Fact>(fact));
  }

  [[nodiscard]] const Connection& connection() const { return connection_; }

 private:
  friend class Stream;
  Event& next_event(Phase phase, const Mark& first, const Mark& last, Shortfall shortfall);

  const Connection& connection_;
  EventSink& sink_;
  Protocol protocol_;
  Direction opener_ = Direction::forward;
  bool opener_told_ = false;
  bool opener_supposed_ = false;
  std::uint32_t emitted_;
};

/// What the first bytes of one direction look like. The bytes begin where a unit may begin.
enum class Looks : std::uint8_t { no, need_more, yes };

/// One line a protocol, in table.cpp.
struct ProtocolEntry {
  Protocol protocol;
  Looks (*looks_like)(ByteView first_bytes);
  /// The sink is given the stream from the byte at which it was recognised, both directions.
  std::unique_ptr<StreamSink> (*open)(Emitter& emitter, const ProtocolSettings& settings);
};

}  // namespace dcmwatch
