// The presentation contexts of an association, each UID kept once: 128 contexts repeat the same few transfer syntaxes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "protocol/dicom/pdu.h"

namespace dcmwatch::dicom {

class ContextTable {
 public:
  ContextTable();

  /// Gives the number of UIDs that there was no room for.
  std::size_t propose(const std::vector<ProposedContext>& contexts);

  /// Which answers fit no proposal, or the reverse; true of all where the proposal was not seen.
  struct Answered {
    std::size_t without_room = 0;  ///< UIDs
    bool unproposed_context = false;
    bool unproposed_transfer_syntax = false;
    bool unanswered_context = false;
  };
  Answered answer(const std::vector<AnsweredContext>& contexts);

  /// Empty if not accepted, or not seen. Dies when something is added.
  [[nodiscard]] std::string_view transfer_syntax(std::uint8_t id) const;
  /// Empty if the proposal was not seen. Dies when something is added.
  [[nodiscard]] std::string_view abstract_syntax(std::uint8_t id) const;
  /// Nothing if the proposal or its answer was not seen.
  [[nodiscard]] std::optional<bool> accepted(std::uint8_t id) const;
  /// Made anew only where something was added since, or where they are too many to be kept.
  [[nodiscard]] PresentationContexts facts();

  [[nodiscard]] std::size_t uids() const { return uids_.size() - 1; }
  /// In memory, its facts too.
  [[nodiscard]] std::size_t kept_bytes() const { return kept_bytes_; }

 private:
  using UidIndex = std::uint16_t;

  struct Context {
    std::uint8_t id = 0;
    std::optional<std::uint8_t> result;
    UidIndex abstract_syntax = 0;
    UidIndex transfer_syntax = 0;
    std::uint16_t first_proposed = 0;  ///< in proposed_
    std::uint16_t proposed = 0;
    bool whole = true;  ///< none of those proposed is missing from proposed_
  };

  /// "None" if there is no room for it, which counts in `without_room`.
  UidIndex index_of_uid(std::string_view uid, std::size_t& without_room);
  Context& context(std::uint8_t id);
  [[nodiscard]] bool is_proposed(const Context& context, UidIndex transfer_syntax) const;
  [[nodiscard]] const Context* find(std::uint8_t id) const;
  void count_kept();

  std::vector<Uid> uids_;  ///< in the order in which they came; the first is "none"
  /// Their places, by UID: a peer that chooses the UIDs could choose such as collide in a hash table.
  std::vector<UidIndex> ordered_;
  std::vector<UidIndex> proposed_;
  std::vector<Context> contexts_;
  std::optional<PresentationContexts> facts_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace dcmwatch::dicom
