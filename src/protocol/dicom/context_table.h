// The presentation contexts of an association, as they are kept: within bounds, whatever is proposed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "event/presentation_contexts.h"
#include "protocol/dicom/pdu.h"

namespace dcmwatch::dicom {

/// Order of calls: propose, answer, each once if it was seen. What is kept is never changed once made: the facts share
/// it, and so do associations of one thread that agree on the same, though each counts it as its own.
class ContextTable {
 public:
  /// Gives the number of UIDs that there was no room for.
  std::size_t propose(const AssociateRequest& request, const Limits& limits);

  /// Which answers fit no proposal, or the reverse; true of all where the proposal was not seen.
  struct Answered {
    std::size_t without_room = 0;  ///< UIDs
    bool unproposed_context = false;
    bool unproposed_transfer_syntax = false;
    bool unanswered_context = false;
  };
  Answered answer(const std::vector<AnsweredContext>& contexts, const Limits& limits);

  /// Empty if not accepted, or not seen. Dies when something is added.
  [[nodiscard]] std::string_view transfer_syntax(std::uint8_t id) const;
  /// Empty if the proposal was not seen. Dies when something is added.
  [[nodiscard]] std::string_view abstract_syntax(std::uint8_t id) const;
  /// Nothing if the proposal or its answer was not seen.
  [[nodiscard]] std::optional<bool> accepted(std::uint8_t id) const;
  [[nodiscard]] PresentationContexts facts() const { return PresentationContexts{kept_}; }

  /// UIDs, those of a shared list once.
  [[nodiscard]] std::size_t uids() const { return kept_ ? kept_->contexts.size() + kept_->proposed.size() : 0; }
  [[nodiscard]] std::size_t kept_bytes() const { return kept_bytes_; }

 private:
  using Context = KeptContexts::Context;
  using Place = UidTexts::Place;

  /// A copy of what is kept, to be changed before any other is.
  KeptContexts& begin_change() const;
  void end_change(const KeptContexts& made);
  [[nodiscard]] const Context* find(std::uint8_t id) const;

  std::shared_ptr<const KeptContexts> kept_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace dcmwatch::dicom
