/* comm.h - calls between the processes of a group of ranks: the table found by the id "sotto.comm/1" (plugins/mpi). Read by
 * authors of communicators and of backends.
 *
 * A process is in one job at most. Calls come one at a time, from any thread; abort alone may come at any time. Every process
 * makes the same calls in the same order with the same sizes: one that does not is told SOTTO_MISMATCH, with both sides named.
 * Each call ends by `deadline_ms` (0: none) with SOTTO_RANK_LOST when a peer died, stopped or is late; from then on every call
 * answers SOTTO_RANK_LOST at once and touches no peer any more. What a failed call was to fill is left with anything in it. */
#ifndef SOTTO_COMM_H
#define SOTTO_COMM_H

#include "sotto/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SOTTO_COMM_ID "sotto.comm/1"

#define SOTTO_COMM_MOST_PROCESSES 1024u

typedef struct sotto_comm_facts {
  uint32_t struct_size;
  uint32_t rank;       /* of this process */
  uint32_t world;      /* processes of the job */
  uint32_t host_world; /* of these, on this host */
  char host[64];
  char transport[64]; /* "shared memory", "MPI messages" */
} sotto_comm_facts;

/* `stop`, in: non-zero when this process wants the step to end; out: whether any process did. Everybody learns it in the same
 * call, so that a step ends on all ranks or on none. It may be NULL: no vote. */
typedef struct sotto_comm_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* Joins the job in which this process was started, and waits for the others to do so; later calls tell the facts again.
   * SOTTO_NOT_FOUND: it was started alone. The other functions answer SOTTO_INVALID_ARGUMENT before. */
  sotto_status (*join)(void *comm, sotto_comm_facts *facts, sotto_error *err);
  uint32_t (*rank)(void *comm);
  uint32_t (*world)(void *comm);
  /* data[i] = sum over the processes, added in rank order: the same bits everywhere and each time. */
  sotto_status (*all_reduce_f32)(void *comm, float *data, uint64_t count, uint32_t *stop, uint32_t deadline_ms,
                                 sotto_error *err);
  /* `all` receives the processes' parts side by side: bytes_of_rank[world], of which `part` is this process's. */
  sotto_status (*all_gather)(void *comm, const void *part, uint64_t bytes, void *all, const uint64_t *bytes_of_rank,
                             uint32_t *stop, uint32_t deadline_ms, sotto_error *err);
  sotto_status (*broadcast)(void *comm, void *data, uint64_t bytes, uint32_t root, uint32_t deadline_ms, sotto_error *err);
  /* This process goes on alone: its pending call ends with SOTTO_RANK_LOST, and so do the peers' where they can be told. The
   * reason is copied into their sentences. [any thread] */
  void (*abort)(void *comm, sotto_str reason);
} sotto_comm_api;

/* What ranks hand each other, counted since a group was made. Bytes: what one rank brings. */
typedef struct sotto_traffic_kind {
  uint64_t calls;
  uint64_t bytes;
  uint64_t nanoseconds; /* waiting for the slowest rank included */
} sotto_traffic_kind;

typedef struct sotto_traffic {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t rows;            /* tokens computed */
  uint64_t run_nanoseconds; /* of whole steps */
  sotto_traffic_kind all_reduce;
  sotto_traffic_kind all_gather;
  sotto_traffic_kind broadcast; /* rank 0's batches to the other processes */
} sotto_traffic;

#ifdef __cplusplus
}
#endif

#endif
