#include "app/rereading.h"

#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace dcmwatch {

/// Outlives whichever of the two ends first.
struct Rereading::Shared {
  std::mutex mutex;
  std::optional<Outcome> outcome;
  bool wanted = true;  ///< somebody waits for it
};

Rereading::Rereading(Read read, std::function<void()> ready) : read_(std::move(read)), ready_(std::move(ready)) {}

Rereading::~Rereading() {
  if (!shared_) return;
  const std::lock_guard lock{shared_->mutex};
  shared_->wanted = false;
}

void Rereading::ask(const Grounds& before) {
  if (shared_) {
    again_ = true;
    return;
  }
  shared_ = std::make_shared<Shared>();
  since_ = std::chrono::steady_clock::now();
  std::thread{[shared = shared_, read = read_, ready = ready_, before] {
    Outcome outcome;
    try {
      outcome.grounds = read(before);
    } catch (const std::exception& error) {
      outcome.refused = error.what();
    }
    const std::lock_guard lock{shared->mutex};
    if (!shared->wanted) return;
    shared->outcome = std::move(outcome);
    ready();
  }}.detach();
}

std::optional<Rereading::Outcome> Rereading::take() {
  if (!shared_) return std::nullopt;
  std::optional<Outcome> outcome;
  {
    const std::lock_guard lock{shared_->mutex};
    outcome = std::exchange(shared_->outcome, std::nullopt);
  }
  if (outcome) shared_.reset();
  return outcome;
}

std::chrono::seconds Rereading::reading_for() const {
  if (!shared_) return {};
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - since_);
}

}  // namespace dcmwatch
