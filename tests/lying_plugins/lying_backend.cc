#include "lying_plugins/lying_backend.h"

#include <cmath>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <tuple>
#include <vector>

extern "C" const sotto_plugin_entry sotto_plugin_reference;

namespace sotto::lying {
namespace {

Lie g_lie;
uint32_t g_calls = 0, g_told = 0;

const sotto_backend& honest() {
  static const auto* real = static_cast<const sotto_backend*>(sotto_plugin_reference.query(nullptr, SOTTO_BACKEND_ID));
  return *real;
}

bool lies_now(const char* function) {
  if (g_lie.kind == Kind::kNone || g_lie.function != function || g_calls++ < g_lie.after) return false;
  ++g_told;
  return true;
}

sotto_status fail_with(int filler, sotto_error* err) {
  std::memset(err->text, filler, sizeof err->text);
  return SOTTO_INTERNAL;
}

// Lies that need no work. False: the work is to be done first.
bool lie_instead(sotto_error* err, sotto_status* status) {
  *status = SOTTO_OK;
  switch (g_lie.kind) {
    case Kind::kStatus:
      *status = g_lie.status;
      return true;
    case Kind::kNothing:
      return true;
    case Kind::kThrow:
      throw std::runtime_error("kettle");
    case Kind::kThrowNumber:
      throw 7;
    case Kind::kEndlessText:
      *status = fail_with('x', err);
      return true;
    case Kind::kOddText:
      *status = fail_with(0xFF, err);
      err->text[3] = '\0';
      return true;
    default:
      return false;
  }
}

template <class T>
void put_garbage(T** object) {
  *object = reinterpret_cast<T*>(uintptr_t{8});
}
void put_garbage(...) {}

// What is changed after the work; functions without an overload change nothing.
template <class... A>
void twist(A...) {}

void twist(void*, uint32_t* count, sotto_error*) { *count = UINT32_MAX; }

void twist(void*, uint32_t, sotto_device_info* out, sotto_error*) {
  if (g_lie.kind == Kind::kLittleMemory) {
    out->memory_bytes = out->memory_free_bytes = g_lie.bytes;
    return;
  }
  std::memset(out->name, 'n', sizeof out->name);
  std::memset(out->detail, 0xFF, sizeof out->detail);
  out->batch_invariant_rows = UINT32_MAX;
}

void twist(sotto_group*, const sotto_plan* plan, uint32_t, const sotto_cache_options*, sotto_rank_cost* costs, uint32_t,
           sotto_error*) {
  for (uint32_t rank = 0; rank < plan->world; ++rank) costs[rank] = {0, UINT64_MAX - 5, 3, 3};
}

void twist(sotto_cache*, uint32_t, uint32_t, uint32_t, void*, uint64_t* size, sotto_error*) { *size /= 2; }

void fill_rows(sotto_run_result* result, float value) {
  static std::vector<float> rows;
  rows.assign(size_t{1} << 20, value);
  for (uint32_t o = 0; o < result->output_count; ++o) result->rows[o] = rows.data();
}

void twist(sotto_program*, sotto_cache*, const sotto_batch* batch, sotto_run_result* result, sotto_error*) {
  static const float* no_rows[2] = {};
  static uint32_t no_counts[2] = {};
  static uint32_t no_lengths[8] = {};
  switch (g_lie.kind) {
    case Kind::kNoRows:
      for (uint32_t o = 0; o < result->output_count; ++o) result->rows[o] = nullptr;
      break;
    case Kind::kFewRows:
      for (uint32_t o = 0; o < result->output_count; ++o) result->row_counts[o] = 0;
      break;
    case Kind::kFewTokens:
      for (uint32_t s = 0; s < result->sequence_count; ++s) result->lengths[s] = 0;
      break;
    case Kind::kManyTokens:
      for (uint32_t s = 0; s < result->sequence_count; ++s) result->lengths[s] = UINT32_MAX;
      break;
    case Kind::kNotNumbers:
      fill_rows(result, NAN);
      break;
    case Kind::kNoneLikely:
      fill_rows(result, -INFINITY);
      break;
    case Kind::kStopElsewhere:
      std::thread([&] { (void)batch->should_stop(batch->stop_user); }).join();
      break;
    case Kind::kOwnPointers:
      result->output_count = result->sequence_count = UINT32_MAX;
      result->rows = no_rows;
      result->row_counts = no_counts;
      result->lengths = no_lengths;
      break;
    default:
      break;
  }
}

template <auto kMember>
constexpr const char* kName = "";

template <auto kMember>
struct Wrapped;
template <class... A, sotto_status (*sotto_backend::*kMember)(A...)>
struct Wrapped<kMember> {
  static sotto_status call(A... a) {
    sotto_error* err = std::get<sizeof...(A) - 1>(std::tie(a...));
    sotto_status status = SOTTO_OK;
    const bool lies = lies_now(kName<kMember>);
    if (lies && g_lie.kind == Kind::kGarbage) return (put_garbage(a), ...), SOTTO_INTERNAL;
    if (lies && lie_instead(err, &status)) return status;
    status = (honest().*kMember)(a...);
    if (lies && status == SOTTO_OK) twist(a...);
    return status;
  }
};

#define FALLIBLE_FUNCTIONS(X) \
  X(device_count)             \
  X(device_info)              \
  X(group_create)             \
  X(check)                    \
  X(weights_create)           \
  X(upload) X(compile) X(cache_create) X(cache_truncate) X(cache_copy) X(cache_export) X(cache_import) X(adapter_create) X(run)
#define NAME(function) \
  template <>          \
  constexpr const char* kName<&sotto_backend::function> = #function;
FALLIBLE_FUNCTIONS(NAME)
#undef NAME

// The destroy functions: they can do no worse than throw, after their work.
template <auto kMember>
struct Ending;
template <class T, void (*sotto_backend::*kMember)(T*)>
struct Ending<kMember> {
  static void call(T* object) {
    (honest().*kMember)(object);
    if (lies_now(kName<kMember>)) throw std::runtime_error("kettle");
  }
};
#define DESTROY_FUNCTIONS(X) X(group_destroy) X(weights_destroy) X(program_destroy) X(cache_destroy) X(adapter_destroy)
#define NAME(function) \
  template <>          \
  constexpr const char* kName<&sotto_backend::function> = #function;
DESTROY_FUNCTIONS(NAME)
#undef NAME

sotto_backend make_table() {
  sotto_backend t = honest();
#define WRAP(function) t.function = Wrapped<&sotto_backend::function>::call;
  FALLIBLE_FUNCTIONS(WRAP)
#undef WRAP
#define WRAP(function) t.function = Ending<&sotto_backend::function>::call;
  DESTROY_FUNCTIONS(WRAP)
#undef WRAP
  return t;
}

const void* query(void*, const char* id) { return std::strcmp(id, SOTTO_BACKEND_ID) == 0 ? &table() : nullptr; }

sotto_status create(const sotto_host* host, void** self, sotto_error* err) {
  return sotto_plugin_reference.create(host, self, err);
}

}  // namespace

void tell(const Lie& lie) {
  g_lie = lie;
  g_calls = g_told = 0;
}

uint32_t times_told() { return g_told; }

const sotto_backend& table() {
  static const sotto_backend lying = make_table();
  return lying;
}

const sotto_plugin_entry& entry() {
  static const sotto_plugin_entry all = {
      SOTTO_PLUGIN_HEAD, kId, "1.0.0", "a test's backend that lies", create, sotto_plugin_reference.destroy, query};
  return all;
}

}  // namespace sotto::lying
