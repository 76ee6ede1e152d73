// cases.h - the sections of the conformance tests: one row each, and what their cases share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conformance/recorder.h"
#include "conformance/runner.h"

namespace sotto::conformance {

// What is tested, and the other backend, for what two backends do together.
struct Subject {
  const Backend& tested;
  const Backend& reference;
  uint32_t device;

  RunnerOptions options() const {
    RunnerOptions o;
    o.device = device;
    return o;
  }
};

struct Section {
  std::string name;
  std::function<void(const Subject&, Recorder&)> run;
};
using Sections = std::vector<Section>;

// In the order of the table: what is simple first, so that a fault shows where it is plainest.
Sections all_sections();
Sections device_sections();
Sections row_sections();
Sections linear_sections();
Sections attention_sections();
Sections model_sections();
Sections adapter_sections();
Sections cache_sections();
Sections run_sections();
Sections cancel_sections();
Sections refusal_sections();
Sections growth_sections();
Sections memory_sections();
Sections endurance_sections();
Sections speed_sections();

// One case: the net plays the sequences by the schedule and is compared with double precision; a wrong result is explained.
struct Comparison {
  std::string what;
  double tolerance;
  RunnerOptions options;
  const Results* expected = nullptr;  // when the caller has it already
};
void compare(const Subject& subject, Recorder& record, Net& net, const std::vector<Sequence>& sequences,
             const Schedule& schedule, const Comparison& c);
// In one batch, with the subject's options.
void compare(const Subject& subject, Recorder& record, Net& net, const std::vector<Sequence>& sequences, double tolerance,
             const std::string& what);

std::string on_ranks(uint32_t ranks);  // "on 3 ranks"

}  // namespace sotto::conformance
