// What is judged by, read anew while everything goes on.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "app/grounds.h"

namespace dcmwatch {

/// Reads on a thread of its own, so that files on a drive that hangs hold up neither who asks nor the program's end.
/// One reading at a time; asked meanwhile, however often, it reads once more afterwards. A reading that is not over
/// when this ends is left alone: it holds nothing of ours but copies. For one thread.
class Rereading {
 public:
  /// May throw; what it says is told. It is copied to the thread.
  using Read = std::function<Grounds(const Grounds& before)>;
  /// Nothing refused: there are grounds.
  struct Outcome {
    std::optional<Grounds> grounds{};
    std::string refused{};
  };

  /// `ready` is called from the reading thread when take() has something, and never after this has ended.
  Rereading(Read read, std::function<void()> ready);
  ~Rereading();
  Rereading(const Rereading&) = delete;
  Rereading& operator=(const Rereading&) = delete;

  void ask(const Grounds& before);
  /// What was read, once. Whoever takes it asks again if asked_again().
  std::optional<Outcome> take();
  /// Whether somebody asked while what was taken last was read; once.
  bool asked_again() { return std::exchange(again_, false); }

  [[nodiscard]] bool reading() const { return shared_ != nullptr; }
  /// For how long; 0: nothing is read.
  [[nodiscard]] std::chrono::seconds reading_for() const;

 private:
  struct Shared;

  Read read_;
  std::function<void()> ready_;
  std::shared_ptr<Shared> shared_;  ///< with the thread that reads; null: none does
  std::chrono::steady_clock::time_point since_;
  bool again_ = false;
};

}  // namespace dcmwatch
