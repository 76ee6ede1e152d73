// self_check.h: a few steps of a small model on a device, beside the same steps on another backend.
#pragma once

#include "host/plugin_host.h"

namespace sotto {

// Success: the device computes what `other` computes, within what rounding explains. Else the sentence says what is wrong.
Status self_check(const PluginHost& host, const Backend& tested, uint32_t device, const Backend& other);

}  // namespace sotto
