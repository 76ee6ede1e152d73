/* model.h - a model in memory: where it comes from, what it takes, its facts, its tokenizer and its chat template. */
#ifndef SOTTO_MODEL_H
#define SOTTO_MODEL_H

#include "sotto/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sotto_model sotto_model;
typedef struct sotto_lora sotto_lora;

#define SOTTO_SOURCE_PATH 0u
#define SOTTO_SOURCE_MEMORY 1u   /* borrowed until the model is destroyed */
#define SOTTO_SOURCE_FD 2u       /* mapped; the descriptor may be closed after the call (an Android asset: offset, length) */
#define SOTTO_SOURCE_CALLBACK 3u /* read into memory during the call */

/* A GGUF file; for vocabulary-only models also a SentencePiece .model. */
typedef struct sotto_model_source {
  uint32_t struct_size;
  uint32_t kind;    /* SOTTO_SOURCE_* */
  sotto_str path;   /* PATH */
  const void *data; /* MEMORY */
  uint64_t size;    /* MEMORY, CALLBACK: bytes of the model */
  uint64_t offset;  /* FD, PATH: where the model starts */
  uint64_t length;  /* FD, PATH: its bytes; 0: to the end */
  /* CALLBACK: reads exactly `count` bytes at `at`; non-zero is an I/O error. Called from the calling thread. */
  int32_t (*read)(void *user, uint64_t at, void *into, uint64_t count);
  void *user;
  int32_t fd; /* FD */
  uint32_t reserved;
} sotto_model_source;

#define SOTTO_MODEL_VOCABULARY_ONLY 1u /* tokenizer, template and facts; no backend, no sessions */
#define SOTTO_MODEL_SPLIT_AUTO 2u      /* parts by what each process measures of its speed and has of memory (ranks.h) */
#define SOTTO_MODEL_STAYS                                                                      \
  4u /* SOTTO_DEVICE_LOST and out of memory end a call; else sessions go on on the CPU, if its \
        backend is loaded: the tokens are computed again, a line in the log says so */

#define SOTTO_KV_DEFAULT 0u /* F16; the reference backend: F32 */
#define SOTTO_KV_F32 1u
#define SOTTO_KV_F16 2u
#define SOTTO_KV_Q8_0 3u

/* As many layers as fit the free memory of the named backend's device; all of the model on the CPU where none does. */
#define SOTTO_DEVICE_LAYERS_AUTO 0xFFFFFFFFu

typedef struct sotto_model_options {
  uint32_t struct_size;
  uint32_t flags;            /* SOTTO_MODEL_* */
  sotto_str backend;         /* name or id; not given: the fastest that passes its check */
  const uint32_t *devices;   /* [ranks]; NULL: device 0 */
  const uint32_t *split;     /* [ranks]: parts of heads, ffn and vocabulary per rank; NULL: even */
  uint32_t ranks;            /* tensor-parallel ranks; 0: one in each process */
  uint32_t threads;          /* 0: the runtime's */
  uint32_t context_tokens;   /* of one session; 0: what the model was trained for, at most 4096 and what the cap allows */
  uint32_t sessions;         /* open at the same time; 0: 4 */
  uint64_t kv_tokens;        /* of all sessions together; 0: context_tokens */
  uint32_t max_batch;        /* tokens of one step; 0: 256, fewer under a tight cap */
  uint32_t kv_type;          /* SOTTO_KV_* */
  uint64_t memory_cap_bytes; /* hard cap of this model; 0: the runtime's */
  /* 0..1, from the calling thread; non-zero cancels the load (SOTTO_CANCELLED). */
  int32_t (*progress)(void *user, float fraction);
  void *progress_user;
  uint32_t device_layers;    /* first layers on the named backend, the rest on the CPU; 0: all; SOTTO_DEVICE_LAYERS_AUTO */
  uint32_t comm_deadline_ms; /* a rank that does not answer for so long is lost; 0: 5000 */
  sotto_interface comm; /* sotto_comm_api: ranks in other processes, which run sotto_worker_run; NULL table: all are here */
} sotto_model_options;

/* Opens and loads. Weights of a mapped file are used in place. [any thread] */
SOTTO_API sotto_status sotto_model_open(sotto_runtime *runtime, const sotto_model_source *source,
                                        const sotto_model_options *options, sotto_model **out, sotto_error *err);
/* The model ends with its last session. [any thread] */
SOTTO_API void sotto_model_destroy(sotto_model *model);

/* What opening would take, from the headers of the file and the backend's check alone. Bytes. */
typedef struct sotto_memory_estimate {
  uint32_t struct_size;
  uint32_t context_tokens; /* chosen by the planner, as are the next two */
  uint32_t max_batch;
  uint32_t kv_type;        /* SOTTO_KV_* */
  uint64_t weights_mapped; /* pages of the file, shared and reclaimable */
  uint64_t weights_copied;
  uint64_t kv_cache;
  uint64_t workspace;
  uint64_t host; /* tokenizer, plan, sampler */
  uint64_t total;
} sotto_memory_estimate;
SOTTO_API sotto_status sotto_model_estimate(sotto_runtime *runtime, const sotto_model_source *source,
                                            const sotto_model_options *options, sotto_memory_estimate *out, sotto_error *err);

/* Text fields are terminated UTF-8; a token id that the model does not have is SOTTO_NONE. */
typedef struct sotto_model_facts {
  uint32_t struct_size;
  uint32_t layers;
  uint32_t hidden;
  uint32_t heads;
  uint32_t kv_heads;
  uint32_t head_dim;
  uint32_t ffn;
  uint32_t vocabulary;
  uint32_t context_trained;
  uint32_t context_tokens; /* of a session of this model object; 0 for vocabulary-only */
  uint32_t bos;
  uint32_t eos;
  uint32_t ranks;
  uint32_t tensor_count;
  uint64_t parameters;
  uint64_t file_bytes;
  uint64_t weight_bytes; /* of the tensors that one token reads */
  char architecture[32];
  char weight_type[16]; /* the type that most bytes have: "Q4_1" */
  char tokenizer[32];
  char backend[64];
  char device[128];
  char name[128];
  char hash[65]; /* SHA-256 of header, metadata and tensor table, hexadecimal */
} sotto_model_facts;
SOTTO_API sotto_status sotto_model_get_facts(const sotto_model *model, sotto_model_facts *out, sotto_error *err);

typedef struct sotto_tensor_info {
  uint32_t struct_size;
  uint32_t type; /* SOTTO_F32 ... */
  uint64_t rows; /* product of all dimensions but the last */
  uint64_t columns;
  uint64_t bytes;
  char name[128];
  char type_name[16];
} sotto_tensor_info;
SOTTO_API sotto_status sotto_model_tensor(const sotto_model *model, uint32_t index, sotto_tensor_info *out, sotto_error *err);

/* Two-call idiom, here and below: *size (or *count) receives what is needed; the buffer is written only if `capacity` suffices;
 * both cases are SOTTO_OK. Text is not terminated. `key`: a metadata key of the file ("general.license"); numbers come as text.
 */
SOTTO_API sotto_status sotto_model_text(const sotto_model *model, sotto_str key, char *buffer, uint64_t capacity,
                                        uint64_t *size, sotto_error *err);

#define SOTTO_TOKENIZE_SPECIAL 1u /* markers such as <|im_end|> in the text become control tokens; else they are plain text */
#define SOTTO_TOKENIZE_NO_BOS 2u  /* no beginning-of-text token even where the model wants one */
/* [any thread]; invalid UTF-8 reads as U+FFFD. */
SOTTO_API sotto_status sotto_tokenize(const sotto_model *model, sotto_str text, uint32_t flags, uint32_t *ids,
                                      uint64_t capacity, uint64_t *count, sotto_error *err);
#define SOTTO_DETOKENIZE_SPECIAL 1u /* control tokens are written as their names; else they are left out */
SOTTO_API sotto_status sotto_detokenize(const sotto_model *model, const uint32_t *ids, uint64_t count, uint32_t flags,
                                        char *buffer, uint64_t capacity, uint64_t *size, sotto_error *err);

#define SOTTO_TEMPLATE_NO_GENERATION_PROMPT 1u
typedef struct sotto_template_options {
  uint32_t struct_size;
  uint32_t flags;
  sotto_str messages;  /* JSON: [{"role": "user", "content": "..."}, ...] */
  sotto_str variables; /* JSON object of further variables ({"tools": [...]}), or not given */
  sotto_str source;    /* Jinja; not given: the model's own */
  sotto_str bos;       /* not given: the model's */
  sotto_str eos;
} sotto_template_options;
/* The prompt as text; `model` may be NULL when the source is given. [any thread] */
SOTTO_API sotto_status sotto_template_render(const sotto_model *model, const sotto_template_options *options, char *buffer,
                                             uint64_t capacity, uint64_t *size, sotto_error *err);
/* The prompt as ids: markers that the template wrote are control tokens, markers inside messages and variables are plain text,
 * so that no message can forge a turn. */
SOTTO_API sotto_status sotto_template_tokenize(const sotto_model *model, const sotto_template_options *options, uint32_t *ids,
                                               uint64_t capacity, uint64_t *count, sotto_error *err);

/* LoRA pairs from a GGUF adapter file, for the sessions of this model (sotto_session_set_lora). Holds the model. */
SOTTO_API sotto_status sotto_lora_open(sotto_model *model, const sotto_model_source *source, sotto_lora **out,
                                       sotto_error *err);
SOTTO_API void sotto_lora_destroy(sotto_lora *lora);

#ifdef __cplusplus
}
#endif

#endif
