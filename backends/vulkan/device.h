// device.h - a device that has been opened: its queue, pipelines, memory, and how fast it has been found to be. Shared by the
// groups of a plugin; opened again after it was lost.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "memory.h"
#include "pace.h"
#include "shaders.h"

namespace sotto::vulkan {

// What tells that a submit has ended: a value of the device's timeline or, where it has none, a fence of its own, made at first
// use.
struct Done {
  uint64_t value = 0;
  VkFence fence = VK_NULL_HANDLE;
};

class Device {
 public:
  // Throws plugin::Failure.
  Device(std::shared_ptr<const Driver> driver, const PhysicalDevice& physical, const std::vector<uint8_t>& pipeline_cache);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const PhysicalDevice& physical() const { return physical_; }
  const DeviceFunctions& vk() const { return vk_; }
  VkDevice handle() const { return device_; }
  Pool& pool() { return *pool_; }
  Pace& pace() { return pace_; }
  VkPipelineLayout layout() const { return layout_; }
  VkDescriptorSetLayout set_layout() const { return set_layout_; }

  // The size of subgroups that products ask for, so that their workgroups are one each; 0: the driver has no say in it.
  uint32_t pinned_lanes() const;

  // A number that no other object of the device got: names caches apart also when one lies where another lay.
  uint64_t next_number() { return ++numbers_; }

  // Made at first use. [any thread] Throws plugin::Failure.
  VkPipeline pipeline(const PipelineKey& key);
  // What to keep for the next start; empty when nothing was made since `pipeline_cache` was given, or the driver keeps it.
  std::vector<uint8_t> pipeline_cache();

  // [any thread] Throws plugin::Failure.
  void submit(VkCommandBuffer commands, Done& done);
  // False: not yet. Throws plugin::Failure when the device is lost.
  bool is_done(const Done& done, uint32_t wait_ms);
  // The driver's own answer.
  VkResult wait(const Done& done, uint32_t wait_ms);
  // REQUIRES: what it was given to has ended, or the device is lost.
  void release(Done& done);
  // Throws plugin::Failure (SOTTO_DEVICE_LOST) once the device was lost.
  void require() const;
  bool is_lost() const { return is_lost_; }
  // Work that never ended may still use what was made on the device: nothing of it is destroyed then, and stays behind.
  bool may_destroy() const { return !is_hung_; }
  // A submit that takes longer never ends. A software driver compiles its shaders within the first one.
  uint32_t hung_ms() const {
    const uint32_t given = driver_->hooks().hung_ms;
    return given != 0 ? given : physical_.is_software() ? 120000 : 10000;
  }
  // The work that a Done stands for has not ended within hung_ms: the device counts as lost from now on.
  [[noreturn]] void give_up(const char* what);
  // As if the driver had said so.
  [[noreturn]] void lose(const std::string& reason);

  // Rows of equal size, side by side in `to` from `offset` on; `fill` writes row `i`. Ends when they are there.
  void upload(const Buffer& to, uint64_t offset, uint64_t row_bytes, uint64_t rows,
              const std::function<void(uint64_t i, uint8_t* row)>& fill);
  // Row i from offsets[i]; `read` gets it.
  void download(const Buffer& from, uint64_t row_bytes, const std::vector<uint64_t>& offsets,
                const std::function<void(uint64_t i, const uint8_t* row)>& read);
  // As upload, to scattered offsets.
  void scatter(const Buffer& to, uint64_t row_bytes, const std::vector<uint64_t>& offsets,
               const std::function<void(uint64_t i, uint8_t* row)>& fill);

 private:
  uint32_t used_abilities() const;
  void open();
  void close();
  void make_layouts();
  void make_timeline();
  void note_loss(VkResult result);
  VkPipeline make_pipeline(const PipelineKey& key);

  // Copies between host and device memory through a buffer that both see.
  struct Staging {
    Buffer buffer;
    VkCommandPool pool = VK_NULL_HANDLE;
    VkCommandBuffer commands = VK_NULL_HANDLE;
    Done done;
  };
  void prepare_staging(uint64_t bytes);
  void copy_staged(const std::vector<VkBufferCopy>& regions, VkBuffer from, VkBuffer to);

  const std::shared_ptr<const Driver> driver_;
  const PhysicalDevice physical_;
  VkDevice device_ = VK_NULL_HANDLE;
  VkQueue queue_ = VK_NULL_HANDLE;
  DeviceFunctions vk_;
  VkDescriptorSetLayout set_layout_ = VK_NULL_HANDLE;
  VkPipelineLayout layout_ = VK_NULL_HANDLE;
  std::unique_ptr<Pool> pool_;
  Pace pace_;
  std::atomic<bool> is_lost_{false};
  std::atomic<bool> is_hung_{false};
  std::atomic<uint64_t> numbers_{0};
  VkSemaphore timeline_ = VK_NULL_HANDLE;  // null: fences
  std::mutex queue_mutex_;                 // guards queue_ and the value below
  uint64_t submits_ = 0;                   // the value that the last submit signals

  std::mutex pipeline_mutex_;  // guards the four below
  VkPipelineCache cache_ = VK_NULL_HANDLE;
  std::map<const ShaderCode*, VkShaderModule> modules_;
  std::map<PipelineKey, VkPipeline> pipelines_;
  bool has_new_pipelines_ = false;

  std::mutex staging_mutex_;  // guards staging_
  Staging staging_;
};

}  // namespace sotto::vulkan
