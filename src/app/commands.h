// One function a subcommand, each in a file of its own. The command line itself stands in main.cpp alone: CLI11 is slow
// to compile.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace dcmwatch {

/// What a process says when it ends.
enum ExitStatus : int {
  kDone = 0,
  kFailed = 1,
  kUnusable = 2,  ///< arguments or configuration
  kFindings = 3   ///< at or above --fail-on
};

/// Arguments that no run can use.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct ReplayOptions {
  std::vector<std::string> captures;
  std::string model;
  std::string rules;
  std::string sigma_fields;
  std::string exceptions;
  std::string fingerprints;
  std::string events;
  std::string metrics;
  std::string filter;
  std::string fail_on;  ///< a level's name; empty: never
  std::string pseudonym_key;
  unsigned shards = 1;
  bool every_phase = false;
  bool digest = false;  ///< of every stored object's pixel data
  bool follow = false;  ///< the last capture is still being written
  bool quiet = false;
};

struct PseudonymOptions {
  std::string kind;                      ///< of identifier_kinds()
  std::vector<std::string> identifiers;  ///< none: one a line from standard input
  std::string pseudonym_key;
};

struct RulesCheckOptions {
  std::string folder;
  std::string sigma_fields;  ///< empty: the field map that comes with dcmwatch
  std::string exceptions;    ///< empty: none
  bool complete = false;     ///< rules that do not say all that a catalogue says are at fault
};

struct ModelCheckOptions {
  std::string file;
  std::string at;  ///< a day, by which flows are held to be expired; empty: now
  bool json = false;
};

struct ModelDiffOptions {
  std::string before;
  std::string after;
  bool json = false;
};

struct ModelDrawOptions {
  std::string model;
  std::vector<std::string> captures;  ///< what was seen is laid over what was declared
  std::string format;                 ///< dot, svg or mermaid; empty: as the output's name ends, else svg
  std::string output;                 ///< empty or -: standard output
  std::string group;                  ///< how devices are drawn: alike, devices or zones
};

struct ModelCoverageOptions {
  std::string model;
  std::vector<std::string> captures;
  bool json = false;
};

struct ModelLearnOptions {
  std::vector<std::string> captures;
  std::string from;    ///< a model, of which what it lacks is proposed; empty: a model is drafted
  std::string output;  ///< empty or -: standard output
};

int replay(const ReplayOptions& options);
int monitor(const std::string& configuration);
std::vector<std::string> identifier_kinds();
int tell_pseudonyms(const PseudonymOptions& options);
int check_model(const ModelCheckOptions& options);
int diff_models(const ModelDiffOptions& options);
int draw_model(const ModelDrawOptions& options);
int cover_model(const ModelCoverageOptions& options);
int learn_model(const ModelLearnOptions& options);
int check_rules(const RulesCheckOptions& options);
int check_fingerprints(const std::string& file);  ///< empty: the table that comes with dcmwatch

}  // namespace dcmwatch
