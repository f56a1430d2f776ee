// Every public capture of awkward traffic: replayed without crash, hang or sanitizer report, and held against an
// independent decoder's account. Where the two differ, differences.tsv says why.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <sstream>

#include "account.h"
#include "model/lookup.h"
#include "output/metrics.h"
#include "output/record_writer.h"
#include "output/summary.h"
#include "output/text_buffer.h"
#include "whole_pipeline.h"

namespace dcmwatch::differential {
namespace {

// A capture that takes longer than this hangs. The largest is 4 MB.
constexpr unsigned kTimeLimitSeconds = 30;

const char* current_capture = "";

// Ends the process with the capture's name if it is not destroyed in time.
class TimeLimit {
 public:
  explicit TimeLimit(const std::string& capture) {
    current_capture = capture.c_str();
    struct sigaction action {};
    action.sa_handler = [](int) {
      const std::string_view text = "hangs: ";
      if (write(STDERR_FILENO, text.data(), text.size()) < 0 ||
          write(STDERR_FILENO, current_capture, std::string_view{current_capture}.size()) < 0)
        _exit(2);
      _exit(1);
    };
    sigaction(SIGALRM, &action, nullptr);
    alarm(kTimeLimitSeconds);
  }
  ~TimeLimit() { alarm(0); }
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;
};

class Corpus : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(corpus())) GTEST_SKIP() << corpus() << " is not here";
  }
};

struct Lines final : RecordSink {
  TextBuffer text;
  RecordWriter writer;
  void observe(const Observation& observation) override { take(Record{observation}); }
  void observe(const Finding& finding) override { take(Record{finding.example, &finding}); }
  void take(const Record& record) {
    text.clear();
    writer.append(text, record);
  }
};

TEST_F(Corpus, replays_through_the_whole_program) {
  const Pseudonymizer pseudonymizer{"a key for tests only"};
  const std::filesystem::path root{DCMWATCH_ROOT};
  const Grounds grounds =
      load_grounds({.model = root / "config" / "model.yaml", .rules = root / "rules" / "detection"});
  for (const Capture& capture : accounts()) {
    const TimeLimit limit{capture.name};
    std::unique_ptr<Source> source;
    try {
      source = open_file(corpus() / capture.name, 0, "");
    } catch (const SourceError&) {
      continue;  // told as what it is; the accounts say whether rightly
    }
    Lines lines;
    Metrics metrics{metric_names(grounds.model->model().get(), grounds.rules)};
    Summary summary{{.width = 100, .colour = false}};
    replay_through(*source, {.protocol = {.limits = {}, .pseudonymizer = &pseudonymizer}, .shards = 2},
                   {&lines, &metrics, &summary}, grounds);
  }
}

/// One line of the table: both sides' accounts, so that a line whose difference changed is out of date.
struct Difference {
  std::string capture;
  std::string what;
  std::string ours;
  std::string theirs;
  friend auto operator<=>(const Difference&, const Difference&) = default;
  [[nodiscard]] std::string line() const { return capture + '\t' + what + '\t' + ours + '\t' + theirs; }
};

std::set<Difference> explained() {
  std::set<Difference> table;
  std::ifstream file{std::filesystem::path{DCMWATCH_ROOT} / "tests" / "differential" / "differences.tsv"};
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream cells{line};
    Difference difference;
    std::string why;
    for (std::string* cell : {&difference.capture, &difference.what, &difference.ours, &difference.theirs, &why})
      std::getline(cells, *cell, '\t');
    EXPECT_FALSE(why.empty()) << "no reason: " << line;
    EXPECT_TRUE(table.insert(difference).second) << "twice: " << line;
  }
  return table;
}

TEST_F(Corpus, is_accounted_for_as_by_tshark_but_for_what_the_table_explains) {
  std::set<Difference> unused = explained();
  std::string unexplained;
  for (const Capture& capture : accounts()) {
    const TimeLimit limit{capture.name};
    Account theirs = capture.theirs, ours = our_account(capture);
    for (const auto& [what, account] : theirs) ours.try_emplace(what, "nothing");
    for (const auto& [what, account] : ours) theirs.try_emplace(what, "nothing");
    for (const auto& [what, account] : ours) {
      const Difference difference{capture.name, what, account, theirs[what]};
      if (difference.ours != difference.theirs && unused.erase(difference) == 0)
        unexplained += difference.line() + '\n';
    }
  }
  EXPECT_TRUE(unexplained.empty()) << "not in differences.tsv:\n" << unexplained;
  for (const Difference& difference : unused) ADD_FAILURE() << "no longer so, or otherwise: " << difference.line();
}

}  // namespace
}  // namespace dcmwatch::differential
