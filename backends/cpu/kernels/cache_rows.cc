// cache_rows.cc - rows of K and V on their way into the cache's pages and out of them (cache_parts.h), and the rotation before.
#include "attention.h"
#include "cache_parts.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

// A row's numbers as the cache keeps them, and the scales of its blocks; numbers past head_dim are zero.
struct Packed {
  alignas(64) uint8_t numbers[kUnit * sizeof(float)];
  uint8_t scale[2];
};

// Up to kUnit numbers, a multiple of kLanes.
void pack(uint32_t type, const float* x, uint32_t count, Packed* to) {
  F inverse = f_zero();
  if (type == SOTTO_Q8_0) {
    F top = f_zero();
    for (uint32_t d = 0; d < count; d += kLanes) top = f_max(top, f_abs(f_load(x + d)));
    const float largest = f_top(top);
    uint8_t half[2 * kLanes];
    f_store_f16(half, f_set(largest / 127.0f));
    __builtin_memcpy(to->scale, half, 2);
    inverse = f_set(largest > 0.0f ? 127.0f / largest : 0.0f);
  }
  for (uint32_t d = 0; d < count; d += kLanes) {
    const F v = f_load(x + d);
    if (type == SOTTO_Q8_0) {
      i_store_i8(reinterpret_cast<int8_t*>(to->numbers) + d, i_from_f(f_mul(v, inverse)));
    } else if (type == SOTTO_F16) {
      f_store_f16(to->numbers + 2 * d, v);
    } else {
      f_store(reinterpret_cast<float*>(to->numbers) + d, v);
    }
  }
}

uint32_t bytes_of(uint32_t type) {
  return type == SOTTO_F32 ? NumbersF32::kBytes : type == SOTTO_F16 ? NumbersF16::kBytes : NumbersQ8::kBytes;
}

// Between `count` numbers side by side and one column of a page.
template <uint32_t kBytes>
void scatter(const uint8_t* numbers, uint32_t count, uint8_t* column) {
  for (uint32_t d = 0; d < count; ++d)
    __builtin_memcpy(column + size_t{d} * kPageTokens * kBytes, numbers + d * kBytes, kBytes);
}
template <uint32_t kBytes>
void gather(const uint8_t* column, uint32_t count, uint8_t* numbers) {
  for (uint32_t d = 0; d < count; ++d)
    __builtin_memcpy(numbers + d * kBytes, column + size_t{d} * kPageTokens * kBytes, kBytes);
}

// The numbers from dimension `first` on: of keys one column, of values one row.
uint8_t* numbers_at(const CacheRow& row, uint32_t first) {
  const size_t at = row.is_key != 0 ? size_t{first} * kPageTokens + row.token : size_t{row.token} * row.padded + first;
  return row.part + at * bytes_of(row.type);
}

void put(const CacheRow& row, uint32_t first, uint32_t count, const Packed& from) {
  uint8_t* to = numbers_at(row, first);
  if (row.is_key == 0) {
    __builtin_memcpy(to, from.numbers, count * bytes_of(row.type));
  } else if (row.type == SOTTO_F32) {
    scatter<4>(from.numbers, count, to);
  } else if (row.type == SOTTO_F16) {
    scatter<2>(from.numbers, count, to);
  } else {
    scatter<1>(from.numbers, count, to);
  }
  if (row.type == SOTTO_Q8_0) __builtin_memcpy(scales_at(row.part, row.padded, first / kUnit) + 2 * row.token, from.scale, 2);
}

void take(const CacheRow& row, uint32_t first, uint32_t count, Packed* to) {
  const uint8_t* from = numbers_at(row, first);
  if (row.is_key == 0) {
    __builtin_memcpy(to->numbers, from, count * bytes_of(row.type));
  } else if (row.type == SOTTO_F32) {
    gather<4>(from, count, to->numbers);
  } else if (row.type == SOTTO_F16) {
    gather<2>(from, count, to->numbers);
  } else {
    gather<1>(from, count, to->numbers);
  }
  if (row.type == SOTTO_Q8_0) __builtin_memcpy(to->scale, scales_at(row.part, row.padded, first / kUnit) + 2 * row.token, 2);
}

F unpack(uint32_t type, const Packed& from, uint32_t d) {
  if (type == SOTTO_F32) return NumbersF32::load(from.numbers + 4 * d);
  if (type == SOTTO_F16) return NumbersF16::load(from.numbers + 2 * d);
  uint16_t scale;
  __builtin_memcpy(&scale, from.scale, 2);
  return f_mul(NumbersQ8::load(from.numbers + d), f_from_f16_bits(i_set(scale)));
}

}  // namespace

void store_row(const CacheRow& row, const float* x) {
  for (uint32_t first = 0; first < row.padded; first += kUnit) {
    const uint32_t count = first + kUnit < row.padded ? kUnit : row.padded - first;
    float numbers[kUnit];
    for (uint32_t d = 0; d < count; ++d) numbers[d] = first + d < row.head_dim ? x[first + d] : 0.0f;
    Packed packed;
    pack(row.type, numbers, count, &packed);
    put(row, first, count, packed);
  }
}

void load_row(const CacheRow& row, float* x) {
  for (uint32_t first = 0; first < row.head_dim; first += kUnit) {
    const uint32_t count = first + kUnit < row.padded ? kUnit : row.padded - first;
    Packed packed;
    take(row, first, count, &packed);
    for (uint32_t d = 0; d < count && first + d < row.head_dim; d += kLanes) {
      const F numbers = unpack(row.type, packed, d);
      const uint32_t rest = row.head_dim - first - d;
      if (rest >= uint32_t{kLanes}) {
        f_store(x + first + d, numbers);
      } else {
        f_store_first(x + first + d, numbers, rest);
      }
    }
  }
}

void rotate(const RotaryTask& task) {
  const uint32_t half = task.rotary_dim / 2;
  if (task.interleaved != 0) {
    for (uint32_t i = 0; i < half; ++i) {
      const float a = task.x[2 * i], b = task.x[2 * i + 1];
      task.x[2 * i] = a * task.cosines[i] - b * task.sines[i];
      task.x[2 * i + 1] = a * task.sines[i] + b * task.cosines[i];
    }
    return;
  }
  for (uint32_t i = 0; i < half; ++i) {
    const float a = task.x[i], b = task.x[i + half];
    task.x[i] = a * task.cosines[i] - b * task.sines[i];
    task.x[i + half] = a * task.sines[i] + b * task.cosines[i];
  }
}

}  // namespace sotto::cpu::SOTTO_CPU_ISA
