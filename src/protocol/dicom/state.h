// The association as seen from outside: both sides' state machines of PS3.8 9.2 in one. We only watch, so an impossible
// step is a fact to report, and a step that is possible only because something before it was not seen is told from one
// by the rules.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace dcmwatch::dicom {

enum class State : std::uint8_t {
  idle,       ///< nothing seen yet
  requested,  ///< offered, not answered
  open,
  open_unrequested,     ///< open, its request not seen (yet)
  releasing_by_opener,  ///< the opener asked for release
  releasing_by_acceptor,
  releasing_unanswered,  ///< the opener asked for release and its request was not answered (yet)
  colliding,             ///< both asked (PS3.8 9.2.2.3, release collision)
  half_released,         ///< both asked, one answered
  over,                  ///< released or rejected
  aborted_by_opener,     ///< what the other side sent may still be under way
  aborted_by_acceptor
};
inline constexpr std::size_t kStates = 12;

enum class Input : std::uint8_t { request, accept, reject, data, release_request, release_response, abort };
inline constexpr std::size_t kInputs = 7;

enum class Side : std::uint8_t { opener, acceptor };

enum class By : std::uint8_t { opener, acceptor, either };

/// Whether the rules allow the step, or only something unseen explains it.
enum class Basis : std::uint8_t { rule, inferred };

struct Step {
  State state;
  Input input;
  By by;
  State next;
  Basis basis = Basis::rule;
};

inline constexpr auto kSteps = std::to_array<Step>({
    {State::idle, Input::request, By::opener, State::requested},
    {State::idle, Input::accept, By::acceptor, State::open_unrequested, Basis::inferred},
    {State::idle, Input::reject, By::acceptor, State::over, Basis::inferred},
    {State::idle, Input::data, By::either, State::open_unrequested, Basis::inferred},
    {State::idle, Input::release_request, By::opener, State::releasing_by_opener, Basis::inferred},
    {State::idle, Input::release_request, By::acceptor, State::releasing_by_acceptor, Basis::inferred},
    {State::idle, Input::release_response, By::either, State::over, Basis::inferred},
    {State::idle, Input::abort, By::opener, State::aborted_by_opener},
    {State::idle, Input::abort, By::acceptor, State::aborted_by_acceptor},

    {State::requested, Input::accept, By::acceptor, State::open},
    {State::requested, Input::reject, By::acceptor, State::over},
    {State::requested, Input::abort, By::opener, State::aborted_by_opener},
    {State::requested, Input::abort, By::acceptor, State::aborted_by_acceptor},
    {State::requested, Input::request, By::opener, State::requested, Basis::inferred},
    // The opener need not have waited for the answer, which may still come; the acceptor has given it.
    {State::requested, Input::data, By::opener, State::requested, Basis::inferred},
    {State::requested, Input::data, By::acceptor, State::open, Basis::inferred},
    {State::requested, Input::release_request, By::opener, State::releasing_unanswered, Basis::inferred},
    {State::requested, Input::release_request, By::acceptor, State::releasing_by_acceptor, Basis::inferred},
    {State::requested, Input::release_response, By::either, State::over, Basis::inferred},

    {State::open, Input::data, By::either, State::open},
    {State::open, Input::release_request, By::opener, State::releasing_by_opener},
    {State::open, Input::release_request, By::acceptor, State::releasing_by_acceptor},
    {State::open, Input::abort, By::opener, State::aborted_by_opener},
    {State::open, Input::abort, By::acceptor, State::aborted_by_acceptor},
    {State::open, Input::request, By::opener, State::requested, Basis::inferred},
    {State::open, Input::accept, By::acceptor, State::open, Basis::inferred},
    {State::open, Input::release_response, By::either, State::over, Basis::inferred},

    {State::open_unrequested, Input::request, By::opener, State::open, Basis::inferred},
    {State::open_unrequested, Input::accept, By::acceptor, State::open_unrequested, Basis::inferred},
    {State::open_unrequested, Input::data, By::either, State::open_unrequested},
    {State::open_unrequested, Input::release_request, By::opener, State::releasing_by_opener},
    {State::open_unrequested, Input::release_request, By::acceptor, State::releasing_by_acceptor},
    {State::open_unrequested, Input::abort, By::opener, State::aborted_by_opener},
    {State::open_unrequested, Input::abort, By::acceptor, State::aborted_by_acceptor},
    {State::open_unrequested, Input::release_response, By::either, State::over, Basis::inferred},

    // The side that asked for release sends nothing more; the other may finish what it was sending (PS3.8 9.2.2.2).
    {State::releasing_by_opener, Input::data, By::acceptor, State::releasing_by_opener},
    {State::releasing_by_opener, Input::release_response, By::acceptor, State::over},
    {State::releasing_by_opener, Input::release_request, By::acceptor, State::colliding},
    {State::releasing_by_opener, Input::abort, By::opener, State::aborted_by_opener},
    {State::releasing_by_opener, Input::abort, By::acceptor, State::aborted_by_acceptor},
    {State::releasing_by_opener, Input::request, By::opener, State::requested, Basis::inferred},

    {State::releasing_by_acceptor, Input::data, By::opener, State::releasing_by_acceptor},
    {State::releasing_by_acceptor, Input::release_response, By::opener, State::over},
    {State::releasing_by_acceptor, Input::release_request, By::opener, State::colliding},
    {State::releasing_by_acceptor, Input::abort, By::opener, State::aborted_by_opener},
    {State::releasing_by_acceptor, Input::abort, By::acceptor, State::aborted_by_acceptor},
    {State::releasing_by_acceptor, Input::request, By::opener, State::requested, Basis::inferred},

    {State::releasing_unanswered, Input::accept, By::acceptor, State::releasing_by_opener},
    {State::releasing_unanswered, Input::reject, By::acceptor, State::over},
    {State::releasing_unanswered, Input::abort, By::opener, State::aborted_by_opener},
    {State::releasing_unanswered, Input::abort, By::acceptor, State::aborted_by_acceptor},
    {State::releasing_unanswered, Input::data, By::acceptor, State::releasing_by_opener, Basis::inferred},
    {State::releasing_unanswered, Input::release_response, By::acceptor, State::over, Basis::inferred},
    {State::releasing_unanswered, Input::release_request, By::acceptor, State::colliding, Basis::inferred},
    {State::releasing_unanswered, Input::request, By::opener, State::requested, Basis::inferred},

    {State::colliding, Input::release_response, By::either, State::half_released},
    {State::colliding, Input::abort, By::opener, State::aborted_by_opener},
    {State::colliding, Input::abort, By::acceptor, State::aborted_by_acceptor},
    {State::colliding, Input::request, By::opener, State::requested, Basis::inferred},

    {State::half_released, Input::release_response, By::either, State::over},
    {State::half_released, Input::abort, By::opener, State::aborted_by_opener},
    {State::half_released, Input::abort, By::acceptor, State::aborted_by_acceptor},
    {State::half_released, Input::request, By::opener, State::requested, Basis::inferred},

    // Some peers open the next association on the same connection.
    {State::over, Input::request, By::opener, State::requested},
    {State::over, Input::abort, By::either, State::over},
    {State::over, Input::release_response, By::either, State::over, Basis::inferred},

    {State::aborted_by_opener, Input::request, By::opener, State::requested},
    {State::aborted_by_opener, Input::accept, By::acceptor, State::aborted_by_opener},
    {State::aborted_by_opener, Input::reject, By::acceptor, State::aborted_by_opener},
    {State::aborted_by_opener, Input::data, By::acceptor, State::aborted_by_opener},
    {State::aborted_by_opener, Input::release_request, By::acceptor, State::aborted_by_opener},
    {State::aborted_by_opener, Input::release_response, By::acceptor, State::aborted_by_opener},
    {State::aborted_by_opener, Input::abort, By::either, State::aborted_by_opener},

    {State::aborted_by_acceptor, Input::request, By::opener, State::requested},
    {State::aborted_by_acceptor, Input::data, By::opener, State::aborted_by_acceptor},
    {State::aborted_by_acceptor, Input::release_request, By::opener, State::aborted_by_acceptor},
    {State::aborted_by_acceptor, Input::release_response, By::opener, State::aborted_by_acceptor},
    {State::aborted_by_acceptor, Input::abort, By::either, State::aborted_by_acceptor},
});

/// The rows by state, input and side, as their places in kSteps: one look-up a PDU.
inline constexpr std::uint8_t kNoStep = 0xff;
static_assert(kSteps.size() < kNoStep);
using StepPlaces = std::array<std::array<std::array<std::uint8_t, 2>, kInputs>, kStates>;

constexpr StepPlaces make_step_places() {
  StepPlaces places{};
  for (auto& inputs : places) {
    for (auto& sides : inputs) sides.fill(kNoStep);
  }
  for (std::size_t i = 0; i < kSteps.size(); ++i) {
    auto& sides = places[static_cast<std::size_t>(kSteps[i].state)][static_cast<std::size_t>(kSteps[i].input)];
    if (kSteps[i].by != By::acceptor) sides[static_cast<std::size_t>(Side::opener)] = static_cast<std::uint8_t>(i);
    if (kSteps[i].by != By::opener) sides[static_cast<std::size_t>(Side::acceptor)] = static_cast<std::uint8_t>(i);
  }
  return places;
}

inline constexpr StepPlaces kStepPlaces = make_step_places();

/// Nothing: not even something unseen explains it.
constexpr std::optional<Step> next(State state, Input input, Side side) {
  const std::uint8_t place =
      kStepPlaces[static_cast<std::size_t>(state)][static_cast<std::size_t>(input)][static_cast<std::size_t>(side)];
  if (place == kNoStep) return std::nullopt;
  return kSteps[place];
}

/// An association is there to be ended.
constexpr bool is_live(State state) { return state != State::idle && state < State::over; }

constexpr bool each_step_once() {
  for (std::size_t i = 0; i < kSteps.size(); ++i) {
    for (std::size_t j = i + 1; j < kSteps.size(); ++j) {
      const bool same_side = kSteps[i].by == kSteps[j].by || kSteps[i].by == By::either || kSteps[j].by == By::either;
      if (kSteps[i].state == kSteps[j].state && kSteps[i].input == kSteps[j].input && same_side) return false;
    }
  }
  return true;
}

static_assert(each_step_once());
static_assert(next(State::idle, Input::request, Side::opener)->next == State::requested);
static_assert(!next(State::idle, Input::request, Side::acceptor));
static_assert(next(State::requested, Input::data, Side::opener)->basis == Basis::inferred);
static_assert(!next(State::over, Input::data, Side::opener));
static_assert(!next(State::releasing_by_opener, Input::data, Side::opener));
static_assert(next(State::releasing_by_opener, Input::data, Side::acceptor)->basis == Basis::rule);

}  // namespace dcmwatch::dicom
