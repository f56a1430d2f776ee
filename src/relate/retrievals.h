// C-MOVE and C-GET, and the C-STOREs that they caused.
#pragma once

#include <cstdint>
#include <set>
#include <tuple>
#include <vector>

#include "base/limits.h"
#include "relate/occurrence.h"
#include "relate/open_facts.h"

namespace dcmwatch {

/// A C-GET's C-STOREs come on its own association (PS3.7 9.1.3). A C-MOVE's come on others, which may be several, serve
/// several C-MOVEs, and leave another node than the one that was asked: by the move originator's AE title and message
/// id where the C-STORE says both (PS3.7 9.1.1.1; they are optional), else by the destination that was asked for and
/// the patient's id, or the UIDs at each level at which some were listed, while the retrieval goes on and
/// Limits::retrieval_linger longer, unless it failed and completed nothing. A C-STORE that calls another AE than the
/// one that the C-MOVE names is at most ambiguous. One link for each retrieval and conversation that stored for it; of
/// a C-MOVE that caused no C-STORE in sight one without effect, whose outcome is the C-MOVE's own, or unknown if it
/// counts completed sub-operations: they went unseen. Not if something was seen that may be its, and was linked to
/// another that fits as well.
///
/// Order of calls: each C-MOVE, C-GET and C-STORE, in packet time; advance() now and then; finish() last. A C-STORE
/// costs a search among the open retrievals, and a look at those that its words fit, Limits::retrieval_candidates at
/// most.
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
  /// Conversations beyond Limits::retrieval_effects, and C-STOREs with more than Limits::retrieval_candidates.
  [[nodiscard]] std::uint64_t effects_not_told() const { return effects_not_told_; }
  [[nodiscard]] std::uint64_t not_looked_at() const { return not_looked_at_; }

 private:
  struct Retrieval {
    Occurrence request;
    std::uint16_t command_field = 0;
    std::uint16_t message_id = 0;
    Mark requested;
    std::optional<AeTitle> calling_ae;
    AeTitle destination;
    Pseudonym study;  ///< empty: not seen, or several
    Pseudonym patient;
    DicomContent asked;  ///< a DicomQuery, once it was read
    std::uint32_t completed = 0;
    Outcome outcome = Outcome::unknown;
    std::optional<Timestamp> ended;
    bool in_doubt = false;  ///< what was seen to be stored may be its as well as another's
    std::uint64_t number = 0;
    std::vector<std::uint64_t> effects;  ///< conversations that were told to have stored for it
  };
  using Open = OpenFacts<Retrieval>::Entry;

  /// What a C-STORE may say of a retrieval, and so what that is found by: a C-GET by its conversation; a C-MOVE by its
  /// originator's title and message id, and by its destination.
  struct Word {
    std::uint64_t print = 0;
    std::uint64_t number = 0;  ///< of the retrieval, as they began
    Open* retrieval = nullptr;
    friend bool operator<(const Word& one, const Word& other) {
      return std::tie(one.print, one.number) < std::tie(other.print, other.number);
    }
  };

  struct Cause {
    Retrieval* retrieval = nullptr;
    bool doubtful = false;
  };

  Open& of(const Event& event, const DicomOperation& operation);
  static std::vector<std::uint64_t> words_of(const Retrieval& retrieval);
  void close(Open& open);
  /// The latest first, while `look` says true of them.
  template <typename Look>
  bool look_at(std::uint64_t word, Look look);
  /// The best of those that the word is of; `Fits` gives 0 for one that does not fit, else how well.
  template <typename Fits>
  Cause best(std::uint64_t word, Timestamp now, bool ids_tell, Fits fits);
  enum class Fit : std::uint8_t { none, unknown, asked_for };
  struct Level;
  static Fit held_against(const Retrieval& retrieval, const DicomOperation& store);
  Cause by_originator(const Event& event, const DicomOperation& store);
  Cause by_content(const Event& event, const DicomOperation& store);
  Cause on_association(const Event& event);
  [[nodiscard]] bool is_no_cause(const Retrieval& retrieval, Timestamp now) const;
  [[nodiscard]] bool is_over(const Retrieval& retrieval, Timestamp now) const;
  void link(Retrieval& cause, const Event& effect, const DicomOperation& store, LinkCertainty certainty, Told& told);
  static void tell_unseen(const Retrieval& retrieval, Told& told);

  const Limits& limits_;
  OpenFacts<Retrieval> open_;
  std::set<Word> words_;  ///< of those that are open
  std::uint64_t last_number_ = 0;
  std::uint64_t forgotten_ = 0;
  std::uint64_t effects_not_told_ = 0;
  std::uint64_t not_looked_at_ = 0;
};

}  // namespace dcmwatch
