// C-MOVE and C-GET, and the C-STOREs that they caused.
#pragma once

#include <cstdint>
#include <vector>

#include "base/limits.h"
#include "relate/occurrence.h"
#include "relate/open_facts.h"

namespace dcmwatch {

/// A C-GET's C-STOREs come on its own association (PS3.7 9.1.3). A C-MOVE's come on others, which may be several, serve
/// several C-MOVEs, and leave another node than the one that was asked: by the move originator's AE title and message
/// id where the C-STORE says them (PS3.7 9.1.1.1; both are optional), else by the destination that was asked for and
/// the study, while the retrieval goes on and Limits::retrieval_linger longer. One link for each retrieval and
/// conversation that stored for it; of a C-MOVE that caused no C-STORE in sight one without effect, whose outcome is
/// the C-MOVE's own, or unknown if it counts completed sub-operations: they went unseen. Not if something was seen that
/// may be its, and was linked to another that fits as well.
///
/// Order of calls: each C-MOVE, C-GET and C-STORE, in packet time; advance() now and then; finish() last.
class Retrievals {
 public:
  /// `limits` outlives it.
  explicit Retrievals(const Limits& limits) : limits_(limits), open_(limits.relate_open) {}

  void on_retrieval(const Event& event, const DicomOperation& operation);
  void on_store(const Event& event, const DicomOperation& store, Told& told);
  void advance(Timestamp now, Told& told);
  void rebase(Timestamp now);
  void finish(Told& told);

  /// To stay within Limits::relate_open.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  struct Retrieval {
    Occurrence request;
    std::uint16_t command_field = 0;
    std::uint16_t message_id = 0;
    Mark requested;
    std::optional<AeTitle> calling_ae;
    AeTitle destination;
    Pseudonym study;  ///< empty: not seen, or several
    std::uint32_t completed = 0;
    Outcome outcome = Outcome::unknown;
    std::optional<Timestamp> ended;
    bool in_doubt = false;               ///< what was seen to be stored may be its as well as another's
    std::vector<std::uint64_t> effects;  ///< conversations that were told to have stored for it
  };
  struct Cause {
    Retrieval* retrieval = nullptr;
    bool doubtful = false;
  };

  /// The best of those that fit; `Fits` gives 0 for one that does not, else how well.
  template <typename Fits>
  Cause best(Timestamp now, Fits fits);
  Cause by_originator(const Event& event, const DicomOperation& store);
  Cause by_content(const Event& event, const DicomOperation& store);
  Cause on_association(const Event& event);
  [[nodiscard]] bool is_over(const Retrieval& retrieval, Timestamp now) const;
  void link(Retrieval& cause, const Event& effect, const DicomOperation& store, LinkCertainty certainty, Told& told);
  static void tell_unseen(const Retrieval& retrieval, Told& told);

  const Limits& limits_;
  OpenFacts<Retrieval> open_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace dcmwatch
