#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "detect/closed_values.h"
#include "detect/rule.h"
#include "detect/sigma_fields.h"
#include "model/map_reader.h"

namespace dcmwatch {
namespace {

constexpr std::array<std::string_view, 5> kStatuses{"stable", "test", "experimental", "deprecated", "unsupported"};
constexpr std::array<std::string_view, 5> kLevels{"informational", "low", "medium", "high", "critical"};
constexpr std::array<std::string_view, 4> kImpacts{"patient_safety", "availability", "integrity", "confidentiality"};
constexpr std::array<std::string_view, 3> kResponsible{"healthcare_provider", "manufacturer", "supplier"};
constexpr std::array<std::string_view, 2> kTaxonomies{"sigma", "dcmwatch"};
constexpr std::string_view kProduct = "dcmwatch";
constexpr std::string_view kRunbooks = "docs/runbooks/";
constexpr std::size_t kMostSelections = 1024;
constexpr std::string_view kIdCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

/// Datasets that a rule may take together.
struct Category {
  std::string_view name;
  std::array<std::string_view, 5> datasets;
};

constexpr std::array kCategories{
    Category{"network", {"connection", "dicom.association", "dicom.operation", "hl7.message", "violation"}},
    Category{"dicom", {"dicom.association", "dicom.operation"}}};

std::uint32_t bit_of(std::string_view dataset) {
  const auto& names = dataset_names();
  return std::uint32_t{1} << (std::find(names.begin(), names.end(), dataset) - names.begin());
}

class RuleReader {
 public:
  RuleReader(const RuleReading& reading, Problems& problems) : reading_(reading), problems_(problems) {}

  Rule read(const Node& root) {
    MapReader map{root, "a rule", problems_};
    if (!map.usable()) return {};
    read_info(map);
    if (const Node* const source =
            map.required("logsource", "write 'logsource: {product: dcmwatch, service: dicom.operation}'"))
      read_source(*source);
    if (const Node* const detection = map.required("detection", "write selections and a condition"))
      read_detection(*detection);
    read_catalogue(map);
    // Sigma's own, for people and other tools.
    for (const std::string_view key :
         {"author", "date", "modified", "references", "license", "related", "name", "scope"})
      map.optional(key);
    if (const Node* const taxonomy = map.optional("taxonomy")) one_of(*taxonomy, "taxonomy", kTaxonomies);
    if (const Node* const listed_fields = map.optional("fields")) check_fields(*listed_fields);
    // Sigma permits keys of anybody's own. In our rules one that is not known is a word misspelt.
    if (!foreign_) map.done();
    if (reading_.complete && !foreign_) require_catalogue(root);
    rule_.info = std::make_shared<const RuleInfo>(std::move(info_));
    return std::move(rule_);
  }

 private:
  void read_info(MapReader& map) {
    if (const Node* const node = map.required("title", "one line that names what was seen")) {
      info_.title = scalar(*node, "'title'", problems_).value_or(std::string_view{});
    }
    if (const Node* const node = map.required("id", "a UUID; it stays when the title changes")) read_id(*node);
    if (const Node* const node = map.required("level", "one of: " + listed(kLevels))) {
      if (const auto level = level_from(one_of(*node, "level", kLevels))) info_.level = *level;
    }
    if (const Node* const node = map.optional("status")) one_of(*node, "status", kStatuses);
    info_.description = map.text("description");
    info_.description.erase(info_.description.find_last_not_of(" \n") + 1);  // a folded text ends with its line
    if (const Node* const node = map.optional("tags")) {
      for (const Node* const tag : scalars(*node, "'tags'", problems_)) read_tag(*tag);
    }
  }

  /// What a person wants to know who has such a finding before them.
  void read_catalogue(MapReader& map) {
    info_.false_positives = texts(map, "falsepositives");
    info_.standards = texts(map, "standards");
    if (const Node* const node = map.optional("impact")) {
      for (const Node* const impact : scalars(*node, "'impact'", problems_)) {
        if (const auto known = one_of(*impact, "impact", kImpacts); !known.empty()) info_.impact.emplace_back(known);
      }
    }
    if (const Node* const node = map.optional("responsible")) info_.responsible = one_of(*node, "party", kResponsible);
    if (const Node* const node = map.optional("runbook")) read_runbook(*node);
  }

  std::vector<std::string> texts(MapReader& map, std::string_view key) {
    std::vector<std::string> texts;
    const Node* const node = map.optional(key);
    if (!node || node->kind == Node::Kind::null) return texts;
    for (const Node* const text : scalars(*node, in_quotes(key), problems_)) texts.push_back(text->text);
    return texts;
  }

  void read_runbook(const Node& node) {
    const auto page = scalar(node, "'runbook'", problems_);
    if (!page) return;
    info_.runbook = *page;
    const std::string_view slug = page->substr(std::min(kRunbooks.size(), page->size()));
    if (!page->starts_with(kRunbooks) || !slug.ends_with(".md") || slug.size() == 3 ||
        slug.find_first_not_of(kIdCharacters) != std::string_view::npos) {
      problems_.add(node.at, in_quotes(*page) + " is no runbook", "write docs/runbooks/wrong_port.md and the like");
    } else if (std::error_code error;
               reading_.complete && !std::filesystem::exists(reading_.documents / *page, error)) {
      problems_.add(node.at, "there is no " + in_quotes(*page), "write it");
    }
  }

  void require_catalogue(const Node& root) {
    const auto require = [&](bool is_there, std::string_view key, std::string fix) {
      if (!is_there) problems_.add(root.at, "the rule says no " + in_quotes(key), std::move(fix));
    };
    require(!info_.description.empty(), "description", "what it finds, and why that matters");
    require(!info_.false_positives.empty(), "falsepositives", "when it is nothing");
    require(!info_.impact.empty(), "impact", "some of: " + listed(kImpacts));
    require(!info_.responsible.empty(), "responsible", "who acts first, one of: " + listed(kResponsible));
    require(!info_.runbook.empty(), "runbook", "docs/runbooks/….md");
  }

  std::string_view one_of(const Node& node, std::string_view key, std::span<const std::string_view> known) {
    const auto text = scalar(node, '\'' + std::string{key} + '\'', problems_);
    if (!text) return {};
    if (std::find(known.begin(), known.end(), *text) != known.end()) return *text;
    problems_.add(node.at, "unknown " + std::string{key} + ' ' + in_quotes(*text), suggest(*text, known));
    return {};
  }

  void read_id(const Node& node) {
    const auto id = scalar(node, "'id'", problems_);
    if (!id) return;
    info_.id = *id;
    if (id->empty() || id->size() > 64 || id->find_first_not_of(kIdCharacters) != std::string_view::npos) {
      problems_.add(node.at, in_quotes(*id) + " is no id", "use a UUID, or 1 to 64 letters, digits, '-', '_' and '.'");
    }
  }

  void read_tag(const Node& node) {
    info_.tags.push_back(node.text);
    if (node.text.find('.') == std::string::npos)
      problems_.add(node.at, "tag " + in_quotes(node.text) + " has no namespace", "write attack.t1046 and the like");
  }

  void read_source(const Node& node) {
    MapReader map{node, "'logsource'", problems_};
    const Node* const category = map.optional("category");
    const Node* const product = map.optional("product");
    const Node* const service = map.optional("service");
    map.optional("definition");  // for people
    map.done();
    if (!map.usable()) return;
    if (product && product->text == kProduct) return read_own_source(node, category, service);
    const auto text = [](const Node* said) { return said ? said->text : std::string{}; };
    read_foreign_source(node, {text(category), text(product), text(service)});
  }

  void read_own_source(const Node& node, const Node* category, const Node* service) {
    if (service && category)
      problems_.add(category->key_at, "'logsource' has both 'service' and 'category'", "keep one");
    if (!service && !category)
      problems_.add(node.at, "'logsource' says no 'service'", "one of: " + listed(dataset_names()));
    if (service) {
      if (const auto name = one_of(*service, "service", dataset_names()); !name.empty()) rule_.datasets = bit_of(name);
    } else if (category) {
      read_category(*category);
    }
  }

  void read_foreign_source(const Node& node, const LogSource& source) {
    const auto told = [](std::string_view key, const std::string& value) {
      return value.empty() ? std::string{} : ", " + std::string{key} + ' ' + in_quotes(value);
    };
    foreign_ = reading_.foreign ? reading_.foreign->find(source) : nullptr;
    if (foreign_) {
      rule_.datasets = foreign_->datasets;
      return;
    }
    is_readable_ = false;
    const std::string all =
        told("category", source.category) + told("product", source.product) + told("service", source.service);
    problems_.add(node.at, "log source is none of ours" + (all.empty() ? all : ':' + all.substr(1)),
                  reading_.foreign ? "write 'product: dcmwatch', or say in the field map what it is here"
                                   : "write 'product: dcmwatch'; there is no field map to tell what else is meant");
  }

  void read_category(const Node& node) {
    std::array<std::string_view, kCategories.size()> names;
    std::transform(kCategories.begin(), kCategories.end(), names.begin(),
                   [](const Category& category) { return category.name; });
    const std::string_view name = one_of(node, "category", names);
    rule_.counts = Counts::conversations;
    for (const Category& category : kCategories) {
      if (category.name != name) continue;
      for (const std::string_view dataset : category.datasets) {
        if (!dataset.empty()) rule_.datasets |= bit_of(dataset);
      }
    }
  }

  void read_detection(const Node& node) {
    if (!is_readable_) return;  // nobody knows what its fields are called
    if (node.kind != Node::Kind::map)
      return problems_.add(node.at, "'detection' must be a map of selections and a condition");
    std::vector<std::string> names;
    const Node* condition = nullptr;
    SelectionReading reading{problems_, foreign_};
    for (const Node& entry : node.children) {
      if (entry.key == "condition") {
        condition = &entry;
      } else if (entry.key == "timeframe") {
        problems_.add(entry.key_at, "'timeframe' is not supported", "a rule is about one record");
      } else if (entry.key.empty()) {
        problems_.add(entry.key_at, "a selection needs a name");
      } else {
        names.push_back(entry.key);
        rule_.selections.push_back(read_selection(entry, reading));
      }
    }
    if (!condition) return problems_.add(node.key_at, "'detection' has no 'condition'", "write 'condition: selection'");
    if (names.size() > kMostSelections) {
      return problems_.add(node.key_at, "'detection' has too many selections",
                           std::to_string(kMostSelections) + " are the limit");
    }
    if (auto read = read_condition(*condition, names, problems_)) {
      rule_.condition = std::move(*read);
      rule_.needed = rule_.needed_fields().value_or(NeededFields{});
    }
  }

  void check_fields(const Node& node) {
    for (const Node* const item : scalars(node, "'fields'", problems_)) {
      if (!foreign_ && !find_field(item->text))  // theirs are for their own tools to show
        problems_.add(item->at, "unknown field " + in_quotes(item->text), "see docs/fields.md");
    }
  }

  const RuleReading& reading_;
  Problems& problems_;
  const ForeignSource* foreign_ = nullptr;  ///< of a rule for another log source than ours
  bool is_readable_ = true;
  RuleInfo info_;
  Rule rule_;
};

std::vector<std::filesystem::path> rule_files(const std::filesystem::path& path, Problems& problems) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return {path};
  std::vector<std::filesystem::path> files;
  for (auto entry = std::filesystem::recursive_directory_iterator{path, error};
       !error && entry != std::filesystem::recursive_directory_iterator{}; entry.increment(error)) {
    const auto extension = entry->path().extension();
    if (extension == ".yml" || extension == ".yaml") files.push_back(entry->path());
  }
  if (error) problems.add({}, "cannot be read: " + error.message());
  if (files.empty() && problems.empty()) problems.add({}, "holds no rule", "rules are files called *.yml");
  std::sort(files.begin(), files.end());
  return files;
}

Position position_of_id(const Node& root) {
  const auto found =
      std::find_if(root.children.begin(), root.children.end(), [](const Node& entry) { return entry.key == "id"; });
  return found == root.children.end() ? root.at : found->at;
}

}  // namespace

RuleSet load_rules(const std::filesystem::path& path, const RuleReading& reading) {
  Problems of_folder{path.string()};
  RuleSet rules;
  std::map<std::string, std::string> files_by_id;
  const auto files = rule_files(path, of_folder);
  std::vector<Problem> all = of_folder.take();
  for (const auto& file : files) {
    Problems problems{file.string()};
    if (const auto root = read_document(file, problems)) {
      Rule rule = RuleReader{reading, problems}.read(*root);
      const std::string id = rule.info ? rule.info->id : std::string{};
      const auto [other, fresh] = files_by_id.emplace(id, file.string());
      if (!fresh && !id.empty())
        problems.add(position_of_id(*root), "id " + in_quotes(id) + " is that of " + other->second + " already",
                     "give each rule its own");
      rules.push_back(std::move(rule));
    }
    for (Problem& problem : problems.take()) all.push_back(std::move(problem));
  }
  if (!all.empty()) throw ConfigurationError(std::move(all));
  return rules;
}

Rule parse_rule(const std::string& text, const std::string& name, const RuleReading& reading) {
  Problems problems{name};
  const auto root = parse_document(text, problems);
  Rule rule = root ? RuleReader{reading, problems}.read(*root) : Rule{};
  problems.throw_if_any();
  return rule;
}

}  // namespace dcmwatch
