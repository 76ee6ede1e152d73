// plugin_host.h: finds, checks, loads and unloads the plugins that an application named. The base of a runtime.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/status.h"
#include "sotto/backend.h"
#include "sotto/driver.h"
#include "sotto/plugin.h"
#include "sotto/profile.h"

namespace sotto {

class Plugin;

// An interface that plugins find by this id.
struct HostService {
  const char* id;
  sotto_interface interface;
};

struct HostOptions {
  std::string plugin_folder;  // empty: none
  std::vector<std::string> plugin_files;
  std::vector<const sotto_plugin_entry*> plugin_entries;  // outlive the host
  std::string data_folder;                                // empty: the service "sotto.blob/1" is absent
  sotto_interface clock = {};                             // NULL table: the system's clocks
  std::vector<HostService> services;                      // "sotto.session/1" and others, from the layer above
  Log log;
  int32_t log_level = SOTTO_LOG_WARNING;  // of `log`, told to plugins
};

// What was found at one place, taken or refused.
struct PluginFact {
  Status status;                         // the refusal's sentence, or success
  std::string id, version, description;  // empty where they could not be read
  std::string path;                      // empty: linked in
};

// A loaded plugin that runs plans. The table is complete: every function of this library's headers is there.
struct Backend {
  std::string id;
  std::string name;  // the id's last part
  std::string version;
  const sotto_backend* table;
  void* self;
  const sotto_profile_api* profile = nullptr;  // where the plugin has one
};

// Const after construction, any thread. Plugins are destroyed and unloaded with it, so whoever holds an object of a plugin
// holds this too.
class PluginHost {
 public:
  // A plugin that is refused is a fact; a folder that is missing or a wrong option is a failure.
  static Result<std::unique_ptr<PluginHost>> load(const HostOptions& options);
  ~PluginHost();
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;

  const std::vector<PluginFact>& facts() const { return facts_; }
  const std::vector<Backend>& backends() const { return backends_; }
  // By name or id; NULL when there is none.
  const Backend* find_backend(const std::string& name) const;
  // Opens the driver, if the backend has not done so yet.
  Result<uint32_t> device_count(const Backend& backend) const;
  Result<sotto_device_info> device_info(const Backend& backend, uint32_t device) const;

  // The backend's counts of what its ranks send, or NULL.
  const sotto_traffic_api* traffic_api(const Backend& backend) const;
  // What names its devices' drivers, or NULL: it needs none of others.
  const sotto_driver_api* driver_api(const Backend& backend) const;

  // A plugin's interface by id, or {NULL, NULL}.
  sotto_interface query(const char* id) const { return query(id, nullptr); }
  // "sotto.clock/1", always there.
  const sotto_interface& clock() const { return clock_; }
  // Silence once the application may think that all is over.
  Log log() const { return muted_ ? Log() : log_; }
  void mute() { muted_ = true; }

 private:
  friend class Plugin;

  explicit PluginHost(const HostOptions& options);
  Status set_data_folder(const std::string& folder);
  void take_file(const std::string& path);
  void take_entry(const sotto_plugin_entry* entry);
  void add_fact(PluginFact fact);
  Status start(std::unique_ptr<Plugin> plugin);
  // A backend's table by id with at least `size` bytes, or NULL.
  const void* table_of(const Backend& backend, const char* id, size_t size) const;
  // What a plugin asks for: services first, then the other plugins.
  sotto_interface serve(const char* id, const Plugin& asking) const;
  sotto_interface query(const char* id, const Plugin* except) const;

  Log log_;
  std::atomic<bool> muted_{false};
  int32_t log_level_;
  sotto_interface clock_;
  std::vector<HostService> services_;
  std::string data_folder_;
  std::vector<PluginFact> facts_;
  std::vector<Backend> backends_;
  // Plugins may ask for each other while later ones load: the slots do not move, and only the first `running_` are looked at.
  std::vector<std::unique_ptr<Plugin>> plugins_;
  std::atomic<size_t> running_{0};
};

}  // namespace sotto
