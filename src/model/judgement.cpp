#include "model/judgement.h"

#include <algorithm>
#include <memory>
#include <variant>

#include "event/dicom_names.h"

namespace dcmwatch {

Judgement::Judgement(const Event& event, const Lookup& lookup, Declared& declared, Differences& differences)
    : event_(event),
      parties_(event.parties),
      lookup_(lookup),
      model_(*lookup.model()),
      declared_(declared),
      differences_(differences) {}

void Judgement::run() {
  // About no connection.
  if (std::holds_alternative<CaptureNote>(event_.facts) || std::holds_alternative<FlowStretch>(event_.facts)) return;
  place(parties_.source, source_, declared_.source);
  place(parties_.destination, destination_, declared_.destination);
  std::visit([this](const auto& fact) { tell_apart(fact); }, event_.facts);
  name(source_, declared_.source, UnknownKind::source_device);
  name(destination_, declared_.destination, UnknownKind::destination_device);
  std::visit([this](const auto& fact) { judge(fact); }, event_.facts);
  if (flows_.empty()) return;
  declared_.flow = flows_.front()->name;
  declared_.rates = rates_declared_by(*flows_.front());
}

void Judgement::place(const Endpoint& endpoint, End& end, Place& named) const {
  const auto devices = lookup_.devices_at(endpoint.address);
  end = {{devices.begin(), devices.end()}, lookup_.zone_at(endpoint.address)};
  if (end.zone) named.zone = model_.zones[end.zone->value].name;
}

void Judgement::name(const End& end, Place& named, UnknownKind unknown_which) {
  if (const auto device = end.device()) {
    named.device = model_.devices[*device].name;
    named.role = to_text(model_.devices[*device].role);
  } else if (end.declared()) {
    unknown(unknown_which);
  }
}

void Judgement::judge(const ConnectionFact& connection) {
  unheard_ = unheard_end(event_, connection);
  judge_carrier();
  judge_listener(connection);
}

// What is declared of a service holds for what it carries, which cannot be seen if nobody knows it, or in TLS.
void Judgement::judge_carrier() {
  judge_path();
  const bool veiled = event_.protocol == Protocol::unidentified || event_.protocol == Protocol::tls;
  const bool by_port_alone = std::ranges::all_of(
      flows_, [this](const Flow* flow) { return service_of(*flow).protocol == ServiceProtocol::other; });
  if (veiled && !by_port_alone) unknown(UnknownKind::service);
}

void Judgement::judge(const DicomAssociation& association) {
  judge_path();
  judge_implementations(association);
  if (flows_.empty() || another_service_) return judge_borrowed_titles(association.calling_ae, association.called_ae);
  judge_titles(association.calling_ae, association.called_ae);
  judge_accepted_transfer_syntaxes(association);
}

void Judgement::judge(const DicomOperation& operation) {
  judge_path();
  if (flows_.empty() || another_service_) {
    judge_borrowed_titles(operation.calling_ae, operation.called_ae);
    if (operation.command_field == dimse::kMove && operation.request_seen) judge_strangers_move(operation);
    return;
  }
  judge_titles(operation.calling_ae, operation.called_ae);
  judge_operation(operation);
  judge_answer(waited_in(event_, operation));
}

void Judgement::judge(const Hl7Message& message) {
  judge_path();
  if (flows_.empty() || another_service_) return;
  judge_message(message);
}

void Judgement::judge(const DicomStudy& study) {
  judge_path();
  if (!flows_.empty() && !another_service_) find_storing_flow(study);
  forget_differences();
  // Until it is over an order may still come.
  if (event_.phase != Phase::end || !study.has_stores()) return;
  judge_required(study.ordered, &Flow::requires_order, DeviationKind::order, UnknownKind::order,
                 "a worklist entry, a performed step or an order message");
  judge_required(study.on_worklist, &Flow::requires_worklist_entry, DeviationKind::worklist_entry,
                 UnknownKind::worklist_entry, "an entry in a worklist that its sender was given");
}

void Judgement::judge_required(std::optional<bool> seen, bool Flow::*requires_it, DeviationKind kind,
                               UnknownKind unseen, std::string_view expected) {
  const auto is_required = [requires_it](const Flow* flow) { return flow->*requires_it; };
  if (seen.value_or(false) || flows_.empty() || !std::ranges::all_of(flows_, is_required)) return;
  if (!seen || event_.visibility.impaired()) return unknown(unseen);
  deviate(kind, std::string{expected}, "none in sight");
}

void Judgement::judge(const Violation& violation) {
  name_flow();
  declared_.tolerated = is_tolerated(violation);
}

// A quirk of the device that broke the rule, or a suspicious title that somebody declared.
bool Judgement::is_tolerated(const Violation& violation) const {
  if (violation.ae_title && lookup_.is_declared_title(*violation.ae_title)) return true;
  const auto device = (violation.by_opener ? source_ : destination_).device();
  if (!device) return false;
  const std::vector<std::string>& quirks = model_.devices[*device].quirks;
  return std::ranges::find(quirks, violation.name) != quirks.end();
}

void Judgement::name_flow() {
  judge_path();
  forget_differences();
}

std::string Judgement::joined(const Expected& names) {
  if (names.empty()) return "none";
  const std::vector<std::string_view> views{names.begin(), names.end()};
  return listed(views);
}

std::string Judgement::names_of(const End& end) const {
  std::string names;
  for (const std::uint32_t device : end.devices)
    names.append(names.empty() ? "" : " or ").append(model_.devices[device].name);
  return names;
}

Declared Lookup::judge(const Event& event) const {
  Declared declared;
  Differences differences;
  Judgement{event, *this, declared, differences}.run();
  if (differences.deviations.empty() && differences.unknown.empty()) {
    declared.owner = model_;
    return declared;
  }
  differences.model = model_;
  const auto kept = std::make_shared<const Differences>(std::move(differences));
  declared.deviations = kept->deviations;
  declared.unknown = kept->unknown;
  declared.owner = kept;
  return declared;
}

}  // namespace dcmwatch
