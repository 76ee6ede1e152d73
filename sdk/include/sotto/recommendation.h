/* recommendation.h - what this user probably wants now: features and apps ranked by habit, context and meaning, with a reason.
 *
 * The interface "sotto.recommendation/1" of a skill plugin. A recommender has a catalogue; a profile is one user's events, in a
 * file of its own (SQLite) below the folder that the application names. Nothing is kept without consent, and what is forgotten
 * is gone from ranking and file. Formats of catalogue and export: docs/models.md. After Li et al. 2010 (contextual bandits,
 * arXiv:1003.0146), Chapelle and Li 2011 (Thompson sampling), Carbonell and Goldstein 1998 (MMR).
 *
 * All functions [any thread]; calls on one profile wait for each other. No lock is held in a callback: it may call anything
 * but close and destroy. A profile keeps its recommender alive; both end before the runtime and before the model given. */
#ifndef SOTTO_RECOMMENDATION_H
#define SOTTO_RECOMMENDATION_H

#include "sotto/model.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SOTTO_RECOMMENDATION_ID "sotto.recommendation/1"

typedef struct sotto_recommender sotto_recommender;
typedef struct sotto_profile sotto_profile;

#define SOTTO_RECOMMEND_NO_EXPLORATION 1u    /* always the best known: nothing is tried out */
#define SOTTO_RECOMMEND_QUIET_HOURS_SET 2u   /* quiet_from, quiet_to as given; else 22:00 to 07:00 */
#define SOTTO_RECOMMEND_NO_QUIET_HOURS 4u    /* suggests at night too */
#define SOTTO_RECOMMEND_NO_SUGGESTION_CAP 8u /* any number a day */

typedef struct sotto_recommender_options {
  uint32_t struct_size;
  uint32_t flags;           /* SOTTO_RECOMMEND_* */
  sotto_str catalogue;      /* JSON, at most 4 MiB and 10,000 features */
  sotto_str folder;         /* existing, only its owner's; profiles are "<user>.profile" in it; not given: only in memory */
  sotto_model *model;       /* what words mean; NULL: letters they share. Outlives the recommender */
  uint64_t seed;            /* of exploration */
  uint64_t max_events;      /* of a profile, the oldest tenth goes when it is full; 0: 200000 */
  uint32_t daily_cap;       /* suggestions in a local day; 0: 5 */
  uint32_t cool_down_hours; /* a dismissed feature is not suggested for so long; 0: 72 */
  uint32_t quiet_from;      /* minutes of the local day, 0 to 1439; from 22:00 to 07:00: 1320, 420 */
  uint32_t quiet_to;        /* the first minute that is not quiet */
  float exploration;        /* share of suggestions whose first place is tried out, at most 0.5; 0: 0.1 */
  float diversity;          /* 0 to 0.9: how much a likeness to places above costs; 0: 0.1 */
  float bad_mood;           /* moods below it get no suggestion, -1 to 0; 0: -0.4 */
  float half_life_days;     /* habits fade to half of their weight; 0: 45 */
} sotto_recommender_options;

#define SOTTO_CONTEXT_ALARM 1u /* an alarm or timer rings, a call is on: never suggest */
#define SOTTO_CONTEXT_MOOD 2u  /* `mood` is known */

/* When, where, how. Tags are of the application's choice: at most 64 bytes of UTF-8 without control characters. */
typedef struct sotto_usage_context {
  uint32_t struct_size;
  uint32_t flags;             /* SOTTO_CONTEXT_* */
  int64_t unix_ms;            /* 0: now, by the host's clock */
  int32_t utc_offset_minutes; /* local time less UTC, -1080 to 1080 */
  float mood;                 /* -1 bad to 1 good; kept with events: give it only where the user agreed */
  sotto_str place;            /* "kitchen" */
  sotto_str device;           /* "speaker" */
  sotto_str tags;             /* up to 8, between spaces: "rain guests" */
  sotto_str has;              /* what features may require, between spaces: "screen network"; not given: everything */
  sotto_str request;          /* what the user said, at most 1000 bytes; never kept */
} sotto_usage_context;

#define SOTTO_EVENT_USED 1u      /* the user came to it alone */
#define SOTTO_EVENT_ACCEPTED 2u  /* took a suggestion */
#define SOTTO_EVENT_DISMISSED 3u /* said no to one */
#define SOTTO_EVENT_IGNORED 4u   /* let one pass */
#define SOTTO_EVENT_SUGGESTED 5u /* written by `suggest` alone */

typedef struct sotto_recommendation {
  uint32_t struct_size;
  uint32_t place;    /* 0: the first */
  sotto_str feature; /* id of the catalogue; views are valid during the callback */
  sotto_str name_zh; /* name, or the other language's where there is none */
  sotto_str name_en;
  sotto_str reason_zh; /* one sentence that names what moved the score most */
  sotto_str reason_en;
  /* "hour" "daytype" "weekday" "place" "device" "mood" "tags" "before" "request" "expected" (by the maker); where none of them
   * moved it: "habit" "recent" "alike" "popular" */
  sotto_str reason_kind;
  double probability;   /* that it is what comes next; all features that fit sum to 1 */
  double reason_weight; /* log-odds that the reason added */
  double propensity;    /* with which it got this place, given the places above; 1 where nothing is tried out */
} sotto_recommendation;
/* Non-zero ends the list; the call succeeds. */
typedef int32_t (*sotto_on_recommendation)(void *user, const sotto_recommendation *item);

#define SOTTO_QUIET_NO 0u
#define SOTTO_QUIET_ALARM 1u
#define SOTTO_QUIET_MOOD 2u
#define SOTTO_QUIET_HOURS 3u
#define SOTTO_QUIET_CAP 4u     /* the day's suggestions are used up */
#define SOTTO_QUIET_CONSENT 5u /* without it suggestions cannot be counted */
#define SOTTO_QUIET_NOTHING 6u /* no feature is left that fits and is not cooling down */

#define SOTTO_CONSENT_NONE 0u    /* nothing is kept; what was kept is erased and the file removed */
#define SOTTO_CONSENT_PAUSED 1u  /* what was kept stays and ranks; nothing new is kept */
#define SOTTO_CONSENT_GRANTED 2u /* events are kept */

/* What to forget; the conditions hold together, none: all events. */
typedef struct sotto_forget_options {
  uint32_t struct_size;
  uint32_t reserved;
  sotto_str feature;     /* its events alone */
  int64_t from_unix_ms;  /* from then on; 0: from the beginning */
  int64_t until_unix_ms; /* before then; 0: to the end */
} sotto_forget_options;

typedef struct sotto_profile_facts {
  uint32_t struct_size;
  uint32_t consent;           /* SOTTO_CONSENT_* */
  uint32_t schema_version;    /* of the file; 0: no file */
  uint32_t suggestions_today; /* counted against the cap, in the local day of UTC */
  uint64_t events;
  uint64_t file_bytes; /* with the log beside it */
} sotto_profile_facts;

typedef struct sotto_recommendation_api {
  uint32_t struct_size;
  uint32_t reserved;
  sotto_status (*create)(void *self, const sotto_recommender_options *options, sotto_recommender **out, sotto_error *err);
  void (*destroy)(sotto_recommender *recommender);
  /* `user`: [A-Za-z0-9_-]{1,64}. Makes no file. `key` is for a build on SQLCipher, else SOTTO_UNSUPPORTED; not given: none. A
   * damaged or foreign file: SOTTO_BAD_FILE, a newer one: SOTTO_UNSUPPORTED, in use elsewhere: SOTTO_BUSY; it stays as it is.
   */
  sotto_status (*open)(sotto_recommender *recommender, sotto_str user, sotto_str key, sotto_profile **out, sotto_error *err);
  void (*close)(sotto_profile *profile);
  sotto_status (*set_consent)(sotto_profile *profile, uint32_t consent, sotto_error *err);
  /* Keeps an event (SOTTO_EVENT_*, not _SUGGESTED) and learns from it. When it returns the event survives a crash and a power
   * cut. Without consent: SOTTO_REFUSED. A full disk: SOTTO_IO_ERROR, nothing is lost. */
  sotto_status (*record)(sotto_profile *profile, uint32_t event, sotto_str feature, const sotto_usage_context *context,
                         sotto_error *err);
  /* The `count` best, for a menu or an answer: nothing is tried out, counted or kept, no rule of silence holds. */
  sotto_status (*rank)(sotto_profile *profile, const sotto_usage_context *context, uint32_t count,
                       sotto_on_recommendation on_item, void *user, sotto_error *err);
  /* Up to `count` to offer unasked. Keeps that they were offered, with the propensity of the first place. *quiet:
   * SOTTO_QUIET_*, why there is nothing; may be NULL. */
  sotto_status (*suggest)(sotto_profile *profile, const sotto_usage_context *context, uint32_t count,
                          sotto_on_recommendation on_item, void *user, uint32_t *quiet, sotto_error *err);
  /* Erases events from ranking and file: overwritten, not only unlinked. *forgotten may be NULL. */
  sotto_status (*forget)(sotto_profile *profile, const sotto_forget_options *options, uint64_t *forgotten, sotto_error *err);
  /* All that is kept of the user, as JSON; two-call idiom. */
  sotto_status (*export_json)(sotto_profile *profile, char *buffer, uint64_t capacity, uint64_t *size, sotto_error *err);
  /* Puts an export in place of what is kept: all of it or, after a failure, nothing. Needs consent. */
  sotto_status (*import_json)(sotto_profile *profile, sotto_str json, sotto_error *err);
  sotto_status (*facts)(sotto_profile *profile, sotto_profile_facts *out, sotto_error *err);
} sotto_recommendation_api;

/* The interface of the runtime's recommendation plugin; api is NULL when none is loaded, and when its table lacks a function.
 */
typedef struct sotto_recommendation_skill {
  const sotto_recommendation_api *api;
  void *self;
} sotto_recommendation_skill;

static inline sotto_recommendation_skill sotto_recommendation_find(sotto_runtime *runtime) {
  const sotto_interface found = sotto_runtime_query(runtime, SOTTO_RECOMMENDATION_ID);
  sotto_recommendation_skill skill;
  const size_t least = offsetof(sotto_recommendation_api, facts) + sizeof(((sotto_recommendation_api *)0)->facts);
  skill.api = sotto_table_is_whole(found.table, least) ? (const sotto_recommendation_api *)found.table : NULL;
  skill.self = found.self;
  return skill;
}

#ifdef __cplusplus
}
#endif

#endif
