// What somebody tells of an association or an operation: a record's fields by their dotted paths.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/pseudonym.h"

namespace dcmwatch::oracle {

/// Values of a list are joined by ", ". What is not told is not there.
using Account = std::map<std::string, std::string, std::less<>>;

/// "" where the account has no such field.
std::string_view value_of(const Account& account, std::string_view path);

/// Of one connection, in the order in which they ended.
struct Told {
  std::vector<Account> associations;
  std::vector<Account> operations;
};

/// By the two ends, "10.20.10.11:40000 > 10.20.20.10:104".
using ToldByConnection = std::map<std::string, Told, std::less<>>;

const Pseudonymizer& pseudonymizer();

/// What the whole program tells of a capture.
ToldByConnection told_of(const std::filesystem::path& capture);

/// Where two accounts differ: in a field, or in what the test says in words.
struct Difference {
  std::string capture;
  std::string where;  ///< within the capture
  std::string what;   ///< a field's path
  std::string ours;
  std::string theirs;

  [[nodiscard]] std::string text() const;
};

/// What our records never say, of what is compared, is not told yet: no difference.
class Comparison {
 public:
  /// Of `theirs`, every field is compared. Records of one `kind` tell a field or do not: "C-STORE
  /// in 1.2.840.10008.1.2".
  void compare(const std::string& where, const Account& ours, const Account& theirs, std::string_view kind = {});
  void differ(Difference difference) { differences_.push_back(std::move(difference)); }
  void next_capture(std::string capture) { capture_ = std::move(capture); }
  [[nodiscard]] const std::string& capture() const { return capture_; }

  [[nodiscard]] std::vector<Difference> differences() const;
  /// "dicom.priority (678 times)", or of which kinds where others tell it.
  [[nodiscard]] std::vector<std::string> not_told_yet() const;
  [[nodiscard]] std::size_t compared() const { return compared_; }

 private:
  struct OfKind {
    bool told = false;
    std::vector<Difference> untold;  ///< differences, if others of its kind tell it
  };
  std::string capture_;
  std::map<std::string, std::map<std::string, OfKind>> fields_;
  std::vector<Difference> differences_;
  std::size_t compared_ = 0;
};

}  // namespace dcmwatch::oracle
