// attention.cc - softmax(scale q.k) v over the paged cache for a tile of queries that share one KV head; K and V in f32, f16,
// q8_0.
//
// Page by page: scores of all queries against the page, the running maximum, then the weighted rows. Per query the order is
// pages ascending, tokens ascending, and the sums over head_dim are one vector's lanes: bits do not depend on the tile. Masked
// tokens are never read into a sum. Limit at decode: reading K and V once for all queries of the group.
#include "attention.h"

#include "simd.h"
#include "sotto/types.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

constexpr float kNoScore = -3.0e38f;
constexpr uint32_t kBlock = 4;  // queries that share one load of a K or V vector

struct RowsF32 {
  static F load(const uint8_t* rows, uint32_t token, uint32_t padded, uint32_t d) {
    return f_load(reinterpret_cast<const float*>(rows) + size_t{token} * padded + d);
  }
};
struct RowsF16 {
  static F load(const uint8_t* rows, uint32_t token, uint32_t padded, uint32_t d) {
    return f_load_f16(rows + 2 * (size_t{token} * padded + d));
  }
};
inline uint32_t scale_blocks(uint32_t padded) { return (padded + kUnit - 1) / kUnit; }
inline uint8_t* scale_at(uint8_t* rows, uint32_t token, uint32_t padded, uint32_t block) {
  return rows + size_t{kPageTokens} * padded + 2 * (size_t{token} * scale_blocks(padded) + block);
}
struct RowsQ8 {
  static F load(const uint8_t* rows, uint32_t token, uint32_t padded, uint32_t d) {
    uint16_t scale;
    __builtin_memcpy(&scale, scale_at(const_cast<uint8_t*>(rows), token, padded, d / kUnit), 2);
    const F x = f_load_i8(reinterpret_cast<const int8_t*>(rows) + size_t{token} * padded + d);
    return f_mul(x, f_from_f16_bits(i_set(scale)));
  }
};

inline float exp_one(float x) {
  float t[kLanes];
  f_store(t, f_exp(f_set(x)));
  return t[0];
}

// scores[i][t] = q_i . k_t for the tokens [first, end) of one page, rounded outwards to whole vectors.
template <class Rows, int kQueries>
void dot_page(const uint8_t* rows, uint32_t padded, const float* q, uint32_t first, uint32_t end, float* scores) {
  for (uint32_t group = first / kLanes * kLanes; group < end; group += kLanes) {
    F sums[kQueries][kLanes];
    for (uint32_t t = 0; t < uint32_t{kLanes}; ++t) {
      F sum[kQueries];
      for (int i = 0; i < kQueries; ++i) sum[i] = f_zero();
      for (uint32_t d = 0; d < padded; d += kLanes) {
        const F k = Rows::load(rows, group + t, padded, d);
        for (int i = 0; i < kQueries; ++i) sum[i] = f_fma(f_load(q + static_cast<uint32_t>(i) * padded + d), k, sum[i]);
      }
      for (int i = 0; i < kQueries; ++i) sums[i][t] = sum[i];
    }
    for (int i = 0; i < kQueries; ++i) f_store(scores + static_cast<uint32_t>(i) * kPageTokens + group, f_sum_rows(sums[i]));
  }
}

template <class Rows>
void score_page(const AttentionTask& task, const uint8_t* rows, uint32_t first, uint32_t end, float* scores) {
  const uint32_t padded = task.cache.padded;
  uint32_t i = 0;
  for (; i + kBlock <= task.queries; i += kBlock) {
    dot_page<Rows, kBlock>(rows, padded, task.q + i * padded, first, end, scores + i * kPageTokens);
  }
  for (; i + 2 <= task.queries; i += 2) {
    dot_page<Rows, 2>(rows, padded, task.q + i * padded, first, end, scores + i * kPageTokens);
  }
  for (; i < task.queries; ++i) dot_page<Rows, 1>(rows, padded, task.q + i * padded, first, end, scores + i * kPageTokens);
}

// The part of a page that a query sees.
struct Range {
  uint32_t first, end;
};

// Turns scores into weights, brings the state to the new maximum.
void weigh(const AttentionTask& task, uint32_t query, Range seen, float* scores) {
  const F scale = f_set(task.scale), cap = f_set(task.softcap);
  for (uint32_t t = 0; t < kPageTokens; ++t) {
    if (t < seen.first || t >= seen.end) scores[t] = kNoScore;
  }
  F top = f_set(kNoScore);
  for (uint32_t t = 0; t < kPageTokens; t += kLanes) {
    const F raw = f_load(scores + t);
    F s = f_mul(raw, scale);
    if (task.softcap != 0.0f) s = f_mul(cap, f_tanh(f_div(s, cap)));
    s = f_select_less(f_set(0.5f * kNoScore), raw, s, f_set(kNoScore));
    f_store(scores + t, s);
    top = f_max(top, s);
  }
  const float old_top = task.state.top[query], page_top = f_top(top);
  const float new_top = old_top > page_top ? old_top : page_top;
  F sum = f_zero();
  for (uint32_t t = 0; t < kPageTokens; t += kLanes) {
    const F s = f_load(scores + t);
    const F p = f_select_less(f_set(0.5f * kNoScore), s, f_exp(f_sub(s, f_set(new_top))), f_zero());
    f_store(scores + t, p);
    sum = f_add(sum, p);
  }
  const float keep = exp_one(old_top - new_top);
  task.state.weight[query] = task.state.weight[query] * keep + f_sum(sum);
  task.state.top[query] = new_top;
  if (old_top == new_top) return;
  float* sums = task.state.sums + query * task.cache.padded;
  for (uint32_t d = 0; d < task.cache.padded; d += kLanes) f_store(sums + d, f_mul(f_load(sums + d), f_set(keep)));
}

template <class Rows>
void add_rows(const uint8_t* rows, uint32_t padded, Range seen, const float* weights, uint32_t d, F* sum) {
  for (uint32_t t = seen.first; t < seen.end; ++t) *sum = f_fma(f_set(weights[t]), Rows::load(rows, t, padded, d), *sum);
}

// state += weights x rows for kQueries queries; what they all see is loaded once.
template <class Rows, int kQueries>
void add_block(const AttentionTask& task, const uint8_t* rows, uint32_t query, const Range* seen, const float* weights) {
  Range common = seen[0];
  for (int i = 1; i < kQueries; ++i) {
    if (seen[i].first > common.first) common.first = seen[i].first;
    if (seen[i].end < common.end) common.end = seen[i].end;
  }
  if (common.end < common.first) common.end = common.first;
  const uint32_t padded = task.cache.padded;
  float* state = task.state.sums + query * padded;
  for (uint32_t d = 0; d < padded; d += kLanes) {
    F sum[kQueries];
    for (int i = 0; i < kQueries; ++i) {
      const uint32_t before = seen[i].end < common.first ? seen[i].end : common.first;
      sum[i] = f_load(state + static_cast<uint32_t>(i) * padded + d);
      add_rows<Rows>(rows, padded, {seen[i].first, before}, weights + i * static_cast<int>(kPageTokens), d, &sum[i]);
    }
    for (uint32_t t = common.first; t < common.end; ++t) {
      const F v = Rows::load(rows, t, padded, d);
      for (int i = 0; i < kQueries; ++i) sum[i] = f_fma(f_set(weights[static_cast<uint32_t>(i) * kPageTokens + t]), v, sum[i]);
    }
    for (int i = 0; i < kQueries; ++i) {
      const uint32_t after = seen[i].first > common.end ? seen[i].first : common.end;
      add_rows<Rows>(rows, padded, {after, seen[i].end}, weights + i * static_cast<int>(kPageTokens), d, &sum[i]);
      f_store(state + static_cast<uint32_t>(i) * padded + d, sum[i]);
    }
  }
}

template <class Rows>
void add_page(const AttentionTask& task, const uint8_t* rows, const Range* seen, const float* weights) {
  uint32_t i = 0;
  for (; i + kBlock <= task.queries; i += kBlock) add_block<Rows, kBlock>(task, rows, i, seen + i, weights + i * kPageTokens);
  for (; i + 2 <= task.queries; i += 2) add_block<Rows, 2>(task, rows, i, seen + i, weights + i * kPageTokens);
  for (; i < task.queries; ++i) add_block<Rows, 1>(task, rows, i, seen + i, weights + i * kPageTokens);
}

// Rows of one storage type: how they are scored, added, written and read.
struct Storage {
  uint32_t type;
  void (*score)(const AttentionTask&, const uint8_t*, uint32_t, uint32_t, float*);
  void (*add)(const AttentionTask&, const uint8_t*, const Range*, const float*);
};
constexpr Storage kStorages[] = {
    {SOTTO_F32, score_page<RowsF32>, add_page<RowsF32>},
    {SOTTO_F16, score_page<RowsF16>, add_page<RowsF16>},
    {SOTTO_Q8_0, score_page<RowsQ8>, add_page<RowsQ8>},
};
const Storage& storage_of(uint32_t type) {
  for (const Storage& s : kStorages) {
    if (s.type == type) return s;
  }
  return kStorages[0];
}

}  // namespace

void attend(const AttentionTask& task) {
  const CacheView& cache = task.cache;
  const Storage& keys = storage_of(cache.k_type);
  const Storage& values = storage_of(cache.v_type);
  for (uint32_t page = task.first_page; page < task.end_page; ++page) {
    Range seen[kTileQueries];
    uint32_t first = kPageTokens, end = 0;
    const uint32_t base = page * kPageTokens;
    for (uint32_t i = 0; i < task.queries; ++i) {
      const uint32_t b = task.begin[i] > base ? task.begin[i] - base : 0;
      const uint32_t e = task.end[i] > base ? task.end[i] - base : 0;
      seen[i] = {b < kPageTokens ? b : kPageTokens, e < kPageTokens ? e : kPageTokens};
      if (seen[i].first >= seen[i].end) {
        seen[i] = {0, 0};
        continue;
      }
      if (seen[i].first < first) first = seen[i].first;
      if (seen[i].end > end) end = seen[i].end;
    }
    if (first >= end) continue;
    const uint8_t* rows = cache.base + cache.pages[page] * cache.page_bytes;
    float scores[kTileQueries * kPageTokens];
    keys.score(task, rows + cache.k_offset, first, end, scores);
    for (uint32_t i = 0; i < task.queries; ++i) {
      if (seen[i].first < seen[i].end) weigh(task, i, seen[i], scores + i * kPageTokens);
    }
    values.add(task, rows + cache.v_offset, seen, scores);
  }
}

void merge(const SoftmaxState& total, const SoftmaxState& part, uint32_t padded) {
  if (*part.weight == 0.0f) return;
  const float top = *total.top > *part.top ? *total.top : *part.top;
  const float a = *total.weight == 0.0f ? 0.0f : exp_one(*total.top - top), b = exp_one(*part.top - top);
  for (uint32_t d = 0; d < padded; d += kLanes) {
    const F kept = f_mul(f_load(total.sums + d), f_set(a));
    f_store(total.sums + d, f_fma(f_load(part.sums + d), f_set(b), kept));
  }
  *total.weight = *total.weight * a + *part.weight * b;
  *total.top = top;
}

void finish(const SoftmaxState& total, const float* sink, float* y, uint32_t head_dim) {
  float weight = *total.weight, factor = 1.0f;
  if (sink != nullptr) {
    const float top = *sink > *total.top ? *sink : *total.top;
    factor = exp_one(*total.top - top);
    weight = weight * factor + exp_one(*sink - top);
  }
  const F scale = f_set(weight > 0.0f ? factor / weight : 0.0f);
  uint32_t d = 0;
  for (; d + kLanes <= head_dim; d += kLanes) f_store(y + d, f_mul(f_load(total.sums + d), scale));
  if (d < head_dim) f_store_first(y + d, f_mul(f_load(total.sums + d), scale), head_dim - d);
}

void rotate(const RotaryTask& task) {
  const uint32_t half = task.rotary_dim / 2;
  if (task.interleaved != 0) {
    for (uint32_t i = 0; i < half; ++i) {
      const float a = task.x[2 * i], b = task.x[2 * i + 1];
      task.x[2 * i] = a * task.cosines[i] - b * task.sines[i];
      task.x[2 * i + 1] = a * task.sines[i] + b * task.cosines[i];
    }
    return;
  }
  for (uint32_t i = 0; i < half; ++i) {
    const float a = task.x[i], b = task.x[i + half];
    task.x[i] = a * task.cosines[i] - b * task.sines[i];
    task.x[i + half] = a * task.sines[i] + b * task.cosines[i];
  }
}

namespace {

// `part`: up to 32 numbers from dimension `first` on.
void store_q8(const float* part, uint32_t first, uint32_t end, uint32_t padded, uint8_t* rows, uint32_t token) {
  int8_t* to = reinterpret_cast<int8_t*>(rows) + size_t{token} * padded;
  F top = f_zero();
  for (uint32_t d = first; d < end; d += kLanes) top = f_max(top, f_abs(f_load(part + (d - first))));
  const float largest = f_top(top);
  uint8_t half[2 * kLanes];
  f_store_f16(half, f_set(largest / 127.0f));
  __builtin_memcpy(scale_at(rows, token, padded, first / kUnit), half, 2);
  const F inverse = f_set(largest > 0.0f ? 127.0f / largest : 0.0f);
  for (uint32_t d = first; d < end; d += kLanes) i_store_i8(to + d, i_from_f(f_mul(f_load(part + (d - first)), inverse)));
}

}  // namespace

void store_row(uint32_t type, const float* x, uint32_t count, uint32_t padded, uint8_t* rows, uint32_t token) {
  float part[kUnit];
  for (uint32_t first = 0; first < padded; first += kUnit) {
    const uint32_t end = first + kUnit < padded ? first + kUnit : padded;
    for (uint32_t d = first; d < end; ++d) part[d - first] = d < count ? x[d] : 0.0f;
    if (type == SOTTO_Q8_0) {
      store_q8(part, first, end, padded, rows, token);
      continue;
    }
    for (uint32_t d = first; d < end; d += kLanes) {
      const size_t at = size_t{token} * padded + d;
      if (type == SOTTO_F16) {
        f_store_f16(rows + 2 * at, f_load(part + (d - first)));
      } else {
        f_store(reinterpret_cast<float*>(rows) + at, f_load(part + (d - first)));
      }
    }
  }
}

void load_row(uint32_t type, const uint8_t* rows, uint32_t token, uint32_t count, uint32_t padded, float* x) {
  for (uint32_t d = 0; d < count; d += kLanes) {
    const F row = type == SOTTO_F16    ? RowsF16::load(rows, token, padded, d)
                  : type == SOTTO_Q8_0 ? RowsQ8::load(rows, token, padded, d)
                                       : RowsF32::load(rows, token, padded, d);
    if (d + kLanes <= count) {
      f_store(x + d, row);
    } else {
      f_store_first(x + d, row, count - d);
    }
  }
}

}  // namespace sotto::cpu::SOTTO_CPU_ISA
