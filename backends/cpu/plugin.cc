// plugin.cc - the CPU backend's entry and its table "sotto.backend/1": arguments read by struct_size, exceptions turned into
// statuses, and nothing else.
#include "sotto/plugin.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "common/cache_check.h"
#include "common/report.h"
#include "device.h"
#include "program.h"

namespace sotto::cpu {

using backend::fail;
namespace {

template <class Body>
sotto_status guard(sotto_error* err, Body&& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return fail(err, SOTTO_OUT_OF_MEMORY, "cpu: the system has no more memory");
  } catch (const std::exception& e) {
    return fail(err, SOTTO_INTERNAL, "cpu: %s", e.what());
  } catch (...) {
    return fail(err, SOTTO_INTERNAL, "cpu: an unknown exception");
  }
}

// Copies what this library knows of a struct; false when the caller set something beyond that.
template <class Struct>
bool read_struct(const Struct* from, Struct* to) {
  *to = {};
  const uint32_t size = from->struct_size;
  std::memcpy(to, from, size < sizeof *to ? size : sizeof *to);
  for (uint32_t i = sizeof *to; i < size; ++i) {
    if (reinterpret_cast<const uint8_t*>(from)[i] != 0) return false;
  }
  return true;
}

sotto_status unknown_fields(sotto_error* err, const char* what) {
  return fail(err, SOTTO_UNSUPPORTED, "cpu: %s carries fields that this library is too old to know", what);
}

sotto_status device_count(void*, uint32_t* count, sotto_error* err) {
  if (count == nullptr) return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: device_count without a place for the count");
  InstructionSet sets[kMostSets];
  *count = usable_sets(sets);
  return SOTTO_OK;
}

sotto_status device_info(void*, uint32_t device, sotto_device_info* out, sotto_error* err) {
  if (out == nullptr) return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: device_info without a place for the answer");
  return describe_device(device, out, err);
}

sotto_status group_create(void*, const sotto_group_options* options, sotto_group** out, sotto_error* err) {
  return guard(err, [&] {
    sotto_group_options o;
    if (options == nullptr || out == nullptr)
      return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: group_create without options or result");
    if (!read_struct(options, &o)) return unknown_fields(err, "sotto_group_options");
    return create_group(o, out, err);
  });
}

void group_destroy(sotto_group* group) { delete group; }

sotto_status check(sotto_group* group, const sotto_plan* plan, uint32_t max_batch, const sotto_cache_options* cache,
                   sotto_rank_cost* costs, uint32_t cost_stride, sotto_error* err) {
  return guard(err, [&] {
    if (group == nullptr || plan == nullptr) return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: check without group or plan");
    return check_cost(*group, *plan, max_batch, cache, {costs, cost_stride}, err);
  });
}

sotto_status weights_create(sotto_group* group, const sotto_plan* plan, sotto_weights** out, sotto_error* err) {
  return guard(err, [&] {
    if (group == nullptr || plan == nullptr || out == nullptr) {
      return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: weights_create without group, plan or result");
    }
    if (const sotto_status s = check_plan_here(*group, *plan, err); s != SOTTO_OK) return s;
    return create_weights(*group, *plan, out, err);
  });
}

sotto_status upload_weight(sotto_weights* weights, uint32_t weight, uint32_t rank, const sotto_upload* data, sotto_error* err) {
  return guard(err, [&] {
    sotto_upload u;
    if (weights == nullptr || data == nullptr) return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: upload without weights or data");
    if (!read_struct(data, &u)) {
      if (u.release != nullptr) u.release(u.user);
      return unknown_fields(err, "sotto_upload");
    }
    return upload(*weights, weight, rank, u, err);
  });
}

void weights_destroy(sotto_weights* weights) { delete weights; }

sotto_status compile_plan(sotto_group* group, const sotto_plan* plan, sotto_weights* weights, uint32_t max_batch,
                          sotto_program** out, sotto_error* err) {
  return guard(err, [&] {
    if (group == nullptr || plan == nullptr || weights == nullptr || out == nullptr) {
      return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: compile without group, plan, weights or result");
    }
    if (const sotto_status s = check_plan_here(*group, *plan, err); s != SOTTO_OK) return s;
    return compile(*group, *plan, *weights, max_batch, out, err);
  });
}

void program_destroy(sotto_program* program) { delete program; }

sotto_status cache_create(sotto_program* program, const sotto_cache_options* options, sotto_cache** out, sotto_error* err) {
  return guard(err, [&] {
    sotto_cache_options o;
    if (program == nullptr || options == nullptr || out == nullptr) {
      return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: cache_create without program, options or result");
    }
    if (!read_struct(options, &o)) return unknown_fields(err, "sotto_cache_options");
    if (const sotto_status s = check_cache_options(o, err); s != SOTTO_OK) return s;
    return create_cache(*program, o, out, err);
  });
}

void cache_destroy(sotto_cache* cache) { delete cache; }

// A sequence of the cache and at most as many tokens as it has.
sotto_status check_range(const sotto_cache* cache, uint32_t sequence, uint64_t tokens, sotto_error* err) {
  const size_t all = cache == nullptr ? 0 : cache->sequences.size();
  const uint32_t length = sequence < all ? cache->length(sequence) : 0;
  return backend::check_tokens("cpu", {sequence, tokens, all, length}, err);
}

sotto_status cache_truncate(sotto_cache* cache, uint32_t sequence, uint32_t length, sotto_error* err) {
  return guard(err, [&] {
    if (const sotto_status s = check_range(cache, sequence, length, err); s != SOTTO_OK) return s;
    cache->truncate(sequence, length);
    return sotto_status{SOTTO_OK};
  });
}

sotto_status cache_copy(sotto_cache* cache, uint32_t from, uint32_t to, uint32_t length, sotto_error* err) {
  return guard(err, [&] {
    if (const sotto_status s = check_range(cache, from, length, err); s != SOTTO_OK) return s;
    if (const sotto_status s = check_range(cache, to, 0, err); s != SOTTO_OK) return s;
    return cache->copy(from, to, length, err);
  });
}

sotto_status cache_export(sotto_cache* cache, uint32_t sequence, uint32_t first, uint32_t count, void* bytes, uint64_t* size,
                          sotto_error* err) {
  return guard(err, [&] {
    if (size == nullptr) return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: cache_export without a size");
    if (const sotto_status s = check_range(cache, sequence, uint64_t{first} + count, err); s != SOTTO_OK) return s;
    return export_sequence(*cache, sequence, first, count, bytes, size, err);
  });
}

sotto_status cache_import(sotto_cache* cache, uint32_t sequence, uint32_t count, const void* bytes, uint64_t size,
                          sotto_error* err) {
  return guard(err, [&] {
    if (const sotto_status s = check_range(cache, sequence, 0, err); s != SOTTO_OK) return s;
    if (bytes == nullptr && size != 0) return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: cache_import without bytes");
    return import_sequence(*cache, sequence, count, bytes, size, err);
  });
}

sotto_status adapter_create(sotto_weights* weights, const sotto_adapter_pair* pairs, uint32_t pair_count, uint32_t pair_stride,
                            sotto_adapter** out, sotto_error* err) {
  return guard(err, [&] {
    if (weights == nullptr || out == nullptr)
      return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: adapter_create without weights or result");
    return create_adapter(*weights, pairs, pair_count, pair_stride, out, err);
  });
}

void adapter_destroy(sotto_adapter* adapter) { delete adapter; }

sotto_status run(sotto_program* program, sotto_cache* cache, const sotto_batch* batch, sotto_run_result* result,
                 sotto_error* err) {
  return guard(err, [&] {
    sotto_batch b;
    if (program == nullptr || cache == nullptr || batch == nullptr) {
      return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: run without program, cache or batch");
    }
    if (!read_struct(batch, &b)) return unknown_fields(err, "sotto_batch");
    return run_batch(*program, *cache, b, result, err);
  });
}

constexpr sotto_backend kBackend = {
    sizeof(sotto_backend),
    0,
    device_count,
    device_info,
    group_create,
    group_destroy,
    check,
    weights_create,
    upload_weight,
    weights_destroy,
    compile_plan,
    program_destroy,
    cache_create,
    cache_destroy,
    cache_truncate,
    cache_copy,
    cache_export,
    cache_import,
    adapter_create,
    adapter_destroy,
    run,
};

sotto_status read_traffic(sotto_group* group, sotto_traffic* out, sotto_error* err) {
  return guard(err, [&] {
    if (group == nullptr || out == nullptr || out->struct_size < sizeof out->struct_size)
      return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: traffic without group or result");
    const uint32_t size = out->struct_size;
    std::memcpy(out, &group->traffic, std::min<size_t>(size, sizeof *out));
    out->struct_size = size;
    return sotto_status{SOTTO_OK};
  });
}

constexpr sotto_traffic_api kTraffic = {sizeof(sotto_traffic_api), 0, read_traffic};

void profile_count(sotto_program* program, uint32_t on) {
  if (program != nullptr) program->profile.count(on != 0);
}

sotto_status profile_row(sotto_program* program, uint32_t index, sotto_profile_row* row, sotto_error* err) {
  return guard(err, [&]() -> sotto_status {
    if (program == nullptr || row == nullptr)
      return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: profile row without program or result");
    const sotto_profile_row* found = program->profile.row(index);
    if (found == nullptr) return fail(err, SOTTO_NOT_FOUND, "cpu: profile row %u, it has fewer", index);
    sotto_profile_row told = *found;
    told.struct_size = row->struct_size;
    std::memcpy(row, &told, told.struct_size < sizeof told ? told.struct_size : sizeof told);
    return SOTTO_OK;
  });
}

constexpr sotto_profile_api kProfile = {sizeof(sotto_profile_api), 0, profile_count, profile_row};

sotto_status create(const sotto_host*, void** self, sotto_error*) {
  *self = nullptr;
  return SOTTO_OK;
}

void destroy(void*) {}

const void* query(void*, const char* id) {
  if (std::strcmp(id, SOTTO_BACKEND_ID) == 0) return &kBackend;
  if (std::strcmp(id, SOTTO_TRAFFIC_ID) == 0) return &kTraffic;
  return std::strcmp(id, SOTTO_PROFILE_ID) == 0 ? &kProfile : nullptr;
}

}  // namespace
}  // namespace sotto::cpu

SOTTO_PLUGIN_ENTRY(cpu) = {
    SOTTO_PLUGIN_HEAD,    "dev.sotto.cpu",
    SOTTO_VERSION_STRING, "runs plans on the processor: x86-64 and arm64 vector units, quantised weights in place",
    sotto::cpu::create,   sotto::cpu::destroy,
    sotto::cpu::query,
};
