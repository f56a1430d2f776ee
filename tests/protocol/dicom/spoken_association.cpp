#include "protocol/dicom/spoken_association.h"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

namespace dcmwatch::test {
namespace {

constexpr std::size_t kPdvHeader = 6;
constexpr std::size_t kNone = PlannedOperation::kNone;
constexpr std::size_t kLongestPdu = 20'000;  ///< where any length is taken

enum class Says : std::uint8_t {
  request,
  answer,
  release_request,
  release_response,
  abort,
  request_command,
  request_data,
  response_command,
  response_data,
  cancel
};

bool is_data(Says says) { return says == Says::request_data || says == Says::response_data; }

/// A PDV with the header before it, or another PDU whole: what is said when its last byte has gone.
struct Piece {
  Octets bytes;
  Says says{};
  std::size_t operation = kNone;
  std::size_t head_bytes = 0;  ///< of `bytes`, before the fragment
  bool begins_pdu = true;
  bool begins_message = false;
  bool is_last = true;  ///< of the command, the data set or the PDU that says it
};

struct Side {
  Direction direction{};
  std::uint32_t longest_pdu = 0;  ///< that the other side takes
  std::deque<Piece> waiting;
  std::size_t gone = 0;  ///< bytes of the first of them
};

class Speaker {
 public:
  Speaker(const PlannedAssociation& plan, Dice& dice) : plan_(plan), dice_(dice) {
    sides_[0].direction = Direction::forward;
    sides_[1].direction = Direction::backward;
    sides_[0].longest_pdu = plan.fact.acceptor.maximum_length.value_or(0);
    sides_[1].longest_pdu = plan.fact.opener.maximum_length.value_or(0);
    spoken_.operations.resize(plan.operations.size());
    progress_.resize(plan.operations.size());
    constexpr auto kSegments = std::to_array<std::size_t>({7, 100, 1460, 1460, 9000, 100'000});
    longest_segment_ = dice.of(kSegments);
    if (ends_early()) steps_left_ = dice.below(12 + 8 * plan.operations.size());
  }

  SpokenAssociation speak() && {
    enqueue(sides_[0], plan_.opening.request, Says::request);
    while (!over_ && (!ends_early() || steps_left_-- > 0)) {
      begin_something();
      if (!send_segment() && !end_in_order()) break;
    }
    if (ends_early()) end_early();
    return std::move(spoken_);
  }

 private:
  struct Progress {
    bool begun = false;
    bool requested = false;
    std::size_t responses = 0;  ///< that were begun
    std::size_t said = 0;       ///< of these, whole
    bool cancelled = false;
  };

  [[nodiscard]] bool ends_early() const { return plan_.end >= PlannedEnd::aborted_by_opener; }
  static std::size_t side_of(const PlannedOperation& operation) {
    return operation.fact.invoker == Invoker::opener ? 0 : 1;
  }
  [[nodiscard]] bool is_over(std::size_t at) const {
    return progress_[at].said == plan_.operations[at].responses.size();
  }

  // Everything that may be begun now, with a chance each.
  void begin_something() {
    if (spoken_.answered == 0 || plan_.end == PlannedEnd::rejected || releasing_) return;
    std::array<std::size_t, 2> outstanding{};
    for (std::size_t at = 0; at < progress_.size(); ++at)
      if (progress_[at].begun && !is_over(at)) ++outstanding[side_of(plan_.operations[at])];
    std::array<bool, 2> in_order{true, true};  // requests come in the plan's order, those of a C-GET apart
    for (std::size_t at = 0; at < progress_.size(); ++at) {
      const PlannedOperation& operation = plan_.operations[at];
      const std::size_t side = side_of(operation);
      Progress& progress = progress_[at];
      if (!progress.begun) {
        const bool may =
            in_order[side] && outstanding[side] < plan_.window[side] &&
            (operation.cause == kNone || (progress_[operation.cause].requested && !is_answered(operation.cause)));
        in_order[side] = false;
        if (may && !dice_.one_in(3)) {
          begin_request(at);
          ++outstanding[side];
        }
      } else if (!is_over(at)) {
        go_on(at);
      }
    }
  }

  // Its final response was begun.
  [[nodiscard]] bool is_answered(std::size_t at) const {
    return progress_[at].responses == plan_.operations[at].responses.size();
  }

  void begin_request(std::size_t at) {
    progress_[at].begun = true;
    enqueue(sides_[side_of(plan_.operations[at])], plan_.operations[at].request, at, Says::request_command,
            Says::request_data);
  }

  void go_on(std::size_t at) {
    const PlannedOperation& operation = plan_.operations[at];
    Progress& progress = progress_[at];
    Side& invoker = sides_[side_of(operation)];
    Side& performer = sides_[1 - side_of(operation)];
    if (progress.begun && operation.cancel && !progress.cancelled && dice_.one_in(3)) {
      progress.cancelled = true;
      const DicomOperation& fact = operation.fact;
      const PlannedMessage cancel{cancel_request(fact.message_id), {}};
      enqueue(invoker, cancel, at, Says::cancel, Says::cancel);
    }
    if (!progress.requested || is_answered(at) || dice_.one_in(3)) return;
    const bool final_next = progress.responses + 1 == operation.responses.size();
    if (final_next && (!causes_are_over(at) || (operation.cancel && !spoken_.operations[at].cancelled))) return;
    // One message after the other on a line; which operation's comes next is anybody's choice.
    enqueue(performer, operation.responses[progress.responses].message, at, Says::response_command,
            Says::response_data);
    ++progress.responses;
  }

  [[nodiscard]] bool causes_are_over(std::size_t cause) const {
    for (std::size_t at = 0; at < progress_.size(); ++at)
      if (plan_.operations[at].cause == cause && !is_over(at)) return false;
    return true;
  }

  static void enqueue(Side& side, const Octets& pdu, Says says) {
    side.waiting.push_back({.bytes = pdu, .says = says, .begins_message = true});
  }

  void enqueue(Side& side, const PlannedMessage& message, std::size_t at, Says command, Says data_set) {
    enqueue_fragments(side, message.command, at, command);
    if (!message.data_set.empty()) enqueue_fragments(side, message.data_set, at, data_set);
  }

  // Fragments of even lengths (PS3.8 E.1), some of them together in a PDU.
  void enqueue_fragments(Side& side, const Octets& whole, std::size_t at, Says says) {
    const std::uint8_t context_id = plan_.operations[at].fact.context_id;
    const std::size_t most = side.longest_pdu == 0 ? kLongestPdu : std::min<std::size_t>(side.longest_pdu, kLongestPdu);
    std::size_t pdu_bytes = 0;  // of the PDU in hand
    std::size_t header = 0;     // where that begins
    bool first = true;
    for (std::size_t from = 0;;) {
      const bool joins = pdu_bytes != 0 && pdu_bytes + kPdvHeader + 2 <= most && dice_.one_in(4);
      const std::size_t room = (most - (joins ? pdu_bytes : 0) - kPdvHeader) / 2 * 2;
      std::size_t size = std::min(room, whole.size() - from);
      if (dice_.one_in(5)) size = std::min(size, 2 * dice_.between(1, 20));
      const bool takes_all = from + size == whole.size();
      const bool ends_empty = takes_all && size != 0 && dice_.one_in(40);  // an empty last fragment follows
      const bool is_last = takes_all && !ends_empty;
      Piece piece;
      piece.says = says;
      piece.operation = at;
      piece.begins_pdu = !joins;
      piece.begins_message = std::exchange(first, false);
      piece.is_last = is_last;
      if (!joins) {
        piece.bytes = Octets{4, 0, 0, 0, 0, 0};
        header = side.waiting.size();
        pdu_bytes = 0;
      }
      const auto control = static_cast<std::uint8_t>((is_data(says) ? 0 : 1) | (is_last ? 2 : 0));
      const auto head = static_cast<std::uint32_t>(size + 2);
      for (int shift = 24; shift >= 0; shift -= 8) piece.bytes.push_back(static_cast<std::uint8_t>(head >> shift));
      piece.bytes.push_back(context_id);
      piece.bytes.push_back(control);
      piece.head_bytes = piece.bytes.size();
      const auto begin = whole.begin() + static_cast<std::ptrdiff_t>(from);
      piece.bytes.insert(piece.bytes.end(), begin, begin + static_cast<std::ptrdiff_t>(size));
      pdu_bytes += kPdvHeader + size;
      side.waiting.push_back(std::move(piece));
      Octets& of_pdu = side.waiting[header].bytes;
      for (std::size_t i = 0; i < 4; ++i) of_pdu[2 + i] = static_cast<std::uint8_t>(pdu_bytes >> (24 - 8 * i));
      from += size;
      if (is_last) return;
    }
  }

  bool send_segment() {
    const std::size_t chosen = dice_.below(2);
    Side& side = sides_[sides_[chosen].waiting.empty() ? 1 - chosen : chosen];
    if (side.waiting.empty()) return anything_left();
    send(side, 1 + dice_.below(longest_segment_));
    return true;
  }

  // Somebody only had no luck with the dice.
  [[nodiscard]] bool anything_left() const {
    if (spoken_.answered == 0 || plan_.end == PlannedEnd::rejected || releasing_) return false;
    for (std::size_t at = 0; at < progress_.size(); ++at)
      if (!is_over(at)) return true;
    return false;
  }

  void send(Side& side, std::size_t most) {
    Octets segment;
    const SegmentNumber number = spoken_.session.size() + 1;
    while (segment.size() < most && !side.waiting.empty() && !over_) {
      Piece& piece = side.waiting.front();
      const std::size_t taken = std::min(most - segment.size(), piece.bytes.size() - side.gone);
      const auto begin = piece.bytes.begin() + static_cast<std::ptrdiff_t>(side.gone);
      segment.insert(segment.end(), begin, begin + static_cast<std::ptrdiff_t>(taken));
      if (side.gone == 0 && piece.begins_message) on_begin(piece, number);
      if (is_data(piece.says)) count_data(piece, side.gone, side.gone + taken);
      side.gone += taken;
      if (side.gone < piece.bytes.size()) break;
      const Piece said = std::move(piece);
      side.waiting.pop_front();
      side.gone = 0;
      if (said.is_last) on_said(said, number);
    }
    spoken_.session.push_back({side.direction, std::move(segment)});
  }

  void count_data(const Piece& piece, std::size_t from, std::size_t to) {
    const auto data = [&](std::size_t bytes) { return bytes - std::min(bytes, piece.head_bytes); };
    SpokenOperation& spoken = spoken_.operations[piece.operation];
    (piece.says == Says::request_data ? spoken.request_bytes : spoken.response_bytes) += data(to) - data(from);
  }

  void on_begin(const Piece& piece, SegmentNumber number) {
    if (piece.says == Says::request_command) spoken_.operations[piece.operation].begun = number;
    if (piece.says == Says::response_command && spoken_.operations[piece.operation].responding == 0)
      spoken_.operations[piece.operation].responding = number;
  }

  void on_said(const Piece& piece, SegmentNumber number) {
    switch (piece.says) {
      case Says::request: spoken_.asked = number; return enqueue(sides_[1], plan_.opening.answer, Says::answer);
      case Says::answer:
        spoken_.answered = number;
        over_ = plan_.end == PlannedEnd::rejected;
        return;
      case Says::release_request:
        if (plan_.end != PlannedEnd::released_by_both) {
          Side& other = sides_[plan_.end == PlannedEnd::released_by_opener ? 1 : 0];
          return enqueue(other, release_response(), Says::release_response);
        }
        // PS3.8 9.2.2.3: the opener answers first.
        if (++releases_ == 2) enqueue(sides_[0], release_response(), Says::release_response);
        return;
      case Says::release_response:
        over_ = spoken_.released = plan_.end != PlannedEnd::released_by_both || ++releases_ == 4;
        if (!over_) enqueue(sides_[1], release_response(), Says::release_response);
        return;
      case Says::abort: over_ = true; return;
      default: return on_message_said(piece, number);
    }
  }

  void on_message_said(const Piece& piece, SegmentNumber number) {
    const PlannedOperation& operation = plan_.operations[piece.operation];
    SpokenOperation& spoken = spoken_.operations[piece.operation];
    Progress& progress = progress_[piece.operation];
    switch (piece.says) {
      case Says::cancel: spoken.cancelled = true; return;
      case Says::request_command:
        spoken.known = number;
        if (!operation.request.data_set.empty()) return;
        [[fallthrough]];
      case Says::request_data:
        spoken.requested = number;
        progress.requested = true;
        return;
      case Says::response_command: {
        const PlannedMessage& message = operation.responses[spoken.responses].message;
        if (++spoken.responses == operation.responses.size()) spoken.answered = number;
        if (!message.data_set.empty()) return;
        break;
      }
      default: break;
    }
    ++progress.said;
    if (is_over(piece.operation)) spoken.done = number;
  }

  // When all has been said. False: nothing is left to do.
  bool end_in_order() {
    if (ends_early() || releasing_ || spoken_.answered == 0) return false;
    releasing_ = true;
    const Octets release = release_request();
    if (plan_.end != PlannedEnd::released_by_acceptor) enqueue(sides_[0], release, Says::release_request);
    if (plan_.end != PlannedEnd::released_by_opener) enqueue(sides_[1], release, Says::release_request);
    return true;
  }

  void end_early() {
    switch (plan_.end) {
      case PlannedEnd::aborted_by_opener: return abort(sides_[0]);
      // Before it was asked, the acceptor has nothing to abort.
      case PlannedEnd::aborted_by_acceptor: return spoken_.asked == 0 ? abort(sides_[0]) : abort(sides_[1]);
      case PlannedEnd::reset: spoken_.close = CloseReason::reset; return;
      case PlannedEnd::capture_ended: spoken_.close = CloseReason::capture_ended; return;
      default: return;
    }
  }

  // Behind the PDU in hand. What the other side had sent meanwhile still comes.
  void abort(Side& side) {
    if (spoken_.asked == 0 && side.waiting.size() == 1 && side.gone == 0) {
      send(side, side.waiting.front().bytes.size());  // there is nothing to abort yet
    }
    auto next = side.waiting.begin();
    if (next != side.waiting.end() && (side.gone != 0 || !next->begins_pdu)) ++next;
    next = std::find_if(next, side.waiting.end(), [](const Piece& piece) { return piece.begins_pdu; });
    side.waiting.erase(next, side.waiting.end());
    const std::uint8_t source = dice_.flip() ? 0 : 2;
    const auto reason = static_cast<std::uint8_t>(source == 0 ? 0 : dice_.of(std::array{0, 1, 2, 4, 5, 6}));
    const DicomAbort said{source, reason, &side == &sides_.front()};
    enqueue(side, abort_pdu(source, reason), Says::abort);
    while (!over_) send(side, 1 + dice_.below(longest_segment_));
    spoken_.abort = said;
    Side& other = sides_[side.direction == Direction::forward ? 1 : 0];
    const SpokenAssociation before = {{}, {}, spoken_.asked, spoken_.answered, false, said, spoken_.operations};
    over_ = false;
    if (!other.waiting.empty() && dice_.flip()) send(other, 1 + dice_.below(longest_segment_));
    spoken_.operations = before.operations;
    spoken_.answered = before.answered;
  }

  const PlannedAssociation& plan_;
  Dice& dice_;
  SpokenAssociation spoken_;
  std::array<Side, 2> sides_;
  std::vector<Progress> progress_;
  std::size_t longest_segment_ = 0;
  std::size_t steps_left_ = 0;
  int releases_ = 0;
  bool releasing_ = false;
  bool over_ = false;
};

}  // namespace

SpokenAssociation speak(const PlannedAssociation& plan, Dice& dice) { return Speaker{plan, dice}.speak(); }

}  // namespace dcmwatch::test
