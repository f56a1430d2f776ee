#include "protocol/dicom/state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace dcmwatch::dicom {
namespace {

constexpr std::array kSides{Side::opener, Side::acceptor};

TEST(DicomState, TakesEveryStepOfTheTable) {
  for (const Step& step : kSteps) {
    for (const Side side : kSides) {
      const bool by = step.by == By::either || (step.by == By::opener) == (side == Side::opener);
      if (!by) continue;
      const auto taken = next(step.state, step.input, side);
      ASSERT_TRUE(taken);
      EXPECT_EQ(taken->next, step.next);
      EXPECT_EQ(taken->basis, step.basis);
    }
  }
}

TEST(DicomState, TakesNoOtherStep) {
  std::size_t possible = 0;
  for (std::size_t state = 0; state < kStates; ++state) {
    for (std::size_t input = 0; input < kInputs; ++input) {
      for (const Side side : kSides)
        possible += next(static_cast<State>(state), static_cast<Input>(input), side) ? 1U : 0U;
    }
  }
  std::size_t rows = 0;
  for (const Step& step : kSteps) rows += step.by == By::either ? 2U : 1U;
  EXPECT_EQ(possible, rows);
}

TEST(DicomState, EveryStateIsReached) {
  for (std::size_t state = 1; state < kStates; ++state) {
    EXPECT_TRUE(std::ranges::any_of(kSteps, [&](const Step& step) { return step.next == static_cast<State>(state); }))
        << state;
  }
}

TEST(DicomState, AnAbortIsAlwaysPossible) {
  for (std::size_t state = 0; state < kStates; ++state) {
    for (const Side side : kSides) {
      const auto taken = next(static_cast<State>(state), Input::abort, side);
      ASSERT_TRUE(taken) << state;
      EXPECT_FALSE(is_live(taken->next));
    }
  }
}

// The walk that every association takes (PS3.8 9.2), by the rules alone.
TEST(DicomState, FollowsAnAssociation) {
  struct {
    Input input;
    Side side;
    State next;
  } const walk[] = {
      {Input::request, Side::opener, State::requested},
      {Input::accept, Side::acceptor, State::open},
      {Input::data, Side::opener, State::open},
      {Input::data, Side::acceptor, State::open},
      {Input::release_request, Side::opener, State::releasing_by_opener},
      {Input::data, Side::acceptor, State::releasing_by_opener},
      {Input::release_response, Side::acceptor, State::over},
      {Input::request, Side::opener, State::requested},
      {Input::reject, Side::acceptor, State::over},
  };
  State state = State::idle;
  for (const auto& step : walk) {
    const auto taken = next(state, step.input, step.side);
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->basis, Basis::rule);
    EXPECT_EQ(taken->next, step.next);
    state = taken->next;
  }
}

}  // namespace
}  // namespace dcmwatch::dicom
