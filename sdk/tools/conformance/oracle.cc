#include "conformance/oracle.h"

#include <algorithm>
#include <cmath>

namespace sotto::conformance {

double activate(uint32_t activation, double x) {
  const auto sigmoid = [](double z) { return 1 / (1 + std::exp(-z)); };
  const double positive = x > 0 ? x : 0;
  const double results[] = {
      x,
      0.5 * x * (1 + std::tanh(0.7978845608 * (x + 0.044715 * std::pow(x, 3)))),
      0.5 * x * std::erfc(-x / std::sqrt(2.0)),
      x * sigmoid(1.702 * x),
      x * sigmoid(x),
      positive,
      positive * positive,
      sigmoid(x),
      std::tanh(x),
  };
  return results[activation];
}

Matrix multiply(const Matrix& x, const Tensor& weight, const Tensor* bias) {
  Matrix y(x.rows, static_cast<uint32_t>(weight.rows));
  for (uint32_t t = 0; t < x.rows; ++t) {
    for (uint32_t n = 0; n < y.width; ++n) {
      const double* w = weight.values.data() + n * weight.columns;
      const double* row = x.numbers.data() + size_t{t} * x.width;
      double sum = bias != nullptr ? bias->values[n] : 0;
      for (uint32_t c = 0; c < x.width; ++c) sum += row[c] * w[c];
      y.at(t, n) = sum;
    }
  }
  return y;
}

Matrix normalise(const Matrix& x, uint32_t group, uint32_t kind, double epsilon, const Tensor* weight, const Tensor* bias,
                 Mistake mistake) {
  Matrix y = x;
  if (mistake == Mistake::kMeanKept) kind = SOTTO_NORM_RMS;
  if (mistake == Mistake::kMeanTaken) kind = SOTTO_NORM_LAYER;
  if (mistake == Mistake::kNoGain) weight = nullptr;
  if (mistake == Mistake::kNoBias) bias = nullptr;
  const double inside = mistake == Mistake::kNoEpsilon || mistake == Mistake::kEpsilonOutside ? 0 : epsilon;
  const double outside = mistake == Mistake::kEpsilonOutside ? epsilon : 0;
  const double count = mistake == Mistake::kUnbiased && group > 1 ? group - 1 : group;
  for (uint32_t t = 0; t < x.rows; ++t) {
    for (uint32_t first = 0; first < x.width; first += group) {
      double mean = 0, square = 0;
      for (uint32_t i = 0; i < group; ++i) mean += x.at(t, first + i) / group;
      if (kind == SOTTO_NORM_RMS) mean = 0;
      for (uint32_t i = 0; i < group; ++i) square += std::pow(x.at(t, first + i) - mean, 2) / count;
      for (uint32_t i = 0; i < group; ++i) {
        double& out = y.at(t, first + i);
        out = (out - mean) / (std::sqrt(square + inside) + outside);
        if (weight != nullptr) out *= weight->values[i];
        if (bias != nullptr) out += bias->values[i];
      }
    }
  }
  return y;
}

Matrix rotate(const Matrix& x, uint32_t head_dim, const RotationSpec& spec, Mistake mistake) {
  Matrix y = x;
  if (spec.layout == SOTTO_ROTATION_NONE || mistake == Mistake::kNoRotation) return y;
  const bool no_magnitude = spec.magnitude == 0 || mistake == Mistake::kNoMagnitude;
  const double magnitude = no_magnitude ? 1 : static_cast<double>(spec.magnitude);
  const double rest = mistake == Mistake::kMagnitudeEverywhere ? magnitude : 1;
  const double sign = mistake == Mistake::kRotatedBackwards ? -1 : 1;
  const bool halves = (spec.layout == SOTTO_ROTATION_HALVES) != (mistake == Mistake::kOtherPairing);
  const uint32_t half = spec.rotary_dim / 2, apart = mistake == Mistake::kWholeHeadRotated ? head_dim / 2 : half;
  for (uint32_t t = 0; t < x.rows; ++t) {
    const uint32_t position = mistake == Mistake::kLaterPosition ? t + 1 : t;
    for (uint32_t head = 0; head < x.width; head += head_dim) {
      for (uint32_t i = spec.rotary_dim; i < head_dim; ++i) y.at(t, head + i) *= rest;
      for (uint32_t i = 0; i < half; ++i) {
        const uint32_t a = head + (halves ? i : 2 * i);
        const uint32_t b = halves ? a + apart : a + 1;
        const double angle = static_cast<double>(static_cast<float>(position) * static_cast<float>(spec.inv_freq->values[i]));
        const double sine = sign * std::sin(angle);
        y.at(t, a) = magnitude * (x.at(t, a) * std::cos(angle) - x.at(t, b) * sine);
        y.at(t, b) = magnitude * (x.at(t, a) * sine + x.at(t, b) * std::cos(angle));
      }
    }
  }
  return y;
}

namespace {

// The spec as one who makes the mistake reads it.
AttentionSpec misread(AttentionSpec spec, Mistake mistake) {
  if (mistake == Mistake::kNoSink) spec.sink = nullptr;
  if (mistake == Mistake::kNoWindow) spec.window = 0;
  if (mistake == Mistake::kWindowLonger && spec.window != 0) ++spec.window;
  if (mistake == Mistake::kWindowShorter && spec.window > 1) --spec.window;
  if (mistake == Mistake::kNoCap) spec.softcap = 0;
  if (mistake == Mistake::kNoScoreScale) spec.scale = 0;
  if (mistake == Mistake::kCausalAnyway) spec.causal = true;
  if (mistake == Mistake::kNeverCausal) spec.causal = false;
  return spec;
}

double capped(double score, double scale, double cap, bool before) {
  if (cap == 0) return scale * score;
  return before ? scale * cap * std::tanh(score / cap) : cap * std::tanh(scale * score / cap);
}

}  // namespace

Matrix attend(const Matrix& q, const Matrix& k, const Matrix& v, const AttentionSpec& given, Mistake mistake) {
  const AttentionSpec spec = misread(given, mistake);
  Matrix y(q.rows, q.width);
  const double scale = spec.scale == 0 ? 1 / std::sqrt(spec.head_dim) : static_cast<double>(spec.scale);
  const double cap = static_cast<double>(spec.softcap);
  for (uint32_t t = 0; t < q.rows; ++t) {
    for (uint32_t h = 0; h < spec.heads; ++h) {
      const uint32_t kv_head = mistake == Mistake::kHeadsTaken ? h % spec.kv_heads : h / (spec.heads / spec.kv_heads);
      const uint32_t from = h * spec.head_dim, kv = kv_head * spec.head_dim;
      std::vector<double> scores(k.rows, -HUGE_VAL);  // of what is not seen
      double top = spec.sink == nullptr ? -HUGE_VAL : spec.sink->values[h];
      for (uint32_t j = 0; j < k.rows; ++j) {
        if ((spec.causal && j > t) || (spec.window != 0 && j + spec.window <= t)) continue;
        double score = 0;
        for (uint32_t d = 0; d < spec.head_dim; ++d) score += q.at(t, from + d) * k.at(j, kv + d);
        scores[j] = capped(score, scale, cap, mistake == Mistake::kCapBeforeScale);
        top = std::max(top, scores[j]);
      }
      double total = spec.sink == nullptr ? 0 : std::exp(spec.sink->values[h] - top);
      if (mistake == Mistake::kSinkAddsValue)
        for (uint32_t d = 0; d < spec.head_dim; ++d) y.at(t, from + d) += total * v.at(0, kv + d);
      for (uint32_t j = 0; j < k.rows; ++j) {
        const double weight = std::exp(scores[j] - top);
        total += weight;
        for (uint32_t d = 0; d < spec.head_dim; ++d) y.at(t, from + d) += weight * v.at(j, kv + d);
      }
      for (uint32_t d = 0; d < spec.head_dim; ++d) y.at(t, from + d) /= total;
    }
  }
  return y;
}

}  // namespace sotto::conformance
