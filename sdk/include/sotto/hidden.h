/* hidden.h - what a model understood instead of what it says: embeddings of texts, and heads trained on its hidden states.
 *
 * A hidden state is the model's [hidden] numbers behind the last norm at one position (SOTTO_OUTPUT_HIDDEN of session.h). A
 * head is a small linear layer on it that a GGUF file carries under `sotto.head.*` (docs/models.md): intents, moods, spans. */
#ifndef SOTTO_HIDDEN_H
#define SOTTO_HIDDEN_H

#include "sotto/session.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SOTTO_HEAD_SEQUENCE 1u /* one answer for a text: apply it to the hidden state of its last token */
#define SOTTO_HEAD_TOKEN 2u    /* one answer for each token */
#define SOTTO_HEAD_SPAN 3u     /* for each token: a number a label that its span begins, then one a label that it ends */

typedef struct sotto_head_info {
  uint32_t struct_size;
  uint32_t kind; /* SOTTO_HEAD_* */
  uint32_t labels;
  uint32_t outputs;  /* numbers for each hidden state: labels, twice as many for spans */
  float temperature; /* of the calibration; sotto_head_apply has divided by it */
  uint32_t reserved;
  char name[64]; /* "sentiment" */
} sotto_head_info;

typedef struct sotto_head_label {
  uint32_t struct_size;
  float threshold; /* on the label's probability, as trained; 0: none */
  char text[128];  /* "positive" */
} sotto_head_label;

/* 0 for a model without heads. [any thread] */
SOTTO_API uint32_t sotto_model_head_count(const sotto_model *model);
/* [any thread] */
SOTTO_API sotto_status sotto_model_head_info(const sotto_model *model, uint32_t head, sotto_head_info *out, sotto_error *err);
SOTTO_API sotto_status sotto_model_head_label(const sotto_model *model, uint32_t head, uint32_t label, sotto_head_label *out,
                                              sotto_error *err);
/* The head of that name, or SOTTO_NOT_FOUND with the names there are. [any thread] */
SOTTO_API sotto_status sotto_model_head_find(const sotto_model *model, sotto_str name, uint32_t *head, sotto_error *err);

/* logits[rows][outputs] = (hidden[rows][hidden of the model] Wt + bias) / temperature, in float32. `capacity` counts floats of
 * `logits`. A softmax over the labels makes probabilities. [any thread] */
SOTTO_API sotto_status sotto_head_apply(const sotto_model *model, uint32_t head, const float *hidden, uint64_t rows,
                                        float *logits, uint64_t capacity, sotto_error *err);

#define SOTTO_POOL_LAST 0u /* the last token's, which has seen all */
#define SOTTO_POOL_MEAN 1u /* the mean of all */
#define SOTTO_POOL_FIRST 2u

#define SOTTO_EMBED_NORMALIZE 1u /* to length 1: dot products are cosines */

typedef struct sotto_embed_options {
  uint32_t struct_size;
  uint32_t pooling;     /* SOTTO_POOL_* */
  uint32_t flags;       /* SOTTO_EMBED_* */
  uint32_t deadline_ms; /* 0: none */
} sotto_embed_options;

/* Feeds the tokens and pools their hidden states into vector[hidden of the model]. The tokens become part of the session: fork
 * it before, or rewind after, to go on as if nothing had been. `capacity` counts floats; with too few nothing is fed.
 * [session thread] */
SOTTO_API sotto_status sotto_session_embed(sotto_session *session, const uint32_t *ids, uint64_t count,
                                           const sotto_embed_options *options, float *vector, uint64_t capacity,
                                           sotto_error *err);

/* The table of the host service "sotto.hidden/1": the same functions for skill plugins. */
#define SOTTO_HIDDEN_SERVICE_ID "sotto.hidden/1"
typedef struct sotto_hidden_service {
  uint32_t struct_size;
  uint32_t reserved;
  uint32_t (*head_count)(const sotto_model *);
  sotto_status (*head_info)(const sotto_model *, uint32_t, sotto_head_info *, sotto_error *);
  sotto_status (*head_label)(const sotto_model *, uint32_t, uint32_t, sotto_head_label *, sotto_error *);
  sotto_status (*head_find)(const sotto_model *, sotto_str, uint32_t *, sotto_error *);
  sotto_status (*head_apply)(const sotto_model *, uint32_t, const float *, uint64_t, float *, uint64_t, sotto_error *);
  sotto_status (*session_embed)(sotto_session *, const uint32_t *, uint64_t, const sotto_embed_options *, float *, uint64_t,
                                sotto_error *);
} sotto_hidden_service;

#ifdef __cplusplus
}
#endif

#endif
