// What a peer can break, with the clause that it breaks. Told by name; never the bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "protocol/conversation.h"
#include "protocol/hl7/received.h"

namespace dcmwatch::hl7 {

enum class Break : std::uint8_t {
  bytes_between_blocks,
  start_block,
  end_block,
  message_header,
  message_type,
  acknowledgement_code,
  repeated_acknowledgement,
  message_length
};

struct NamedBreak {
  Break kind;
  std::string_view name;
  std::string_view clause;
};

inline constexpr std::array kBreaks{
    NamedBreak{Break::bytes_between_blocks, "hl7.bytes_between_blocks", "MLLP R1 block format"},
    NamedBreak{Break::start_block, "hl7.start_block", "MLLP R1 block format"},
    NamedBreak{Break::end_block, "hl7.end_block", "MLLP R1 block format"},
    NamedBreak{Break::message_header, "hl7.message_header", "HL7 v2 ch. 2, MSH"},
    NamedBreak{Break::message_type, "hl7.message_type", "HL7 v2 ch. 2, MSH-9"},
    NamedBreak{Break::acknowledgement_code, "hl7.acknowledgement_code", "HL7 v2 ch. 2, MSA-1"},
    NamedBreak{Break::repeated_acknowledgement, "hl7.repeated_acknowledgement", "HL7 v2 2.9.2"},
    NamedBreak{Break::message_length, "hl7.message_length", ""},  // our limit, not the standard's
};

constexpr const NamedBreak& named(Break kind) { return kBreaks[static_cast<std::size_t>(kind)]; }

/// Each kind is told once a direction, at the first, and at the close how many more there were: a hostile peer would
/// make a violation of every four bytes.
class Violations {
 public:
  explicit Violations(Emitter& emitter) : emitter_(emitter) {}

  void tell(Break kind, const Received& received) {
    bool& told = told_[index_of(received.direction)][static_cast<std::size_t>(kind)];
    if (std::exchange(told, true)) {
      ++repeated_;
      return;
    }
    emitter_.emit(Phase::end, received.first, received.last,
                  Violation{.name = named(kind).name,
                            .clause = named(kind).clause,
                            .offset = received.offset,
                            .length = received.bytes,
                            .by_opener = emitter_.from_opener(received.direction)});
  }

  void on_close(const Mark& mark) {
    if (repeated_ != 0) emitter_.emit(Phase::end, mark, mark, CaptureNote{"hl7.repeated_violations", {}, repeated_});
  }

 private:
  Emitter& emitter_;
  std::array<std::array<bool, kBreaks.size()>, 2> told_{};
  std::uint64_t repeated_ = 0;
};

}  // namespace dcmwatch::hl7
