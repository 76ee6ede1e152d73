// attention.cc - softmax(scale q.k) v over the paged cache for a tile of queries that share one KV head; K and V in f32, f16,
// q8_0.
//
// Page by page: scores of all queries against the page, the running maximum, then the weighted values. Scores and weighted
// values are the same product of a few rows (queries, weights) and a page's part (cache_parts.h): tiles of rows by vectors that
// stay in registers, a number of the part widened once for all rows of a tile, the next page asked of memory meanwhile. Per
// query the order is pages ascending, tokens ascending, and a score is summed in the order of the dimensions: bits do not
// depend on the tile. Masked tokens are never read into a sum. Limit at decode: reading K and V once for all queries of the
// group.
#include "attention.h"

#include "cache_parts.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

constexpr float kNoScore = -3.0e38f;
constexpr uint32_t kMostRows = 6;  // by two vectors: 12 sums, 2 operands and a broadcast number are 15 of 16 registers

// A tile's vectors: with few rows more of them, so that the sums hide the latency of an addition. A page has 32 / kLanes.
constexpr int vectors_of(int rows) { return rows <= 3 && kLanes <= 8 ? 4 : 2; }

inline float exp_one(float x) {
  float t[kLanes];
  f_store(t, f_exp(f_set(x)));
  return t[0];
}

struct Range {
  uint32_t first, end;
};

// The left side: rows of float32, `stride` numbers apart.
struct Rows {
  const float* first;
  uint32_t stride;
};

// The right side: one page's keys or values, and the way to the next page's, in bytes (0: there is none).
struct Part {
  const uint8_t* numbers;
  uint32_t padded;
  ptrdiff_t ahead;
};

template <int kVectors>
struct Vectors {
  static constexpr int count = kVectors;
};
// body(Vectors<k>, column) for the columns of [first, end) in tiles of kWidest vectors, the rest in smaller ones. The range is
// a multiple of kLanes.
template <int kWidest, class Body>
__attribute__((always_inline)) inline void for_columns(uint32_t first, uint32_t end, Body&& body) {
  uint32_t n = first;
  for (; n + kWidest * kLanes <= end; n += kWidest * kLanes) body(Vectors<kWidest>{}, n);
  if constexpr (kWidest > 2) {
    for (; n + 2 * kLanes <= end; n += 2 * kLanes) body(Vectors<2>{}, n);
  }
  for (; n < end; n += kLanes) body(Vectors<1>{}, n);
}

// sums[i][v] += rows[i][k] * numbers[k][v] for k in `over`; `numbers`: the tile's first column of k = 0, `step` bytes to the
// next k.
template <class T, int kRows, int kVectors>
__attribute__((always_inline)) inline void add_products(const Rows& rows, const uint8_t* numbers, uint32_t step,
                                                        ptrdiff_t ahead, Range over, F (&sums)[kRows][kVectors]) {
  const float* x[kRows];
  for (int i = 0; i < kRows; ++i) x[i] = rows.first + static_cast<uint32_t>(i) * rows.stride;
  const uint8_t* p = numbers + size_t{over.first} * step;
  for (uint32_t k = over.first; k < over.end; ++k, p += step) {
    __builtin_prefetch(p + ahead);
    if constexpr (kVectors > 2) {  // few rows: their numbers stay, the part's come one by one
      F a[kRows];
      for (int i = 0; i < kRows; ++i) a[i] = f_set(x[i][k]);
      for (int v = 0; v < kVectors; ++v) {
        const F b = T::load(p + static_cast<uint32_t>(v * kLanes) * T::kBytes);
        for (int i = 0; i < kRows; ++i) sums[i][v] = f_fma(a[i], b, sums[i][v]);
      }
    } else {
      F b[kVectors];
      for (int v = 0; v < kVectors; ++v) b[v] = T::load(p + static_cast<uint32_t>(v * kLanes) * T::kBytes);
      for (int i = 0; i < kRows; ++i) {
        const F a = f_set(x[i][k]);
        for (int v = 0; v < kVectors; ++v) sums[i][v] = f_fma(a, b[v], sums[i][v]);
      }
    }
  }
}

// scores[i][t] = q_i . k_t for the tokens of a tile of columns from `token` on.
template <class T, int kRows, int kVectors>
void score_tile(const Rows& queries, const Part& keys, uint32_t token, float* scores) {
  constexpr uint32_t kStep = kPageTokens * T::kBytes;
  const uint8_t* numbers = keys.numbers + token * T::kBytes;
  F sums[kRows][kVectors];
  for (int i = 0; i < kRows; ++i)
    for (int v = 0; v < kVectors; ++v) sums[i][v] = f_zero();
  if constexpr (T::kScaled) {
    for (uint32_t first = 0; first < keys.padded; first += kUnit) {
      const uint32_t end = first + kUnit < keys.padded ? first + kUnit : keys.padded;
      F block[kRows][kVectors];
      for (int i = 0; i < kRows; ++i)
        for (int v = 0; v < kVectors; ++v) block[i][v] = f_zero();
      add_products<T, kRows, kVectors>(queries, numbers, kStep, keys.ahead, {first, end}, block);
      const uint8_t* scales = scales_at(keys.numbers, keys.padded, first / kUnit) + 2 * token;
      for (int v = 0; v < kVectors; ++v) {
        const F scale = f_load_f16(scales + 2 * v * kLanes);
        for (int i = 0; i < kRows; ++i) sums[i][v] = f_fma(block[i][v], scale, sums[i][v]);
      }
    }
  } else {
    add_products<T, kRows, kVectors>(queries, numbers, kStep, keys.ahead, {0, keys.padded}, sums);
  }
  for (int i = 0; i < kRows; ++i)
    for (int v = 0; v < kVectors; ++v)
      f_store(scores + static_cast<uint32_t>(i) * kPageTokens + token + v * kLanes, sums[i][v]);
}

template <class T, int kRows>
void score_rows(const Rows& queries, const Part& keys, Range tokens, float* scores) {
  const uint32_t first = tokens.first / kLanes * kLanes, end = (tokens.end + kLanes - 1) / kLanes * kLanes;
  for_columns<vectors_of(kRows)>(
      first, end, [&](auto vectors, uint32_t token) __attribute__((always_inline)) {
        score_tile<T, kRows, vectors.count>(queries, keys, token, scores);
      });
}

// state[i][d] += sum of weights[i][t] v_t for a tile of columns from `column` on.
template <class T, int kRows, int kVectors>
void add_tile(const Rows& weights, const Part& values, Range tokens, uint32_t column, float* state) {
  Rows rows = weights;
  float scaled[T::kScaled ? kRows * kPageTokens : 1];
  if constexpr (T::kScaled) {
    const uint8_t* scales = scales_at(values.numbers, values.padded, column / kUnit);
    for (uint32_t t = 0; t < kPageTokens; t += kLanes) {
      const F scale = f_load_f16(scales + 2 * t);
      for (uint32_t i = 0; i < kRows; ++i)
        f_store(scaled + i * kPageTokens + t, f_mul(f_load(weights.first + i * weights.stride + t), scale));
    }
    rows = {scaled, kPageTokens};
  }
  F sums[kRows][kVectors];
  for (int i = 0; i < kRows; ++i)
    for (int v = 0; v < kVectors; ++v)
      sums[i][v] = f_load(state + static_cast<uint32_t>(i) * values.padded + column + v * kLanes);
  add_products<T, kRows, kVectors>(rows, values.numbers + column * T::kBytes, values.padded * T::kBytes, values.ahead, tokens,
                                   sums);
  for (int i = 0; i < kRows; ++i)
    for (int v = 0; v < kVectors; ++v)
      f_store(state + static_cast<uint32_t>(i) * values.padded + column + v * kLanes, sums[i][v]);
}

template <class T, int kRows>
void add_rows(const Rows& weights, const Part& values, Range tokens, float* state) {
  for_columns<vectors_of(kRows)>(
      0, values.padded, [&](auto vectors, uint32_t column) __attribute__((always_inline)) {
        add_tile<T, kRows, vectors.count>(weights, values, tokens, column, state);
      });
}

// Functions of one storage type by the rows of a tile; 5 rows are a tile of 3 and one of 2, 7 of 4 and 3.
using ScoreRows = void (*)(const Rows&, const Part&, Range, float*);
using AddRows = void (*)(const Rows&, const Part&, Range, float*);
struct Storage {
  uint32_t type;
  ScoreRows score[kMostRows + 1];
  AddRows add[kMostRows + 1];
};
template <class T>
constexpr Storage storage() {
  return {T::kType,
          {nullptr, score_rows<T, 1>, score_rows<T, 2>, score_rows<T, 3>, score_rows<T, 4>, nullptr, score_rows<T, 6>},
          {nullptr, add_rows<T, 1>, add_rows<T, 2>, add_rows<T, 3>, add_rows<T, 4>, nullptr, add_rows<T, 6>}};
}
constexpr Storage kStorages[] = {storage<NumbersF32>(), storage<NumbersF16>(), storage<NumbersQ8>()};
const Storage& storage_of(uint32_t type) {
  for (const Storage& s : kStorages) {
    if (s.type == type) return s;
  }
  return kStorages[0];
}
constexpr uint32_t kNextRows[kMostRows + 2] = {0, 1, 2, 3, 4, 3, 6, 4};
inline uint32_t next_rows(uint32_t left) { return left < kMostRows + 2 ? kNextRows[left] : kMostRows; }

void score_page(const Storage& storage, const AttentionTask& task, Part keys, Range tokens, float* scores) {
  const uint32_t padded = keys.padded;
  for (uint32_t i = 0, rows = 0; i < task.queries; i += rows) {
    rows = next_rows(task.queries - i);
    storage.score[rows]({task.q + i * padded, padded}, keys, tokens, scores + i * kPageTokens);
    keys.ahead = 0;  // asked for once
  }
}

// Turns scores into weights, brings the state to the new maximum.
void weigh(const AttentionTask& task, uint32_t query, Range seen, float* scores) {
  const F scale = f_set(task.scale), cap = f_set(task.softcap);
  for (uint32_t t = 0; t < seen.first; ++t) scores[t] = kNoScore;
  for (uint32_t t = seen.end; t < kPageTokens; ++t) scores[t] = kNoScore;
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
  float* weight = task.state.weight + query;
  if (old_top == new_top) {
    *weight += f_sum(sum);
    return;
  }
  const float keep = exp_one(old_top - new_top);
  *weight = *weight * keep + f_sum(sum);
  task.state.top[query] = new_top;
  float* sums = task.state.sums + query * task.cache.padded;
  for (uint32_t d = 0; d < task.cache.padded; d += kLanes) f_store(sums + d, f_mul(f_load(sums + d), f_set(keep)));
}

// state += weights x values for a tile of queries: what they all see at once, what only some do one by one.
void add_queries(const Storage& storage, const Part& values, uint32_t rows, const Range* seen, const float* weights,
                 float* state) {
  Range common = seen[0];
  for (uint32_t i = 1; i < rows; ++i) {
    if (seen[i].first > common.first) common.first = seen[i].first;
    if (seen[i].end < common.end) common.end = seen[i].end;
  }
  if (common.end < common.first) common.end = common.first;
  const auto alone = [&](uint32_t i, Range tokens) {
    if (tokens.first >= tokens.end) return;
    storage.add[1]({weights + i * kPageTokens, kPageTokens}, values, tokens, state + i * values.padded);
  };
  for (uint32_t i = 0; i < rows; ++i) alone(i, {seen[i].first, seen[i].end < common.first ? seen[i].end : common.first});
  if (common.first < common.end) storage.add[rows]({weights, kPageTokens}, values, common, state);
  for (uint32_t i = 0; i < rows; ++i) alone(i, {seen[i].first > common.end ? seen[i].first : common.end, seen[i].end});
}

void add_page(const Storage& storage, const AttentionTask& task, Part values, const Range* seen, const float* weights) {
  for (uint32_t i = 0, rows = 0; i < task.queries; i += rows) {
    rows = next_rows(task.queries - i);
    add_queries(storage, values, rows, seen + i, weights + i * kPageTokens, task.state.sums + i * values.padded);
    values.ahead = 0;
  }
}

// What each query sees of a page, and what any of them does.
Range seen_of(const AttentionTask& task, uint32_t page, Range* seen) {
  Range any = {kPageTokens, 0};
  const uint32_t base = page * kPageTokens;
  for (uint32_t i = 0; i < task.queries; ++i) {
    const uint32_t b = task.begin[i] > base ? task.begin[i] - base : 0;
    const uint32_t e = task.end[i] > base ? task.end[i] - base : 0;
    seen[i] = {b < kPageTokens ? b : kPageTokens, e < kPageTokens ? e : kPageTokens};
    if (seen[i].first >= seen[i].end) {
      seen[i] = {0, 0};
      continue;
    }
    if (seen[i].first < any.first) any.first = seen[i].first;
    if (seen[i].end > any.end) any.end = seen[i].end;
  }
  return any;
}

}  // namespace

void attend(const AttentionTask& task) {
  const CacheView& cache = task.cache;
  const Storage& keys = storage_of(cache.k_type);
  const Storage& values = storage_of(cache.v_type);
  const auto at = [&](uint32_t page) { return cache.base + cache.pages[page] * cache.page_bytes; };
  for (uint32_t page = task.first_page; page < task.end_page; ++page) {
    Range seen[kTileQueries];
    const Range any = seen_of(task, page, seen);
    if (any.first >= any.end) continue;
    const uint8_t* rows = at(page);
    const ptrdiff_t ahead = page + 1 < task.end_page ? at(page + 1) - rows : 0;
    float scores[kTileQueries * kPageTokens];
    score_page(keys, task, {rows + cache.k_offset, cache.padded, ahead}, any, scores);
    for (uint32_t i = 0; i < task.queries; ++i) {
      if (seen[i].first < seen[i].end) weigh(task, i, seen[i], scores + i * kPageTokens);
    }
    add_page(values, task, {rows + cache.v_offset, cache.padded, ahead}, seen, scores);
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

}  // namespace sotto::cpu::SOTTO_CPU_ISA
