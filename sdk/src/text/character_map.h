// character_map.h: SentencePiece's precompiled character map, checked before its library follows the offsets in it.
#pragma once

#include <string_view>

#include "base/status.h"

namespace sotto {

// The map is a length, a double-array trie (darts-clone) and zero-terminated replacements. The library follows the trie's
// offsets without bounds, keeps at most 32 nested matches but reads back as many as there were, and walks as deep as the text
// goes: so every offset, the nesting and the depth are checked here. Replacements must be short, so that text cannot grow
// without bounds, and UTF-8. An empty map is fine.
Status check_character_map(std::string_view map);

}  // namespace sotto
