// cycles.h: what calls itself, by whatever way. Inside the grammar folder only.
#pragma once

#include <cstdint>
#include <vector>

namespace sotto::grammar {

struct Cycles {
  std::vector<uint32_t> callees_first;  // all, in an order in which callees come before callers, where they can
  std::vector<bool> is_in_one;
};
// The strongly connected components of a graph (Tarjan 1972), without recursion.
Cycles find_cycles(const std::vector<std::vector<uint32_t>>& callees);

}  // namespace sotto::grammar
