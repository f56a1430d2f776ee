// How MLLP blocks follow each other, as data: <SB> content <EB><CR>, and what real senders make of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace dcmwatch::hl7 {

inline constexpr std::uint8_t kStartBlock = 0x0B;
inline constexpr std::uint8_t kEndBlock = 0x1C;
inline constexpr std::uint8_t kCarriageReturn = 0x0D;
inline constexpr std::uint8_t kLineFeed = 0x0A;

enum class Input : std::uint8_t {
  start_block,
  end_block,
  carriage_return,
  line_feed,
  letter_m,
  letter_s,
  letter_h,
  other
};
inline constexpr std::size_t kInputs = 8;

constexpr Input input_of(std::uint8_t byte) {
  switch (byte) {
    case kStartBlock: return Input::start_block;
    case kEndBlock: return Input::end_block;
    case kCarriageReturn: return Input::carriage_return;
    case kLineFeed: return Input::line_feed;
    case 'M': return Input::letter_m;
    case 'S': return Input::letter_s;
    case 'H': return Input::letter_h;
    default: return Input::other;
  }
}

/// A start block inside content, or after a loss, is believed only with a message header behind it.
enum class State : std::uint8_t {
  between,
  between_m,
  between_ms,  ///< where a block may begin; a header without its start block coming
  stray,       ///< in bytes that belong to no block
  content,
  content_end,  ///< in a block; its end block seen, the carriage return not yet
  content_start,
  content_start_m,
  content_start_ms,  ///< in a block; another seems to begin
  bare,
  bare_line,
  bare_m,
  bare_ms,  ///< in a block that began without its start block: a line with another header begins the next
  lost,
  lost_start,
  lost_start_m,
  lost_start_ms,
  lost_end,
  lost_line,
  lost_m,
  lost_ms,  ///< resynchronising: at a header with its start block or on a line of its own, or behind <EB><CR>
};
inline constexpr std::size_t kStates = 21;

/// How a block ended.
enum class BlockEnd : std::uint8_t {
  complete,            ///< <EB><CR>
  no_carriage_return,  ///< <EB>, and a line feed, or the next block began
  next_block,          ///< no <EB>: the next block began
  settled,             ///< the other side takes it for whole: what ends it may still come
  gap,                 ///< bytes that will not come
  stream_end           ///< the connection ended, or the capture
};

enum class Begins : std::uint8_t {
  nothing,
  after_this,       ///< this byte is the start block
  with_header,      ///< this byte is the H of <SB>MSH
  with_bare_header  ///< this byte is the H of MSH, without a start block
};

/// What one byte does. `end` counts only if `ends`.
struct Step {
  State next = State::between;
  bool stray = false;
  bool ends = false;
  BlockEnd end = BlockEnd::complete;
  Begins begins = Begins::nothing;

  friend bool operator==(const Step&, const Step&) = default;
};

struct Row {
  State state = State::between;
  Input input = Input::other;  ///< Input::other stands for every input that the state has no row for
  Step step;
};

inline constexpr std::array kRows{
    Row{State::between, Input::start_block, {.next = State::content, .begins = Begins::after_this}},
    Row{State::between, Input::letter_m, {.next = State::between_m}},
    Row{State::between, Input::other, {.next = State::stray, .stray = true}},
    Row{State::between_m, Input::start_block, {.next = State::content, .stray = true, .begins = Begins::after_this}},
    Row{State::between_m, Input::letter_s, {.next = State::between_ms}},
    Row{State::between_m, Input::other, {.next = State::stray, .stray = true}},
    Row{State::between_ms, Input::start_block, {.next = State::content, .stray = true, .begins = Begins::after_this}},
    Row{State::between_ms, Input::letter_h, {.next = State::bare, .begins = Begins::with_bare_header}},
    Row{State::between_ms, Input::other, {.next = State::stray, .stray = true}},

    Row{State::stray, Input::start_block, {.next = State::content, .begins = Begins::after_this}},
    Row{State::stray, Input::carriage_return, {.next = State::between}},
    Row{State::stray, Input::line_feed, {.next = State::between}},
    Row{State::stray, Input::other, {.next = State::stray}},

    Row{State::content, Input::end_block, {.next = State::content_end}},
    Row{State::content, Input::start_block, {.next = State::content_start}},
    Row{State::content, Input::other, {.next = State::content}},
    Row{State::content_end, Input::carriage_return, {.next = State::between, .ends = true}},
    Row{State::content_end,
        Input::start_block,
        {.next = State::content, .ends = true, .end = BlockEnd::no_carriage_return, .begins = Begins::after_this}},
    Row{State::content_end,
        Input::line_feed,
        {.next = State::between, .ends = true, .end = BlockEnd::no_carriage_return}},
    Row{State::content_end, Input::end_block, {.next = State::content_end}},
    Row{State::content_end, Input::other, {.next = State::content}},
    Row{State::content_start, Input::start_block, {.next = State::content_start}},
    Row{State::content_start, Input::end_block, {.next = State::content_end}},
    Row{State::content_start, Input::letter_m, {.next = State::content_start_m}},
    Row{State::content_start, Input::other, {.next = State::content}},
    Row{State::content_start_m, Input::start_block, {.next = State::content_start}},
    Row{State::content_start_m, Input::end_block, {.next = State::content_end}},
    Row{State::content_start_m, Input::letter_s, {.next = State::content_start_ms}},
    Row{State::content_start_m, Input::other, {.next = State::content}},
    Row{State::content_start_ms, Input::start_block, {.next = State::content_start}},
    Row{State::content_start_ms, Input::end_block, {.next = State::content_end}},
    Row{State::content_start_ms,
        Input::letter_h,
        {.next = State::content, .ends = true, .end = BlockEnd::next_block, .begins = Begins::with_header}},
    Row{State::content_start_ms, Input::other, {.next = State::content}},

    Row{State::bare, Input::end_block, {.next = State::content_end}},
    Row{State::bare, Input::start_block, {.next = State::content_start}},
    Row{State::bare, Input::carriage_return, {.next = State::bare_line}},
    Row{State::bare, Input::line_feed, {.next = State::bare_line}},
    Row{State::bare, Input::other, {.next = State::bare}},
    Row{State::bare_line, Input::letter_m, {.next = State::bare_m}},
    Row{State::bare_m, Input::letter_s, {.next = State::bare_ms}},
    Row{State::bare_ms,
        Input::letter_h,
        {.next = State::bare, .ends = true, .end = BlockEnd::next_block, .begins = Begins::with_bare_header}},

    Row{State::lost, Input::start_block, {.next = State::lost_start}},
    Row{State::lost, Input::end_block, {.next = State::lost_end}},
    Row{State::lost, Input::carriage_return, {.next = State::lost_line}},
    Row{State::lost, Input::line_feed, {.next = State::lost_line}},
    Row{State::lost, Input::other, {.next = State::lost}},
    Row{State::lost_start, Input::letter_m, {.next = State::lost_start_m}},
    Row{State::lost_start_m, Input::letter_s, {.next = State::lost_start_ms}},
    Row{State::lost_start_ms, Input::letter_h, {.next = State::content, .begins = Begins::with_header}},
    Row{State::lost_end, Input::carriage_return, {.next = State::between}},
    Row{State::lost_line, Input::letter_m, {.next = State::lost_m}},
    Row{State::lost_m, Input::letter_s, {.next = State::lost_ms}},
    Row{State::lost_ms, Input::letter_h, {.next = State::bare, .begins = Begins::with_bare_header}},
};

/// Where a state has no row for an input, and none for Input::other, it does what the state that it is a guess of does.
constexpr State certain(State state) {
  if (state >= State::bare && state <= State::bare_ms) return State::bare;
  if (state >= State::lost) return State::lost;
  return state;
}

/// The rows as a square: one look-up a byte.
using Steps = std::array<std::array<Step, kInputs>, kStates>;

constexpr Steps make_steps() {
  Steps steps{};
  const auto set = [&steps](State state, auto applies) {
    auto& row_of_state = steps[static_cast<std::size_t>(state)];
    for (const Row& row : kRows) {
      if (applies(row) && row.input == Input::other) row_of_state.fill(row.step);
    }
    for (const Row& row : kRows) {
      if (applies(row)) row_of_state[static_cast<std::size_t>(row.input)] = row.step;
    }
  };
  for (std::size_t at = 0; at < kStates; ++at) {
    const auto state = static_cast<State>(at);
    if (certain(state) != state) set(state, [state](const Row& row) { return row.state == certain(state); });
    set(state, [state](const Row& row) { return row.state == state; });
  }
  return steps;
}

inline constexpr Steps kSteps = make_steps();

constexpr const Step& step(State state, Input input) {
  return kSteps[static_cast<std::size_t>(state)][static_cast<std::size_t>(input)];
}

constexpr bool in_block(State state) { return state >= State::content && state <= State::bare_ms; }

/// Bytes just read that are no content if the block ends here: <EB>, or what has been seen of the next block's <SB>MS.
constexpr std::size_t trailing_bytes(State state) {
  switch (state) {
    case State::content_end:
    case State::content_start:
    case State::bare_m: return 1;
    case State::content_start_m:
    case State::bare_ms: return 2;
    case State::content_start_ms: return 3;
    case State::between:
    case State::between_m:
    case State::between_ms:
    case State::stray:
    case State::content:
    case State::bare:
    case State::bare_line:
    case State::lost:
    case State::lost_start:
    case State::lost_start_m:
    case State::lost_start_ms:
    case State::lost_end:
    case State::lost_line:
    case State::lost_m:
    case State::lost_ms: return 0;
  }
  return 0;
}

}  // namespace dcmwatch::hl7
