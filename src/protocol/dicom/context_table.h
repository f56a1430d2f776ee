// The presentation contexts of an association, each UID kept once: 128 contexts repeat the same few transfer syntaxes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "protocol/dicom/pdu.h"

namespace dcmwatch::dicom {

class ContextTable {
 public:
  ContextTable() = default;
  ContextTable(const ContextTable&) = delete;  // uids_ points into index_
  ContextTable& operator=(const ContextTable&) = delete;

  /// Both give the number of UIDs that there was no room for.
  std::size_t propose(const std::vector<ProposedContext>& contexts);
  std::size_t answer(const std::vector<AnsweredContext>& contexts);

  /// Empty if not accepted, or not seen.
  [[nodiscard]] std::string_view transfer_syntax(std::uint8_t id) const;
  /// Nothing if the proposal or its answer was not seen.
  [[nodiscard]] std::optional<bool> accepted(std::uint8_t id) const;
  /// Made anew only where something was added since.
  [[nodiscard]] const PresentationContexts& facts();

 private:
  using UidIndex = std::uint16_t;

  struct Context {
    std::uint8_t id = 0;
    std::optional<std::uint8_t> result;
    UidIndex abstract_syntax = 0;
    UidIndex transfer_syntax = 0;
    std::uint16_t first_proposed = 0;  ///< in proposed_
    std::uint16_t proposed = 0;
  };

  /// "None" if there is no room for it, which counts in `without_room`.
  UidIndex index_of_uid(std::string_view uid, std::size_t& without_room);
  Context& context(std::uint8_t id);
  [[nodiscard]] const Context* find(std::uint8_t id) const;

  /// Ordered, for a peer that chooses the UIDs could choose such as collide in a hash table.
  std::map<std::string, UidIndex, std::less<>> index_;
  std::vector<std::string_view> uids_{std::string_view{}};  ///< of index_, the first is "none"
  std::vector<UidIndex> proposed_;
  std::vector<Context> contexts_;
  std::optional<PresentationContexts> facts_;
};

}  // namespace dcmwatch::dicom
