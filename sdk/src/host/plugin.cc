#include "host/plugin.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <fmt/format.h>

#include "base/printable.h"
#include "host/plugin_call.h"
#include "host/plugin_host.h"

namespace sotto {
namespace {

constexpr uint32_t kMaxEntrySize = 4096;
constexpr size_t kMaxId = 127;
constexpr size_t kMaxVersion = 31;
constexpr size_t kMaxDescription = 127;
constexpr size_t kMaxLine = 4096;

Status refused(std::string text) { return Status(SOTTO_REFUSED, std::move(text)); }

// Text of the entry, read no further than the field of sotto_plugin_info that it goes into.
std::string bounded(const char* text, size_t limit) {
  return text == nullptr ? std::string() : std::string(text, strnlen(text, limit));
}

bool is_id_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// Reverse DNS: two parts or more. The id becomes a folder's name, so "." and ".." must not get through.
bool is_plugin_id(const std::string& id) {
  if (id.empty() || id.size() > kMaxId || id.front() == '.' || id.back() == '.') return false;
  if (id.find("..") != std::string::npos || id.find('.') == std::string::npos) return false;
  return std::all_of(id.begin(), id.end(), [](char c) { return c == '.' || is_id_character(c); });
}

Status check_abi(const sotto_plugin_entry& entry) {
  constexpr size_t kHead = offsetof(sotto_plugin_entry, id);
  if (entry.struct_size < kHead || entry.struct_size > kMaxEntrySize)
    return refused(fmt::format("its entry says a struct_size of {}, which cannot be right: {} is the size of ABI {}.{}",
                               entry.struct_size, sizeof entry, SOTTO_ABI_MAJOR, SOTTO_ABI_MINOR));
  if (entry.abi_major != SOTTO_ABI_MAJOR)
    return refused(fmt::format("it was built for ABI {}.{}, this library has ABI {}.{}: rebuild the plugin", entry.abi_major,
                               entry.abi_minor, SOTTO_ABI_MAJOR, SOTTO_ABI_MINOR));
  if (entry.abi_minor_required > SOTTO_ABI_MINOR)
    return refused(fmt::format("it needs ABI {0}.{1} or newer, this library has {0}.{2}: use a newer library", SOTTO_ABI_MAJOR,
                               entry.abi_minor_required, SOTTO_ABI_MINOR));
  if (entry.struct_size < sizeof entry)
    return refused(fmt::format("its entry has {} bytes, ABI {}.{} has {}", entry.struct_size, SOTTO_ABI_MAJOR, SOTTO_ABI_MINOR,
                               sizeof entry));
  return Status();
}

Status check_entry(const sotto_plugin_entry& entry, PluginName* name) {
  SOTTO_TRY(check_abi(entry));
  name->id = bounded(entry.id, kMaxId + 1);
  name->version = printable_text(bounded(entry.version, kMaxVersion));
  name->description = printable_text(bounded(entry.description, kMaxDescription));
  if (!is_plugin_id(name->id))
    return refused(fmt::format("its id \"{}\" is not a reverse domain name such as com.example.tea, of at most {} characters",
                               printable(name->id), kMaxId));
  if (name->version.empty()) return refused("its entry has no version");
  if (entry.create == nullptr || entry.destroy == nullptr || entry.query == nullptr)
    return refused(fmt::format("its entry's function {} is NULL", entry.create == nullptr    ? "create"
                                                                  : entry.destroy == nullptr ? "destroy"
                                                                                             : "query"));
  return Status();
}

}  // namespace

Plugin::Plugin(std::optional<Library> library, const sotto_plugin_entry* entry, PluginName name, const PluginHost& host)
    : library_(std::move(library)), entry_(entry), name_(std::move(name)), host_(host) {}

Result<std::unique_ptr<Plugin>> Plugin::open(const std::string& path, const PluginHost& host, PluginName* name) {
  SOTTO_ASSIGN(Library library, Library::open(path));
  const auto* entry = static_cast<const sotto_plugin_entry*>(library.symbol(SOTTO_PLUGIN_SYMBOL));
  if (entry == nullptr)
    return refused(fmt::format("{}: it exports no symbol {}, so it is no plugin of Sotto", path, SOTTO_PLUGIN_SYMBOL));
  if (Status status = check_entry(*entry, name); !status.ok()) return status.within(path);
  return std::unique_ptr<Plugin>(new Plugin(std::move(library), entry, *name, host));
}

Result<std::unique_ptr<Plugin>> Plugin::link(const sotto_plugin_entry* entry, const PluginHost& host, PluginName* name) {
  if (Status status = check_entry(*entry, name); !status.ok()) return status.within("linked-in plugin");
  return std::unique_ptr<Plugin>(new Plugin(std::nullopt, entry, *name, host));
}

Status Plugin::create(int32_t log_level, const std::string& data_folder) {
  if (!data_folder.empty()) blobs_.emplace(fmt::format("{}/{}", data_folder, id()));
  table_ = {sizeof table_, SOTTO_ABI_MAJOR, SOTTO_ABI_MINOR, log_level, this, &Plugin::log, &Plugin::ask};
  SOTTO_TRY(call_plugin(id(), "create", [&](sotto_error* err) { return entry_->create(&table_, &self_, err); }));
  created_ = true;
  return Status();
}

void Plugin::destroy() {
  if (!created_) return;
  created_ = false;
  const Status ended = call_plugin_void(id(), "destroy", [&] { entry_->destroy(self_); });
  if (!ended.ok()) host_.log().warning(ended.text());
}

Result<const void*> Plugin::query(const char* id) const {
  const void* table = nullptr;
  SOTTO_TRY(call_plugin_void(name_.id, "query", [&] { table = entry_->query(self_, id); }));
  return table;
}

void Plugin::log(void* context, int32_t level, sotto_str line) {
  const auto* self = static_cast<const Plugin*>(context);
  const int32_t known = std::clamp(level, SOTTO_LOG_ERROR, SOTTO_LOG_DEBUG);
  const Log log = self->host_.log();
  if (line.data == nullptr || !log.wants(known)) return;
  try {
    const auto size = static_cast<size_t>(std::min<uint64_t>(line.size, kMaxLine));
    std::string text(line.data, size);
    std::replace(text.begin(), text.end(), '\n', ' ');
    log.write(known, fmt::format("{}: {}", self->id(), printable_text(text)));
  } catch (...) {  // a line that cannot be written is no reason to fail the plugin
  }
}

sotto_interface Plugin::ask(void* context, const char* id) {
  auto* self = static_cast<Plugin*>(context);
  try {
    if (id == nullptr) return {nullptr, nullptr};
    if (self->blobs_ && std::strcmp(id, SOTTO_BLOB_SERVICE_ID) == 0) return self->blobs_->service();
    return self->host_.serve(id, *self);
  } catch (...) {
    return {nullptr, nullptr};
  }
}

}  // namespace sotto
