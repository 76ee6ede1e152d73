/* plugin.h - what every plugin exports and what the host offers it. Read by authors of backends, skills and communicators.
 *
 * A plugin is one library that exports one data symbol, `sotto_plugin`, and has no static constructors: opening it runs no
 * code. static const void *query(void *self, const char *id) { ... } SOTTO_PLUGIN_ENTRY(tea) = { SOTTO_PLUGIN_HEAD,
 * "com.example.tea", "1.0.0", "brews", create, destroy, query }; Linked into the application instead (static builds), compile
 * with SOTTO_STATIC_PLUGINS: the symbol is sotto_plugin_tea, which the application passes to sotto_runtime_create. */
#ifndef SOTTO_PLUGIN_H
#define SOTTO_PLUGIN_H

#include "sotto/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The host as the plugin sees it; valid from create to the return of destroy. [any thread] */
typedef struct sotto_host {
  uint32_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  int32_t log_level; /* lines above it are dropped: do not build them */
  void *context;
  void (*log)(void *context, int32_t level, sotto_str line);
  /* A service of the host or the interface of another plugin by id; {NULL, NULL} when there is none. */
  sotto_interface (*query)(void *context, const char *id);
} sotto_host;

typedef struct sotto_plugin_entry {
  uint32_t struct_size;
  uint32_t abi_major;          /* must equal the host's */
  uint32_t abi_minor;          /* of the headers it was built with */
  uint32_t abi_minor_required; /* the lowest host minor it can work with */
  const char *id;              /* reverse DNS, unique: "dev.sotto.cpu" */
  const char *version;         /* "0.1.0" */
  const char *description;     /* one line */
  /* Called once before the first query, never while the library loads. *self is what destroy, query and every interface get. */
  sotto_status (*create)(const sotto_host *host, void **self, sotto_error *err);
  void (*destroy)(void *self);
  /* The table for an interface id, or NULL. [any thread] The table lives as long as the plugin. */
  const void *(*query)(void *self, const char *id);
} sotto_plugin_entry;

/* The first four fields. SOTTO_PLUGIN_MINOR_REQUIRED may be defined higher before this header is included. */
#ifndef SOTTO_PLUGIN_MINOR_REQUIRED
#define SOTTO_PLUGIN_MINOR_REQUIRED 0u
#endif
#define SOTTO_PLUGIN_HEAD sizeof(sotto_plugin_entry), SOTTO_ABI_MAJOR, SOTTO_ABI_MINOR, SOTTO_PLUGIN_MINOR_REQUIRED

#define SOTTO_PLUGIN_SYMBOL "sotto_plugin"
#ifdef __cplusplus
#define SOTTO_PLUGIN_EXTERN extern "C"
#else
#define SOTTO_PLUGIN_EXTERN extern
#endif
#if defined(SOTTO_STATIC_PLUGINS)
#define SOTTO_PLUGIN_ENTRY(name)                                    \
  SOTTO_PLUGIN_EXTERN const sotto_plugin_entry sotto_plugin_##name; \
  const sotto_plugin_entry sotto_plugin_##name
#else
#define SOTTO_PLUGIN_ENTRY(name)                                          \
  SOTTO_PLUGIN_EXTERN SOTTO_EXPORT const sotto_plugin_entry sotto_plugin; \
  const sotto_plugin_entry sotto_plugin
#endif

/* Host services. Their tables hold the functions of the application headers with the same signatures and rules, so that a
 * plugin links nothing: "sotto.session/1" is sotto_session_service (session.h). */
#define SOTTO_SESSION_SERVICE_ID "sotto.session/1"

/* "sotto.clock/1": time as the host tells it (tests set it). self is passed back. */
#define SOTTO_CLOCK_SERVICE_ID "sotto.clock/1"
typedef struct sotto_clock_service {
  uint32_t struct_size;
  uint32_t reserved;
  int64_t (*unix_milliseconds)(void *self); /* wall clock, UTC */
  uint64_t (*monotonic_nanoseconds)(void *self);
} sotto_clock_service;

/* "sotto.blob/1": small private files of a plugin in the folder the application named (runtime options); read, replace, remove.
 * Keys are [A-Za-z0-9._-]{1,64}. A write is atomic: the old content or the new. [any thread] */
#define SOTTO_BLOB_SERVICE_ID "sotto.blob/1"
typedef struct sotto_blob_service {
  uint32_t struct_size;
  uint32_t reserved;
  /* *size: capacity in, bytes of the blob out; bytes are written only if they fit. None of that key: SOTTO_NOT_FOUND. */
  sotto_status (*read)(void *self, sotto_str key, void *bytes, uint64_t *size, sotto_error *err);
  sotto_status (*write)(void *self, sotto_str key, const void *bytes, uint64_t size, sotto_error *err);
  sotto_status (*remove)(void *self, sotto_str key, sotto_error *err);
} sotto_blob_service;

#ifdef __cplusplus
}
#endif

#endif
