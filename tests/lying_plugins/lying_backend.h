// lying_backend.h: the reference backend with one function that does not keep its word, for tests of what the host makes of it.
#pragma once

#include <string_view>

#include "sotto/backend.h"
#include "sotto/plugin.h"

namespace sotto::lying {

enum class Kind : uint8_t {
  kNone,
  // Of any fallible function.
  kStatus,       // answers `status` and does nothing
  kNothing,      // answers success and does nothing: out-parameters stay as they were
  kThrow,        // std::runtime_error
  kThrowNumber,  // an int
  kEndlessText,  // fails with a sentence that has no end
  kOddText,      // fails with a sentence that is no UTF-8
  // Of those that make objects: fails, and yet puts an address into the out-parameter that is none.
  kGarbage,
  // Of those that return numbers; the work itself is done.
  kHugeCount,      // device_count: 2^32 - 1
  kEndlessName,    // device_info: names without an end
  kLittleMemory,   // device_info: so many bytes are free
  kHugeCosts,      // check: costs whose sum wraps
  kOtherSize,      // cache_export: another size than asked for
  kNoRows,         // run: NULL for the rows
  kFewRows,        // run: no rows delivered
  kFewTokens,      // run: commits none of the tokens
  kManyTokens,     // run: commits more tokens than it was given
  kNotNumbers,     // run: rows of NaN
  kNoneLikely,     // run: rows of -infinity
  kStopElsewhere,  // run: asks should_stop on another thread
  kOwnPointers,    // run: puts pointers of its own into the result
  kCount
};

struct Lie {
  std::string_view function;  // of sotto_backend
  Kind kind = Kind::kNone;
  sotto_status status = 0;
  uint32_t after = 0;  // calls of the function that are honest first
  uint64_t bytes = 0;  // of kLittleMemory
};

// From now on. One thread at a time; REQUIRES: no model is open on the backend.
void tell(const Lie& lie);
// How often a lie was told since.
uint32_t times_told();

constexpr char kId[] = "test.sotto.liar";
// Every function is there.
const sotto_backend& table();
const sotto_plugin_entry& entry();

}  // namespace sotto::lying
