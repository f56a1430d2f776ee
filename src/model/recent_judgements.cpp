#include "model/recent_judgements.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <string_view>
#include <utility>
#include <variant>

#include "base/endpoint.h"
#include "model/judgement.h"

namespace dcmwatch {
namespace {

/// Bits put beside each other in a word.
class Packed {
 public:
  template <unsigned kBits, typename Value>
  Packed& add(Value value) {
    word_ = word_ << kBits | static_cast<std::uint64_t>(value);
    return *this;
  }
  [[nodiscard]] std::uint64_t word() const { return word_; }

 private:
  std::uint64_t word_ = 0;
};

template <std::size_t capacity>
std::size_t size_of(const std::optional<Text<capacity>>& text) {
  return text ? text->size() : 0;
}

std::uint64_t hash_of(const Declared& declared) {
  std::uint64_t hash = 0;
  const auto add = [&hash](std::string_view text) {
    hash = folded_product(hash ^ 0xa0761d6478bd642fU, std::hash<std::string_view>{}(text) ^ 0xe7037ed1a0b428dbU);
  };
  for (const Place* const place : {&declared.source, &declared.destination}) {
    add(place->device);
    add(place->zone);
  }
  add(declared.flow);
  add(declared.message.sender);
  add(declared.message.message_type);
  for (const Deviation& deviation : declared.deviations) add(deviation.observed);
  return hash;
}

bool say_the_same(const Declared& one, const Declared& other) {
  return one.source == other.source && one.destination == other.destination && one.flow == other.flow &&
         one.rates == other.rates && std::ranges::equal(one.deviations, other.deviations) &&
         std::ranges::equal(one.unknown, other.unknown) && one.tolerated == other.tolerated &&
         one.message == other.message;
}

}  // namespace

/// Writes all that a judgement depends on: what judgement*.cpp read of a fact is here. The sizes of texts come before
/// them, so that no two lists of texts are one key.
class RecentJudgements::KeyWriter {
 public:
  KeyWriter(Key& key, const Event& event, const Lookup& lookup)
      : key_(key), event_(event), lookup_(lookup), judges_(lookup.judges()) {}

  /// What is judged of every event that is about a connection.
  void add_path() {
    const Parties& parties = event_.parties;
    // If the source is known to have opened, it is any port.
    const std::uint16_t source_port = parties.opener_known ? std::uint16_t{0} : parties.source.port;
    add(Packed{}
            .add<16>(source_port)
            .add<16>(parties.destination.port)
            .add<8>(parties.transport)
            .add<8>(event_.protocol)
            .add<8>(event_.facts.index())
            .add<1>(parties.opener_known));
    for (const Endpoint* const end : {&parties.source, &parties.destination}) {
      for (const std::uint64_t word : end->address.words()) key_.add(word);
    }
  }

  /// What few models declare anything about.
  void add_frames() {
    const Parties& parties = event_.parties;
    if (judges_.macs) {
      for (const MacAddress& mac : {parties.source_mac, parties.destination_mac}) {
        std::uint64_t word = 0;
        std::memcpy(&word, mac.data(), mac.size());
        key_.add(word);
      }
    }
    if (judges_.vlans) add(Packed{}.add<16>(parties.vlan.outer).add<16>(parties.vlan.inner));
  }

  void operator()(const ConnectionFact& connection) {
    add(Packed{}
            .add<1>(accepted(event_, connection))
            .add<1>(begins_without_tls(event_, connection))
            .add<2>(unheard_end(event_, connection))
            .add<1>(connection.attempts && connection.attempts->declared_throughout()));
  }
  void operator()(const TlsConnection&) {}
  void operator()(const Violation& violation) {
    const AeTitle title = violation.ae_title.value_or(AeTitle{});
    add(Packed{}.add<1>(violation.by_opener).add<1>(violation.ae_title.has_value()).add<8>(title.size()));
    key_.add(reinterpret_cast<std::uintptr_t>(violation.name.data()));  // of a table: the same text is the same place
    add(title);
  }
  void operator()(const Link&) {}
  void operator()(const DicomStudy& study) {
    add_titles(Packed{}
                   .add<8>(event_.phase)
                   .add<1>(event_.visibility.impaired())
                   .add<1>(study.has_stores())
                   .add<1>(study.ordered.has_value())
                   .add<1>(study.ordered.value_or(false))
                   .add<1>(study.on_worklist.has_value())
                   .add<1>(study.on_worklist.value_or(false)),
               study.sender_ae, study.receiver_ae);
  }
  void operator()(const Workflow&) {}
  void operator()(const FlowStretch&) {}
  void operator()(const CaptureNote&) {}
  void operator()(const DicomAssociation& association) {
    add_titles(Packed{}.add<1>(association.accepted.has_value()).add<1>(association.accepted.value_or(false)),
               association.calling_ae, association.called_ae);
    if (judges_.transfer_syntaxes) add_accepted_transfer_syntaxes(association.contexts);
    if (!judges_.implementations) return;
    for (const DicomImplementation* const side : {&association.opener, &association.acceptor}) {
      add(Packed{}.add<8>(side->class_uid.size()).add<8>(side->version_name.size()));
      add(side->class_uid);
      add(side->version_name);
    }
  }
  void operator()(const DicomOperation& operation) {
    add_titles(Packed{}
                   .add<16>(operation.command_field)
                   .add<1>(operation.invoker)
                   .add<1>(operation.request_seen)
                   .add<8>(operation.sop_class_uid.size())
                   .add<8>(operation.move_destination.size()),
               operation.calling_ae, operation.called_ae);
    add(operation.sop_class_uid);
    add(operation.move_destination);
    if (judges_.transfer_syntaxes) {
      add(Packed{}.add<8>(operation.transfer_syntax_uid.size()));
      add(operation.transfer_syntax_uid);
    }
    if (judges_.answer_times) add(waited_in(event_, operation));
  }
  void operator()(const Hl7Message& message) {
    add(Packed{}
            .add<1>(message.message_seen)
            .add<1>(message.sent_by_opener)
            .add<1>(message.answer().has_value())
            .add<1>(message.mode.has_value())
            .add<2>(message.mode.value_or(AcknowledgementMode::none))
            .add<8>(message.message_type.size())
            .add<8>(message.version.size())
            .add<8>(message.processing_id.size()));
    add(message.message_type);
    add(message.version);
    add(message.processing_id);
    const std::array names{&message.sending_application, &message.sending_facility, &message.receiving_application,
                           &message.receiving_facility};
    Packed sizes;
    for (const auto* const name : names) sizes.add<1>(name->has_value()).add<8>(size_of(*name));
    const Hl7Origin* const origin = message.content ? message.content->origin.get() : nullptr;
    add(sizes.add<1>(origin != nullptr));
    for (const auto* const name : names) {
      if (*name) add(**name);
    }
    if (origin) add_universal_ids(origin->universal_ids);
    if (judges_.answer_times) add(waited_in(event_, message));
  }

 private:
  void add(const Packed& packed) { key_.add(packed.word()); }

  // Whether it was slow, not how slow.
  void add(const Waited& waited) { add(Packed{}.add<2>(waited.what).add<32>(lookup_.slowness(waited.time))); }

  // Each once, four to a word; many contexts accept one. One that is not registered is looked up each time.
  void add_accepted_transfer_syntaxes(const PresentationContexts& contexts) {
    std::array<UidTexts::Place, kMostSyntaxes> accepted{};
    std::size_t count = 0;
    for (const PresentationContext& context : contexts) {
      if (!context.accepted() || context.accepted_transfer_syntax.empty()) continue;
      const UidTexts::Place place = dicom_uid_place(context.accepted_transfer_syntax);
      const auto end = accepted.begin() + static_cast<std::ptrdiff_t>(count);
      if (std::find(accepted.begin(), end, place) != end) continue;
      if (place == 0 || count == accepted.size()) return key_.give_up();
      accepted[count++] = place;
    }
    add(Packed{}.add<16>(accepted[0]).add<16>(accepted[1]).add<16>(accepted[2]).add<16>(accepted[3]));
  }

  template <std::size_t capacity>
  void add(const Text<capacity>& text) {
    constexpr std::size_t kWord = sizeof(std::uint64_t);
    if constexpr (capacity % kWord == 0) {
      for (std::size_t at = 0; at < text.size(); at += kWord) add_word(text.place().data() + at);
    } else {
      static_assert(sizeof text == kWord);
      add_word(reinterpret_cast<const char*>(&text));  // with its size: seven bytes would come one by one
    }
  }

  void add_word(const char* from) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    key_.add(word);
  }

  // Few messages have any, and these have many words.
  void add_universal_ids(const std::array<Hl7UniversalId, kHeaderNames>& ids) {
    Packed sizes;
    for (const Hl7UniversalId& id : ids) sizes.add<8>(id.id.size()).add<8>(id.type.size());
    add(sizes);
    for (const Hl7UniversalId& id : ids) {
      add(id.id);
      add(id.type);
    }
  }

  void add_titles(Packed about, const std::optional<AeTitle>& one, const std::optional<AeTitle>& other) {
    add(about.add<1>(one.has_value()).add<1>(other.has_value()).add<8>(size_of(one)).add<8>(size_of(other)));
    if (one) add(*one);
    if (other) add(*other);
  }

  static constexpr std::size_t kMostSyntaxes = 4;

  Key& key_;
  const Event& event_;
  const Lookup& lookup_;
  const Judges& judges_;
};

/// Odd constants of no meaning. Who makes keys collide has them looked up, no more.
std::uint64_t RecentJudgements::Key::hash() const {
  std::uint64_t hash = size_;
  // No product waits for another.
  for (std::size_t i = 0; i < size_; i += 2) {
    const std::uint64_t place = i * 0x9e3779b97f4a7c15U;
    const std::uint64_t second = i + 1 < size_ ? words_[i + 1] : 0;
    hash += folded_product(words_[i] ^ place ^ 0xa0761d6478bd642fU, second ^ 0xe7037ed1a0b428dbU);
  }
  return folded_product(hash ^ 0x8ebc6af09c88c6e3U, 0x9e3779b97f4a7c15U);
}

const SharedDeclared& RecentJudgements::judge(const Event& event) {
  Key key;
  KeyWriter writer{key, event, lookup_};
  writer.add_path();
  writer.add_frames();
  std::visit(writer, event.facts);
  if (lookup_.judges().times) {
    key.add(period_of(event.first.time));
    key.add(period_of(last_time_judged(event)));
  }
  if (!key.whole()) {
    unremembered_ = shared(lookup_.judge(event));
    return unremembered_;
  }
  const auto [place, known] =
      remembered_.find(key.hash(), [&key](const Judgement& judgement) { return judgement.key == key; });
  if (!known) place = {key, shared(lookup_.judge(event))};
  return place.declared;
}

std::uint64_t RecentJudgements::period_of(Timestamp time) {
  const auto known = std::ranges::find_if(periods_, [time](const Period& period) {
    return period.number != 0 && period.begin <= time && time < period.end;
  });
  if (known != periods_.end()) {
    if (known != periods_.begin()) std::rotate(periods_.begin(), known, known + 1);
    return periods_.front().number;
  }
  const Timestamp end = lookup_.next_change(time);
  const auto begun = std::ranges::find_if(periods_, [&](const Period& period) {
    return period.number != 0 && period.end == end;  // it began earlier than was known
  });
  if (begun != periods_.end()) {
    begun->begin = std::min(begun->begin, time);
    return begun->number;
  }
  std::shift_right(periods_.begin(), periods_.end(), 1);
  periods_.front() = {time, end, ++periods_counted_};
  return periods_.front().number;
}

const SharedDeclared& RecentJudgements::shared(Declared&& declared) {
  const auto [place, known] = given_.find(
      hash_of(declared), [&declared](const SharedDeclared& other) { return other && say_the_same(declared, *other); });
  if (!known) place = std::move(declared);
  return place;
}

}  // namespace dcmwatch
