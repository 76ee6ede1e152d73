// memory.h - device memory in large blocks, handed out in pieces: drivers allow few allocations, and each is slow.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include "physical.h"

namespace sotto::vulkan {

enum class Place { kDevice, kUpload, kReadback };

// Pieces begin at multiples of this, which every device accepts as the start of a binding.
constexpr uint64_t kPieceAlignment = 256;
// Readable behind every piece: shaders read whole units of a weight's last row.
constexpr uint64_t kPadding = 256;

class Pool;

// A piece of a block; gives it back when it ends. Empty: `size` 0.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();

  VkBuffer handle() const { return handle_; }
  uint64_t offset() const { return offset_; }
  uint64_t size() const { return size_; }          // as asked for
  uint8_t* mapped() const { return mapped_; }      // null: not visible to the host
  VkBufferView texels() const { return texels_; }  // of 4 x 32 bits; only in device memory, where products read texels
  explicit operator bool() const { return pool_ != nullptr; }

 private:
  friend class Pool;
  Pool* pool_ = nullptr;
  uint64_t block_ = 0;
  VkBuffer handle_ = VK_NULL_HANDLE;
  VkBufferView texels_ = VK_NULL_HANDLE;
  uint64_t offset_ = 0, size_ = 0, taken_ = 0;
  uint8_t* mapped_ = nullptr;
};

// [any thread]
class Pool {
 public:
  Pool(const Driver& driver, const PhysicalDevice& physical, VkDevice device, const DeviceFunctions& vk);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Throws plugin::Failure (SOTTO_OUT_OF_MEMORY) with the numbers.
  Buffer take(Place place, uint64_t bytes, const char* what);
  uint64_t bytes_taken() const;
  // Frees no memory from now on: a device that hangs may still use it.
  void leave_behind() { is_left_ = true; }

 private:
  friend class Buffer;
  struct Block {
    Place place = Place::kDevice;
    VkDeviceMemory memory = VK_NULL_HANDLE;
    VkBuffer buffer = VK_NULL_HANDLE;
    uint64_t size = 0;
    uint8_t* mapped = nullptr;
    std::map<uint64_t, uint64_t> free;  // offset -> bytes
  };

  uint64_t add_block(Place place, uint64_t bytes, const char* what);
  void make_block(Block& block, uint64_t bytes, const char* what);
  void destroy(Block& block);
  Buffer take_piece(Place place, uint64_t bytes, const char* what);
  bool take_from(Block& block, uint64_t bytes, uint64_t* offset);
  void give_back(const Buffer& buffer);

  const Driver& driver_;
  const PhysicalDevice& physical_;
  const VkDevice device_;
  const DeviceFunctions& vk_;
  mutable std::mutex mutex_;          // guards all below
  std::map<uint64_t, Block> blocks_;  // by number
  uint64_t next_ = 1;
  uint64_t taken_ = 0;
  std::atomic<bool> is_left_{false};
};

}  // namespace sotto::vulkan
