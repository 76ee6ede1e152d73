// device.h - this machine as devices: one for each instruction set that it can run, the best first.
#pragma once

#include "sotto/types.h"

namespace sotto::cpu {

sotto_status describe_device(uint32_t device, sotto_device_info* out, sotto_error* err);

}  // namespace sotto::cpu
