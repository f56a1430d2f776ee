// A connection's stream before and after it is known what it carries.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "protocol/conversation.h"
#include "protocol/recycled.h"

namespace dcmwatch {

/// Holds the first bytes of both directions until a protocol recognises one of them, then hands everything on to its
/// sink. A connection joined midway, or one with a hole, is searched at the start of each segment, where a unit mostly
/// begins.
class Stream final : public StreamSink, public Recycled {
 public:
  Stream(const Connection& connection, const ProtocolSettings& settings, EventSink& events);

  Appetite on_bytes(Direction direction, const Mark& mark, ByteView bytes) override;
  void on_skipped(Direction direction, const Mark& first, const Mark& last, std::uint64_t bytes,
                  std::uint64_t missing) override;
  void on_gap(Direction direction, const Mark& mark, std::uint64_t missing) override;
  void on_conflict(Direction direction, const Mark& mark, std::uint64_t offset, std::uint64_t length) override;
  void give_up_kept(const Mark& mark) override;
  void on_time(const Mark& mark) override;
  void rebase(Timestamp now) override;
  void on_close(const Mark& mark, CloseReason reason) override;

  void on_progress(const Mark& mark) override;
  [[nodiscard]] bool told_anything() const override { return emitter_.emitted_ != 0; }

  /// Ends the connection's own record; the last call.
  void end(const Mark& mark, CloseReason reason);

 private:
  enum class State : std::uint8_t { identifying, decoding, closed_book };

  struct Chunk {
    Direction direction;
    Mark mark;
    std::vector<std::uint8_t> bytes;
  };

  /// What is known of one direction while identifying.
  struct Head {
    std::vector<std::uint8_t> bytes;  ///< from where a unit may begin: what is held of it, up to Limits::identify_bytes
    std::uint64_t searched_bytes = 0;
  };

  /// Bytes that the sink has no appetite for among those that were held while identifying: the assembler gave them out
  /// already, so they are counted off here until it can be told.
  struct Owed {
    Appetite left = 0;
    std::uint64_t passed = 0;
    std::uint64_t missing = 0;
    Mark first;
  };

  Appetite identify(Direction direction, const Mark& mark, ByteView bytes);
  const ProtocolEntry* look(Direction direction, const Mark& mark, ByteView bytes);
  void forget_held(Direction direction);
  void count_kept();
  void note_sink();
  [[nodiscard]] bool is_glimpse() const;
  void feed(Direction direction, const Mark& mark, ByteView bytes);
  std::uint64_t count_off(Direction direction, const Mark& mark, std::uint64_t bytes, bool missing);
  void tell_skipped(Direction direction, const Mark& mark);
  Appetite hand_over(const ProtocolEntry& entry, Direction direction, const Mark& mark, ByteView bytes);
  Appetite give_up(Direction direction, const Mark& mark);
  void announce(const Mark& mark);
  Head& head(Direction direction) { return heads_[index_of(direction)]; }
  /// Whether a unit may have begun in this direction, and only more bytes can tell.
  [[nodiscard]] bool held(Direction direction) const { return !heads_[index_of(direction)].bytes.empty(); }

  const Connection& connection_;
  const ProtocolSettings& settings_;
  Emitter emitter_;
  State state_ = State::identifying;
  bool announced_ = false;
  std::uint64_t told_bytes_ = 0;  // when it was last told to go on
  std::unique_ptr<StreamSink> sink_;
  std::array<Head, 2> heads_;
  std::vector<Chunk> chunks_;
  std::array<Owed, 2> owed_;
};

/// The connection's own facts, oriented so that index 0 is who opened it.
ConnectionFact connection_fact(const Connection& connection, Direction opener);

}  // namespace dcmwatch
