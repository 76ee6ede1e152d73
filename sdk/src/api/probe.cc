// The function of probe.h.
#include <fmt/format.h>

#include "api/runtime.h"
#include "border/guard.h"
#include "border/options.h"
#include "sotto/probe.h"

namespace sotto {
namespace {

Status check_device(sotto_runtime& runtime, uint32_t backend, uint32_t device, uint32_t flags, sotto_device_verdict* out) {
  constexpr uint32_t kKnown = SOTTO_CHECK_KNOWN | SOTTO_CHECK_AGAIN | SOTTO_CHECK_HERE;
  if (flags & ~kKnown)
    return Status(SOTTO_UNSUPPORTED, fmt::format("sotto_runtime_check_device: flags {:#x}, {:#x} are known", flags, kKnown));
  if ((flags & (flags - 1)) != 0)
    return Status(SOTTO_INVALID_ARGUMENT, "sotto_runtime_check_device: one flag at most: they exclude each other");
  const auto& backends = runtime.host().backends();
  if (backend >= backends.size())
    return Status(SOTTO_NOT_FOUND, fmt::format("backend {}: {} are loaded, counted from 0", backend, backends.size()));
  SOTTO_ASSIGN(const sotto_device_verdict verdict, runtime.guard().check(backends[backend], device, flags));
  return write_out("sotto_device_verdict", verdict, out);
}

}  // namespace
}  // namespace sotto

sotto_status sotto_runtime_check_device(sotto_runtime* runtime, uint32_t backend, uint32_t device, uint32_t flags,
                                        sotto_device_verdict* out, sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_runtime_check_device: runtime", runtime));
    return sotto::check_device(*runtime, backend, device, flags, out);
  });
}
