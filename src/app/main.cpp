// The command line. What each subcommand does stands in its own file.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <functional>

#include "app/commands.h"
#include "app/version.h"
#include "base/endpoint.h"
#include "capture/source.h"
#include "model/problems.h"

namespace dcmwatch {
namespace {

using Command = std::function<int()>;

void add_replay(CLI::App& parent, ReplayOptions& options, Command& command) {
  CLI::App& app = *parent.add_subcommand("replay", "read capture files and tell what happened and what deviates");
  app.add_option(
         "CAPTURE", options.captures,
         "pcap or pcapng files, also gzip or zstd, folders of them, or - for standard input; several are merged "
         "in time order, so that the two sides of a tap may be two files")
      ->required();
  app.add_option("--model", options.model,
                 "the declared data-flow model; without one no flow deviates, and only rules that need none judge")
      ->type_name("FILE");
  app.add_option("--rules", options.rules, "a folder of rules instead of the ones that come with dcmwatch")
      ->type_name("DIR");
  app.add_option("--sigma-fields", options.sigma_fields,
                 "what rules of other log sources call things, instead of the map that comes with dcmwatch")
      ->type_name("FILE");
  app.add_option("--exceptions", options.exceptions, "what is not to be told, why, and until when")->type_name("FILE");
  app.add_option("--fingerprints", options.fingerprints,
                 "a table of DICOM implementations instead of the one that comes with dcmwatch")
      ->type_name("FILE");
  app.add_option("--events", options.events, "write records as NDJSON to FILE, or - for standard output")
      ->type_name("FILE");
  app.add_flag("--all-phases", options.every_phase, "records of starts and progress too, not only of how things ended");
  app.add_flag("--digest", options.digest,
               "a pseudonym of stored objects' pixel data, to tell where it was changed; reads every byte of it");
  app.add_option("--metrics", options.metrics,
                 "write the Prometheus metrics to FILE at the end, or - for standard output")
      ->type_name("FILE");
  app.add_option("--filter", options.filter,
                 "look only at packets that this BPF expression selects, as in tcpdump; 802.1Q tags are passed over, "
                 "unless the expression says vlan")
      ->type_name("BPF");
  app.add_flag("--follow", options.follow,
               "go on reading the last capture as it is written, and captures that appear beside it in a folder that "
               "was named, until Ctrl-C");
  app.add_option("--shards", options.shards, "threads that assemble and decode; the result is the same for any number")
      ->check(CLI::Range(1U, kPartitions))
      ->capture_default_str();
  app.add_option("--fail-on", options.fail_on, "exit with status 3 if there is a finding of this level or above")
      ->transform(CLI::IsMember({"informational", "low", "medium", "high", "critical"}, CLI::ignore_case));
  app.add_option("--pseudonym-key", options.pseudonym_key,
                 "the site's key for pseudonyms, made if absent; default: ~/.local/state/dcmwatch/pseudonym.key")
      ->type_name("FILE");
  app.add_flag("--quiet", options.quiet, "print no summary");
  app.callback([&] { command = [&] { return replay(options); }; });
}

void add_monitor(CLI::App& parent, std::string& configuration, Command& command) {
  CLI::App& app = *parent.add_subcommand("monitor", "watch live interfaces and serve metrics");
  app.add_option("--config", configuration, "interfaces, model, rules and outputs; see config/monitor.yaml")
      ->required()
      ->type_name("FILE");
  app.callback([&] { command = [&] { return monitor(configuration); }; });
}

void add_pseudonym(CLI::App& parent, PseudonymOptions& options, Command& command) {
  CLI::App& app = *parent.add_subcommand("pseudonym", "tell what an identifier that you know is called in the records");
  app.add_option("KIND", options.kind, "what it is")->required()->check(CLI::IsMember(identifier_kinds()));
  app.add_option("IDENTIFIER", options.identifiers,
                 "as it stands in the object or message, without its issuer; none: one a line from standard input, "
                 "which keeps them out of the shell's history and the list of processes");
  app.add_option("--pseudonym-key", options.pseudonym_key,
                 "the key that the records were made with; default: ~/.local/state/dcmwatch/pseudonym.key")
      ->type_name("FILE");
  app.callback([&] { command = [&] { return tell_pseudonyms(options); }; });
}

struct Check {
  const char* group;
  const char* purpose;
  const char* description;
  const char* argument;
  int (*run)(const std::string&);
  bool has_default = false;
};
constexpr Check kFingerprintsCheck{"fingerprints",
                                   "the table of DICOM implementations",
                                   "report every fault of a table; by default the one that comes with dcmwatch",
                                   "FILE",
                                   check_fingerprints,
                                   true};

void add_rules_check(CLI::App& parent, RulesCheckOptions& options, Command& command) {
  CLI::App& group = *parent.add_subcommand("rules", "the detection rules");
  group.require_subcommand(1);
  CLI::App& app =
      *group.add_subcommand("check", "report every fault of a folder of rules, and of exceptions from them");
  app.add_option("DIR", options.folder)->required();
  app.add_option("--sigma-fields", options.sigma_fields,
                 "what rules of other log sources call things, instead of the map that comes with dcmwatch")
      ->type_name("FILE");
  app.add_option("--exceptions", options.exceptions, "a file of exceptions from these rules")->type_name("FILE");
  app.add_flag("--complete", options.complete,
               "a rule that does not say what it is for, when it errs, what suffers, who acts first and where its "
               "runbook stands is at fault");
  app.callback([&] { command = [&] { return check_rules(options); }; });
}

void add_check(CLI::App& parent, const Check& check, std::string& path, Command& command) {
  CLI::App& group = *parent.add_subcommand(check.group, check.purpose);
  group.require_subcommand(1);
  CLI::App& app = *group.add_subcommand("check", check.description);
  app.add_option(check.argument, path)->required(!check.has_default);
  app.callback([&] { command = [&] { return check.run(path); }; });
}

CLI::App& add_model_command(CLI::App& group, const char* name, const char* description, const char* example) {
  CLI::App& app = *group.add_subcommand(name, description);
  app.footer(std::string{"Example:\n  dcmwatch model "} + example);
  return app;
}

void add_model_check(CLI::App& group, ModelCheckOptions& options, Command& command) {
  CLI::App& app =
      add_model_command(group, "check", "report every fault of a model, and what is worth a look", "check model.yaml");
  app.add_option("FILE", options.file, "the declared data-flow model")->required();
  app.add_option("--at", options.at, "the day at which flows are held to be expired, 2027-03-31; by default today")
      ->type_name("DAY");
  app.add_flag("--json", options.json, "for programs; its shape is told in docs/model.md");
  app.callback([&] { command = [&] { return check_model(options); }; });
}

void add_model_diff(CLI::App& group, ModelDiffOptions& options, Command& command) {
  CLI::App& app = add_model_command(group, "diff", "tell what one model allows that the other does not",
                                    "diff model.yaml model-new.yaml\n\n"
                                    "Exit status: 0 both allow the same, 3 they do not, 2 a model is not usable.");
  app.add_option("BEFORE", options.before, "the earlier model")->required();
  app.add_option("AFTER", options.after, "the later model")->required();
  app.add_flag("--json", options.json, "for programs; its shape is told in docs/model.md");
  app.callback([&] { command = [&] { return diff_models(options); }; });
}

constexpr const char* kCaptures = "pcap or pcapng files, also gzip or zstd, folders of them, or - for standard input";

void add_model_coverage(CLI::App& group, ModelCoverageOptions& options, Command& command) {
  CLI::App& app =
      add_model_command(group, "coverage", "tell which declared flows captures show, never show, or could not show",
                        "coverage --model model.yaml captures/\n\n"
                        "Exit status: 0 every flow was seen, 3 some were not, 1 not all captures could be read.");
  app.add_option("--model", options.model, "the declared data-flow model")->required()->type_name("FILE");
  app.add_option("CAPTURE", options.captures, kCaptures)->required();
  app.add_flag("--json", options.json, "for programs; its shape is told in docs/model.md");
  app.callback([&] { command = [&] { return cover_model(options); }; });
}

void add_model_draw(CLI::App& group, ModelDrawOptions& options, Command& command) {
  CLI::App& app = add_model_command(group, "draw", "draw the data-flow diagram, and what captures show of it",
                                    "draw model.yaml --output flows.svg\n"
                                    "  dcmwatch model draw model.yaml --format mermaid captures/");
  app.add_option("MODEL", options.model, "the declared data-flow model")->required();
  app.add_option("CAPTURE", options.captures,
                 std::string{kCaptures} + ": what they show is laid over what is declared");
  app.add_option("--format", options.format,
                 "dot, svg (which needs Graphviz) or mermaid; by default what the output's name ends in, else svg")
      ->check(CLI::IsMember({"dot", "svg", "mermaid"}));
  app.add_option("--output", options.output, "write to FILE instead of standard output")->type_name("FILE");
  app.add_option("--group", options.group,
                 "draw together the devices that every flow treats alike, or each for itself, or those of a zone")
      ->check(CLI::IsMember({"alike", "devices", "zones"}))
      ->default_str("alike");
  app.callback([&] { command = [&] { return draw_model(options); }; });
}

void add_model_learn(CLI::App& group, ModelLearnOptions& options, Command& command) {
  CLI::App& app = add_model_command(
      group, "learn", "draft a model that captures satisfy, or what a model lacks of it",
      "learn captures/ --output model.yaml\n"
      "  dcmwatch model learn today.pcap --from model.yaml --output missing.patch && patch -p0 < missing.patch\n\n"
      "Exit status: 0 done, 1 not all could be read, or nothing could be learnt, 2 the model is not usable.");
  app.add_option("CAPTURE", options.captures, kCaptures)->required();
  app.add_option("--from", options.from,
                 "a model that is there: what it lacks is proposed as a patch of it, and nothing is written into it")
      ->type_name("FILE");
  app.add_option("--output", options.output, "write to FILE instead of standard output")->type_name("FILE");
  app.callback([&] { command = [&] { return learn_model(options); }; });
}

/// What the subcommands of `model` were given.
struct ModelOptions {
  ModelCheckOptions check;
  ModelDiffOptions diff;
  ModelCoverageOptions coverage;
  ModelDrawOptions draw;
  ModelLearnOptions learn;
};

void add_model(CLI::App& parent, ModelOptions& options, Command& command) {
  CLI::App& group = *parent.add_subcommand("model", "the declared data-flow model: draft, check, compare and draw it");
  group.require_subcommand(1);
  add_model_check(group, options.check, command);
  add_model_diff(group, options.diff, command);
  add_model_coverage(group, options.coverage, command);
  add_model_draw(group, options.draw, command);
  add_model_learn(group, options.learn, command);
}

int complain(const char* prefix, const std::exception& error, ExitStatus status) {
  std::fprintf(stderr, "%s%s\n", prefix, error.what());
  return status;
}

int run(int argc, const char* const* argv) {
  CLI::App app{"dcmwatch holds a DICOM network's traffic against the data flows that the department declared."};
  app.set_version_flag("--version", std::string{"dcmwatch "} + kVersion);
  app.require_subcommand(1);
  app.footer("Exit status: 0 done, 1 failed, 2 unusable arguments or configuration, 3 findings at or above --fail-on.");

  Command command;
  ReplayOptions replay_options;
  PseudonymOptions pseudonym_options;
  RulesCheckOptions rules_check;
  ModelOptions model_options;
  std::string path;
  add_replay(app, replay_options, command);
  add_monitor(app, path, command);
  add_pseudonym(app, pseudonym_options, command);
  add_model(app, model_options, command);
  add_rules_check(app, rules_check, command);
  add_check(app, kFingerprintsCheck, path, command);

  try {
    app.parse(argc, argv);
    return command();
  } catch (const CLI::RequiredError& error) {
    // CLI11 would say that a subcommand is missing, where one is misspelt.
    const std::string_view word = argc > 1 ? argv[1] : "";
    if (app.get_subcommands().empty() && !word.empty() && word[0] != '-') {
      std::fprintf(stderr, "dcmwatch: '%s' is no subcommand; dcmwatch --help lists them\n", argv[1]);
      return kUnusable;
    }
    return app.exit(error), kUnusable;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUnusable;
  } catch (const ConfigurationError& error) {
    return complain("", error, kUnusable);
  } catch (const FilterError& error) {
    return complain("dcmwatch: ", error, kUnusable);
  } catch (const UsageError& error) {
    return complain("dcmwatch: ", error, kUnusable);
  } catch (const std::exception& error) {
    return complain("dcmwatch: ", error, kFailed);
  }
}

}  // namespace
}  // namespace dcmwatch

int main(int argc, char** argv) { return dcmwatch::run(argc, argv); }
