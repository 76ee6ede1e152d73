// bench_speculation.h: what guessing ahead gains where texts repeat, and costs where they do not, for `sotto bench
// --speculate`.
#pragma once

#include <string>
#include <vector>

#include "bench_answer.h"
#include "json.h"

namespace sotto::tools {

struct SpeculationRow {
  std::string name;
  uint32_t tokens = 0;  // answered, all turns together
  uint32_t drafted = 0, accepted = 0;
  Spread without, with;  // tokens a second of decode
  Spread gain;           // with / without, round by round
  uint64_t hash = 0;     // of the ids of all turns: the same with and without, else it is an Error
};

// The tokens of context that the longest of the dialogues takes with answers of `tokens`.
uint32_t speculation_context(uint32_t tokens);
// Each round answers every dialogue with and without, taking turns in who is first.
std::vector<SpeculationRow> measure_speculation(Console& console, const ModelHandle& model, const SessionHandle& session,
                                                uint32_t tokens, uint32_t rounds, bool quiet);

Json to_json(const std::vector<SpeculationRow>& rows);
void print(const std::vector<SpeculationRow>& rows);

}  // namespace sotto::tools
