// What is kept of compiled shaders between two starts: given to the driver again whole, or not at all.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>

#include "conformance/models.h"
#include "plugin.h"
#include "vulkan/dialogue.h"

namespace sotto::vulkan {
namespace {

using Blobs = std::map<std::string, std::vector<uint8_t>>;

sotto_status read(void* self, sotto_str key, void* bytes, uint64_t* size, sotto_error*) {
  const auto& blobs = *static_cast<Blobs*>(self);
  const auto found = blobs.find(std::string(key.data, key.size));
  if (found == blobs.end()) return SOTTO_NOT_FOUND;
  if (found->second.size() <= *size && bytes != nullptr) std::memcpy(bytes, found->second.data(), found->second.size());
  *size = found->second.size();
  return SOTTO_OK;
}

sotto_status write(void* self, sotto_str key, const void* bytes, uint64_t size, sotto_error*) {
  const auto* first = static_cast<const uint8_t*>(bytes);
  (*static_cast<Blobs*>(self))[std::string(key.data, key.size)].assign(first, first + size);
  return SOTTO_OK;
}

const sotto_blob_service kService = {sizeof(sotto_blob_service), 0, read, write,
                                     [](void*, sotto_str, sotto_error*) -> sotto_status { return SOTTO_OK; }};

PFN_vkCreatePipelineCache real_create = nullptr;
size_t given_bytes = 0;  // to the driver, at the last opening of a device

// A driver that has content for its cache, which this machine's may lack: bytes behind the header, none: the machine's own.
PFN_vkGetPipelineCacheData real_data = nullptr;
std::vector<uint8_t> content, given_content;
constexpr size_t kHead = sizeof(VkPipelineCacheHeaderVersionOne);

VKAPI_ATTR VkResult VKAPI_CALL cache_data(VkDevice device, VkPipelineCache cache, size_t* size, void* data) {
  if (content.empty()) return real_data(device, cache, size, data);
  if (data != nullptr) {
    std::vector<uint8_t> own(1 << 20);
    size_t own_size = own.size();
    const VkResult result = real_data(device, cache, &own_size, own.data());
    if (result != VK_SUCCESS || own_size < kHead || *size < kHead + content.size()) return VK_INCOMPLETE;
    std::memcpy(data, own.data(), kHead);
    std::memcpy(static_cast<uint8_t*>(data) + kHead, content.data(), content.size());
  }
  *size = kHead + content.size();
  return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL create(VkDevice device, const VkPipelineCacheCreateInfo* info, const VkAllocationCallbacks* a,
                                      VkPipelineCache* cache) {
  given_bytes = info->initialDataSize;
  if (content.empty()) return real_create(device, info, a, cache);
  const auto* first = static_cast<const uint8_t*>(info->pInitialData);
  given_content.assign(first + std::min(kHead, given_bytes), first + given_bytes);
  VkPipelineCacheCreateInfo own = *info;
  own.initialDataSize = 0;
  return real_create(device, &own, a, cache);
}

class VulkanKeepsPipelines : public testing::Test {
 protected:
  VulkanKeepsPipelines() : net_(1, 77, conformance::kSmallModel.vocabulary) {
    build(net_, conformance::kSmallModel, SOTTO_Q8_0);
    content.clear();
    hooks_.change_table = [](DeviceFunctions& table) {
      real_create = table.CreatePipelineCache;
      real_data = table.GetPipelineCacheData;
      table.CreatePipelineCache = create;
      table.GetPipelineCacheData = cache_data;
    };
    host_.context = &blobs_;
    host_.query = [](void* context, const char* id) {
      return std::strcmp(id, SOTTO_BLOB_SERVICE_ID) == 0 ? sotto_interface{&kService, context}
                                                         : sotto_interface{nullptr, nullptr};
    };
  }
  // A process's life: false where the machine has no device.
  bool live() {
    Plugin plugin{plugin::Host(&host_), hooks_};
    uint32_t count = 0;
    sotto_error error{sizeof error, 0, {}};
    if (backend_table().device_count(&plugin, &count, &error) != SOTTO_OK) return false;
    const auto began = std::chrono::steady_clock::now();
    const Outcome outcome = Dialogue(plugin, net_).hold();
    milliseconds_ = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
    EXPECT_EQ(outcome.status, SOTTO_OK) << outcome.error.text;
    ids_ = outcome.ids;
    return true;
  }

  conformance::Net net_;
  DriverHooks hooks_;
  Blobs blobs_;
  sotto_host host_ = kSilentHost;
  std::vector<uint32_t> ids_;
  double milliseconds_ = 0;
};

TEST_F(VulkanKeepsPipelines, AndGivesThemToTheDriverAtTheNextStart) {
  if (!live()) GTEST_SKIP() << "no Vulkan device";
  const double first = milliseconds_;
  EXPECT_EQ(given_bytes, 0u);
  ASSERT_EQ(blobs_.size(), 1u);
  const size_t kept = blobs_.begin()->second.size();
  const std::vector<uint32_t> ids = ids_;
  ASSERT_TRUE(live());
  EXPECT_EQ(given_bytes, kept - sizeof(uint64_t));
  EXPECT_EQ(ids_, ids);
  std::printf("first start %.0f ms, second %.0f ms, %zu bytes kept\n", first, milliseconds_, kept);
}

TEST_F(VulkanKeepsPipelines, AllThatADriverFillsItsCacheWith) {
  for (uint32_t i = 0; i < 100'000; ++i) content.push_back(static_cast<uint8_t>(i * 2654435761u >> 24));
  if (!live()) GTEST_SKIP() << "no Vulkan device";
  EXPECT_TRUE(given_content.empty());
  ASSERT_TRUE(live());
  EXPECT_TRUE(given_content == content) << given_content.size() << " bytes";
  content[5'000] ^= 1;  // another start, another content
  ASSERT_TRUE(live());
  ASSERT_TRUE(live());
  EXPECT_TRUE(given_content == content);
}

TEST_F(VulkanKeepsPipelines, NothingOfADamagedOne) {
  if (!live()) GTEST_SKIP() << "no Vulkan device";
  const std::vector<uint8_t> whole = blobs_.begin()->second;
  const std::vector<uint32_t> ids = ids_;
  const auto start_with = [&](const std::vector<uint8_t>& bytes) {
    blobs_.begin()->second = bytes;
    given_bytes = 1;
    ASSERT_TRUE(live());
    EXPECT_EQ(given_bytes, 0u);
    EXPECT_EQ(ids_, ids);
  };
  for (const size_t at : {size_t{0}, size_t{20}, whole.size() - 1}) {
    SCOPED_TRACE("byte " + std::to_string(at) + " changed");
    std::vector<uint8_t> bytes = whole;
    bytes[at] ^= 0x40;
    start_with(bytes);
  }
  for (const size_t size : {size_t{31}, whole.size() - 1}) {
    SCOPED_TRACE("cut to " + std::to_string(size) + " bytes");
    start_with({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(std::min(size, whole.size() - 1))});
  }
}

}  // namespace
}  // namespace sotto::vulkan
