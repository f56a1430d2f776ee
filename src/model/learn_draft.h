// A model drafted from what captures showed.
#pragma once

#include "model/fingerprints.h"
#include "model/learn.h"
#include "model/model_writer.h"

namespace dcmwatch {

struct Draft {
  Model model;
  ModelRemarks remarks;
};

/// A model against which what was learnt deviates in nothing. What a person should look at is marked "review:". With a
/// `known` model, in which the learner was told only what deviates, that one with what it lacks behind what it has. All
/// but `learner` may be null.
Draft draft_model(const Learner& learner, const Fingerprints* fingerprints, const Model* known);

}  // namespace dcmwatch
