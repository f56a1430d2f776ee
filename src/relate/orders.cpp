#include "relate/orders.h"

#include <algorithm>
#include <array>

#include "event/dicom_names.h"
#include "relate/prints.h"

namespace dcmwatch {
namespace {

constexpr std::array<std::string_view, 3> kOrders{"ORM^", "OMG^", "OMI^"};

}  // namespace

bool is_order(const Hl7Message& message) {
  return std::ranges::any_of(kOrders,
                             [&](std::string_view type) { return message.message_type.view().starts_with(type); });
}

const WorklistAnswer* worklist_answer(const DicomOperation& find) {
  if (find.sop_class_uid != sop_class::kModalityWorklist) return nullptr;
  const auto* answer = find.content.as<WorklistAnswer>();
  return answer && !answer->steps.empty() ? answer : nullptr;
}

void Orders::on_query(const Event& event, const DicomOperation& find) {
  const WorklistAnswer* answer = worklist_answer(find);
  if (!answer) return;
  const std::uint64_t asker = print_of(sender_of(event, find));
  remember(askers_, asker, event.last.time, forgotten_);
  for (const ScheduledStep& step : answer->steps) {
    add(step, event.last.time);
    for (const std::uint64_t print : {print_of(step.study), print_of(step.accession)}) {
      if (print != 0) remember(given_, print_of(print, asker), event.last.time, given_forgotten_);
    }
  }
  remember(given_any_, asker, event.last.time, given_forgotten_);
}

void Orders::on_step(const Event& event, const DicomOperation& create) {
  const auto* step = create.content.as<PerformedStep>();
  if (!step) return;
  remember(askers_, print_of(sender_of(event, create)), event.last.time, forgotten_);
  for (const ScheduledStep& scheduled : step->scheduled) add(scheduled, event.last.time);
}

void Orders::on_message(const Event& event, const Hl7Message& message) {
  if (!is_order(message)) return;
  remember(known_, print_of(message.accession), event.last.time, forgotten_);
  if (!message.content) return;
  for (const Hl7Order& order : message.content->orders) {
    remember(known_, print_of(accession_of(order, message.accession_sought)), event.last.time, forgotten_);
    remember(known_, print_of(order.study), event.last.time, forgotten_);
  }
}

void Orders::add(const ScheduledStep& step, Timestamp now) {
  remember(known_, print_of(step.study), now, forgotten_);
  remember(known_, print_of(step.accession), now, forgotten_);
}

void Orders::remember(Prints& prints, std::uint64_t print, Timestamp now, std::uint64_t& forgotten) {
  if (print == 0) return;
  auto& known = prints.of(
      print, now, [&](const auto& oldest) { forgotten += elapsed(oldest.touched, now) < limits_.remembered ? 1 : 0; });
  prints.touch(known, now);
}

std::optional<bool> Orders::ordered(std::uint64_t study, std::uint64_t accession, const IpAddress& sender) const {
  if (known_.contains(study) || known_.contains(accession)) return true;
  if (askers_.contains(print_of(sender))) return false;
  return std::nullopt;
}

std::optional<bool> Orders::on_worklist(std::uint64_t study, std::uint64_t accession, const IpAddress& sender) const {
  const std::uint64_t asker = print_of(sender);
  const auto was_given = [&](std::uint64_t print) { return print != 0 && given_.contains(print_of(print, asker)); };
  if (was_given(study) || was_given(accession)) return true;
  if (given_any_.contains(asker)) return false;
  return std::nullopt;
}

}  // namespace dcmwatch
