/* probe.h - devices whose drivers others wrote are checked before their first use, where it can be in a process of its own, so
 * that a crash or a hang of the driver is an exit status; one that computes wrong numbers is not used. */
#ifndef SOTTO_PROBE_H
#define SOTTO_PROBE_H

#include "sotto/driver.h"
#include "sotto/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SOTTO_DEVICE_TRUSTED 0u   /* its backend runs on no driver of others */
#define SOTTO_DEVICE_UNCHECKED 1u /* not yet, or there is no other backend to compare with: `reason` */
#define SOTTO_DEVICE_PASSED 2u
#define SOTTO_DEVICE_QUARANTINED 3u /* opening a model on it is SOTTO_REFUSED with the reason */

typedef struct sotto_device_verdict {
  uint32_t struct_size;
  uint32_t state;        /* SOTTO_DEVICE_* */
  uint32_t in_process;   /* 1: the check ran in this process, which a bad driver could have taken down */
  uint32_t milliseconds; /* that it took; 0: the verdict was kept by an earlier runtime */
  char reason[480];      /* terminated UTF-8 */
} sotto_device_verdict;

#define SOTTO_CHECK_KNOWN 1u /* only what is known: nothing runs but what names the device */
#define SOTTO_CHECK_AGAIN 2u /* whatever is known: the way out of quarantine */
#define SOTTO_CHECK_HERE 4u  /* in this process, and nothing is kept: what sotto-probe does */

/* The verdict on a device, checked now if it was not: a few steps are compared with the reference backend, or where that is not
 * loaded with the CPU's. A device that fails is a verdict, not a failed call. Models do the same before they open.
 * [any thread] */
SOTTO_API sotto_status sotto_runtime_check_device(sotto_runtime *runtime, uint32_t backend, uint32_t device, uint32_t flags,
                                                  sotto_device_verdict *out, sotto_error *err);

#ifdef __cplusplus
}
#endif

#endif
