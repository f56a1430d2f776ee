#include "app/grounds.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "app/files.h"
#include "model/model_writer.h"

namespace dcmwatch {
namespace {

struct RuleChanges {
  std::size_t changed = 0, added = 0, gone = 0;
};

RuleChanges changes_of(const RuleSet& before, const RuleSet& now) {
  std::multimap<std::string, std::uint64_t> prints;
  for (const Rule& rule : before) prints.emplace(rule.info->id, rule.print);
  RuleChanges changes;
  for (const Rule& rule : now) {
    const auto [first, last] = prints.equal_range(rule.info->id);
    const auto same = std::find_if(first, last, [&](const auto& known) { return known.second == rule.print; });
    if (first == last) {
      ++changes.added;
    } else if (same == last) {
      ++changes.changed;
    }
    if (first != last) prints.erase(same == last ? first : same);
  }
  changes.gone = prints.size();
  return changes;
}

std::string counted(std::size_t count, const std::string& thing) {
  return std::to_string(count) + ' ' + thing + (count == 1 ? "" : "s");
}

bool same(const Exceptions& one, const Exceptions& other) {
  return std::ranges::equal(one, other, {}, &Exception::print, &Exception::print);
}

bool same(const Fingerprints* one, const Fingerprints* other) { return one && other ? *one == *other : one == other; }

}  // namespace

GroundsFiles with_bundled(GroundsFiles files) {
  if (files.sigma_fields.empty()) files.sigma_fields = bundled_sigma_fields();
  if (files.fingerprints.empty()) files.fingerprints = bundled_fingerprints();
  return files;
}

Grounds load_grounds(const GroundsFiles& files) {
  Grounds grounds;
  if (!files.model.empty()) grounds.model = std::make_shared<const Lookup>(load_model(files.model));
  std::optional<SigmaFields> foreign;
  if (!files.sigma_fields.empty()) foreign = SigmaFields::load(files.sigma_fields);
  grounds.rules = load_rules(files.rules, {.foreign = foreign ? &*foreign : nullptr});
  if (!files.exceptions.empty()) grounds.exceptions = load_exceptions(files.exceptions, grounds.rules);
  if (!files.fingerprints.empty())
    grounds.fingerprints = std::make_shared<const Fingerprints>(Fingerprints::load(files.fingerprints));
  return grounds;
}

Grounds load_grounds_again(const GroundsFiles& files, const Grounds& before) {
  // A pipe may be read at the start; afterwards whoever waits for it would wait for ever.
  for (const std::filesystem::path& file :
       {files.model, files.rules, files.sigma_fields, files.exceptions, files.fingerprints}) {
    std::error_code error;
    if (std::filesystem::exists(file, error) && !std::filesystem::is_regular_file(file, error) &&
        !std::filesystem::is_directory(file, error))
      throw ConfigurationError({{file.string(), {}, "cannot be read again, since it is no file", {}}});
  }
  Grounds grounds = load_grounds(files);
  if (grounds.model && before.model && to_yaml(*grounds.model->model()) == to_yaml(*before.model->model()))
    grounds.model = before.model;
  return grounds;
}

std::string account_of_changes(const Grounds& before, const Grounds& now) {
  const RuleChanges rules = changes_of(before.rules, now.rules);
  std::vector<std::string> parts;
  const auto add = [&](std::size_t count, const std::string& what) {
    if (count == 0) return;
    parts.push_back((parts.empty() ? counted(count, "rule") : std::to_string(count)) + ' ' + what);
  };
  add(rules.changed, "changed");
  add(rules.added, "new");
  add(rules.gone, "gone");
  if (now.model != before.model) parts.emplace_back("model changed");
  if (!same(before.exceptions, now.exceptions)) parts.emplace_back("exceptions changed");
  if (!same(before.fingerprints.get(), now.fingerprints.get())) parts.emplace_back("fingerprints changed");
  std::string text = parts.empty() ? "nothing changed" : parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) text += ", " + parts[i];
  text += "; " + counted(now.rules.size(), "rule");
  if (now.model) text += ", " + counted(now.model->model()->devices.size(), "device");
  return text;
}

}  // namespace dcmwatch
