// compile.h: a grammar ready to be matched: one automaton over bytes for each rule, with calls from one to another (a recursive
// transition network, Woods 1970).
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "text/grammar/syntax.h"

namespace sotto::grammar {

// Const after compile, any thread. Of every state some end can be reached: what was matched can always go on.
struct Compiled {
  struct State {
    uint32_t first_edge = 0, first_call = 0;  // the next state's are the ends; the last state is an empty one behind all
    uint32_t rule = 0;
    bool is_final = false;
    bool is_end = false;  // final, and nothing leads on
  };
  struct ByteEdge {
    uint8_t first, last;
    uint32_t to;
  };
  struct Call {
    uint32_t rule, to;
  };
  using Bytes = std::bitset<256>;

  std::vector<State> states;
  std::vector<ByteEdge> edges;  // by first byte within a state
  std::vector<Call> calls;
  std::vector<uint32_t> starts;  // of each rule
  std::vector<Bytes> follow;     // of each rule: the bytes that may come behind it
  uint32_t root = 0;
  uint64_t bytes() const;  // of memory

  uint32_t state_count() const { return static_cast<uint32_t>(states.size() - 1); }
};

// Refused by name: a rule that begins with itself; a grammar that can never end; one that is too large.
Result<std::shared_ptr<const Compiled>> compile(const Syntax& syntax);

}  // namespace sotto::grammar
