// What is wrong with a file that a person wrote, said so that the person can mend it.
#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace dcmwatch {

/// Line and column, counted from 1; 0 where the file as a whole is meant.
struct Position {
  std::size_t line = 0;
  std::size_t column = 0;

  friend bool operator==(const Position&, const Position&) = default;
};

struct Problem {
  std::string file;
  Position at;
  std::string what;
  std::string fix;  ///< what would be right; may be empty
};

/// "model.yaml:12:5: unknown zone 'archiv'; did you mean 'archive'?"
std::string to_text(const Problem& problem);

/// Thrown once, at start, with every problem found; what() has them one a line.
class ConfigurationError : public std::runtime_error {
 public:
  explicit ConfigurationError(std::vector<Problem> problems);
  [[nodiscard]] const std::vector<Problem>& problems() const { return problems_; }

 private:
  std::vector<Problem> problems_;
};

/// Collects the problems of one file, in the order found. Keeps the first hundred and counts the rest.
class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  void add(Position at, std::string what, std::string fix = {});

  [[nodiscard]] bool empty() const { return problems_.empty(); }
  /// Further ones will be counted only: nobody need think of what would be right.
  [[nodiscard]] bool full() const;
  [[nodiscard]] const std::string& file() const { return file_; }
  /// In the order of the file. Leaves nothing behind.
  std::vector<Problem> take();
  void throw_if_any();

 private:
  std::string file_;
  std::vector<Problem> problems_;
  std::size_t more_ = 0;
};

/// 'text', cut to a readable length and without control characters: fit for a terminal whatever the file holds.
std::string in_quotes(std::string_view text);

/// "a, b, c", and "… and 12 more" after the first few.
std::string listed(std::span<const std::string_view> names);

/// "did you mean 'x'?" if one of the candidates is close to what was written, else "one of: …".
std::string suggest(std::string_view written, std::span<const std::string_view> candidates);

}  // namespace dcmwatch
