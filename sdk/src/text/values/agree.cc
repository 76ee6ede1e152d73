#include "text/values/agree.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "text/values/parser.h"

namespace sotto::values {
namespace {

// A fingerprint of the normal forms of a text, in order: FNV-1a, 64 bits. Equal lists have equal ones; that different ones have
// too would need about 2^32 lists.
uint64_t fingerprint(std::string_view text, const sotto_values_options& options) {
  uint64_t hash = 0xcbf29ce484222325u;
  const auto add = [&hash](char c) { hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u; };
  parse(text, options, [&](const sotto_value* readings, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      for (const char c : print(readings[i])) add(c);
      add(i + 1 < count ? '|' : '\n');
    }
  });
  return hash;
}

}  // namespace

Agreement agree(Span<const Hypothesis> hypotheses, const sotto_values_options& options) {
  uint64_t prints[SOTTO_HYPOTHESES_MAX] = {};
  double weights[SOTTO_HYPOTHESES_MAX] = {};
  double best_score = hypotheses[0].score, total = 0;
  for (const Hypothesis& h : hypotheses) best_score = std::max(best_score, h.score);
  for (size_t i = 0; i < hypotheses.size(); ++i) {
    prints[i] = fingerprint(hypotheses[i].text, options);
    weights[i] = std::exp(hypotheses[i].score - best_score);
    total += weights[i];
  }
  Agreement best{0, -1};
  for (size_t i = 0; i < hypotheses.size(); ++i) {
    double weight = 0;
    for (size_t k = 0; k < hypotheses.size(); ++k) weight += prints[k] == prints[i] ? weights[k] : 0;
    const bool is_likelier = prints[i] == prints[best.hypothesis] && weights[i] > weights[best.hypothesis];
    if (weight / total > best.share || is_likelier) best = {static_cast<uint32_t>(i), weight / total};
  }
  return best;
}

}  // namespace sotto::values
