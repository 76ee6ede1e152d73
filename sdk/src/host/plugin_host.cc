#include "host/plugin_host.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "host/backend_check.h"
#include "host/clock.h"
#include "host/library_file.h"
#include "host/plugin.h"
#include "host/plugin_call.h"

namespace sotto {

PluginHost::PluginHost(const HostOptions& options)
    : log_(options.log),
      log_level_(options.log_level),
      clock_(options.clock.table == nullptr ? system_clock_service() : options.clock),
      services_(options.services) {}

PluginHost::~PluginHost() {
  // Plugins may use each other until their own destroy returns: all are destroyed, last first, before the first is closed.
  while (running_ > 0) {
    Plugin& last = *plugins_[--running_];
    last.destroy();
  }
  while (!plugins_.empty()) plugins_.pop_back();
}

Result<std::unique_ptr<PluginHost>> PluginHost::load(const HostOptions& options) {
  std::unique_ptr<PluginHost> host(new PluginHost(options));
  SOTTO_TRY(check_clock(host->clock_));
  SOTTO_TRY(host->set_data_folder(options.data_folder));
  std::vector<std::string> files;
  if (!options.plugin_folder.empty()) {
    SOTTO_ASSIGN(files, list_libraries(options.plugin_folder));
  }
  files.insert(files.end(), options.plugin_files.begin(), options.plugin_files.end());
  host->plugins_.reserve(files.size() + options.plugin_entries.size());
  for (const std::string& file : files) host->take_file(file);
  for (const sotto_plugin_entry* entry : options.plugin_entries) host->take_entry(entry);
  return host;
}

Status PluginHost::set_data_folder(const std::string& folder) {
  if (folder.empty()) return Status();
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(folder, error);
  if (error || !std::filesystem::is_directory(absolute, error))
    return Status(SOTTO_NOT_FOUND, fmt::format("data folder {}: there is no such folder; make it first", folder));
  data_folder_ = absolute.string();
  return Status();
}

void PluginHost::take_file(const std::string& path) {
  PluginName name;
  const Result<std::string> real = check_library_file(path);
  Status status = real.status();
  if (status.ok()) {
    Result<std::unique_ptr<Plugin>> opened = Plugin::open(real.value(), *this, &name);
    status = opened.ok() ? start(opened.take()) : opened.status();
  }
  add_fact(PluginFact{std::move(status), name.id, name.version, name.description, real.ok() ? real.value() : path});
}

void PluginHost::take_entry(const sotto_plugin_entry* entry) {
  PluginName name;
  Result<std::unique_ptr<Plugin>> opened = Plugin::link(entry, *this, &name);
  Status status = opened.ok() ? start(opened.take()) : opened.status();
  add_fact(PluginFact{std::move(status), name.id, name.version, name.description, std::string()});
}

void PluginHost::add_fact(PluginFact fact) {
  const std::string& place = fact.path.empty() ? fact.id : fact.path;
  if (fact.status.ok())
    log_.info(fmt::format("host: loaded {} {} from {}", fact.id, fact.version, fact.path.empty() ? "the program" : fact.path));
  else
    log_.warning(fmt::format("host: refused {}: {}", place, fact.status.text()));
  facts_.push_back(std::move(fact));
}

// The last checks, which need the plugin's own code; a refused plugin is destroyed and closed at the return.
Status PluginHost::start(std::unique_ptr<Plugin> plugin) {
  for (size_t i = 0; i < running_; ++i)
    if (plugins_[i]->id() == plugin->id())
      return Status(SOTTO_REFUSED, fmt::format("a plugin with the id {} is loaded already (version {})", plugin->id(),
                                               plugins_[i]->version()));
  SOTTO_TRY(plugin->create(log_level_, data_folder_));
  SOTTO_ASSIGN(const void* const offered, plugin->query(SOTTO_BACKEND_ID));
  if (offered != nullptr) {
    const auto* table = static_cast<const sotto_backend*>(offered);
    if (const Status complete = check_backend(*table); !complete.ok()) return complete.within(plugin->id());
    const std::string& id = plugin->id();
    SOTTO_ASSIGN(const void* const profile, plugin->query(SOTTO_PROFILE_ID));
    const auto* counts = static_cast<const sotto_profile_api*>(profile);
    if (counts != nullptr && (!SOTTO_HAS(sotto_profile_api, counts, row) || !counts->count || !counts->row)) counts = nullptr;
    backends_.push_back(Backend{id, id.substr(id.rfind('.') + 1), plugin->version(), table, plugin->self(), counts});
  }
  plugins_.push_back(std::move(plugin));
  ++running_;
  return Status();
}

const Backend* PluginHost::find_backend(const std::string& name) const {
  for (const Backend& backend : backends_)
    if (backend.id == name || backend.name == name) return &backend;
  return nullptr;
}

Result<uint32_t> PluginHost::device_count(const Backend& backend) const {
  uint32_t count = 0;
  SOTTO_TRY(call_plugin(backend.id, "device_count",
                        [&](sotto_error* err) { return backend.table->device_count(backend.self, &count, err); }));
  constexpr uint32_t kMostDevices = 4096;  // whoever lists them must come to an end
  if (count > kMostDevices)
    return plugin_fault(backend.id, "device_count",
                        fmt::format("{} devices, no machine has more than {}", count, kMostDevices));
  return count;
}

Result<sotto_device_info> PluginHost::device_info(const Backend& backend, uint32_t device) const {
  SOTTO_ASSIGN(const uint32_t count, device_count(backend));
  if (device >= count)
    return Status(SOTTO_NOT_FOUND, fmt::format("{}: device {}: there are {}, counted from 0", backend.id, device, count));
  sotto_device_info info{};
  info.struct_size = sizeof info;
  SOTTO_TRY(call_plugin(backend.id, "device_info",
                        [&](sotto_error* err) { return backend.table->device_info(backend.self, device, &info, err); }));
  info.name[sizeof info.name - 1] = '\0';
  info.detail[sizeof info.detail - 1] = '\0';
  return info;
}

const void* PluginHost::table_of(const Backend& backend, const char* id, size_t size) const {
  for (size_t i = 0; i < running_; ++i) {
    if (plugins_[i]->id() != backend.id) continue;
    const Result<const void*> table = plugins_[i]->query(id);
    if (table.ok() && sotto_table_is_whole(table.value(), size)) return table.value();
  }
  return nullptr;
}

const sotto_traffic_api* PluginHost::traffic_api(const Backend& backend) const {
  return static_cast<const sotto_traffic_api*>(table_of(backend, SOTTO_TRAFFIC_ID, sizeof(sotto_traffic_api)));
}

const sotto_driver_api* PluginHost::driver_api(const Backend& backend) const {
  return static_cast<const sotto_driver_api*>(table_of(backend, SOTTO_DRIVER_ID, sizeof(sotto_driver_api)));
}

sotto_interface PluginHost::query(const char* id, const Plugin* except) const {
  const size_t running = running_;
  for (size_t i = 0; i < running; ++i) {
    const Plugin* plugin = plugins_[i].get();
    if (plugin == except) continue;
    const Result<const void*> table = plugin->query(id);
    if (!table.ok()) log().warning(table.status().text());
    if (table.ok() && table.value() != nullptr) return {table.value(), plugin->self()};
  }
  return {nullptr, nullptr};
}

sotto_interface PluginHost::serve(const char* id, const Plugin& asking) const {
  if (std::strcmp(id, SOTTO_CLOCK_SERVICE_ID) == 0) return clock_;
  for (const HostService& service : services_)
    if (std::strcmp(id, service.id) == 0) return service.interface;
  return query(id, &asking);
}

}  // namespace sotto
