// recorder.h - dispatches put into command buffers: barriers only where one reads what another wrote, and cut into submits of a
// few milliseconds, so that neither a watchdog nor a waiting user is kept.
#pragma once

#include "device.h"

namespace sotto::vulkan {

// Commands that can be submitted again and again. One call at a time.
class Recording {
 public:
  explicit Recording(Device& device) : device_(device) {}
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  // What the host does behind a segment: rows of numbers that all ranks have sent become a sum, or lie side by side.
  struct Meet {
    bool sums = false;
    uint32_t rows = 0;  // 0: nothing
    uint32_t width = 0;
  };
  struct Segment {
    VkCommandBuffer commands = VK_NULL_HANDLE;
    double work = 0;
    Meet meet;
  };
  std::vector<Segment> segments;  // in order
  uint32_t dispatches = 0;
  uint32_t barriers = 0;

  // Empties it for another use. REQUIRES: nothing of it is running.
  void reset();
  VkCommandBuffer next_commands();
  VkDescriptorSet next_set();

 private:
  Device& device_;
  VkCommandPool pool_ = VK_NULL_HANDLE;
  std::vector<VkCommandBuffer> commands_;
  size_t used_commands_ = 0;
  std::vector<VkDescriptorPool> set_pools_;
  size_t used_pool_ = 0;
  uint32_t used_sets_ = 0;  // of the pool in use
};

struct Dispatch {
  Dispatch(Shader shader, uint32_t lanes, std::initializer_list<uint32_t> constants);
  template <class Push>
  void set_push(const Push& values) {
    static_assert(sizeof values <= kPushBytes);
    std::memcpy(push, &values, sizeof values);
    push_bytes = sizeof values;
  }

  PipelineKey key{};
  const Buffer* bindings[kBindings] = {};  // null: the shader does not touch it
  bool reads_texels = false;               // kTexelBindings too
  uint32_t written = 1;                    // bit i: binding i is written
  uint32_t groups[3] = {1, 1, 1};
  double work = 0;
  uint8_t push[kPushBytes] = {};
  uint32_t push_bytes = 0;
};

class Recorder {
 public:
  // `stand_in` is bound where a shader has no use for a binding.
  Recorder(Device& device, Recording& recording, const Buffer& stand_in, double work_of_submit)
      : device_(device), recording_(recording), stand_in_(stand_in), most_work_(work_of_submit) {}

  // What a submit should not exceed: larger dispatches are to be cut.
  double most_work() const { return most_work_; }
  // Dispatches up to the next call do not wait for one another.
  void begin_step();
  void dispatch(const Dispatch& dispatch);
  // What follows begins when the ranks have met.
  void meet(const Recording::Meet& meet);
  void finish();

 private:
  void begin_segment();
  void end_segment();
  void barrier();
  bool must_wait(const Dispatch& dispatch) const;
  void bind(const Dispatch& dispatch);
  void bind_texels(const Dispatch& dispatch, VkDescriptorSet set);

  Device& device_;
  Recording& recording_;
  const Buffer& stand_in_;
  const double most_work_;
  VkCommandBuffer commands_ = VK_NULL_HANDLE;
  double work_ = 0;
  std::vector<const Buffer*> written_, read_;            // by earlier steps since the last barrier
  std::vector<const Buffer*> step_written_, step_read_;  // by this one
  VkPipeline bound_ = VK_NULL_HANDLE;
};

}  // namespace sotto::vulkan
