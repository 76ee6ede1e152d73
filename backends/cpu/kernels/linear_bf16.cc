// linear_bf16.cc - y[a][n] = sum over k of W[n][k] x[a][k]: W in bf16, x rounded to bf16, sums in float32, by instructions that
// add two products of a lane at once (VDPBF16PS; denormals count as zero). For instruction sets that have them
// (SOTTO_CPU_BF16); others: linear_float.cc.
//
// A lane is a weight row. Sixteen rows by 32 columns are 16 words of two columns of every row; a word is multiplied by the same
// two columns of an activation row. Repacked weights lie as words; stored rows turn into them in registers (kLanes rows of a
// step), for many activation rows into a panel first. Few activation rows: the words are used as they come, the limit is memory
// bandwidth. More: tiles of two groups by kTileOfRows activation rows, the limit is the product of bf16. Bits depend on the two
// rows only: even words have a sum of their own and odd ones too; both are added at the end of each kBf16Columns columns.
#include "linear.h"
#include "simd.h"
#include "unroll.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

constexpr uint32_t kStep = 2 * kLanes;  // columns that turn into words together
constexpr uint32_t kGroups = 2;         // groups of kLanes weight rows of a panel
constexpr uint32_t kFewRows = 4;        // activation rows
constexpr int kTileOfRows = 6;          // 24 sums of 32 registers
constexpr size_t kWord = 4 * kLanes;    // bytes
constexpr size_t kReadAhead = 2048;     // bytes between the words in use and those asked of memory

// A group of stored rows; behind the last row the last one again.
struct StoredGroup {
  const uint8_t* rows[kLanes];
  uint32_t columns;
  uint64_t ahead;  // bytes to the rows that come next, which are asked of memory meanwhile; 0: there are none

  StoredGroup(const LinearTask& t, uint32_t n)
      : columns(t.columns), ahead(n + 2 * kLanes <= t.end_row ? kLanes * t.stride : 0) {
    for (uint32_t i = 0; i < kLanes; ++i) rows[i] = t.weights + (n + i < t.end_row ? n + i : t.end_row - 1) * t.stride;
  }
  // words[i]: columns first + 2 i and first + 2 i + 1 of all rows; zeros behind the last column.
  __attribute__((always_inline)) void load(uint32_t first, B (&words)[kLanes]) const {
    const size_t at = size_t{first} * 2;
    for (int i = 0; i < kLanes; ++i) {
      __builtin_prefetch(rows[i] + at + ahead);
      words[i] = first + kStep <= columns ? b_load(rows[i] + at) : b_load_first(rows[i] + at, columns - first);
    }
    b_transpose(words);
  }
};

// A group as it is repacked.
struct PackedGroup {
  const uint8_t* words;

  PackedGroup(const LinearTask& t, uint32_t n) : words(t.weights + n / kLanes * t.stride) {}
  __attribute__((always_inline)) void load(uint32_t first, B (&to)[kLanes]) const {
    const uint8_t* p = words + size_t{first} / 2 * kWord;
    for (size_t i = 0; i < kLanes; ++i) {
      __builtin_prefetch(p + i * kWord + kReadAhead);
      to[i] = b_load(p + i * kWord);
    }
  }
};

template <int kRows>
struct Sums {
  F even[kRows], odd[kRows];
};
template <int kRows>
__attribute__((always_inline)) inline void clear(Sums<kRows>& s) {
  for_each<0, kRows>([&](auto c) __attribute__((always_inline)) { s.even[c.value] = s.odd[c.value] = f_zero(); });
}

// --- few activation rows -------------------------------------------------------------------------------------------------

template <class Group, int kRows>
void few_rows(const LinearTask& t, uint32_t n, uint32_t row) {
  const Group group(t, n);
  const uint8_t* x = t.quants.base + row * t.quants.stride;
  F total[kRows];
  for (uint32_t block = 0; block < t.columns; block += kBf16Columns) {
    const uint32_t end = t.columns - block < kBf16Columns ? t.columns : block + kBf16Columns;
    Sums<kRows> s;
    clear(s);
    for (uint32_t k = block; k < end; k += kStep) {
      B words[kLanes];
      group.load(k, words);
      const uint8_t* p = x + size_t{k} * 2;
      for_tile<kLanes / 2, kRows>([&](auto pair, auto row) __attribute__((always_inline)) {
        constexpr int i = 2 * pair.value, c = row.value;
        s.even[c] = b_dot(s.even[c], words[i], b_set(p + c * t.quants.stride + 4 * i));
        s.odd[c] = b_dot(s.odd[c], words[i + 1], b_set(p + c * t.quants.stride + 4 * i + 4));
      });
    }
    for_each<0, kRows>([&](auto c) __attribute__((always_inline)) {
      const F sum = f_add(s.even[c.value], s.odd[c.value]);
      total[c.value] = block == 0 ? sum : f_add(total[c.value], sum);
    });
  }
  const uint32_t count = t.end_row - n;
  for_each<0, kRows>([&](auto c) __attribute__((always_inline)) {
    float* out = t.out + (row + uint32_t{c.value}) * t.out_stride + (n - t.first_row);
    count >= kLanes ? f_store(out, total[c.value]) : f_store_first(out, total[c.value], count);
  });
}

template <class Group>
void linear_few(const LinearTask& t) {
  for (uint32_t n = t.first_row; n < t.end_row; n += kLanes) {
    uint32_t c = 0;
    for (; c + 4 <= t.row_count; c += 4) few_rows<Group, 4>(t, n, c);
    for (; c + 2 <= t.row_count; c += 2) few_rows<Group, 2>(t, n, c);
    if (c < t.row_count) few_rows<Group, 1>(t, n, c);
  }
}

// --- many ----------------------------------------------------------------------------------------------------------------

constexpr size_t kPanelGroup = kBf16Columns / 2 * kWord / kLanes * kLanes;  // bytes of a group's words in the panel

// Columns [first, end) of two groups.
struct Block {
  uint32_t first, end;
  uint32_t words() const { return (end - first + kStep - 1) / kStep * kLanes; }
};

// Where the words of a block lie, group by group. A second group that does not exist is the first one again.
struct BlockWords {
  const uint8_t* groups[kGroups];
};
BlockWords words_of(const StoredGroup*, const LinearTask& t, uint32_t n, const Block& block) {
  BlockWords w;
  for (uint32_t i = 0; i < kGroups; ++i) {
    uint8_t* to = t.scratch + i * kPanelGroup;
    w.groups[i] = i == 0 || n + i * kLanes < t.end_row ? to : w.groups[0];
    if (w.groups[i] != to) break;
    const StoredGroup group(t, n + i * kLanes);
    for (uint32_t k = block.first; k < block.end; k += kStep) {
      B words[kLanes];
      group.load(k, words);
      for (const B& word : words) {
        b_store(to, word);
        to += kWord;
      }
    }
  }
  return w;
}
BlockWords words_of(const PackedGroup*, const LinearTask& t, uint32_t n, const Block& block) {
  BlockWords w;
  for (uint32_t i = 0; i < kGroups; ++i) {
    const uint32_t at = i == 0 || n + i * kLanes < t.end_row ? n + i * kLanes : n;
    w.groups[i] = PackedGroup(t, at).words + size_t{block.first} / 2 * kWord;
  }
  return w;
}

// out (+)= the block's part, for two groups from n on and kRows activation rows from `row` on.
template <int kRows>
void tile(const LinearTask& t, uint32_t n, uint32_t row, const Block& block, const BlockWords& at) {
  const uint8_t *first = at.groups[0], *second = at.groups[1];
  const uint8_t* x = t.quants.base + row * t.quants.stride + size_t{block.first} * 2;
  Sums<kRows> s[kGroups];
  for_each<0, kGroups>([&](auto g) __attribute__((always_inline)) { clear(s[g.value]); });
  const uint32_t words = block.words();
  for (uint32_t w = 0; w < words; w += 2, first += 2 * kWord, second += 2 * kWord, x += 8) {
    const B a = b_load(first), b = b_load(second);
    for_each<0, kRows>([&](auto c) __attribute__((always_inline)) {
      const B pair = b_set(x + c.value * t.quants.stride);
      s[0].even[c.value] = b_dot(s[0].even[c.value], a, pair);
      s[1].even[c.value] = b_dot(s[1].even[c.value], b, pair);
    });
    const B a_odd = b_load(first + kWord), b_odd = b_load(second + kWord);
    for_each<0, kRows>([&](auto c) __attribute__((always_inline)) {
      const B pair = b_set(x + c.value * t.quants.stride + 4);
      s[0].odd[c.value] = b_dot(s[0].odd[c.value], a_odd, pair);
      s[1].odd[c.value] = b_dot(s[1].odd[c.value], b_odd, pair);
    });
  }
  for_tile<kGroups, kRows>([&](auto g, auto c) __attribute__((always_inline)) {
    const uint32_t at = n + uint32_t{g.value} * kLanes;
    if (at >= t.end_row) return;
    float* out = t.out + (row + uint32_t{c.value}) * t.out_stride + (at - t.first_row);
    const uint32_t count = t.end_row - at;
    const F sum = f_add(s[g.value].even[c.value], s[g.value].odd[c.value]);
    if (count >= kLanes) {
      f_store(out, block.first == 0 ? sum : f_add(f_load(out), sum));
    } else {
      f_store_first(out, block.first == 0 ? sum : f_add(f_load_first(out, count), sum), count);
    }
  });
}

template <class Group>
void linear_many(const LinearTask& t) {
  for (Block block = {0, 0}; block.first < t.columns; block.first += kBf16Columns) {
    block.end = t.columns - block.first < kBf16Columns ? t.columns : block.first + kBf16Columns;
    for (uint32_t n = t.first_row; n < t.end_row; n += kGroups * kLanes) {
      const BlockWords words = words_of(static_cast<const Group*>(nullptr), t, n, block);
      uint32_t c = 0;
      for (; c + kTileOfRows <= t.row_count; c += kTileOfRows) tile<kTileOfRows>(t, n, c, block, words);
      for (; c + 4 <= t.row_count; c += 4) tile<4>(t, n, c, block, words);
      for (; c + 2 <= t.row_count; c += 2) tile<2>(t, n, c, block, words);
      if (c < t.row_count) tile<1>(t, n, c, block, words);
    }
  }
}

}  // namespace

namespace {

template <class Group>
void linear(const LinearTask& t) {
  t.row_count <= kFewRows ? linear_few<Group>(t) : linear_many<Group>(t);
}

// Words of kLanes rows, of which `count` exist, one behind the other.
void pack(const uint8_t* rows, uint64_t stride, uint32_t count, uint64_t columns, uint8_t* to) {
  LinearTask t = {};
  t.weights = rows;
  t.stride = stride;
  t.columns = static_cast<uint32_t>(columns);
  t.end_row = count;
  const StoredGroup group(t, 0);
  for (uint32_t k = 0; k < t.columns; k += kStep) {
    B words[kLanes];
    group.load(k, words);
    for (const B& word : words) {
      b_store(to, word);
      to += kWord;
    }
  }
}

}  // namespace

void linear_bf16(const LinearTask& t) { linear<StoredGroup>(t); }
const Packing kPackedBF16 = {pack, linear<PackedGroup>, kStep, kStep * 2 * kLanes};

void narrow(const float* x, uint32_t count, const QuantRows& rows, uint32_t row) {
  uint8_t* to = rows.base + row * rows.stride;
  uint32_t k = 0;
  for (; k + kStep <= count; k += kStep, to += kWord) b_store(to, b_from_f(f_load(x + k), f_load(x + k + kLanes)));
  if (k == count) return;
  float rest[kStep] = {};
  __builtin_memcpy(rest, x + k, (count - k) * sizeof(float));
  b_store(to, b_from_f(f_load(rest), f_load(rest + kLanes)));
}

}  // namespace sotto::cpu::SOTTO_CPU_ISA
