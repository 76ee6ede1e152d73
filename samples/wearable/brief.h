// brief.h: answers for a small screen: at most so many words, cut where a sentence or a clause ends.
#pragma once

#include <cstddef>
#include <string>

// Words between spaces; two Chinese characters count as one, as most Chinese words have two.
size_t word_count(const std::string& text);
// The text where it has at most `most` words; else its first sentences, its first clauses, or its first words and "…".
std::string brief(const std::string& text, size_t most);
