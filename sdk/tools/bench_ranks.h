// bench_ranks.h: what the ranks of a model hand each other in a decode step, for `sotto bench`.
#pragma once

#include "json.h"
#include "loading.h"
#include "sotto/ranks.h"

namespace sotto::tools {

// Of one token, on average.
struct Collective {
  const char* name;
  double calls = 0;
  double bytes = 0;  // that one rank brings
  double microseconds = 0;
};

struct Communication {
  bool is_known = false;  // false: one rank, or a backend that does not count
  double step_microseconds = 0;
  std::vector<Collective> collectives;

  double share(const Collective& c) const { return step_microseconds > 0 ? c.microseconds / step_microseconds : 0; }
};

// Between two readings.
Communication communication_between(const sotto_traffic& before, const sotto_traffic& after);
// All zero where the model or its backend counts nothing.
sotto_traffic traffic_of(const ModelHandle& model);

Json to_json(const Communication& c);
void print(const Communication& c);

}  // namespace sotto::tools
