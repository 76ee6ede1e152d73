// linear_bf16.cc - y[a][n] = sum over k of W[n][k] x[a][k]: W in bf16, x rounded to bf16, sums in float32, by instructions that
// add two products of a lane at once (VDPBF16PS; denormals count as zero). For instruction sets that have them
// (SOTTO_CPU_BF16); others: linear_float.cc.
//
// A lane is a weight row. Sixteen rows by 32 columns turn, in registers, into 16 words of two columns of every row; a word is
// multiplied by the same two columns of an activation row. Few activation rows: the words are used as they come, the limit is
// memory bandwidth. More: the words of a block of columns go to a panel, and tiles of two groups by kTileOfRows activation rows
// run over it, the limit is the product of bf16. Bits depend on the two rows only: even words have a sum of their own and odd
// ones too; both are added at the end of each kBf16Columns columns.
#include "linear.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

constexpr uint32_t kStep = 2 * kLanes;  // columns that turn into words together
constexpr uint32_t kGroups = 2;         // groups of kLanes weight rows of a panel
constexpr uint32_t kFewRows = 4;        // activation rows
constexpr int kTileOfRows = 6;          // 24 sums of 32 registers
constexpr size_t kWord = 4 * kLanes;    // bytes

// A group of weight rows; behind the last row the last one again.
struct Group {
  const uint8_t* rows[kLanes];
  uint64_t ahead;  // bytes to the rows that come next, which are asked of memory meanwhile; 0: there are none
};
Group group_of(const LinearTask& t, uint32_t n) {
  Group g;
  g.ahead = n + 2 * kLanes <= t.end_row ? kLanes * t.stride : 0;
  for (uint32_t i = 0; i < kLanes; ++i) g.rows[i] = t.weights + (n + i < t.end_row ? n + i : t.end_row - 1) * t.stride;
  return g;
}

// words[i]: columns first + 2 i and first + 2 i + 1 of all rows; zeros from column `end` on.
__attribute__((always_inline)) inline void load_words(const Group& g, uint32_t first, uint32_t end, B (&words)[kLanes]) {
  const size_t at = size_t{first} * 2;
  for (int i = 0; i < kLanes; ++i) {
    __builtin_prefetch(g.rows[i] + at + g.ahead);
    words[i] = first + kStep <= end ? b_load(g.rows[i] + at) : b_load_first(g.rows[i] + at, end - first);
  }
  b_transpose(words);
}

template <int kRows>
struct Sums {
  F even[kRows], odd[kRows];
};

// --- few activation rows -------------------------------------------------------------------------------------------------

template <int kRows>
void few_rows(const LinearTask& t, uint32_t n, uint32_t row) {
  const Group g = group_of(t, n);
  const uint8_t* x = t.quants.base + row * t.quants.stride;
  F total[kRows];
  for (uint32_t block = 0; block < t.columns; block += kBf16Columns) {
    const uint32_t end = t.columns - block < kBf16Columns ? t.columns : block + kBf16Columns;
    Sums<kRows> s;
    for (int c = 0; c < kRows; ++c) s.even[c] = s.odd[c] = f_zero();
    for (uint32_t k = block; k < end; k += kStep) {
      B words[kLanes];
      load_words(g, k, end, words);
      const uint8_t* p = x + size_t{k} * 2;
      for (int i = 0; i < kLanes; i += 2) {
        for (int c = 0; c < kRows; ++c) {
          s.even[c] = b_dot(s.even[c], words[i], b_set(p + c * t.quants.stride + 4 * i));
          s.odd[c] = b_dot(s.odd[c], words[i + 1], b_set(p + c * t.quants.stride + 4 * i + 4));
        }
      }
    }
    for (int c = 0; c < kRows; ++c) {
      const F sum = f_add(s.even[c], s.odd[c]);
      total[c] = block == 0 ? sum : f_add(total[c], sum);
    }
  }
  const uint32_t count = t.end_row - n;
  for (uint32_t c = 0; c < kRows; ++c) {
    float* out = t.out + (row + c) * t.out_stride + (n - t.first_row);
    count >= kLanes ? f_store(out, total[c]) : f_store_first(out, total[c], count);
  }
}

void linear_few(const LinearTask& t) {
  for (uint32_t n = t.first_row; n < t.end_row; n += kLanes) {
    uint32_t c = 0;
    for (; c + 2 <= t.row_count; c += 2) few_rows<2>(t, n, c);
    if (c < t.row_count) few_rows<1>(t, n, c);
  }
}

// --- many ----------------------------------------------------------------------------------------------------------------

constexpr size_t kPanelGroup = kBf16Columns / 2 * kWord / kLanes * kLanes;  // bytes of a group's words in the panel

// Columns [first, end) of two groups.
struct Block {
  uint32_t first, end;
  uint32_t words() const { return (end - first + kStep - 1) / kStep * kLanes; }
};

void fill_panel(const LinearTask& t, uint32_t n, const Block& block, uint8_t* panel) {
  for (uint32_t i = 0; i < kGroups; ++i) {
    const Group g = group_of(t, n + i * kLanes < t.end_row ? n + i * kLanes : t.end_row - 1);
    uint8_t* to = panel + i * kPanelGroup;
    for (uint32_t k = block.first; k < block.end; k += kStep) {
      B words[kLanes];
      load_words(g, k, block.end, words);
      for (const B& word : words) {
        b_store(to, word);
        to += kWord;
      }
    }
  }
}

// out (+)= the block's part, for two groups from n on and kRows activation rows from `row` on.
template <int kRows>
void tile(const LinearTask& t, uint32_t n, uint32_t row, const Block& block) {
  const uint8_t* panel = t.scratch;
  const uint8_t* x = t.quants.base + row * t.quants.stride + size_t{block.first} * 2;
  Sums<kRows> s[kGroups];
  for (Sums<kRows>& group : s)
    for (int c = 0; c < kRows; ++c) group.even[c] = group.odd[c] = f_zero();
  const uint32_t words = block.words();
  for (uint32_t w = 0; w < words; w += 2, panel += 2 * kWord, x += 8) {
    const B first = b_load(panel), second = b_load(panel + kPanelGroup);
    for (int c = 0; c < kRows; ++c) {
      const B pair = b_set(x + c * t.quants.stride);
      s[0].even[c] = b_dot(s[0].even[c], first, pair);
      s[1].even[c] = b_dot(s[1].even[c], second, pair);
    }
    const B third = b_load(panel + kWord), fourth = b_load(panel + kPanelGroup + kWord);
    for (int c = 0; c < kRows; ++c) {
      const B pair = b_set(x + c * t.quants.stride + 4);
      s[0].odd[c] = b_dot(s[0].odd[c], third, pair);
      s[1].odd[c] = b_dot(s[1].odd[c], fourth, pair);
    }
  }
  for (uint32_t g = 0; g < kGroups && n + g * kLanes < t.end_row; ++g) {
    const uint32_t at = n + g * kLanes - t.first_row, count = t.end_row - n - g * kLanes;
    for (uint32_t c = 0; c < kRows; ++c) {
      float* out = t.out + (row + c) * t.out_stride + at;
      F sum = f_add(s[g].even[c], s[g].odd[c]);
      if (count >= kLanes) {
        f_store(out, block.first == 0 ? sum : f_add(f_load(out), sum));
      } else {
        f_store_first(out, block.first == 0 ? sum : f_add(f_load_first(out, count), sum), count);
      }
    }
  }
}

void linear_many(const LinearTask& t) {
  for (Block block = {0, 0}; block.first < t.columns; block.first += kBf16Columns) {
    block.end = t.columns - block.first < kBf16Columns ? t.columns : block.first + kBf16Columns;
    for (uint32_t n = t.first_row; n < t.end_row; n += kGroups * kLanes) {
      fill_panel(t, n, block, t.scratch);
      uint32_t c = 0;
      for (; c + kTileOfRows <= t.row_count; c += kTileOfRows) tile<kTileOfRows>(t, n, c, block);
      for (; c + 2 <= t.row_count; c += 2) tile<2>(t, n, c, block);
      if (c < t.row_count) tile<1>(t, n, c, block);
    }
  }
}

}  // namespace

void linear_bf16(const LinearTask& t) { t.row_count <= kFewRows ? linear_few(t) : linear_many(t); }

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
