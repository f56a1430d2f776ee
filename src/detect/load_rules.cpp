#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <utility>

#include "detect/closed_values.h"
#include "detect/correlation_linker.h"
#include "detect/print.h"
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
constexpr std::size_t kMostExpressions = 512;  // of all rules: they take time to compile
constexpr std::string_view kIdCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

/// Datasets that a rule may take together.
struct Category {
  std::string_view name;
  std::array<std::string_view, 6> datasets;
};

constexpr std::array kCategories{
    Category{"network", {"connection", "dicom.association", "dicom.operation", "hl7.message", "tls", "violation"}},
    Category{"dicom", {"dicom.association", "dicom.operation"}}};

std::uint32_t bit_of(std::string_view dataset) {
  const auto& names = dataset_names();
  return std::uint32_t{1} << (std::find(names.begin(), names.end(), dataset) - names.begin());
}

/// Null where nothing is said: many rules keep what their template has, 'tags: []' and 'fields:'.
const Node* said(MapReader& map, std::string_view key) {
  const Node* const node = map.optional(key);
  const bool is_empty =
      node && (node->kind == Node::Kind::null || (node->kind == Node::Kind::list && node->children.empty()));
  return is_empty ? nullptr : node;
}

class RuleReader {
 public:
  RuleReader(const RuleReading& reading, std::size_t& expressions_left, Problems& problems)
      : reading_(reading), expressions_left_(expressions_left), problems_(problems) {}

  WrittenRule read(const Node& root) {
    const bool correlates = std::ranges::any_of(root.children, [](const Node& e) { return e.key == "correlation"; });
    MapReader map{root, correlates ? "a correlation" : "a rule", problems_};
    written_.problems = &problems_;
    written_.at = root.at;
    written_.rule.print = print_of(root);
    if (map.usable()) {
      correlates ? read_correlation(map) : read_records(map);
      read_info(map);
      read_rest(map);
    }
    written_.foreign = foreign_;
    const bool is_unusable = !map.usable() || !is_readable_;  // one complaint is enough
    written_.has_id = is_unusable || !info_.id.empty();
    written_.has_level |= is_unusable;
    if (info_.id.empty()) info_.id = "rule-" + std::to_string(written_.rule.print);
    // With another field map the same words ask for something else.
    if (foreign_) written_.rule.print = joined(written_.rule.print, foreign_->print);
    written_.rule.info = std::make_shared<const RuleInfo>(std::move(info_));
    return std::move(written_);
  }

 private:
  void read_correlation(MapReader& map) {
    if (const Node* const node = map.required("correlation", "write 'type', 'rules', 'timespan' and 'condition'"))
      written_.correlation = dcmwatch::read_correlation(*node, problems_);
    const Node* const generate = map.optional("generate");
    if (!written_.correlation) return;
    if (generate && written_.correlation->generate)
      problems_.add(generate->key_at, "'generate' stands within 'correlation', too", "keep one of them");
    written_.generate = generate ? read_generate(*generate, problems_) : written_.correlation->generate.value_or(false);
  }

  void read_records(MapReader& map) {
    if (const Node* const source =
            map.required("logsource", "write 'logsource: {product: dcmwatch, service: dicom.operation}'"))
      read_source(*source);
    if (const Node* const detection = map.required("detection", "write selections and a condition"))
      read_detection(*detection);
  }

  void read_rest(MapReader& map) {
    info_.false_positives = texts(map, "falsepositives");
    if (!foreign_) read_catalogue(map);
    // Sigma's own, for people and other tools.
    for (const std::string_view key : {"author", "date", "modified", "references", "license", "related", "scope"})
      map.optional(key);
    if (const Node* const taxonomy = said(map, "taxonomy"); taxonomy && !foreign_)
      one_of(*taxonomy, "taxonomy", kTaxonomies);
    if (const Node* const listed_fields = said(map, "fields")) check_fields(*listed_fields);
    // Sigma permits keys of anybody's own. In our rules one that is not known is a word misspelt.
    if (!foreign_) map.done();
  }

  void read_info(MapReader& map) {
    if (const Node* const node = map.required("title", "one line that names what was seen")) {
      info_.title = scalar(*node, "'title'", problems_).value_or(std::string_view{});
    }
    if (const Node* const node = said(map, "name")) read_name(*node);
    if (const Node* const node = said(map, "id")) read_id(*node);
    info_.level = Level::low;  // nobody said that it matters
    if (const Node* const node = said(map, "level")) {
      written_.has_level = true;
      if (const auto level = level_from(one_of(*node, "level", kLevels))) info_.level = *level;
    }
    if (const Node* const node = said(map, "status")) one_of(*node, "status", kStatuses);
    if (const Node* const node = said(map, "description"))
      info_.description = scalar(*node, "'description'", problems_).value_or(std::string_view{});
    info_.description.erase(info_.description.find_last_not_of(" \n") + 1);  // a folded text ends with its line
    if (const Node* const node = said(map, "tags")) {
      for (const Node* const tag : scalars(*node, "'tags'", problems_)) read_tag(*tag);
    }
  }

  /// What a person wants to know who has such a finding before them.
  void read_catalogue(MapReader& map) {
    info_.standards = texts(map, "standards");
    info_.impact = some_of(map, "impact", "impact", kImpacts);
    info_.responsible = some_of(map, "responsible", "party", kResponsible);
    if (const Node* const node = said(map, "runbook")) read_runbook(*node);
  }

  std::vector<std::string> some_of(MapReader& map, std::string_view key, std::string_view what,
                                   std::span<const std::string_view> known) {
    std::vector<std::string> words;
    const Node* const node = said(map, key);
    if (!node) return words;
    for (const Node* const item : scalars(*node, in_quotes(key), problems_)) {
      if (const auto word = one_of(*item, what, known); !word.empty()) words.emplace_back(word);
    }
    return words;
  }

  std::vector<std::string> texts(MapReader& map, std::string_view key) {
    std::vector<std::string> texts;
    const Node* const node = said(map, key);
    if (!node) return texts;
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

  std::string_view one_of(const Node& node, std::string_view key, std::span<const std::string_view> known) {
    const auto text = scalar(node, '\'' + std::string{key} + '\'', problems_);
    if (!text) return {};
    if (std::find(known.begin(), known.end(), *text) != known.end()) return *text;
    problems_.add(node.at, "unknown " + std::string{key} + ' ' + in_quotes(*text), suggest(*text, known));
    return {};
  }

  // What a correlation calls it. Whether it needs an id and a level, the linker knows.
  void read_name(const Node& node) {
    const auto name = scalar(node, "'name'", problems_);
    written_.name = {std::string{name.value_or(std::string_view{})}, node.at};
    if (name && name->empty()) problems_.add(node.at, "'name' is empty", "leave it out");
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
    SelectionReading reading{problems_, expressions_left_, foreign_, rule_.datasets};
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
      rule_.at_end = !rule_.asks_for_phase() && !rule_.match_lasts();
    }
  }

  void check_fields(const Node& node) {
    for (const Node* const item : scalars(node, "'fields'", problems_)) {
      if (!foreign_ && !find_field(item->text))  // theirs are for their own tools to show
        problems_.add(item->at, "unknown field " + in_quotes(item->text), "see docs/fields.md");
    }
  }

  const RuleReading& reading_;
  std::size_t& expressions_left_;
  Problems& problems_;
  const ForeignSource* foreign_ = nullptr;  ///< of a rule for another log source than ours
  bool is_readable_ = true;
  RuleInfo info_;
  WrittenRule written_;
  Rule& rule_ = written_.rule;
};

std::vector<std::filesystem::path> rule_files(const std::filesystem::path& path, Problems& problems) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return {path};
  std::vector<std::filesystem::path> files;
  for (auto entry = std::filesystem::recursive_directory_iterator{path, error};
       !error && entry != std::filesystem::recursive_directory_iterator{}; entry.increment(error)) {
    const auto extension = entry->path().extension();
    if (extension != ".yml" && extension != ".yaml") continue;
    std::error_code unknown;
    if (entry->is_regular_file(unknown)) {
      files.push_back(entry->path());
    } else {
      problems.add({}, in_quotes(entry->path().filename().string()) + " is no file", "a pipe would be waited for");
    }
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

// Of others' rules nobody asks it, nor of those that only correlations count: no finding shows what they say.
void require_catalogue(const WrittenRule& rule) {
  if (rule.foreign || !rule.rule.reports) return;
  const RuleInfo& info = *rule.rule.info;
  const auto require = [&](bool is_there, std::string_view key, std::string fix) {
    if (!is_there) rule.problems->add(rule.at, "the rule says no " + in_quotes(key), std::move(fix));
  };
  require(!info.description.empty(), "description", "what it finds, and why that matters");
  require(!info.false_positives.empty(), "falsepositives", "when it is nothing");
  require(!info.impact.empty(), "impact", "some of: " + listed(kImpacts));
  require(!info.responsible.empty(), "responsible", "who acts first, one of: " + listed(kResponsible));
  require(!info.runbook.empty(), "runbook", "docs/runbooks/….md");
}

/// Every document of every file.
class RuleLoader {
 public:
  RuleLoader(const RuleReading& reading, Problems of_folder) : reading_(reading) {
    problems_.push_back(std::move(of_folder));
  }

  void add(const std::vector<Node>& documents, Problems& problems) {
    for (const Node& root : documents) {
      WrittenRule rule = RuleReader{reading_, expressions_left_, problems}.read(root);
      const std::string& id = rule.rule.info->id;
      const auto [other, fresh] = files_by_id_.emplace(id, problems.file());
      if (!fresh)
        problems.add(position_of_id(root), "id " + in_quotes(id) + " is that of " + other->second + " already",
                     "give each rule its own");
      rules_.push_back(std::move(rule));
    }
  }

  /// A file gave nothing: what follows from its absence is no mistake.
  void note_missing() { missing_ = true; }

  /// Lives as long as this.
  Problems& problems_of(std::string file) { return problems_.emplace_back(std::move(file)); }

  RuleSet take() {
    if (!missing_) link_rules(rules_);
    if (!missing_ && reading_.complete) std::ranges::for_each(rules_, require_catalogue);
    std::vector<Problem> all;
    for (Problems& problems : problems_) {
      for (Problem& problem : problems.take()) all.push_back(std::move(problem));
    }
    if (!all.empty()) throw ConfigurationError(std::move(all));
    RuleSet rules;
    for (WrittenRule& rule : rules_) rules.push_back(std::move(rule.rule));
    return rules;
  }

 private:
  const RuleReading& reading_;
  std::size_t expressions_left_ = kMostExpressions;
  std::deque<Problems> problems_;
  std::vector<WrittenRule> rules_;
  std::map<std::string, std::string> files_by_id_;
  bool missing_ = false;
};

}  // namespace

RuleSet load_rules(const std::filesystem::path& path, const RuleReading& reading) {
  Problems of_folder{path.string()};
  const auto files = rule_files(path, of_folder);
  RuleLoader loader{reading, std::move(of_folder)};
  for (const auto& file : files) {
    Problems& problems = loader.problems_of(file.string());
    const std::vector<Node> documents = read_documents(file, problems);
    if (documents.empty()) loader.note_missing();
    loader.add(documents, problems);
  }
  return loader.take();
}

RuleSet parse_rules(const std::string& text, const std::string& name, const RuleReading& reading) {
  RuleLoader loader{reading, Problems{name}};
  Problems& problems = loader.problems_of(name);
  loader.add(parse_documents(text, problems), problems);
  return loader.take();
}

Rule parse_rule(const std::string& text, const std::string& name, const RuleReading& reading) {
  return std::move(parse_rules(text, name, reading).front());
}

}  // namespace dcmwatch
