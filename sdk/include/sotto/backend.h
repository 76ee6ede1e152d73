/* backend.h - what a backend plugin implements: the table found by the id "sotto.backend/1".
 *
 * Order: group_create; check(plan); weights_create, upload every weight of every local rank; compile; cache_create; run.
 * Threads: device_count and device_info [any thread]. All calls on a group and on what was made from it come one at a time,
 * from any thread; a group may own threads, which end with it. Destroy functions accept NULL; the host destroys children first.
 * No function throws, exits or keeps a pointer past its return unless it says so. Statuses: SOTTO_INVALID_ARGUMENT for what no
 * backend could do, SOTTO_UNSUPPORTED for what this one cannot (the host tries another), SOTTO_MISMATCH for objects that do not
 * belong together. A driver or device is touched by
 * device_count at the earliest, never when the library loads. Nothing is allocated per token. */
#ifndef SOTTO_BACKEND_H
#define SOTTO_BACKEND_H

#include "sotto/comm.h"
#include "sotto/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SOTTO_BACKEND_ID "sotto.backend/1"

typedef struct sotto_group sotto_group;     /* ranks that run together: devices, threads, communicator */
typedef struct sotto_weights sotto_weights; /* one copy of the weights, shared by programs */
typedef struct sotto_program sotto_program; /* a compiled plan */
typedef struct sotto_cache sotto_cache;     /* KV rows of many sequences */
typedef struct sotto_adapter sotto_adapter; /* LoRA pairs */

/* Memory is short: weights are used where they lie (BORROW) instead of in a faster layout of the backend's own. */
#define SOTTO_GROUP_IN_PLACE 1u

typedef struct sotto_group_options {
  uint32_t struct_size;
  uint32_t world;              /* ranks of the whole job; 0 means local_ranks */
  uint32_t first_rank;         /* the first of this process */
  uint32_t local_ranks;        /* 0 means 1 */
  const uint32_t *devices;     /* [local_ranks], or NULL: device 0 for all */
  uint32_t threads;            /* of all local ranks together; 0: as many as the machine has fast cores */
  int32_t thread_priority;     /* hint: 0 normal, 1 above, -1 below */
  uint64_t affinity_mask;      /* hint: cores to use; 0: any */
  const sotto_interface *comm; /* sotto_comm_api, joined; NULL when world == local_ranks. Outlives the group */
  uint32_t comm_deadline_ms;   /* of each of its calls inside a run; 0: none */
  uint32_t flags;              /* SOTTO_GROUP_* */
} sotto_group_options;

typedef struct sotto_cache_options {
  uint32_t struct_size;
  uint32_t k_type; /* SOTTO_F32, SOTTO_F16 or SOTTO_Q8_0 */
  uint32_t v_type;
  uint32_t sequences; /* ids 0 .. sequences - 1 */
  uint64_t tokens;    /* capacity of all sequences together; one sequence may take it all */
} sotto_cache_options;

/* What a rank will take, in bytes, before anything is loaded. An array of them has a stride: a backend writes at most so much
 * of each, and leaves what it does not know as it was. */
typedef struct sotto_rank_cost {
  uint64_t weights_borrowed; /* used in place for as long as the weights live (BORROW) */
  uint64_t weights_copied;   /* held by the backend */
  uint64_t cache;
  uint64_t workspace; /* activations, staging, output rows for min(max_batch, 16); a batch that wants more may grow it */
} sotto_rank_cost;

/* BORROW: `bytes` stay valid and unchanged until `release(user)`, called once, at the latest by weights_destroy; after a
 * refused upload before the return. Without BORROW the backend copies before it returns, and releases before it (also on
 * failure). */
#define SOTTO_UPLOAD_BORROW 1u
typedef struct sotto_upload {
  uint32_t struct_size;
  uint32_t flags;
  const void *bytes;           /* the slice's first stored row */
  uint64_t byte_count;         /* readable from `bytes` */
  uint64_t row_stride;         /* bytes from row to row */
  void (*release)(void *user); /* may be NULL */
  void *user;
} sotto_upload;

/* y += strength * scale * B (A x) on every LINEAR use of `weight` as W or G; a weight that no LINEAR uses is refused. Per local
 * rank: a[r] is [rank_dim, columns of the rank's slice], b[r] is [rows of the rank's slice, rank_dim], float32, copied. */
typedef struct sotto_adapter_pair {
  uint32_t weight;
  uint32_t rank_dim;
  float scale;
  uint32_t reserved;
  const float *const *a;
  const float *const *b;
} sotto_adapter_pair;

typedef struct sotto_batch_row {
  uint32_t token;    /* ignored where the plan has no EMBED */
  uint32_t position; /* must be the sequence's length at that moment: rows of a sequence come in order, without gaps; from the
                        plan's max_positions on SOTTO_CONTEXT_FULL */
  uint32_t sequence;
  uint32_t outputs;       /* bit o: this row wants output o */
  sotto_adapter *adapter; /* or NULL */
  float strength;
  uint32_t reserved;
} sotto_batch_row;

typedef struct sotto_batch {
  uint32_t struct_size;
  uint32_t row_count; /* 1 .. max_batch of the program */
  uint32_t row_stride;
  uint32_t input_count;
  const sotto_batch_row *rows;
  const float *const *inputs; /* [input_count] matrices [row_count, width] for INPUT steps */
  int32_t (*should_stop)(
      void *user); /* polled at least every 20 ms from the calling thread; non-zero ends with SOTTO_CANCELLED */
  void *stop_user; /* with a communicator, all ranks stop at the same collective step or none does */
} sotto_batch;

/* Results stay valid until the next call on the program. rows[o]: [row_counts[o], width of output o], in batch order.
 * lengths[s]: tokens that the cache now holds of sequence s; filled after failures too. The arrays are the caller's; any may be
 * NULL with a capacity of 0. */
typedef struct sotto_run_result {
  uint32_t struct_size;
  uint32_t output_count; /* capacity of the two arrays below */
  const float **rows;
  uint32_t *row_counts;
  uint32_t sequence_count; /* capacity of lengths */
  uint32_t reserved;
  uint32_t *lengths;
} sotto_run_result;

typedef struct sotto_backend {
  uint32_t struct_size;
  uint32_t reserved;
  sotto_status (*device_count)(void *self, uint32_t *count, sotto_error *err);
  sotto_status (*device_info)(void *self, uint32_t device, sotto_device_info *out, sotto_error *err);
  sotto_status (*group_create)(void *self, const sotto_group_options *options, sotto_group **out, sotto_error *err);
  void (*group_destroy)(sotto_group *group);
  /* Can this group run the plan, and what does it take: costs[local_ranks], `cost_stride` bytes apart (a multiple of 8).
   * `cache` (without one: no cache) and `costs` may be NULL. weights_create and compile refuse what this refuses. */
  sotto_status (*check)(sotto_group *group, const sotto_plan *plan, uint32_t max_batch, const sotto_cache_options *cache,
                        sotto_rank_cost *costs, uint32_t cost_stride, sotto_error *err);
  sotto_status (*weights_create)(sotto_group *group, const sotto_plan *plan, sotto_weights **out, sotto_error *err);
  /* rank: counted in the whole job, one of the local ones. Any order, each (weight, rank) once; slices without rows are
   * skipped. */
  sotto_status (*upload)(sotto_weights *weights, uint32_t weight, uint32_t rank, const sotto_upload *data, sotto_error *err);
  void (*weights_destroy)(sotto_weights *weights);
  /* Every weight is uploaded. The plan's weight table is the one of weights_create, or begins with it. */
  sotto_status (*compile)(sotto_group *group, const sotto_plan *plan, sotto_weights *weights, uint32_t max_batch,
                          sotto_program **out, sotto_error *err);
  void (*program_destroy)(sotto_program *program);
  sotto_status (*cache_create)(sotto_program *program, const sotto_cache_options *options, sotto_cache **out, sotto_error *err);
  void (*cache_destroy)(sotto_cache *cache);
  /* Keep the first `length` tokens of the sequence. SOTTO_UNSUPPORTED: the host truncates to 0 (always possible) and prefills.
   */
  sotto_status (*cache_truncate)(sotto_cache *cache, uint32_t sequence, uint32_t length, sotto_error *err);
  /* Sequence `to` (emptied first) begins with the first `length` tokens of `from`; storage is shared where it can be. */
  sotto_status (*cache_copy)(sotto_cache *cache, uint32_t from, uint32_t to, uint32_t length, sotto_error *err);
  /* Neutral layout, float32, little endian: for each slot, for each of k and v: [kv_heads of the model][tokens][head_dim],
   * tokens first .. first + count - 1. With several processes each delivers its heads, the others read as zero. *size: needed
   * when `bytes` is NULL, else given. */
  sotto_status (*cache_export)(sotto_cache *cache, uint32_t sequence, uint32_t first, uint32_t count, void *bytes,
                               uint64_t *size, sotto_error *err);
  /* Appends `count` tokens to the sequence. */
  sotto_status (*cache_import)(sotto_cache *cache, uint32_t sequence, uint32_t count, const void *bytes, uint64_t size,
                               sotto_error *err);
  sotto_status (*adapter_create)(sotto_weights *weights, const sotto_adapter_pair *pairs, uint32_t pair_count,
                                 uint32_t pair_stride, sotto_adapter **out, sotto_error *err);
  void (*adapter_destroy)(sotto_adapter *adapter);
  /* One step of all ranks over the batch. A batch that does not fit the cache is refused before any work (SOTTO_CONTEXT_FULL).
   */
  sotto_status (*run)(sotto_program *program, sotto_cache *cache, const sotto_batch *batch, sotto_run_result *result,
                      sotto_error *err);
} sotto_backend;

/* "sotto.traffic/1", an extension of a backend: what the ranks of a group handed each other. `broadcast` stays as it was. */
#define SOTTO_TRAFFIC_ID "sotto.traffic/1"
typedef struct sotto_traffic_api {
  uint32_t struct_size;
  uint32_t reserved;
  sotto_status (*read)(sotto_group *group, sotto_traffic *out, sotto_error *err);
} sotto_traffic_api;

#ifdef __cplusplus
}
#endif

#endif
