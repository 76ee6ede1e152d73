#include "api/model_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "api/runtime.h"
#include "border/options.h"

namespace sotto {
namespace {

Status check_range(const char* name, uint32_t value, uint32_t most) {
  if (value <= most) return {};
  return Status(SOTTO_UNSUPPORTED, fmt::format("sotto_model_options.{} is {}, 0 to {} are known", name, value, most));
}

}  // namespace

uint32_t threads_of(const sotto_runtime& runtime) {
  const uint32_t cores = std::max(std::thread::hardware_concurrency(), 1u);
  if (runtime.threads()) return runtime.threads();
  if (runtime.power_policy() == SOTTO_POWER_PERFORMANCE) return cores;
  return runtime.power_policy() == SOTTO_POWER_SAVER ? std::max(cores / 2, 1u) : 0;
}

Result<Bytes> open_bytes(const sotto_model_source& from, const Progress& progress) {
  SOTTO_ASSIGN(ModelBytes bytes, ModelBytes::open(from, progress));
  const bool borrowed = bytes.is_mapped() || (from.kind == SOTTO_SOURCE_MEMORY && bytes.bytes().data() == from.data);
  return Bytes{std::move(bytes), !borrowed};
}

uint64_t memory_cap(sotto_runtime& runtime, uint64_t own) {
  const uint64_t left = runtime.memory().free_bytes();
  if (left == UINT64_MAX) return own;
  return own ? std::min(own, left) : std::max<uint64_t>(left, 1);
}

Result<EngineOptions> engine_options(sotto_runtime& runtime, const sotto_model_options& o) {
  constexpr uint32_t kMaxRanks = 1024, kMaxSessions = 1 << 16, kMaxBatch = 1 << 16, kMaxThreads = 4096;
  SOTTO_TRY(check_range("flags", o.flags, SOTTO_MODEL_VOCABULARY_ONLY | SOTTO_MODEL_SPLIT_AUTO | SOTTO_MODEL_STAYS));
  SOTTO_TRY(check_range("kv_type", o.kv_type, SOTTO_KV_Q8_0));
  SOTTO_TRY(check_range("ranks", o.ranks, kMaxRanks));
  SOTTO_TRY(check_range("sessions", o.sessions, kMaxSessions));
  SOTTO_TRY(check_range("max_batch", o.max_batch, kMaxBatch));
  SOTTO_TRY(check_range("threads", o.threads, kMaxThreads));
  EngineOptions e;
  e.guard = &runtime.guard();
  SOTTO_ASSIGN(const std::string_view backend, read_text("backend", o.backend));
  e.backend = backend;
  e.device_layers = o.device_layers;
  if (e.device_layers != 0 && e.device_layers != SOTTO_DEVICE_LAYERS_AUTO && e.backend.empty())
    return Status(
        SOTTO_INVALID_ARGUMENT,
        fmt::format("sotto_model_options.device_layers is {} without a backend: name the one whose device is to run these "
                    "layers (--backend)",
                    o.device_layers));
  e.vocabulary_only = (o.flags & SOTTO_MODEL_VOCABULARY_ONLY) != 0;
  e.plan.ranks = o.ranks || o.comm.table ? o.ranks : 1;
  if (!e.plan.ranks && (o.devices || o.split))
    return Status(SOTTO_INVALID_ARGUMENT,
                  "sotto_model_options: devices or a split without `ranks`, which says how many there are");
  if (o.devices) e.devices.assign(o.devices, o.devices + e.plan.ranks);
  if (o.split) e.plan.split.assign(o.split, o.split + e.plan.ranks);
  e.stays = (o.flags & SOTTO_MODEL_STAYS) != 0;
  e.split_auto = (o.flags & SOTTO_MODEL_SPLIT_AUTO) != 0;
  e.comm = o.comm;
  e.comm_deadline_ms = o.comm_deadline_ms;
  e.threads = o.threads ? o.threads : threads_of(runtime);
  e.affinity_mask = runtime.affinity_mask();
  e.thread_priority = runtime.thread_priority();
  e.sessions = o.sessions;
  e.memory.context_tokens = o.context_tokens;
  e.memory.kv_tokens = o.kv_tokens;
  e.memory.max_batch = o.max_batch;
  e.memory.kv_type = o.kv_type;
  e.memory.cap_bytes = memory_cap(runtime, o.memory_cap_bytes);
  return e;
}

}  // namespace sotto
