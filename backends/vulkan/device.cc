#include "device.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "abilities.h"

namespace sotto::vulkan {
namespace {

using plugin::Failure;

constexpr uint64_t kStagingBytes = 4u << 20;

}  // namespace

Device::Device(std::shared_ptr<const Driver> driver, const PhysicalDevice& physical, const std::vector<uint8_t>& pipeline_cache)
    : driver_(std::move(driver)), physical_(physical), pace_(physical.is_software()) {
  try {
    open();
    auto info = vk_struct<VkPipelineCacheCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO);
    info.initialDataSize = pipeline_cache.size();
    info.pInitialData = pipeline_cache.data();
    check_result(vk_.CreatePipelineCache(device_, &info, nullptr, &cache_), "vkCreatePipelineCache");
    make_layouts();
    make_timeline();
    pool_ = std::make_unique<Pool>(*driver_, physical_, device_, vk_);
  } catch (...) {
    close();
    throw;
  }
}

Device::~Device() { close(); }

// Nothing is switched on that no shader will use.
uint32_t Device::used_abilities() const {
  return physical_.abilities & (kTimeline | physical_.variant->needs | (pinned_lanes() != 0 ? kPinsLanes | kFullLanes : 0u));
}

uint32_t Device::pinned_lanes() const {
  const Variant& v = *physical_.variant;
  const Subgroups& s = physical_.subgroups;
  if (v.pinned_lanes != 0 || (v.needs & kAddsLanes) == 0) return v.pinned_lanes;
  return s.size >= s.least && s.size <= s.most ? s.size : 0;
}

void Device::open() {
  const float priority = 1.0f;
  auto queue = vk_struct<VkDeviceQueueCreateInfo>(VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO);
  queue.queueFamilyIndex = physical_.queue_family;
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  FeatureChain features;
  const std::vector<const char*> extensions = want_features(used_abilities(), features);
  auto info = vk_struct<VkDeviceCreateInfo>(VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO);
  info.pNext = features.first();
  info.enabledExtensionCount = static_cast<uint32_t>(extensions.size());
  info.ppEnabledExtensionNames = extensions.data();
  info.queueCreateInfoCount = 1;
  info.pQueueCreateInfos = &queue;
  check_result(driver_->functions().CreateDevice(physical_.handle, &info, nullptr, &device_), "vkCreateDevice");
  vk_ = driver_->device_functions(device_);
  vk_.GetDeviceQueue(device_, physical_.queue_family, 0, &queue_);
}

void Device::make_layouts() {
  VkDescriptorSetLayoutBinding bindings[kBindings + std::size(kTexelBindings)] = {};
  const uint32_t count = physical_.has_texels() ? static_cast<uint32_t>(std::size(bindings)) : kBindings;
  for (uint32_t i = 0; i < count; ++i) {
    bindings[i].binding = i;
    bindings[i].descriptorType = i < kBindings ? VK_DESCRIPTOR_TYPE_STORAGE_BUFFER : VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER;
    bindings[i].descriptorCount = 1;
    bindings[i].stageFlags = VK_SHADER_STAGE_COMPUTE_BIT;
  }
  auto set = vk_struct<VkDescriptorSetLayoutCreateInfo>(VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO);
  set.bindingCount = count;
  set.pBindings = bindings;
  check_result(vk_.CreateDescriptorSetLayout(device_, &set, nullptr, &set_layout_), "vkCreateDescriptorSetLayout");
  const VkPushConstantRange push{VK_SHADER_STAGE_COMPUTE_BIT, 0, kPushBytes};
  auto layout = vk_struct<VkPipelineLayoutCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO);
  layout.setLayoutCount = 1;
  layout.pSetLayouts = &set_layout_;
  layout.pushConstantRangeCount = 1;
  layout.pPushConstantRanges = &push;
  check_result(vk_.CreatePipelineLayout(device_, &layout, nullptr, &layout_), "vkCreatePipelineLayout");
}

void Device::make_timeline() {
  if ((physical_.abilities & kTimeline) == 0 || vk_.WaitSemaphoresKHR == nullptr) return;
  auto type = vk_struct<VkSemaphoreTypeCreateInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO);
  type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
  auto info = vk_struct<VkSemaphoreCreateInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO);
  info.pNext = &type;
  check_result(vk_.CreateSemaphore(device_, &info, nullptr, &timeline_), "vkCreateSemaphore");
}

// Everything made so far, however far that went.
void Device::close() {
  if (device_ == VK_NULL_HANDLE || vk_.DestroyDevice == nullptr) return;
  if (!may_destroy()) return;
  if (staging_.pool != VK_NULL_HANDLE) vk_.DestroyCommandPool(device_, staging_.pool, nullptr);
  release(staging_.done);
  if (timeline_ != VK_NULL_HANDLE) vk_.DestroySemaphore(device_, timeline_, nullptr);
  staging_ = {};
  pool_.reset();
  for (auto& [key, pipeline] : pipelines_) vk_.DestroyPipeline(device_, pipeline, nullptr);
  for (auto& [code, module] : modules_) vk_.DestroyShaderModule(device_, module, nullptr);
  if (cache_ != VK_NULL_HANDLE) vk_.DestroyPipelineCache(device_, cache_, nullptr);
  if (layout_ != VK_NULL_HANDLE) vk_.DestroyPipelineLayout(device_, layout_, nullptr);
  if (set_layout_ != VK_NULL_HANDLE) vk_.DestroyDescriptorSetLayout(device_, set_layout_, nullptr);
  vk_.DestroyDevice(device_, nullptr);
}

VkPipeline Device::pipeline(const PipelineKey& key) {
  const std::lock_guard<std::mutex> lock(pipeline_mutex_);
  const auto found = pipelines_.find(key);
  if (found != pipelines_.end()) return found->second;
  const VkPipeline made = make_pipeline(key);
  pipelines_[key] = made;
  has_new_pipelines_ = true;
  return made;
}

VkPipeline Device::make_pipeline(const PipelineKey& key) {
  const ShaderCode& code = code_of(key);
  VkShaderModule& module = modules_[&code];
  if (module == VK_NULL_HANDLE) {
    auto info = vk_struct<VkShaderModuleCreateInfo>(VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO);
    info.codeSize = code.bytes;
    info.pCode = code.words;
    check_result(vk_.CreateShaderModule(device_, &info, nullptr, &module), "vkCreateShaderModule");
  }
  VkSpecializationMapEntry entries[std::tuple_size_v<decltype(key.constants)>];
  for (uint32_t i = 0; i < key.constants.size(); ++i) entries[i] = {i, i * 4, sizeof(uint32_t)};
  const VkSpecializationInfo constants{static_cast<uint32_t>(key.constants.size()), entries, sizeof key.constants,
                                       key.constants.data()};
  auto info = vk_struct<VkComputePipelineCreateInfo>(VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO);
  info.stage = vk_struct<VkPipelineShaderStageCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO);
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = module;
  info.stage.pName = "main";
  info.stage.pSpecializationInfo = &constants;
  auto lanes = vk_struct<VkPipelineShaderStageRequiredSubgroupSizeCreateInfo>(
      VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO);
  lanes.requiredSubgroupSize = key.pinned_lanes;
  if (key.pinned_lanes != 0) {
    info.stage.pNext = &lanes;
    if ((physical_.abilities & kFullLanes) != 0) info.stage.flags = VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT;
  }
  info.layout = layout_;
  VkPipeline made = VK_NULL_HANDLE;
  const VkResult result = vk_.CreateComputePipelines(device_, cache_, 1, &info, nullptr, &made);
  if (result != VK_SUCCESS)
    throw Failure(status_of(result), std::string("vulkan: the driver does not compile the shader ") + code.name + " (" +
                                         result_name(result) + ")");
  return made;
}

std::vector<uint8_t> Device::pipeline_cache() {
  constexpr size_t kMost = 64u << 20;
  const std::lock_guard<std::mutex> lock(pipeline_mutex_);
  size_t size = 0;
  if (!has_new_pipelines_ || is_lost_ || vk_.GetPipelineCacheData(device_, cache_, &size, nullptr) != VK_SUCCESS ||
      size > kMost)
    return {};
  std::vector<uint8_t> bytes(size);
  if (vk_.GetPipelineCacheData(device_, cache_, &size, bytes.data()) != VK_SUCCESS) return {};
  bytes.resize(std::min(size, bytes.size()));
  has_new_pipelines_ = false;
  return bytes;
}

void Device::note_loss(VkResult result) {
  if (result == VK_ERROR_DEVICE_LOST) is_lost_ = true;
}

void Device::require() const {
  if (is_lost_) throw Failure(SOTTO_DEVICE_LOST, "vulkan: " + physical_.name + " was lost; its objects can only be destroyed");
}

void Device::lose(const std::string& reason) {
  is_lost_ = true;
  throw Failure(SOTTO_DEVICE_LOST, "vulkan: " + physical_.name + " " + reason + " and counts as lost");
}

void Device::give_up(const char* what) {
  is_hung_ = true;
  driver_->leave_behind();
  pool_->leave_behind();
  lose(std::string("did not finish ") + what + " within " + std::to_string(hung_ms()) + " ms");
}

void Device::submit(VkCommandBuffer commands, Done& done) {
  require();
  if (timeline_ == VK_NULL_HANDLE && done.fence == VK_NULL_HANDLE) {
    const auto fence = vk_struct<VkFenceCreateInfo>(VK_STRUCTURE_TYPE_FENCE_CREATE_INFO);
    check_result(vk_.CreateFence(device_, &fence, nullptr, &done.fence), "vkCreateFence");
  }
  if (done.fence != VK_NULL_HANDLE) check_result(vk_.ResetFences(device_, 1, &done.fence), "vkResetFences");
  auto values = vk_struct<VkTimelineSemaphoreSubmitInfo>(VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO);
  auto info = vk_struct<VkSubmitInfo>(VK_STRUCTURE_TYPE_SUBMIT_INFO);
  info.commandBufferCount = 1;
  info.pCommandBuffers = &commands;
  const std::lock_guard<std::mutex> lock(queue_mutex_);
  const uint64_t value = submits_ + 1;
  if (timeline_ != VK_NULL_HANDLE) {
    values.signalSemaphoreValueCount = 1;
    values.pSignalSemaphoreValues = &value;
    info.pNext = &values;
    info.signalSemaphoreCount = 1;
    info.pSignalSemaphores = &timeline_;
  }
  const VkResult result = vk_.QueueSubmit(queue_, 1, &info, done.fence);
  note_loss(result);
  check_result(result, "vkQueueSubmit");
  submits_ = done.value = value;
}

VkResult Device::wait(const Done& done, uint32_t wait_ms) {
  const uint64_t nanoseconds = uint64_t{wait_ms} * 1000000;
  if (timeline_ == VK_NULL_HANDLE) return vk_.WaitForFences(device_, 1, &done.fence, VK_TRUE, nanoseconds);
  auto info = vk_struct<VkSemaphoreWaitInfo>(VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO);
  info.semaphoreCount = 1;
  info.pSemaphores = &timeline_;
  info.pValues = &done.value;
  return vk_.WaitSemaphoresKHR(device_, &info, nanoseconds);
}

bool Device::is_done(const Done& done, uint32_t wait_ms) {
  const VkResult result = wait(done, wait_ms);
  if (result == VK_TIMEOUT) return false;
  note_loss(result);
  check_result(result, timeline_ == VK_NULL_HANDLE ? "vkWaitForFences" : "vkWaitSemaphores");
  return true;
}

void Device::release(Done& done) {
  if (done.fence != VK_NULL_HANDLE && may_destroy()) vk_.DestroyFence(device_, done.fence, nullptr);
  done = {};
}

void Device::prepare_staging(uint64_t bytes) {
  Staging& s = staging_;
  if (s.pool == VK_NULL_HANDLE) {
    auto pool = vk_struct<VkCommandPoolCreateInfo>(VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO);
    pool.queueFamilyIndex = physical_.queue_family;
    check_result(vk_.CreateCommandPool(device_, &pool, nullptr, &s.pool), "vkCreateCommandPool");
  }
  if (s.commands == VK_NULL_HANDLE) {
    auto allocate = vk_struct<VkCommandBufferAllocateInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO);
    allocate.commandPool = s.pool;
    allocate.commandBufferCount = 1;
    check_result(vk_.AllocateCommandBuffers(device_, &allocate, &s.commands), "vkAllocateCommandBuffers");
  }
  if (s.buffer.size() < bytes) {
    s.buffer = Buffer();
    s.buffer = pool_->take(Place::kReadback, std::max(bytes, kStagingBytes), "staging");
  }
}

void Device::copy_staged(const std::vector<VkBufferCopy>& regions, VkBuffer from, VkBuffer to) {
  check_result(vk_.ResetCommandPool(device_, staging_.pool, 0), "vkResetCommandPool");
  auto begin = vk_struct<VkCommandBufferBeginInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO);
  begin.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  check_result(vk_.BeginCommandBuffer(staging_.commands, &begin), "vkBeginCommandBuffer");
  vk_.CmdCopyBuffer(staging_.commands, from, to, static_cast<uint32_t>(regions.size()), regions.data());
  auto barrier = vk_struct<VkMemoryBarrier>(VK_STRUCTURE_TYPE_MEMORY_BARRIER);
  barrier.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT;
  barrier.dstAccessMask =
      VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_HOST_READ_BIT | VK_ACCESS_TRANSFER_READ_BIT;
  vk_.CmdPipelineBarrier(staging_.commands, VK_PIPELINE_STAGE_TRANSFER_BIT,
                         VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_HOST_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT, 0,
                         1, &barrier, 0, nullptr, 0, nullptr);
  check_result(vk_.EndCommandBuffer(staging_.commands), "vkEndCommandBuffer");
  submit(staging_.commands, staging_.done);
  if (!is_done(staging_.done, hung_ms())) give_up("a copy");
}

void Device::upload(const Buffer& to, uint64_t offset, uint64_t row_bytes, uint64_t rows,
                    const std::function<void(uint64_t i, uint8_t* row)>& fill) {
  if (rows == 0 || row_bytes == 0) return;
  if (to.mapped() != nullptr) {
    for (uint64_t i = 0; i < rows; ++i) fill(i, to.mapped() + offset + i * row_bytes);
    return;
  }
  const std::lock_guard<std::mutex> lock(staging_mutex_);
  prepare_staging(row_bytes);
  const uint64_t at_once = staging_.buffer.size() / row_bytes;
  for (uint64_t first = 0; first < rows; first += at_once) {
    const uint64_t count = std::min(at_once, rows - first);
    for (uint64_t i = 0; i < count; ++i) fill(first + i, staging_.buffer.mapped() + i * row_bytes);
    copy_staged({{staging_.buffer.offset(), to.offset() + offset + first * row_bytes, count * row_bytes}},
                staging_.buffer.handle(), to.handle());
  }
}

void Device::scatter(const Buffer& to, uint64_t row_bytes, const std::vector<uint64_t>& offsets,
                     const std::function<void(uint64_t i, uint8_t* row)>& fill) {
  if (to.mapped() != nullptr) {
    for (uint64_t i = 0; i < offsets.size(); ++i) fill(i, to.mapped() + offsets[i]);
    return;
  }
  if (offsets.empty()) return;
  const std::lock_guard<std::mutex> lock(staging_mutex_);
  prepare_staging(row_bytes);
  const uint64_t at_once = staging_.buffer.size() / row_bytes;
  for (uint64_t first = 0; first < offsets.size(); first += at_once) {
    std::vector<VkBufferCopy> regions;
    for (uint64_t i = 0; i < std::min<uint64_t>(at_once, offsets.size() - first); ++i) {
      fill(first + i, staging_.buffer.mapped() + i * row_bytes);
      regions.push_back({staging_.buffer.offset() + i * row_bytes, to.offset() + offsets[first + i], row_bytes});
    }
    copy_staged(regions, staging_.buffer.handle(), to.handle());
  }
}

void Device::download(const Buffer& from, uint64_t row_bytes, const std::vector<uint64_t>& offsets,
                      const std::function<void(uint64_t i, const uint8_t* row)>& read) {
  if (from.mapped() != nullptr) {
    for (uint64_t i = 0; i < offsets.size(); ++i) read(i, from.mapped() + offsets[i]);
    return;
  }
  if (offsets.empty()) return;
  const std::lock_guard<std::mutex> lock(staging_mutex_);
  prepare_staging(row_bytes);
  const uint64_t at_once = staging_.buffer.size() / row_bytes;
  for (uint64_t first = 0; first < offsets.size(); first += at_once) {
    const uint64_t count = std::min<uint64_t>(at_once, offsets.size() - first);
    std::vector<VkBufferCopy> regions;
    for (uint64_t i = 0; i < count; ++i)
      regions.push_back({from.offset() + offsets[first + i], staging_.buffer.offset() + i * row_bytes, row_bytes});
    copy_staged(regions, from.handle(), staging_.buffer.handle());
    for (uint64_t i = 0; i < count; ++i) read(first + i, staging_.buffer.mapped() + i * row_bytes);
  }
}

}  // namespace sotto::vulkan
