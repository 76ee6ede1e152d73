// attention.cc - softmax(scale q.k) v over the paged cache for a tile of queries that share one KV head; K and V in f32, f16,
// q8_0.
//
// Block by block of kBlockPages pages: scores of all queries against its pages, the running maximum, then the weighted values.
// Scores and weighted values are the same product of a few rows (queries, weights) and a page's part (cache_parts.h): tiles of
// rows by vectors that stay in registers, a number of the part widened once for all rows of a tile, the next page asked of
// memory meanwhile. Per query the order is pages ascending, tokens ascending, and a score is summed in the order of the
// dimensions: bits do not depend on the tile. Masked tokens are never read into a sum. Limit at decode: reading K and V once
// for all queries of the group.
#include "attention.h"

#include "cache_parts.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

constexpr float kNoScore = -3.0e38f;
// Maximum and exponentials have long latencies and little to do for one page.
constexpr uint32_t kBlockPages = 4, kBlockTokens = kBlockPages * kPageTokens;
// Rows of a tile, by two vectors. 6: 12 sums, 2 operands and a broadcast number are 15 of 16 registers.
constexpr uint32_t kMostRows = kRegisters == 32 ? 12 : 6;

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

// The right side: one page's keys or values, and the way to what is read next, in bytes (0: asked for already).
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

// scores[i][t] = q_i . k_t for the tokens of a tile of columns from `token` on; rows of kBlockTokens.
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
      f_store(scores + static_cast<uint32_t>(i) * kBlockTokens + token + v * kLanes, sums[i][v]);
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

// The rows that a tile may have: queries of a decoded token share a page by the heads of a group, 1 to 8 in most models.
constexpr bool is_tile(uint32_t rows) {
  if (kRegisters == 32) return rows <= 8 || rows == 12;
  return rows <= 4 || rows == 6;
}
// Of so many that are left: 5 are a tile of 3 and one of 2, 7 of 4 and 3, where there is none for all.
constexpr uint32_t next_rows(uint32_t left) {
  if (left >= 2 * kMostRows || left == kMostRows || (left <= kMostRows && is_tile(left)))
    return kMostRows < left ? kMostRows : left;
  if (left > kMostRows + kMostRows / 3) return kMostRows;
  return (left + 1) / 2;
}

// Functions of one storage type by the rows of a tile.
using ScoreRows = void (*)(const Rows&, const Part&, Range, float*);
using AddRows = void (*)(const Rows&, const Part&, Range, float*);
struct Storage {
  uint32_t type;
  ScoreRows score[kMostRows + 1];
  AddRows add[kMostRows + 1];
};
template <class T, uint32_t kRows>
constexpr void fill(Storage& s) {
  if constexpr (kRows != 0) {
    if constexpr (is_tile(kRows)) {
      s.score[kRows] = score_rows<T, int{kRows}>;
      s.add[kRows] = add_rows<T, int{kRows}>;
    }
    fill<T, kRows - 1>(s);
  }
}
template <class T>
constexpr Storage storage() {
  Storage s = {T::kType, {}, {}};
  fill<T, kMostRows>(s);
  return s;
}
constexpr Storage kStorages[] = {storage<NumbersF32>(), storage<NumbersF16>(), storage<NumbersQ8>()};
const Storage& storage_of(uint32_t type) {
  for (const Storage& s : kStorages) {
    if (s.type == type) return s;
  }
  return kStorages[0];
}

void score_page(const Storage& storage, const AttentionTask& task, Part keys, Range tokens, float* scores) {
  const uint32_t padded = keys.padded;
  for (uint32_t i = 0, rows = 0; i < task.queries; i += rows) {
    rows = next_rows(task.queries - i);
    storage.score[rows]({task.q + i * padded, padded}, keys, tokens, scores + i * kBlockTokens);
    keys.ahead = 0;  // asked for once
  }
}

// The queries from `first` on, `count` <= kLanes of them: a query is a lane of what belongs to a whole query.
struct Queries {
  uint32_t first, count;
};

// Scores of the tokens of `pages` become scaled ones, kNoScore where a query does not see; lane i of the result is the largest
// of query i.
F scale_scores(const AttentionTask& task, Queries queries, Range pages, const Range* seen, float* scores) {
  const F scale = f_set(task.scale), cap = f_set(task.softcap);
  F tops[kLanes];
  for (uint32_t i = 0; i < queries.count; ++i) {
    float* row = scores + i * kBlockTokens;
    for (uint32_t t = pages.first; t < seen[i].first; ++t) row[t] = kNoScore;
    for (uint32_t t = seen[i].end > pages.first ? seen[i].end : pages.first; t < pages.end; ++t) row[t] = kNoScore;
    F top = f_set(kNoScore);
    for (uint32_t t = pages.first; t < pages.end; t += kLanes) {
      const F raw = f_load(row + t);
      F s = f_mul(raw, scale);
      if (task.softcap != 0.0f) s = f_mul(cap, f_tanh(f_div(s, cap)));
      s = f_select_less(f_set(0.5f * kNoScore), raw, s, f_set(kNoScore));
      f_store(row + t, s);
      top = f_max(top, s);
    }
    tops[i] = top;
  }
  for (uint32_t i = queries.count; i < kLanes; ++i) tops[i] = f_set(kNoScore);
  return f_top_rows(tops);
}

// Scaled scores become weights below the new maxima; lane i of the result is the sum of query i's.
F exponentials(Queries queries, Range pages, const float* tops, float* scores) {
  F sums[kLanes];
  for (uint32_t i = 0; i < queries.count; ++i) {
    float* row = scores + i * kBlockTokens;
    const F top = f_set(tops[i]);
    F sum = f_zero();
    for (uint32_t t = pages.first; t < pages.end; t += kLanes) {
      const F s = f_load(row + t);
      const F p = f_select_less(f_set(0.5f * kNoScore), s, f_exp_of_negative(f_sub(s, top)), f_zero());
      f_store(row + t, p);
      sum = f_add(sum, p);
    }
    sums[i] = sum;
  }
  for (uint32_t i = queries.count; i < kLanes; ++i) sums[i] = f_zero();
  return f_sum_rows(sums);
}

F load_queries(const float* of_queries, Queries queries) {
  return queries.count == kLanes ? f_load(of_queries + queries.first) : f_load_first(of_queries + queries.first, queries.count);
}
void store_queries(float* of_queries, F x, Queries queries) {
  queries.count == kLanes ? f_store(of_queries + queries.first, x)
                          : f_store_first(of_queries + queries.first, x, queries.count);
}

// Turns scores into weights, brings the states to the new maxima.
void weigh(const AttentionTask& task, Queries queries, Range pages, const Range* seen, float* scores) {
  const F old_tops = load_queries(task.state.top, queries);
  const F tops = f_max(old_tops, scale_scores(task, queries, pages, seen, scores));
  float top_of[kLanes], keep_of[kLanes], old_of[kLanes];
  f_store(top_of, tops);
  f_store(old_of, old_tops);
  const F keep = f_exp_of_negative(f_sub(old_tops, tops)), sums = exponentials(queries, pages, top_of, scores);
  f_store(keep_of, keep);
  store_queries(task.state.weight, f_fma(load_queries(task.state.weight, queries), keep, sums), queries);
  store_queries(task.state.top, tops, queries);
  for (uint32_t i = 0; i < queries.count; ++i) {
    if (old_of[i] == top_of[i]) continue;
    float* state = task.state.sums + (queries.first + i) * task.cache.padded;
    const F kept = f_set(keep_of[i]);
    for (uint32_t d = 0; d < task.cache.padded; d += kLanes) f_store(state + d, f_mul(f_load(state + d), kept));
  }
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
    storage.add[1]({weights + i * kBlockTokens, kBlockTokens}, values, tokens, state + i * values.padded);
  };
  for (uint32_t i = 0; i < rows; ++i) alone(i, {seen[i].first, seen[i].end < common.first ? seen[i].end : common.first});
  if (common.first < common.end) storage.add[rows]({weights, kBlockTokens}, values, common, state);
  for (uint32_t i = 0; i < rows; ++i) alone(i, {seen[i].first > common.end ? seen[i].first : common.end, seen[i].end});
}

void add_page(const Storage& storage, const AttentionTask& task, Part values, const Range* seen, const float* weights) {
  for (uint32_t i = 0, rows = 0; i < task.queries; i += rows) {
    rows = next_rows(task.queries - i);
    add_queries(storage, values, rows, seen + i, weights + i * kBlockTokens, task.state.sums + i * values.padded);
    values.ahead = 0;
  }
}

// What each query sees of a block, and what any of them does.
Range seen_of(const AttentionTask& task, uint32_t block, Range* seen) {
  Range any = {kBlockTokens, 0};
  const uint32_t base = block * kBlockTokens;
  for (uint32_t i = 0; i < task.queries; ++i) {
    const uint32_t b = task.begin[i] > base ? task.begin[i] - base : 0;
    const uint32_t e = task.end[i] > base ? task.end[i] - base : 0;
    seen[i] = {b < kBlockTokens ? b : kBlockTokens, e < kBlockTokens ? e : kBlockTokens};
    if (seen[i].first >= seen[i].end) {
      seen[i] = {0, 0};
      continue;
    }
    if (seen[i].first < any.first) any.first = seen[i].first;
    if (seen[i].end > any.end) any.end = seen[i].end;
  }
  return any;
}

// What [first, end) of a block is of its page, as tokens of the page.
Range of_page(Range seen, uint32_t page) {
  const uint32_t base = page * kPageTokens;
  const uint32_t first = seen.first > base ? seen.first - base : 0, end = seen.end > base ? seen.end - base : 0;
  return {first < kPageTokens ? first : kPageTokens, end < kPageTokens ? end : kPageTokens};
}

// The block's pages that any query sees, [first_page, end_page) of the task among them.
void attend_block(const AttentionTask& task, const Storage& keys, const Storage& values, uint32_t block) {
  const CacheView& cache = task.cache;
  Range seen[kTileQueries];
  const Range any = seen_of(task, block, seen);
  if (any.first >= any.end) return;
  const uint32_t first = any.first / kPageTokens, end = (any.end + kPageTokens - 1) / kPageTokens;
  const auto rows_of = [&](uint32_t page) { return cache.base + cache.pages[block * kBlockPages + page] * cache.page_bytes; };
  const auto part_of = [&](const uint8_t* numbers, const uint8_t* next) -> Part {
    return {numbers, cache.padded, next - numbers};
  };
  float scores[kTileQueries * kBlockTokens];
  for (uint32_t page = first; page < end; ++page) {
    const uint8_t* next = page + 1 < end ? rows_of(page + 1) + cache.k_offset : rows_of(first) + cache.v_offset;
    score_page(keys, task, part_of(rows_of(page) + cache.k_offset, next), of_page(any, page), scores + page * kPageTokens);
  }
  const Range pages = {first * kPageTokens, end * kPageTokens};
  for (uint32_t i = 0; i < task.queries; i += kLanes) {
    const uint32_t left = task.queries - i;
    weigh(task, {i, left < kLanes ? left : kLanes}, pages, seen + i, scores + i * kBlockTokens);
  }
  for (uint32_t page = first; page < end; ++page) {
    Range of_pages[kTileQueries];
    for (uint32_t i = 0; i < task.queries; ++i) of_pages[i] = of_page(seen[i], page);
    const uint8_t* now = rows_of(page) + cache.v_offset;
    const bool leads_on = block * kBlockPages + page + 1 < task.end_page;
    const uint8_t* next = page + 1 < end ? rows_of(page + 1) + cache.v_offset
                          : leads_on     ? rows_of(page + 1) + cache.k_offset
                                         : now;
    add_page(values, task, part_of(now, next), of_pages, scores + page * kPageTokens);
  }
}

}  // namespace

void attend(const AttentionTask& task) {
  const Storage& keys = storage_of(task.cache.k_type);
  const Storage& values = storage_of(task.cache.v_type);
  for (uint32_t block = task.first_page / kBlockPages; block * kBlockPages < task.end_page; ++block)
    attend_block(task, keys, values, block);
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
