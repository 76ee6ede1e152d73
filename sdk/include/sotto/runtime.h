/* runtime.h - the first object of an application: which plugins are loaded, which backends and devices there are. */
#ifndef SOTTO_RUNTIME_H
#define SOTTO_RUNTIME_H

#include "sotto/plugin.h"
#include "sotto/types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sotto_runtime sotto_runtime;

/* Hints for how hard the machine may be driven. */
#define SOTTO_POWER_BALANCED 0u
#define SOTTO_POWER_PERFORMANCE 1u /* all cores, longer spinning */
#define SOTTO_POWER_SAVER 2u       /* half of the cores, no spinning */

/* Nothing is loaded that is not named here: no search path, no current directory, no environment variable. Strings and arrays
 * are copied; entries and the clock must outlive the runtime. */
typedef struct sotto_runtime_options {
  uint32_t struct_size;
  uint32_t threads;              /* of each model; 0: as many as there are fast cores */
  sotto_str plugin_folder;       /* every library in it is tried; neither it nor a file may be writable by others */
  const sotto_str *plugin_files; /* and these libraries */
  const sotto_plugin_entry *const *plugin_entries; /* and these, linked in */
  uint32_t plugin_file_count;
  uint32_t plugin_entry_count;
  void (*log)(void *user, int32_t level, sotto_str line); /* [any thread]; NULL: silence */
  void *log_user;
  int32_t log_level;         /* SOTTO_LOG_*; 0 means SOTTO_LOG_WARNING */
  uint32_t power_policy;     /* SOTTO_POWER_* */
  uint64_t memory_cap_bytes; /* hard cap of all models together; 0: none */
  sotto_str data_folder;     /* existing, for private files of plugins ("sotto.blob/1"); not given: that service is absent */
  sotto_interface clock;     /* sotto_clock_service; NULL table: the system's clocks */
  uint64_t affinity_mask;    /* hint: cores to use; 0: any */
  int32_t thread_priority;   /* hint: 0 normal, 1 above, -1 below */
  uint32_t reserved;
  /* Checks of devices (probe.h): where sotto-probe lies, which then runs in a process of its own. */
  sotto_str probe_program;
  /* Or instead: runs the check wherever it does no harm (an isolated service): sotto_runtime_check_device with
   * SOTTO_CHECK_HERE on a runtime with these two libraries. SOTTO_OK: it passed; else err->text is the reason. From the thread
   * that opens or checks. NULL, and no program: checks run in this process. */
  sotto_status (*probe)(void *user, sotto_str backend_file, sotto_str other_file, uint32_t device, sotto_error *err);
  void *probe_user;
} sotto_runtime_options;

/* Plugins that are refused do not fail the call: see sotto_runtime_plugin_info. A plugin folder that is missing does. */
SOTTO_API sotto_status sotto_runtime_create(const sotto_runtime_options *options, sotto_runtime **out, sotto_error *err);
/* The runtime ends with its last model. [any thread] */
SOTTO_API void sotto_runtime_destroy(sotto_runtime *runtime);

/* What was found, taken or refused, in the order of the search. Text fields are UTF-8, terminated. */
typedef struct sotto_plugin_info {
  uint32_t struct_size;
  sotto_status status; /* SOTTO_OK: loaded; else why not, and `reason` is the sentence */
  char id[128];
  char version[32];
  char description[128];
  char path[512]; /* empty: linked in */
  char reason[480];
} sotto_plugin_info;

SOTTO_API uint32_t sotto_runtime_plugin_count(const sotto_runtime *runtime);
SOTTO_API sotto_status sotto_runtime_plugin_info(const sotto_runtime *runtime, uint32_t index, sotto_plugin_info *out,
                                                 sotto_error *err);

/* A loaded plugin that runs plans. `name` is what options and the command take: the id's last part ("cpu"). */
typedef struct sotto_backend_info {
  uint32_t struct_size;
  uint32_t device_count;
  char id[128];
  char name[64];
  char version[32];
  char reason[480]; /* why there are no devices; empty otherwise */
} sotto_backend_info;

/* Asking for backends and devices opens drivers; creating the runtime did not. [any thread] */
SOTTO_API uint32_t sotto_runtime_backend_count(const sotto_runtime *runtime);
SOTTO_API sotto_status sotto_runtime_backend_info(sotto_runtime *runtime, uint32_t backend, sotto_backend_info *out,
                                                  sotto_error *err);
SOTTO_API sotto_status sotto_runtime_device_info(sotto_runtime *runtime, uint32_t backend, uint32_t device,
                                                 sotto_device_info *out, sotto_error *err);

/* The interface of a loaded plugin by id ("sotto.dialogue/1"), or {NULL, NULL}. Valid while the runtime lives. [any thread] */
SOTTO_API sotto_interface sotto_runtime_query(sotto_runtime *runtime, const char *id);

/* Gives memory back: 1 drops what is cheap to make again, 2 also caches of idle sessions, 3 all that is not in use. [any
 * thread] */
SOTTO_API void sotto_runtime_trim(sotto_runtime *runtime, uint32_t level);
SOTTO_API void sotto_runtime_set_power_policy(sotto_runtime *runtime, uint32_t policy);

/* "0.1.0", and one line of facts: compiler, libraries inside with their versions. Static storage. [any thread] */
SOTTO_API const char *sotto_version(void);
SOTTO_API const char *sotto_build_info(void);
/* "out of memory" for SOTTO_OUT_OF_MEMORY ...; static storage. [any thread] */
SOTTO_API const char *sotto_status_text(sotto_status status);

#ifdef __cplusplus
}
#endif

#endif
