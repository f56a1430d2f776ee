#include <memory>

#include "model/load_files.h"
#include "model/loading.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::string_view kNameCharacters = "abcdefghijklmnopqrstuvwxyz0123456789_-";

// Names become metric labels and file names: the alphabet is small on purpose.
void check_name(const Node& entry, std::string_view kind, Problems& problems) {
  const std::string& name = entry.key;
  if (!name.empty() && name.size() <= kLongestName && name.find_first_not_of(kNameCharacters) == std::string::npos)
    return;
  problems.add(entry.key_at, std::string{kind} + " name " + in_quotes(name) + " is not usable",
               "use 1 to 64 of the characters a-z, 0-9, '_' and '-'");
}

// Whatever the order in which they stand, the sections are read in that in which they need each other.
Model load(const Node& root, Problems& problems) {
  Loading loading{.problems = problems};
  MapReader map{root, "a model", problems};
  loading.model.name = map.text("name");
  loading.model.description = map.text("description");
  if (const Node* const zone = map.optional("time_zone"))
    loading.time_zone = read_time_zone(*zone, problems).value_or(loading.time_zone);
  if (const Node* const zones =
          map.required("zones", "declare where devices stand: zones: {archive: {networks: [10.20.20.0/24]}}")) {
    load_zones(*zones, loading);
  }
  if (const Node* const services = map.optional("services")) load_services(*services, loading);
  if (const Node* const devices =
          map.required("devices", "declare them: devices: {pacs: {zone: archive, addresses: [10.20.20.10]}}")) {
    load_devices(*devices, loading);
  }
  if (const Node* const groups = map.optional("groups")) load_groups(*groups, loading);
  if (const Node* const flows = map.optional("flows")) load_flows(*flows, loading);
  refuse_contradictions(loading);
  refuse_crowds(loading);
  if (const Node* const conduits = map.optional("conduits")) load_conduits(*conduits, loading);
  if (const Node* const denials = map.optional("denials")) load_denials(*denials, loading);
  if (const Node* const workflow = map.optional("workflow")) load_workflow(*workflow, loading);
  map.done();
  return std::move(loading.model);
}

std::shared_ptr<const Model> load(std::optional<ModelText> text, Problems& problems) {
  if (!text) throw ConfigurationError(problems.take());
  Model model = load(text->root, problems);
  problems.throw_if_any();
  model.files = std::move(text->files);
  return std::make_shared<const Model>(std::move(model));
}

}  // namespace

const std::vector<Node>& entries_of(const Node& section, std::string_view kind, Problems& problems) {
  static const std::vector<Node> kNone;
  if (section.kind == Node::Kind::null) return kNone;
  if (section.kind != Node::Kind::map) {
    problems.add(section.at,
                 "expected '" + std::string{kind} + "-name: ...' entries, one for each " + std::string{kind});
    return kNone;
  }
  for (const Node& entry : section.children) check_name(entry, kind, problems);
  return section.children;
}

std::shared_ptr<const Model> load_model(const std::filesystem::path& file) {
  Problems problems{file.string()};
  return load(read_model_files(file, problems), problems);
}

std::shared_ptr<const Model> parse_model(const std::string& text, const std::string& name) {
  Problems problems{name};
  return load(read_model_text(text, problems), problems);
}

}  // namespace dcmwatch
