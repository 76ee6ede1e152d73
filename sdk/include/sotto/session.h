/* session.h - one stream of tokens on a model: feed, generate, cancel, rewind. Sessions of a model share its weights and steps.
 *
 * [session thread] functions are called by one thread at a time; another at the same time gets SOTTO_BUSY. From inside a
 * callback of a call on the same session every function but sotto_session_cancel, _position and _counters answers
 * SOTTO_REENTRANT. */
#ifndef SOTTO_SESSION_H
#define SOTTO_SESSION_H

#include "sotto/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sotto_session sotto_session;
typedef struct sotto_matcher sotto_matcher; /* grammar.h */

typedef struct sotto_session_options {
  uint32_t struct_size;
  uint32_t context_tokens; /* limit of this session; 0: the model's */
} sotto_session_options;

SOTTO_API sotto_status sotto_session_create(sotto_model *model, const sotto_session_options *options, sotto_session **out,
                                            sotto_error *err);
/* Waits for a call in progress, which is cancelled. [any thread] */
SOTTO_API void sotto_session_destroy(sotto_session *session);

#define SOTTO_OUTPUT_LOGITS 1u /* bit 0: [vocabulary] before the softmax */
#define SOTTO_OUTPUT_HIDDEN 2u /* bit 1: [hidden] after the last norm */

typedef struct sotto_feed_options {
  uint32_t struct_size;
  uint32_t deadline_ms; /* from the start of the call; 0: none */
  uint32_t outputs;     /* SOTTO_OUTPUT_* wanted at every position */
  uint32_t reserved;
  const uint32_t *output_masks; /* [count] further wishes per position, or NULL */
  /* One row of one output, float32, valid during the call, positions in order; non-zero stops (SOTTO_CANCELLED). */
  int32_t (*on_row)(void *user, uint32_t position, uint32_t output, const float *row, uint32_t width);
  void *user;
} sotto_feed_options;

/* Appends tokens. After a failure the session holds the tokens computed so far: see sotto_session_position. [session thread] */
SOTTO_API sotto_status sotto_session_feed(sotto_session *session, const uint32_t *ids, uint64_t count,
                                          const sotto_feed_options *options, sotto_error *err);

#define SOTTO_FINISH_END 1u      /* the model ended its text */
#define SOTTO_FINISH_LENGTH 2u   /* max_tokens */
#define SOTTO_FINISH_STOP 3u     /* a stop string; it is not part of the text */
#define SOTTO_FINISH_CALLBACK 4u /* a callback returned non-zero */
#define SOTTO_FINISH_CONTEXT 5u  /* the context is full */
#define SOTTO_FINISH_GRAMMAR 6u  /* the grammar allows nothing more */

typedef struct sotto_generate_result {
  uint32_t struct_size;
  uint32_t finish; /* SOTTO_FINISH_*, 0 after a failure */
  uint32_t prompt_tokens;
  uint32_t generated_tokens; /* the one that ended the text included */
  uint32_t position;         /* of the session afterwards */
  uint32_t stop_index;       /* which stop string */
  uint64_t first_token_ns;   /* from the call to the first token */
  uint64_t prefill_ns;
  uint64_t decode_ns;
  uint32_t drafted_tokens;  /* guessed and computed beside the answer's own: see SOTTO_GENERATE_NO_SPECULATION */
  uint32_t accepted_tokens; /* of these, what the answer then was */
} sotto_generate_result;

typedef struct sotto_token_bias {
  uint32_t token;
  float bias; /* added to the logit; -INFINITY forbids */
} sotto_token_bias;

#define SOTTO_GENERATE_SPECIAL 1u /* markers in the prompt text become control tokens */
#define SOTTO_GENERATE_NO_BOS 2u
#define SOTTO_GENERATE_IGNORE_END 4u /* goes on past the end of text: benchmarks */
#define SOTTO_GENERATE_LOGPROBS 8u   /* compute log-probabilities for on_token */
/* Without it several tokens may be computed in one step where the text seems to repeat what was said before (prompt lookup:
 * Yang et al. 2023, arXiv:2304.04487). The text is the same with and without, sampled or greedy; callbacks come in the same
 * order. */
#define SOTTO_GENERATE_NO_SPECULATION 16u

/* `piece`: whole UTF-8 characters, never part of one: what a limit (SOTTO_FINISH_LENGTH, _CONTEXT, a cancel) cuts off is left
 * out, and comes whole from a call that goes on without a prompt. Non-zero ends the generation (SOTTO_FINISH_CALLBACK). */
typedef int32_t (*sotto_on_text)(void *user, sotto_str piece);

typedef struct sotto_generate_options {
  uint32_t struct_size;
  uint32_t flags;             /* SOTTO_GENERATE_* */
  uint32_t max_tokens;        /* 0: until the end or the context is full */
  uint32_t deadline_ms;       /* from the start of the call; 0: none; holds inside prefill too */
  const uint32_t *prompt_ids; /* instead of the prompt text */
  uint64_t prompt_id_count;
  /* Sampling, in this order: bias, mask, penalties, then top_k, top_p, min_p at temperature 1, then the temperature. */
  float temperature;       /* 0: greedy */
  uint32_t top_k;          /* 0: off */
  float top_p;             /* 0 or 1: off */
  float min_p;             /* 0: off */
  float repeat_penalty;    /* 0 or 1: off; divides positive, multiplies negative logits of recent tokens */
  float presence_penalty;  /* subtracted once from a token that occurred */
  float frequency_penalty; /* subtracted for each time it occurred */
  uint32_t penalty_tokens; /* how many of the last tokens count as recent; 0: 64 */
  uint64_t seed;           /* the same seed gives the same text on every run */
  const sotto_str *stops;  /* text that ends the answer; held back while it may still come */
  const sotto_token_bias *biases;
  uint32_t stop_count;
  uint32_t bias_count;
  /* Every generated token, also one whose text is still held back. logprob: of the model's own distribution. */
  int32_t (*on_token)(void *user, uint32_t token, float logprob);
  void *on_token_user;
  /* May lower logits in place before sampling (-INFINITY forbids); non-zero ends the generation. */
  int32_t (*mask)(void *user, float *logits, uint32_t vocabulary);
  void *mask_user;
  sotto_generate_result *result; /* filled also after a failure; may be NULL */
  /* grammar.h: the answer goes on from where it stands, which moves along; NULL: free text. Masks before `mask` does. */
  sotto_matcher *matcher;
} sotto_generate_options;

/* Feeds the prompt and streams the answer. The generated tokens become part of the session, an end-of-text token does not.
 * SOTTO_CANCELLED and SOTTO_DEADLINE leave what was computed in the session. [session thread] */
SOTTO_API sotto_status sotto_generate(sotto_session *session, sotto_str prompt, const sotto_generate_options *options,
                                      sotto_on_text on_text, void *user, sotto_error *err);

/* Ends the call in progress within 50 ms; without one it does nothing. [any thread] */
SOTTO_API void sotto_session_cancel(sotto_session *session);

/* Tokens in the session. [any thread] */
SOTTO_API uint32_t sotto_session_position(const sotto_session *session);
/* Forgets all tokens from `position` on. [session thread] */
SOTTO_API sotto_status sotto_session_rewind(sotto_session *session, uint32_t position, sotto_error *err);
/* The session's tokens from `first` on; two-call idiom. [session thread] */
SOTTO_API sotto_status sotto_session_tokens(sotto_session *session, uint32_t first, uint32_t *ids, uint64_t capacity,
                                            uint64_t *count, sotto_error *err);
/* A second session that begins with the same tokens and shares their cache. [session thread] */
SOTTO_API sotto_status sotto_session_fork(sotto_session *session, sotto_session **out, sotto_error *err);
/* The adapter for the tokens to come; NULL: none. Held by the session. [session thread] */
SOTTO_API sotto_status sotto_session_set_lora(sotto_session *session, sotto_lora *lora, float strength, sotto_error *err);

/* The whole state as bytes, bound to the model's hash, neutral in backend, ranks and KV type; two-call idiom. [session thread]
 */
SOTTO_API sotto_status sotto_session_save(sotto_session *session, void *buffer, uint64_t capacity, uint64_t *size,
                                          sotto_error *err);
SOTTO_API sotto_status sotto_session_restore(sotto_session *session, const void *bytes, uint64_t size, sotto_error *err);

/* Since the session was created. */
typedef struct sotto_counters {
  uint32_t struct_size;
  uint32_t steps;           /* runs of the model */
  uint64_t computed_tokens; /* tokens that went through the model */
  uint64_t generated_tokens;
  uint64_t prefill_ns;
  uint64_t decode_ns;
  uint64_t cache_bytes; /* of the tokens held now */
} sotto_counters;
/* [any thread] */
SOTTO_API sotto_status sotto_session_counters(const sotto_session *session, sotto_counters *out, sotto_error *err);

/* The table of the host service "sotto.session/1": what a skill plugin may call, with the rules above. */
typedef struct sotto_session_service {
  uint32_t struct_size;
  uint32_t reserved;
  sotto_status (*model_get_facts)(const sotto_model *, sotto_model_facts *, sotto_error *);
  sotto_status (*model_text)(const sotto_model *, sotto_str, char *, uint64_t, uint64_t *, sotto_error *);
  sotto_status (*tokenize)(const sotto_model *, sotto_str, uint32_t, uint32_t *, uint64_t, uint64_t *, sotto_error *);
  sotto_status (*detokenize)(const sotto_model *, const uint32_t *, uint64_t, uint32_t, char *, uint64_t, uint64_t *,
                             sotto_error *);
  sotto_status (*template_render)(const sotto_model *, const sotto_template_options *, char *, uint64_t, uint64_t *,
                                  sotto_error *);
  sotto_status (*template_tokenize)(const sotto_model *, const sotto_template_options *, uint32_t *, uint64_t, uint64_t *,
                                    sotto_error *);
  sotto_status (*session_create)(sotto_model *, const sotto_session_options *, sotto_session **, sotto_error *);
  void (*session_destroy)(sotto_session *);
  sotto_status (*session_feed)(sotto_session *, const uint32_t *, uint64_t, const sotto_feed_options *, sotto_error *);
  sotto_status (*generate)(sotto_session *, sotto_str, const sotto_generate_options *, sotto_on_text, void *, sotto_error *);
  void (*session_cancel)(sotto_session *);
  uint32_t (*session_position)(const sotto_session *);
  sotto_status (*session_rewind)(sotto_session *, uint32_t, sotto_error *);
  sotto_status (*session_tokens)(sotto_session *, uint32_t, uint32_t *, uint64_t, uint64_t *, sotto_error *);
  sotto_status (*session_fork)(sotto_session *, sotto_session **, sotto_error *);
  sotto_status (*session_counters)(const sotto_session *, sotto_counters *, sotto_error *);
  sotto_status (*session_save)(sotto_session *, void *, uint64_t, uint64_t *, sotto_error *);
  sotto_status (*session_restore)(sotto_session *, const void *, uint64_t, sotto_error *);
} sotto_session_service;

#ifdef __cplusplus
}
#endif

#endif
