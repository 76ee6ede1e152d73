#include "memory.h"

#include <algorithm>

namespace sotto::vulkan {
namespace {

using plugin::Failure;

constexpr uint64_t kBlockBytes = 16u << 20;
constexpr uint64_t kSmallBlockBytes = 1u << 20;  // uploads and readbacks are few and small
constexpr uint64_t kLargestPiece = uint64_t{1} << 40;

uint64_t round_up(uint64_t x, uint64_t to) { return (x + to - 1) / to * to; }

Failure no_memory(const char* what, uint64_t bytes, uint64_t free, const char* remedy) {
  return Failure(SOTTO_OUT_OF_MEMORY, std::string("vulkan: no memory for the ") + std::to_string(bytes) + " bytes of " + what +
                                          ", " + std::to_string(free) + " are free" + remedy);
}

}  // namespace

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(pool_, other.pool_);
  std::swap(block_, other.block_);
  std::swap(handle_, other.handle_);
  std::swap(texels_, other.texels_);
  std::swap(offset_, other.offset_);
  std::swap(size_, other.size_);
  std::swap(taken_, other.taken_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

Buffer::~Buffer() {
  if (pool_ != nullptr) pool_->give_back(*this);
}

Pool::Pool(const Driver& driver, const PhysicalDevice& physical, VkDevice device, const DeviceFunctions& vk)
    : driver_(driver), physical_(physical), device_(device), vk_(vk) {}

Pool::~Pool() {
  for (auto& [number, block] : blocks_) destroy(block);
}

uint64_t Pool::bytes_taken() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return taken_;
}

Buffer Pool::take(Place place, uint64_t bytes, const char* what) {
  Buffer made = take_piece(place, bytes, what);
  if (place != Place::kDevice || !physical_.has_texels()) return made;
  auto info = vk_struct<VkBufferViewCreateInfo>(VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO);
  info.buffer = made.handle_;
  info.format = VK_FORMAT_R32G32B32A32_UINT;
  info.offset = made.offset_;
  info.range = round_up(bytes, kTexelBytes) + kPadding - kTexelBytes;
  const VkResult result = vk_.CreateBufferView(device_, &info, nullptr, &made.texels_);
  if (result != VK_SUCCESS) made.texels_ = VK_NULL_HANDLE;
  check_result(result, "vkCreateBufferView");
  return made;
}

Buffer Pool::take_piece(Place place, uint64_t bytes, const char* what) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (bytes > kLargestPiece) throw no_memory(what, bytes, physical_.heap_bytes, "");
  const uint64_t taken = round_up(bytes + kPadding, kPieceAlignment);
  Buffer made;
  for (auto& [number, block] : blocks_)
    if (block.place == place && take_from(block, taken, &made.offset_)) {
      made.block_ = number;
      break;
    }
  if (made.block_ == 0) {
    made.block_ = add_block(place, taken, what);
    (void)take_from(blocks_[made.block_], taken, &made.offset_);
  }
  const Block& block = blocks_[made.block_];
  made.pool_ = this;
  made.handle_ = block.buffer;
  made.size_ = bytes;
  made.taken_ = taken;
  made.mapped_ = block.mapped == nullptr ? nullptr : block.mapped + made.offset_;
  taken_ += taken;
  return made;
}

bool Pool::take_from(Block& block, uint64_t bytes, uint64_t* offset) {
  const auto fits = std::find_if(block.free.begin(), block.free.end(), [&](const auto& f) { return f.second >= bytes; });
  if (fits == block.free.end()) return false;
  const auto [at, room] = *fits;
  block.free.erase(fits);
  if (room > bytes) block.free[at + bytes] = room - bytes;
  *offset = at;
  return true;
}

void Pool::give_back(const Buffer& buffer) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (buffer.texels_ != VK_NULL_HANDLE && !is_left_) vk_.DestroyBufferView(device_, buffer.texels_, nullptr);
  taken_ -= buffer.taken_;
  Block& block = blocks_[buffer.block_];
  auto freed = block.free.emplace(buffer.offset_, buffer.taken_).first;
  const auto next = std::next(freed);
  if (next != block.free.end() && freed->first + freed->second == next->first) {
    freed->second += next->second;
    block.free.erase(next);
  }
  if (freed != block.free.begin()) {
    const auto before = std::prev(freed);
    if (before->first + before->second == freed->first) {
      before->second += freed->second;
      block.free.erase(freed);
    }
  }
  if (block.free.size() == 1 && block.free.begin()->second == block.size) {
    destroy(block);
    blocks_.erase(buffer.block_);
  }
}

uint64_t Pool::add_block(Place place, uint64_t bytes, const char* what) {
  const uint64_t usual = place == Place::kDevice ? kBlockBytes : kSmallBlockBytes;
  const uint64_t free = budget_bytes(driver_, physical_);
  uint64_t held = 0;
  for (const auto& [number, block] : blocks_) held += block.size;
  if (bytes > physical_.most_bytes) throw no_memory(what, bytes, physical_.most_bytes, " in one piece");
  if (bytes > free || held + bytes > physical_.heap_bytes)
    throw no_memory(what, bytes, std::min(free, physical_.heap_bytes - std::min(held, physical_.heap_bytes)),
                    ": use a smaller model, context or batch");
  // A block of its own for what is large; the usual size where it fits well.
  const uint64_t size = bytes > usual / 2 ? bytes : usual;
  const uint64_t number = next_++;
  Block& block = blocks_[number];
  block.place = place;
  try {
    make_block(block, size, what);
  } catch (...) {
    destroy(block);
    blocks_.erase(number);
    throw;
  }
  return number;
}

void Pool::make_block(Block& block, uint64_t bytes, const char* what) {
  auto buffer = vk_struct<VkBufferCreateInfo>(VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO);
  buffer.size = bytes;
  buffer.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  if (physical_.has_texels()) buffer.usage |= VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT;
  check_result(vk_.CreateBuffer(device_, &buffer, nullptr, &block.buffer), "vkCreateBuffer");
  VkMemoryRequirements needs{};
  vk_.GetBufferMemoryRequirements(device_, block.buffer, &needs);
  const MemoryTypes& types = physical_.memory;
  const uint32_t type = block.place == Place::kDevice   ? types.device
                        : block.place == Place::kUpload ? types.upload
                                                        : types.readback;
  if ((needs.memoryTypeBits >> type & 1) == 0)
    throw Failure(SOTTO_UNSUPPORTED,
                  "vulkan: " + physical_.name + " does not put storage buffers into memory type " + std::to_string(type));
  auto allocate = vk_struct<VkMemoryAllocateInfo>(VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO);
  allocate.allocationSize = needs.size;
  allocate.memoryTypeIndex = type;
  const VkResult allocated = vk_.AllocateMemory(device_, &allocate, nullptr, &block.memory);
  if (allocated != VK_SUCCESS)
    throw Failure(status_of(allocated), std::string("vulkan: no memory for ") + std::to_string(bytes) + " bytes of " + what +
                                            " (vkAllocateMemory answered " + result_name(allocated) + ")");
  check_result(vk_.BindBufferMemory(device_, block.buffer, block.memory, 0), "vkBindBufferMemory");
  if (block.place != Place::kDevice || types.is_unified) {
    void* mapped = nullptr;
    check_result(vk_.MapMemory(device_, block.memory, 0, VK_WHOLE_SIZE, 0, &mapped), "vkMapMemory");
    block.mapped = static_cast<uint8_t*>(mapped);
  }
  block.size = bytes;
  block.free[0] = bytes;
}

void Pool::destroy(Block& block) {
  if (is_left_) return;
  if (block.buffer != VK_NULL_HANDLE) vk_.DestroyBuffer(device_, block.buffer, nullptr);
  if (block.memory != VK_NULL_HANDLE) vk_.FreeMemory(device_, block.memory, nullptr);
}

}  // namespace sotto::vulkan
