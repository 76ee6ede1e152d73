// cache_transfer.cc - a sequence out of and into the cache in the neutral layout of backend.h. The host converts: what
// ATTENTION multiplies by is exported, whatever its type.
#include <cinttypes>
#include <cmath>

#include "cache.h"
#include "common/cache_check.h"
#include "common/report.h"
#include "common/weight_types.h"

namespace sotto::vulkan {
namespace {

using backend::fail;

constexpr uint32_t kBlock = 32, kBlockWords = 9;  // Q8_0 as shaders/include/kv.glsl has it

// Round to nearest even, as packHalf2x16 does.
uint16_t half_of(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000u);
  const float magnitude = std::fabs(x);
  if (std::isnan(x)) return static_cast<uint16_t>(sign | 0x7E00u);
  if (magnitude >= 65520.0f) return static_cast<uint16_t>(sign | 0x7C00u);
  if (magnitude < 6.103515625e-5f)  // subnormal: multiples of 2^-24
    return static_cast<uint16_t>(sign | static_cast<uint16_t>(std::nearbyint(magnitude * 16777216.0f)));
  bits &= 0x7FFFFFFFu;
  bits += 0xFFFu + (bits >> 13 & 1u);
  return static_cast<uint16_t>(sign | ((bits - (112u << 23)) >> 13));
}

void decode_row(uint32_t type, const uint8_t* from, uint32_t head_dim, float* to) {
  for (uint32_t d = 0; d < head_dim; ++d) {
    if (type == SOTTO_F32) {
      std::memcpy(to + d, from + d * sizeof(float), sizeof(float));
    } else if (type == SOTTO_F16) {
      uint16_t half;
      std::memcpy(&half, from + d * sizeof half, sizeof half);
      to[d] = backend::float_from_f16(half);
    } else {
      const uint8_t* block = from + d / kBlock * kBlockWords * sizeof(uint32_t);
      float scale;
      std::memcpy(&scale, block, sizeof scale);
      to[d] = scale * static_cast<float>(static_cast<int8_t>(block[sizeof scale + d % kBlock]));
    }
  }
}

void encode_block(const float* from, uint32_t count, uint8_t* to) {
  float most = 0;
  for (uint32_t i = 0; i < count; ++i) most = std::max(most, std::fabs(from[i]));
  const float scale = most / 127, inverse = most == 0 ? 0 : 127 / most;
  std::memcpy(to, &scale, sizeof scale);
  for (uint32_t i = 0; i < count; ++i)
    to[sizeof scale + i] = static_cast<uint8_t>(static_cast<int8_t>(std::nearbyint(from[i] * inverse)));
}

// REQUIRES: `to` is zeros.
void encode_row(uint32_t type, const float* from, uint32_t head_dim, uint8_t* to) {
  if (type == SOTTO_F32) std::memcpy(to, from, head_dim * sizeof(float));
  for (uint32_t d = 0; type == SOTTO_F16 && d < head_dim; ++d) {
    const uint16_t half = half_of(from[d]);
    std::memcpy(to + d * sizeof half, &half, sizeof half);
  }
  for (uint32_t d = 0; type == SOTTO_Q8_0 && d < head_dim; d += kBlock)
    encode_block(from + d, std::min(kBlock, head_dim - d), to + d / kBlock * kBlockWords * sizeof(uint32_t));
}

// One slot's k or v on one rank: the cells' byte offsets of tokens first .. first + count - 1.
std::vector<uint64_t> offsets_of(const sotto_cache& cache, bool is_v, uint32_t slot, uint32_t rank, uint32_t sequence,
                                 uint32_t first, uint32_t count) {
  std::vector<uint64_t> offsets;
  const uint64_t bytes = uint64_t{cache.cell_words(is_v, slot, rank)} * sizeof(uint32_t);
  for (uint32_t t = 0; t < count; ++t) offsets.push_back(cache.cells[sequence].cells[first + t] * bytes);
  return offsets;
}

// Calls visit(slot, rank, is_v, numbers): where the neutral layout has that slot's k or v, for every rank that holds heads of
// it.
template <class Byte, class Visit>
void walk(const sotto_cache& cache, uint32_t count, Byte* numbers, Visit visit) {
  for (uint32_t slot = 0; slot < cache.slots.size(); ++slot)
    for (const bool is_v : {false, true}) {
      for (uint32_t r = 0; r < cache.group.local_ranks; ++r)
        if (cache.slots[slot].ranks[r].kv_heads != 0) visit(slot, r, is_v, numbers);
      numbers += size_t{cache.slots[slot].kv_heads} * count * cache.slots[slot].head_dim * sizeof(float);
    }
}

// The heads that the ranks of this cache hold; the others' bytes stay.
void export_heads(sotto_cache& cache, uint32_t sequence, uint32_t first, uint32_t count, uint8_t* bytes) {
  std::vector<float> head;  // the caller's bytes may lie anywhere
  walk(cache, count, bytes, [&](uint32_t slot, uint32_t rank, bool is_v, uint8_t* numbers) {
    const backend::Slot& s = cache.slots[slot];
    const size_t head_bytes = s.head_dim * sizeof(float);
    head.resize(s.head_dim);
    const uint32_t type = is_v ? cache.options.v_type : cache.options.k_type, words = cache.words(is_v, slot);
    cache.device->download(cache.rows(is_v, slot, rank), uint64_t{cache.cell_words(is_v, slot, rank)} * sizeof(uint32_t),
                           offsets_of(cache, is_v, slot, rank, sequence, first, count), [&](uint64_t t, const uint8_t* row) {
                             for (uint32_t h = 0; h < s.ranks[rank].kv_heads; ++h) {
                               decode_row(type, row + size_t{h} * words * sizeof(uint32_t), s.head_dim, head.data());
                               std::memcpy(numbers + (size_t{s.ranks[rank].first_kv_head + h} * count + t) * head_bytes,
                                           head.data(), head_bytes);
                             }
                           });
  });
}

}  // namespace

sotto_status export_sequence(sotto_cache& cache, uint32_t sequence, uint32_t first, uint32_t count, void* bytes, uint64_t* size,
                             sotto_error* err) {
  const uint64_t needed = backend::neutral_bytes(cache.first().slots, count), given = *size;
  *size = needed;
  if (bytes == nullptr) return SOTTO_OK;
  if (given < needed)
    return fail(err, SOTTO_INVALID_ARGUMENT, "vulkan: %u tokens take %" PRIu64 " bytes, the buffer has %" PRIu64, count, needed,
                given);
  for (const auto& own : cache.apart) own->device->require();
  cache.device->require();
  std::memset(bytes, 0, needed);
  for (const auto& own : cache.apart) export_heads(*own, sequence, first, count, static_cast<uint8_t*>(bytes));
  if (cache.apart.empty()) export_heads(cache, sequence, first, count, static_cast<uint8_t*>(bytes));
  return SOTTO_OK;
}

namespace {

sotto_status import_apart(sotto_cache& cache, uint32_t sequence, uint32_t count, const void* bytes, uint64_t size,
                          sotto_error* err) {
  const uint32_t before = cache.first().cells.length(sequence);
  try {
    for (const auto& own : cache.apart)
      if (const sotto_status s = import_sequence(*own, sequence, count, bytes, size, err); s != SOTTO_OK) {
        cache.truncate(sequence, before);
        return s;
      }
  } catch (...) {
    cache.truncate(sequence, before);
    throw;
  }
  return SOTTO_OK;
}

}  // namespace

sotto_status import_sequence(sotto_cache& cache, uint32_t sequence, uint32_t count, const void* bytes, uint64_t size,
                             sotto_error* err) {
  if (!cache.apart.empty()) return import_apart(cache, sequence, count, bytes, size, err);
  const uint64_t needed = backend::neutral_bytes(cache.slots, count);
  if (size != needed)
    return fail(err, SOTTO_MISMATCH, "vulkan: %u tokens of this cache take %" PRIu64 " bytes, given are %" PRIu64, count,
                needed, size);
  if (const sotto_status s = backend::check_room("vulkan", cache.cells, count, err); s != SOTTO_OK) return s;
  cache.device->require();
  const uint32_t first = cache.cells.length(sequence);
  cache.cells.reserve(sequence, count);
  for (uint32_t t = 0; t < count; ++t) cache.append(sequence);
  try {
    std::vector<float> head;
    walk(cache, count, static_cast<const uint8_t*>(bytes),
         [&](uint32_t slot, uint32_t rank, bool is_v, const uint8_t* numbers) {
           const backend::Slot& s = cache.slots[slot];
           const size_t head_bytes = s.head_dim * sizeof(float);
           head.resize(s.head_dim);
           const uint32_t type = is_v ? cache.options.v_type : cache.options.k_type, words = cache.words(is_v, slot);
           const uint64_t row_bytes = uint64_t{cache.cell_words(is_v, slot, rank)} * sizeof(uint32_t);
           cache.device->scatter(cache.rows(is_v, slot, rank), row_bytes,
                                 offsets_of(cache, is_v, slot, rank, sequence, first, count), [&](uint64_t t, uint8_t* row) {
                                   std::memset(row, 0, row_bytes);
                                   for (uint32_t h = 0; h < s.ranks[rank].kv_heads; ++h) {
                                     std::memcpy(head.data(),
                                                 numbers + (size_t{s.ranks[rank].first_kv_head + h} * count + t) * head_bytes,
                                                 head_bytes);
                                     encode_row(type, head.data(), s.head_dim, row + size_t{h} * words * sizeof(uint32_t));
                                   }
                                 });
         });
  } catch (...) {
    cache.cells.roll_back(sequence);
    throw;
  }
  cache.cells.commit(sequence);
  return SOTTO_OK;
}

}  // namespace sotto::vulkan
