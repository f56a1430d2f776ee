#include <algorithm>

#include "base/text.h"
#include "model/allowance.h"
#include "model/judgement.h"

namespace dcmwatch {
namespace {

constexpr std::string_view kAnAcknowledgement = "an acknowledgement";

bool any_matches(const std::vector<Hl7End>& names, const Hl7EndSeen& seen) {
  return std::ranges::any_of(names, [&](const Hl7End& name) { return matches(name, seen); });
}

}  // namespace

// Of several that share an address, those whose names the message bears.
void Judgement::tell_apart(const Hl7Message& message) {
  const auto keep = [this](End& end, const std::optional<Hl7EndSeen>& seen) {
    if (!seen) return;
    keep_those(end, [&](std::uint32_t device) { return any_matches(model_.devices[device].hl7_names, *seen); });
  };
  keep(message.sent_by_opener ? source_ : destination_, sender_of(message));
  keep(message.sent_by_opener ? destination_ : source_, receiver_of(message));
}

// A message is held against the flows in its sender's direction, whoever opened the connection; acknowledgements need
// no flow.
void Judgement::judge_message(const Hl7Message& message) {
  const auto path = flows_;
  if (message.message_seen && message.sent_by_opener == reversed_)
    flows_ = that_could_be(flows_between(acceptor(), opener()));
  if (flows_.empty()) {
    judge_message_type(message);
    flows_ = path;
    return;
  }
  const End& sender = message.sent_by_opener ? source_ : destination_;
  const End& receiver = message.sent_by_opener ? destination_ : source_;
  judge_hl7_end(sender_of(message), sender, DeviationKind::sender, UnknownKind::sender, &Hl7Agreement::senders);
  judge_hl7_end(receiver_of(message), receiver, DeviationKind::receiver, UnknownKind::receiver,
                &Hl7Agreement::receivers);
  judge_message_type(message);
  judge_code(message.version, DeviationKind::version, UnknownKind::version, &Hl7Agreement::versions);
  judge_code(message.processing_id, DeviationKind::processing_id, UnknownKind::processing_id,
             &Hl7Agreement::processing_ids);
  judge_ack_mode(message);
  judge_answer(waited_in(event_, message));
  declare_message(message);
}

void Judgement::judge_message_type(const Hl7Message& message) {
  if (message.message_type.empty()) return unknown(UnknownKind::message_type);
  narrow(
      DeviationKind::message_type, std::string{message.message_type},
      [&](const Flow& flow) { return allows_message_type(flow, message.message_type); },
      [](const Flow& flow, Expected& expected) {
        expected.insert(flow.message_types.values.begin(), flow.message_types.values.end());
      });
}

// A flow that names none means those of its device, if that has any.
void Judgement::judge_hl7_end(const std::optional<Hl7EndSeen>& seen, const End& end, DeviationKind kind,
                              UnknownKind unseen, Allowed<Hl7End> Hl7Agreement::*declared) {
  const std::vector<Hl7End> own = all_of(end, &Device::hl7_names);
  if (own.empty() && !is_declared(declared)) return;
  if (!seen) return unknown(unseen);
  const auto names = [&](const Flow& flow) -> const std::vector<Hl7End>& {
    return (flow.hl7.*declared).any ? own : (flow.hl7.*declared).values;
  };
  narrow(
      kind, seen->text(),
      [&](const Flow& flow) { return ((flow.hl7.*declared).any && own.empty()) || any_matches(names(flow), *seen); },
      [&](const Flow& flow, Expected& expected) {
        for (const Hl7End& name : names(flow)) expected.insert(name.text);
      });
}

void Judgement::judge_code(std::string_view seen, DeviationKind kind, UnknownKind unseen,
                           Allowed<std::string> Hl7Agreement::*declared) {
  if (!is_declared(declared)) return;
  if (seen.empty()) return unknown(unseen);
  narrow(
      kind, std::string{seen}, [&](const Flow& flow) { return allows(flow.hl7.*declared, seen); },
      [&](const Flow& flow, Expected& expected) {
        expected.insert((flow.hl7.*declared).values.begin(), (flow.hl7.*declared).values.end());
      });
}

// What the message asks for; where none is declared, that there is one.
void Judgement::judge_ack_mode(const Hl7Message& message) {
  const auto asks = [](const Flow* flow) {
    return flow->hl7.ack_mode && flow->hl7.ack_mode != AcknowledgementMode::none;
  };
  const bool asked = std::ranges::any_of(flows_, asks);
  if (asked && !message.mode) unknown(UnknownKind::ack_mode);
  narrow(
      DeviationKind::ack_mode, std::string{asked && message.mode ? to_text(*message.mode) : kAnAcknowledgement},
      [&](const Flow& flow) {
        if (flow.hl7.ack_mode == AcknowledgementMode::none) return !message.answer();
        return !flow.hl7.ack_mode || !message.mode || flow.hl7.ack_mode == message.mode;
      },
      [](const Flow& flow, Expected& expected) {
        if (flow.hl7.ack_mode) expected.emplace(to_text(*flow.hl7.ack_mode));
      });
}

// Of the flow that it belongs to: as declared, for whoever counts by it.
void Judgement::declare_message(const Hl7Message& message) {
  const Flow& flow = *flows_.front();
  DeclaredMessage& told = declared_.message;
  told.ack_mode = flow.hl7.ack_mode;
  if (flow.hl7.accession_sought) told.accession_sought = &*flow.hl7.accession_sought;
  told.message_type = allowed_message_type(flow, message.message_type);
  const auto declared = [](const Allowed<Hl7End>& names, const std::optional<Hl7EndSeen>& seen) {
    const Hl7End* const end = seen ? allowed_end(names, *seen) : nullptr;
    return end ? std::string_view{end->text} : std::string_view{};
  };
  told.sender = declared(flow.hl7.senders, sender_of(message));
  told.receiver = declared(flow.hl7.receivers, receiver_of(message));
  // A device's own names are declared, too.
  told.any_sender =
      flow.hl7.any_sender && all_of(message.sent_by_opener ? source_ : destination_, &Device::hl7_names).empty();
  told.any_receiver =
      flow.hl7.any_receiver && all_of(message.sent_by_opener ? destination_ : source_, &Device::hl7_names).empty();
}

}  // namespace dcmwatch
