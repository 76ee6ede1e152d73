#include "run/sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "run/user_call.h"

namespace sotto {
namespace {

constexpr uint32_t kDefaultPenaltyTokens = 64;
constexpr size_t kLanes = 16;
// Logits are counted by their distance from the highest, so that the few that matter are found in one pass.
constexpr size_t kBuckets = 1024;
constexpr float kBucketsPerUnit = 16;

// SplitMix64 (Steele et al. 2014): a number for each (seed, step).
uint64_t random_bits(uint64_t seed, uint64_t step) {
  uint64_t z = seed * 0xD1342543DE82EF95ull + (step + 1) * 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

double unit_interval(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1.0p-53; }

// e^x for x <= 0, within 3e-7 of it; below -87 nearly 0. Plain arithmetic that compilers vectorise: Cody and Waite's reduction
// by ln 2, then a polynomial on [-0.35, 0.35].
inline float exp_of_negative(float x) {
  x = x > -87.0f ? x : -87.0f;
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  const float n = (x * 1.44269504f + kRound) - kRound;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  int32_t bits = 0;
  std::memcpy(&bits, &p, sizeof p);
  bits += static_cast<int32_t>(n) * (1 << 23);
  std::memcpy(&p, &bits, sizeof p);
  return p;
}

// The highest of all; NaN and infinities are left out but told of.
float highest(Span<const float> logits, bool* strange) {
  float top[kLanes], odd[kLanes] = {};
  std::fill(std::begin(top), std::end(top), -INFINITY);
  size_t i = 0;
  for (; i + kLanes <= logits.size(); i += kLanes) {
    for (size_t l = 0; l < kLanes; ++l) {
      const float x = logits[i + l];
      top[l] = x > top[l] ? x : top[l];
      odd[l] += x != x ? 1.0f : 0.0f;
    }
  }
  for (; i < logits.size(); ++i) {
    top[0] = logits[i] > top[0] ? logits[i] : top[0];
    odd[0] += logits[i] != logits[i] ? 1.0f : 0.0f;
  }
  const float best = *std::max_element(std::begin(top), std::end(top));
  *strange = best == INFINITY || std::any_of(std::begin(odd), std::end(odd), [](float n) { return n > 0; });
  return best;
}

// The sum of e^(logit - top).
double total_weight(Span<const float> logits, float top) {
  double total = 0;
  constexpr size_t kRun = 1024;  // short enough for float lanes
  for (size_t first = 0; first < logits.size(); first += kRun) {
    float lanes[kLanes] = {};
    const size_t end = std::min(first + kRun, logits.size());
    size_t i = first;
    for (; i + kLanes <= end; i += kLanes)
      for (size_t l = 0; l < kLanes; ++l) lanes[l] += exp_of_negative(logits[i + l] - top);
    for (; i < end; ++i) lanes[0] += exp_of_negative(logits[i] - top);
    for (const float lane : lanes) total += static_cast<double>(lane);
  }
  return total;
}

size_t bucket_of(float logit, float top) {
  const float distance = (top - logit) * kBucketsPerUnit;
  return distance < static_cast<float>(kBuckets - 1) ? static_cast<size_t>(distance) : kBuckets - 1;
}

Span<const float> read_only(Span<float> logits) { return Span<const float>(logits.data(), logits.size()); }

}  // namespace

float log_probability(Span<const float> logits, uint32_t token) {
  bool strange = false;
  const float top = highest(logits, &strange);
  return static_cast<float>(static_cast<double>(logits[token] - top) - std::log(total_weight(logits, top)));
}

Sampler::Sampler(const sotto_generate_options& options, uint32_t vocabulary, grammar::TokenMatcher* matcher)
    : options_(options), vocabulary_(vocabulary), matcher_(matcher) {
  const bool penalties = (options.repeat_penalty != 0 && options.repeat_penalty != 1) || options.presence_penalty != 0 ||
                         options.frequency_penalty != 0;
  if (penalties) counts_.resize(vocabulary);
  if (options.temperature > 0) candidates_.reserve(vocabulary);
  if (options.on_token && (options.flags & SOTTO_GENERATE_LOGPROBS)) raw_.reserve(vocabulary);
}

Status Sampler::check() const {
  for (uint32_t i = 0; i < options_.bias_count; ++i) {
    const sotto_token_bias& b = options_.biases[i];
    if (b.token >= vocabulary_)
      return Status(SOTTO_INVALID_ARGUMENT,
                    fmt::format("bias {} is for token {}, the vocabulary has {}", i, b.token, vocabulary_));
    if (!(b.bias < INFINITY))
      return Status(SOTTO_INVALID_ARGUMENT,
                    fmt::format("the bias of token {} is {}, expected a number or -infinity", b.token, b.bias));
  }
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

Result<Sampler::Choice> Sampler::next(Span<float> logits, Span<const uint32_t> recent, bool at_text_start) {
  Choice choice;
  const bool wants_logprob = options_.on_token && (options_.flags & SOTTO_GENERATE_LOGPROBS);
  if (wants_logprob) raw_.assign(logits.begin(), logits.end());
  for (uint32_t i = 0; i < options_.bias_count; ++i) logits[options_.biases[i].token] += options_.biases[i].bias;
  if (matcher_) {
    SOTTO_TRY(matcher_->fill(at_text_start));
    SOTTO_TRY(matcher_->forbid(logits.data(), static_cast<uint32_t>(logits.size())));
  }
  if (options_.mask) {
    SOTTO_ASSIGN(choice.ended_by_mask, user_call("mask", [&] {
                   return options_.mask(options_.mask_user, logits.data(), static_cast<uint32_t>(logits.size()));
                 }));
    if (choice.ended_by_mask) return choice;
  }
  apply_penalties(logits, recent);
  bool strange = false;
  const float top = highest(read_only(logits), &strange);
  if (strange)
    return Status(options_.mask ? SOTTO_INVALID_ARGUMENT : SOTTO_INTERNAL,
                  "choosing a token: a logit is not a number; the model's weights are damaged, or the mask callback wrote it");
  if (top == -INFINITY && !options_.mask && !matcher_ && options_.bias_count == 0)
    return Status(SOTTO_INTERNAL, "choosing a token: all logits are -infinity; the model's weights are damaged");
  if (top == -INFINITY)
    return Status(SOTTO_INVALID_ARGUMENT,
                  fmt::format("choosing a token: biases, grammar and mask forbid all {} of them", logits.size()));
  ++step_;
  if (options_.temperature > 0)
    choice.token = draw(read_only(logits), top);
  else
    choice.token = static_cast<uint32_t>(std::find(logits.begin(), logits.end(), top) - logits.begin());
  if (wants_logprob) choice.logprob = log_probability(Span<const float>(raw_), choice.token);
  return choice;
}

// The lowest logit that may pass the filters, roughly; *mass: what the probabilities of top_p are parts of.
float Sampler::reach(Span<const float> logits, float top, double* mass) const {
  const bool by_rank = options_.top_k > 0 && options_.top_k < logits.size();
  const bool by_mass = options_.top_p > 0 && options_.top_p < 1 && !by_rank;
  *mass = by_mass ? total_weight(logits, top) : 0;
  float lowest = top - 60.0f * std::max(1.0f, options_.temperature);  // e^-60 is below the resolution of any draw
  if (options_.min_p > 0) lowest = std::max(lowest, top + std::log(options_.min_p) - 0.001f);
  if (!by_rank && !by_mass) return lowest;
  uint32_t counts[kBuckets] = {};
  for (const float x : logits) ++counts[bucket_of(x, top)];
  double needed = by_rank ? static_cast<double>(options_.top_k) : static_cast<double>(options_.top_p) * *mass;
  for (size_t b = 0; b + 1 < kBuckets; ++b) {
    const auto distance = static_cast<float>(b + 1) / kBucketsPerUnit;
    // Of a bucket's tokens each weighs at least what its far end does.
    needed -= by_rank ? counts[b] : counts[b] * std::exp(-static_cast<double>(distance));
    if (needed <= 0) return std::max(lowest, top - distance - 0.001f);
  }
  return lowest;
}

// top_k, top_p and min_p, exactly, on the candidates.
void Sampler::filter(double mass) {
  const auto better = [](const Candidate& a, const Candidate& b) {
    return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
  };
  if (options_.top_k > 0 && options_.top_k < candidates_.size()) {
    std::nth_element(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(options_.top_k), candidates_.end(),
                     better);
    candidates_.resize(options_.top_k);
  }
  std::sort(candidates_.begin(), candidates_.end(), better);
  if (options_.top_p > 0 && options_.top_p < 1) {
    if (mass == 0)
      for (const Candidate& c : candidates_) mass += static_cast<double>(c.weight);
    double sum = 0;
    size_t kept = 0;
    while (kept < candidates_.size() && sum < static_cast<double>(options_.top_p) * mass)
      sum += static_cast<double>(candidates_[kept++].weight);
    candidates_.resize(std::max<size_t>(kept, 1));
  }
  while (candidates_.size() > 1 && candidates_.back().weight < options_.min_p) candidates_.pop_back();
}

uint32_t Sampler::draw(Span<const float> logits, float top) {
  double mass = 0;
  const float lowest = reach(logits, top, &mass);
  candidates_.clear();
  for (size_t i = 0; i < logits.size(); ++i)
    if (logits[i] >= lowest) candidates_.push_back({static_cast<uint32_t>(i), logits[i], exp_of_negative(logits[i] - top)});
  if (options_.top_k > 0 || (options_.top_p > 0 && options_.top_p < 1) || options_.min_p > 0) filter(mass);
  double sum = 0;
  for (Candidate& c : candidates_) {
    if (options_.temperature != 1) c.weight = exp_of_negative((c.logit - top) / options_.temperature);
    sum += static_cast<double>(c.weight);
  }
  double left = unit_interval(random_bits(options_.seed, step_)) * sum;
  for (const Candidate& c : candidates_) {
    left -= static_cast<double>(c.weight);
    if (left < 0) return c.token;
  }
  return candidates_.back().token;
}

}  // namespace sotto
