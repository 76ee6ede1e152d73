/* convert.h - model files before they reach a device: import, quantize, export, shard. The library is libsotto-convert, which a
 * device never needs; it executes nothing that a checkpoint contains and opens no other file than those named.
 *
 * Every call streams: it holds one tensor at a time, whatever the checkpoint's size. An output is written under a temporary
 * name beside it, synced and renamed when complete; an interrupted call leaves nothing that looks finished. An existing output
 * is kept unless SOTTO_CONVERT_OVERWRITE is set. [any thread]; several calls at once are independent. */
#ifndef SOTTO_CONVERT_H
#define SOTTO_CONVERT_H

#include "sotto/types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SOTTO_CONVERT_OVERWRITE 1u /* replace an existing output */

/* What a call says while it works, on the thread that made the call. Every function may be NULL. */
typedef struct sotto_convert_events {
  uint32_t struct_size;
  uint32_t reserved;
  void *user;
  /* `fraction` of the bytes is done, 0..1; `what` names the tensor. Non-zero cancels the call (SOTTO_CANCELLED). */
  int32_t (*progress)(void *user, float fraction, sotto_str what);
  /* One sentence that the user should read: something was left out or decided for lack of a word in the checkpoint. */
  void (*warning)(void *user, sotto_str sentence);
} sotto_convert_events;

typedef struct sotto_import_options {
  uint32_t struct_size;
  uint32_t flags;      /* SOTTO_CONVERT_* */
  sotto_str type;      /* "f32", "f16", "bf16": of the matrices; not given: as the checkpoint holds them. Vectors are f32 */
  sotto_str tokenizer; /* tokenizer.json, a SentencePiece .model, or the folder of one; not given: what the checkpoint brings */
  sotto_str config; /* JSON file with Megatron's argument names, for checkpoints without; it wins over the checkpoint's own */
  const sotto_convert_events *events;
} sotto_import_options;

typedef struct sotto_import_report {
  uint32_t struct_size;
  uint32_t tensors;
  uint64_t parameters;
  uint64_t bytes;        /* of the output */
  uint32_t tokens;       /* of the tokenizer; 0: there is none, the model works by ids */
  uint32_t vocabulary;   /* rows of the embedding */
  char format[64];       /* "Megatron torch_dist", "Megatron mp_rank", "Hugging Face safetensors" */
  char architecture[64]; /* general.architecture of the output */
} sotto_import_report;

/* `source`: the root of a Megatron-LM checkpoint (its latest iteration is taken), the folder of one iteration, or a Hugging
 * Face folder. `output`: a GGUF file. Fails with a sentence that names file, tensor and what was expected. */
SOTTO_API sotto_status sotto_import(sotto_str source, sotto_str output, const sotto_import_options *options,
                                    sotto_import_report *report, sotto_error *err);

/* How strongly the columns of a weight matrix are used: the mean of squares of what they are multiplied with, from a
 * calibration text. `tensor`: its GGUF name. */
typedef struct sotto_importance {
  uint32_t struct_size;
  uint32_t reserved;
  sotto_str tensor;
  const float *columns; /* [count], not negative */
  uint64_t count;
} sotto_importance;

/* What quantizing did to one tensor. */
typedef struct sotto_tensor_report {
  uint32_t struct_size;
  uint32_t from_type; /* SOTTO_F32 ... */
  uint32_t to_type;
  uint32_t reserved;
  sotto_str name;
  uint64_t rows;
  uint64_t columns;
  uint64_t bytes;
  double relative_error; /* root of the sum of squared errors over that of squared weights; 0: copied as it is */
  double largest_error;  /* absolute */
} sotto_tensor_report;

typedef struct sotto_quantize_options {
  uint32_t struct_size;
  uint32_t flags;   /* SOTTO_CONVERT_* */
  sotto_str type;   /* "q4_k", "q4_k_m", ...: a type for all matrices or a mix (docs/models.md) */
  uint32_t threads; /* 0: as the machine has. The output does not depend on it */
  uint32_t importance_stride;
  const sotto_importance *importance; /* [importance_count], or NULL */
  uint64_t importance_count;
  const sotto_convert_events *events;
  /* Called once a tensor, in the order of the file. May be NULL. */
  void (*tensor_done)(void *user, const sotto_tensor_report *report);
  void *user;
} sotto_quantize_options;

typedef struct sotto_quantize_report {
  uint32_t struct_size;
  uint32_t tensors;
  uint64_t input_bytes;
  uint64_t bytes;         /* of the output */
  double relative_error;  /* over all tensors that were quantized */
  double bits_per_weight; /* of all tensors */
} sotto_quantize_report;

/* From a GGUF of any types to a GGUF of the given type; metadata is kept. Deterministic: equal inputs give equal bytes. */
SOTTO_API sotto_status sotto_quantize(sotto_str input, sotto_str output, const sotto_quantize_options *options,
                                      sotto_quantize_report *report, sotto_error *err);

typedef struct sotto_export_options {
  uint32_t struct_size;
  uint32_t flags;             /* SOTTO_CONVERT_* */
  uint32_t tensor_parallel;   /* 0: 1 */
  uint32_t pipeline_parallel; /* 0: 1 */
  const sotto_convert_events *events;
} sotto_export_options;

/* From a GGUF to a Megatron-LM checkpoint in the mp_rank format, in the folder `output`: importing it gives the same tensors
 * bit for bit. Quantized tensors become float32. */
SOTTO_API sotto_status sotto_export(sotto_str input, sotto_str output, const sotto_export_options *options, sotto_error *err);

typedef struct sotto_shard_options {
  uint32_t struct_size;
  uint32_t flags; /* SOTTO_CONVERT_* */
  uint32_t ranks;
  uint32_t reserved;
  const uint32_t *split; /* [ranks]: parts of heads, ffn and vocabulary, as sotto_model_options has them; NULL: even */
  const sotto_convert_events *events;
} sotto_shard_options;

/* From a GGUF to one file for each rank of a job (ranks.h), in the folder `output`: rank0-of-2.gguf, rank1-of-2.gguf. Each
 * holds what its rank reads, and the model's keys and tokenizer. */
SOTTO_API sotto_status sotto_shard(sotto_str input, sotto_str output, const sotto_shard_options *options, sotto_error *err);

#ifdef __cplusplus
}
#endif

#endif
