// unroll.h - loops that the compiler cannot choose not to unroll: arrays that are only named by their indexes become registers.
#pragma once

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

template <int kValue>
struct Int {
  static constexpr int value = kValue;
};
// body(Int<kFrom>{}), ..., body(Int<kEnd - 1>{}), in place.
template <int kFrom, int kEnd, class Body>
__attribute__((always_inline)) inline void for_each(Body&& body) {
  if constexpr (kFrom < kEnd) {
    body(Int<kFrom>{});
    for_each<kFrom + 1, kEnd>(body);
  }
}

// body(Int<i>{}, Int<k>{}) for the kRows by kColumns of a tile, row after row.
template <int kRows, int kColumns, class Body>
__attribute__((always_inline)) inline void for_tile(Body&& body) {
  for_each<0, kRows * kColumns>([&](auto i) __attribute__((always_inline)) {
    body(Int<i.value / kColumns>{}, Int<i.value % kColumns>{});
  });
}

}  // namespace
}  // namespace sotto::cpu::SOTTO_CPU_ISA
