// kernels.h - the arithmetic of the CPU backend as tables of functions, one table per instruction set. Read by program code.
//
// Every kernel file is compiled once per instruction set into the namespace SOTTO_CPU_ISA. This header is seen by all of those
// translation units: it holds plain structs only, nothing inline, so that no code built for a newer processor can be linked
// into the parts that run everywhere. Kernels allocate nothing, keep no state and run on any thread.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace sotto::cpu {

constexpr uint32_t kUnit = 32;        // columns that share one activation scale
constexpr uint32_t kMaxLanes = 16;    // the widest vector, in float32
constexpr uint32_t kPageTokens = 32;  // tokens of one KV page
constexpr uint32_t kPanelGroups = 2;  // row groups that a thread's scratch holds unfolded
constexpr int kWideRows = 4;          // rows of F16 or BF16 that it holds as float32
// Columns that it holds of two groups of bf16 rows, as words (linear_bf16.cc).
constexpr uint32_t kBf16Columns = 1024;
constexpr uint64_t kBf16Bytes = uint64_t{2} * kBf16Columns * kMaxLanes * 2;
// Pages whose softmax is summed alone, then merged: fixed, so that bits never depend on threads.
constexpr uint32_t kSplitPages = 16;
// Pages whose keys are read before their values: maxima and exponentials have long latencies and little to do for one.
constexpr uint32_t kBlockPages = 4;
constexpr uint32_t kTileQueries = 32;  // query vectors of one attention task

// 32 numbers of an activation row as int8 with a step, all that a kernel reads of them in one cache line.
struct ActivationUnit {
  int8_t numbers[kUnit];
  float step;                   // what an integer counts
  float sum;                    // of its numbers as they are kept, upper bits and all
  int32_t count, second_count;  // sums of its integers, upper bits and all: of the whole unit, of its second half
  uint32_t outliers;            // how many of the row's list are this unit's
  uint32_t reserved[3];
};
static_assert(sizeof(ActivationUnit) == 64);

// The upper bits of four neighbouring numbers, some of which stand out of their row (quantize.cc): 128 times these are
// to be added to what their unit has. Eight bits everywhere are what others use; on real models they move logits by up to 1.8
// (SmolLM2), because a few channels are a hundred times larger than the rest, and the rest of their unit is counted as
// coarsely.
struct Outlier {
  uint32_t place;  // number of the row / 4
  int8_t four[4];
  float step;  // what an integer of `four` counts: 128 times its unit's step
};
// An outlier is larger than so many times the root mean square of its row, measured without those that stand out of all of it.
// Of count numbers at most count / kStandsOut^2 do either.
constexpr float kStandsOut = 4.0f;
constexpr uint32_t kOutliersPerUnit = 4;
static_assert(2 * kUnit <= kOutliersPerUnit * kStandsOut * kStandsOut);

// Activation rows, `stride` bytes apart: ActivationUnit [units], the number of outliers, then these by place; for products of
// bf16 [units * 32] of these.
struct QuantRows {
  uint8_t* base;
  uint64_t stride;
  uint32_t units;
};

constexpr uint64_t quant_row_bytes(uint64_t units) {
  return units * (sizeof(ActivationUnit) + kOutliersPerUnit * sizeof(Outlier)) + sizeof(uint32_t) +
         (kUnit / 4) * sizeof(Outlier);  // the words of a unit are written before it is known which of them stay
}

// out[a * out_stride + n - first_row] = sum over k of W[n][k] x[a][k] for rows first_row <= n < end_row.
struct LinearTask {
  const uint8_t* weights;  // row 0 of the rank's slice; repacked: its first group of rows
  uint64_t stride;         // bytes from row to row; repacked: from group to group
  uint32_t first_row;
  uint32_t end_row;
  uint32_t columns;          // float types: columns of the slice
  QuantRows quants;          // quantised types, bf16: activations, `quants.units` covers the padded columns
  const float* const* rows;  // float types: activations
  uint32_t row_count;        // activation rows
  float* out;
  uint64_t out_stride;
  uint8_t* scratch;  // panel_bytes of lower.h, 64-byte aligned, one per thread
};

// u = act(...) of plan.h's LINEAR over `count` neighbouring columns of one row, in place; null pointers: absent.
struct EpilogueTask {
  float* u;
  const float* g;
  const float* bias;
  const float* gate_bias;
  uint32_t count;
  uint32_t activation;
  float scale;
  float clamp;
  float softcap;
  float gate_offset;
};

struct NormTask {
  const float* x;
  float* y;
  const float* weight;  // null: 1
  const float* bias;    // null: 0
  uint32_t count;
  uint32_t kind;
  float epsilon;
};

// The keys and the values of one (slot, KV head): those of a sequence's page p lie at keys + pages[p] * k_bytes and at values +
// pages[p] * v_bytes. A head has `padded` dimensions (a multiple of 16, zero filled). How they lie there: cache_parts.h.
struct CacheView {
  const uint8_t* keys;
  const uint8_t* values;
  uint64_t k_bytes;
  uint64_t v_bytes;
  const uint32_t* pages;
  uint32_t padded;
  uint32_t k_type;
  uint32_t v_type;
};

// One token's key or value of one (slot, KV head).
struct CacheRow {
  uint8_t* part;  // the page's keys or its values
  uint32_t type;
  uint32_t is_key;
  uint32_t token;  // within the page
  uint32_t head_dim;
  uint32_t padded;
};

// State of one query's softmax: weighted values, their weight, the largest score times log2 e.
struct SoftmaxState {
  float* sums;    // [queries][padded]
  float* weight;  // [queries]
  float* top;     // [queries]
};

// Adds pages [first_page, end_page), from a split's beginning, to the state of `queries` query vectors; query i sees positions
// begin[i] <= j < end[i].
struct AttentionTask {
  CacheView cache;
  const float* q;  // [queries][padded]
  uint32_t queries;
  const uint32_t* begin;
  const uint32_t* end;
  uint32_t first_page;
  uint32_t end_page;
  float scale;
  float softcap;
  SoftmaxState state;
};

struct RotaryTask {
  float* x;  // one head
  const float* cosines;
  const float* sines;
  uint32_t rotary_dim;
  uint32_t interleaved;
};

using LinearKernel = void (*)(const LinearTask&);

// A repacked layout: groups of `lanes` rows, each a list of blocks of `block_columns` columns in `block_bytes`.
struct Packing {
  // The `count` <= lanes stored rows from `rows` on, `columns` columns each (rounded up to whole blocks as they are stored), as
  // one group.
  void (*pack)(const uint8_t* rows, uint64_t stride, uint32_t count, uint64_t columns, uint8_t* to);
  LinearKernel linear;
  uint32_t block_columns;
  uint32_t block_bytes;
};

struct Kernels {
  const char* name;
  uint32_t lanes;
  LinearKernel linear[32];     // by weight type, stored rows; null: not a type of this backend
  const Packing* packing[32];  // by weight type; null: only as stored
  // x (count numbers) is preceded by `skip` zeros and followed by zeros up to units * 32.
  void (*quantize)(const float* x, uint32_t skip, uint32_t count, const QuantRows& rows, uint32_t row);
  // The same as bf16, for BF16 weights; null: those are multiplied with float32.
  void (*narrow)(const float* x, uint32_t count, const QuantRows& rows, uint32_t row);
  void (*epilogue)(const EpilogueTask&);
  void (*norm)(const NormTask&);
  void (*add)(const float* a, const float* b, const float* bias, float scale, float* y, uint32_t count);
  void (*multiply)(const float* a, const float* b, uint32_t activation, float* y, uint32_t count);
  void (*accumulate)(const float* x, float factor, float* y, uint32_t count);  // y += factor * x
  float (*dot)(const float* a, const float* b, uint32_t count);
  void (*attend)(const AttentionTask&);
  // Takes `part` into `total`, both of one query; an empty total has weight 0 and top -infinity.
  void (*merge)(const SoftmaxState& total, const SoftmaxState& part, uint32_t padded);
  // y = sums / (weight + exp(sink) / 2^top); sink null: none.
  void (*finish)(const SoftmaxState& total, const float* sink, float* y, uint32_t head_dim);
  void (*rotate)(const RotaryTask&);
  // head_dim numbers of one token into a page, and out of it.
  void (*store_row)(const CacheRow&, const float* x);
  void (*load_row)(const CacheRow&, float* x);
  // A row of a stored table as float32: columns [first, first + count) of the row at `row`.
  void (*decode)(uint32_t type, const uint8_t* row, uint64_t first, uint32_t count, float* x);
};

namespace plain {
extern const Kernels kKernels;
}
namespace avx2 {
extern const Kernels kKernels;
}
namespace avx2vnni {
extern const Kernels kKernels;
}
namespace avx512 {
extern const Kernels kKernels;
}
namespace avx512bf16 {
extern const Kernels kKernels;
}
namespace neon {
extern const Kernels kKernels;
}
namespace neondot {
extern const Kernels kKernels;
}
namespace i8mm {
extern const Kernels kKernels;
}

}  // namespace sotto::cpu
