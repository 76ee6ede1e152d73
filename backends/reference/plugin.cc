// plugin.cc - the entry and the table "sotto.backend/1": arguments read by their struct_size, exceptions turned into statuses.
#include <cstdio>
#include <cstring>

#include "common/cache_check.h"
#include "common/plan_check.h"
#include "common/report.h"
#include "common/upload.h"
#include "program.h"
#include "sotto/plugin.hpp"

namespace sotto::reference {
namespace {

using backend::fail;
using plugin::guard;
using plugin::read_options;

sotto_status missing(sotto_error* err, const char* call) {
  return fail(err, SOTTO_INVALID_ARGUMENT, "reference: %s: a pointer that must be given is null", call);
}

sotto_status device_count(void*, uint32_t* count, sotto_error* err) {
  if (count == nullptr) return missing(err, "device_count");
  *count = 1;
  return SOTTO_OK;
}

sotto_status device_info(void*, uint32_t device, sotto_device_info* out, sotto_error* err) {
  if (out == nullptr) return missing(err, "device_info");
  if (device != 0) return fail(err, SOTTO_NOT_FOUND, "reference: device %u, there is device 0", device);
  sotto_device_info info{};
  info.struct_size = out->struct_size;
  std::snprintf(info.name, sizeof info.name, "reference");
  std::snprintf(info.detail, sizeof info.detail, "plain C++, one thread, float32 with double sums");
  info.shares_memory_with_host = 1;
  info.batch_invariant_rows = UINT32_MAX;
  std::memcpy(out, &info, std::min<size_t>(out->struct_size, sizeof info));
  return SOTTO_OK;
}

sotto_status group_create(void*, const sotto_group_options* options, sotto_group** out, sotto_error* err) {
  if (options == nullptr || out == nullptr) return missing(err, "group_create");
  return guard(err, [&] { return create_group(read_options(options), out, err); });
}

void group_destroy(sotto_group* group) { delete group; }

sotto_status check(sotto_group* group, const sotto_plan* plan, uint32_t max_batch, const sotto_cache_options* cache,
                   sotto_rank_cost* costs, uint32_t cost_stride, sotto_error* err) {
  if (group == nullptr || plan == nullptr) return missing(err, "check");
  return guard(err, [&] {
    if (const sotto_status s = check_program(*group, plan, max_batch, err); s != SOTTO_OK) return s;
    const sotto_cache_options read = read_options(cache);
    return check_cost(*group, *plan, max_batch, cache == nullptr ? nullptr : &read, {costs, cost_stride}, err);
  });
}

sotto_status weights_create(sotto_group* group, const sotto_plan* plan, sotto_weights** out, sotto_error* err) {
  if (group == nullptr || plan == nullptr || out == nullptr) return missing(err, "weights_create");
  return guard(err, [&] {
    if (const sotto_status s = check_program(*group, plan, 1, err); s != SOTTO_OK) return s;
    return create_weights(*group, *plan, out, err);
  });
}

sotto_status upload(sotto_weights* weights, uint32_t weight, uint32_t rank, const sotto_upload* data, sotto_error* err) {
  sotto_upload read{};
  if (const sotto_status s = backend::read_upload("reference", weights, data, &read, err); s != SOTTO_OK) return s;
  return guard(err, [&] { return upload_weight(*weights, weight, rank, read, err); });
}

void weights_destroy(sotto_weights* weights) { delete weights; }

sotto_status compile_plan(sotto_group* group, const sotto_plan* plan, sotto_weights* weights, uint32_t max_batch,
                          sotto_program** out, sotto_error* err) {
  if (group == nullptr || plan == nullptr || weights == nullptr || out == nullptr) return missing(err, "compile");
  return guard(err, [&] {
    if (const sotto_status s = check_program(*group, plan, max_batch, err); s != SOTTO_OK) return s;
    return compile(*group, *plan, *weights, max_batch, out, err);
  });
}

void program_destroy(sotto_program* program) { delete program; }

sotto_status cache_create(sotto_program* program, const sotto_cache_options* options, sotto_cache** out, sotto_error* err) {
  if (program == nullptr || options == nullptr || out == nullptr) return missing(err, "cache_create");
  return guard(err, [&] {
    const sotto_cache_options read = read_options(options);
    if (const sotto_status s = check_cache_options(read, err); s != SOTTO_OK) return s;
    return create_cache(*program, read, out, err);
  });
}

void cache_destroy(sotto_cache* cache) { delete cache; }

sotto_status check_tokens(const sotto_cache& cache, uint32_t sequence, uint64_t tokens, sotto_error* err) {
  return backend::check_tokens("reference", cache.cells, sequence, tokens, err);
}

sotto_status cache_truncate(sotto_cache* cache, uint32_t sequence, uint32_t length, sotto_error* err) {
  if (cache == nullptr) return missing(err, "cache_truncate");
  if (const sotto_status s = check_tokens(*cache, sequence, length, err); s != SOTTO_OK) return s;
  return guard(err, [&] { cache->cells.truncate(sequence, length); });
}

sotto_status cache_copy(sotto_cache* cache, uint32_t from, uint32_t to, uint32_t length, sotto_error* err) {
  if (cache == nullptr) return missing(err, "cache_copy");
  if (const sotto_status s = check_tokens(*cache, from, length, err); s != SOTTO_OK) return s;
  if (const sotto_status s = check_tokens(*cache, to, 0, err); s != SOTTO_OK) return s;
  return guard(err, [&] { cache->cells.copy(from, to, length); });
}

sotto_status cache_export(sotto_cache* cache, uint32_t sequence, uint32_t first, uint32_t count, void* bytes, uint64_t* size,
                          sotto_error* err) {
  if (cache == nullptr || size == nullptr) return missing(err, "cache_export");
  if (const sotto_status s = check_tokens(*cache, sequence, uint64_t{first} + count, err); s != SOTTO_OK) return s;
  return guard(err, [&] { return export_sequence(*cache, sequence, first, count, bytes, size, err); });
}

sotto_status cache_import(sotto_cache* cache, uint32_t sequence, uint32_t count, const void* bytes, uint64_t size,
                          sotto_error* err) {
  if (cache == nullptr || (bytes == nullptr && size != 0)) return missing(err, "cache_import");
  if (const sotto_status s = check_tokens(*cache, sequence, 0, err); s != SOTTO_OK) return s;
  return guard(err, [&] { return import_sequence(*cache, sequence, count, bytes, size, err); });
}

sotto_status adapter_create(sotto_weights* weights, const sotto_adapter_pair* pairs, uint32_t pair_count, uint32_t pair_stride,
                            sotto_adapter** out, sotto_error* err) {
  if (weights == nullptr || out == nullptr) return missing(err, "adapter_create");
  return guard(err, [&] { return create_adapter(*weights, pairs, pair_count, pair_stride, out, err); });
}

void adapter_destroy(sotto_adapter* adapter) { delete adapter; }

sotto_status run(sotto_program* program, sotto_cache* cache, const sotto_batch* batch, sotto_run_result* result,
                 sotto_error* err) {
  if (program == nullptr || cache == nullptr || batch == nullptr) return missing(err, "run");
  return guard(err, [&] {
    if (result != nullptr)
      if (const sotto_status s = backend::check_struct(result, sizeof *result, "run result", err); s != SOTTO_OK) return s;
    return run_batch(*program, *cache, read_options(batch), result, err);
  });
}

constexpr sotto_backend kBackend = {
    sizeof(sotto_backend), 0,          device_count,    device_info,  group_create,    group_destroy,   check,
    weights_create,        upload,     weights_destroy, compile_plan, program_destroy, cache_create,    cache_destroy,
    cache_truncate,        cache_copy, cache_export,    cache_import, adapter_create,  adapter_destroy, run,
};

sotto_status create(const sotto_host*, void** self, sotto_error*) {
  *self = nullptr;
  return SOTTO_OK;
}

void destroy(void*) {}

const void* query(void*, const char* id) { return std::strcmp(id, SOTTO_BACKEND_ID) == 0 ? &kBackend : nullptr; }

}  // namespace
}  // namespace sotto::reference

SOTTO_PLUGIN_ENTRY(reference) = {
    SOTTO_PLUGIN_HEAD,        "dev.sotto.reference",
    SOTTO_VERSION_STRING,     "the meaning of every plan in plain C++: slow, exact, the oracle of conformance",
    sotto::reference::create, sotto::reference::destroy,
    sotto::reference::query,
};
