// byte_range.h: a run of bytes of a text.
#pragma once

#include <cstddef>

namespace sotto {

struct ByteRange {
  size_t first = 0;
  size_t count = 0;
};

}  // namespace sotto
