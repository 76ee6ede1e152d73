// plugin.h: one loaded plugin: its library, its entry, what its create returned, and the host table it sees.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "host/blob_store.h"
#include "host/library.h"
#include "sotto/plugin.h"

namespace sotto {

class PluginHost;

// A plugin's words about itself, as far as they can be believed. Filled also when the plugin is refused.
struct PluginName {
  std::string id, version, description;
};

// Does not move: the plugin keeps a pointer to the host table in it.
class Plugin {
 public:
  // Opens the library at a path that check_library_file returned. `name` is filled as soon as the entry can be read.
  static Result<std::unique_ptr<Plugin>> open(const std::string& path, const PluginHost& host, PluginName* name);
  // Takes an entry that is linked into the program.
  static Result<std::unique_ptr<Plugin>> link(const sotto_plugin_entry* entry, const PluginHost& host, PluginName* name);
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;
  ~Plugin() { destroy(); }

  // Calls the plugin's create.
  Status create(int32_t log_level, const std::string& data_folder);
  // Calls the plugin's destroy, once; the library stays open until the end of this object.
  void destroy();

  const std::string& id() const { return name_.id; }
  const std::string& version() const { return name_.version; }
  void* self() const { return self_; }
  // The table for an interface id, or NULL. A plugin that throws here fails.
  Result<const void*> query(const char* id) const;

 private:
  Plugin(std::optional<Library> library, const sotto_plugin_entry* entry, PluginName name, const PluginHost& host);
  static void log(void* context, int32_t level, sotto_str line);
  static sotto_interface ask(void* context, const char* id);

  std::optional<Library> library_;  // none: linked in
  const sotto_plugin_entry* entry_;
  const PluginName name_;
  const PluginHost& host_;
  sotto_host table_ = {};
  std::optional<BlobStore> blobs_;
  void* self_ = nullptr;
  bool created_ = false;
};

}  // namespace sotto
