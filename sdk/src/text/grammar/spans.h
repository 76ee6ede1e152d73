// spans.h: the spans of a text as an automaton, for string arguments that may only repeat what was said.
#pragma once

#include <string_view>

#include "text/grammar/automaton.h"

namespace sotto::grammar {

// Reads every run of whole words of the text, from the beginning of one to the end of another, as they stand there: runs of
// letters and digits are words, and each character of a script that writes no spaces (Chinese, Japanese, Thai) is one. What
// lies between is taken inside of a span, not at its ends. Sign by sign linear in the text: a suffix automaton (Blumer et al.
// 1985) over words. REQUIRES: valid UTF-8.
Automaton spans_of(std::string_view text);

}  // namespace sotto::grammar
