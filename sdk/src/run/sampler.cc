#include "run/sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace sotto {
namespace {

constexpr uint32_t kDefaultPenaltyTokens = 64;

// SplitMix64 (Steele et al. 2014): a number for each (seed, step).
uint64_t random_bits(uint64_t seed, uint64_t step) {
  uint64_t z = seed * 0xD1342543DE82EF95ull + (step + 1) * 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

double unit_interval(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1.0p-53; }

// The highest logit that is a number; ties go to the lowest token. SOTTO_NONE when there is none above minus infinity.
uint32_t highest(Span<const float> logits) {
  uint32_t best = SOTTO_NONE;
  float value = -INFINITY;
  for (size_t i = 0; i < logits.size(); ++i) {
    if (logits[i] > value) {
      value = logits[i];
      best = static_cast<uint32_t>(i);
    }
  }
  return best;
}

}  // namespace

float log_probability(Span<const float> logits, uint32_t token) {
  const float top = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float x : logits) sum += std::exp(static_cast<double>(x - top));
  return static_cast<float>(static_cast<double>(logits[token] - top) - std::log(sum));
}

Sampler::Sampler(const sotto_generate_options& options, uint32_t vocabulary) : options_(options) {
  const bool penalties = (options.repeat_penalty != 0 && options.repeat_penalty != 1) || options.presence_penalty != 0 ||
                         options.frequency_penalty != 0;
  if (penalties) counts_.resize(vocabulary);
  if (options.temperature > 0) candidates_.reserve(vocabulary);
}

Status Sampler::apply_biases(Span<float> logits) const {
  for (uint32_t i = 0; i < options_.bias_count; ++i) {
    const sotto_token_bias& b = options_.biases[i];
    if (b.token >= logits.size())
      return Status(SOTTO_INVALID_ARGUMENT,
                    fmt::format("bias {} is for token {}, the vocabulary has {}", i, b.token, logits.size()));
    logits[b.token] += b.bias;
  }
  if (options_.mask && options_.mask(options_.mask_user, logits.data(), static_cast<uint32_t>(logits.size())))
    return Status(SOTTO_CANCELLED, "the mask callback ended the generation");
  return {};
}

void Sampler::apply_penalties(Span<float> logits, Span<const uint32_t> recent) {
  if (counts_.empty()) return;
  const size_t window = options_.penalty_tokens ? options_.penalty_tokens : kDefaultPenaltyTokens;
  const auto last = recent.part(recent.size() - std::min(recent.size(), window), std::min(recent.size(), window));
  for (const uint32_t token : last) counts_[token] = static_cast<uint16_t>(std::min(counts_[token] + 1, 65535));
  for (const uint32_t token : last) {
    const uint16_t count = counts_[token];
    if (count == 0) continue;  // done already
    float& x = logits[token];
    if (options_.repeat_penalty > 0) x = x > 0 ? x / options_.repeat_penalty : x * options_.repeat_penalty;
    x -= options_.presence_penalty + options_.frequency_penalty * static_cast<float>(count);
    counts_[token] = 0;
  }
}

Result<uint32_t> Sampler::next(Span<float> logits, Span<const uint32_t> recent) {
  SOTTO_TRY(apply_biases(logits));
  apply_penalties(logits, recent);
  const uint32_t best = highest(Span<const float>(logits.data(), logits.size()));
  if (best == SOTTO_NONE)
    return Status(SOTTO_INVALID_ARGUMENT, "choosing a token: biases and mask forbid all of them, or the logits are no numbers");
  ++step_;
  return options_.temperature > 0 ? draw(Span<const float>(logits.data(), logits.size())) : best;
}

uint32_t Sampler::draw(Span<const float> logits) {
  // Candidates within reach of the best: exp(-60) is beyond the resolution of any draw.
  const float top = logits[highest(logits)];
  const float reach = 60.0f * std::max(1.0f, options_.temperature);
  candidates_.clear();
  for (size_t i = 0; i < logits.size(); ++i)
    if (logits[i] >= top - reach) candidates_.push_back({static_cast<uint32_t>(i), logits[i]});
  const auto better = [](const Candidate& a, const Candidate& b) {
    return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
  };
  size_t kept = candidates_.size();
  if (options_.top_k > 0 && options_.top_k < kept) {
    kept = options_.top_k;
    std::nth_element(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(kept), candidates_.end(), better);
    candidates_.resize(kept);
  }
  const bool top_p = options_.top_p > 0 && options_.top_p < 1;
  if (top_p || options_.min_p > 0) {
    double sum = 0;
    for (const Candidate& c : candidates_) sum += std::exp(static_cast<double>(c.logit - top));
    if (options_.min_p > 0) {
      const auto weak = std::remove_if(candidates_.begin(), candidates_.end(), [&](const Candidate& c) {
        return std::exp(static_cast<double>(c.logit - top)) < static_cast<double>(options_.min_p);
      });
      candidates_.erase(weak, candidates_.end());
    }
    if (top_p) {
      std::sort(candidates_.begin(), candidates_.end(), better);
      double mass = 0;
      kept = 0;
      while (kept < candidates_.size() && mass < static_cast<double>(options_.top_p) * sum)
        mass += std::exp(static_cast<double>(candidates_[kept++].logit - top));
      candidates_.resize(std::max<size_t>(kept, 1));
    }
  }
  // A fixed order, so that the draw does not depend on how the candidates were found.
  std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) { return a.token < b.token; });
  double sum = 0;
  for (const Candidate& c : candidates_) sum += std::exp(static_cast<double>((c.logit - top) / options_.temperature));
  double left = unit_interval(random_bits(options_.seed, step_)) * sum;
  for (const Candidate& c : candidates_) {
    left -= std::exp(static_cast<double>((c.logit - top) / options_.temperature));
    if (left < 0) return c.token;
  }
  return candidates_.back().token;
}

}  // namespace sotto
