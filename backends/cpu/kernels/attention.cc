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
#include "unroll.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

constexpr float kNoScore = -3.0e38f;
constexpr uint32_t kBlockTokens = kBlockPages * kPageTokens;
// Rows of a tile, by two vectors. 6: 12 sums, 2 operands and a broadcast number are 15 of 16 registers.
constexpr uint32_t kMostRows = kRegisters == 32 ? 12 : 6;

// A tile's vectors: with few rows more of them, so that the sums hide the latency of an addition. A page has 32 / kLanes.
constexpr int vectors_of(int rows) { return rows <= 3 && kLanes <= 8 ? 4 : 2; }

// Scores are powers of two from here on: one multiplication less for each.
constexpr float kLog2E = 1.44269504f;

inline float exp2_one(float x) {
  float t[kLanes];
  f_store(t, f_exp2(f_set(x)));
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

// The right side: one page's keys or values.
struct Part {
  const uint8_t* numbers;
  uint32_t padded;
};

// What is asked of memory while numbers are multiplied: `step` bytes further with each row of them.
struct Ask {
  const uint8_t* next;
  uint32_t step;
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

template <int kRows, int kVectors>
__attribute__((always_inline)) inline void clear(F (&sums)[kRows][kVectors]) {
  for_tile<kRows, kVectors>([&](auto i, auto v) __attribute__((always_inline)) { sums[i.value][v.value] = f_zero(); });
}

// sums[i][v] += rows[i][k] * numbers[k][v] for k in `over`; `numbers`: the tile's first column of k = 0, `step` bytes to the
// next k.
template <class T, int kRows, int kVectors>
__attribute__((always_inline)) inline void add_products(const Rows& rows, const uint8_t* numbers, uint32_t step, Ask ask,
                                                        Range over, F (&sums)[kRows][kVectors]) {
  const float* x[kRows];
  for_each<0, kRows>([&](auto i) __attribute__((always_inline)) {
    x[i.value] = rows.first + static_cast<uint32_t>(i.value) * rows.stride;
  });
  const uint8_t* p = numbers + size_t{over.first} * step;
  const uint8_t* next = ask.next + size_t{over.first} * ask.step;
  for (uint32_t k = over.first; k < over.end; ++k, p += step, next += ask.step) {
    __builtin_prefetch(next);
    const auto load = [&](int v) __attribute__((always_inline)) {
      return T::load(p + static_cast<uint32_t>(v * kLanes) * T::kBytes);
    };
    if constexpr (kVectors > 2) {  // few rows: their numbers stay, the part's come one by one
      F a[kRows];
      for_each<0, kRows>([&](auto i) __attribute__((always_inline)) { a[i.value] = f_set(x[i.value][k]); });
      for_each<0, kVectors>([&](auto v) __attribute__((always_inline)) {
        const F b = load(v.value);
        for_each<0, kRows>([&](auto i) __attribute__((always_inline)) {
          sums[i.value][v.value] = f_fma(a[i.value], b, sums[i.value][v.value]);
        });
      });
    } else {
      F b[kVectors];
      for_each<0, kVectors>([&](auto v) __attribute__((always_inline)) { b[v.value] = load(v.value); });
      for_each<0, kRows>([&](auto i) __attribute__((always_inline)) {
        const F a = f_set(x[i.value][k]);
        for_each<0, kVectors>([&](auto v) __attribute__((always_inline)) {
          sums[i.value][v.value] = f_fma(a, b[v.value], sums[i.value][v.value]);
        });
      });
    }
  }
}

// scores[i][t] = q_i . k_t for the tokens of a tile of columns from `token` on; rows of kBlockTokens.
template <class T, int kRows, int kVectors>
void score_tile(const Rows& queries, const Part& keys, Ask ask, uint32_t token, float* scores) {
  constexpr uint32_t kStep = kPageTokens * T::kBytes;
  const uint8_t* numbers = keys.numbers + token * T::kBytes;
  ask.next += token * T::kBytes;
  F sums[kRows][kVectors];
  clear(sums);
  if constexpr (T::kScaled) {
    for (uint32_t first = 0; first < keys.padded; first += kUnit) {
      const uint32_t end = first + kUnit < keys.padded ? first + kUnit : keys.padded;
      F block[kRows][kVectors];
      clear(block);
      add_products<T, kRows, kVectors>(queries, numbers, kStep, ask, {first, end}, block);
      const uint8_t* scales = scales_at(keys.numbers, keys.padded, first / kUnit) + 2 * token;
      for_each<0, kVectors>([&](auto v) __attribute__((always_inline)) {
        const F scale = f_load_f16(scales + 2 * v.value * kLanes);
        for_each<0, kRows>([&](auto i) __attribute__((always_inline)) {
          sums[i.value][v.value] = f_fma(block[i.value][v.value], scale, sums[i.value][v.value]);
        });
      });
    }
  } else {
    add_products<T, kRows, kVectors>(queries, numbers, kStep, ask, {0, keys.padded}, sums);
  }
  for_tile<kRows, kVectors>([&](auto i, auto v) __attribute__((always_inline)) {
    f_store(scores + static_cast<uint32_t>(i.value) * kBlockTokens + token + v.value * kLanes, sums[i.value][v.value]);
  });
}

template <class T, int kRows>
void score_rows(const Rows& queries, const Part& keys, Ask ask, Range tokens, float* scores) {
  const uint32_t first = tokens.first / kLanes * kLanes, end = (tokens.end + kLanes - 1) / kLanes * kLanes;
  for_columns<vectors_of(kRows)>(
      first, end, [&](auto vectors, uint32_t token) __attribute__((always_inline)) {
        score_tile<T, kRows, vectors.count>(queries, keys, ask, token, scores);
      });
}

// A block's values, page by page, and the keys of the next block: null where there are none, or they are asked for already.
struct Values {
  Part pages[kBlockPages];
  const uint8_t* next_keys[kBlockPages];
  uint32_t next_bytes;  // of one page
  // The share of the next keys that is asked for beside `width` columns of page p from `column` on: all shares of a block are
  // its keys in order, since memory is fastest so.
  Ask ask(uint32_t p, uint32_t column, uint32_t width) const {
    const uint32_t padded = pages[p].padded, at = (column * kBlockPages + p * width) * next_bytes / padded;
    const uint8_t* keys = next_keys[at / next_bytes];
    return keys == nullptr ? Ask{pages[p].numbers, 0}
                           : Ask{keys + at % next_bytes, width * next_bytes / (padded * kPageTokens)};
  }
};

// The weights of a page's tokens times the scales that their values have in a tile of columns.
template <int kRows>
__attribute__((always_inline)) inline void scale_weights(const Rows& weights, const Part& values, uint32_t column,
                                                         float* scaled) {
  const uint8_t* scales = scales_at(values.numbers, values.padded, column / kUnit);
  for (uint32_t t = 0; t < kPageTokens; t += kLanes) {
    const F scale = f_load_f16(scales + 2 * t);
    for (uint32_t i = 0; i < kRows; ++i)
      f_store(scaled + i * kPageTokens + t, f_mul(f_load(weights.first + i * weights.stride + t), scale));
  }
}

// What [first, end) of a block is of its page, as tokens of the page.
inline Range of_page(Range seen, uint32_t page) {
  const uint32_t base = page * kPageTokens;
  const uint32_t first = seen.first > base ? seen.first - base : 0, end = seen.end > base ? seen.end - base : 0;
  return {first < kPageTokens ? first : kPageTokens, end < kPageTokens ? end : kPageTokens};
}

// state[i][d] += sum of weights[i][t] v_t over the block's `tokens`, for a tile of columns from `column` on.
template <class T, int kRows, int kVectors>
void add_tile(const Rows& weights, const Values& values, Range tokens, uint32_t column, float* state) {
  const uint32_t padded = values.pages[0].padded;
  const auto at = [&](auto i, auto v) __attribute__((always_inline)) {
    return state + static_cast<uint32_t>(i.value) * padded + column + v.value * kLanes;
  };
  float scaled[T::kScaled ? kRows * kPageTokens : 1];
  F sums[kRows][kVectors];
  for_tile<kRows, kVectors>([&](auto i, auto v) __attribute__((always_inline)) { sums[i.value][v.value] = f_load(at(i, v)); });
  for (uint32_t p = tokens.first / kPageTokens; p * kPageTokens < tokens.end; ++p) {
    const Part& page = values.pages[p];
    Rows rows = {weights.first + p * kPageTokens, weights.stride};
    if constexpr (T::kScaled) {
      scale_weights<kRows>(rows, page, column, scaled);
      rows = {scaled, kPageTokens};
    }
    add_products<T, kRows, kVectors>(rows, page.numbers + column * T::kBytes, padded * T::kBytes,
                                     values.ask(p, column, kVectors * kLanes), of_page(tokens, p), sums);
  }
  for_tile<kRows, kVectors>([&](auto i, auto v) __attribute__((always_inline)) { f_store(at(i, v), sums[i.value][v.value]); });
}

template <class T, int kRows>
void add_rows(const Rows& weights, const Values& values, Range tokens, float* state) {
  for_columns<vectors_of(kRows)>(
      0, values.pages[0].padded, [&](auto vectors, uint32_t column) __attribute__((always_inline)) {
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
using ScoreRows = void (*)(const Rows&, const Part&, Ask, Range, float*);
using AddRows = void (*)(const Rows&, const Values&, Range, float*);
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

void score_page(const Storage& storage, const AttentionTask& task, const Part& keys, Ask ask, Range tokens, float* scores) {
  const uint32_t padded = keys.padded;
  for (uint32_t i = 0, rows = 0; i < task.queries; i += rows) {
    rows = next_rows(task.queries - i);
    storage.score[rows]({task.q + i * padded, padded}, keys, ask, tokens, scores + i * kBlockTokens);
    ask = {keys.numbers, 0};  // asked for once
  }
}

// The queries from `first` on, `count` <= kLanes of them: a query is a lane of what belongs to a whole query.
struct Queries {
  uint32_t first, count;
};

bool sees_all(Range seen, Range pages) { return seen.first <= pages.first && seen.end >= pages.end; }

// What turns a stored score into a power of two. Scores that no factor does that for are scaled first.
float scale_scores(const AttentionTask& task, Queries queries, Range pages, float* scores) {
  if (task.softcap == 0.0f && task.scale > 0.0f) return task.scale * kLog2E;
  const F scale = f_set(task.scale), cap = f_set(task.softcap);
  for (uint32_t i = 0; i < queries.count; ++i) {
    float* row = scores + i * kBlockTokens;
    for (uint32_t t = pages.first; t < pages.end; t += kLanes) {
      const F s = f_mul(f_load(row + t), scale);
      f_store(row + t, task.softcap == 0.0f ? s : f_mul(cap, f_tanh(f_div(s, cap))));
    }
  }
  return kLog2E;
}

// kNoScore where a query does not see; lane i of the result is the largest of query i.
F find_tops(Queries queries, Range pages, const Range* seen, float* scores) {
  F tops[kLanes];
  for (uint32_t i = 0; i < queries.count; ++i) {
    float* row = scores + i * kBlockTokens;
    for (uint32_t t = pages.first; t < seen[i].first; ++t) row[t] = kNoScore;
    for (uint32_t t = seen[i].end > pages.first ? seen[i].end : pages.first; t < pages.end; ++t) row[t] = kNoScore;
    F top = f_load(row + pages.first);
    for (uint32_t t = pages.first + kLanes; t < pages.end; t += kLanes) top = f_max(top, f_load(row + t));
    tops[i] = top;
  }
  for (uint32_t i = queries.count; i < kLanes; ++i) tops[i] = f_set(kNoScore);
  return f_top_rows(tops);
}

// Scores become weights below the new maxima; lane i of the result is the sum of query i's.
F exponentials(Queries queries, Range pages, const Range* seen, float factor, const float* tops, float* scores) {
  F sums[kLanes];
  for (uint32_t i = 0; i < queries.count; ++i) {
    float* row = scores + i * kBlockTokens;
    const F scale = f_set(factor), top = f_set(-tops[i]);
    F sum = f_zero();
    const auto weigh_tokens = [&](auto is_whole) __attribute__((always_inline)) {
      for (uint32_t t = pages.first; t < pages.end; t += kLanes) {
        const F s = f_load(row + t);
        F p = f_exp2(f_fma(s, scale, top));
        if constexpr (is_whole.value == 0) p = f_select_less(f_set(0.5f * kNoScore), s, p, f_zero());
        f_store(row + t, p);
        sum = f_add(sum, p);
      }
    };
    sees_all(seen[i], pages) ? weigh_tokens(Int<1>{}) : weigh_tokens(Int<0>{});
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
  const float factor = scale_scores(task, queries, pages, scores);
  const F old_tops = load_queries(task.state.top, queries), found = find_tops(queries, pages, seen, scores);
  const F tops = f_select_less(f_set(0.5f * kNoScore), found, f_max(old_tops, f_mul(found, f_set(factor))), old_tops);
  float top_of[kLanes], keep_of[kLanes], old_of[kLanes];
  f_store(top_of, tops);
  f_store(old_of, old_tops);
  const F keep = f_exp2(f_sub(old_tops, tops)), sums = exponentials(queries, pages, seen, factor, top_of, scores);
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
void add_queries(const Storage& storage, const Values& values, uint32_t rows, const Range* seen, const float* weights,
                 float* state) {
  const uint32_t padded = values.pages[0].padded;
  Range common = seen[0];
  for (uint32_t i = 1; i < rows; ++i) {
    if (seen[i].first > common.first) common.first = seen[i].first;
    if (seen[i].end < common.end) common.end = seen[i].end;
  }
  if (common.end < common.first) common.end = common.first;
  const auto alone = [&](uint32_t i, Range tokens) {
    if (tokens.first >= tokens.end) return;
    storage.add[1]({weights + i * kBlockTokens, kBlockTokens}, values, tokens, state + i * padded);
  };
  for (uint32_t i = 0; i < rows; ++i) alone(i, {seen[i].first, seen[i].end < common.first ? seen[i].end : common.first});
  if (common.first < common.end) storage.add[rows]({weights, kBlockTokens}, values, common, state);
  for (uint32_t i = 0; i < rows; ++i) alone(i, {seen[i].first > common.end ? seen[i].first : common.end, seen[i].end});
}

void add_values(const Storage& storage, const AttentionTask& task, Values values, const Range* seen, const float* weights) {
  const uint32_t padded = task.cache.padded;
  for (uint32_t i = 0, rows = 0; i < task.queries; i += rows) {
    rows = next_rows(task.queries - i);
    add_queries(storage, values, rows, seen + i, weights + i * kBlockTokens, task.state.sums + i * padded);
    for (const uint8_t*& keys : values.next_keys) keys = nullptr;
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

// The pages that a task reads.
class Pages {
 public:
  explicit Pages(const AttentionTask& task) : cache_(task.cache), end_(task.end_page) {}
  const uint8_t* keys(uint32_t page) const { return cache_.keys + cache_.pages[page] * cache_.k_bytes; }
  const uint8_t* values(uint32_t page) const { return cache_.values + cache_.pages[page] * cache_.v_bytes; }
  bool has(uint32_t page) const { return page < end_; }

 private:
  const CacheView& cache_;
  uint32_t end_;
};

Values values_of(const AttentionTask& task, const Pages& pages, uint32_t base) {
  Values values = {};
  values.next_bytes = static_cast<uint32_t>(task.cache.k_bytes);
  for (uint32_t p = 0; p < kBlockPages && pages.has(base + p); ++p) {
    values.pages[p] = {pages.values(base + p), task.cache.padded};
    if (pages.has(base + kBlockPages + p)) values.next_keys[p] = pages.keys(base + kBlockPages + p);
  }
  return values;
}

// The block's pages that any query sees, [first_page, end_page) of the task among them. While keys are multiplied the values
// of their page are asked of memory, and while those are the keys of the next block.
void attend_block(const AttentionTask& task, const Storage& keys, const Storage& values, uint32_t block) {
  Range seen[kTileQueries];
  const Range any = seen_of(task, block, seen);
  if (any.first >= any.end) return;
  const uint32_t base = block * kBlockPages, padded = task.cache.padded;
  const uint32_t first = any.first / kPageTokens, end = (any.end + kPageTokens - 1) / kPageTokens;
  const auto step = static_cast<uint32_t>(task.cache.v_bytes / padded);
  const Pages pages(task);
  float scores[kTileQueries * kBlockTokens];
  for (uint32_t page = first; page < end; ++page)
    score_page(keys, task, {pages.keys(base + page), padded}, {pages.values(base + page), step}, of_page(any, page),
               scores + page * kPageTokens);
  const Range tokens = {first * kPageTokens, end * kPageTokens};
  for (uint32_t i = 0; i < task.queries; i += kLanes) {
    const uint32_t left = task.queries - i;
    weigh(task, {i, left < kLanes ? left : kLanes}, tokens, seen + i, scores + i * kBlockTokens);
  }
  add_values(values, task, values_of(task, pages, base), seen, scores);
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
  const float a = *total.weight == 0.0f ? 0.0f : exp2_one(*total.top - top), b = exp2_one(*part.top - top);
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
    const float score = *sink * kLog2E, top = score > *total.top ? score : *total.top;
    factor = exp2_one(*total.top - top);
    weight = weight * factor + exp2_one(score - top);
  }
  const F scale = f_set(weight > 0.0f ? factor / weight : 0.0f);
  uint32_t d = 0;
  for (; d + kLanes <= head_dim; d += kLanes) f_store(y + d, f_mul(f_load(total.sums + d), scale));
  if (d < head_dim) f_store_first(y + d, f_mul(f_load(total.sums + d), scale), head_dim - d);
}

}  // namespace sotto::cpu::SOTTO_CPU_ISA
