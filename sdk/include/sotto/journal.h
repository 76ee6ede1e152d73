/* journal.h - what was said, kept for improving a model: only with consent, without personal data, erased on request.
 *
 * The interface "sotto.log/1" of a skill plugin. Rows are JSON Lines, exactly the logs that `sotto-train prepare` reads
 * (sdk/train/README.md): {"id", "text"} or {"id", "turns"}. Personal data is taken out before anything is kept, by the rules of
 * "sotto.care/1", whose plugin must be loaded; names are left to `sotto-train prepare`, which takes them out of logs.
 *
 * Files are "journal-<number>.jsonl" in the folder that the application names, mode 0600, never reached through a link. A row
 * is written when the next exchange begins or on flush, so that a correction stands in one row with what it corrects; a crash
 * loses at most what was not written, and a row torn by it is dropped at the next open.
 *
 * All functions [any thread]; calls on one journal wait for each other. */
#ifndef SOTTO_JOURNAL_H
#define SOTTO_JOURNAL_H

#include "sotto/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SOTTO_JOURNAL_ID "sotto.log/1"

typedef struct sotto_journal sotto_journal;

#define SOTTO_JOURNAL_CONSENT 1u /* the user has agreed; without it nothing is kept */

typedef struct sotto_journal_options {
  uint32_t struct_size;
  uint32_t flags;        /* SOTTO_JOURNAL_CONSENT */
  sotto_str folder;      /* existing, its owner's alone to write */
  uint64_t max_bytes;    /* of all files, the oldest goes first; 0: 16 MiB, at least 64 KiB */
  uint32_t max_age_days; /* older rows go; 0: 30 */
  uint32_t reserved;
} sotto_journal_options;

#define SOTTO_EXCHANGE_REPHRASE 1u   /* the user had to say the last exchange's wish again */
#define SOTTO_EXCHANGE_CORRECTION 2u /* the user corrected what the last exchange's answer or action was */

/* What a user said and what was answered; of each at most 16384 bytes. Rephrases and corrections make one row with the exchange
 * before them, if it was within 10 minutes: a preference pair, its answers marked "preference": "rejected" and "chosen", its
 * user's turns "mark": "rephrase" or "correction". */
typedef struct sotto_exchange {
  uint32_t struct_size;
  uint32_t flags;   /* SOTTO_EXCHANGE_* */
  int64_t unix_ms;  /* 0: now, by the host's clock */
  sotto_str user;   /* not empty */
  sotto_str answer; /* not given: an order without an answer, a row {"text"} */
} sotto_exchange;

typedef struct sotto_journal_facts {
  uint32_t struct_size;
  uint32_t flags; /* SOTTO_JOURNAL_CONSENT */
  uint32_t files;
  uint32_t waiting; /* exchanges that are not written yet */
  uint64_t rows;
  uint64_t bytes;
} sotto_journal_facts;

typedef struct sotto_journal_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* SOTTO_NOT_FOUND without the plugin "sotto.care/1", SOTTO_BUSY when another journal has the folder. */
  sotto_status (*open)(void *self, const sotto_journal_options *options, sotto_journal **out, sotto_error *err);
  /* Writes what waits, as far as that succeeds. NULL is allowed. */
  void (*close)(sotto_journal *journal);
  /* Consent (0 or 1). Withdrawing it erases everything that was kept, at once. */
  sotto_status (*set_consent)(sotto_journal *journal, uint32_t is_given, sotto_error *err);
  /* Keeps an exchange; without consent SOTTO_OK, and nothing is kept. When writing fails (a full disk: SOTTO_IO_ERROR) the
   * files are as before, what waited still waits, and this exchange was not taken: note it again. */
  sotto_status (*note)(sotto_journal *journal, const sotto_exchange *exchange, sotto_error *err);
  /* Writes what waits and syncs it to the disk. */
  sotto_status (*flush)(sotto_journal *journal, sotto_error *err);
  /* Erases the rows with an exchange at from_unix_ms <= t < to_unix_ms; INT64_MIN, INT64_MAX: everything. The files' former
   * bytes are overwritten before they are given back to the disk; what a disk keeps of overwritten bytes is not in our hands.
   */
  sotto_status (*forget)(sotto_journal *journal, int64_t from_unix_ms, int64_t to_unix_ms, sotto_error *err);
  sotto_status (*facts)(sotto_journal *journal, sotto_journal_facts *out, sotto_error *err);
} sotto_journal_api;

/* The interface of the runtime's plugin; api is NULL when none is loaded, and when its table lacks a function. */
typedef struct sotto_journal_skill {
  const sotto_journal_api *api;
  void *self;
} sotto_journal_skill;

static inline sotto_journal_skill sotto_journal_find(sotto_runtime *runtime) {
  const sotto_interface found = sotto_runtime_query(runtime, SOTTO_JOURNAL_ID);
  sotto_journal_skill skill;
  const size_t least = offsetof(sotto_journal_api, facts) + sizeof(((sotto_journal_api *)0)->facts);
  skill.api = sotto_table_is_whole(found.table, least) ? (const sotto_journal_api *)found.table : NULL;
  skill.self = found.self;
  return skill;
}

#ifdef __cplusplus
}
#endif

#endif
