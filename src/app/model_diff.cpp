// dcmwatch model diff: what one model allows that the other does not.
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "app/commands.h"
#include "app/json_page.h"
#include "model/compare.h"
#include "model/document.h"

namespace dcmwatch {
namespace {

std::string_view heading_of(Effect effect) {
  switch (effect) {
    case Effect::opens: return "Opens up: review these first";
    case Effect::closes: return "Closes";
    case Effect::none: return "Without effect on what is allowed";
  }
  return {};
}

/// Where the entries of a model stand: "model.yaml:120" by section and name.
using Places = std::map<std::pair<std::string, std::string>, std::string>;

// Known by reading the files once more, so that a model need not carry what nobody else asks for. A pipe has been read,
// and is not waited for again.
Places places_of(const Model& model) {
  Places places;
  for (const std::filesystem::path& file : model.files) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) continue;
    Problems told_when_it_was_loaded{file.string()};
    const auto document = read_document(file, told_when_it_was_loaded);
    if (!document) continue;
    for (const Node& section : document->children) {
      for (const Node& entry : section.children)
        places.emplace(std::pair{section.key, entry.key}, fmt::format("{}:{}", file.string(), entry.key_at.line));
    }
  }
  return places;
}

/// In the later model; of what that has no more, in the earlier one.
class Whereabouts {
 public:
  Whereabouts(const Model& before, const Model& after) : before_(places_of(before)), after_(places_of(after)) {}

  [[nodiscard]] std::vector<std::string> of(const Difference& difference) const {
    const std::string section = std::string{to_text(difference.part)} + 's';
    std::vector<std::string> at;
    for (const std::string& name : difference.names) {
      for (const Places* const places : {&after_, &before_}) {
        const auto place = places->find({section, name});
        if (place == places->end()) continue;
        at.push_back(place->second);
        break;
      }
    }
    return at;
  }

 private:
  Places before_, after_;
};

// Of what is said of many at once, where the first of them stand.
std::string in_brackets(std::vector<std::string> at) {
  constexpr std::size_t kTold = 3;
  if (at.empty()) return {};
  const bool more = at.size() > kTold;
  if (more) at.resize(kTold);
  return fmt::format(" ({}{})", fmt::join(at, ", "), more ? ", …" : "");
}

void tell(const Comparison& comparison, const Whereabouts& whereabouts) {
  const Difference* previous = nullptr;
  for (const Difference& difference : comparison.differences) {
    if (!previous || previous->effect != difference.effect)
      fmt::print("{}{}\n", previous ? "\n" : "", heading_of(difference.effect));
    fmt::print("  {}{}\n", to_text(difference), in_brackets(whereabouts.of(difference)));
    previous = &difference;
  }
  if (comparison.allow_the_same()) fmt::print("{}Both allow the same.\n", comparison.differences.empty() ? "" : "\n");
}

void tell_as_json(const Comparison& comparison, const Whereabouts& whereabouts, const ModelDiffOptions& options) {
  JsonPage page;
  page.open('{').key("before").text(options.before).key("after").text(options.after);
  page.key("allow_the_same").flag(comparison.allow_the_same()).key("whole").flag(comparison.whole);
  page.key("differences").open('[');
  for (const Difference& difference : comparison.differences) {
    page.open('{').key("effect").text(to_text(difference.effect)).key("part").text(to_text(difference.part));
    page.key("names").texts(difference.names).key("setting").text(difference.setting);
    page.key("only_before").texts(difference.only_before).key("only_after").texts(difference.only_after);
    page.key("at").texts(whereabouts.of(difference));
    page.key("sentence").text(to_text(difference)).close('}');
  }
  page.close(']').close('}');
  fmt::print("{}\n", page.done());
}

}  // namespace

int diff_models(const ModelDiffOptions& options) {
  const auto before = load_model(options.before), after = load_model(options.after);
  const Comparison comparison = compare(before, after);
  const Whereabouts whereabouts{*before, *after};
  if (options.json) {
    tell_as_json(comparison, whereabouts, options);
  } else {
    tell(comparison, whereabouts);
  }
  if (!comparison.whole) {
    fmt::print(
        stderr,
        "dcmwatch: the models differ in too much to hold all of it against the other flows; some of what is told "
        "may have no effect\n");
  }
  return comparison.allow_the_same() ? kDone : kFindings;
}

}  // namespace dcmwatch
