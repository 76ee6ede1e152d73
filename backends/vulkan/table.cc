// table.cc - the table "sotto.backend/1": arguments read by their struct_size, exceptions turned into statuses, and nothing
// else.
#include <cstring>

#include "apart.h"
#include "common/cache_check.h"
#include "common/plan_check.h"
#include "common/report.h"
#include "common/upload.h"
#include "plugin.h"
#include "program.h"

namespace sotto::vulkan {
namespace {

using backend::fail;
using plugin::guard;
using plugin::read_options;

sotto_status missing(sotto_error* err, const char* call) {
  return fail(err, SOTTO_INVALID_ARGUMENT, "vulkan: %s: a pointer that must be given is null", call);
}

Plugin& plugin_of(void* self) { return *static_cast<Plugin*>(self); }

sotto_status device_count(void* self, uint32_t* count, sotto_error* err) {
  if (count == nullptr) return missing(err, "device_count");
  return guard(err, [&] { *count = plugin_of(self).device_count(); });
}

sotto_status device_info(void* self, uint32_t device, sotto_device_info* out, sotto_error* err) {
  if (out == nullptr) return missing(err, "device_info");
  return guard(err, [&] {
    sotto_device_info info = plugin_of(self).device_info(device);
    info.struct_size = out->struct_size;
    std::memcpy(out, &info, std::min<size_t>(out->struct_size, sizeof info));
  });
}

sotto_status group_create(void* self, const sotto_group_options* options, sotto_group** out, sotto_error* err) {
  if (options == nullptr || out == nullptr) return missing(err, "group_create");
  return guard(err, [&] {
    return create_group(
        read_options(options), [&](uint32_t device, uint32_t rank) { return plugin_of(self).open(device, rank); }, out, err);
  });
}

void group_destroy(sotto_group* group) { delete group; }

sotto_status check(sotto_group* group, const sotto_plan* plan, uint32_t max_batch, const sotto_cache_options* cache,
                   sotto_rank_cost* costs, uint32_t cost_stride, sotto_error* err) {
  if (group == nullptr || plan == nullptr) return missing(err, "check");
  return guard(err, [&] {
    if (const sotto_status s = check_program(*group, plan, max_batch, err); s != SOTTO_OK) return s;
    const sotto_cache_options read = read_options(cache);
    const auto cost = group->apart.empty() ? check_cost : check_cost_apart;
    return cost(*group, *plan, max_batch, cache == nullptr ? nullptr : &read, {costs, cost_stride}, err);
  });
}

sotto_status weights_create(sotto_group* group, const sotto_plan* plan, sotto_weights** out, sotto_error* err) {
  if (group == nullptr || plan == nullptr || out == nullptr) return missing(err, "weights_create");
  return guard(err, [&] {
    if (const sotto_status s = check_program(*group, plan, 1, err); s != SOTTO_OK) return s;
    return (group->apart.empty() ? create_weights : create_weights_apart)(*group, *plan, out, err);
  });
}

sotto_status upload(sotto_weights* weights, uint32_t weight, uint32_t rank, const sotto_upload* data, sotto_error* err) {
  sotto_upload read{};
  if (const sotto_status s = backend::read_upload("vulkan", weights, data, &read, err); s != SOTTO_OK) return s;
  if (!weights->apart.empty())  // a rank that is none, the first one refuses
    weights = weights->apart[rank < weights->apart.size() ? rank : 0].get();
  return guard(err, [&] { return upload_weight(*weights, weight, rank, read, err); });
}

void weights_destroy(sotto_weights* weights) { delete weights; }

sotto_status compile_plan(sotto_group* group, const sotto_plan* plan, sotto_weights* weights, uint32_t max_batch,
                          sotto_program** out, sotto_error* err) {
  if (group == nullptr || plan == nullptr || weights == nullptr || out == nullptr) return missing(err, "compile");
  return guard(err, [&] {
    if (const sotto_status s = check_program(*group, plan, max_batch, err); s != SOTTO_OK) return s;
    return (group->apart.empty() ? compile : compile_apart)(*group, *plan, *weights, max_batch, out, err);
  });
}

void program_destroy(sotto_program* program) { delete program; }

sotto_status cache_create(sotto_program* program, const sotto_cache_options* options, sotto_cache** out, sotto_error* err) {
  if (program == nullptr || options == nullptr || out == nullptr) return missing(err, "cache_create");
  return guard(err, [&] {
    const sotto_cache_options read = read_options(options);
    if (const sotto_status s = check_cache_options(read, err); s != SOTTO_OK) return s;
    program->device->require();
    *out =
        program->apart.empty() ? new sotto_cache(program->group, program->lowered, read) : create_cache_apart(*program, read);
    return sotto_status{SOTTO_OK};
  });
}

void cache_destroy(sotto_cache* cache) { delete cache; }

sotto_status check_tokens(const sotto_cache& cache, uint32_t sequence, uint64_t tokens, sotto_error* err) {
  return backend::check_tokens("vulkan", cache.first().cells, sequence, tokens, err);
}

sotto_status cache_truncate(sotto_cache* cache, uint32_t sequence, uint32_t length, sotto_error* err) {
  if (cache == nullptr) return missing(err, "cache_truncate");
  if (const sotto_status s = check_tokens(*cache, sequence, length, err); s != SOTTO_OK) return s;
  return guard(err, [&] { cache->truncate(sequence, length); });
}

sotto_status cache_copy(sotto_cache* cache, uint32_t from, uint32_t to, uint32_t length, sotto_error* err) {
  if (cache == nullptr) return missing(err, "cache_copy");
  if (const sotto_status s = check_tokens(*cache, from, length, err); s != SOTTO_OK) return s;
  if (const sotto_status s = check_tokens(*cache, to, 0, err); s != SOTTO_OK) return s;
  return guard(err, [&] { cache->copy(from, to, length); });
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
  return guard(err, [&] {
    return (weights->apart.empty() ? create_adapter : create_adapter_apart)(*weights, pairs, pair_count, pair_stride, out, err);
  });
}

void adapter_destroy(sotto_adapter* adapter) { delete adapter; }

sotto_status run(sotto_program* program, sotto_cache* cache, const sotto_batch* batch, sotto_run_result* result,
                 sotto_error* err) {
  if (program == nullptr || cache == nullptr || batch == nullptr) return missing(err, "run");
  return guard(err, [&] {
    if (result != nullptr)
      if (const sotto_status s = backend::check_struct(result, sizeof *result, "run result", err); s != SOTTO_OK) return s;
    return (program->apart.empty() ? run_batch : run_apart)(*program, *cache, read_options(batch), result, err);
  });
}

constexpr sotto_backend kBackend = {
    sizeof(sotto_backend), 0,          device_count,    device_info,  group_create,    group_destroy,   check,
    weights_create,        upload,     weights_destroy, compile_plan, program_destroy, cache_create,    cache_destroy,
    cache_truncate,        cache_copy, cache_export,    cache_import, adapter_create,  adapter_destroy, run,
};

sotto_status identity(void* self, uint32_t device, char* text, uint64_t capacity, uint64_t* size, sotto_error* err) {
  if (size == nullptr || (text == nullptr && capacity != 0)) return missing(err, "identity");
  return guard(err, [&] {
    const std::string found = plugin_of(self).identity(device);
    if (found.size() <= capacity) std::memcpy(text, found.data(), found.size());
    *size = found.size();
  });
}

constexpr sotto_driver_api kDriver = {sizeof(sotto_driver_api), 0, identity};

}  // namespace

const sotto_backend& backend_table() { return kBackend; }
const sotto_driver_api& driver_table() { return kDriver; }

}  // namespace sotto::vulkan
