#include "detect/sigma_fields.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "detect/closed_values.h"
#include "detect/print.h"
#include "model/map_reader.h"

namespace dcmwatch {
namespace {

struct Word {
  std::string_view key;
  std::string LogSource::*text;
};
constexpr std::array kWords{Word{"category", &LogSource::category}, Word{"product", &LogSource::product},
                            Word{"service", &LogSource::service}};

std::size_t words_of(const LogSource& source) {
  return static_cast<std::size_t>(
      std::ranges::count_if(kWords, [&](const Word& word) { return !(source.*word.text).empty(); }));
}

bool is_part_of(const LogSource& part, const LogSource& whole) {
  return std::ranges::all_of(
      kWords, [&](const Word& word) { return (part.*word.text).empty() || part.*word.text == whole.*word.text; });
}

class Reader {
 public:
  explicit Reader(Problems& problems) : problems_(problems) {}

  std::vector<ForeignSource> read(const Node& root) {
    MapReader map{root, "a field map", problems_};
    if (const Node* const list = map.required("sources", "a list of log sources, '- logsource: {category: firewall}'"))
      read_sources(*list);
    map.done();
    return std::move(sources_);
  }

 private:
  void read_sources(const Node& list) {
    if (list.kind != Node::Kind::list) return problems_.add(list.at, "'sources' must be a list");
    for (const Node& item : list.children) read_source(item);
  }

  void read_source(const Node& node) {
    ForeignSource source;
    source.print = print_of(node);
    MapReader map{node, "a source", problems_};
    if (const Node* const known_by = map.required("logsource", "what rules call it, '{category: firewall}'"))
      source.known_by = read_log_source(*known_by);
    if (const Node* const means = map.required("means", "one of: " + listed(dataset_names())))
      source.datasets = read_datasets(*means);
    if (const Node* const listed_fields = map.required("fields", "theirs and ours, 'dst_ip: destination.ip'"))
      each_entry(*listed_fields, [&](const Node& entry) { source.fields[entry.key] = read_field(entry); });
    if (const Node* const unseen = map.optional("unseen")) {
      each_entry(*unseen, [&](const Node& entry) {
        if (const auto why = scalar(entry, in_quotes(entry.key), problems_)) source.unseen[entry.key] = *why;
      });
    }
    map.done();
    sources_.push_back(std::move(source));
  }

  LogSource read_log_source(const Node& node) {
    LogSource source;
    MapReader map{node, "'logsource'", problems_};
    for (const Word& word : kWords) source.*word.text = map.text(word.key);
    map.done();
    if (map.usable() && words_of(source) == 0)
      problems_.add(node.at, "'logsource' says nothing", "write a category, a product or a service");
    return source;
  }

  std::uint32_t read_datasets(const Node& node) {
    std::uint32_t datasets = 0;
    for (const Node* const name : scalars(node, "'means'", problems_)) {
      const auto& names = dataset_names();
      const auto known = std::ranges::find(names, name->text);
      if (known == names.end()) {
        problems_.add(name->at, "unknown dataset " + in_quotes(name->text), suggest(name->text, names));
      } else {
        datasets |= std::uint32_t{1} << (known - names.begin());
      }
    }
    return datasets;
  }

  void each_entry(const Node& node, const std::function<void(const Node&)>& read) {
    if (node.kind != Node::Kind::map) return problems_.add(node.at, in_quotes(node.key) + " must be a map");
    for (const Node& entry : node.children) read(entry);
  }

  ForeignField read_field(const Node& node) {
    if (node.kind != Node::Kind::map) return {find_ours(node)};
    MapReader map{node, in_quotes(node.key), problems_};
    ForeignField foreign;
    if (const Node* const path = map.required("field", "the field of ours")) foreign.field = find_ours(*path);
    if (const Node* const values = map.required("values", "theirs and ours, 'ssl: tls'")) {
      each_entry(*values, [&](const Node& entry) {
        for (const Node* const ours : scalars(entry, in_quotes(entry.key), problems_))
          foreign.values[entry.key].push_back(ours->text);
      });
    }
    map.done();
    return foreign;
  }

  const Field* find_ours(const Node& node) {
    const auto path = scalar(node, in_quotes(node.key), problems_);
    if (!path) return nullptr;
    const Field* const field = find_field(*path);
    if (!field) problems_.add_unknown(node.at, "field", *path, field_paths);
    return field;
  }

  Problems& problems_;
  std::vector<ForeignSource> sources_;
};

}  // namespace

const ForeignField* ForeignSource::find(std::string_view name, Position at, Problems& problems) const {
  if (const auto known = fields.find(name); known != fields.end()) return &known->second;
  if (const auto reason = unseen.find(name); reason != unseen.end()) {
    problems.add(at, "field " + in_quotes(name) + " is not seen here", reason->second);
    return nullptr;
  }
  std::vector<std::string_view> names;
  for (const auto& [known, field] : fields) names.push_back(known);
  problems.add(at, "field " + in_quotes(name) + " is none that the field map knows of this log source",
               problems.full() ? "" : suggest(name, names));
  return nullptr;
}

SigmaFields SigmaFields::load(const std::filesystem::path& file) {
  Problems problems{file.string()};
  return read(read_document(file, problems), problems);
}

SigmaFields SigmaFields::parse(const std::string& text, const std::string& name) {
  Problems problems{name};
  return read(parse_document(text, problems), problems);
}

SigmaFields SigmaFields::read(const std::optional<Node>& root, Problems& problems) {
  SigmaFields map;
  if (root) map.sources_ = Reader{problems}.read(*root);
  problems.throw_if_any();
  return map;
}

const ForeignSource* SigmaFields::find(const LogSource& source) const {
  const ForeignSource* best = nullptr;
  for (const ForeignSource& candidate : sources_) {
    if (!is_part_of(candidate.known_by, source)) continue;
    if (!best || words_of(candidate.known_by) > words_of(best->known_by)) best = &candidate;
  }
  return best;
}

}  // namespace dcmwatch
