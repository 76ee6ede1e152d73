/* dialogue.h - conversations in turns: roles, system prompt, streaming, prefix reuse, a context that never overflows.
 *
 * The interface "sotto.dialogue/1" of a skill plugin; the functions below find it and call it. A dialogue has one session of
 * its model and follows the thread rules of session.h. The KV cache of earlier turns is reused: a turn computes its own tokens
 * only. When the context is full the oldest turns are dropped, never the system prompt, and the result says so. */
#ifndef SOTTO_DIALOGUE_H
#define SOTTO_DIALOGUE_H

#include "sotto/session.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SOTTO_DIALOGUE_ID "sotto.dialogue/1"

typedef struct sotto_dialogue sotto_dialogue;

typedef struct sotto_dialogue_options {
  uint32_t struct_size;
  uint32_t answer_tokens;    /* room kept free for an answer; 0: a quarter of the context, at most 256 */
  sotto_str system_prompt;   /* not given: what the model's template says */
  sotto_str template_source; /* Jinja; not given: the model's own */
  sotto_str variables;       /* JSON object for the template */
  uint32_t context_tokens;   /* of the session; 0: the model's */
  uint32_t reserved;
} sotto_dialogue_options;

#define SOTTO_TURN_HINTED 1u /* a hint took part in the prompt */

typedef struct sotto_turn_result {
  uint32_t struct_size;
  uint32_t finish;          /* SOTTO_FINISH_* */
  uint32_t prompt_tokens;   /* of the whole conversation up to this answer */
  uint32_t reused_tokens;   /* of them, found in the cache */
  uint32_t computed_tokens; /* of them, computed now */
  uint32_t generated_tokens;
  uint32_t dropped_turns;  /* turns that left the context before this answer; still in the history */
  uint32_t flags;          /* SOTTO_TURN_* */
  uint64_t first_token_ns; /* from the call */
  uint64_t prefill_ns;
  uint64_t decode_ns;
} sotto_turn_result;

typedef struct sotto_dialogue_api {
  uint32_t struct_size;
  uint32_t reserved;
  sotto_status (*create)(void *self, sotto_model *model, const sotto_dialogue_options *options, sotto_dialogue **out,
                         sotto_error *err);
  void (*destroy)(sotto_dialogue *dialogue);
  /* Adds the turn, lets the assistant answer and adds the answer. Sampling, limits and callbacks as in sotto_generate; prompt
   * fields of `options` are not used. After a cancel or deadline the text so far is the answer; after another failure, and
   * after these when no text came, the turn is taken back. `result` may be NULL. [session thread] */
  sotto_status (*say)(sotto_dialogue *dialogue, sotto_str role, sotto_str text, const sotto_generate_options *options,
                      sotto_on_text on_text, void *user, sotto_turn_result *result, sotto_error *err);
  /* Adds a turn without an answer: a tool's result, a history from elsewhere. [session thread] */
  sotto_status (*add)(sotto_dialogue *dialogue, sotto_str role, sotto_str text, sotto_error *err);
  void (*cancel)(sotto_dialogue *dialogue); /* [any thread] */
  /* Forgets all turns but the system prompt. [session thread] */
  sotto_status (*reset)(sotto_dialogue *dialogue, sotto_error *err);
  /* Takes back the last `turns` turns. [session thread] */
  sotto_status (*undo)(sotto_dialogue *dialogue, uint32_t turns, sotto_error *err);
  /* The conversation as JSON [{"role": ..., "content": ...}, ...], system prompt first; two-call idiom. [session thread] */
  sotto_status (*history)(sotto_dialogue *dialogue, char *buffer, uint64_t capacity, uint64_t *size, sotto_error *err);
  /* The whole conversation with its cache as bytes, and back; two-call idiom. Bound to the model's hash. [session thread] */
  sotto_status (*save)(sotto_dialogue *dialogue, void *buffer, uint64_t capacity, uint64_t *size, sotto_error *err);
  sotto_status (*restore)(sotto_dialogue *dialogue, const void *bytes, uint64_t size, sotto_error *err);
  /* How to answer the turns to come, at most 1000 bytes behind the system prompt: sotto_sentiment_api.hint, which is empty
   * unless the user agreed. Empty, as at the beginning: none. Results say that it was there; it is no part of the history, nor
   * of what save writes. A new hint has the conversation computed anew. [session thread] */
  sotto_status (*set_hint)(sotto_dialogue *dialogue, sotto_str text, sotto_error *err);
} sotto_dialogue_api;

/* The interface of the runtime's dialogue plugin; api is NULL when none is loaded, and when its table lacks a function. */
typedef struct sotto_dialogue_skill {
  const sotto_dialogue_api *api;
  void *self;
} sotto_dialogue_skill;

static inline sotto_dialogue_skill sotto_dialogue_find(sotto_runtime *runtime) {
  const sotto_interface found = sotto_runtime_query(runtime, SOTTO_DIALOGUE_ID);
  sotto_dialogue_skill skill;
  const size_t least = offsetof(sotto_dialogue_api, restore) + sizeof(((sotto_dialogue_api *)0)->restore);
  skill.api = sotto_table_is_whole(found.table, least) ? (const sotto_dialogue_api *)found.table : NULL;
  skill.self = found.self;
  return skill;
}

#ifdef __cplusplus
}
#endif

#endif
