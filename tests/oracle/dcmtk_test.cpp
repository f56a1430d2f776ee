// Every association, command set and data set of the captures as DCMTK decodes it, against what the program tells.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "dcmtk.h"
#include "event/fields.h"

namespace dcmwatch::oracle {
namespace {

const std::filesystem::path kPcaps = std::filesystem::path{DCMWATCH_ROOT} / "pcaps";

// Their streams have holes, or begin in the middle: there is nothing whole to give to DCMTK.
constexpr std::array<std::string_view, 2> kNotWhole{"headers-only", "midway"};

std::vector<std::filesystem::path> captures() {
  std::vector<std::filesystem::path> captures;
  for (const auto& file : std::filesystem::directory_iterator{kPcaps}) {
    if (file.path().extension() != ".pcap" && file.path().extension() != ".pcapng") continue;
    if (std::ranges::find(kNotWhole, file.path().stem().string()) == kNotWhole.end()) captures.push_back(file.path());
  }
  std::ranges::sort(captures);
  return captures;
}

/// A line of the table: what differs, and why. The same may differ so in several places of a capture.
using Line = std::array<std::string, 4>;  // capture, what, ours, theirs

Line line_of(const Difference& difference) {
  return {difference.capture, difference.what, difference.ours, difference.theirs};
}

std::set<Line> explained() {
  std::set<Line> table;
  std::ifstream file{std::filesystem::path{DCMWATCH_ROOT} / "tests" / "oracle" / "dcmtk_differences.tsv"};
  for (std::string text; std::getline(file, text);) {
    if (text.empty() || text.front() == '#') continue;
    std::istringstream cells{text};
    Line line;
    std::string why;
    for (std::string& cell : line) std::getline(cells, cell, '\t');
    std::getline(cells, why);
    EXPECT_FALSE(why.empty()) << "no reason: " << text;
    EXPECT_TRUE(table.insert(line).second) << "twice: " << text;
  }
  return table;
}

/// How many DCMTK read.
struct DataSets {
  std::size_t of_requests = 0, of_responses = 0;
};

class Judge {
 public:
  void hold(const std::filesystem::path& capture) {
    comparison.next_capture(capture.stem());
    ToldByConnection told = told_of(capture);
    for (const CapturedStream& stream : streams_of(capture)) {
      const std::string ends = to_text(stream.parties.source) + " > " + to_text(stream.parties.destination);
      hold(ends, associations_of(stream), std::exchange(told[ends], {}));
    }
  }

  Comparison comparison;
  std::size_t associations = 0, heard = 0, messages = 0, operations = 0;
  std::map<std::string, DataSets> data_sets;  ///< by command

 private:
  void hold(const std::string& where, const std::vector<SeenAssociation>& seen, const Told& ours) {
    same_number(where, "associations", ours.associations.size(), seen.size());
    std::map<std::string, std::vector<const Account*>> by_key;
    for (const Account& operation : ours.operations) by_key[key_of(operation)].push_back(&operation);
    std::size_t theirs = 0;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      const std::string at = fmt::format("{} #{}", where, i + 1);
      try {
        const DcmtkAssociation association = dcmtk_association(seen[i]);
        if (i < ours.associations.size()) comparison.compare(at, ours.associations[i], association.account, true);
        if (association.heard_all) same_messages(at, seen[i].messages, association.messages);
        heard += association.heard_all ? 1 : 0;
        theirs += hold(at, dcmtk_operations(seen[i], association.contexts), by_key);
      } catch (const std::exception& error) {
        comparison.differ({comparison.capture(), at, "decoding", "", error.what()});
      }
      ++associations;
      messages += seen[i].messages.size();
    }
    same_number(where, "operations", ours.operations.size(), theirs);
  }

  void same_number(const std::string& where, const char* what, std::size_t ours, std::size_t theirs) {
    if (ours != theirs)
      comparison.differ({comparison.capture(), where, what, std::to_string(ours), std::to_string(theirs)});
  }

  // DCMTK cuts the PDUs as `exchanged.cpp` does.
  void same_messages(const std::string& where, std::vector<SeenMessage> cut, const std::vector<SeenMessage>& theirs) {
    std::ranges::stable_sort(cut, {}, &SeenMessage::direction);
    if (cut != theirs)
      comparison.differ(
          {comparison.capture(), where, "messages", std::to_string(cut.size()), std::to_string(theirs.size())});
  }

  std::size_t hold(const std::string& where, const std::vector<DcmtkOperation>& theirs,
                   std::map<std::string, std::vector<const Account*>>& ours) {
    for (const DcmtkOperation& operation : theirs) {
      ++operations;
      DataSets& read = data_sets[std::string{value_of(operation.account, "dicom.command")}];
      read.of_requests += operation.request_data_sets;
      read.of_responses += operation.response_data_sets;
      auto& of_key = ours[operation.key];
      const std::string at =
          fmt::format("{}, {} {}", where, value_of(operation.account, "dicom.command"), operation.key);
      if (of_key.empty()) {
        comparison.differ({comparison.capture(), at, "operation", "", operation.key});
        continue;
      }
      const Account& told = *of_key.front();
      of_key.erase(of_key.begin());
      comparison.compare(at, told, operation.account, operation.read_all);
    }
    return theirs.size();
  }

  static std::string key_of(const Account& operation) {
    return fmt::format("{} {}/{}", value_of(operation, "dicom.invoker"), value_of(operation, "dicom.context_id"),
                       value_of(operation, "dicom.message_id"));
  }
};

void report(const Judge& judge) {
  std::size_t compared = 0, of_data_sets = 0;
  for (const auto& [path, times] : judge.comparison.compared()) {
    compared += times;
    of_data_sets += is_of_data_set(path) ? times : 0;
  }
  std::cout << fmt::format(
      "{} associations, {} of them to their end, {} messages, {} operations: {} fields compared, {} of "
      "them of data sets\n",
      judge.associations, judge.heard, judge.messages, judge.operations, compared, of_data_sets);
  for (const auto& [command, read] : judge.data_sets)
    if (read.of_requests + read.of_responses != 0)
      std::cout << fmt::format("{}: data sets of {} requests and {} responses\n", command, read.of_requests,
                               read.of_responses);
  for (const auto& [path, times] : judge.comparison.compared())
    if (is_of_data_set(path)) std::cout << fmt::format("{}: {} times\n", path, times);
}

TEST(Dcmtk, says_of_every_association_and_message_what_we_tell) {
  Judge judge;
  for (const std::filesystem::path& capture : captures()) judge.hold(capture);
  EXPECT_GT(judge.associations, 250U);
  EXPECT_GT(judge.heard, 200U);
  EXPECT_GT(judge.messages, 1000U);
  const Comparison& comparison = judge.comparison;
  report(judge);
  constexpr std::string_view kNotShown =
      "dicom.query.names_no_study";  // both say that every retrieval names its studies
  for (const Field& field : fields())
    EXPECT_TRUE(!is_of_data_set(field.path) || comparison.compared().contains(field.path) || field.path == kNotShown)
        << "no data set tells " << field.path;
  const std::set<Line> explained_lines = explained();
  std::set<Line> unused = explained_lines;
  for (const Difference& difference : comparison.differences()) {
    unused.erase(line_of(difference));
    if (!explained_lines.contains(line_of(difference)))
      ADD_FAILURE() << "not in dcmtk_differences.tsv: " << difference.text();
  }
  for (const Line& line : unused)
    ADD_FAILURE() << "no longer so, or otherwise: " << fmt::format("{}", fmt::join(line, "\t"));
}

}  // namespace
}  // namespace dcmwatch::oracle
