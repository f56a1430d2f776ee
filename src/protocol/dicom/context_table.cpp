#include "protocol/dicom/context_table.h"

#include <algorithm>
#include <array>
#include <span>

namespace dcmwatch::dicom {
namespace {

using Context = KeptContexts::Context;
using Place = UidTexts::Place;

/// Adds UIDs, as many as there is room for.
class Additions {
 public:
  Additions(KeptContexts& kept, const Limits& limits) : kept_(kept), limits_(limits) {}

  Place place_of(const PlacedUid& uid) {
    if (uid.registered != 0 || uid.text.empty()) return uid.registered;
    Place place = kept_.uids.find_stranger(uid.text);
    if (place != 0) return place;
    if (kept_.uids.stranger_bytes() + uid.text.size() < limits_.dicom_stranger_bytes)
      place = kept_.uids.add_stranger(uid.text);
    if (place == 0) ++without_room_;
    return place;
  }

  void add_list(Context& context, std::span<const PlacedUid> uids) {
    const std::size_t first = kept_.proposed.size();
    const std::size_t room =
        limits_.dicom_association_transfer_syntaxes - std::min(first, limits_.dicom_association_transfer_syntaxes);
    const std::size_t before = without_room_;
    // Beyond the room there may still be a list that was kept.
    const std::size_t read = std::min(uids.size(), limits_.dicom_context_transfer_syntaxes);
    std::size_t missing = uids.size() - read;
    for (const PlacedUid& uid : uids.first(read)) kept_.proposed.push_back(place_of(uid));
    context.first_proposed = static_cast<std::uint16_t>(first);
    context.proposed = static_cast<std::uint16_t>(read);
    if (!share_list(context) && read > room) {
      kept_.proposed.resize(first + room);
      context.proposed = static_cast<std::uint16_t>(room);
      missing += read - room;
    }
    without_room_ += missing;
    context.whole = without_room_ == before;
  }

  [[nodiscard]] std::size_t without_room() const { return without_room_; }

 private:
  // A list that an earlier context proposes too is not kept twice.
  bool share_list(Context& context) {
    const auto list_of = [&](const Context& one) {
      return std::span{kept_.proposed}.subspan(one.first_proposed, one.proposed);
    };
    for (const Context& other : kept_.contexts) {
      if (&other == &context || !std::ranges::equal(list_of(other), list_of(context))) continue;
      kept_.proposed.resize(context.first_proposed);
      context.first_proposed = other.first_proposed;
      return true;
    }
    return false;
  }

  KeptContexts& kept_;
  const Limits& limits_;
  std::size_t without_room_ = 0;
};

// They are mostly proposed as 1, 3, 5 and so on, and there may be 128 of them: so it is mostly known where one stands.
template <typename Contexts>
auto find_context(Contexts& contexts, std::uint8_t id) {
  const std::size_t place = id / 2;
  if (place < contexts.size() && contexts[place].id == id) return contexts.begin() + static_cast<std::ptrdiff_t>(place);
  return std::ranges::find(contexts, id, &Context::id);
}

Context& add_context(KeptContexts& kept, std::uint8_t id) {
  kept.contexts.emplace_back().id = id;
  return kept.contexts.back();
}

Context& context_of(KeptContexts& kept, std::uint8_t id) {
  const auto found = find_context(kept.contexts, id);
  return found != kept.contexts.end() ? *found : add_context(kept, id);
}

// "None" is as good as proposed: what is no UID is told as such.
bool is_proposed(const KeptContexts& kept, const Context& context) {
  if (context.accepted_transfer_syntax == 0 || context.proposed == 0 || !context.whole) return true;
  const auto list = std::span{kept.proposed}.subspan(context.first_proposed, context.proposed);
  return std::ranges::find(list, context.accepted_transfer_syntax) != list.end();
}

/// Those that were kept lately: most associations agree on what others of the same devices did, and share it.
class RecentContexts {
 public:
  std::shared_ptr<const KeptContexts> share(const KeptContexts& made) {
    std::shared_ptr<const KeptContexts>& recent = recent_[hash_of(made) % recent_.size()];
    if (!recent || *recent != made) recent = std::make_shared<const KeptContexts>(made);
    return recent;
  }

  /// For those that are being made; its memory is used again.
  KeptContexts& blank() {
    making_.contexts.clear();
    making_.proposed.clear();
    making_.uids.clear();
    return making_;
  }

 private:
  static std::size_t hash_of(const KeptContexts& kept) {
    std::uint64_t hash = kept.uids.stranger_bytes();
    const auto mix = [&](std::uint64_t value) { hash = (hash ^ value) * 0x9e3779b97f4a7c15U; };
    for (const Context& context : kept.contexts)
      mix(std::uint64_t{context.id} << 48 | std::uint64_t{context.result.value_or(0xff)} << 32 |
          std::uint64_t{context.abstract_syntax} << 16 | context.accepted_transfer_syntax);
    for (const Place place : kept.proposed) mix(place);
    return hash >> 32;
  }

  std::array<std::shared_ptr<const KeptContexts>, 64> recent_;
  KeptContexts making_;
};

// Which of them share is of no consequence but for speed and memory.
RecentContexts& recent_contexts() {
  thread_local RecentContexts recent;
  return recent;
}

}  // namespace

std::size_t ContextTable::propose(const AssociateRequest& request, const Limits& limits) {
  KeptContexts& kept = begin_change();
  Additions additions{kept, limits};
  const bool first = kept.contexts.empty();  // a request has each id once
  for (const ProposedContext& proposed : request.contexts) {
    Context& here = first ? add_context(kept, proposed.id) : context_of(kept, proposed.id);
    here.abstract_syntax = additions.place_of(proposed.abstract_syntax);
    additions.add_list(here, request.transfer_syntaxes_of(proposed));
  }
  end_change(kept);
  return additions.without_room();
}

ContextTable::Answered ContextTable::answer(const std::vector<AnsweredContext>& contexts, const Limits& limits) {
  Answered all;
  KeptContexts& kept = begin_change();
  Additions additions{kept, limits};
  const std::size_t proposed = kept.contexts.size();
  for (const AnsweredContext& answered : contexts) {
    Context& here = context_of(kept, answered.id);
    here.result = answered.result;
    here.accepted_transfer_syntax = additions.place_of(answered.transfer_syntax);
    if (!is_proposed(kept, here)) all.unproposed_transfer_syntax = true;
  }
  all.without_room = additions.without_room();
  all.unproposed_context = kept.contexts.size() != proposed;
  all.unanswered_context = std::ranges::any_of(kept.contexts, [](const Context& context) { return !context.result; });
  end_change(kept);
  return all;
}

std::string_view ContextTable::transfer_syntax(std::uint8_t id) const {
  const Context* found = find(id);
  return found ? kept_->uids.at(found->accepted_transfer_syntax) : std::string_view{};
}

std::string_view ContextTable::abstract_syntax(std::uint8_t id) const {
  const Context* found = find(id);
  return found ? kept_->uids.at(found->abstract_syntax) : std::string_view{};
}

std::optional<bool> ContextTable::accepted(std::uint8_t id) const {
  const Context* found = find(id);
  if (!found || !found->result) return std::nullopt;
  return *found->result == 0;
}

KeptContexts& ContextTable::begin_change() const {
  KeptContexts& making = recent_contexts().blank();
  if (kept_) making = *kept_;
  return making;
}

void ContextTable::end_change(const KeptContexts& made) {
  kept_ = recent_contexts().share(made);
  kept_bytes_ = sizeof(KeptContexts) + kept_->contexts.capacity() * sizeof(Context) +
                kept_->proposed.capacity() * sizeof(Place) + kept_->uids.kept_bytes();
}

const ContextTable::Context* ContextTable::find(std::uint8_t id) const {
  if (!kept_) return nullptr;
  const auto found = find_context(kept_->contexts, id);
  return found == kept_->contexts.end() ? nullptr : &*found;
}

}  // namespace dcmwatch::dicom
