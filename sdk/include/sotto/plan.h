/* plan.h - the model as a backend sees it: a straight list of coarse steps, common to all ranks. Read by backend authors.
 *
 * A plan is single assignment: every step writes the value `out` once and reads values written before it. A value is a matrix
 * of float32 in meaning, one row per batch row; `widths[value * world + rank]` is its width on a rank. What a backend stores
 * between steps is its own affair within the tolerance of its data type. An unknown kind, flag, type or non-zero unknown byte
 * must be answered SOTTO_UNSUPPORTED by check and compile, never run wrongly. All pointers are borrowed for the call that
 * passes the plan. backends/reference is the meaning of this file in code. After Megatron-LM (Shoeybi et al. 2019): column-
 * then row-parallel linears, whole heads per rank, vocabulary-parallel embedding and logits. */
#ifndef SOTTO_PLAN_H
#define SOTTO_PLAN_H

#include "sotto/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Step kinds. */
#define SOTTO_STEP_INPUT 1u      /* out = rows given in the batch */
#define SOTTO_STEP_EMBED 2u      /* out = scale * (table[token] + positions[position]) */
#define SOTTO_STEP_NORM 3u       /* out = norm(in0) over the whole row */
#define SOTTO_STEP_LINEAR 4u     /* out = act(in0 W^T + bias) * (in0 G^T + gate bias) */
#define SOTTO_STEP_ATTENTION 5u  /* in0 = q, in1 = k, in2 = v; out = heads side by side */
#define SOTTO_STEP_ADD 6u        /* out = in0 + scale * (in1 + bias) */
#define SOTTO_STEP_MUL 7u        /* out = in0 * act(in1) */
#define SOTTO_STEP_ALL_REDUCE 8u /* out = sum of in0 over the ranks, in rank order; every rank gets it */
#define SOTTO_STEP_ALL_GATHER 9u /* out = the ranks' parts of in0 side by side; every rank gets it */
#define SOTTO_STEP_OUTPUT 10u    /* deliver rows of in0, the same on every rank; out is SOTTO_NONE */

/* Activations. gelu_tanh: 0.5x(1+tanh(0.7978845608(x+0.044715x^3))); gelu_erf: 0.5x(1+erf(x/sqrt 2)); quick_gelu: x
 * sigmoid(1.702x). */
#define SOTTO_ACT_NONE 0u
#define SOTTO_ACT_GELU_TANH 1u
#define SOTTO_ACT_GELU_ERF 2u
#define SOTTO_ACT_QUICK_GELU 3u
#define SOTTO_ACT_SILU 4u
#define SOTTO_ACT_RELU 5u
#define SOTTO_ACT_RELU_SQUARED 6u
#define SOTTO_ACT_SIGMOID 7u
#define SOTTO_ACT_TANH 8u

#define SOTTO_NORM_LAYER 0u /* (x - mean) / sqrt(variance + eps) * weight + bias; biased variance */
#define SOTTO_NORM_RMS 1u   /* x / sqrt(mean(x^2) + eps) * weight (+ bias if given) */

#define SOTTO_ROTATION_NONE 0u
#define SOTTO_ROTATION_HALVES 1u      /* pairs (i, i + rotary_dim/2): GPT-NeoX, Hugging Face Llama, Qwen */
#define SOTTO_ROTATION_INTERLEAVED 2u /* pairs (2i, 2i+1): GGUF llama, GPT-J */

typedef struct sotto_step {
  uint32_t struct_size;
  uint32_t kind;    /* SOTTO_STEP_* */
  uint32_t out;     /* value index */
  uint32_t in[3];   /* value indices, SOTTO_NONE where the kind takes fewer */
  const void *args; /* the struct of the kind below; NULL for ALL_REDUCE and ALL_GATHER */
} sotto_step;

/* Weight fields hold an index into plan.weights, or SOTTO_NONE. Biases, norm weights, sinks and tables of frequencies are F32
 * rows of one (rows = 1, columns = width); they may also be F16 or BF16. */

typedef struct sotto_input_args {
  uint32_t struct_size;
  uint32_t input; /* index into sotto_batch.inputs */
} sotto_input_args;
typedef struct sotto_embed_args {
  uint32_t struct_size;
  uint32_t table;     /* [vocabulary, width], split by rows: a row outside this rank's slice reads as zero */
  uint32_t positions; /* [positions, width], likewise, or SOTTO_NONE */
  float scale;        /* 0 means 1 */
} sotto_embed_args;
typedef struct sotto_norm_args {
  uint32_t struct_size;
  uint32_t kind; /* SOTTO_NORM_* */
  uint32_t weight;
  uint32_t bias;
  float epsilon;
} sotto_norm_args;
/* u = in0 W^T + bias; without a gate: y = act(clamp(u, -clamp, clamp)).
 * With a gate: g = in0 G^T + gate_bias; y = act(min(u, clamp)) * (clamp(g, -clamp, clamp) + gate_offset).
 * out = softcap tanh(scale y / softcap). Clamp 0: none; scale 0: 1; softcap 0: none. A bias of a column slice is given once
 * (rank 0). */
typedef struct sotto_linear_args {
  uint32_t struct_size;
  uint32_t weight; /* [out width, in width] */
  uint32_t bias;
  uint32_t gate; /* as weight, may differ in type */
  uint32_t gate_bias;
  uint32_t activation;
  float scale;
  float clamp;
  float softcap;
  float gate_offset;
} sotto_linear_args;
/* Which heads a rank has. Query head h uses KV head h / (heads of all ranks / KV heads of the model), both counted globally. */
typedef struct sotto_rank_heads {
  uint32_t first_head;
  uint32_t heads;
  uint32_t first_kv_head;
  uint32_t kv_heads;
} sotto_rank_heads;

#define SOTTO_ATTENTION_READ_ONLY 1u  /* in1, in2 are SOTTO_NONE: the slot was filled by an earlier step */
#define SOTTO_ATTENTION_NOT_CAUSAL 2u /* a row sees every row of its sequence, later ones of the same batch too */
#define SOTTO_ATTENTION_NORM_AFTER 4u /* q and k are normalised after the rotation, not before */

/* q, k (normalised, rotated) and v; k and v are appended to the cache slot at the row's position; then for each head
 * softmax over the visible positions j of softcap(scale q.k_j), plus the sink in the denominator only, times v_j.
 * Rotation of pair (a, b) by t = position * inv_freq[i]: (a cos t - b sin t, a sin t + b cos t) * magnitude; dimensions past
 * rotary_dim pass unchanged (and without the magnitude). The position is rounded once to float32, t computed in float32. */
typedef struct sotto_attention_args {
  uint32_t struct_size;
  uint32_t flags;
  uint32_t slot; /* index into plan.slots */
  uint32_t head_dim;
  uint32_t heads;  /* of the whole model, = sum over ranks */
  float scale;     /* 0 means 1/sqrt(head_dim) */
  float softcap;   /* 0: none, else cap * tanh(s / cap) */
  uint32_t window; /* 0: all; else a position sees itself and the window - 1 before it */
  uint32_t sink;   /* F32 [1, this rank's heads] or SOTTO_NONE */
  uint32_t q_norm; /* [1, head_dim] or SOTTO_NONE; biases likewise */
  uint32_t q_norm_bias;
  uint32_t k_norm;
  uint32_t k_norm_bias;
  uint32_t norm_kind; /* SOTTO_NORM_* */
  float norm_epsilon;
  uint32_t rotation; /* SOTTO_ROTATION_* */
  uint32_t rotary_dim;
  uint32_t inv_freq; /* F32 [1, rotary_dim / 2] or SOTTO_NONE without rotation */
  float magnitude;   /* 0 means 1 */
} sotto_attention_args;

typedef struct sotto_add_args {
  uint32_t struct_size;
  uint32_t bias; /* [1, width] or SOTTO_NONE */
  float scale;   /* 0 means 1 */
} sotto_add_args;
typedef struct sotto_mul_args {
  uint32_t struct_size;
  uint32_t activation;
} sotto_mul_args;
typedef struct sotto_output_args {
  uint32_t struct_size;
  uint32_t output; /* 0..31: the bit of sotto_batch_row.outputs and the index into the run's results */
} sotto_output_args;
/* A rank's part of a weight: rows [first_row, +rows) and columns [first_column, +columns) of the whole. Rows or columns may be
 * 0. */
typedef struct sotto_slice {
  uint64_t first_row;
  uint64_t rows;
  uint64_t first_column;
  uint64_t columns;
  uint64_t skip_columns; /* delivered rows start this many columns earlier: whole quantization blocks are delivered */
} sotto_slice;
#define SOTTO_USE_TABLE 1u  /* rows are looked up by EMBED */
#define SOTTO_USE_LINEAR 2u /* multiplied by LINEAR */
#define SOTTO_USE_VECTOR 4u /* bias, gain, sink, frequencies */

typedef struct sotto_weight {
  uint32_t struct_size;
  uint32_t type; /* SOTTO_F32 ... */
  uint64_t rows; /* of the whole weight */
  uint64_t columns;
  uint32_t uses; /* SOTTO_USE_* bits: all uses in this plan */
  uint32_t reserved;
  const sotto_slice *slices; /* [world] */
  sotto_str name;            /* for messages */
} sotto_weight;

/* One layer's KV cache. */
typedef struct sotto_slot {
  uint32_t struct_size;
  uint32_t kv_heads; /* of the whole model */
  uint32_t head_dim;
  uint32_t window;               /* the largest window any reader uses, 0: all positions are needed */
  const sotto_rank_heads *ranks; /* [world]; every ATTENTION on the slot has these heads */
} sotto_slot;

typedef struct sotto_plan {
  uint32_t struct_size;
  uint32_t world; /* ranks */
  uint32_t value_count;
  uint32_t weight_count;
  uint32_t weight_stride;
  uint32_t step_count;
  uint32_t step_stride;
  uint32_t slot_count;
  uint32_t slot_stride;
  uint32_t output_count;
  uint32_t vocabulary;    /* token ids are below this */
  uint32_t max_positions; /* positions are below this */
  const uint32_t *widths; /* [value_count * world] */
  const sotto_weight *weights;
  const sotto_step *steps;
  const sotto_slot *slots;
  uint8_t hash[32]; /* of all the above: ranks that join a group compare it */
} sotto_plan;

#ifdef __cplusplus
}
#endif
#endif
