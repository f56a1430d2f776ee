// What somebody tells of an association or an operation: a record's fields by their dotted paths.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/pseudonym.h"
#include "event/record.h"

namespace dcmwatch::oracle {

/// Values of a list are joined by ", ". What is not told is not there.
using Account = std::map<std::string, std::string, std::less<>>;

/// "" where the account has no such field.
std::string_view value_of(const Account& account, std::string_view path);

/// Adds to a list's values one that it does not hold.
void put_once(Account& account, std::string_view path, std::string_view value);

// What no field tells, for the test alone.
inline constexpr std::string_view kScheduledSteps =
    "scheduled steps";  ///< accession/patient/study as pseudonyms, each once
inline constexpr std::string_view kReferencedInstances = "referenced instances";  ///< in the order of their pseudonyms
inline constexpr std::string_view kFailedInstances = "failed instances";

/// Of one connection, in the order in which they ended.
struct Told {
  std::vector<Account> associations;
  std::vector<Account> operations;
};

/// By the two ends, "10.20.10.11:40000 > 10.20.20.10:104".
using ToldByConnection = std::map<std::string, Told, std::less<>>;

const Pseudonymizer& pseudonymizer();

/// Of an association or an operation, whose lists are all in this event.
Account account_of(const Observation& observation);

/// What the whole program tells of a capture.
ToldByConnection told_of(const std::filesystem::path& capture);

/// Whether only a data set can tell it, but for what is reckoned from it: with packets, or by a table.
bool is_of_data_set(std::string_view path);

/// Where two accounts differ: in a field, or in what the test says in words.
struct Difference {
  std::string capture;
  std::string where;  ///< within the capture
  std::string what;   ///< a field's path
  std::string ours;
  std::string theirs;

  [[nodiscard]] std::string text() const;
};

class Comparison {
 public:
  /// Of `theirs`, every field is compared; of `ours`, besides, every field that only a data set can tell, if all of the
  /// data sets were read.
  void compare(const std::string& where, const Account& ours, const Account& theirs, bool data_sets_read);
  void differ(Difference difference) { differences_.push_back(std::move(difference)); }
  void next_capture(std::string capture) { capture_ = std::move(capture); }
  [[nodiscard]] const std::string& capture() const { return capture_; }

  [[nodiscard]] const std::vector<Difference>& differences() const { return differences_; }
  /// How often each field was compared.
  [[nodiscard]] const std::map<std::string, std::size_t, std::less<>>& compared() const { return compared_; }

 private:
  void compare(const std::string& where, std::string_view path, std::string_view ours, std::string_view theirs);

  std::string capture_;
  std::vector<Difference> differences_;
  std::map<std::string, std::size_t, std::less<>> compared_;
};

}  // namespace dcmwatch::oracle
