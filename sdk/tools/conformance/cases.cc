#include "conformance/cases.h"

namespace sotto::conformance {
namespace {

// The mistake whose result this is, or where the wrong numbers are.
std::string explain(const Net& net, const std::vector<Sequence>& sequences, const Results& results, const Results& expected,
                    double tolerance) {
  for (const MistakeRow& row : kMistakes) {
    const Results mistaken = expected_results(net, sequences, row.mistake);
    if (relative_error(mistaken, expected) > tolerance && relative_error(results, mistaken) <= tolerance)
      return std::string("the result is ") + row.sentence;
  }
  return wrong_place(results, expected, tolerance);
}

}  // namespace

Sections all_sections() {
  Sections all;
  for (const auto part :
       {device_sections, row_sections, linear_sections, attention_sections, model_sections, adapter_sections, cache_sections,
        run_sections, cancel_sections, refusal_sections, growth_sections, memory_sections, endurance_sections, speed_sections})
    for (Section& section : part()) all.push_back(std::move(section));
  return all;
}

void compare(const Subject& subject, Recorder& record, Net& net, const std::vector<Sequence>& sequences,
             const Schedule& schedule, const Comparison& c) {
  record.check(c.what, [&] {
    const Results expected = c.expected != nullptr ? *c.expected : expected_results(net, sequences);
    Runner runner(subject.tested, net, c.options);
    const Results results = runner.ready().play(sequences, schedule);
    record.measure(relative_error(results, expected), c.tolerance,
                   [&] { return explain(net, sequences, results, expected, c.tolerance); });
  });
}

void compare(const Subject& subject, Recorder& record, Net& net, const std::vector<Sequence>& sequences, double tolerance,
             const std::string& what) {
  compare(subject, record, net, sequences, one_batch(sequences), {what, tolerance, subject.options()});
}

std::string on_ranks(uint32_t ranks) { return "on " + std::to_string(ranks) + (ranks == 1 ? " rank" : " ranks"); }

}  // namespace sotto::conformance
