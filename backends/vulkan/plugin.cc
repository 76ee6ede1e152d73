#include "plugin.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace sotto::vulkan {
namespace {

using plugin::Failure;

// Named by device, driver and shaders: what another driver wrote is another blob.
std::string cache_key(const PhysicalDevice& d) {
  uint64_t hash = shaders_hash();
  for (const uint8_t byte : d.cache_uuid) hash = (hash ^ byte) * 1099511628211u;
  char key[64];
  std::snprintf(key, sizeof key, "pipelines-%x-%x-%x-%016llx", d.vendor, d.device, d.driver_version,
                static_cast<unsigned long long>(hash));
  return key;
}

constexpr uint64_t kMostCacheBytes = 64u << 20;

// FNV-1a: finds damage, not malice; the folder is the application's own.
uint64_t hash_of(const uint8_t* bytes, size_t size) {
  uint64_t hash = 14695981039346656037u;
  for (size_t i = 0; i < size; ++i) hash = (hash ^ bytes[i]) * 1099511628211u;
  return hash;
}

// What an earlier process kept, without its hash at the end; empty when there is none, nowhere to keep it, or it was damaged:
// not every driver bears that.
std::vector<uint8_t> read_cache(const plugin::Host& host, const PhysicalDevice& d) {
  void* self = nullptr;
  const auto* blobs = host.find<sotto_blob_service>(SOTTO_BLOB_SERVICE_ID, &self);
  if (blobs == nullptr) return {};
  const std::string key = cache_key(d);
  uint64_t size = 0;
  if (blobs->read(self, plugin::str(key), nullptr, &size, nullptr) != SOTTO_OK || size == 0 || size > kMostCacheBytes)
    return {};
  std::vector<uint8_t> bytes(size);
  if (blobs->read(self, plugin::str(key), bytes.data(), &size, nullptr) != SOTTO_OK || size != bytes.size()) return {};
  VkPipelineCacheHeaderVersionOne head{};
  uint64_t hash = 0;
  if (bytes.size() < sizeof head + sizeof hash) return {};
  bytes.resize(bytes.size() - sizeof hash);
  std::memcpy(&hash, bytes.data() + bytes.size(), sizeof hash);
  if (hash != hash_of(bytes.data(), bytes.size())) return {};
  std::memcpy(&head, bytes.data(), sizeof head);
  const bool is_its = head.headerVersion == VK_PIPELINE_CACHE_HEADER_VERSION_ONE && head.vendorID == d.vendor &&
                      head.deviceID == d.device && std::memcmp(head.pipelineCacheUUID, d.cache_uuid, VK_UUID_SIZE) == 0;
  return is_its ? bytes : std::vector<uint8_t>();
}

// For people: driver, size, and which variants of products the device could do besides the one it takes.
std::string detail_of(const PhysicalDevice& d) {
  std::string text = d.driver + ", subgroup " + std::to_string(d.subgroups.size) + ", bindings of " +
                     std::to_string(d.most_binding_bytes >> 20) + " MiB" +
                     (d.memory.is_unified ? ", memory shared with the host" : "") + ", products by " + d.variant->name +
                     " (off:";
  for (const Variant* v : variants_of(d.abilities, d.subgroups))
    if (v != d.variant) text += std::string(" ") + v->name;
  return text + ")";
}

void copy_text(const std::string& from, char* to, size_t size) { std::snprintf(to, size, "%s", from.c_str()); }

}  // namespace

Plugin::~Plugin() {
  for (Known& known : devices_) (void)plugin::guard(nullptr, [&] { keep_pipelines(known); });
  devices_.clear();
}

void Plugin::find_devices() {
  if (has_looked_) return;
  try {
    driver_ = std::make_shared<Driver>(hooks_);
    for (const VkPhysicalDevice handle : driver_->physical_devices()) {
      PhysicalDevice d = describe(*driver_, handle);
      if (!d.reason.empty()) {
        reason_ += (reason_.empty() ? "vulkan: " : "; ") + d.name + " cannot be used: " + d.reason;
        host_.warning("vulkan: " + d.name + " is passed over: " + d.reason);
        continue;
      }
      host_.info("vulkan: " + d.name + ", " + d.driver + ", " + std::to_string(d.heap_bytes >> 20) + " MiB, subgroup " +
                 std::to_string(d.subgroups.size) + ", products by " + d.variant->name);
      if (!hooks_.each_variant) devices_.push_back({d, nullptr, {}});
      for (const Variant* v : variants_of(d.abilities, d.subgroups)) {
        d.variant = v;
        if (hooks_.each_variant) devices_.push_back({d, nullptr, {}});
      }
    }
    if (devices_.empty() && reason_.empty()) reason_ = "vulkan: the loader lists no device";
  } catch (const Failure& e) {
    reason_ = e.what();
  }
  has_looked_ = true;
}

uint32_t Plugin::device_count() {
  const std::lock_guard<std::mutex> lock(mutex_);
  find_devices();
  if (devices_.empty()) throw Failure(SOTTO_NOT_FOUND, reason_);
  return static_cast<uint32_t>(devices_.size());
}

Plugin::Known& Plugin::known(uint32_t device) {
  find_devices();
  if (device >= devices_.size())
    throw Failure(SOTTO_NOT_FOUND, "vulkan: device " + std::to_string(device) + " of " + std::to_string(devices_.size()) +
                                       (reason_.empty() ? "" : " (" + reason_ + ")"));
  return devices_[device];
}

sotto_device_info Plugin::device_info(uint32_t device) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Known& k = known(device);
  sotto_device_info info{};
  info.index = device;
  copy_text(k.physical.name, info.name, sizeof info.name);
  copy_text(detail_of(k.physical), info.detail, sizeof info.detail);
  info.memory_bytes = k.physical.heap_bytes;
  uint64_t taken = k.open == nullptr ? 0 : k.open->pool().bytes_taken();
  for (const auto& own : k.of_ranks) taken += own == nullptr ? 0 : own->pool().bytes_taken();
  info.memory_free_bytes =
      std::min(budget_bytes(*driver_, k.physical), k.physical.heap_bytes - std::min(taken, k.physical.heap_bytes));
  info.shares_memory_with_host = k.physical.memory.is_unified ? 1 : 0;
  info.batch_invariant_rows = 1;
  return info;
}

std::shared_ptr<Device> Plugin::open(uint32_t device, uint32_t rank) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Known& k = known(device);
  const bool is_own = hooks_.device_for_each_rank && rank != 0;
  if (is_own && k.of_ranks.size() < rank) k.of_ranks.resize(rank);
  std::shared_ptr<Device>& open = is_own ? k.of_ranks[rank - 1] : k.open;
  if (open != nullptr && open->is_lost()) open = nullptr;
  if (open == nullptr) open = std::make_shared<Device>(driver_, k.physical, read_cache(host_, k.physical));
  return open;
}

std::string Plugin::identity(uint32_t device) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const PhysicalDevice& d = known(device).physical;
  return d.name + "\n" + d.driver + "\n" + cache_key(d) + "\n" + d.variant->name;
}

void Plugin::keep_pipelines(Known& k) {
  void* self = nullptr;
  const auto* blobs = host_.find<sotto_blob_service>(SOTTO_BLOB_SERVICE_ID, &self);
  if (blobs == nullptr || k.open == nullptr) return;
  std::vector<uint8_t> bytes = k.open->pipeline_cache();
  const uint64_t hash = hash_of(bytes.data(), bytes.size());
  if (bytes.empty()) return;
  bytes.resize(bytes.size() + sizeof hash);
  std::memcpy(bytes.data() + bytes.size() - sizeof hash, &hash, sizeof hash);
  (void)blobs->write(self, plugin::str(cache_key(k.physical)), bytes.data(), bytes.size(), nullptr);
}

const void* Plugin::query(std::string_view id) const {
  if (id == SOTTO_BACKEND_ID) return &backend_table();
  return id == SOTTO_DRIVER_ID ? &driver_table() : nullptr;
}

}  // namespace sotto::vulkan
