// profile.h: what a backend counts of a model's steps ("sotto.profile/1"), between two steps. For the C functions of observe.h.
#pragma once

#include <vector>

#include "run/engine.h"
#include "sotto/profile.h"

namespace sotto {

Status begin_profile(Engine& engine);
Result<std::vector<sotto_profile_row>> end_profile(Engine& engine);

}  // namespace sotto
