/* speech.h - voice out and voice in: text to samples, samples to the list of what was probably said.
 *
 * The interface "sotto.speech/1" of a skill plugin, where a maker plugs in a voice and a recogniser. A plugin that has one of
 * the two answers SOTTO_UNSUPPORTED for the other, as for a language that it lacks, and `facts` says what is there. It needs no
 * model and plays and records nothing: the device does. Who takes the voice of one plugin and the recogniser of another gives
 * each a runtime of its own. Sotto's own plugin (plugins/speech, docs/speech.md): espeak-ng speaks Chinese and English,
 * PocketSphinx (Huggins-Daines et al., ICASSP 2006) hears English.
 *
 * Samples are 16 bits, signed, in the machine's byte order, one channel.
 * Privacy. Samples and text go to the call and nowhere else: nothing is kept, logged, written or sent.
 *
 * Threads. create and facts: [any thread]. A voice or a recogniser: one thread at a time, another gets SOTTO_BUSY; from inside
 * a callback of its own all but cancel answer SOTTO_REENTRANT. cancel: [any thread]. */
#ifndef SOTTO_SPEECH_H
#define SOTTO_SPEECH_H

#include "sotto/runtime.h"
#include "sotto/values.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SOTTO_SPEECH_ID "sotto.speech/1"

typedef struct sotto_voice sotto_voice;
typedef struct sotto_recogniser sotto_recogniser;

/* One to choose, or their sum where several are told. */
#define SOTTO_SPEECH_ZH 1u
#define SOTTO_SPEECH_EN 2u

#define SOTTO_RECOGNISER_RATE 16000u /* samples a second that a recogniser takes */

typedef struct sotto_speech_facts {
  uint32_t struct_size;
  uint32_t voice_languages;      /* SOTTO_SPEECH_*; 0: there is no voice */
  uint32_t recogniser_languages; /* likewise; a model that is not installed is not counted */
  uint32_t reserved;
  char voice[64]; /* what it is: "eSpeak NG 1.51"; empty: none */
  char recogniser[64];
} sotto_speech_facts;

typedef struct sotto_voice_options {
  uint32_t struct_size;
  uint32_t language; /* that all is read in; 0: each run of text in its own, numbers and signs in that of the words before */
  float rate;        /* times the usual speed, 0.5 to 2.5; 0: 1 */
  float pitch;       /* times the usual pitch, 0.5 to 2; 0: 1 */
  float volume;      /* times the usual loudness, 0.01 to 2; 0: 1 */
  uint32_t reserved;
  sotto_str data_folder; /* of the engine; not given: where its package lays it. An engine that can hold only one folder in a
                            process answers SOTTO_MISMATCH for another */
} sotto_voice_options;

/* `samples` is valid until it returns. Non-zero ends the speaking. */
typedef int32_t (*sotto_on_samples)(void *user, const int16_t *samples, uint64_t count);

typedef struct sotto_spoken {
  uint32_t struct_size;
  uint32_t languages; /* that were spoken */
  uint64_t samples;   /* handed out */
  uint64_t
      text_bytes; /* of the text up to the end of the last part (a sentence, part of a long one) that was handed out whole */
} sotto_spoken;

typedef struct sotto_recogniser_options {
  uint32_t struct_size;
  uint32_t language;       /* that is heard; 0: the first of sotto_speech_facts.recogniser_languages */
  uint32_t phrase_count;   /* at most 65536 */
  uint32_t end_silence_ms; /* after which an utterance is over, 100 to 5000; 0: 500 */
  uint32_t longest_ms;     /* of an utterance, which then is over, 1000 to 60000; 0: 20000 */
  uint32_t hypotheses;     /* of the list, at most SOTTO_HYPOTHESES_MAX; 0: 8 */
  /* What is said on this device, whole sentences as they are spoken ("twenty degrees"): what is heard is made of their words,
   * and likelier in their order. Copied. NULL: anything that the recogniser's model knows, which is heard much worse. */
  const sotto_str *phrases;
  sotto_str model_folder; /* of the recogniser; not given: where its package lays it. It is trusted as the program is */
} sotto_recogniser_options;

typedef struct sotto_recogniser_facts {
  uint32_t struct_size;
  uint32_t language;
  uint32_t phrases;         /* taken */
  uint32_t skipped_phrases; /* that hold a word which the recogniser cannot pronounce: they are not heard */
  char unknown_word[64];    /* the first such word; empty: none */
} sotto_recogniser_facts;

#define SOTTO_HEARING_SPEECH 1u /* an utterance has begun and is not finished: whoever speaks should stop */
#define SOTTO_HEARING_END 2u    /* it is over: finish, then feed the rest */

typedef struct sotto_hearing {
  uint32_t struct_size;
  uint32_t flags; /* SOTTO_HEARING_* */
  uint64_t taken; /* of the samples; fewer than were given only where an utterance is over */
} sotto_hearing;

/* A line of the list, the likeliest first. Non-zero ends the list; the call succeeds. */
typedef int32_t (*sotto_on_hypothesis)(void *user, const sotto_hypothesis *hypothesis);

typedef struct sotto_speech_api {
  uint32_t struct_size;
  uint32_t reserved;
  sotto_status (*facts)(void *self, sotto_speech_facts *out, sotto_error *err);

  sotto_status (*voice_create)(void *self, const sotto_voice_options *options, sotto_voice **out, sotto_error *err);
  /* REQUIRES: no call on it is in progress. NULL is allowed. */
  void (*voice_destroy)(sotto_voice *voice);
  /* Samples a second, as long as the voice lives. [any thread] */
  sotto_status (*voice_rate)(const sotto_voice *voice, uint32_t *rate, sotto_error *err);
  /* Speaks, which takes as long as on_samples lets it, a small part of the time that the speech lasts otherwise. text: at most
   * 1 MiB; what is no UTF-8, control characters and what has no sound are passed over. SOTTO_CANCELLED: on_samples returned
   * non-zero or cancel was called. spoken: filled then too; may be NULL. */
  sotto_status (*speak)(sotto_voice *voice, sotto_str text, sotto_on_samples on_samples, void *user, sotto_spoken *spoken,
                        sotto_error *err);
  /* Ends the speaking in progress; without one it does nothing. on_samples is called at most once more. [any thread] */
  void (*voice_cancel)(sotto_voice *voice);

  /* Reads a model, which takes a while and tens of megabytes. */
  sotto_status (*recogniser_create)(void *self, const sotto_recogniser_options *options, sotto_recogniser **out,
                                    sotto_error *err);
  /* As voice_destroy. */
  void (*recogniser_destroy)(sotto_recogniser *recogniser);
  sotto_status (*recogniser_facts)(const sotto_recogniser *recogniser, sotto_recogniser_facts *out, sotto_error *err);
  /* The next samples of the microphone, at SOTTO_RECOGNISER_RATE, silence too; any number, none is allowed. */
  sotto_status (*feed)(sotto_recogniser *recogniser, const int16_t *samples, uint64_t count, sotto_hearing *out,
                       sotto_error *err);
  /* What the utterance in progress sounds like so far; empty: nothing yet. UTF-8, two-call idiom. */
  sotto_status (*partial)(sotto_recogniser *recogniser, char *buffer, uint64_t capacity, uint64_t *size, sotto_error *err);
  /* The utterance is over, or what there is of it is taken as one. No line: nothing was said that could be made out. Then the
   * recogniser waits for the next. */
  sotto_status (*finish)(sotto_recogniser *recogniser, sotto_on_hypothesis on_hypothesis, void *user, sotto_error *err);
  /* Drops the utterance in progress and what was learned of the room. */
  sotto_status (*reset)(sotto_recogniser *recogniser, sotto_error *err);
} sotto_speech_api;

/* The interface of the runtime's plugin; api is NULL when none is loaded, and when its table lacks a function. */
typedef struct sotto_speech_skill {
  const sotto_speech_api *api;
  void *self;
} sotto_speech_skill;

static inline sotto_speech_skill sotto_speech_find(sotto_runtime *runtime) {
  const sotto_interface found = sotto_runtime_query(runtime, SOTTO_SPEECH_ID);
  sotto_speech_skill skill;
  const size_t least = offsetof(sotto_speech_api, reset) + sizeof(((sotto_speech_api *)0)->reset);
  skill.api = sotto_table_is_whole(found.table, least) ? (const sotto_speech_api *)found.table : NULL;
  skill.self = found.self;
  return skill;
}

#ifdef __cplusplus
}
#endif

#endif
