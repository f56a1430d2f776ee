#include "account.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "capture/source.h"
#include "event/dicom_names.h"
#include "event/fields.h"
#include "whole_pipeline.h"

namespace dcmwatch::oracle {
namespace {

/// Reads the fields of one record.
class Reader final : private FieldSink {
 public:
  Account read(const Record& record) {
    Account account;
    for (const Field& field : fields()) {
      values_ = 0;
      value_.clear();
      field.visit(record, *this);
      if (values_ != 0) account.emplace(field.path, value_);
    }
    const auto& facts = record.observation.event.facts;
    if (const auto* association = std::get_if<DicomAssociation>(&facts)) add_roles(account, *association);
    if (const auto* operation = std::get_if<DicomOperation>(&facts)) add_lists(account, operation->content);
    return account;
  }

 private:
  // Roles by their classes in one text, since the order of their items says nothing.
  static void add_roles(Account& account, const DicomAssociation& association) {
    std::set<std::string> proposed, accepted;
    if (!association.negotiation) return;
    for (const RoleSelection& role : association.negotiation->roles) {
      const std::string uid{association.negotiation->uids.at(role.sop_class)};
      proposed.insert(fmt::format("{} {}", uid, dicom_role_text(role.proposed_scu, role.proposed_scp)));
      if (role.accepted_scu && role.accepted_scp)
        accepted.insert(fmt::format("{} {}", uid, dicom_role_text(*role.accepted_scu, *role.accepted_scp)));
    }
    if (!proposed.empty()) account["roles proposed"] = fmt::format("{}", fmt::join(proposed, ", "));
    if (!accepted.empty()) account["roles accepted"] = fmt::format("{}", fmt::join(accepted, ", "));
  }

  // What the analyst joins facts by, and the log does not have.
  static void add_lists(Account& account, const DicomContent& content) {
    if (const auto* answer = content.as<WorklistAnswer>()) add_scheduled(account, answer->steps);
    if (const auto* commitment = content.as<StorageCommitment>()) {
      add_instances(account, kReferencedInstances, commitment->instances);
      add_instances(account, kFailedInstances, commitment->failed_instances);
    }
    if (const auto* step = content.as<PerformedStep>()) {
      add_scheduled(account, step->scheduled);
      add_instances(account, kReferencedInstances, step->instances);
    }
  }
  static void add_scheduled(Account& account, const std::vector<ScheduledStep>& steps) {
    for (const ScheduledStep& step : steps)
      put_once(account, kScheduledSteps,
               fmt::format("{}/{}/{}", step.accession.text(), step.patient.text(), step.study.text()));
  }
  static void add_instances(Account& account, std::string_view path, const std::vector<InstancePrint>& instances) {
    const std::set<InstancePrint> prints{instances.begin(), instances.end()};
    if (!prints.empty()) account.emplace(path, fmt::format("{:016x}", fmt::join(prints, ", ")));
  }

  void add(std::string_view value) {
    if (values_++ != 0) value_ += ", ";
    value_ += value;
  }
  void text(std::string_view value) override { add(value); }
  void number(std::int64_t value) override { add(std::to_string(value)); }
  void boolean(bool value) override { add(value ? "true" : "false"); }
  void address(const IpAddress& value) override { add(to_text(value)); }
  void time(Timestamp value) override { add(to_rfc3339(value)); }

  std::string value_;
  std::size_t values_ = 0;
};

/// Keeps the ends of associations and operations.
class Keeper final : public RecordSink {
 public:
  void observe(const Finding&) override {}
  void observe(const Observation& observation) override {
    const Event& event = observation.event;
    if (event.phase != Phase::end) return;
    const bool association = std::holds_alternative<DicomAssociation>(event.facts);
    if (!association && !std::holds_alternative<DicomOperation>(event.facts)) return;
    const Parties& parties = Surroundings::of(observation).parties;
    Told& of_connection = told[to_text(parties.source) + " > " + to_text(parties.destination)];
    (association ? of_connection.associations : of_connection.operations).push_back(account_of(observation));
  }

  ToldByConnection told;
};

}  // namespace

void put_once(Account& account, std::string_view path, std::string_view value) {
  if (value.empty()) return;
  std::string& list = account[std::string{path}];
  if (fmt::format(", {}, ", list).find(fmt::format(", {}, ", value)) != std::string::npos) return;
  list += list.empty() ? std::string{value} : fmt::format(", {}", value);
}

std::string_view value_of(const Account& account, std::string_view path) {
  const auto found = account.find(path);
  return found == account.end() ? std::string_view{} : found->second;
}

const Pseudonymizer& pseudonymizer() {
  static const Pseudonymizer kPseudonymizer{"a key for tests only"};
  return kPseudonymizer;
}

Account account_of(const Observation& observation) { return Reader{}.read(Record{observation}); }

ToldByConnection told_of(const std::filesystem::path& capture) {
  Keeper keeper;
  const auto source = open_file(capture, 0, "");
  replay_through(*source, {.protocol = {.limits = {}, .pseudonymizer = &pseudonymizer()}, .shards = 1}, {&keeper});
  return std::move(keeper.told);
}

std::string Difference::text() const { return fmt::format("{}\t{}\t{}\t{}\t({})", capture, what, ours, theirs, where); }

bool is_of_data_set(std::string_view path) {
  constexpr std::array<std::string_view, 12> kOfDataSets{"dicom.object.",   "dicom.query.",       "dicom.query_level",
                                                         "dicom.worklist.", "dicom.commitment.",  "dicom.step.",
                                                         "dicom.study",     "order.accession",    "patient.pseudonym",
                                                         kScheduledSteps,   kReferencedInstances, kFailedInstances};
  constexpr std::array<std::string_view, 7> kReckoned{"dicom.object.created",
                                                      "dicom.object.clock_skew",
                                                      "dicom.object.executable_document",
                                                      "dicom.object.mistyped_document",
                                                      "dicom.object.pixel_digest",
                                                      "dicom.commitment.failure_meanings",
                                                      "dicom.step.discontinuation_meaning"};
  return std::ranges::any_of(kOfDataSets,
                             [&](std::string_view known) {
                               return path == known || (known.ends_with('.') && path.starts_with(known));
                             }) &&
         std::ranges::find(kReckoned, path) == kReckoned.end();
}

void Comparison::compare(const std::string& where, const Account& ours, const Account& theirs, bool data_sets_read) {
  for (const auto& [path, theirs_says] : theirs) compare(where, path, value_of(ours, path), theirs_says);
  if (!data_sets_read) return;
  for (const auto& [path, ours_says] : ours)
    if (is_of_data_set(path) && !theirs.contains(path)) compare(where, path, ours_says, {});
}

void Comparison::compare(const std::string& where, std::string_view path, std::string_view ours,
                         std::string_view theirs) {
  ++compared_[std::string{path}];
  if (ours != theirs)
    differences_.push_back({capture_, where, std::string{path}, std::string{ours}, std::string{theirs}});
}

}  // namespace dcmwatch::oracle
