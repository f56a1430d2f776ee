#include "account.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "capture/source.h"
#include "event/dicom_names.h"
#include "event/fields.h"
#include "whole_pipeline.h"

namespace dcmwatch::oracle {
namespace {

/// Reads the fields of ends of associations and operations.
class Reader final : public RecordSink, private FieldSink {
 public:
  void observe(const Finding&) override {}
  void observe(const Observation& observation) override {
    const Event& event = observation.event;
    if (event.phase != Phase::end) return;
    const bool association = std::holds_alternative<DicomAssociation>(event.facts);
    if (!association && !std::holds_alternative<DicomOperation>(event.facts)) return;
    const Record record{observation};
    const Parties& parties = Surroundings::of(observation).parties;
    Told& of_connection = told[to_text(parties.source) + " > " + to_text(parties.destination)];
    (association ? of_connection.associations : of_connection.operations).push_back(read(record));
  }

  ToldByConnection told;

 private:
  Account read(const Record& record) {
    Account account;
    for (const Field& field : fields()) {
      values_ = 0;
      value_.clear();
      field.visit(record, *this);
      if (values_ != 0) account.emplace(field.path, value_);
    }
    if (const auto* association = std::get_if<DicomAssociation>(&record.observation.event.facts))
      add_roles(account, *association);
    return account;
  }

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

}  // namespace

std::string_view value_of(const Account& account, std::string_view path) {
  const auto found = account.find(path);
  return found == account.end() ? std::string_view{} : found->second;
}

const Pseudonymizer& pseudonymizer() {
  static const Pseudonymizer kPseudonymizer{"a key for tests only"};
  return kPseudonymizer;
}

ToldByConnection told_of(const std::filesystem::path& capture) {
  Reader reader;
  const auto source = open_file(capture, 0, "");
  replay_through(*source, {.protocol = {.limits = {}, .pseudonymizer = &pseudonymizer()}, .shards = 1}, {&reader});
  return std::move(reader.told);
}

std::string Difference::text() const { return fmt::format("{}\t{}\t{}\t{}\t({})", capture, what, ours, theirs, where); }

void Comparison::compare(const std::string& where, const Account& ours, const Account& theirs, std::string_view kind) {
  for (const auto& [path, theirs_says] : theirs) {
    OfKind& of_kind = fields_[path][std::string{kind}];
    const std::string_view ours_says = value_of(ours, path);
    ++compared_;
    of_kind.told |= !ours_says.empty();
    if (ours_says == theirs_says) continue;
    Difference difference{capture_, where, path, std::string{ours_says}, theirs_says};
    (ours_says.empty() ? of_kind.untold : differences_).push_back(std::move(difference));
  }
}

std::vector<Difference> Comparison::differences() const {
  std::vector<Difference> all = differences_;
  for (const auto& [path, kinds] : fields_)
    for (const auto& [kind, of_kind] : kinds)
      if (of_kind.told) all.insert(all.end(), of_kind.untold.begin(), of_kind.untold.end());
  return all;
}

std::vector<std::string> Comparison::not_told_yet() const {
  std::vector<std::string> names;
  for (const auto& [path, kinds] : fields_) {
    const bool told_of_others = std::ranges::any_of(kinds, [](const auto& of_kind) { return of_kind.second.told; });
    std::size_t times = 0;
    for (const auto& [kind, of_kind] : kinds) {
      if (of_kind.told) continue;
      times += of_kind.untold.size();
      if (told_of_others) names.push_back(fmt::format("{} of {} ({} times)", path, kind, of_kind.untold.size()));
    }
    if (!told_of_others) names.push_back(fmt::format("{} ({} times)", path, times));
  }
  return names;
}

}  // namespace dcmwatch::oracle
