// default_model.h: which model the command and the samples use when none is named. The one place that knows.
#pragma once

#include <string>

#include "sotto/model.h"

namespace sotto::tools {

struct DefaultModel {
  sotto_model_source source{};  // points into `path`: keep this object where it is
  std::string path;
  std::string problem;  // not empty: there is none, and this sentence says why and what to do
};

void find_default_model(DefaultModel* out);

}  // namespace sotto::tools
