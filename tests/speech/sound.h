// sound.h: what the tests do with samples: another rate, silence around them, how loud they are, words that differ.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sotto::speech_test {

using Samples = std::vector<int16_t>;

// By a windowed sinc of 32 zero crossings, cut off below the lower rate's half.
Samples resampled(const Samples& samples, uint32_t from, uint32_t to);
// Silence as a quiet room has it: noise of a few units, the same each time.
Samples room(double seconds, uint32_t rate);
Samples joined(const std::vector<Samples>& parts);
double loudness(const Samples& samples);  // root of the mean square, 0 to 32768

// Words to insert, delete or exchange (Levenshtein 1966).
size_t word_errors(const std::string& said, const std::string& heard);
size_t word_count(const std::string& text);

}  // namespace sotto::speech_test
