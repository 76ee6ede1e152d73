/* care.h - what must not pass unheeded: words of self-harm, violence, adult matters, personal data, and "are you a machine?".
 *
 * The interface "sotto.care/1" of a skill plugin. It looks at what a user said and at what a model is about to say, Chinese and
 * English, by rules written by hand (plugins/care/rules, docs/care.md), and where a model has a head named "care" (hidden.h)
 * by that too. What is answered then is a fixed text that the maker sets, never generated. It is no diagnosis, no emergency
 * service and not complete; figures of what it finds and misses: docs/care.md.
 *
 * Privacy. Texts go to the call and nowhere else: nothing is kept, logged or sent.
 * Time and memory. Linear in the text; texts are read once, findings are handed out as they are settled.
 * Matching: position automata after Glushkov (1961), run as in Thompson (1968). Checks: Luhn (ISO/IEC 7812-1), GB 11643.
 *
 * Threads. create to check: [any thread]; calls that ask a head wait for each other. A stream: one thread at a time. */
#ifndef SOTTO_CARE_H
#define SOTTO_CARE_H

#include "sotto/session.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SOTTO_CARE_ID "sotto.care/1"

typedef struct sotto_care sotto_care;
typedef struct sotto_care_stream sotto_care_stream;

/* In order of rank: where several call for a fixed text, the first one's is given. */
#define SOTTO_CARE_SELF_HARM 0u
#define SOTTO_CARE_VIOLENCE 1u /* towards others: threats, how to */
#define SOTTO_CARE_ADULT 2u
#define SOTTO_CARE_MACHINE 3u  /* of a user: asks whether it is a machine; of a model: says that it is none */
#define SOTTO_CARE_PERSONAL 4u /* kind says which */
#define SOTTO_CARE_CATEGORIES 5

#define SOTTO_CARE_MENTION 1u /* may be meant so */
#define SOTTO_CARE_CONCERN 2u
#define SOTTO_CARE_URGENT 3u /* a plan, a means at hand, how to */
#define SOTTO_CARE_NEVER 4u  /* as an answer_from: no fixed text */

#define SOTTO_CARE_PHONE 1u
#define SOTTO_CARE_ID_NUMBER 2u /* of a Chinese resident with its check digit; of the US social security in its groups */
#define SOTTO_CARE_CARD 3u      /* of a bank, by Luhn's check digit */
#define SOTTO_CARE_MAIL 4u
#define SOTTO_CARE_ADDRESS 5u

#define SOTTO_CARE_ZH 1u
#define SOTTO_CARE_EN 2u

#define SOTTO_CARE_FROM_USER 0u
#define SOTTO_CARE_FROM_MODEL 1u /* heads are not asked: they are trained on what users say */

#define SOTTO_CARE_BY_RULE 1u /* or by the weights beside the rules: docs/care.md */
#define SOTTO_CARE_BY_HEAD 2u

typedef struct sotto_care_options {
  uint32_t struct_size;
  /* For each category the severity from which the maker's text is the answer; 0: SELF_HARM and MACHINE from 1, VIOLENCE and
   * ADULT from 2, PERSONAL SOTTO_CARE_NEVER. */
  uint32_t answer_from[SOTTO_CARE_CATEGORIES];
  sotto_model *model;    /* whose head "care" is asked too; NULL or without that head: rules alone. Outlives the object */
  float head_confidence; /* probability from which a label counts; 0: the head's thresholds, at least 0.8 */
  uint32_t hold_bytes;   /* that a stream holds back at most; 0: 512; 64 to 65536 */
  sotto_str rules;       /* further rules of the maker, in the format of docs/care.md; at most 1 MiB */
} sotto_care_options;

typedef struct sotto_care_finding {
  uint32_t struct_size;
  uint32_t category; /* SOTTO_CARE_SELF_HARM ... */
  uint32_t severity; /* SOTTO_CARE_MENTION ... URGENT */
  uint32_t kind;     /* of PERSONAL: SOTTO_CARE_PHONE ...; else 0 */
  uint32_t language; /* of the rule: SOTTO_CARE_ZH, SOTTO_CARE_EN; 0: of no language */
  uint32_t source;   /* SOTTO_CARE_BY_* */
  uint64_t begin;    /* bytes of the text: [begin, end); by a head: all of it */
  uint64_t end;
  float probability; /* by a head; by a rule 1 */
  uint32_t reserved;
} sotto_care_finding;
/* Non-zero ends the list; the call succeeds, and its result holds what was found up to there. */
typedef int32_t (*sotto_on_care_finding)(void *user, const sotto_care_finding *finding);

typedef struct sotto_care_result {
  uint32_t struct_size;
  uint32_t answer;                            /* category whose fixed text is the answer; SOTTO_NONE: go on */
  uint32_t language;                          /* to answer in: SOTTO_CARE_ZH, SOTTO_CARE_EN */
  uint32_t categories;                        /* bits 1 << SOTTO_CARE_*: what was found */
  uint32_t severities[SOTTO_CARE_CATEGORIES]; /* highest of each category; 0: not found */
  uint32_t reserved;
  uint64_t begin; /* where `answer` was decided: its first finding of that severity; both 0 without an answer */
  uint64_t end;
} sotto_care_result;

typedef struct sotto_care_api {
  uint32_t struct_size;
  uint32_t reserved;
  sotto_status (*create)(void *self, const sotto_care_options *options, sotto_care **out, sotto_error *err);
  /* REQUIRES: no call on it is in progress; its streams are destroyed. NULL is allowed. */
  void (*destroy)(sotto_care *care);
  /* Sets a category's text in a language, at most 4096 bytes of UTF-8; empty: no text, not given: the default again. */
  sotto_status (*set_text)(sotto_care *care, uint32_t category, uint32_t language, sotto_str text, sotto_error *err);
  /* The text as the maker set it, or the default. Two-call idiom. Defaults that point to help hold the place-holder {HELP}
   * (zh {求助热线}): no number is invented, the maker must put one in that is right where the device is sold. */
  sotto_status (*text)(const sotto_care *care, uint32_t category, uint32_t language, char *buffer, uint64_t capacity,
                       uint64_t *size, sotto_error *err);
  /* Looks at a whole text. on_finding and result may be NULL. Findings of a category that touch each other are one. Text is any
   * bytes. `from`: SOTTO_CARE_FROM_*. */
  sotto_status (*check)(sotto_care *care, sotto_str text, uint32_t from, sotto_on_care_finding on_finding, void *user,
                        sotto_care_result *result, sotto_error *err);

  /* What a model says, as it comes. A stream holds its sotto_care. */
  sotto_status (*stream_create)(sotto_care *care, sotto_care_stream **out, sotto_error *err);
  void (*stream_destroy)(sotto_care_stream *stream);
  /* Takes a piece and gives, through on_text, what can be said of all so far: text is held back only from where something may
   * begin that is not yet finished, and at most hold_bytes of it (then the oldest goes out). Once something was found whose
   * fixed text is the answer, nothing more is given: what was held back is dropped. result: of all so far, bytes counted from
   * the stream's begin; may be NULL. A non-zero return of on_text is SOTTO_CANCELLED; the text is not given again. */
  sotto_status (*stream_feed)(sotto_care_stream *stream, sotto_str piece, sotto_on_text on_text, void *user,
                              sotto_care_result *result, sotto_error *err);
  /* The model has ended: what was held back is decided. Then the stream is as new. */
  sotto_status (*stream_finish)(sotto_care_stream *stream, sotto_on_text on_text, void *user, sotto_care_result *result,
                                sotto_error *err);
} sotto_care_api;

/* The interface of the runtime's plugin; api is NULL when none is loaded, and when its table lacks a function. */
typedef struct sotto_care_skill {
  const sotto_care_api *api;
  void *self;
} sotto_care_skill;

static inline sotto_care_skill sotto_care_find(sotto_runtime *runtime) {
  const sotto_interface found = sotto_runtime_query(runtime, SOTTO_CARE_ID);
  sotto_care_skill skill;
  const size_t least = offsetof(sotto_care_api, stream_finish) + sizeof(((sotto_care_api *)0)->stream_finish);
  skill.api = sotto_table_is_whole(found.table, least) ? (const sotto_care_api *)found.table : NULL;
  skill.self = found.self;
  return skill;
}

#ifdef __cplusplus
}
#endif

#endif
