// plugin.cc: the table "sotto.backend/1" and the entry. Each function reads its arguments by their struct_size, calls one thing
// and lets no exception out; objects are made whole or not at all.
#include <algorithm>
#include <cstring>

#include "faults.h"
#include "report.h"
#include "run.h"

namespace external {
namespace {

using sotto::plugin::guard;
using sotto::plugin::read_options;

constexpr char kDeviceName[] = "this machine";
constexpr char kDeviceDetail[] = "plain C++, one thread, float32";

void need_pointers(bool are_given) {
  if (!are_given) refuse(SOTTO_INVALID_ARGUMENT, "a pointer that must be given is NULL");
}

sotto_status device_count(void*, uint32_t* count, sotto_error* err) {
  return guard(err, [&] {
    need_pointers(count != nullptr);
    *count = 1;
  });
}

sotto_status device_info(void*, uint32_t device, sotto_device_info* out, sotto_error* err) {
  return guard(err, [&] {
    need_pointers(out != nullptr);
    if (device != 0) refuse(SOTTO_NOT_FOUND, "device %u, there is device 0", device);
    sotto_device_info info{};
    info.struct_size = out->struct_size;
    std::copy(std::begin(kDeviceName), std::end(kDeviceName), info.name);
    std::copy(std::begin(kDeviceDetail), std::end(kDeviceDetail), info.detail);
    info.shares_memory_with_host = 1;
    info.batch_invariant_rows = UINT32_MAX;  // each row is computed for itself
    std::memcpy(out, &info, std::min<size_t>(out->struct_size, sizeof info));
  });
}

sotto_status group_create(void*, const sotto_group_options* options, sotto_group** out, sotto_error* err) {
  constexpr uint32_t kMostRanks = 1024;
  return guard(err, [&] {
    need_pointers(options != nullptr && out != nullptr);
    const auto o = read_options(options);
    const uint32_t ranks = std::max(o.local_ranks, 1u), world = o.world == 0 ? ranks : o.world;
    if (ranks > kMostRanks || ranks > world || o.first_rank > world - ranks)
      refuse(SOTTO_INVALID_ARGUMENT, "ranks %u +%u of %u; at most %u", o.first_rank, ranks, world, kMostRanks);
    if ((o.flags & ~SOTTO_GROUP_IN_PLACE) != 0)
      refuse(SOTTO_UNSUPPORTED, "flags %#x; weights lie in place here anyway", o.flags);
    if (world != ranks)
      refuse(SOTTO_UNSUPPORTED, "%u of %u ranks are in other processes; this backend runs all in one", world - ranks, world);
    for (uint32_t r = 0; o.devices != nullptr && r < ranks; ++r)
      if (o.devices[r] != 0) refuse(SOTTO_NOT_FOUND, "rank %u asks for device %u, there is device 0", r, o.devices[r]);
    *out = new sotto_group{ranks};
  });
}

// What check, weights_create and compile ask alike.
void check_for(const sotto_group& group, const sotto_plan* plan, uint32_t max_batch) {
  constexpr uint32_t kMostRows = 1u << 16;
  check_plan(plan);
  if (plan->world != group.ranks) refuse(SOTTO_MISMATCH, "a plan for %u ranks in a group of %u", plan->world, group.ranks);
  if (max_batch == 0 || max_batch > kMostRows)
    refuse(SOTTO_INVALID_ARGUMENT, "batches of %u rows, expected 1 .. %u", max_batch, kMostRows);
}

sotto_rank_cost cost_of(const Plan& plan, uint32_t rank, uint32_t max_batch, const sotto_cache_options* cache) {
  sotto_rank_cost cost{};
  for (const Weight& w : plan.weights) cost.weights_copied += w.slices[rank].rows * w.slices[rank].columns * sizeof(float);
  if (cache != nullptr) cost.cache = cache->tokens * cache_bytes_per_token(plan, rank, *cache);
  uint64_t numbers = plan.gate_width, delivered = 0;
  for (const uint64_t width : plan.buffers) numbers += width;
  for (const uint64_t width : plan.output_widths) delivered += width;
  cost.workspace = (numbers * max_batch + delivered * std::min(max_batch, 16u)) * sizeof(float) / plan.ranks;
  return cost;
}

sotto_status check(sotto_group* group, const sotto_plan* plan, uint32_t max_batch, const sotto_cache_options* cache,
                   sotto_rank_cost* costs, uint32_t cost_stride, sotto_error* err) {
  return guard(err, [&] {
    need_pointers(group != nullptr && plan != nullptr);
    check_for(*group, plan, max_batch);
    const auto options = read_options(cache);
    if (cache != nullptr) check_cache_options(options);
    if (costs == nullptr) return;
    if (cost_stride < sizeof(sotto_rank_cost) || cost_stride % 8 != 0)
      refuse(SOTTO_INVALID_ARGUMENT, "costs %u bytes apart, expected a multiple of 8, at least %zu", cost_stride,
             sizeof(sotto_rank_cost));
    const Plan copied = copy_plan(*plan);
    for (uint32_t rank = 0; rank < group->ranks; ++rank) {
      const sotto_rank_cost cost = cost_of(copied, rank, max_batch, cache == nullptr ? nullptr : &options);
      std::memcpy(reinterpret_cast<char*>(costs) + size_t{rank} * cost_stride, &cost,
                  std::min<size_t>(cost_stride, sizeof cost));
    }
  });
}

sotto_status weights_create(sotto_group* group, const sotto_plan* plan, sotto_weights** out, sotto_error* err) {
  return guard(err, [&] {
    need_pointers(group != nullptr && plan != nullptr && out != nullptr);
    check_for(*group, plan, 1);
    *out = new sotto_weights(*group, *plan);
  });
}

// The host is owed its release whatever happens. Nothing of the bytes is kept, so it comes before the return, BORROW or not.
sotto_status upload(sotto_weights* weights, uint32_t weight, uint32_t rank, const sotto_upload* data, sotto_error* err) {
  const sotto_status status = guard(err, [&] {
    need_pointers(weights != nullptr && data != nullptr);
    weights->upload(weight, rank, read_options(data));
  });
  if (data != nullptr && SOTTO_HAS(sotto_upload, data, user) && data->release != nullptr) data->release(data->user);
  return status;
}

sotto_status compile(sotto_group* group, const sotto_plan* plan, sotto_weights* weights, uint32_t max_batch,
                     sotto_program** out, sotto_error* err) {
  return guard(err, [&] {
    need_pointers(group != nullptr && plan != nullptr && weights != nullptr && out != nullptr);
    check_for(*group, plan, max_batch);
    if (&weights->group != group) refuse(SOTTO_MISMATCH, "the weights were made for another group");
    Plan copied = copy_plan(*plan);
    weights->check_serves(copied);
    *out = new sotto_program(*weights, std::move(copied), max_batch);
  });
}

sotto_status cache_create(sotto_program* program, const sotto_cache_options* options, sotto_cache** out, sotto_error* err) {
  return guard(err, [&] {
    need_pointers(program != nullptr && options != nullptr && out != nullptr);
    const auto o = read_options(options);
    check_cache_options(o);
    *out = new sotto_cache(program->weights.group, program->plan, o);
  });
}

sotto_status cache_truncate(sotto_cache* cache, uint32_t sequence, uint32_t length, sotto_error* err) {
  return guard(err, [&] {
    need_pointers(cache != nullptr);
    cache->check_holds(sequence, length);
    cache->truncate(sequence, length);
  });
}

sotto_status cache_copy(sotto_cache* cache, uint32_t from, uint32_t to, uint32_t length, sotto_error* err) {
  return guard(err, [&] {
    need_pointers(cache != nullptr);
    cache->check_holds(from, length);
    cache->check_holds(to, 0);
    cache->copy(from, to, length);
  });
}

sotto_status cache_export(sotto_cache* cache, uint32_t sequence, uint32_t first, uint32_t count, void* bytes, uint64_t* size,
                          sotto_error* err) {
  return guard(err, [&] {
    need_pointers(cache != nullptr && size != nullptr);
    cache->export_rows(sequence, first, count, bytes, size);
  });
}

sotto_status cache_import(sotto_cache* cache, uint32_t sequence, uint32_t count, const void* bytes, uint64_t size,
                          sotto_error* err) {
  return guard(err, [&] {
    need_pointers(cache != nullptr && (bytes != nullptr || size == 0));
    cache->import_rows(sequence, count, bytes, size);
  });
}

sotto_status adapter_create(sotto_weights* weights, const sotto_adapter_pair* pairs, uint32_t count, uint32_t stride,
                            sotto_adapter** out, sotto_error* err) {
  return guard(err, [&] {
    need_pointers(weights != nullptr && out != nullptr);
    *out = new sotto_adapter(*weights, pairs, count, stride);
  });
}

void deliver_rows(const sotto_program& program, const sotto_run_result& result) {
  for (uint32_t o = 0; o < result.output_count; ++o) {
    const bool is_there = o < program.outputs.size() && !program.outputs[o].empty();
    const float* rows = is_there ? program.outputs[o].data() : nullptr;
    if (faults::kLeak && is_there) {
      auto* forgotten = new float[program.outputs[o].size() + 1024]();
      rows = std::copy(program.outputs[o].begin(), program.outputs[o].end(), forgotten) - program.outputs[o].size();
    }
    if (result.rows != nullptr) result.rows[o] = rows;
    if (result.row_counts != nullptr)
      result.row_counts[o] = is_there ? static_cast<uint32_t>(program.outputs[o].size() / program.plan.output_widths[o]) : 0;
  }
}

// The lengths are owed after a failure too.
sotto_status run(sotto_program* program, sotto_cache* cache, const sotto_batch* batch, sotto_run_result* result,
                 sotto_error* err) {
  sotto_run_result wanted{};
  const sotto_status status = guard(err, [&] {
    need_pointers(program != nullptr && cache != nullptr && batch != nullptr);
    wanted = read_options(result);
    run_batch(*program, *cache, read_options(batch));
    deliver_rows(*program, wanted);
  });
  for (uint32_t s = 0; cache != nullptr && wanted.lengths != nullptr && s < wanted.sequence_count; ++s)
    wanted.lengths[s] = s < cache->sequences.size() ? cache->length(s) : 0;
  return status;
}

template <class T>
void destroy(T* object) {
  delete object;
}

constexpr sotto_backend kBackend = {
    sizeof(sotto_backend),
    0,
    device_count,
    device_info,
    group_create,
    destroy<sotto_group>,
    check,
    weights_create,
    upload,
    destroy<sotto_weights>,
    compile,
    destroy<sotto_program>,
    cache_create,
    destroy<sotto_cache>,
    cache_truncate,
    cache_copy,
    cache_export,
    cache_import,
    adapter_create,
    destroy<sotto_adapter>,
    run,
};

// The plugin itself has no state: devices would be found here, at the first device_count.
struct Plugin {
  explicit Plugin(sotto::plugin::Host) {}
  const void* query(std::string_view id) const { return id == SOTTO_BACKEND_ID ? &kBackend : nullptr; }
};
using Entry = sotto::plugin::Entry<Plugin>;

}  // namespace
}  // namespace external

SOTTO_PLUGIN_ENTRY(external) = {SOTTO_PLUGIN_HEAD,
                                "com.example.external",
                                "1.0.0",
                                "a small third-party backend in plain C++, to begin one's own with",
                                external::Entry::create,
                                external::Entry::destroy,
                                external::Entry::query};
