#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "api/grammar_service.h"
#include "api/hidden_service.h"
#include "api/runtime.h"
#include "api/session_service.h"
#include "api/values_service.h"
#include "border/options.h"
#include "host/plugin_call.h"

namespace sotto {
namespace {

// A path or other text that becomes a C string of the operating system.
Result<std::string> read_path(const char* name, sotto_str text) {
  SOTTO_ASSIGN(const std::string_view view, read_text(name, text));
  if (view.find('\0') != std::string_view::npos)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("{}: a NUL byte inside of a path", name));
  return std::string(view);
}

Status check_ranges(const sotto_runtime_options& o) {
  if (o.log_level < 0 || o.log_level > SOTTO_LOG_DEBUG)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("log_level {}: levels are 0 to {}", o.log_level, SOTTO_LOG_DEBUG));
  if (o.power_policy > SOTTO_POWER_SAVER)
    return Status(SOTTO_UNSUPPORTED, fmt::format("power_policy {}: 0 to {} are known", o.power_policy, SOTTO_POWER_SAVER));
  if (o.thread_priority < -1 || o.thread_priority > 1)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("thread_priority {}: -1, 0 and 1 are possible", o.thread_priority));
  if (o.reserved != 0)
    return Status(SOTTO_UNSUPPORTED, fmt::format("sotto_runtime_options.reserved is {}, it must be 0", o.reserved));
  if (o.plugin_file_count != 0 && o.plugin_files == nullptr)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("plugin_file_count is {}, plugin_files is NULL", o.plugin_file_count));
  if (o.plugin_entry_count != 0 && o.plugin_entries == nullptr)
    return Status(SOTTO_INVALID_ARGUMENT,
                  fmt::format("plugin_entry_count is {}, plugin_entries is NULL", o.plugin_entry_count));
  return Status();
}

Result<HostOptions> host_options(const sotto_runtime_options& o) {
  SOTTO_TRY(check_ranges(o));
  HostOptions host;
  SOTTO_ASSIGN(host.plugin_folder, read_path("plugin_folder", o.plugin_folder));
  SOTTO_ASSIGN(host.data_folder, read_path("data_folder", o.data_folder));
  for (uint32_t i = 0; i < o.plugin_file_count; ++i) {
    SOTTO_ASSIGN(std::string file, read_path("plugin_files", o.plugin_files[i]));
    if (file.empty()) return Status(SOTTO_INVALID_ARGUMENT, fmt::format("plugin_files[{}] is empty", i));
    host.plugin_files.push_back(std::move(file));
  }
  for (uint32_t i = 0; i < o.plugin_entry_count; ++i) {
    if (o.plugin_entries[i] == nullptr) return Status(SOTTO_INVALID_ARGUMENT, fmt::format("plugin_entries[{}] is NULL", i));
    host.plugin_entries.push_back(o.plugin_entries[i]);
  }
  host.clock = o.clock;
  host.services = {{SOTTO_SESSION_SERVICE_ID, session_service()},
                   {SOTTO_HIDDEN_SERVICE_ID, hidden_service()},
                   {SOTTO_GRAMMAR_SERVICE_ID, grammar_service()},
                   {SOTTO_VALUES_SERVICE_ID, values_service()}};
  host.log_level = o.log == nullptr ? 0 : o.log_level == 0 ? SOTTO_LOG_WARNING : o.log_level;
  host.log = Log(o.log, o.log_user, host.log_level);
  return host;
}

// The application's own way to run a check, with what it throws or says as a status.
std::function<Status(const std::string&, const std::string&, uint32_t)> probe_of(const sotto_runtime_options& o) {
  if (o.probe == nullptr) return nullptr;
  return [probe = o.probe, user = o.probe_user](const std::string& backend, const std::string& other, uint32_t device) {
    return call_plugin("the application", "probe", [&](sotto_error* err) {
      return probe(user, {backend.data(), backend.size()}, {other.data(), other.size()}, device, err);
    });
  };
}

Result<GuardOptions> guard_options(const sotto_runtime_options& o) {
  GuardOptions guard;
  SOTTO_ASSIGN(guard.probe_program, read_path("probe_program", o.probe_program));
  guard.probe = probe_of(o);
  return guard;
}

}  // namespace

uint64_t MemoryBudget::free_bytes() const {
  if (cap_ == 0) return UINT64_MAX;
  const uint64_t used_now = used();
  return used_now >= cap_ ? 0 : cap_ - used_now;
}

Status MemoryBudget::take(uint64_t bytes) {
  uint64_t before = used();
  do {
    const uint64_t limit = cap_ == 0 ? UINT64_MAX : cap_;
    if (before > limit || bytes > limit - before)
      return Status(
          SOTTO_OUT_OF_MEMORY,
          fmt::format("{} bytes are needed, {} of the {} that memory_cap_bytes allows are in use: raise the cap, shorten the "
                      "context or close other models",
                      bytes, before, limit));
  } while (!used_.compare_exchange_weak(before, before + bytes, std::memory_order_relaxed));
  return Status();
}

}  // namespace sotto

sotto::Result<sotto_runtime*> sotto_runtime::create(const sotto_runtime_options& options) {
  SOTTO_ASSIGN(const sotto::HostOptions host, sotto::host_options(options));
  SOTTO_ASSIGN(sotto::GuardOptions guard, sotto::guard_options(options));
  guard.data_folder = host.data_folder;
  SOTTO_ASSIGN(auto loaded, sotto::PluginHost::load(host));
  return new sotto_runtime(options, std::move(loaded), std::move(guard));
}

sotto_runtime::sotto_runtime(const sotto_runtime_options& options, std::unique_ptr<sotto::PluginHost> host,
                             sotto::GuardOptions guard)
    : host_(std::move(host)),
      guard_(*host_, std::move(guard)),
      memory_(options.memory_cap_bytes),
      threads_(options.threads),
      affinity_mask_(options.affinity_mask),
      thread_priority_(options.thread_priority),
      power_policy_(options.power_policy) {}

void sotto_runtime::add_trimmable(std::weak_ptr<sotto::Trimmable> object) {
  const std::lock_guard<std::mutex> lock(mutex_);
  trimmables_.erase(std::remove_if(trimmables_.begin(), trimmables_.end(), [](const auto& t) { return t.expired(); }),
                    trimmables_.end());
  trimmables_.push_back(std::move(object));
}

void sotto_runtime::trim(uint32_t level) {
  std::vector<std::weak_ptr<sotto::Trimmable>> objects;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    objects = trimmables_;
  }
  for (const auto& object : objects)
    if (const auto alive = object.lock()) alive->trim(level);
}

void sotto_runtime::release() {
  if (holds_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

bool sotto_runtime::release_unless_last() {
  uint32_t holds = holds_.load(std::memory_order_relaxed);
  while (holds > 1)
    if (holds_.compare_exchange_weak(holds, holds - 1, std::memory_order_acq_rel)) return true;
  return false;
}
