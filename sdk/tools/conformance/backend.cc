#include "conformance/backend.h"

#include <dlfcn.h>

#include <cstring>

namespace sotto::conformance {
namespace {

constexpr const char* kStatusNames[] = {
    "SOTTO_OK",          "SOTTO_INVALID_ARGUMENT", "SOTTO_NOT_FOUND",    "SOTTO_IO_ERROR",  "SOTTO_BAD_FILE",
    "SOTTO_UNSUPPORTED", "SOTTO_OUT_OF_MEMORY",    "SOTTO_CONTEXT_FULL", "SOTTO_CANCELLED", "SOTTO_DEADLINE",
    "SOTTO_BUSY",        "SOTTO_REENTRANT",        "SOTTO_REFUSED",      "SOTTO_MISMATCH",  "SOTTO_DEVICE_LOST",
    "SOTTO_RANK_LOST",   "SOTTO_TEMPLATE_ERROR",   "SOTTO_INTERNAL",
};
static_assert(std::size(kStatusNames) == SOTTO_STATUS_COUNT);

const sotto_host kHost = {
    sizeof(sotto_host),
    SOTTO_ABI_MAJOR,
    SOTTO_ABI_MINOR,
    0,
    nullptr,
    [](void*, int32_t, sotto_str) {},
    [](void*, const char*) {
      return sotto_interface{nullptr, nullptr};
    },
};

bool is_terminated(const char* text, size_t size) { return std::memchr(text, 0, size) != nullptr; }

}  // namespace

const char* status_name(sotto_status status) {
  return status >= 0 && status < SOTTO_STATUS_COUNT ? kStatusNames[status] : "no status of base.h";
}

Backend::Backend(const std::string& path) : library_(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL), dlclose) {
  if (library_ == nullptr) throw Fault(std::string("the library cannot be opened: ") + dlerror());
  look_up(path);
  Error error;
  const sotto_status s = watched(&error, "create", [&] { return entry_->create(&kHost, &self_, &error); });
  if (s != SOTTO_OK) throw Fault(std::string("create answered ") + status_name(s) + ": " + error.text);
  created_ = true;
  api_ = static_cast<const sotto_backend*>(entry_->query(self_, SOTTO_BACKEND_ID));
  if (api_ == nullptr) throw Fault("query has no table for \"" SOTTO_BACKEND_ID "\"");
  expect(api_->struct_size >= sizeof(sotto_backend), "the table of " SOTTO_BACKEND_ID " has " +
                                                         std::to_string(api_->struct_size) + " bytes, at least " +
                                                         std::to_string(sizeof(sotto_backend)));
  // Behind the two numbers there are functions only.
  const void* functions[(sizeof(sotto_backend) - offsetof(sotto_backend, device_count)) / sizeof(void*)];
  std::memcpy(functions, reinterpret_cast<const char*>(api_) + offsetof(sotto_backend, device_count), sizeof functions);
  for (size_t i = 0; i < std::size(functions); ++i)
    expect(functions[i] != nullptr, "function " + std::to_string(i) + " of the table is null");
}

void Backend::look_up(const std::string& path) {
  entry_ = static_cast<const sotto_plugin_entry*>(dlsym(library_.get(), SOTTO_PLUGIN_SYMBOL));
  expect(entry_ != nullptr, path + " has no symbol " SOTTO_PLUGIN_SYMBOL);
  expect(entry_->struct_size >= sizeof(sotto_plugin_entry),
         "the plugin's entry has " + std::to_string(entry_->struct_size) + " bytes");
  expect(entry_->abi_major == SOTTO_ABI_MAJOR && entry_->abi_minor_required <= SOTTO_ABI_MINOR,
         "the library wants ABI " + std::to_string(entry_->abi_major) + "." + std::to_string(entry_->abi_minor_required) +
             ", these tests are of " + std::to_string(SOTTO_ABI_MAJOR) + "." + std::to_string(SOTTO_ABI_MINOR));
  expect(entry_->id != nullptr && entry_->version != nullptr && entry_->create != nullptr && entry_->destroy != nullptr &&
             entry_->query != nullptr,
         "the plugin's entry lacks its id, its version or a function");
  id_ = entry_->id;
  version_ = entry_->version;
}

Backend::~Backend() {
  if (created_) entry_->destroy(self_);
}

sotto_status Backend::watched(Error* error, const char* name, const std::function<sotto_status()>& body) const {
  *error = Error();
  sotto_status s = SOTTO_OK;
  try {
    s = body();
  } catch (const std::exception& e) {
    throw Fault(std::string("an exception left ") + name + ": " + e.what());
  } catch (...) {
    throw Fault(std::string("an exception left ") + name);
  }
  if (s == SOTTO_OK) return s;
  if (s < 0 || s >= SOTTO_STATUS_COUNT)
    throw Fault(std::string(name) + " answered " + std::to_string(s) + ", which is no status of base.h");
  if (!is_terminated(error->text, sizeof error->text)) throw Fault(std::string(name) + " wrote a sentence without an end");
  if (error->text[0] == '\0' || error->status != s)
    throw Fault(std::string(name) + " answered " + status_name(s) + " without filling the caller's sotto_error");
  return s;
}

void Backend::rethrow() const {
  const std::string late = std::move(late_fault_);
  late_fault_.clear();
  if (!late.empty()) throw Fault(late);
}

uint32_t Backend::devices() const {
  Error error;
  uint32_t count = SOTTO_NONE;
  const sotto_status s = call(&error, calls::device_count, self_, &count);
  succeed(s, "device_count", error);
  expect(count != SOTTO_NONE, "device_count answered SOTTO_OK and left the count unset");
  return count;
}

sotto_device_info Backend::info(uint32_t device) const {
  Error error;
  sotto_device_info info;
  std::memset(&info, 0xA5, sizeof info);
  info.struct_size = sizeof info;
  const sotto_status s = call(&error, calls::device_info, self_, device, &info);
  succeed(s, "device_info", error);
  expect(is_terminated(info.name, sizeof info.name) && is_terminated(info.detail, sizeof info.detail) && info.name[0] != '\0',
         "device_info left the device's name or detail unset");
  return info;
}

}  // namespace sotto::conformance
