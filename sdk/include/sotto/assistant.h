/* assistant.h - a device's assistant on a small model: what was meant, the maker's functions, dialogue state, answers.
 *
 * The interface "sotto.assistant/1" of the dialogue plugin. Nothing has to be generated: the heads of the model
 * (docs/models.md) choose the function and mark its arguments, values.h makes numbers and times of them, and the answer is a
 * template filled with the function's result, or a reviewed line. What is ambiguous, missing or dangerous is asked back. A
 * domain (JSON; docs/assistant.md) says what intents mean and how answers sound. Functions are the maker's: those named as
 * intents of the domain are chosen by the head, others by likeness to their example sentences or descriptions (Reimers &
 * Gurevych 2019 for the means of hidden states, Sparck Jones 1972 for the weights of words). Names of devices, results and
 * users' words are data: they are never read as templates.
 *
 * Threads: functions marked [one thread] are called by one thread at a time, another gets SOTTO_BUSY; from inside a callback
 * all but cancel answer SOTTO_REENTRANT. After a failure the state is what it was before the call. */
#ifndef SOTTO_ASSISTANT_H
#define SOTTO_ASSISTANT_H

#include "sotto/session.h"
#include "sotto/values.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SOTTO_ASSISTANT_ID "sotto.assistant/1"
#define SOTTO_ASSISTANT_MODEL_KEY "sotto.assistant" /* of a model file: the domain it was trained for */

typedef struct sotto_assistant sotto_assistant;

#define SOTTO_ASSISTANT_ZH 1u
#define SOTTO_ASSISTANT_EN 2u

#define SOTTO_ASSISTANT_WRITE_CALLS 1u /* the model writes, under a grammar, the calls that were not understood otherwise */
#define SOTTO_ASSISTANT_FREE_TEXT 2u   /* it answers what no reviewed line and no passage does, where it is sure enough */

typedef struct sotto_assistant_options {
  uint32_t struct_size;
  uint32_t language;          /* SOTTO_ASSISTANT_*: where a turn does not show it ("OK"); 0: Chinese */
  sotto_str domain;           /* JSON; not given: the model's own (SOTTO_ASSISTANT_MODEL_KEY) */
  sotto_str area;             /* id of the area where the device stands: "the light" is the light there */
  int32_t utc_offset_minutes; /* of the user's clock */
  uint32_t max_calls;         /* of functions in one turn; 0: 16 */
  uint32_t call_deadline_ms;  /* for one function; 0: 5000 */
  float intent_threshold;     /* on the intent's probability; 0: the head's own, and 0.5 where it has none */
  float function_threshold;   /* on the likeness to a function's examples, to 1; 0: 0.5 */
  float function_margin;      /* by how much it must beat the next function; 0: 0.05 */
  uint32_t deadline_ms;       /* for reading one text with the model, and for writing one call; 0: none */
  uint32_t flags;             /* SOTTO_ASSISTANT_WRITE_CALLS, FREE_TEXT */
  float free_confidence;      /* geometric mean of its tokens' probabilities from which free text is given; 0: 0.5 */
  uint32_t reserved;
} sotto_assistant_options;

/* One call of a function. */
typedef struct sotto_function_call {
  uint32_t struct_size;
  uint32_t deadline_ms; /* later answers are thrown away, and the turn tells that there was none */
  sotto_str name;
  sotto_str arguments; /* a JSON object after the function's schema */
  /* Non-zero: nobody waits any more. [any thread] */
  int32_t (*is_given_up)(void *context);
  void *context;
} sotto_function_call;

/* Does it, and writes a JSON object, or nothing: {"result": TEXT, "error": TEXT, "slots": {name: TEXT}, "undo": {argument:
 * value}, "next": [{"name": FUNCTION, "arguments": {}}]}, each optional; TEXT is a string or {"zh": ..., "en": ...}. A status
 * other than SOTTO_OK, an exception and an "error" are a failure that the answer tells. `undo`: arguments of a call of the same
 * function that takes this one back. Runs on a thread of the assistant, one call at a time; must not call the assistant.
 * `write` is valid until it returns. */
typedef sotto_status (*sotto_function_run)(void *user, const sotto_function_call *call, sotto_on_text write, void *writer,
                                           sotto_error *err);

#define SOTTO_FUNCTION_CONFIRM 1u /* dangerous: done only after the user agreed */

typedef struct sotto_function {
  uint32_t struct_size;
  uint32_t flags;            /* SOTTO_FUNCTION_* */
  sotto_str name;            /* [A-Za-z0-9_.-]{1,64}; an intent of the domain is that intent's function */
  sotto_str description;     /* a sentence, or one a language; alone it chooses the function, less surely than examples */
  sotto_str schema;          /* JSON Schema of the arguments, an object; not given: the intent's slots, or none */
  sotto_str replies;         /* JSON {"zh": {"done": [...], "failed": [...], "ask": {...}, "confirm": [...]}, "en": ...} */
  const sotto_str *examples; /* 5 to 20 sentences, Chinese and English, arguments as {name}; an intent may have some, and
                              * a function with a description may have none */
  uint32_t example_count;
  uint32_t reserved;
  sotto_function_run run;
  void *user; /* lives as long as the assistant */
} sotto_function;

#define SOTTO_ANSWER_TEMPLATE 1u  /* a template of the domain or of a function, filled */
#define SOTTO_ANSWER_RETRIEVED 2u /* a reviewed line: small talk, a refusal; a passage of the manual, quoted */
#define SOTTO_ANSWER_GENERATED 3u /* free text of the model (SOTTO_ASSISTANT_FREE_TEXT) */

#define SOTTO_ASSISTANT_ASKS 1u       /* the answer is a question; the next turn may answer it */
#define SOTTO_ASSISTANT_CONFIRMS 2u   /* it asks whether to go on */
#define SOTTO_ASSISTANT_UNCLEAR 4u    /* nothing was understood */
#define SOTTO_ASSISTANT_NO_SCOPE 8u   /* understood to be nothing that the device can do */
#define SOTTO_ASSISTANT_FAILURE 16u   /* a function failed, and the answer says so */
#define SOTTO_ASSISTANT_TOOK_BACK 32u /* something was undone */

typedef struct sotto_assistant_result {
  uint32_t struct_size;
  uint32_t language;   /* of the answer */
  uint32_t source;     /* SOTTO_ANSWER_* */
  uint32_t flags;      /* SOTTO_ASSISTANT_* */
  uint32_t hypothesis; /* which of those given was taken */
  uint32_t calls;      /* functions called */
  uint32_t failed_calls;
  uint32_t tokens;  /* that went through the model */
  float confidence; /* of the first intent, 0 to 1; 1 where a rule of the dialogue decided */
  uint32_t reserved;
  char intent[64]; /* the first one's: a function, "dialog.undo", "chat.talk", "manual", "none" */
} sotto_assistant_result;

typedef struct sotto_assistant_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* With the head "intent" the model understands; "slots" and "scope" say more. Any other model: likeness to the examples of
   * the domain and of the functions decides, and words that stand for no value are asked for. The assistant has one session of
   * the model, and one more for each of SOTTO_ASSISTANT_WRITE_CALLS and FREE_TEXT (the model needs a chat template), and
   * computes a turn anew each time. [any thread] */
  sotto_status (*create)(void *self, sotto_model *model, const sotto_assistant_options *options, sotto_assistant **out,
                         sotto_error *err);
  /* Waits for a function that is still running. [any thread, not from a callback] */
  void (*destroy)(sotto_assistant *assistant);
  /* Copies what is given. A second function of a name replaces the first. [one thread] */
  sotto_status (*add_function)(sotto_assistant *assistant, const sotto_function *function, sotto_error *err);
  /* The home as JSON: {"areas": [{"id", "zh": [names], "en": [names]}], "devices": [{"id", "kind", "area", "zh": [], "en":
   * []}]}; the first name of a language is the one that is spoken. Replaces the one before. [one thread] */
  sotto_status (*set_home)(sotto_assistant *assistant, sotto_str json, sotto_error *err);
  /* Understands, calls, answers. `hypotheses`: 1 to SOTTO_HYPOTHESES_MAX readings of a recogniser, `stride` bytes apart; of
   * them the likeliest together with its meaning is taken. The answer comes whole through on_text. `result` may be NULL.
   * [one thread] */
  sotto_status (*turn)(sotto_assistant *assistant, const sotto_hypothesis *hypotheses, uint32_t stride, uint32_t count,
                       sotto_on_text on_text, void *user, sotto_assistant_result *result, sotto_error *err);
  /* The last turn as JSON: {"heard", "answer", "source", "parts": [{"text", "intent", "confidence", "spans": [{"slot", "text",
   * "confidence"}]}], "calls": [{"name", "arguments", "ok", "result"}]}; two-call idiom. [one thread] */
  sotto_status (*details)(sotto_assistant *assistant, char *buffer, uint64_t capacity, uint64_t *size, sotto_error *err);
  /* Takes back the last action that can be, as "undo that" does, and says so through on_text. [one thread] */
  sotto_status (*undo)(sotto_assistant *assistant, sotto_on_text on_text, void *user, sotto_assistant_result *result,
                       sotto_error *err);
  /* [{"role": "user" | "assistant", "content", "language", "source"}, ...], at most the last 256 turns. [one thread] */
  sotto_status (*history)(sotto_assistant *assistant, char *buffer, uint64_t capacity, uint64_t *size, sotto_error *err);
  /* The dialogue (history, open question, last actions) as bytes and back; functions, home and options are the maker's to give
   * again. Two-call idiom. [one thread] */
  sotto_status (*save)(sotto_assistant *assistant, void *buffer, uint64_t capacity, uint64_t *size, sotto_error *err);
  sotto_status (*restore)(sotto_assistant *assistant, const void *bytes, uint64_t size, sotto_error *err);
  /* Forgets the dialogue. [one thread] */
  sotto_status (*reset)(sotto_assistant *assistant, sotto_error *err);
  /* Ends the turn in progress: what was called stays called, the turn answers SOTTO_CANCELLED. [any thread] */
  void (*cancel)(sotto_assistant *assistant);
  /* The device's manual in a language (SOTTO_ASSISTANT_*), of which a passage is quoted where a question is about one: passages
   * between empty lines, at most 1000 bytes each; lines that begin with '#' are the title of what follows. At most 1 MiB;
   * replaces the one before, empty: none. Copied. [one thread] */
  sotto_status (*set_manual)(sotto_assistant *assistant, uint32_t language, sotto_str text, sotto_error *err);
  /* The model's hidden state at the end of the user's last turn, for other skills (sotto_sentiment_api.read_hidden): its
   * tokens are computed once for all. SOTTO_NOT_FOUND before the first turn. Two-call idiom, in floats. [one thread] */
  sotto_status (*hidden)(sotto_assistant *assistant, float *vector, uint64_t capacity, uint64_t *count, sotto_error *err);
} sotto_assistant_api;

/* The interface of the runtime's dialogue plugin; api is NULL when none is loaded, and when its table lacks a function. */
typedef struct sotto_assistant_skill {
  const sotto_assistant_api *api;
  void *self;
} sotto_assistant_skill;

static inline sotto_assistant_skill sotto_assistant_find(sotto_runtime *runtime) {
  const sotto_interface found = sotto_runtime_query(runtime, SOTTO_ASSISTANT_ID);
  sotto_assistant_skill skill;
  const size_t least = offsetof(sotto_assistant_api, cancel) + sizeof(((sotto_assistant_api *)0)->cancel);
  skill.api = sotto_table_is_whole(found.table, least) ? (const sotto_assistant_api *)found.table : NULL;
  skill.self = found.self;
  return skill;
}

#ifdef __cplusplus
}
#endif

#endif
