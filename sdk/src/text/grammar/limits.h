// limits.h: how much a grammar may take. A grammar comes from whoever describes a function: it is hostile until it is compiled.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sotto::grammar {

constexpr size_t kMostSourceBytes = size_t{1} << 20;
constexpr size_t kMostDepth = 100;  // of groups, schemas and JSON inside of each other
constexpr uint32_t kMostExpressions = 1u << 19;
constexpr uint32_t kMostRules = 1u << 14;
constexpr uint32_t kMostStates = 1u << 18;  // of one automaton, and of all rules together
constexpr uint32_t kMostEdges = 1u << 20;
constexpr uint32_t kMostRepeats = 100000;  // the numbers in {m,n}, maxLength, maxItems
constexpr uint64_t kMostSteps = 30000000;  // of making one automaton deterministic; beyond that it stays as it is

constexpr size_t kMostReadings = 4096;  // of a text by an ambiguous grammar, at one place
constexpr uint64_t kMostMaskSteps = 40000000;
constexpr size_t kMostStackEntries = size_t{1} << 22;  // of one matcher
constexpr size_t kMostCachedBytes = size_t{16} << 20;  // masks of one grammar
constexpr size_t kLongestToken = 255;                  // bytes; longer ones are not chosen under a grammar

}  // namespace sotto::grammar
