// The summary of a replay, for people: what was seen, what was not visible, what was found.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "output/record_sink.h"

namespace dcmwatch {

struct SummarySettings {
  std::size_t width = 100;  ///< of the terminal, in columns
  bool colour = false;      ///< for a terminal only
};

/// What became of a declared flow.
struct FlowFigures {
  std::string name;
  std::uint64_t seen = 0;  ///< records that show it
  std::optional<Timestamp> last;
  std::uint32_t silent = 0;                  ///< devices that are, where it has to be seen
  std::optional<WhyNotVisible> not_visible;  ///< since it was last seen
};

/// What no record tells of a run.
struct RunFigures {
  std::vector<std::string> captures;
  std::optional<Timestamp> first;  ///< packet; nothing if there was none
  std::optional<Timestamp> last;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;            ///< on the wire
  std::uint64_t dropped_packets = 0;  ///< by whoever captured, as far as the capture tells
  std::optional<std::chrono::nanoseconds> took;
  std::vector<std::string> failures;     ///< captures that could not be read, or broke off, and why
  bool against_model = true;             ///< whether flows were judged
  std::vector<Suppressed> exceptions{};  ///< each, and what became of it
  std::vector<FlowFigures> flows{};      ///< as declared
};

/// Bounded: beyond a number of distinct pairs and findings it says how many more there were. Names no person.
/// Order of calls: observe as often as wanted, finish, then render. The same records give the same text.
class Summary final : public RecordSink {
 public:
  explicit Summary(SummarySettings settings);
  ~Summary() override;

  void observe(const Observation& observation) override;
  void observe(const Finding& finding) override;
  void finish() override;

  [[nodiscard]] std::string render(const RunFigures& run) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dcmwatch
