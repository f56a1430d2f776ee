// What is wrong with a file that a person wrote, said so that the person can mend it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace dcmwatch {

/// Line and column, counted from 1; 0 where the file as a whole is meant. The file by its number (Problems::add_file).
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t file = 0;

  constexpr Position() = default;
  /// No document has more lines or columns than 32 bits count.
  constexpr Position(std::size_t line_number, std::size_t column_number, std::uint32_t file_number = 0)
      : line(static_cast<std::uint32_t>(line_number)),
        column(static_cast<std::uint32_t>(column_number)),
        file(file_number) {}

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

/// 'text', cut to a readable length and without control characters: fit for a terminal whatever the file holds.
std::string in_quotes(std::string_view text);

inline constexpr std::size_t kNamesListed = 12;

/// "a, b, c", and "… and 12 more" after the first few.
std::string listed(std::span<const std::string_view> names, std::size_t most = kNamesListed);

/// "did you mean 'x'?" if one of the candidates is close to what was written, else "one of: …".
std::string suggest(std::string_view written, std::span<const std::string_view> candidates,
                    std::size_t most = kNamesListed);

/// What could have been meant, of which only the few are told where nothing is close.
struct KnownNames {
  std::vector<std::string_view> few;
  std::vector<std::string_view> many;  ///< meant rather than those, where both are as close
};
std::string suggest(std::string_view written, const KnownNames& known);

/// Collects the problems of one file, and of those that it includes, in the order found. Keeps the first hundred and
/// counts the rest.
class Problems {
 public:
  explicit Problems(std::string file) : files_{std::move(file)} {}

  /// Gives the number by which positions tell that they are in this file; the first one's is 0.
  std::uint32_t add_file(std::string file);

  void add(Position at, std::string what, std::string fix = {});
  /// What gives the fix is asked only if it is wanted at all, since a name among many is not found for nothing.
  template <typename Fix>
  requires std::is_invocable_r_v<std::string, Fix>
  void add(Position at, std::string what, const Fix& fix) { full() ? add(at, {}) : add(at, std::move(what), fix()); }
  /// "unknown zone 'archiv'; did you mean 'archive'?" `names`: the known ones, or what gives them.
  template <typename Names>
  void add_unknown(Position at, std::string_view kind, std::string_view written, const Names& names) {
    if (full()) return add(at, {});
    if constexpr (std::is_invocable_v<Names>) {
      add(at, unknown(kind, written), suggest(written, names()));
    } else {
      add(at, unknown(kind, written), suggest(written, names));
    }
  }

  [[nodiscard]] bool empty() const { return problems_.empty(); }
  /// Further ones will be counted only: nobody need think of what would be right.
  [[nodiscard]] bool full() const;
  [[nodiscard]] const std::string& file(std::uint32_t number = 0) const { return files_[number]; }
  /// "zones.yaml:12"
  [[nodiscard]] std::string place(Position at) const;
  /// In the order of the files and of their lines. Leaves nothing behind.
  std::vector<Problem> take();
  void throw_if_any();

 private:
  static constexpr std::size_t kKept = 100;
  static std::string unknown(std::string_view kind, std::string_view written);

  struct Placed {
    Position at;
    std::string what;
    std::string fix;
  };
  std::vector<std::string> files_;
  std::vector<Placed> problems_;
  std::size_t more_ = 0;
};

}  // namespace dcmwatch
