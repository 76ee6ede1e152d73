// memory.h - giving touched memory back to the operating system while its addresses stay taken.
#pragma once

#include <cstdint>

namespace sotto::cpu {

// The content becomes undefined; whole pages of the operating system inside go back. Best effort.
void give_back(uint8_t* memory, uint64_t bytes);

}  // namespace sotto::cpu
