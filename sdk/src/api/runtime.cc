// The C functions of runtime.h that touch an object; sotto_version and its like are in version.cc.
#include "api/runtime.h"

#include <string>

#include <fmt/format.h>

#include "api/parked.h"
#include "border/guard.h"
#include "border/options.h"

namespace sotto {
namespace {

Result<const Backend*> backend_at(const sotto_runtime& runtime, uint32_t index) {
  const auto& backends = runtime.host().backends();
  if (index < backends.size()) return &backends[index];
  return Status(SOTTO_NOT_FOUND, fmt::format("backend {}: {} are loaded, counted from 0", index, backends.size()));
}

Status plugin_info(const sotto_runtime& runtime, uint32_t index, sotto_plugin_info* out) {
  const auto& facts = runtime.host().facts();
  if (index >= facts.size())
    return Status(SOTTO_NOT_FOUND, fmt::format("plugin {}: {} were found, counted from 0", index, facts.size()));
  const PluginFact& fact = facts[index];
  sotto_plugin_info info{};
  info.status = fact.status.code();
  copy_text(fact.id, info.id);
  copy_text(fact.version, info.version);
  copy_text(fact.description, info.description);
  copy_text(fact.path, info.path);
  copy_text(fact.status.text(), info.reason);
  return write_out("sotto_plugin_info", info, out);
}

Status backend_info(const sotto_runtime& runtime, uint32_t index, sotto_backend_info* out) {
  SOTTO_ASSIGN(const Backend* const backend, backend_at(runtime, index));
  sotto_backend_info info{};
  copy_text(backend->id, info.id);
  copy_text(backend->name, info.name);
  copy_text(backend->version, info.version);
  const Result<uint32_t> count = runtime.host().device_count(*backend);
  if (!count.ok())
    copy_text(count.status().text(), info.reason);
  else if (count.value() == 0)
    copy_text(fmt::format("{}: no device of this kind on this machine", backend->id), info.reason);
  else
    info.device_count = count.value();
  return write_out("sotto_backend_info", info, out);
}

Status device_info(const sotto_runtime& runtime, uint32_t index, uint32_t device, sotto_device_info* out) {
  SOTTO_ASSIGN(const Backend* const backend, backend_at(runtime, index));
  SOTTO_ASSIGN(const sotto_device_info info, runtime.host().device_info(*backend, device));
  return write_out("sotto_device_info", info, out);
}

}  // namespace
}  // namespace sotto

sotto_status sotto_runtime_create(const sotto_runtime_options* options, sotto_runtime** out, sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    sotto::end_parked();
    SOTTO_TRY(sotto::check_given("sotto_runtime_create: out", out));
    SOTTO_ASSIGN(const sotto_runtime_options copy, sotto::read_options("sotto_runtime_options", options));
    SOTTO_ASSIGN(sotto_runtime* const made, sotto_runtime::create(copy));
    *out = made;
    return sotto::Status();
  });
}

void sotto_runtime_destroy(sotto_runtime* runtime) {
  sotto::end_parked();
  if (runtime != nullptr) runtime->release();
}

uint32_t sotto_runtime_plugin_count(const sotto_runtime* runtime) {
  return runtime == nullptr ? 0 : static_cast<uint32_t>(runtime->host().facts().size());
}

sotto_status sotto_runtime_plugin_info(const sotto_runtime* runtime, uint32_t index, sotto_plugin_info* out, sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_runtime_plugin_info: runtime", runtime));
    return sotto::plugin_info(*runtime, index, out);
  });
}

uint32_t sotto_runtime_backend_count(const sotto_runtime* runtime) {
  return runtime == nullptr ? 0 : static_cast<uint32_t>(runtime->host().backends().size());
}

sotto_status sotto_runtime_backend_info(sotto_runtime* runtime, uint32_t backend, sotto_backend_info* out, sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_runtime_backend_info: runtime", runtime));
    return sotto::backend_info(*runtime, backend, out);
  });
}

sotto_status sotto_runtime_device_info(sotto_runtime* runtime, uint32_t backend, uint32_t device, sotto_device_info* out,
                                       sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_runtime_device_info: runtime", runtime));
    return sotto::device_info(*runtime, backend, device, out);
  });
}

sotto_interface sotto_runtime_query(sotto_runtime* runtime, const char* id) {
  return sotto::guard_value(sotto_interface{nullptr, nullptr}, [&] {
    return runtime == nullptr || id == nullptr ? sotto_interface{nullptr, nullptr} : runtime->host().query(id);
  });
}

void sotto_runtime_trim(sotto_runtime* runtime, uint32_t level) {
  sotto::guard(nullptr, [&] {
    if (runtime != nullptr && level > 0) runtime->trim(level);
    return sotto::Status();
  });
}

void sotto_runtime_set_power_policy(sotto_runtime* runtime, uint32_t policy) {
  if (runtime != nullptr && policy <= SOTTO_POWER_SAVER) runtime->set_power_policy(policy);
}
