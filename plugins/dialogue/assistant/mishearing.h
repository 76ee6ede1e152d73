// mishearing.h: what was probably said, where a recogniser wrote something else: letters and characters changed, lost or added,
// by what is usually said to this device (phrases.h; a noisy channel, Shannon 1948; Brill & Moore 2000). Words that nobody can
// know, names of people and songs, are left as they are.
#pragma once

#include <string>
#include <string_view>

#include "phrases.h"

namespace sotto::assistant {

struct Repair {
  std::string text;     // as heard, where nothing likelier was found
  double as_heard = 0;  // natural logarithm of how likely the text is to be said as it was heard
  double gain = 0;      // by how much the repaired text is likelier, its errors counted; 0 where it is as heard
  uint32_t errors = 0;  // mended
};

Repair repaired(const Phrases& phrases, std::string_view text);

}  // namespace sotto::assistant
