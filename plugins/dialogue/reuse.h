// reuse.h: how much of a session's cache serves the next prompt.
//
// The ids a model generated need not be the ids its text tokenizes to: "Hel" + "lo" was generated, "Hello" is rendered.
// Comparing ids alone would throw the cache away from the first such place on. So where ids differ, both sides are compared as
// text: when a few tokens of the session spell the same bytes as a few tokens of the prompt, the session's are kept and the
// comparison goes on behind them. Control tokens count only as equal ids, never as equal text: a message that spells a marker
// must not be taken for the marker. Where the texts differ too (a template that drops thinking, an edited history), reuse ends:
// the longest common prefix.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "status.h"

namespace sotto::dialogue {

using Ids = std::vector<uint32_t>;

// Keep the session's first `keep` tokens, then feed the prompt from `next` on: together they spell the whole prompt.
struct Reuse {
  size_t keep = 0;
  size_t next = 0;
};

// Text of ids [first, first + count); with_control writes control tokens as their names, else they are left out.
using Spell = std::function<Status(const uint32_t* first, size_t count, bool with_control, std::string* text)>;

// At least one token of a prompt is left to feed, because generation starts from the output of a fed token.
Status find_reuse(const Ids& session, const Ids& prompt, const Spell& spell, Reuse* out);

}  // namespace sotto::dialogue
