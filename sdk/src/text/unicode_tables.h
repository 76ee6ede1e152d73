// unicode_tables.h: the generated data behind unicode.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sotto {

// From `first` up to the next run every code point has this value.
struct CategoryRun {
  uint32_t first;
  uint8_t value;
};
extern const CategoryRun kCategoryRuns[];  // bits of CharacterClass
extern const size_t kCategoryRunCount;
extern const CategoryRun kCombiningRuns[];  // canonical combining classes
extern const size_t kCombiningRunCount;

// `whole` = `first` `second` (0: a singleton).
struct Decomposition {
  uint32_t whole, first, second;
};
extern const Decomposition kDecompositions[];  // by whole
extern const size_t kDecompositionCount;
extern const Decomposition kCompositions[];  // by first, then second; without the exclusions
extern const size_t kCompositionCount;

}  // namespace sotto
