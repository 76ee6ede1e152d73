/* base.h - what every other header of Sotto shares: status, error text, string view, versions, growth rules.
 *
 * The border is C99. Numbers are fixed-width, text is UTF-8 as pointer + length, structs cross by pointer (sotto_str alone by
 * value), nothing allocated on one side is freed on the other, and no exception crosses.
 *
 * Growth. A struct that the other side may extend starts with `uint32_t struct_size`, set by whoever fills it to its own
 * sizeof. A reader takes the bytes it knows; bytes beyond that must be zero, else the call answers SOTTO_UNSUPPORTED: the
 * caller asked for something this library is too old to know. Into an out-struct the callee writes at most the caller's
 * struct_size bytes. Tables of functions only append. In arrays of such structs a stride in bytes stands beside the count.
 *
 * Zero is a sensible default, so `{ sizeof o }` is a complete options struct. */
#ifndef SOTTO_BASE_H
#define SOTTO_BASE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The ABI of these headers. A library with another major is refused; a minor only appends. */
#define SOTTO_ABI_MAJOR 1u
#define SOTTO_ABI_MINOR 0u

#define SOTTO_VERSION_MAJOR 0
#define SOTTO_VERSION_MINOR 1
#define SOTTO_VERSION_PATCH 0
#define SOTTO_VERSION_STRING "0.1.0"

/* Visibility of the functions of sotto.h (SOTTO_API) and of a plugin's one symbol (SOTTO_EXPORT). */
#if defined(_WIN32)
#define SOTTO_EXPORT __declspec(dllexport)
#if defined(SOTTO_BUILDING)
#define SOTTO_API __declspec(dllexport)
#elif defined(SOTTO_STATIC)
#define SOTTO_API
#else
#define SOTTO_API __declspec(dllimport)
#endif
#else
#define SOTTO_EXPORT __attribute__((visibility("default")))
#define SOTTO_API SOTTO_EXPORT
#endif

/* True when the struct `p` points to is large enough to hold `field`: it was filled by someone who knows it. */
#define SOTTO_HAS(type, p, field) ((p)->struct_size >= offsetof(type, field) + sizeof(((type *)0)->field))

/* "No value, no weight": the null index of plan.h and of every other index in these headers. */
#define SOTTO_NONE 0xFFFFFFFFu

/* What a call came to. 0 is success, the list is closed within one major. */
typedef int32_t sotto_status;
#define SOTTO_OK 0
#define SOTTO_INVALID_ARGUMENT 1 /* the call itself is wrong: a null, a range, a struct_size */
#define SOTTO_NOT_FOUND 2        /* no such file, backend, device, plugin, key */
#define SOTTO_IO_ERROR 3         /* the operating system failed to read or write */
#define SOTTO_BAD_FILE 4         /* a file's content is damaged or not what it claims to be */
#define SOTTO_UNSUPPORTED 5      /* well formed, but newer or rarer than what this library knows */
#define SOTTO_OUT_OF_MEMORY 6    /* the machine, the device or the hard cap has too little */
#define SOTTO_CONTEXT_FULL 7     /* the tokens do not fit into the context or the KV cache */
#define SOTTO_CANCELLED 8        /* sotto_session_cancel, a progress callback or should_stop said so */
#define SOTTO_DEADLINE 9         /* the deadline passed */
#define SOTTO_BUSY 10            /* the object is in use by another thread */
#define SOTTO_REENTRANT 11       /* called from inside a callback that does not allow it */
#define SOTTO_REFUSED 12         /* a plugin was found and not taken; the text says why */
#define SOTTO_MISMATCH 13        /* two things do not belong together: model and state, rank and rank */
#define SOTTO_DEVICE_LOST 14     /* a driver or device stopped working; its objects can only be destroyed */
#define SOTTO_RANK_LOST 15       /* another rank of the group died or did not answer in time */
#define SOTTO_TEMPLATE_ERROR 16  /* a chat template raised an exception or cannot be evaluated */
#define SOTTO_INTERNAL 17        /* a fault of Sotto or of a plugin; please report it */
#define SOTTO_STATUS_COUNT 18

/* Whether a table of another library (uint32_t struct_size, uint32_t reserved, then functions) holds its first `size` bytes,
 * with every function in them set. What was appended later is asked for with SOTTO_HAS. */
static inline int32_t sotto_table_is_whole(const void *table, size_t size) {
  uint32_t struct_size = 0;
  size_t at = 2 * sizeof struct_size;
  if (table) memcpy(&struct_size, table, sizeof struct_size);
  if (struct_size < size) return 0;
  for (; at < size; at += sizeof(void (*)(void))) {
    void (*function)(void) = NULL;
    memcpy(&function, (const char *)table + at, sizeof function);
    if (!function) return 0;
  }
  return 1;
}

/* A view of text: `size` bytes of UTF-8 at `data`, not terminated, borrowed. {NULL, 0} is "not given". */
typedef struct sotto_str {
  const char *data;
  uint64_t size;
} sotto_str;
/* A view of a terminated string; NULL: not given. */
static inline sotto_str sotto_cstr(const char *text) {
  sotto_str view;
  view.data = text;
  view.size = text ? strlen(text) : 0;
  return view;
}

/* Where a fallible function writes one sentence: what was tried, on what, the numbers, the remedy. Owned by the caller; the
 * callee fills status and text (UTF-8, terminated) only on failure. Every `sotto_error *err` may be NULL. */
typedef struct sotto_error {
  uint32_t struct_size;
  sotto_status status;
  char text[480];
} sotto_error;

/* Log levels; a log line is one line, lower case, facts. */
#define SOTTO_LOG_ERROR 1
#define SOTTO_LOG_WARNING 2
#define SOTTO_LOG_INFO 3
#define SOTTO_LOG_DEBUG 4

/* A capability found by its id ("sotto.dialogue/1"): `table` is the struct that the id's header declares, `self` is what every
 * function of it takes first. Both NULL: there is none, a normal answer. */
typedef struct sotto_interface {
  const void *table;
  void *self;
} sotto_interface;

#ifdef __cplusplus
}
#endif

#endif
