/* profile.h - where the time of a program's steps goes: a backend's second table, "sotto.profile/1", and what it tells. A
 * backend without it works as well; it has no profile then. Applications: sotto_model_profile_begin in observe.h. */
#ifndef SOTTO_PROFILE_H
#define SOTTO_PROFILE_H

#include "sotto/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What was counted of one kind of work, all ranks and batches together. */
typedef struct sotto_profile_row {
  uint32_t struct_size;
  uint32_t kind;        /* SOTTO_STEP_* of plan.h */
  uint64_t calls;       /* times it ran */
  uint64_t nanoseconds; /* from the first thread's begin to the last one's end */
  uint64_t bytes;       /* of weights and cache rows that it must read */
  uint64_t products;    /* multiply-adds */
  char name[32];        /* for people: "linear Q4_0"; terminated */
} sotto_profile_row;

struct sotto_program;

/* Calls come one at a time, between two runs, as those of backend.h do. */
#define SOTTO_PROFILE_ID "sotto.profile/1"
typedef struct sotto_profile_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* Forgets what was counted and counts from here on (on = 1), or stops (on = 0) and keeps it. */
  void (*count)(struct sotto_program *program, uint32_t on);
  /* Row `index` into *row (as many bytes as its struct_size); SOTTO_NOT_FOUND behind the last. */
  sotto_status (*row)(struct sotto_program *program, uint32_t index, sotto_profile_row *row, sotto_error *err);
} sotto_profile_api;

#ifdef __cplusplus
}
#endif

#endif
