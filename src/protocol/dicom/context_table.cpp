#include "protocol/dicom/context_table.h"

#include <algorithm>
#include <utility>

namespace dcmwatch::dicom {
namespace {

// Of one context: PS3.6 registers about fifty. More are not kept, so that a hostile request stays small.
constexpr std::size_t kMostTransferSyntaxes = 64;
constexpr std::size_t kMostUids = 1024;
constexpr std::size_t kUsualUids = 8;
constexpr std::size_t kMostKeptFacts = 64;  // transfer syntaxes proposed: facts repeat their UIDs

}  // namespace

ContextTable::ContextTable() {
  uids_.reserve(kUsualUids);
  ordered_.reserve(kUsualUids);
  uids_.emplace_back();
}

std::size_t ContextTable::propose(const std::vector<ProposedContext>& contexts) {
  std::size_t without_room = 0;
  facts_.reset();
  contexts_.reserve(contexts_.size() + contexts.size());
  proposed_.reserve(proposed_.size() + contexts.size());
  for (const ProposedContext& proposed : contexts) {
    Context& here = context(proposed.id);
    here.abstract_syntax = index_of_uid(proposed.abstract_syntax, without_room);
    here.first_proposed = static_cast<std::uint16_t>(proposed_.size());
    here.proposed = static_cast<std::uint16_t>(std::min(proposed.transfer_syntaxes.size(), kMostTransferSyntaxes));
    for (std::size_t i = 0; i < here.proposed; ++i) {
      proposed_.push_back(index_of_uid(proposed.transfer_syntaxes[i], without_room));
    }
    without_room += proposed.transfer_syntaxes.size() - here.proposed;
    here.whole = without_room == 0;
  }
  count_kept();
  return without_room;
}

ContextTable::Answered ContextTable::answer(const std::vector<AnsweredContext>& contexts) {
  Answered all;
  facts_.reset();
  const std::size_t proposed = contexts_.size();
  for (const AnsweredContext& answered : contexts) {
    Context& here = context(answered.id);
    here.result = answered.result;
    here.transfer_syntax = index_of_uid(answered.transfer_syntax, all.without_room);
    if (!is_proposed(here, here.transfer_syntax)) all.unproposed_transfer_syntax = true;
  }
  all.unproposed_context = contexts_.size() != proposed;
  all.unanswered_context = std::ranges::any_of(contexts_, [](const Context& context) { return !context.result; });
  count_kept();
  return all;
}

// "None" is as good as proposed: what is no UID is told as such.
bool ContextTable::is_proposed(const Context& context, UidIndex transfer_syntax) const {
  if (transfer_syntax == 0 || context.proposed == 0 || !context.whole) return true;
  const auto first = proposed_.begin() + context.first_proposed;
  return std::find(first, first + context.proposed, transfer_syntax) != first + context.proposed;
}

std::string_view ContextTable::transfer_syntax(std::uint8_t id) const {
  const Context* found = find(id);
  return found && found->transfer_syntax != 0 ? uids_[found->transfer_syntax].view() : std::string_view{};
}

std::string_view ContextTable::abstract_syntax(std::uint8_t id) const {
  const Context* found = find(id);
  return found ? uids_[found->abstract_syntax].view() : std::string_view{};
}

std::optional<bool> ContextTable::accepted(std::uint8_t id) const {
  const Context* found = find(id);
  if (!found || !found->result) return std::nullopt;
  return *found->result == 0;
}

PresentationContexts ContextTable::facts() {
  if (facts_) return *facts_;
  std::vector<PresentationContext> facts;
  facts.reserve(contexts_.size());
  for (const Context& context : contexts_) {
    PresentationContext& fact = facts.emplace_back();
    fact.id = context.id;
    fact.abstract_syntax = uids_[context.abstract_syntax];
    fact.result = context.result;
    fact.accepted_transfer_syntax = uids_[context.transfer_syntax];
    fact.transfer_syntaxes.reserve(context.proposed);
    for (std::size_t i = 0; i < context.proposed; ++i) {
      fact.transfer_syntaxes.emplace_back(uids_[proposed_[context.first_proposed + i]]);
    }
  }
  PresentationContexts made{std::move(facts)};
  if (proposed_.size() > kMostKeptFacts) return made;
  facts_ = made;
  count_kept();
  return made;
}

void ContextTable::count_kept() {
  kept_bytes_ = uids_.capacity() * sizeof(Uid) + contexts_.capacity() * sizeof(Context) +
                (ordered_.capacity() + proposed_.capacity()) * sizeof(UidIndex);
  if (facts_) kept_bytes_ += contexts_.size() * sizeof(PresentationContext) + proposed_.size() * sizeof(Uid);
}

ContextTable::UidIndex ContextTable::index_of_uid(std::string_view uid, std::size_t& without_room) {
  if (uid.empty()) return 0;
  const auto found = std::ranges::lower_bound(ordered_, uid, {}, [this](UidIndex at) { return uids_[at].view(); });
  if (found != ordered_.end() && uids_[*found] == uid) return *found;
  if (uids_.size() == kMostUids) {
    ++without_room;
    return 0;
  }
  const auto added = static_cast<UidIndex>(uids_.size());
  ordered_.insert(found, added);
  uids_.emplace_back(uid);
  return added;
}

ContextTable::Context& ContextTable::context(std::uint8_t id) {
  const auto found = std::ranges::find(contexts_, id, &Context::id);
  if (found != contexts_.end()) return *found;
  contexts_.emplace_back().id = id;
  return contexts_.back();
}

const ContextTable::Context* ContextTable::find(std::uint8_t id) const {
  const auto found = std::ranges::find(contexts_, id, &Context::id);
  return found == contexts_.end() ? nullptr : &*found;
}

}  // namespace dcmwatch::dicom
