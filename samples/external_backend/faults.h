// faults.h: wrong on purpose. -DEXTERNAL_BACKEND_FAULT=n builds a copy with one fault, which the conformance kit must find and
// name; 0, the default, is the backend. Delete this file and what uses it from your own copy.
#pragma once

#ifndef EXTERNAL_BACKEND_FAULT
#define EXTERNAL_BACKEND_FAULT 0
#endif

namespace external::faults {

constexpr bool kWrongRotation = EXTERNAL_BACKEND_FAULT == 1;         // interleaved pairs are taken for halves
constexpr bool kStaleCacheRow = EXTERNAL_BACKEND_FAULT == 2;         // after a truncation the old keys stay
constexpr bool kLostBias = EXTERNAL_BACKEND_FAULT == 3;              // LINEAR forgets its bias
constexpr bool kLeak = EXTERNAL_BACKEND_FAULT == 4;                  // every run keeps a few KiB
constexpr bool kLateCancel = EXTERNAL_BACKEND_FAULT == 5;            // asks every 100 ms, promised are 20
constexpr bool kIgnoresUnknownFields = EXTERNAL_BACKEND_FAULT == 6;  // runs plans that say more than it knows

}  // namespace external::faults
