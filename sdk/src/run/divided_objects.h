// divided_objects.h: what a divided backend makes: each object holds the two of its parts. For divided*.cc.
#pragma once

#include <memory>
#include <vector>

#include "model/plan_cut.h"
#include "run/divided.h"

namespace sotto::divided {

// An object on the device and one on the CPU. Either may be absent; both are destroyed with it.
template <class Object>
struct Parts {
  using Destroy = void (*sotto_backend::*)(Object*);

  Parts(const Backend& device, const Backend& cpu, Destroy how) : backends{&device, &cpu}, destroy(how) {}
  Parts(Parts&& other) noexcept
      : backends{other.backends[0], other.backends[1]}, destroy(other.destroy), first(other.first), second(other.second) {
    other.first = other.second = nullptr;
  }
  ~Parts() {
    if (second != nullptr) (backends[1]->table->*destroy)(second);
    if (first != nullptr) (backends[0]->table->*destroy)(first);
  }
  const sotto_backend& table(size_t part) const { return *backends[part]->table; }
  template <class Other>
  Parts<Other> like(typename Parts<Other>::Destroy how) const {
    return {*backends[0], *backends[1], how};
  }

  const Backend* backends[2];
  Destroy destroy;
  Object* first = nullptr;
  Object* second = nullptr;
};

struct Group {
  Group(DividedBackend& d, Parts<sotto_group> p) : divided(d), parts(std::move(p)) {}
  DividedBackend& divided;
  Parts<sotto_group> parts;
  uint32_t local_ranks = 1;
};
struct Weights {
  Weights(Group&, Parts<sotto_weights> p, std::unique_ptr<PlanCut> c) : cut(std::move(c)), parts(std::move(p)) {}
  std::unique_ptr<PlanCut> cut;  // outlives the parts, which borrow from it
  Parts<sotto_weights> parts;
};
struct Compiled {
  Compiled(Group&, Parts<sotto_program> p, std::unique_ptr<PlanCut> c) : cut(std::move(c)), parts(std::move(p)) {}
  std::unique_ptr<PlanCut> cut;
  Parts<sotto_program> parts;
  std::vector<sotto_batch_row> rows;  // of the run in progress, for either part
  std::vector<const float*> inputs;
};
struct Cache {
  Cache(Compiled& p, Parts<sotto_cache> c, uint32_t sequences)
      : program(p), parts(std::move(c)), lengths(sequences), told(sequences) {}
  Compiled& program;
  Parts<sotto_cache> parts;
  std::vector<uint32_t> lengths;  // that both parts hold
  std::vector<uint32_t> told;     // by the part that ran last
};
struct Adapter {
  explicit Adapter(Parts<sotto_adapter> p) : parts(std::move(p)) {}
  Parts<sotto_adapter> parts;
};

template <class Mine, class Handle>
Mine* of(Handle* handle) {
  return reinterpret_cast<Mine*>(handle);
}
template <class Mine, class Handle>
void destroy(Handle* handle) {
  delete of<Mine>(handle);
}
template <class Mine, class Handle>
sotto_status hand_out(sotto_status status, std::unique_ptr<Mine> made, Handle** out) {
  if (status == SOTTO_OK) *out = reinterpret_cast<Handle*>(made.release());
  return status;
}

// Writes the failure for the caller, and answers its code.
sotto_status tell(sotto_error* err, const Status& failure);
inline uint32_t uses_of(const sotto_plan& part, uint32_t weight) {
  return weight < part.weight_count ? part.weights[weight].uses : 0;
}

// Of the table (divided_run.cc).
sotto_status cache_create(sotto_program* program, const sotto_cache_options* options, sotto_cache** out, sotto_error* err);
sotto_status cache_truncate(sotto_cache* cache, uint32_t sequence, uint32_t length, sotto_error* err);
sotto_status cache_copy(sotto_cache* cache, uint32_t from, uint32_t to, uint32_t length, sotto_error* err);
sotto_status cache_export(sotto_cache* cache, uint32_t sequence, uint32_t first, uint32_t count, void* bytes, uint64_t* size,
                          sotto_error* err);
sotto_status cache_import(sotto_cache* cache, uint32_t sequence, uint32_t count, const void* bytes, uint64_t size,
                          sotto_error* err);
sotto_status run(sotto_program* program, sotto_cache* cache, const sotto_batch* batch, sotto_run_result* result,
                 sotto_error* err);

}  // namespace sotto::divided
