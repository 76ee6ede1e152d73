// A tiny plugin, built once for each fault of CMakeLists.txt: macros replace a field of the entry or one of the functions.
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>

#include "sotto/backend.h"
#include "sotto/plugin.h"

#ifndef FIXTURE_SIZE
#define FIXTURE_SIZE sizeof(sotto_plugin_entry)
#endif
#ifndef FIXTURE_MAJOR
#define FIXTURE_MAJOR SOTTO_ABI_MAJOR
#endif
#ifndef FIXTURE_MINOR_REQUIRED
#define FIXTURE_MINOR_REQUIRED 0
#endif
#ifndef FIXTURE_ID
#define FIXTURE_ID "test.sotto.good"
#endif
#ifndef FIXTURE_VERSION
#define FIXTURE_VERSION "1.2.3"
#endif
#ifndef FIXTURE_CREATE
#define FIXTURE_CREATE create_well
#endif
#ifndef FIXTURE_QUERY
#define FIXTURE_QUERY query_well
#endif

namespace {

struct State {
  const sotto_host* host;
};

[[maybe_unused]] void say(const sotto_host* host, const std::string& line) {
  host->log(host->context, SOTTO_LOG_INFO, sotto_str{line.data(), line.size()});
}

[[maybe_unused]] sotto_status create_well(const sotto_host* host, void** self, sotto_error*) {
  *self = new State{host};
  say(host, "made");
  return SOTTO_OK;
}
[[maybe_unused]] sotto_status create_throwing(const sotto_host*, void**, sotto_error*) { throw std::runtime_error("kettle"); }
[[maybe_unused]] sotto_status create_failing(const sotto_host*, void**, sotto_error* err) {
  err->status = SOTTO_IO_ERROR;
  std::strcpy(err->text, "the kettle is dry");
  return SOTTO_IO_ERROR;
}
[[maybe_unused]] sotto_status create_with_odd_status(const sotto_host*, void**, sotto_error*) { return 999; }

// Tells through the log what the host's services answer.
[[maybe_unused]] sotto_status create_asking(const sotto_host* host, void** self, sotto_error* err) {
  const sotto_interface clock = host->query(host->context, SOTTO_CLOCK_SERVICE_ID);
  const auto* time = static_cast<const sotto_clock_service*>(clock.table);
  say(host, "time " + std::to_string(time->unix_milliseconds(clock.self)));
  const sotto_interface blobs = host->query(host->context, SOTTO_BLOB_SERVICE_ID);
  const auto* store = static_cast<const sotto_blob_service*>(blobs.table);
  say(host, store == nullptr ? "no blobs" : "blobs");
  if (store != nullptr && store->write(blobs.self, sotto_cstr("note"), "tea", 3, err) != SOTTO_OK) return SOTTO_INTERNAL;
  say(host, host->query(host->context, "test.good/1").table == nullptr ? "no neighbour" : "a neighbour");
  say(host, host->query(host->context, "test.unknown/1").table == nullptr ? "nothing unknown" : "?");
  say(host, "two\nlines");
  host->log(host->context, 77, sotto_cstr("a level that does not exist"));
  return create_well(host, self, err);
}

[[maybe_unused]] void destroy(void* self) {
  auto* state = static_cast<State*>(self);
  say(state->host, "ended");
  delete state;
}

const int kGood = 1;
[[maybe_unused]] const void* query_well(void*, const char* id) {
  return std::strcmp(id, "test.good/1") == 0 ? &kGood : nullptr;
}
[[maybe_unused]] const void* query_throwing(void*, const char*) { throw std::runtime_error("no table today"); }
[[maybe_unused]] const void* query_throwing_later(void*, const char* id) {
  if (std::strcmp(id, SOTTO_BACKEND_ID) == 0) return nullptr;
  throw 7;
}

sotto_status count_one(void*, uint32_t* count, sotto_error*) {
  *count = 1;
  return SOTTO_OK;
}
[[maybe_unused]] sotto_status count_throwing(void*, uint32_t*, sotto_error*) { throw std::runtime_error("driver"); }
sotto_status describe(void*, uint32_t device, sotto_device_info* out, sotto_error*) {
  std::snprintf(out->name, sizeof out->name, "kettle %u", device);
  out->memory_bytes = 1700;
  return SOTTO_OK;
}
template <class... Arguments>
sotto_status unsupported(Arguments...) {
  return SOTTO_UNSUPPORTED;
}
template <class... Arguments>
void nothing(Arguments...) {}

constexpr sotto_backend whole_backend() {
  return {sizeof(sotto_backend), 0,           count_one,   describe,    unsupported, nothing,     unsupported,
          unsupported,           unsupported, nothing,     unsupported, nothing,     unsupported, nothing,
          unsupported,           unsupported, unsupported, unsupported, unsupported, nothing,     unsupported};
}
constexpr sotto_backend without_compile() {
  sotto_backend table = whole_backend();
  table.compile = nullptr;
  return table;
}
constexpr sotto_backend cut_before_run() {
  sotto_backend table = whole_backend();
  table.struct_size = offsetof(sotto_backend, run);
  return table;
}
constexpr sotto_backend with_bad_driver() {
  sotto_backend table = whole_backend();
  table.device_count = count_throwing;
  return table;
}
[[maybe_unused]] constexpr sotto_backend kWhole = whole_backend(), kWithoutCompile = without_compile(), kCut = cut_before_run(),
                                         kBadDriver = with_bad_driver();

template <const sotto_backend& kTable>
const void* query_backend(void*, const char* id) {
  return std::strcmp(id, SOTTO_BACKEND_ID) == 0 ? &kTable : nullptr;
}

}  // namespace

#ifdef FIXTURE_CALLS_NOWHERE
extern "C" int sotto_test_nowhere();
extern "C" SOTTO_EXPORT int sotto_test_call() { return sotto_test_nowhere(); }
#endif

#ifndef FIXTURE_WITHOUT_SYMBOL
SOTTO_PLUGIN_ENTRY(fixture) = {FIXTURE_SIZE,      FIXTURE_MAJOR,  0,       FIXTURE_MINOR_REQUIRED, FIXTURE_ID, FIXTURE_VERSION,
                               "a test's plugin", FIXTURE_CREATE, destroy, FIXTURE_QUERY};
#endif
