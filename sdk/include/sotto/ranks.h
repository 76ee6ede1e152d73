/* ranks.h - one model over the ranks of several processes: what the other processes run, what is left when one is lost, what
 * the ranks cost.
 *
 * Each process makes a runtime with a communicator (plugins/mpi), asks for it (sotto_runtime_query, SOTTO_COMM_ID) and joins
 * the job. Rank 0 gives it to sotto_model_open and holds tokenizer, sessions and sampler; the others call sotto_worker_run.
 * Before anything is loaded they compare ABI, model, split, KV type and plan. For trusted networks only: docs/security.md. */
#ifndef SOTTO_RANKS_H
#define SOTTO_RANKS_H

#include "sotto/comm.h"
#include "sotto/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sotto_worker_options {
  uint32_t struct_size;
  uint32_t threads;          /* 0: the runtime's */
  sotto_str backend;         /* not given: the one that rank 0 takes */
  sotto_interface comm;      /* sotto_comm_api, joined */
  uint32_t comm_deadline_ms; /* as rank 0's; 0: 5000 */
  uint32_t reserved;
  int32_t (*progress)(void *user, float fraction); /* of the load; non-zero cancels it, on all ranks */
  void *progress_user;
} sotto_worker_options;

/* Serves as a rank until rank 0 closes its model (SOTTO_OK), or a rank is lost (SOTTO_RANK_LOST). `source`: the same file as
 * rank 0's, or this rank's part of it (sotto_shard). [any thread] */
SOTTO_API sotto_status sotto_worker_run(sotto_runtime *runtime, const sotto_model_source *source,
                                        const sotto_worker_options *options, sotto_error *err);

/* After SOTTO_RANK_LOST: this process goes on as the only rank. Sessions keep their tokens and compute them again when they go
 * on; until then they can be saved all the same. SOTTO_INVALID_ARGUMENT: no rank was lost. [any thread] */
SOTTO_API sotto_status sotto_model_go_on_alone(sotto_model *model, sotto_error *err);

/* What the ranks of the model handed each other so far. SOTTO_UNSUPPORTED: its backend does not count. [any thread] */
SOTTO_API sotto_status sotto_model_get_traffic(sotto_model *model, sotto_traffic *out, sotto_error *err);

#ifdef __cplusplus
}
#endif

#endif
