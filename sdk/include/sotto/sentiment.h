/* sentiment.h - what a user's words sound like: label, probabilities, emotion, intensity, language; and the mood of a session.
 *
 * The interface "sotto.sentiment/1" of a skill plugin. A reader belongs to one conversation. Texts are read by the model's
 * heads "sentiment" and "emotion" (hidden.h) or, where it has none, by how likely it finds words such as "positive" behind the
 * text, calibrated with texts without content (Zhao et al. 2021, arXiv:2102.09690). Nothing is read out of it but how words
 * sound: it is no diagnosis, and no text of this interface speaks of one.
 *
 * Consent. What a call reads goes to its caller and nowhere else: no log, no file, no other plugin. A mood is kept only while
 * consent is on (off unless said), and is erased when it is withdrawn.
 *
 * Threads. read and read_session: one thread at a time, another gets SOTTO_BUSY. The others: [any thread]. */
#ifndef SOTTO_SENTIMENT_H
#define SOTTO_SENTIMENT_H

#include "sotto/session.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SOTTO_SENTIMENT_ID "sotto.sentiment/1"

typedef struct sotto_sentiment sotto_sentiment;

/* Labels of the head "sentiment" in this order; SOTTO_NONE instead: not sure enough. */
#define SOTTO_SENTIMENT_NEGATIVE 0u
#define SOTTO_SENTIMENT_NEUTRAL 1u
#define SOTTO_SENTIMENT_POSITIVE 2u
#define SOTTO_SENTIMENT_LABELS 3

/* Labels of the head "emotion": neutral joy gratitude sadness anger anxiety surprise fatigue; SOTTO_NONE likewise. */
#define SOTTO_EMOTION_NEUTRAL 0u
#define SOTTO_EMOTION_JOY 1u
#define SOTTO_EMOTION_GRATITUDE 2u
#define SOTTO_EMOTION_SADNESS 3u
#define SOTTO_EMOTION_ANGER 4u
#define SOTTO_EMOTION_ANXIETY 5u
#define SOTTO_EMOTION_SURPRISE 6u
#define SOTTO_EMOTION_FATIGUE 7u
#define SOTTO_EMOTION_LABELS 8

#define SOTTO_SENTIMENT_LANGUAGE_UNKNOWN 0u
#define SOTTO_SENTIMENT_LANGUAGE_ZH 1u
#define SOTTO_SENTIMENT_LANGUAGE_EN 2u
#define SOTTO_SENTIMENT_LANGUAGE_MIXED 3u

#define SOTTO_SENTIMENT_CONSENT 1u    /* the user has agreed that a mood is kept */
#define SOTTO_SENTIMENT_HINTS 2u      /* `hint` gives text */
#define SOTTO_SENTIMENT_NO_HEADS 4u   /* label words even where the model has heads: to compare */
#define SOTTO_SENTIMENT_NO_EMOTION 8u /* the label alone: half of the tokens that label words take */

typedef struct sotto_sentiment_options {
  uint32_t struct_size;
  uint32_t flags;           /* SOTTO_SENTIMENT_* of this block */
  float confidence;         /* probability, 0..1, from which a label is given; 0: the head's thresholds, without them 0.5 */
  float emotion_confidence; /* likewise; without thresholds 0.3 */
  uint32_t half_life_ms;    /* after which what was noted weighs half; 0: 10 minutes */
  uint32_t context_tokens;  /* of the session that reads texts; 0: the model's */
} sotto_sentiment_options;

#define SOTTO_SENTIMENT_FROM_HEAD 1u
#define SOTTO_SENTIMENT_FROM_WORDS 2u /* label words */

typedef struct sotto_sentiment_result {
  uint32_t struct_size;
  uint32_t label;                              /* SOTTO_SENTIMENT_NEGATIVE ..., SOTTO_NONE */
  uint32_t emotion;                            /* SOTTO_EMOTION_*, SOTTO_NONE */
  uint32_t language;                           /* SOTTO_SENTIMENT_LANGUAGE_*, of the text */
  float probabilities[SOTTO_SENTIMENT_LABELS]; /* they sum to 1; given also where the label is SOTTO_NONE */
  float emotions[SOTTO_EMOTION_LABELS];        /* likewise; all 0 where no emotion was asked for */
  float intensity;             /* 0..1: how little neutral, raised and lowered by words of degree, marks, capitals, emoji */
  uint32_t label_source;       /* SOTTO_SENTIMENT_FROM_* */
  uint32_t emotion_source;     /* likewise; 0: not asked for */
  uint32_t skipped_bytes;      /* of a text too long: its end was read, from 4096 bytes on or what the context holds */
  uint32_t extra_tokens;       /* computed for this result alone; read_session with heads: none of the ids it was given */
  uint32_t calibration_tokens; /* computed once for a language, when its label words are first used */
} sotto_sentiment_result;

typedef struct sotto_sentiment_read_options {
  uint32_t struct_size;
  uint32_t deadline_ms; /* of the call; 0: none */
  uint32_t turn_tokens; /* read_session: so many of the ids are the user's turn, then comes what the template adds; 0: all */
  uint32_t reserved;
  sotto_str
      text; /* read_session: the user's words, for language and degree; not given: language unknown, English label words */
} sotto_sentiment_read_options;

/* What happened beside words. One alone never makes the mood negative, two at a time do. */
#define SOTTO_MOOD_REPHRASE 1u    /* the user had to say it again */
#define SOTTO_MOOD_CANCEL 2u      /* the user stopped an answer or an action */
#define SOTTO_MOOD_FAILED_CALL 3u /* a function that the user asked for failed */

#define SOTTO_MOOD_REASON_NONE 0u  /* neutral or unknown */
#define SOTTO_MOOD_REASON_WORDS 4u /* else SOTTO_MOOD_REPHRASE, _CANCEL, _FAILED_CALL: what moved the valence most */

typedef struct sotto_mood {
  uint32_t struct_size;
  uint32_t label;   /* SOTTO_NONE: no consent, or nothing known, or no longer */
  uint32_t emotion; /* of the words noted; SOTTO_NONE likewise */
  uint32_t reason;  /* SOTTO_MOOD_* */
  float valence;    /* -1..1: decayed mean of P(positive) - P(negative) and of events, one neutral turn taken for granted */
  float evidence;   /* decayed weight of all that was noted; below 0.05 nothing is known any longer */
  uint32_t turns;   /* noted since consent, or since the last reset */
  uint32_t events;
  uint32_t flags; /* SOTTO_SENTIMENT_CONSENT, SOTTO_SENTIMENT_HINTS: what is on */
  uint32_t reserved;
} sotto_mood;

typedef struct sotto_sentiment_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* Holds the model. Takes one of its sessions, and two while read_session runs: mind sotto_model_options.sessions. */
  sotto_status (*create)(void *self, sotto_model *model, const sotto_sentiment_options *options, sotto_sentiment **out,
                         sotto_error *err);
  /* REQUIRES: no call on it is in progress. NULL is allowed. */
  void (*destroy)(sotto_sentiment *reader);
  /* Reads texts one by one in one call; what their prompts share is computed once. results: `count` structs that lie
   * `stride` bytes apart, at least 8; each gets at most `stride` bytes. count: at most 65536. All or nothing. Of the texts
   * nothing stays in the reader. */
  sotto_status (*read)(sotto_sentiment *reader, const sotto_str *texts, uint64_t count,
                       const sotto_sentiment_read_options *options, sotto_sentiment_result *results, uint64_t stride,
                       sotto_error *err);
  /* Reads the mood at the end of the user's turn of a conversation whose tokens are in `session`, a session of the same model.
   * `ids` (count > 0), the rest of the user's turn, are appended to it as by sotto_session_feed: the reply needs them anyway,
   * and a head costs nothing more. count 0: the turn is in the session already, and its last token is computed again on a fork.
   * Label words are asked for on a fork, which leaves the session as it is. [session thread of `session`] */
  sotto_status (*read_session)(sotto_sentiment *reader, sotto_session *session, const uint32_t *ids, uint64_t count,
                               const sotto_sentiment_read_options *options, sotto_sentiment_result *result, sotto_error *err);
  /* Ends the read in progress (SOTTO_CANCELLED); without one it does nothing. */
  void (*cancel)(sotto_sentiment *reader);
  /* Consent (0 or 1). Withdrawing it erases the mood at once. */
  sotto_status (*set_consent)(sotto_sentiment *reader, uint32_t is_given, sotto_error *err);
  /* Into the mood: a turn as it was read, an event (SOTTO_MOOD_REPHRASE ...). Without consent: SOTTO_OK, nothing is kept. A
   * turn without a label is not counted. */
  sotto_status (*note_turn)(sotto_sentiment *reader, const sotto_sentiment_result *turn, sotto_error *err);
  sotto_status (*note_event)(sotto_sentiment *reader, uint32_t event, sotto_error *err);
  /* The mood now, by the host's monotonic clock. */
  sotto_status (*mood)(sotto_sentiment *reader, sotto_mood *out, sotto_error *err);
  sotto_status (*reset)(sotto_sentiment *reader, sotto_error *err);
  /* A sentence on why the mood is what it is; empty when there is no reason. `language`: SOTTO_SENTIMENT_LANGUAGE_*, mixed
   * reads as ZH, unknown as EN. Two-call idiom. */
  sotto_status (*reason)(sotto_sentiment *reader, uint32_t language, char *buffer, uint64_t capacity, uint64_t *size,
                         sotto_error *err);
  /* An instruction for the one who answers (shorter, calmer, offer help), for a system prompt; empty unless
   * SOTTO_SENTIMENT_HINTS and consent are on and the mood asks for it. From a table, never generated. As `reason`. */
  sotto_status (*hint)(sotto_sentiment *reader, uint32_t language, char *buffer, uint64_t capacity, uint64_t *size,
                       sotto_error *err);
  /* From a hidden state that another skill computed (sotto_assistant_api.hidden): the model's at the last token of the user's
   * turn, `count` floats. No token more; needs the heads, else SOTTO_UNSUPPORTED. One thread at a time, as read. */
  sotto_status (*read_hidden)(sotto_sentiment *reader, const float *hidden, uint64_t count,
                              const sotto_sentiment_read_options *options, sotto_sentiment_result *result, sotto_error *err);
} sotto_sentiment_api;

/* The interface of the runtime's plugin; api is NULL when none is loaded, and when its table lacks a function. */
typedef struct sotto_sentiment_skill {
  const sotto_sentiment_api *api;
  void *self;
} sotto_sentiment_skill;

static inline sotto_sentiment_skill sotto_sentiment_find(sotto_runtime *runtime) {
  const sotto_interface found = sotto_runtime_query(runtime, SOTTO_SENTIMENT_ID);
  sotto_sentiment_skill skill;
  const size_t least = offsetof(sotto_sentiment_api, hint) + sizeof(((sotto_sentiment_api *)0)->hint);
  skill.api = sotto_table_is_whole(found.table, least) ? (const sotto_sentiment_api *)found.table : NULL;
  skill.self = found.self;
  return skill;
}

#ifdef __cplusplus
}
#endif

#endif
