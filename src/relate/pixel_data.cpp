#include "relate/pixel_data.h"

#include <functional>
#include <string_view>

#include "relate/prints.h"

namespace dcmwatch {

void PixelData::on_store(const Event& event, const DicomOperation& store, Told& told) {
  if (event.phase != Phase::end) return;
  const auto* object = store.content.as<StoredObject>();
  if (!object || object->pixel_digest.empty() || store.instance.empty() || store.transfer_syntax_uid.empty()) return;
  const std::uint64_t syntax = std::hash<std::string_view>{}(store.transfer_syntax_uid);
  const std::uint64_t print = print_of(print_of(store.instance), syntax);
  const Seen seen{print_of(object->pixel_digest), event.conversation, store.requested};
  auto* known = known_.find(print);
  if (!known) {
    if (known_.full()) {
      forgotten_ += elapsed(known_.oldest().touched, event.last.time) < limits_.remembered ? 1 : 0;
      known_.close(known_.oldest());
    }
    known_.open(print, event.last.time, seen);
    return;
  }
  const Seen before = std::exchange(known->value, seen);
  known_.touch(*known, event.last.time);
  if (before.digest == seen.digest) return;
  told.push_back(Occurrence::of(event).tell(Link{.kind = LinkKind::pixel_data_changed,
                                                 .certainty = LinkCertainty::identifier,
                                                 .cause = before.conversation,
                                                 .effect = seen.conversation,
                                                 .delay = elapsed(before.requested.time, seen.requested.time),
                                                 .cause_packet = before.requested.packet,
                                                 .effect_packet = seen.requested.packet,
                                                 .study = store.study}));
}

}  // namespace dcmwatch
