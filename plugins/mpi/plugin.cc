// plugin.cc - the communicator "sotto.comm/1" over MPI. MPI is touched when a job is joined, never when the library loads.
#include <memory>

#include "fail.h"
#include "job.h"
#include "sotto/comm.h"

namespace sotto::mpi {
namespace {

Job& job(void* self) { return *static_cast<Job*>(self); }

sotto_status join(void* self, sotto_comm_facts* facts, sotto_error* err) {
  return plugin::guard(err, [&] { return job(self).join(facts, err); });
}

uint32_t rank(void* self) { return job(self).rank(); }
uint32_t world(void* self) { return job(self).world(); }

sotto_status all_reduce_f32(void* self, float* data, uint64_t count, uint32_t* stop, uint32_t deadline_ms, sotto_error* err) {
  return plugin::guard(err, [&] {
    if (data == nullptr && count != 0) return fail(err, SOTTO_INVALID_ARGUMENT, "mpi: all_reduce without data");
    return job(self).all_reduce(data, count, stop, deadline_ms, err);
  });
}

sotto_status all_gather(void* self, const void* part, uint64_t bytes, void* all, const uint64_t* bytes_of_rank, uint32_t* stop,
                        uint32_t deadline_ms, sotto_error* err) {
  return plugin::guard(err, [&] {
    if ((part == nullptr && bytes != 0) || all == nullptr || bytes_of_rank == nullptr)
      return fail(err, SOTTO_INVALID_ARGUMENT, "mpi: all_gather without data");
    return job(self).all_gather(static_cast<const uint8_t*>(part), bytes, static_cast<uint8_t*>(all), bytes_of_rank, stop,
                                deadline_ms, err);
  });
}

sotto_status broadcast(void* self, void* data, uint64_t bytes, uint32_t root, uint32_t deadline_ms, sotto_error* err) {
  return plugin::guard(err, [&] {
    if (data == nullptr && bytes != 0) return fail(err, SOTTO_INVALID_ARGUMENT, "mpi: broadcast without data");
    return job(self).broadcast(static_cast<uint8_t*>(data), bytes, root, deadline_ms, err);
  });
}

void abort(void* self, sotto_str reason) {
  (void)plugin::guard(nullptr, [&] { job(self).abort(reason); });
}

constexpr sotto_comm_api kTable = {sizeof(sotto_comm_api), 0, join, rank, world, all_reduce_f32, all_gather, broadcast, abort};

sotto_status create(const sotto_host*, void** self, sotto_error* err) {
  return plugin::guard(err, [&] { *self = std::make_unique<Job>().release(); });
}

void destroy(void* self) {
  (void)plugin::guard(nullptr, [&] { delete static_cast<Job*>(self); });
}

const void* query(void*, const char* id) { return std::strcmp(id, SOTTO_COMM_ID) == 0 ? &kTable : nullptr; }

}  // namespace
}  // namespace sotto::mpi

SOTTO_PLUGIN_ENTRY(mpi) = {
    SOTTO_PLUGIN_HEAD,    "dev.sotto.mpi",
    SOTTO_VERSION_STRING, "ranks in several processes and on several hosts: MPI, and shared memory within a host",
    sotto::mpi::create,   sotto::mpi::destroy,
    sotto::mpi::query,
};
