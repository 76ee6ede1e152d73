// bench_answer.h: one answer, timed by its tokens as they arrive, for `sotto bench`.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "loading.h"

namespace sotto::tools {

struct Spread {
  double min = 0, median = 0, max = 0;
};
// REQUIRES: values are not empty.
Spread spread_of(std::vector<double> values);

struct AnswerWishes {
  const std::vector<uint32_t>* prompt = nullptr;  // empty: the answer before it goes on
  uint32_t count = 0;                             // past the end of text
  float temperature = 0;
  bool speculates = false;
};

// The first token stands for the prefill, the others for the decode.
struct TimedAnswer {
  std::chrono::steady_clock::time_point start, first, last;
  uint32_t count = 0;
  uint32_t drafted = 0, accepted = 0;
  uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a of the ids as little-endian bytes

  double prefill_seconds() const { return std::chrono::duration<double>(first - start).count(); }
  double decode_seconds() const { return std::chrono::duration<double>(last - first).count(); }
};

// Ctrl-C ends it; an Error too where the context is full before.
TimedAnswer time_answer(Console& console, const SessionHandle& session, const AnswerWishes& wishes);
void rewind(const SessionHandle& session);

}  // namespace sotto::tools
