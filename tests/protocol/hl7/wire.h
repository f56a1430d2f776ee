// A connection's two directions as a script, and what the conversation makes of it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/conversation.h"
#include "protocol/hl7/hl7.h"
#include "protocol/said.h"

namespace dcmwatch::test {

/// A message in its block.
std::string block(std::string_view content);
/// "ADT^A01" and control id "1" give a small message.
std::string message(std::string_view type, std::string_view control_id, std::string_view more_header = "P|2.5");
std::string acknowledgement(std::string_view code, std::string_view acknowledged);

class Wire final : private EventSink {
 public:
  explicit Wire(bool joined_midway = false, Limits limits = {}, bool opener_known = true);

  Wire& say(const Said& said);
  /// The same bytes, cut into two segments of one packet, so that the marks stay equal.
  Wire& say_cut(const Said& said, std::size_t cut);
  Wire& say_byte_by_byte(const Said& said);
  /// Nothing is said for so long; the sink is woken when it asked to be.
  Wire& wait(Duration duration);
  Wire& set_clock_back(Duration by);
  /// The mirror shows one direction; to be called first.
  Wire& show_one_direction_only();
  Wire& close(CloseReason reason = CloseReason::finished);
  Wire& reset(Direction by);
  /// At the close it will be known that so many bytes of the end of a direction never arrived.
  Wire& never_deliver(Direction direction, std::uint64_t bytes);
  Wire& give_up_kept();
  [[nodiscard]] std::size_t kept_bytes() const { return sink_->kept_bytes(); }

  [[nodiscard]] const std::vector<Event>& events() const { return events_; }
  /// One line an event: "start ADT^A01", "end ADT^A01 AA control_id", "end ? AA", "violation hl7.end_block"; with
  /// why it is not answered, "late", "lost" and "unfinished".
  [[nodiscard]] std::vector<std::string> summary() const;
  /// Every value of every event.
  [[nodiscard]] std::string everything() const;
  [[nodiscard]] const Pseudonymizer& pseudonymizer() const { return pseudonymizer_; }

 private:
  Event& next_event() override { return events_.emplace_back(); }
  void next_packet();
  void pass(Direction direction, std::string_view bytes);

  Pseudonymizer pseudonymizer_{"a key that is for tests only"};
  ProtocolSettings settings_;
  Connection connection_;
  std::vector<Event> events_;
  Emitter emitter_;
  std::unique_ptr<StreamSink> sink_;
  Mark mark_;
};

/// Every value of a message's facts, but for when, in how many bytes and behind how many others it came.
std::string said_of(const Hl7Message& message);

using Script = std::vector<Said>;

}  // namespace dcmwatch::test
