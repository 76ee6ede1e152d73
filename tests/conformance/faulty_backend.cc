// faulty_backend.cc - the reference backend with one fault planted, a device for each fault: sotto-conformance must find every
// one and name it (faults.py). One fault at a time in a process: that of the group made last.
#include <dlfcn.h>
#include <fcntl.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <iterator>
#include <memory>
#include <new>
#include <stdexcept>
#include <thread>
#include <vector>

#include "sotto/backend.h"
#include "sotto/plugin.h"

namespace sotto::faulty {
namespace {

const sotto_backend* inner = nullptr;  // the reference's table
void* inner_self = nullptr;

union Args {
  sotto_embed_args embed;
  sotto_norm_args norm;
  sotto_linear_args linear;
  sotto_attention_args attention;
  sotto_add_args add;
};

struct Fault {
  const char* name;                               // of the device
  void (*edit)(uint32_t kind, Args& args);        // what compile makes of a step, or null
  void (*plant)(sotto_backend& table) = nullptr;  // functions in the place of the reference's
};
extern const Fault kFaults[];
const Fault* planted = nullptr;
sotto_backend active;  // the reference's table with the fault

sotto_status compile_edited(sotto_group* group, const sotto_plan* plan, sotto_weights* weights, uint32_t max_batch,
                            sotto_program** out, sotto_error* err) {
  const bool is_plain = plan->struct_size == sizeof *plan && plan->step_stride == sizeof(sotto_step) &&
                        plan->steps != nullptr && plan->step_count < 10000;
  if (!is_plain) return inner->compile(group, plan, weights, max_batch, out, err);
  std::vector<sotto_step> steps(plan->steps, plan->steps + plan->step_count);
  std::deque<Args> copies;
  for (sotto_step& step : steps) {
    const uint32_t size = step.args == nullptr ? 0 : *static_cast<const uint32_t*>(step.args);
    if (size == 0 || size > sizeof(Args)) continue;
    std::memcpy(&copies.emplace_back(), step.args, size);
    planted->edit(step.kind, copies.back());
    step.args = &copies.back();
  }
  sotto_plan edited = *plan;
  edited.steps = steps.data();
  return inner->compile(group, &edited, weights, max_batch, out, err);
}

// Changes the first delivered number.
sotto_status spoil(sotto_status s, const sotto_run_result* result, float by) {
  if (s == SOTTO_OK && result != nullptr && result->output_count != 0 && result->row_counts[0] != 0)
    *const_cast<float*>(result->rows[0]) += by;
  return s;
}

sotto_status run_without_strength(sotto_program* p, sotto_cache* c, const sotto_batch* b, sotto_run_result* r, sotto_error* e) {
  std::vector<sotto_batch_row> rows(b->rows, b->rows + b->row_count);
  for (sotto_batch_row& row : rows) row.strength = 1;
  sotto_batch changed = *b;
  changed.rows = rows.data();
  return inner->run(p, c, &changed, r, e);
}

sotto_status run_deaf(sotto_program* p, sotto_cache* c, const sotto_batch* b, sotto_run_result* r, sotto_error* e) {
  sotto_batch changed = *b;
  changed.should_stop = nullptr;
  return inner->run(p, c, &changed, r, e);
}

sotto_status run_slow_to_stop(sotto_program* p, sotto_cache* c, const sotto_batch* b, sotto_run_result* r, sotto_error* e) {
  const sotto_status s = inner->run(p, c, b, r, e);
  if (s == SOTTO_CANCELLED) std::this_thread::sleep_for(std::chrono::milliseconds(300));
  return s;
}

sotto_status run_early_question(sotto_program* p, sotto_cache* c, const sotto_batch* b, sotto_run_result* r, sotto_error* e) {
  if (b->should_stop != nullptr) (void)b->should_stop(b->stop_user);
  return inner->run(p, c, b, r, e);
}

sotto_status run_without_lengths(sotto_program* p, sotto_cache* c, const sotto_batch* b, sotto_run_result* r, sotto_error* e) {
  sotto_run_result silent = *r;
  silent.lengths = nullptr;
  return inner->run(p, c, b, &silent, e);
}

// A cancelled batch, whose tokens are in the cache all the same, but uncounted in what it says.
sotto_status run_commits_too_much(sotto_program* p, sotto_cache* c, const sotto_batch* b, sotto_run_result* r, sotto_error* e) {
  const sotto_status s = inner->run(p, c, b, r, e);
  if (s != SOTTO_CANCELLED) return s;
  std::vector<uint32_t> lengths(r->lengths, r->lengths + r->sequence_count);
  sotto_batch whole = *b;
  whole.should_stop = nullptr;
  (void)inner->run(p, c, &whole, r, nullptr);
  std::memcpy(r->lengths, lengths.data(), lengths.size() * sizeof lengths[0]);
  return s;
}

sotto_status run_minds_neighbours(sotto_program* p, sotto_cache* c, const sotto_batch* b, sotto_run_result* r, sotto_error* e) {
  return spoil(inner->run(p, c, b, r, e), r, b->row_count > 1 ? 1e-6f : 0.0f);
}

sotto_status run_wrong_alone(sotto_program* p, sotto_cache* c, const sotto_batch* b, sotto_run_result* r, sotto_error* e) {
  return spoil(inner->run(p, c, b, r, e), r, b->row_count == 1 ? 0.1f : 0.0f);
}

char* taken(size_t bytes) {
  static volatile char* last = nullptr;  // so that no compiler leaves it out
  char* made = new char[bytes];
  last = made;
  last[0] = 1;
  return made;
}

// As little as a leak can be, beside a block that comes, goes and is up to fifty thousand times as large.
sotto_status run_leaks(sotto_program* p, sotto_cache* c, const sotto_batch* b, sotto_run_result* r, sotto_error* e) {
  static std::unique_ptr<char[]> passing;
  static size_t runs = 0;
  (void)taken(16);
  if (++runs % 64 == 0) passing.reset(taken(runs % 1024 * 800));
  return inner->run(p, c, b, r, e);
}

// No leak: a table that grows for 6,000 runs and stays what it is then.
sotto_status run_fills(sotto_program* p, sotto_cache* c, const sotto_batch* b, sotto_run_result* r, sotto_error* e) {
  static std::vector<std::unique_ptr<char[]>> kept;
  if (kept.size() < 6000) kept.emplace_back(taken(100));
  return inner->run(p, c, b, r, e);
}

sotto_status run_throws(sotto_program*, sotto_cache*, const sotto_batch*, sotto_run_result*, sotto_error*) {
  throw std::runtime_error("out of range");
}
sotto_status run_crashes(sotto_program*, sotto_cache*, const sotto_batch*, sotto_run_result*, sotto_error*) { std::abort(); }
sotto_status run_unknown_status(sotto_program*, sotto_cache*, const sotto_batch*, sotto_run_result*, sotto_error*) {
  return 4711;
}

sotto_status truncate_corrupts(sotto_cache* cache, uint32_t sequence, uint32_t length, sotto_error* err) {
  uint64_t size = 0;
  if (length == 0 || inner->cache_export(cache, sequence, 0, length, nullptr, &size, nullptr) != SOTTO_OK)
    return inner->cache_truncate(cache, sequence, length, err);
  std::vector<uint8_t> bytes(size);
  (void)inner->cache_export(cache, sequence, 0, length, bytes.data(), &size, nullptr);
  bytes[3] ^= 1;  // the exponent of the first number
  (void)inner->cache_truncate(cache, sequence, 0, nullptr);
  return inner->cache_import(cache, sequence, length, bytes.data(), size, err);
}
sotto_status truncate_silent(sotto_cache* cache, uint32_t sequence, uint32_t length, sotto_error*) {
  return inner->cache_truncate(cache, sequence, length, nullptr);
}

sotto_status cache_unset(sotto_program*, const sotto_cache_options*, sotto_cache**, sotto_error*) { return SOTTO_OK; }
sotto_status cache_exits(sotto_program*, const sotto_cache_options*, sotto_cache**, sotto_error*) { std::_Exit(0); }
sotto_status cache_throws(sotto_program* p, const sotto_cache_options* o, sotto_cache** out, sotto_error* e) {
  if (o->tokens > 1u << 30) throw std::bad_alloc();
  return inner->cache_create(p, o, out, e);
}
sotto_status cache_ignores(sotto_program* p, const sotto_cache_options* o, sotto_cache** out, sotto_error* e) {
  sotto_cache_options known = *o;
  known.struct_size = sizeof known;
  return inner->cache_create(p, &known, out, e);
}

sotto_status upload_twice(sotto_weights* w, uint32_t weight, uint32_t rank, const sotto_upload* u, sotto_error* e) {
  const sotto_status s = inner->upload(w, weight, rank, u, e);
  if (s != SOTTO_OK && u->release != nullptr) u->release(u->user);
  return s;
}

sotto_status weights_leak_file(sotto_group* g, const sotto_plan* p, sotto_weights** out, sotto_error* e) {
  (void)open("/dev/null", O_RDONLY | O_CLOEXEC);
  return inner->weights_create(g, p, out, e);
}

// A step's bias, gate bias and so on, left out.
void drop(uint32_t& weight) { weight = SOTTO_NONE; }

const Fault kFaults[] = {
    {"none", nullptr},
    {"pairing",
     [](uint32_t kind, Args& a) {
       if (kind == SOTTO_STEP_ATTENTION && a.attention.rotation != 0) a.attention.rotation = 3 - a.attention.rotation;
     }},
    {"norm order",
     [](uint32_t kind, Args& a) {
       if (kind == SOTTO_STEP_ATTENTION) a.attention.flags ^= SOTTO_ATTENTION_NORM_AFTER;
     }},
    {"window",
     [](uint32_t kind, Args& a) {
       if (kind == SOTTO_STEP_ATTENTION && a.attention.window != 0) ++a.attention.window;
     }},
    {"sink",
     [](uint32_t kind, Args& a) {
       if (kind == SOTTO_STEP_ATTENTION) drop(a.attention.sink);
     }},
    {"bias",
     [](uint32_t kind, Args& a) {
       if (kind == SOTTO_STEP_LINEAR) drop(a.linear.bias);
     }},
    {"gelu",
     [](uint32_t kind, Args& a) {
       if (kind == SOTTO_STEP_LINEAR && a.linear.activation == SOTTO_ACT_GELU_ERF) a.linear.activation = SOTTO_ACT_GELU_TANH;
     }},
    {"gate offset",
     [](uint32_t kind, Args& a) {
       if (kind == SOTTO_STEP_LINEAR) a.linear.gate_offset = 0;
     }},
    {"positions",
     [](uint32_t kind, Args& a) {
       if (kind == SOTTO_STEP_EMBED) drop(a.embed.positions);
     }},
    {"epsilon",
     [](uint32_t kind, Args& a) {
       if (kind == SOTTO_STEP_NORM) a.norm.epsilon = 0;
     }},
    {"scale of add",
     [](uint32_t kind, Args& a) {
       if (kind == SOTTO_STEP_ADD) a.add.scale = 0;
     }},
    {"strength", nullptr, [](sotto_backend& t) { t.run = run_without_strength; }},
    {"deaf", nullptr, [](sotto_backend& t) { t.run = run_deaf; }},
    {"slow to stop", nullptr, [](sotto_backend& t) { t.run = run_slow_to_stop; }},
    {"work before refusal", nullptr, [](sotto_backend& t) { t.run = run_early_question; }},
    {"no lengths", nullptr, [](sotto_backend& t) { t.run = run_without_lengths; }},
    {"uncounted tokens", nullptr, [](sotto_backend& t) { t.run = run_commits_too_much; }},
    {"neighbours", nullptr, [](sotto_backend& t) { t.run = run_minds_neighbours; }},
    {"decode", nullptr, [](sotto_backend& t) { t.run = run_wrong_alone; }},
    {"leak", nullptr, [](sotto_backend& t) { t.run = run_leaks; }},
    {"fills once", nullptr, [](sotto_backend& t) { t.run = run_fills; }},
    {"exception", nullptr, [](sotto_backend& t) { t.run = run_throws; }},
    {"crash", nullptr, [](sotto_backend& t) { t.run = run_crashes; }},
    {"odd status", nullptr, [](sotto_backend& t) { t.run = run_unknown_status; }},
    {"truncate", nullptr, [](sotto_backend& t) { t.cache_truncate = truncate_corrupts; }},
    {"no sentence", nullptr, [](sotto_backend& t) { t.cache_truncate = truncate_silent; }},
    {"unset result", nullptr, [](sotto_backend& t) { t.cache_create = cache_unset; }},
    {"exit", nullptr, [](sotto_backend& t) { t.cache_create = cache_exits; }},
    {"bad_alloc", nullptr, [](sotto_backend& t) { t.cache_create = cache_throws; }},
    {"unknown field", nullptr, [](sotto_backend& t) { t.cache_create = cache_ignores; }},
    {"two releases", nullptr, [](sotto_backend& t) { t.upload = upload_twice; }},
    {"descriptors", nullptr, [](sotto_backend& t) { t.weights_create = weights_leak_file; }},
};

sotto_status device_count(void*, uint32_t* count, sotto_error*) {
  *count = static_cast<uint32_t>(std::size(kFaults));
  return SOTTO_OK;
}

sotto_status device_info(void*, uint32_t device, sotto_device_info* out, sotto_error* err) {
  const sotto_status s = inner->device_info(inner_self, device < std::size(kFaults) ? 0 : device, out, err);
  if (s != SOTTO_OK) return s;
  if (out->struct_size >= sizeof *out) std::snprintf(out->name, sizeof out->name, "%s", kFaults[device].name);
  out->index = device;
  return s;
}

sotto_status group_create(void*, const sotto_group_options* options, sotto_group** out, sotto_error* err) {
  sotto_group_options known = *options;
  const uint32_t device = known.devices == nullptr ? 0 : known.devices[0];
  if (device >= std::size(kFaults) || known.struct_size != sizeof known)
    return inner->group_create(inner_self, options, out, err);
  planted = &kFaults[device];
  active = *inner;
  if (planted->edit != nullptr) active.compile = compile_edited;
  if (planted->plant != nullptr) planted->plant(active);
  known.devices = nullptr;
  return inner->group_create(inner_self, &known, out, err);
}

// A function that calls the active table's.
template <auto Member>
struct Forward;
template <class R, class... P, R (*sotto_backend::*Member)(P...)>
struct Forward<Member> {
  static R call(P... arguments) { return (active.*Member)(arguments...); }
};
using B = sotto_backend;
constexpr sotto_backend kBackend = {
    sizeof(sotto_backend),
    0,
    device_count,
    device_info,
    group_create,
    Forward<&B::group_destroy>::call,
    Forward<&B::check>::call,
    Forward<&B::weights_create>::call,
    Forward<&B::upload>::call,
    Forward<&B::weights_destroy>::call,
    Forward<&B::compile>::call,
    Forward<&B::program_destroy>::call,
    Forward<&B::cache_create>::call,
    Forward<&B::cache_destroy>::call,
    Forward<&B::cache_truncate>::call,
    Forward<&B::cache_copy>::call,
    Forward<&B::cache_export>::call,
    Forward<&B::cache_import>::call,
    Forward<&B::adapter_create>::call,
    Forward<&B::adapter_destroy>::call,
    Forward<&B::run>::call,
};

sotto_status create(const sotto_host* host, void** self, sotto_error* err) {
  void* library = dlopen(SOTTO_PLUGIN_DIR "/libsotto_backend_reference.so", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return SOTTO_NOT_FOUND;
  const auto* entry = static_cast<const sotto_plugin_entry*>(dlsym(library, SOTTO_PLUGIN_SYMBOL));
  *self = nullptr;
  const sotto_status s = entry->create(host, &inner_self, err);
  if (s != SOTTO_OK) return s;
  inner = static_cast<const sotto_backend*>(entry->query(inner_self, SOTTO_BACKEND_ID));
  active = *inner;
  return SOTTO_OK;
}
void destroy(void*) {}
const void* query(void*, const char* id) { return std::strcmp(id, SOTTO_BACKEND_ID) == 0 ? &kBackend : nullptr; }

}  // namespace
}  // namespace sotto::faulty

SOTTO_PLUGIN_ENTRY(faulty) = {
    SOTTO_PLUGIN_HEAD,      "dev.sotto.faulty",   "0.1.0", "the reference backend with planted faults", sotto::faulty::create,
    sotto::faulty::destroy, sotto::faulty::query,
};
