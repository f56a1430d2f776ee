// Cuts one direction's stream into PDUs and PDVs (PS3.8 9.3). Cutting is not decoding: bodies are not looked into.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/timestamp.h"
#include "protocol/dicom/pdu.h"
#include "protocol/pending.h"

namespace dcmwatch::dicom {

/// Where a unit began.
struct UnitStart {
  Mark mark;
  std::uint64_t offset = 0;  ///< of the stream, as far as it was given to the framer
};

/// The next unit has not arrived; nothing to do but wait.
struct NeedMore {};

/// Any PDU but P-DATA-TF, or a head of an association PDU.
struct WholePdu {
  std::uint8_t type = 0;
  ByteView body;
  Extent extent = Extent::whole;
};

/// A presentation data value begins (PS3.8 9.3.5.1); its fragment follows in pieces.
struct PdvHead {
  std::uint8_t context_id = 0;  ///< 0: there is none
  bool is_command = false;      ///< PS3.8 E.2, bit 0
  bool is_last = false;         ///< bit 1
  bool reserved_bits = false;   ///< one of the others is set
  bool first_of_pdu = false;
  std::uint32_t fragment_bytes = 0;
  std::uint32_t pdu_length = 0;
};

/// Some of the fragment, perhaps none; `ends`: it was the last of it.
struct PdvPiece {
  ByteView bytes;
  bool ends = false;
};

/// A unit that breaks the rules. The framer has skipped it or looks for the next one.
struct Illegal {
  Breach breach{};
  std::uint64_t length = 0;
};

using Cut = std::variant<NeedMore, WholePdu, PdvHead, PdvPiece, Illegal>;

/// What a gap took.
struct Loss {
  std::optional<WholePdu> head;      ///< the head of the association PDU that it cut
  std::uint64_t fragment_bytes = 0;  ///< of the fragment that it cut
  bool pdvs_lost = false;            ///< PDVs are missing, nobody knows how many
};

/// Order of calls: feed, pass or lose as the stream goes on, each followed by next until NeedMore.
/// Views in a cut or a Loss live until the following feed. Holds a unit's head at most, and association PDUs whole.
class PduFramer {
 public:
  /// `in_step`: the first byte fed begins a PDU. Otherwise the first plausible PDU is sought, silently.
  PduFramer(const Limits& limits, bool in_step) : limit_bytes_(limits.dicom_pdu_bytes), in_step_(in_step) {}

  void feed(ByteView bytes, const Mark& mark);
  Cut next();

  /// Bytes to the end of the fragment or of the PDU that is being skipped: those that `pass` may take.
  [[nodiscard]] std::uint64_t passable() const;
  /// Whether a PDU has begun that is not at its end.
  [[nodiscard]] bool in_unit() const { return state_ != State::pdu_header || unit_begun_; }
  [[nodiscard]] bool in_fragment() const { return state_ == State::fragment; }
  /// Bytes went by that were not fed; at most passable().
  void pass(std::uint64_t bytes);
  /// Bytes are missing that were wanted.
  Loss lose(std::uint64_t missing);
  /// Nobody waits for the rest of the A-ASSOCIATE-RQ in hand, if there is one: its head.
  std::optional<WholePdu> break_off_request();

  /// Of the head in hand, in memory.
  [[nodiscard]] std::size_t kept_bytes() const { return pending_.kept_bytes() + lost_.kept_bytes(); }
  /// The head that the latest loss cut was looked at.
  void forget_lost() { lost_.clear(); }

  /// Of the unit in hand or, right after a cut, of the one cut.
  [[nodiscard]] const UnitStart& unit() const { return unit_; }
  /// Of its PDU, header excluded.
  [[nodiscard]] std::uint32_t pdu_length() const { return pdu_length_; }
  /// Whether the framer knows where units begin, by having followed them from the first or found several in a row.
  [[nodiscard]] bool in_step() const { return in_step_; }

 private:
  enum class State : std::uint8_t { pdu_header, body, body_head, pdv_header, fragment, skipping };

  std::optional<Cut> step();
  std::optional<Cut> cut_pdu_header();
  std::optional<Cut> cut_body();
  std::optional<Cut> cut_body_head();
  std::optional<Cut> cut_pdv_header();
  std::optional<Cut> cut_fragment();
  std::optional<Cut> skip();
  std::optional<Cut> judge(std::uint8_t type, std::uint32_t length);
  bool seek();
  void skip_rest_of_pdu(std::uint64_t gone);
  void lose_step();
  void begin_unit();
  void end_unit(State next);
  ByteView consume(std::uint64_t count);
  ByteView consume_body(std::uint64_t count);

  std::size_t limit_bytes_;
  bool in_step_;
  State state_ = State::pdu_header;
  Pending pending_;
  Pending lost_;    ///< the head of a PDU that a gap cut, until it was looked at
  ByteView input_;  ///< what was fed and is not yet cut
  Mark mark_;
  std::uint64_t position_ = 0;  ///< of input_'s first byte
  UnitStart unit_;
  bool unit_begun_ = false;
  bool fragment_due_ = false;  ///< a piece must be told although no byte of it is here
  std::uint8_t type_ = 0;
  std::uint32_t pdu_length_ = 0;
  std::uint64_t pdu_left_ = 0;       ///< to the end of the PDU
  std::uint64_t fragment_left_ = 0;  ///< to the end of the PDV
  unsigned found_in_a_row_ = 0;
};

}  // namespace dcmwatch::dicom
