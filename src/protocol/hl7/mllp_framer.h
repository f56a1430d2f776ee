// Cuts MLLP blocks out of one direction of a stream (HL7 Transport Specification: MLLP, Release 1).
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/timestamp.h"
#include "protocol/hl7/byte_finder.h"
#include "protocol/hl7/mllp_steps.h"

namespace dcmwatch::hl7 {

/// What stood between two block delimiters.
struct Block {
  ByteView content;          ///< its head, at most the limit; dies at the framer's next call
  std::uint64_t bytes = 0;   ///< of the whole content, kept or not
  std::uint64_t offset = 0;  ///< in the stream, of the start block
  Mark first;                ///< the packet of its first byte
  Mark last;                 ///< and of its last
  BlockEnd end = BlockEnd::complete;
  bool end_seen = true;  ///< its end block
  bool started = true;   ///< with a start block, or where that may have been lost
  bool cut = false;      ///< content is not all of it: limit, loss, or a sender that began anew

  [[nodiscard]] bool beyond_limit() const { return bytes > content.size(); }
  /// Some of it was never seen.
  [[nodiscard]] bool lost() const { return cut && (end == BlockEnd::gap || end == BlockEnd::stream_end); }
};

/// A block that was settled did not end as it should.
struct Unended {
  std::uint64_t offset = 0;  ///< of the block
  std::uint64_t bytes = 0;   ///< of what was told of it
  Mark first;
  bool end_seen = false;  ///< only the carriage return is missing
};

/// Bytes between two blocks. Told once a stream, at the first of them.
struct StrayBytes {
  std::uint64_t offset = 0;
};

using Unit = std::variant<Block, StrayBytes, Unended>;

/// Order of calls: feed, then next until it gives nothing; gap and close only in between.
/// A block inside one segment is given in place; the head of one split across segments is copied once, up to the limit.
/// The rest of a long block is searched for its end but not kept: MLLP does not say beforehand how long a block is.
/// Cost: a constant number of memchr passes.
class MllpFramer {
 public:
  /// `midway`: the stream may begin inside a block.
  MllpFramer(std::size_t head_limit, bool midway)
      : head_limit_(head_limit), state_(midway ? State::lost_line : State::between) {}

  /// `bytes` must live until next has given nothing.
  void feed(const Mark& mark, ByteView bytes);
  std::optional<Unit> next();

  /// Bytes that will not come: gives what was read of the block that they cut.
  std::optional<Block> gap(std::uint64_t missing);
  /// The stream's end: gives what was read of a block never ended.
  std::optional<Block> close();

  /// Between calls of feed: the content of a block of which only what ends it may be missing, so that the other side
  /// may have taken it for whole: the end block was seen, or its last segment is ended. Nothing if there is none such.
  [[nodiscard]] std::optional<ByteView> seems_whole() const;
  [[nodiscard]] bool end_seen() const { return state_ == State::content_end; }
  /// Gives that block. Should more come before what ends it, that is passed over; if it does not end, that is told at
  /// the next block.
  Block settle();
  /// At the stream's end: a settled block that never ended.
  std::optional<Unended> unended();

  /// Of the stream, up to where feed and gap have come.
  [[nodiscard]] std::uint64_t offset() const { return fresh_offset_; }

  /// Of the block at hand, in memory.
  [[nodiscard]] std::size_t kept_bytes() const { return head_.capacity(); }

 private:
  void skip_indifferent();
  std::optional<Unit> take(const Step& step);
  void begin(Begins how);
  Block finish(BlockEnd end, State state);
  std::optional<Block> interrupt(BlockEnd end);
  void keep_rest();
  void keep(ByteView content);

  std::size_t head_limit_;
  State state_;
  bool stray_told_ = false;

  // The segment at hand.
  ByteView fresh_;
  std::size_t position_ = 0;
  std::uint64_t fresh_offset_ = 0;  ///< in the stream
  Mark mark_;
  ByteFinder start_blocks_;
  ByteFinder end_blocks_;
  ByteFinder carriage_returns_;
  ByteFinder line_feeds_;

  // The block at hand: what earlier segments held of it, and where it goes on in this one.
  std::vector<std::uint8_t> head_;
  std::uint64_t earlier_bytes_ = 0;
  std::size_t begin_ = 0;
  std::uint64_t offset_ = 0;
  Mark first_;
  bool started_ = true;
  Mark kept_last_;                  ///< the packet of the last byte that earlier segments held
  std::optional<Unended> settled_;  ///< the block before it, whose end has not been seen

  Mark candidate_;                       ///< the packet of the latest byte that may have begun a block
  std::vector<std::uint8_t> delivered_;  ///< under the content of the block given last
};

}  // namespace dcmwatch::hl7
