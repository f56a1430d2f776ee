// Performed procedure steps: the N-CREATE that begins one and the N-SET that ends it (PS3.4 F.7).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/limits.h"
#include "relate/occurrence.h"
#include "relate/open_facts.h"
#include "relate/studies.h"

namespace dcmwatch {

/// Joined by the step's SOP instance and by who performs it, for anybody may name another's step, within
/// Limits::step_window. The outcome is success for COMPLETED and failure for
/// DISCONTINUED (PS3.3 C.4.14). A step that was never seen to end is told without effect, one whose beginning was not
/// seen without cause. While it is in progress its studies stay open; what it lists is announced to them.
///
/// Order of calls: each N-CREATE and N-SET of a step that is over and was not refused, with all that it lists, in
/// packet time; advance() now and then; finish() last, before that of the studies.
class Steps {
 public:
  /// Both outlive it.
  Steps(const Limits& limits, Studies& studies) : limits_(limits), studies_(studies), open_(limits.relate_open) {}

  void on_create(const Event& event, const DicomOperation& create, Told& told);
  void on_set(const Event& event, const DicomOperation& set, Told& told);
  void advance(Timestamp now, Told& told);
  void rebase(Timestamp now) { open_.rebase(now); }
  void finish(Told& told);

  /// To stay within Limits::relate_open.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }
  /// Studies of steps, beyond Limits::step_studies.
  [[nodiscard]] std::uint64_t not_followed() const { return not_followed_; }

 private:
  struct Step {
    std::optional<Occurrence> begun;
    Mark requested;
    Pseudonym study;                     ///< the first
    std::vector<std::uint64_t> studies;  ///< prints
    bool over = false;
  };
  using Open = OpenFacts<Step>::Entry;

  Open& of(const Event& event, const DicomOperation& operation);
  void end(Step& step, Timestamp now);
  static void tell_unended(const Step& step, bool unfinished, Told& told);

  const Limits& limits_;
  Studies& studies_;
  OpenFacts<Step> open_;
  std::uint64_t forgotten_ = 0;
  std::uint64_t not_followed_ = 0;
};

}  // namespace dcmwatch
