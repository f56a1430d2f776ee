// dcmwatch model diff: what one model allows that the other does not.
#include <fmt/format.h>

#include "app/commands.h"
#include "app/json_page.h"
#include "model/compare.h"

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

void tell(const Comparison& comparison) {
  const Difference* previous = nullptr;
  for (const Difference& difference : comparison.differences) {
    if (!previous || previous->effect != difference.effect)
      fmt::print("{}{}\n", previous ? "\n" : "", heading_of(difference.effect));
    fmt::print("  {}\n", to_text(difference));
    previous = &difference;
  }
  if (comparison.allow_the_same()) fmt::print("{}Both allow the same.\n", comparison.differences.empty() ? "" : "\n");
}

void tell_as_json(const Comparison& comparison, const ModelDiffOptions& options) {
  JsonPage page;
  page.open('{').key("before").text(options.before).key("after").text(options.after);
  page.key("allow_the_same").flag(comparison.allow_the_same()).key("whole").flag(comparison.whole);
  page.key("differences").open('[');
  for (const Difference& difference : comparison.differences) {
    page.open('{').key("effect").text(to_text(difference.effect)).key("part").text(to_text(difference.part));
    page.key("names").texts(difference.names).key("setting").text(difference.setting);
    page.key("only_before").texts(difference.only_before).key("only_after").texts(difference.only_after);
    page.key("sentence").text(to_text(difference)).close('}');
  }
  page.close(']').close('}');
  fmt::print("{}\n", page.done());
}

}  // namespace

int diff_models(const ModelDiffOptions& options) {
  const Comparison comparison = compare(load_model(options.before), load_model(options.after));
  if (options.json) {
    tell_as_json(comparison, options);
  } else {
    tell(comparison);
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
