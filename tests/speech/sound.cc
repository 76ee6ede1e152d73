#include "sound.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <random>
#include <sstream>

namespace sotto::speech_test {
namespace {

std::vector<std::string> words_in(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

}  // namespace

Samples resampled(const Samples& samples, uint32_t from, uint32_t to) {
  constexpr int kCrossings = 16;  // on each side
  constexpr double kPi = 3.14159265358979323846;
  const double step = static_cast<double>(from) / to, cut = 0.95 * std::min(1.0, 1 / step);
  const int reach = static_cast<int>(std::ceil(kCrossings / cut)), size = static_cast<int>(samples.size());
  Samples out(static_cast<size_t>(size / step));
  for (size_t i = 0; i < out.size(); ++i) {
    const double at = static_cast<double>(i) * step;
    double sum = 0;
    for (int j = std::max(0, static_cast<int>(at) - reach); j <= std::min(size - 1, static_cast<int>(at) + reach); ++j) {
      const double x = at - j, y = x * cut * kPi;
      const double window = 0.5 + 0.5 * std::cos(kPi * x / (reach + 1));
      sum += samples[static_cast<size_t>(j)] * cut * window * (std::abs(y) < 1e-9 ? 1 : std::sin(y) / y);
    }
    out[i] = static_cast<int16_t>(std::clamp(std::lround(sum), -32768L, 32767L));
  }
  return out;
}

Samples room(double seconds, uint32_t rate) {
  std::mt19937 random(1);
  Samples out(static_cast<size_t>(seconds * rate));
  for (int16_t& s : out) s = static_cast<int16_t>(static_cast<int>(random() % 9) - 4);
  return out;
}

Samples joined(const std::vector<Samples>& parts) {
  Samples out;
  for (const Samples& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

double loudness(const Samples& samples) {
  double sum = 0;
  for (const int16_t s : samples) sum += static_cast<double>(s) * s;
  return samples.empty() ? 0 : std::sqrt(sum / static_cast<double>(samples.size()));
}

size_t word_count(const std::string& text) { return words_in(text).size(); }

size_t word_errors(const std::string& said, const std::string& heard) {
  const std::vector<std::string> a = words_in(said), b = words_in(heard);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t corner = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, corner + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      corner = above;
    }
  }
  return row.back();
}

}  // namespace sotto::speech_test
