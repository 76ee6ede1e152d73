// values_service.h: the host service "sotto.values/1", for skill plugins.
#pragma once

#include "sotto/values.h"

namespace sotto {

sotto_interface values_service();

}  // namespace sotto
