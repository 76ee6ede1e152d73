// attention.cc - ATTENTION: k and v of all rows into their cells, then each wanted row and head over the visible positions.
#include <algorithm>
#include <cmath>

#include "numeric.h"
#include "run.h"

namespace sotto::reference {
namespace {

// Cosines, then sines, of the row's angles; the magnitude is in them.
void make_angles(const Run& run, const sotto_attention_args& a, uint32_t rank, uint32_t position) {
  if (a.rotation == SOTTO_ROTATION_NONE) return;
  const float* inv_freq = run.program.vector(a.inv_freq, rank);
  const uint32_t pairs = a.rotary_dim / 2;
  for (uint32_t i = 0; i < pairs; ++i) {
    const float t = static_cast<float>(position) * inv_freq[i];
    run.program.angles[i] = static_cast<float>(or_one(a.magnitude) * std::cos(static_cast<double>(t)));
    run.program.angles[pairs + i] = static_cast<float>(or_one(a.magnitude) * std::sin(static_cast<double>(t)));
  }
}

void rotate(const Run& run, const sotto_attention_args& a, float* x) {
  if (a.rotation == SOTTO_ROTATION_NONE) return;
  const uint32_t pairs = a.rotary_dim / 2;
  const bool interleaved = a.rotation == SOTTO_ROTATION_INTERLEAVED;
  for (uint32_t i = 0; i < pairs; ++i) {
    float& first = x[interleaved ? 2 * i : i];
    float& second = x[interleaved ? 2 * i + 1 : i + pairs];
    const double c = static_cast<double>(run.program.angles[i]), s = static_cast<double>(run.program.angles[pairs + i]);
    const double u = static_cast<double>(first), w = static_cast<double>(second);
    first = static_cast<float>(u * c - w * s);
    second = static_cast<float>(u * s + w * c);
  }
}

// A head of q or k in place. REQUIRES: make_angles for its row.
void prepare(const Run& run, const sotto_attention_args& a, uint32_t rank, uint32_t weight, uint32_t bias, float* x) {
  const NormSpec norm{a.norm_kind, static_cast<double>(a.norm_epsilon), run.program.vector(weight, rank),
                      run.program.vector(bias, rank)};
  const bool norms = weight != SOTTO_NONE, after = (a.flags & SOTTO_ATTENTION_NORM_AFTER) != 0;
  if (norms && !after) normalise(norm, x, a.head_dim, x);
  rotate(run, a, x);
  if (norms && after) normalise(norm, x, a.head_dim, x);
}

sotto_status fill_slot(const Run& run, const Step& step, uint32_t rank) {
  const sotto_attention_args& a = step.args.attention;
  const uint32_t kv_heads = run.program.lowered.slots[a.slot].ranks[rank].kv_heads;
  const size_t width = size_t{kv_heads} * a.head_dim;
  for (uint32_t i = 0; i < run.row_count(); ++i) {
    const sotto_batch_row& row = run.program.rows[i];
    float* k = run.cache.k(a.slot, rank, row.sequence, row.position);
    std::copy_n(run.program.row(step.in[1], rank, i), width, k);
    std::copy_n(run.program.row(step.in[2], rank, i), width, run.cache.v(a.slot, rank, row.sequence, row.position));
    make_angles(run, a, rank, row.position);
    for (uint32_t h = 0; h < kv_heads; ++h) prepare(run, a, rank, a.k_norm, a.k_norm_bias, k + size_t{h} * a.head_dim);
    if (run.watch.worked(2 * width)) return run.stopped();
  }
  return SOTTO_OK;
}

// Positions [begin, end) of its sequence that a row sees.
struct Visible {
  uint32_t begin, end;
};
Visible visible(const Run& run, const sotto_attention_args& a, const sotto_batch_row& row) {
  const bool causal = (a.flags & SOTTO_ATTENTION_NOT_CAUSAL) == 0;
  const uint32_t end = causal ? row.position + 1 : static_cast<uint32_t>(run.cache.cells[row.sequence].cells.size());
  return {a.window != 0 && row.position >= a.window ? row.position + 1 - a.window : 0, end};
}

// One head of one row; q is prepared in program.head. kv_head is counted on the rank. False: stopped.
bool attend(const Run& run, const sotto_attention_args& a, uint32_t rank, const sotto_batch_row& row, uint32_t kv_head,
            const float* sink, float* out) {
  sotto_program& p = run.program;
  const Visible seen = visible(run, a, row);
  const double scale = a.scale == 0 ? 1 / std::sqrt(static_cast<double>(a.head_dim)) : static_cast<double>(a.scale);
  const size_t offset = size_t{kv_head} * a.head_dim;
  p.scores.clear();
  double top = sink == nullptr ? -HUGE_VAL : static_cast<double>(*sink);
  for (uint32_t j = seen.begin; j < seen.end; ++j) {
    const double s =
        softcap(scale * dot(p.head.data(), run.cache.k(a.slot, rank, row.sequence, j) + offset, a.head_dim), a.softcap);
    p.scores.push_back(s);
    top = std::max(top, s);
    if (run.watch.worked(a.head_dim)) return false;
  }
  double total = sink == nullptr ? 0 : std::exp(static_cast<double>(*sink) - top);
  std::fill_n(p.weighted.begin(), a.head_dim, 0.0);
  for (uint32_t j = seen.begin; j < seen.end; ++j) {
    const double weight = std::exp(p.scores[j - seen.begin] - top);
    total += weight;
    const float* v = run.cache.v(a.slot, rank, row.sequence, j) + offset;
    for (uint32_t d = 0; d < a.head_dim; ++d) p.weighted[d] += weight * static_cast<double>(v[d]);
    if (run.watch.worked(a.head_dim)) return false;
  }
  for (uint32_t d = 0; d < a.head_dim; ++d) out[d] = static_cast<float>(p.weighted[d] / total);
  return true;
}

sotto_status attend_rows(const Run& run, const Step& step, uint32_t rank) {
  sotto_program& p = run.program;
  const sotto_attention_args& a = step.args.attention;
  const backend::Slot& slot = p.lowered.slots[a.slot];
  const sotto_rank_heads& heads = slot.ranks[rank];
  const uint32_t sharing = slot.heads / slot.kv_heads;  // query heads per KV head
  const float* sinks = p.vector(a.sink, rank);
  for (uint32_t i = 0; i < run.row_count(); ++i) {
    if (!run.wants(step.out, i)) continue;
    const sotto_batch_row& row = p.rows[i];
    make_angles(run, a, rank, row.position);
    for (uint32_t h = 0; h < heads.heads; ++h) {
      std::copy_n(p.row(step.in[0], rank, i) + size_t{h} * a.head_dim, a.head_dim, p.head.begin());
      prepare(run, a, rank, a.q_norm, a.q_norm_bias, p.head.data());
      const uint32_t kv_head = (heads.first_head + h) / sharing - heads.first_kv_head;
      float* out = p.row(step.out, rank, i) + size_t{h} * a.head_dim;
      if (!attend(run, a, rank, row, kv_head, sinks == nullptr ? nullptr : sinks + h, out)) return run.stopped();
    }
  }
  return SOTTO_OK;
}

}  // namespace

sotto_status run_attention(const Run& run, const Step& step) {
  for (uint32_t rank = 0; rank < run.local_ranks(); ++rank) {
    if (step.fills_slot())
      if (const sotto_status s = fill_slot(run, step, rank); s != SOTTO_OK) return s;
    if (const sotto_status s = attend_rows(run, step, rank); s != SOTTO_OK) return s;
  }
  return SOTTO_OK;
}

}  // namespace sotto::reference
