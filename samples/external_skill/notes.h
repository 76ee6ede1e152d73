/* notes.h - the interface "com.example.notes/1": remembers what it is told, and has the model put it into a few sentences.
 *
 * A skill of a third party: this header is what its applications include, beside Sotto's. Notes are kept in the host's blob
 * store and outlive the program. All functions [any thread]; none may be called from inside a callback of the same plugin. */
#ifndef COM_EXAMPLE_NOTES_H
#define COM_EXAMPLE_NOTES_H

#include <sotto/session.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NOTES_ID "com.example.notes/1"

typedef struct notes_note {
  uint32_t struct_size;
  uint32_t reserved;
  int64_t unix_milliseconds; /* when it was noted, by the host's clock */
  sotto_str text;            /* valid during the callback */
} notes_note;

typedef struct notes_summary_options {
  uint32_t struct_size;
  uint32_t max_tokens;   /* of the summary; 0: 120 */
  int64_t since_unix_ms; /* notes from then on; 0: all */
  uint32_t deadline_ms;  /* 0: none */
  uint32_t reserved;
} notes_summary_options;

typedef struct notes_summary_result {
  uint32_t struct_size;
  uint32_t used_notes; /* went into the prompt */
  uint32_t left_out;   /* older ones that the context had no room for */
  uint32_t finish;     /* SOTTO_FINISH_* */
} notes_summary_result;

typedef struct notes_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* One line of UTF-8, at most 1000 bytes. When 500 are kept the oldest goes. */
  sotto_status (*add)(void* self, sotto_str text, sotto_error* err);
  /* Oldest first; non-zero from the callback ends it. */
  sotto_status (*list)(void* self, int32_t (*on_note)(void* user, const notes_note* note), void* user, sotto_error* err);
  sotto_status (*forget_all)(void* self, sotto_error* err);
  /* Streams a summary, made on a session of its own. `options` and `result` may be NULL. */
  sotto_status (*summarise)(void* self, sotto_model* model, const notes_summary_options* options, sotto_on_text on_text,
                            void* user, notes_summary_result* result, sotto_error* err);
} notes_api;

/* The interface of the runtime's plugin; api is NULL when none is loaded. */
typedef struct notes_skill {
  const notes_api* api;
  void* self;
} notes_skill;

static inline notes_skill notes_find(sotto_runtime* runtime) {
  const sotto_interface found = sotto_runtime_query(runtime, NOTES_ID);
  notes_skill skill;
  skill.api = (const notes_api*)found.table;
  skill.self = found.self;
  return skill;
}

#ifdef __cplusplus
}
#endif

#endif
