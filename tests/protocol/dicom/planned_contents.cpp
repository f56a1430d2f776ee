#include "protocol/dicom/planned_contents.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "protocol/dicom/wire.h"

namespace dcmwatch::test {
namespace {

constexpr std::string_view kEncapsulatedPdf = "1.2.840.10008.5.1.4.1.1.104.1";

std::string some_uid(Dice& dice) { return "1.2.3.4." + std::to_string(dice.below(1'000'000)); }
std::string some_id(Dice& dice) { return "ID" + std::to_string(dice.below(100'000)); }
Pseudonym pseudonym(IdentifierKind kind, std::string_view text) { return pseudonyms().pseudonym(kind, text); }
InstancePrint print(std::string_view uid) { return print_of(pseudonym(IdentifierKind::instance_uid, uid)); }

void put_text(PlannedDataSet& data_set, std::uint32_t tag, std::string_view vr, std::string_view text) {
  put(data_set, {tag, vr, std::string{text}});
}
void put_number(PlannedDataSet& data_set, std::uint32_t tag, std::uint16_t number) {
  put(data_set, {tag, "US", std::vector<std::uint16_t>{number}});
}

PlannedSequence sequence_of(std::vector<PlannedDataSet> items, Dice& dice) {
  return {std::move(items), dice.flip(), dice.flip(), dice.one_in(10)};
}

std::string some_date(Dice& dice, std::size_t least = 1, std::size_t most = 28) {
  const std::size_t day = dice.between(least, most);
  return "202404" + std::string(day < 10 ? "0" : "") + std::to_string(day);
}

/// An attribute that may be there, and if it is, is told.
class Optional {
 public:
  Optional(PlannedDataSet& data_set, Dice& dice) : data_set_(data_set), dice_(dice) {}

  template <typename Told, typename Text>
  void operator()(std::uint32_t tag, std::string_view vr, const Text& text, Told& told) {
    if (dice_.one_in(4)) return;
    put_text(data_set_, tag, vr, text);
    told = text;
  }
  void identifier(std::uint32_t tag, std::string_view vr, IdentifierKind kind, std::string_view text, Pseudonym& told) {
    if (dice_.one_in(8)) return;
    put_text(data_set_, tag, vr, text);
    told = pseudonym(kind, text);
  }

 private:
  PlannedDataSet& data_set_;
  Dice& dice_;
};

void plan_creation(PlannedDataSet& data_set, PlannedOperation& operation, StoredObject& object, Dice& dice) {
  if (dice.flip()) return;
  using namespace std::chrono;
  const auto day = static_cast<unsigned>(dice.between(10, 28));
  const auto hour = static_cast<int>(dice.between(10, 23));
  put_text(data_set, 0x0008'0012, "DA", "202401" + std::to_string(day));
  put_text(data_set, 0x0008'0013, "TM", std::to_string(hour) + "1530.25");
  const sys_days date{year{2024} / January / std::chrono::day{day}};
  Duration written = date.time_since_epoch() + hours{hour} + minutes{15} + seconds{30} + milliseconds{250};
  if (dice.flip()) {
    put_text(data_set, 0x0008'0201, "SH", "-0330");
    written += hours{3} + minutes{30};
    operation.created = Timestamp{written};
  }
  object.created = Timestamp{written};
}

void plan_document(PlannedDataSet& data_set, StoredObject& object) {
  put(data_set, {
                    0x0042'0011,
                    "OB",
                    text("%PDF-1.4 and so on, to its end.."),
                });
  put_text(data_set, 0x0042'0012, "LO", "application/pdf");
  object.document_type = "application/pdf";
  object.executable_document = false;
  object.mistyped_document = false;
}

/// A key of a query: with a value, and what that makes of it.
struct Key {
  std::uint32_t tag;
  std::string_view vr;
};

class QueryPlan {
 public:
  QueryPlan(PlannedDataSet& data_set, DicomQuery& query, Dice& dice)
      : data_set_(data_set), query_(query), dice_(dice) {}

  void returned(const Key& key) {
    put_text(data_set_, key.tag, key.vr, "");
    query_.returned.push_back(key.tag);
  }
  void matched(const Key& key, std::string_view value) {
    put_text(data_set_, key.tag, key.vr, value);
    query_.matched.push_back(key.tag);
  }

  void text_key(const Key& key) {
    switch (dice_.below(4)) {
      case 0: return matched(key, "VALUE");
      case 1: query_.wildcards.push_back(key.tag); return matched(key, dice_.flip() ? "DOE*" : "A?C");
      case 2:  // PS3.4 C.2.2.2.3: matches all
        put_text(data_set_, key.tag, key.vr, "*");
        query_.returned.push_back(key.tag);
        return;
      default: return returned(key);
    }
  }

  void date_key(const Key& key) {
    switch (dice_.below(4)) {
      case 0: widen(1); return matched(key, some_date(dice_));
      case 1: {
        const std::string first = some_date(dice_, 1, 10);
        const std::string last = some_date(dice_, 10, 28);
        widen(static_cast<std::uint32_t>(std::stoul(last) - std::stoul(first) + 1));
        return matched(key, first + "-" + last);
      }
      case 2:
        query_.open_date_range = true;
        return matched(key, dice_.flip() ? some_date(dice_) + "-" : "-" + some_date(dice_));
      default: return returned(key);
    }
  }

  // How many; and which, if it is one.
  std::uint32_t uid_key(const Key& key, std::size_t most, std::string* only = nullptr) {
    const std::size_t count = dice_.between(0, most);
    if (count == 0) {
      returned(key);
      return 0;
    }
    std::string list = some_uid(dice_);
    for (std::size_t i = 1; i < count; ++i) list += "\\" + some_uid(dice_);
    matched(key, list);
    if (only && count == 1) *only = list;
    return static_cast<std::uint32_t>(count);
  }

 private:
  void widen(std::uint32_t days) { query_.date_range_days = std::max(query_.date_range_days.value_or(0), days); }

  PlannedDataSet& data_set_;
  DicomQuery& query_;
  Dice& dice_;
};

constexpr auto kLevels = std::to_array<std::string_view>({"PATIENT", "STUDY", "SERIES", "IMAGE"});

}  // namespace

PlannedDataSet plan_stored_object(PlannedOperation& operation, bool encapsulated, Dice& dice) {
  PlannedDataSet data_set = unimportant_elements(dice);
  StoredObject object;
  DicomOperation& fact = operation.fact;
  Optional optional{data_set, dice};
  optional(0x0008'0005, "CS", std::string_view{dice.flip() ? "ISO_IR 100" : "ISO_IR 192"}, object.character_set);
  plan_creation(data_set, operation, object, dice);
  put_text(data_set, 0x0008'0016, "UI", fact.sop_class_uid);
  object.sop_class_uid = fact.sop_class_uid;
  optional.identifier(0x0008'0050, "SH", IdentifierKind::accession_number, some_id(dice), fact.accession);
  optional(0x0008'0060, "CS", dice.of(std::to_array<std::string_view>({"CT", "MR", "US"})), object.modality);
  optional(0x0008'0070, "LO", std::string_view{"Acme Imaging, Inc."}, object.manufacturer);
  optional(0x0008'0080, "LO", std::string_view{"General Hospital"}, object.institution);
  optional(0x0008'1010, "SH", "STATION" + std::to_string(dice.below(9)), object.station_name);
  optional(0x0008'1090, "LO", std::string_view{"Scanner 3000"}, object.model);
  optional.identifier(0x0010'0020, "LO", IdentifierKind::patient_id, some_id(dice), fact.patient);
  if (dice.flip()) {
    object.deidentified = dice.flip();
    put_text(data_set, 0x0012'0062, "CS", *object.deidentified ? "YES" : "NO");
  }
  if (dice.flip()) {
    put_text(data_set, 0x0018'1020, "LO", "4.2\\7.1");
    object.software_versions = "4.2";
  }
  optional.identifier(0x0020'000d, "UI", IdentifierKind::study_uid, some_uid(dice), fact.study);
  optional.identifier(0x0020'000e, "UI", IdentifierKind::series_uid, some_uid(dice), object.series);
  const auto numbered = [&](std::uint32_t tag, std::optional<std::uint32_t>& told) {
    if (dice.one_in(4)) return;
    told = static_cast<std::uint32_t>(dice.below(65536));
    put_number(data_set, tag, static_cast<std::uint16_t>(*told));
  };
  if (dice.one_in(3)) {
    object.frames = static_cast<std::uint32_t>(dice.below(5000));
    put_text(data_set, 0x0028'0008, "IS", std::to_string(*object.frames));
  }
  numbered(0x0028'0010, object.rows);
  numbered(0x0028'0011, object.columns);
  if (dice.flip()) {
    object.burned_in_annotation = dice.flip();
    put_text(data_set, 0x0028'0301, "CS", *object.burned_in_annotation ? "YES" : "NO");
  }
  if (fact.sop_class_uid == kEncapsulatedPdf) {
    plan_document(data_set, object);
  } else {
    put(data_set, planned_pixel_data(dice, encapsulated));
  }
  fact.content = std::move(object);
  return data_set;
}

PlannedDataSet plan_query(PlannedOperation& operation, Dice& dice) {
  PlannedDataSet data_set;
  DicomQuery query;
  const std::size_t level = dice.below(kLevels.size());
  operation.fact.query_level = kLevels[level];
  QueryPlan plan{data_set, query, dice};
  // Ascending, as they are told.
  if (level == 3) query.unique_keys = plan.uid_key({0x0008'0018, "UI"}, 3);
  plan.date_key({0x0008'0020, "DA"});
  put_text(data_set, 0x0008'0052, "CS", kLevels[level]);
  if (dice.flip()) plan.text_key({0x0008'0050, "SH"});
  if (dice.flip()) plan.text_key({0x0010'0010, "PN"});
  if (level == 0) {
    if (dice.flip()) {
      plan.matched({0x0010'0020, "LO"}, some_id(dice));
      query.unique_keys = 1;
    } else {
      plan.returned({0x0010'0020, "LO"});
    }
  }
  if (dice.flip()) plan.matched({0x0010'0030, "DA"}, "19600101-19700101");  // no date range that tells anything
  if (level >= 1) {
    std::string study;
    const std::uint32_t studies = plan.uid_key({0x0020'000d, "UI"}, level == 1 ? 20 : 1, &study);
    if (level == 1) query.unique_keys = studies;
    if (!study.empty()) operation.fact.study = pseudonym(IdentifierKind::study_uid, study);
  }
  if (level == 2) query.unique_keys = plan.uid_key({0x0020'000e, "UI"}, 2);
  operation.fact.content = std::move(query);
  return data_set;
}

PlannedDataSet plan_retrieval(PlannedOperation& operation, Dice& dice) {
  PlannedDataSet data_set;
  DicomQuery query;
  const std::size_t level = dice.below(kLevels.size());
  operation.fact.query_level = kLevels[level];
  put_text(data_set, 0x0008'0052, "CS", kLevels[level]);
  QueryPlan plan{data_set, query, dice};
  DicomOperation& fact = operation.fact;
  if (level == 3) {
    const std::size_t count = dice.between(1, 3);
    const std::string first = some_uid(dice);
    std::string list = first;
    for (std::size_t i = 1; i < count; ++i) list += "\\" + some_uid(dice);
    plan.matched({0x0008'0018, "UI"}, list);
    query.unique_keys = static_cast<std::uint32_t>(count);
    if (count == 1) fact.instance = pseudonym(IdentifierKind::instance_uid, first);
  }
  if (level == 0) {
    const std::string id = some_id(dice);
    plan.matched({0x0010'0020, "LO"}, id);
    query.unique_keys = 1;
    fact.patient = pseudonym(IdentifierKind::patient_id, id);
  } else {
    const std::string study = some_uid(dice);
    plan.matched({0x0020'000d, "UI"}, study);
    if (level == 1) query.unique_keys = 1;
    fact.study = pseudonym(IdentifierKind::study_uid, study);
  }
  if (level >= 2) plan.matched({0x0020'000e, "UI"}, some_uid(dice));
  if (level == 2) query.unique_keys = 1;
  fact.content = std::move(query);
  return data_set;
}

PlannedDataSet plan_worklist_query(PlannedOperation& operation, Dice& dice) {
  PlannedDataSet data_set;
  DicomQuery query;
  QueryPlan plan{data_set, query, dice};
  plan.text_key({0x0008'0050, "SH"});
  plan.text_key({0x0010'0010, "PN"});
  PlannedDataSet step;
  QueryPlan within{step, query, dice};
  within.text_key({0x0008'0060, "CS"});
  within.text_key({0x0040'0001, "AE"});
  within.date_key({0x0040'0002, "DA"});
  put(data_set, {0x0040'0100, "SQ", PlannedSequence{{std::move(step)}, dice.flip(), dice.flip(), false}});
  operation.fact.content = std::move(query);
  return data_set;
}

PlannedDataSet plan_worklist_answer(PlannedOperation& operation, Dice& dice) {
  PlannedDataSet data_set = unimportant_elements(dice);
  ScheduledStep order;
  Optional optional{data_set, dice};
  optional.identifier(0x0008'0050, "SH", IdentifierKind::accession_number, some_id(dice), order.accession);
  optional.identifier(0x0010'0020, "LO", IdentifierKind::patient_id, some_id(dice), order.patient);
  optional.identifier(0x0020'000d, "UI", IdentifierKind::study_uid, some_uid(dice), order.study);
  PlannedDataSet item = unimportant_elements(dice, 1);
  Optional within{item, dice};
  within(0x0008'0060, "CS", std::string_view{"CT"}, order.modality);
  within(0x0040'0001, "AE", "STATION" + std::to_string(dice.below(9)), order.station_ae);
  within(0x0040'0020, "CS", std::string_view{"SCHEDULED"}, order.status);
  put(data_set, {0x0040'0100, "SQ", sequence_of({std::move(item)}, dice)});

  WorklistAnswer answer;
  if (const auto* before = operation.fact.content.as<WorklistAnswer>()) answer = *before;
  answer.steps.push_back(order);
  operation.fact.content = operation.fact.content.with(std::move(answer));
  return data_set;
}

PlannedDataSet plan_commitment(PlannedOperation& operation, bool is_report, Dice& dice) {
  PlannedDataSet data_set = unimportant_elements(dice);
  StorageCommitment commitment;
  const std::string transaction = some_uid(dice);
  put_text(data_set, 0x0008'1195, "UI", transaction);
  commitment.transaction = pseudonym(IdentifierKind::transaction_uid, transaction);
  const auto reference = [&](std::vector<InstancePrint>& instances) {
    PlannedDataSet item;
    const std::string instance = some_uid(dice);
    put_text(item, 0x0008'1150, "UI", kCtImageStorage);
    put_text(item, 0x0008'1155, "UI", instance);
    instances.push_back(print(instance));
    return item;
  };
  std::vector<PlannedDataSet> referenced;
  const std::size_t kept = dice.below(20) + (is_report ? 0 : 1);
  for (std::size_t i = 0; i < kept; ++i) referenced.push_back(reference(commitment.instances));
  commitment.referenced = static_cast<std::uint32_t>(kept);
  const std::size_t failed = is_report && operation.fact.event_type == 2 ? dice.between(1, 5) : 0;
  std::vector<PlannedDataSet> failures;
  for (std::size_t i = 0; i < failed; ++i) {
    PlannedDataSet item = reference(commitment.failed_instances);
    const auto reason = dice.of(std::to_array<std::uint16_t>({0x0110, 0x0112, 0x0213, 0x0122}));
    put_number(item, 0x0008'1197, reason);
    auto& reasons = commitment.failure_reasons;
    if (std::ranges::find(reasons, reason) == reasons.end()) reasons.push_back(reason);
    failures.push_back(std::move(item));
  }
  commitment.failed = static_cast<std::uint32_t>(failed);
  if (failed != 0) put(data_set, {0x0008'1198, "SQ", sequence_of(std::move(failures), dice)});
  if (kept != 0) put(data_set, {0x0008'1199, "SQ", sequence_of(std::move(referenced), dice)});
  operation.fact.content = std::move(commitment);
  return data_set;
}

PlannedDataSet plan_performed_step(PlannedOperation& operation, bool begins, Dice& dice) {
  PlannedDataSet data_set = unimportant_elements(dice);
  PerformedStep step;
  DicomOperation& fact = operation.fact;
  Optional optional{data_set, dice};
  if (begins) {
    optional(0x0008'0060, "CS", std::string_view{"MR"}, step.modality);
    optional.identifier(0x0010'0020, "LO", IdentifierKind::patient_id, some_id(dice), fact.patient);
    optional(0x0040'0241, "AE", "MR" + std::to_string(dice.below(9)), step.station_ae);
  }
  step.status = begins ? "IN PROGRESS" : dice.flip() ? "COMPLETED" : "DISCONTINUED";
  put_text(data_set, 0x0040'0252, "CS", step.status);
  std::vector<PlannedDataSet> scheduled;
  for (std::size_t i = begins ? dice.below(4) : 0; i > 0; --i) {
    PlannedDataSet item = unimportant_elements(dice, 1);
    Optional within{item, dice};
    ScheduledStep& told = step.scheduled.emplace_back();
    within.identifier(0x0008'0050, "SH", IdentifierKind::accession_number, some_id(dice), told.accession);
    within.identifier(0x0020'000d, "UI", IdentifierKind::study_uid, some_uid(dice), told.study);
    told.patient = fact.patient;
    told.modality = step.modality;
    scheduled.push_back(std::move(item));
  }
  if (!scheduled.empty()) {
    fact.accession = step.scheduled.front().accession;
    fact.study = step.scheduled.front().study;
    put(data_set, {0x0040'0270, "SQ", sequence_of(std::move(scheduled), dice)});
  }
  if (step.status == std::string_view{"DISCONTINUED"}) {
    PlannedDataSet reason;
    put_text(reason, 0x0008'0100, "SH", "110513");
    put_text(reason, 0x0008'0102, "SH", "DCM");
    put(data_set, {0x0040'0281, "SQ", sequence_of({std::move(reason)}, dice)});
    step.discontinuation_reason = "110513";
  }
  std::vector<PlannedDataSet> series;
  for (std::size_t i = begins ? 0 : dice.below(4); i > 0; --i) {
    PlannedDataSet item = unimportant_elements(dice, 1);
    std::vector<PlannedDataSet> images;
    for (std::size_t count = dice.below(6); count > 0; --count) {
      const std::string instance = some_uid(dice);
      PlannedDataSet& image = images.emplace_back();
      put_text(image, 0x0008'1155, "UI", instance);
      step.instances.push_back(print(instance));
      ++step.images;
    }
    const std::uint32_t of = dice.one_in(4) ? 0x0040'0220 : 0x0008'1140;
    std::erase_if(item, [](const PlannedElement& element) { return element.tag == 0x0008'1140; });
    put(item, {of, "SQ", sequence_of(std::move(images), dice)});
    series.push_back(std::move(item));
    ++step.series;
  }
  if (!series.empty()) put(data_set, {0x0040'0340, "SQ", sequence_of(std::move(series), dice)});
  fact.content = std::move(step);
  return data_set;
}

}  // namespace dcmwatch::test
