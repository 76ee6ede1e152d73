/* observe.h - what the weights of a model are multiplied with while it reads a text: the importance of their columns for a
 * quantizer (sotto_importance of convert.h), and what its steps take. For tools that prepare and measure models; what talks to
 * users never needs it. */
#ifndef SOTTO_OBSERVE_H
#define SOTTO_OBSERVE_H

#include "sotto/model.h"
#include "sotto/profile.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A matrix of the file. What it points to is valid during the callback. */
typedef struct sotto_observation {
  uint32_t struct_size;
  uint32_t reserved;
  sotto_str tensor;          /* its GGUF name */
  const float *mean_squares; /* [columns]: of what the column is multiplied with, squared, the mean over the tokens */
  uint64_t columns;
  uint64_t tokens; /* counted in the mean */
} sotto_observation;

/* Once a matrix, in the order in which the model uses them. Non-zero ends the call (SOTTO_CANCELLED). */
typedef int32_t (*sotto_on_observation)(void *user, const sotto_observation *observation);

typedef struct sotto_observe_options {
  uint32_t struct_size;
  uint32_t flags;  /* 0: none are known */
  uint32_t window; /* so many tokens are a text of their own; 0: the model's context, at most 512 */
  uint32_t reserved;
  /* 0..1, several times a window, from the calling thread; non-zero cancels (SOTTO_CANCELLED). May be NULL. */
  int32_t (*progress)(void *user, float fraction);
  void *progress_user;
} sotto_observe_options;

/* Reads the ids window by window and tells of every tensor that the model multiplies with: one that a file stores fused
 * (attn_qkv) once, an embedding that is looked up only not at all, one that makes the logits too with what it meets there. The
 * callback is called after the last window, or never.
 *
 * Needs a model of one rank. Sessions of the model go on meanwhile, between two steps, and notice nothing; both callbacks may
 * use them. A cache for one window and the rows of one step are taken from the runtime's memory, beside the model's, and given
 * back. [any thread] */
SOTTO_API sotto_status sotto_model_observe(sotto_model *model, const uint32_t *ids, uint64_t count,
                                           const sotto_observe_options *options, sotto_on_observation on_observation,
                                           void *user, sotto_error *err);

/* Where the time of the model's steps goes, all sessions together: counts from here on. SOTTO_UNSUPPORTED: its backend has no
 * profile. [any thread; waits for the step that runs] */
SOTTO_API sotto_status sotto_model_profile_begin(sotto_model *model, sotto_error *err);
/* Stops counting and tells of each kind of work once; the row is valid during the callback, non-zero ends the call
 * (SOTTO_CANCELLED). [any thread; waits for the step that runs] */
typedef int32_t (*sotto_on_profile_row)(void *user, const sotto_profile_row *row);
SOTTO_API sotto_status sotto_model_profile_end(sotto_model *model, sotto_on_profile_row on_row, void *user, sotto_error *err);

#ifdef __cplusplus
}
#endif

#endif
