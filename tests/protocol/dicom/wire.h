// A connection that the tests speak on, as an assembler would: appetite is honoured, and what it asks for is held to
// its word.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "assemble/stream.h"
#include "event/event.h"
#include "protocol/conversation.h"
#include "protocol/dicom/builder.h"

namespace dcmwatch::test {

class Wire : private EventSink {
 public:
  struct Settings {
    bool joined_midway = false;
    bool opener_known = true;
    Limits limits{.duplicate_window = {}};  ///< a mirror that shows everything in its time
  };
  Wire() : Wire(Settings{}) {}
  explicit Wire(const Settings& settings);
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// A segment; time moves on by a millisecond.
  Wire& there(const Octets& bytes) { return say(Direction::forward, bytes); }
  Wire& back(const Octets& bytes) { return say(Direction::backward, bytes); }
  Wire& say(Direction direction, const Octets& bytes);
  /// Bytes that never come, wanted or not.
  Wire& gap(Direction direction, std::uint64_t missing);
  /// Bytes that nobody need look at: fails the test if the sink wants one of them.
  Wire& unread(Direction direction, std::uint64_t bytes);
  Wire& close(CloseReason reason = CloseReason::finished);
  /// It is asked until it keeps nothing. How often that was.
  int give_up_kept();
  [[nodiscard]] std::size_t kept_bytes() const { return sink_->kept_bytes(); }
  Wire& wait(Duration duration);
  Wire& goes_on();
  [[nodiscard]] bool in_unit(Direction direction) const { return sink_->in_unit(direction); }
  /// All that follows carries the same mark.
  Wire& stop_time();

  [[nodiscard]] Appetite appetite(Direction direction) const { return unwanted_[index_of(direction)]; }
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }
  /// One line an event, without marks.
  [[nodiscard]] std::vector<std::string> told() const;
  [[nodiscard]] const Mark& now() const { return now_; }
  [[nodiscard]] Connection& connection() { return connection_; }

  /// Events of one kind, in order.
  template <typename Fact>
  [[nodiscard]] std::vector<Fact> facts(Phase phase) const {
    std::vector<Fact> found;
    for (const Event& event : events_) {
      if (event.phase == phase && std::holds_alternative<Fact>(event.facts))
        found.push_back(std::get<Fact>(event.facts));
    }
    return found;
  }

 private:
  struct Skipped {
    std::uint64_t bytes = 0;
    std::uint64_t missing = 0;
    Mark first;
  };

  Event& next_event() override { return events_.emplace_back(); }
  void tick();
  std::uint64_t skip(Direction direction, std::uint64_t bytes, bool missing);

  ProtocolSettings settings_;
  Connection connection_;
  Emitter emitter_;
  std::unique_ptr<StreamSink> sink_;
  std::vector<Event> events_;
  std::array<Appetite, 2> unwanted_{};
  std::array<Skipped, 2> skipped_{};
  Mark now_{timestamp_from_ns(1'000'000'000), 0, 0};
  bool time_stands_ = false;
};

/// "operation end C-STORE 1/1 opener CT1>PACS status=0000 request=10240", …
std::string describe(const Event& event);

/// The pseudonymizer of the tests.
const Pseudonymizer& pseudonyms();

}  // namespace dcmwatch::test
