// plugin_table.cc: the tables of a plugin, built from the input: sizes, versions, texts, NULLs, statuses, a backend that lies
// (tests/lying_plugins). Loaded, asked for everything, and used for a model if it gets that far.
#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "lying_plugins/lying_backend.h"
#include "tiny_model.h"

namespace sotto::fuzz {
namespace {

constexpr const char* kFunctions[] = {
    "device_count",   "device_info",  "group_create",   "check",           "weights_create",  "upload",
    "compile",        "cache_create", "cache_truncate", "cache_copy",      "cache_export",    "cache_import",
    "adapter_create", "run",          "group_destroy",  "weights_destroy", "program_destroy", "cache_destroy"};
constexpr sotto_status kStatuses[] = {-1, 0, 1, 2, 5, 6, 7, 8, 9, 10, 12, 17, 18, 999, INT32_MAX, INT32_MIN};

// What the plugin of this input does; its functions have no other way to know.
struct Script {
  sotto_backend table;
  bool has_table = true;
  sotto_status create_status = SOTTO_OK;
  uint8_t throws = 0;  // bit 0: create, 1: query, 2: destroy
};
Script g_script;

sotto_status create(const sotto_host* host, void** self, sotto_error* err) {
  if ((g_script.throws & 1) != 0) throw std::runtime_error("kettle");
  host->log(host->context, 9, sotto_cstr("a level that does not exist"));
  (void)host->query(host->context, SOTTO_BACKEND_ID);
  (void)host->query(host->context, SOTTO_BLOB_SERVICE_ID);
  (void)host->query(host->context, nullptr);
  *self = &g_script;
  if (g_script.create_status != SOTTO_OK) std::memset(err->text, 0xC3, sizeof err->text);
  return g_script.create_status;
}
void destroy(void*) {
  if ((g_script.throws & 4) != 0) throw 7;
}
const void* query(void*, const char* id) {
  if ((g_script.throws & 2) != 0) throw std::runtime_error("no table today");
  return g_script.has_table && std::strcmp(id, SOTTO_BACKEND_ID) == 0 ? &g_script.table : nullptr;
}

void damage_table(Input& in) {
  g_script = Script();
  const uint8_t flags = in.byte();
  g_script.throws = flags & 7;
  g_script.has_table = (flags & 8) == 0;
  if ((flags & 16) != 0) g_script.create_status = kStatuses[in.byte() % std::size(kStatuses)];
  g_script.table = lying::table();
  const uint8_t at = in.byte();
  constexpr size_t kCount = (sizeof(sotto_backend) - offsetof(sotto_backend, device_count)) / sizeof(void*);
  if (at < kCount)
    std::memset(reinterpret_cast<char*>(&g_script.table) + offsetof(sotto_backend, device_count) + at * sizeof(void*), 0,
                sizeof(void*));
  if ((flags & 32) != 0) g_script.table.struct_size = in.byte();
  lying::Lie lie;
  lie.function = kFunctions[in.byte() % std::size(kFunctions)];
  lie.kind = static_cast<lying::Kind>(in.byte() % static_cast<uint8_t>(lying::Kind::kCount));
  lie.status = kStatuses[in.byte() % std::size(kStatuses)];
  lie.after = in.byte() % 4;
  lying::tell(lie);
}

void use_session(sotto_session* session) {
  sotto_error err{};
  err.struct_size = sizeof err;
  sotto_generate_options options{};
  options.struct_size = sizeof options;
  options.max_tokens = 2;
  const uint32_t ids[] = {3, 4, 5};
  options.prompt_ids = ids;
  options.prompt_id_count = 3;
  (void)sotto_generate(session, sotto_str{}, &options, nullptr, nullptr, &err);
  uint64_t size = 0;
  (void)sotto_session_save(session, nullptr, 0, &size, &err);
  std::string state(static_cast<size_t>(size), '\0');
  if (sotto_session_save(session, state.data(), size, &size, &err) == SOTTO_OK)
    (void)sotto_session_restore(session, state.data(), state.size(), &err);
  sotto_session* fork = nullptr;
  if (sotto_session_fork(session, &fork, &err) == SOTTO_OK)
    (void)sotto_generate(fork, sotto_str{}, &options, nullptr, nullptr, &err);
  sotto_session_destroy(fork);
  (void)sotto_session_rewind(session, 1, &err);
  (void)sotto_session_feed(session, ids, 3, nullptr, &err);
}

void use_model(sotto_runtime* runtime) {
  static const std::string file = fixture("gguf/hostile_base.gguf");
  sotto_model_source source{};
  source.struct_size = sizeof source;
  source.kind = SOTTO_SOURCE_MEMORY;
  source.data = file.data();
  source.size = file.size();
  sotto_model_options wanted{};
  wanted.struct_size = sizeof wanted;
  wanted.context_tokens = 16;
  wanted.memory_cap_bytes = uint64_t{1} << 30;
  wanted.sessions = 2;
  sotto_error err{};
  err.struct_size = sizeof err;
  sotto_model* model = nullptr;
  const sotto_status status = sotto_model_open(runtime, &source, &wanted, &model, &err);
  FUZZ_CHECK(status >= 0 && status < SOTTO_STATUS_COUNT && (status == SOTTO_OK) == (model != nullptr));
  FUZZ_CHECK(status == SOTTO_OK || (std::memchr(err.text, 0, sizeof err.text) != nullptr && err.text[0] != '\0'));
  if (!model) return;
  sotto_session* session = nullptr;
  if (sotto_session_create(model, nullptr, &session, &err) == SOTTO_OK) use_session(session);
  sotto_session_destroy(session);
  sotto_model_destroy(model);
}

}  // namespace

FUZZ_TARGET(plugin_table) {
  Input in(data, size);
  damage_table(in);
  sotto_plugin_entry entry = {SOTTO_PLUGIN_HEAD, "test.sotto.fuzzed", "1", "fuzzed", create, destroy, query};
  const uint8_t flags = in.byte();
  if ((flags & 1) != 0) entry.struct_size = static_cast<uint32_t>(in.byte()) << (in.byte() % 25);
  if ((flags & 2) != 0) entry.abi_major = in.byte();
  if ((flags & 4) != 0) entry.abi_minor_required = in.byte();
  if ((flags & 8) != 0) entry.create = nullptr;
  if ((flags & 16) != 0) entry.destroy = nullptr;
  if ((flags & 32) != 0) entry.query = nullptr;
  const std::string id(in.text()), version(in.text()), description(in.text());
  if ((flags & 64) != 0) entry.id = id.c_str();
  if ((flags & 128) != 0)
    entry.version = version.c_str(), entry.description = description.empty() ? nullptr : description.c_str();
  const sotto_plugin_entry* entries[] = {&entry};
  sotto_runtime_options options{};
  options.struct_size = sizeof options;
  options.plugin_entries = entries;
  options.plugin_entry_count = 1;
  options.threads = 1;
  sotto_runtime* runtime = nullptr;
  FUZZ_CHECK(sotto_runtime_create(&options, &runtime, nullptr) == SOTTO_OK);
  sotto_plugin_info info{};
  info.struct_size = sizeof info;
  FUZZ_CHECK(sotto_runtime_plugin_info(runtime, 0, &info, nullptr) == SOTTO_OK);
  FUZZ_CHECK(info.status >= 0 && info.status < SOTTO_STATUS_COUNT && (info.status == SOTTO_OK) == (info.reason[0] == '\0'));
  sotto_backend_info backend{};
  backend.struct_size = sizeof backend;
  sotto_device_info device{};
  device.struct_size = sizeof device;
  (void)sotto_runtime_backend_info(runtime, 0, &backend, nullptr);
  (void)sotto_runtime_device_info(runtime, 0, 0, &device, nullptr);
  (void)sotto_runtime_query(runtime, "sotto.unknown/1");
  use_model(runtime);
  sotto_runtime_destroy(runtime);
}

}  // namespace sotto::fuzz
