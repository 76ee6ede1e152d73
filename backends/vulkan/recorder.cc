#include "recorder.h"

#include <algorithm>
#include <iterator>

namespace sotto::vulkan {
namespace {

constexpr uint32_t kSetsOfPool = 256;

bool contains(const std::vector<const Buffer*>& all, const Buffer* one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

Recording::~Recording() {
  if (!device_.may_destroy()) return;
  const DeviceFunctions& vk = device_.vk();
  if (pool_ != VK_NULL_HANDLE) vk.DestroyCommandPool(device_.handle(), pool_, nullptr);
  for (const VkDescriptorPool pool : set_pools_) vk.DestroyDescriptorPool(device_.handle(), pool, nullptr);
}

void Recording::reset() {
  const DeviceFunctions& vk = device_.vk();
  // One that was cut finer, while the device was slow, keeps nothing of it.
  if (used_commands_ < commands_.size()) {
    vk.FreeCommandBuffers(device_.handle(), pool_, static_cast<uint32_t>(commands_.size() - used_commands_),
                          commands_.data() + used_commands_);
    commands_.resize(used_commands_);
  }
  if (pool_ != VK_NULL_HANDLE) check_result(vk.ResetCommandPool(device_.handle(), pool_, 0), "vkResetCommandPool");
  for (const VkDescriptorPool pool : set_pools_)
    check_result(vk.ResetDescriptorPool(device_.handle(), pool, 0), "vkResetDescriptorPool");
  used_commands_ = used_pool_ = used_sets_ = 0;
  segments.clear();
  dispatches = barriers = 0;
}

VkCommandBuffer Recording::next_commands() {
  const DeviceFunctions& vk = device_.vk();
  if (pool_ == VK_NULL_HANDLE) {
    auto info = vk_struct<VkCommandPoolCreateInfo>(VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO);
    info.queueFamilyIndex = device_.physical().queue_family;
    check_result(vk.CreateCommandPool(device_.handle(), &info, nullptr, &pool_), "vkCreateCommandPool");
  }
  if (used_commands_ == commands_.size()) {
    auto info = vk_struct<VkCommandBufferAllocateInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO);
    info.commandPool = pool_;
    info.commandBufferCount = 1;
    VkCommandBuffer made = VK_NULL_HANDLE;
    check_result(vk.AllocateCommandBuffers(device_.handle(), &info, &made), "vkAllocateCommandBuffers");
    commands_.push_back(made);
  }
  return commands_[used_commands_++];
}

VkDescriptorSet Recording::next_set() {
  const DeviceFunctions& vk = device_.vk();
  if (used_sets_ == kSetsOfPool) ++used_pool_, used_sets_ = 0;
  if (used_pool_ == set_pools_.size()) {
    const VkDescriptorPoolSize sizes[] = {
        {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, kSetsOfPool * kBindings},
        {VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER, kSetsOfPool * static_cast<uint32_t>(std::size(kTexelBindings))}};
    auto info = vk_struct<VkDescriptorPoolCreateInfo>(VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO);
    info.maxSets = kSetsOfPool;
    info.poolSizeCount = device_.physical().has_texels() ? 2 : 1;
    info.pPoolSizes = sizes;
    VkDescriptorPool made = VK_NULL_HANDLE;
    check_result(vk.CreateDescriptorPool(device_.handle(), &info, nullptr, &made), "vkCreateDescriptorPool");
    set_pools_.push_back(made);
  }
  const VkDescriptorSetLayout layout = device_.set_layout();
  auto info = vk_struct<VkDescriptorSetAllocateInfo>(VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO);
  info.descriptorPool = set_pools_[used_pool_];
  info.descriptorSetCount = 1;
  info.pSetLayouts = &layout;
  VkDescriptorSet made = VK_NULL_HANDLE;
  check_result(vk.AllocateDescriptorSets(device_.handle(), &info, &made), "vkAllocateDescriptorSets");
  ++used_sets_;
  return made;
}

Dispatch::Dispatch(Shader shader, uint32_t lanes, std::initializer_list<uint32_t> constants) {
  key.shader = shader;
  key.constants[0] = lanes;
  std::copy(constants.begin(), constants.end(), key.constants.begin() + 1);
}

void Recorder::begin_step() {
  written_.insert(written_.end(), step_written_.begin(), step_written_.end());
  read_.insert(read_.end(), step_read_.begin(), step_read_.end());
  step_written_.clear();
  step_read_.clear();
}

bool Recorder::must_wait(const Dispatch& d) const {
  for (uint32_t i = 0; i < kBindings; ++i) {
    if (d.bindings[i] == nullptr) continue;
    if (contains(written_, d.bindings[i])) return true;
    if ((d.written >> i & 1u) != 0 && contains(read_, d.bindings[i])) return true;
  }
  return false;
}

void Recorder::barrier() {
  auto all = vk_struct<VkMemoryBarrier>(VK_STRUCTURE_TYPE_MEMORY_BARRIER);
  all.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT;
  all.dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT;
  device_.vk().CmdPipelineBarrier(commands_, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, 1,
                                  &all, 0, nullptr, 0, nullptr);
  ++recording_.barriers;
  written_.clear();
  read_.clear();
}

void Recorder::begin_segment() {
  commands_ = recording_.next_commands();
  const auto begin = vk_struct<VkCommandBufferBeginInfo>(VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO);
  check_result(device_.vk().BeginCommandBuffer(commands_, &begin), "vkBeginCommandBuffer");
  work_ = 0;
  bound_ = VK_NULL_HANDLE;
  barrier();  // for what the submits before wrote
}

void Recorder::end_segment() {
  auto all = vk_struct<VkMemoryBarrier>(VK_STRUCTURE_TYPE_MEMORY_BARRIER);
  all.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT;
  all.dstAccessMask = VK_ACCESS_HOST_READ_BIT | VK_ACCESS_TRANSFER_READ_BIT;
  device_.vk().CmdPipelineBarrier(commands_, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                                  VK_PIPELINE_STAGE_HOST_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 1, &all, 0, nullptr, 0,
                                  nullptr);
  check_result(device_.vk().EndCommandBuffer(commands_), "vkEndCommandBuffer");
  recording_.segments.push_back({commands_, work_, {}});
  commands_ = VK_NULL_HANDLE;
}

void Recorder::bind_texels(const Dispatch& d, VkDescriptorSet set) {
  constexpr uint32_t kCount = std::size(kTexelBindings);
  VkBufferView views[kCount];
  VkWriteDescriptorSet writes[kCount];
  for (uint32_t i = 0; i < kCount; ++i) {
    const Buffer* shown = d.bindings[kTexelBindings[i]];
    views[i] = (shown != nullptr ? *shown : stand_in_).texels();
    writes[i] = vk_struct<VkWriteDescriptorSet>(VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET);
    writes[i].dstSet = set;
    writes[i].dstBinding = kBindings + i;
    writes[i].descriptorCount = 1;
    writes[i].descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER;
    writes[i].pTexelBufferView = &views[i];
  }
  device_.vk().UpdateDescriptorSets(device_.handle(), kCount, writes, 0, nullptr);
}

void Recorder::bind(const Dispatch& d) {
  VkDescriptorBufferInfo buffers[kBindings];
  VkWriteDescriptorSet writes[kBindings];
  const VkDescriptorSet set = recording_.next_set();
  for (uint32_t i = 0; i < kBindings; ++i) {
    const Buffer& buffer = d.bindings[i] != nullptr ? *d.bindings[i] : stand_in_;
    buffers[i] = {buffer.handle(), buffer.offset(), buffer.size() + kPadding};
    writes[i] = vk_struct<VkWriteDescriptorSet>(VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET);
    writes[i].dstSet = set;
    writes[i].dstBinding = i;
    writes[i].descriptorCount = 1;
    writes[i].descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    writes[i].pBufferInfo = &buffers[i];
  }
  device_.vk().UpdateDescriptorSets(device_.handle(), kBindings, writes, 0, nullptr);
  if (d.reads_texels) bind_texels(d, set);
  device_.vk().CmdBindDescriptorSets(commands_, VK_PIPELINE_BIND_POINT_COMPUTE, device_.layout(), 0, 1, &set, 0, nullptr);
}

void Recorder::dispatch(const Dispatch& d) {
  if (d.groups[0] == 0 || d.groups[1] == 0 || d.groups[2] == 0) return;
  if (commands_ != VK_NULL_HANDLE && work_ + d.work > most_work_) end_segment();
  if (commands_ == VK_NULL_HANDLE) begin_segment();
  if (must_wait(d)) barrier();
  const VkPipeline pipeline = device_.pipeline(d.key);
  if (pipeline != bound_) device_.vk().CmdBindPipeline(commands_, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
  bound_ = pipeline;
  bind(d);
  device_.vk().CmdPushConstants(commands_, device_.layout(), VK_SHADER_STAGE_COMPUTE_BIT, 0, d.push_bytes, d.push);
  device_.vk().CmdDispatch(commands_, d.groups[0], d.groups[1], d.groups[2]);
  ++recording_.dispatches;
  work_ += d.work;
  for (uint32_t i = 0; i < kBindings; ++i)
    if (d.bindings[i] != nullptr) ((d.written >> i & 1u) != 0 ? step_written_ : step_read_).push_back(d.bindings[i]);
}

void Recorder::meet(const Recording::Meet& meet) {
  if (commands_ == VK_NULL_HANDLE) begin_segment();  // a rank that has nothing to send
  end_segment();
  recording_.segments.back().meet = meet;
}

void Recorder::finish() {
  if (commands_ != VK_NULL_HANDLE) end_segment();
}

}  // namespace sotto::vulkan
