// frames.h: what stands at the holes of an example sentence, in a text that was said much like it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text.h"

namespace sotto::assistant {

// Whether words can be the value of the hole of a name.
using IsValue = std::function<bool(const std::string& hole, const std::string& words)>;

// The words at {name} of the example that the text, in normal form, follows most closely: words may stand before the example's
// first and behind its last ones. Of several examples the one with most words of its own.
std::optional<std::string> words_at_hole(const std::vector<std::string>& examples, const std::string& name,
                                         std::string_view normal, const IsValue& is_value);

// The words right in front of what stands behind {name} in an example, in the order of the examples: "两" of "两份猫粮" by
// "出{count}份".
std::vector<std::string> words_before_tail(const std::vector<std::string>& examples, const std::string& name,
                                           std::string_view normal);

// The same words as they were written in the text, with capitals; as they are given where they are not found.
std::string as_written(std::string_view text, const std::string& words);

}  // namespace sotto::assistant
