// attention.cc: ATTENTION. The keys and values of all rows of the batch go into the cache first, then each wanted row looks at
// what it may see: a row that is not causal sees later rows of the same batch too.
#include <algorithm>
#include <cmath>

#include "arithmetic.h"
#include "faults.h"
#include "run.h"

namespace external {
namespace {

// One ATTENTION on one rank.
struct Attention {
  const Run& run;
  const sotto_attention_args a;
  const Slot& slot;
  const sotto_rank_heads& heads;
  uint32_t rank;

  const float* vector(uint32_t weight) const { return run.program.weights.vector(weight, rank); }
};

// Cosines, then sines, times the magnitude: for all heads of a row.
void make_angles(const Attention& at, uint32_t position) {
  if (at.a.rotation == SOTTO_ROTATION_NONE) return;
  const float* inv_freq = at.vector(at.a.inv_freq);
  const uint32_t pairs = at.a.rotary_dim / 2;
  float* angles = at.run.program.angles.data();
  for (uint32_t i = 0; i < pairs; ++i) {
    const float t = static_cast<float>(position) * inv_freq[i];
    angles[i] = std::cos(t) * or_one(at.a.magnitude);
    angles[pairs + i] = std::sin(t) * or_one(at.a.magnitude);
  }
}

void rotate(const Attention& at, float* x) {
  if (at.a.rotation == SOTTO_ROTATION_NONE) return;
  const uint32_t pairs = at.a.rotary_dim / 2;
  const float* angles = at.run.program.angles.data();
  const bool is_interleaved = at.a.rotation == SOTTO_ROTATION_INTERLEAVED && !faults::kWrongRotation;
  const size_t step = is_interleaved ? 2 : 1, apart = is_interleaved ? 1 : pairs;
  for (uint32_t i = 0; i < pairs; ++i) {
    float &first = x[step * i], &second = x[step * i + apart];
    const float u = first, v = second;
    first = u * angles[i] - v * angles[pairs + i];
    second = u * angles[pairs + i] + v * angles[i];
  }
}

// A head of q or k: normalised and rotated, in the order that the flags say. REQUIRES: make_angles for its row.
void prepare(const Attention& at, uint32_t weight, uint32_t bias, float* x) {
  const bool is_after = (at.a.flags & SOTTO_ATTENTION_NORM_AFTER) != 0;
  const auto norm = [&] {
    if (weight != SOTTO_NONE)
      normalise({at.a.norm_kind, at.a.norm_epsilon, at.vector(weight), at.vector(bias)}, x, at.a.head_dim, x);
  };
  if (!is_after) norm();
  rotate(at, x);
  if (is_after) norm();
}

void fill_slot(const Attention& at, const Step& step) {
  sotto_program& p = at.run.program;
  for (uint32_t i = 0; i < at.run.row_count(); ++i) {
    const sotto_batch_row& row = p.rows[i];
    make_angles(at, row.position);
    for (uint32_t h = 0; h < at.heads.kv_heads; ++h) {
      const size_t offset = size_t{h} * at.a.head_dim;
      std::copy_n(p.row(step.in[1], at.rank, i) + offset, at.a.head_dim, p.head.data());
      prepare(at, at.a.k_norm, at.a.k_norm_bias, p.head.data());
      at.run.cache.write(at.a.slot, at.rank, sotto_cache::kKeys, h, row.sequence, row.position, p.head.data());
      at.run.cache.write(at.a.slot, at.rank, sotto_cache::kValues, h, row.sequence, row.position,
                         p.row(step.in[2], at.rank, i) + offset);
      at.run.watch.did(uint64_t{2} * at.a.head_dim);
    }
  }
}

// One head of one row, whose q is prepared in program.head.
void attend(const Attention& at, const sotto_batch_row& row, uint32_t kv_head, const float* sink, float* out) {
  sotto_program& p = at.run.program;
  const sotto_attention_args& a = at.a;
  const bool is_causal = (a.flags & SOTTO_ATTENTION_NOT_CAUSAL) == 0;
  const uint32_t end = is_causal ? row.position + 1 : at.run.cache.length(row.sequence);
  const uint32_t begin = a.window != 0 && row.position >= a.window ? row.position + 1 - a.window : 0;
  const float scale = a.scale == 0 ? 1 / std::sqrt(static_cast<float>(a.head_dim)) : a.scale;
  p.scores.resize(end - begin);
  float top = sink == nullptr ? -INFINITY : *sink;  // of all scores: keeps the exponentials in range
  for (uint32_t j = begin; j < end; ++j) {
    at.run.cache.read(a.slot, at.rank, sotto_cache::kKeys, kv_head, row.sequence, j, p.weighted.data());
    p.scores[j - begin] = softcap(scale * dot(p.head.data(), p.weighted.data(), a.head_dim), a.softcap);
    top = std::max(top, p.scores[j - begin]);
    at.run.watch.did(a.head_dim);
  }
  double total = sink == nullptr ? 0 : std::exp(static_cast<double>(*sink - top));
  std::fill_n(out, a.head_dim, 0.0f);
  for (uint32_t j = begin; j < end; ++j) {
    const float weight = std::exp(p.scores[j - begin] - top);
    total += static_cast<double>(weight);
    at.run.cache.read(a.slot, at.rank, sotto_cache::kValues, kv_head, row.sequence, j, p.weighted.data());
    for (uint32_t d = 0; d < a.head_dim; ++d) out[d] += weight * p.weighted[d];
    at.run.watch.did(a.head_dim);
  }
  for (uint32_t d = 0; d < a.head_dim; ++d) out[d] /= static_cast<float>(total);
}

void attend_rows(const Attention& at, const Step& step) {
  sotto_program& p = at.run.program;
  const uint32_t sharing = at.slot.heads / at.slot.kv_heads;  // query heads per KV head, counted over the whole model
  const float* sinks = at.vector(at.a.sink);
  for (uint32_t i = 0; i < at.run.row_count(); ++i) {
    if (!at.run.wants(step.out, i)) continue;
    make_angles(at, p.rows[i].position);
    for (uint32_t h = 0; h < at.heads.heads; ++h) {
      const size_t offset = size_t{h} * at.a.head_dim;
      std::copy_n(p.row(step.in[0], at.rank, i) + offset, at.a.head_dim, p.head.data());
      prepare(at, at.a.q_norm, at.a.q_norm_bias, p.head.data());
      const uint32_t kv_head = (at.heads.first_head + h) / sharing - at.heads.first_kv_head;
      attend(at, p.rows[i], kv_head, sinks == nullptr ? nullptr : sinks + h, p.row(step.out, at.rank, i) + offset);
    }
  }
}

}  // namespace

void run_attention(const Run& run, const Step& step) {
  const auto a = step.args<sotto_attention_args>();
  const Slot& slot = run.program.plan.slots[a.slot];
  for (uint32_t rank = 0; rank < run.ranks(); ++rank) {
    const Attention at{run, a, slot, slot.ranks[rank], rank};
    if ((a.flags & SOTTO_ATTENTION_READ_ONLY) == 0) fill_slot(at, step);
    attend_rows(at, step);
  }
}

}  // namespace external
