#include "apart.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>

#include "common/plan_read.h"
#include "common/report.h"
#include "common/run_lengths.h"

namespace sotto::vulkan {
namespace {

using backend::fail;

// Only rank 0, on the caller's thread, asks the caller; the others are told.
struct Stop {
  const sotto_batch& batch;
  std::atomic<bool> is_asked{false};

  static int32_t of_caller(void* self) {
    Stop& s = *static_cast<Stop*>(self);
    if (s.batch.should_stop != nullptr && s.batch.should_stop(s.batch.stop_user) != 0) s.is_asked = true;
    return s.is_asked ? 1 : 0;
  }
  static int32_t of_others(void* self) { return static_cast<Stop*>(self)->is_asked ? 1 : 0; }
};

// Whether its rows can be looked at: the ranks refuse it otherwise.
bool has_rows(const sotto_program& program, const sotto_batch& b) {
  return b.rows != nullptr && b.row_count != 0 && b.row_count <= program.max_batch && b.row_stride >= sizeof(sotto_batch_row) &&
         b.row_stride % alignof(sotto_batch_row) == 0;
}

bool has_adapters(const sotto_batch& batch) {
  for (uint32_t i = 0; i < batch.row_count; ++i)
    if (backend::at_stride(batch.rows, batch.row_stride, i).adapter != nullptr) return true;
  return false;
}

void give_own_adapters(const sotto_batch& batch, uint32_t rank, std::vector<uint8_t>& rows) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(batch.rows);
  rows.assign(bytes, bytes + size_t{batch.row_count} * batch.row_stride);
  for (uint32_t i = 0; i < batch.row_count; ++i) {
    sotto_batch_row row;
    uint8_t* at = rows.data() + size_t{i} * batch.row_stride;
    std::memcpy(&row, at, sizeof row);
    if (row.adapter != nullptr) row.adapter = row.adapter->apart[rank].get();
    std::memcpy(at, &row, sizeof row);
  }
}

// After a failure all caches hold what they held before: a rank may have come to its end.
void forget_batch(sotto_cache& cache, const sotto_batch& batch) {
  for (uint32_t i = 0; i < batch.row_count; ++i) {
    const uint32_t s = backend::at_stride(batch.rows, batch.row_stride, i).sequence;
    if (s >= cache.options.sequences) continue;
    uint32_t held = UINT32_MAX;
    for (const auto& own : cache.apart) held = std::min(held, own->cells.length(s));
    for (const auto& own : cache.apart) own->truncate(s, held);
  }
}

// The failure that made the others stop.
const RankRun& first_cause(const std::vector<RankRun>& runs) {
  const auto is_cause = [](const RankRun& r) { return r.status != SOTTO_OK && r.status != SOTTO_CANCELLED; };
  auto found = std::find_if(runs.begin(), runs.end(), is_cause);
  if (found == runs.end())
    found = std::find_if(runs.begin(), runs.end(), [](const RankRun& r) { return r.status != SOTTO_OK; });
  return found == runs.end() ? runs.front() : *found;
}

sotto_status check_adapters(const sotto_program& program, const sotto_batch& batch, sotto_error* err) {
  for (uint32_t i = 0; i < batch.row_count; ++i) {
    const sotto_adapter* adapter = backend::at_stride(batch.rows, batch.row_stride, i).adapter;
    if (adapter != nullptr && adapter->weights != &program.weights)
      return fail(err, SOTTO_MISMATCH, "vulkan: row %u: the adapter belongs to other weights", i);
  }
  return SOTTO_OK;
}

}  // namespace

void divide(sotto_group& group, const std::vector<std::shared_ptr<Device>>& devices) {
  group.meeting = std::make_shared<Meeting>(group.local_ranks);
  for (uint32_t r = 0; r < group.local_ranks; ++r) {
    auto own = std::make_unique<sotto_group>();
    own->world = group.world;
    own->first_rank = group.first_rank + r;
    own->place = r;
    own->device = devices[r];
    own->meeting = group.meeting;
    group.apart.push_back(std::move(own));
  }
  group.crew = std::make_unique<Crew>(group.local_ranks);
}

sotto_status check_cost_apart(const sotto_group& group, const sotto_plan& plan, uint32_t max_batch,
                              const sotto_cache_options* cache, const backend::RankCosts& costs, sotto_error* err) {
  for (uint32_t r = 0; r < group.local_ranks; ++r) {
    backend::RankCosts own = costs;
    if (own.first != nullptr && own.stride != 0)
      own.first = reinterpret_cast<sotto_rank_cost*>(reinterpret_cast<char*>(own.first) + size_t{r} * own.stride);
    if (const sotto_status s = check_cost(*group.apart[r], plan, max_batch, cache, own, err); s != SOTTO_OK) return s;
  }
  return SOTTO_OK;
}

sotto_status create_weights_apart(sotto_group& group, const sotto_plan& plan, sotto_weights** out, sotto_error* err) {
  auto made = std::make_unique<sotto_weights>(group);
  for (const auto& rank : group.apart) {
    sotto_weights* own = nullptr;
    if (const sotto_status s = create_weights(*rank, plan, &own, err); s != SOTTO_OK) return s;
    made->apart.emplace_back(own);
  }
  *out = made.release();
  return SOTTO_OK;
}

sotto_status compile_apart(sotto_group& group, const sotto_plan& plan, const sotto_weights& weights, uint32_t max_batch,
                           sotto_program** out, sotto_error* err) {
  if (&weights.group != &group) return fail(err, SOTTO_MISMATCH, "vulkan: compile: the weights belong to another group");
  std::vector<std::unique_ptr<sotto_program>> ranks;
  for (size_t r = 0; r < group.apart.size(); ++r) {
    sotto_program* own = nullptr;
    if (const sotto_status s = compile(*group.apart[r], plan, *weights.apart[r], max_batch, &own, err); s != SOTTO_OK) return s;
    ranks.emplace_back(own);
  }
  *out = new sotto_program(group, weights, std::move(ranks));
  return SOTTO_OK;
}

sotto_cache* create_cache_apart(sotto_program& program, const sotto_cache_options& options) {
  std::vector<std::unique_ptr<sotto_cache>> ranks;
  for (const auto& own : program.apart) {
    own->device->require();
    ranks.push_back(std::make_unique<sotto_cache>(own->group, own->lowered, options));
  }
  return new sotto_cache(program.group, std::move(ranks));
}

sotto_status create_adapter_apart(const sotto_weights& weights, const sotto_adapter_pair* pairs, uint32_t count,
                                  uint32_t stride, sotto_adapter** out, sotto_error* err) {
  auto made = std::make_unique<sotto_adapter>();
  made->weights = &weights;
  made->device = weights.device;
  for (const auto& rank : weights.apart) {
    sotto_adapter* own = nullptr;
    if (const sotto_status s = create_adapter(*rank, pairs, count, stride, &own, err); s != SOTTO_OK) return s;
    made->apart.emplace_back(own);
  }
  *out = made.release();
  return SOTTO_OK;
}

sotto_status run_apart(sotto_program& program, sotto_cache& cache, const sotto_batch& batch, sotto_run_result* result,
                       sotto_error* err) {
  if (&cache.group != &program.group) return fail(err, SOTTO_MISMATCH, "vulkan: the cache was made for another plan or group");
  const bool with_rows = has_rows(program, batch);
  if (with_rows)
    if (const sotto_status s = check_adapters(program, batch, err); s != SOTTO_OK) {
      backend::deliver_lengths(cache.first().cells, result);
      return s;
    }
  const bool with_adapters = with_rows && has_adapters(batch);
  sotto_group& group = program.group;
  const std::lock_guard<std::mutex> lock(group.run_mutex);
  Stop stop{batch};
  std::vector<RankRun>& runs = program.runs_apart;
  group.meeting->begin();
  const auto job = [&](uint32_t r) {
    RankRun& own = runs[r];
    own.error = {sizeof(sotto_error), 0, {}};
    sotto_batch asked = batch;
    asked.should_stop = r == 0 ? Stop::of_caller : Stop::of_others;
    asked.stop_user = &stop;
    own.status = plugin::guard(&own.error, [&] {
      if (with_adapters) {
        give_own_adapters(batch, r, own.rows);
        asked.rows = reinterpret_cast<const sotto_batch_row*>(own.rows.data());
      }
      return run_batch(*program.apart[r], *cache.apart[r], asked, r == 0 ? result : nullptr, &own.error);
    });
    if (own.status != SOTTO_OK) group.meeting->leave();
  };
  group.crew->run(std::cref(job));
  const RankRun& told = first_cause(runs);
  if (told.status == SOTTO_OK) return SOTTO_OK;
  if (with_rows) forget_batch(cache, batch);
  backend::deliver_lengths(cache.first().cells, result);
  return fail(err, told.status, "%s", told.error.text);
}

}  // namespace sotto::vulkan
