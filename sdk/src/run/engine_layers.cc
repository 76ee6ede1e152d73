// engine_layers.cc: a model's first layers on a device and the rest on the CPU (divided.h), as many as was asked for or as fit.
#include <fmt/format.h>

#include "run/device_guard.h"
#include "run/divided.h"
#include "run/engine.h"

namespace sotto {
namespace {

constexpr const char* kRest = "cpu";

}  // namespace

// Whether all of the model fits what the device has free, by the backend's own count. A device that does not tell has room.
Result<bool> Engine::fits_device(const Backend& device, const PluginHost& host, const EngineOptions& o) {
  EngineOptions uncounted = o;
  uncounted.owns_bytes = false;  // the file's bytes lie on the host
  const Status prepared = prepare(device, host, uncounted);
  const sotto_memory_estimate& m = memory_.estimate;
  const uint64_t bytes = prepared.ok() ? m.weights_copied + m.kv_cache + m.workspace : UINT64_MAX;
  close();
  if (!prepared.ok() && prepared.code() != SOTTO_OUT_OF_MEMORY) return prepared;
  SOTTO_ASSIGN(const sotto_device_info info, host.device_info(device, o.devices.empty() ? 0 : o.devices[0]));
  return prepared.ok() && (info.memory_free_bytes == 0 || bytes <= usable_bytes(info.memory_free_bytes));
}

Status Engine::open_divided(const Backend& device, const PluginHost& host, const EngineOptions& o, bool with_weights) {
  const bool counts = o.device_layers == kLayersThatFit;
  const Backend* rest = host.find_backend(kRest);
  const bool is_rest = device.name == kRest;
  if (!rest && !counts)
    return Status(SOTTO_NOT_FOUND, fmt::format("{} layers on {} and the rest on {}: backend {} is not loaded", o.device_layers,
                                               device.name, kRest, kRest));
  if (is_rest && !counts)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("{} layers on {}: name another backend, the rest is on {} already",
                                                      o.device_layers, device.name, kRest));
  bool is_whole = is_rest || !rest || o.comm.table || (!counts && o.device_layers >= file()->config().layers);
  if (o.comm.table && !counts)
    return Status(SOTTO_UNSUPPORTED,
                  "layers are divided between a device and the CPU in one process alone; ranks in other "
                  "processes hold whole layers");
  if (!is_whole && counts) {
    SOTTO_ASSIGN(is_whole, fits_device(device, host, o));
  }
  if (is_whole) return try_backend(device, host, o, with_weights);
  for (const uint32_t d : o.devices.empty() ? std::vector<uint32_t>{0} : o.devices)
    if (o.guard) SOTTO_TRY(o.guard->admit(device, d));
  divided_ = std::make_unique<DividedBackend>(device, *rest, o.device_layers);
  Status s = try_backend(divided_->backend(), host, o, with_weights);
  if (s.ok()) {
    host.log().info(fmt::format("{}: {}", file()->name(), divided_->describe()));
    program_->device_name += fmt::format(", {}", divided_->describe());
    return s;
  }
  divided_.reset();
  if (!counts || s.code() != SOTTO_OUT_OF_MEMORY) return s;
  s = try_backend(*rest, host, o, with_weights).ok() ? Status() : s;
  if (s.ok())
    host.log().warning(fmt::format("{}: no layer fits the device of {}; {} runs them all", file()->name(), device.name, kRest));
  return s;
}

}  // namespace sotto
