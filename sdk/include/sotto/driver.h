/* driver.h - "sotto.driver/1": a backend that offers it says that its devices run on a driver that it does not bring along. The
 * host checks each of them before its first use, where it can in a process of its own (probe.h); a backend without it is
 * trusted. */
#ifndef SOTTO_DRIVER_H
#define SOTTO_DRIVER_H

#include "sotto/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SOTTO_DRIVER_ID "sotto.driver/1"
typedef struct sotto_driver_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* Names device, driver with its version, and all else a verdict depends on: another text, another verdict. UTF-8, not
   * terminated; two-call idiom. [any thread] */
  sotto_status (*identity)(void *self, uint32_t device, char *text, uint64_t capacity, uint64_t *size, sotto_error *err);
} sotto_driver_api;

#ifdef __cplusplus
}
#endif

#endif
