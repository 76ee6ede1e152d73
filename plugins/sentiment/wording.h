// wording.h: every sentence that the plugin says about a mood, in Chinese and English. They speak of the conversation, never of
// the person: no diagnosis, no name of a state of mind.
#pragma once

#include <string_view>

#include "sotto/sentiment.h"

namespace sotto::sentiment {

// Both empty where there is nothing to say. `language`: SOTTO_SENTIMENT_LANGUAGE_*; mixed reads as Chinese, unknown as English.
std::string_view reason_text(const sotto_mood& mood, uint32_t language);
std::string_view hint_text(const sotto_mood& mood, uint32_t language);

}  // namespace sotto::sentiment
