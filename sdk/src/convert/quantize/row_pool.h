// row_pool.h: threads that share the rows of one tensor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "base/status.h"

namespace sotto::quantize {

// Calls work(i) for every i below `count`, on up to `threads` threads, the caller's among them. Between its own pieces the
// caller's thread asks `go_on(pieces done)`; what it answers but success ends everything. The failure that is told is that of
// the lowest piece that failed, whatever the number of threads. The threads are joined when it returns; what `work` throws is
// thrown on.
Status for_each_piece(uint32_t threads, size_t count, const std::function<Status(size_t)>& work,
                      const std::function<Status(size_t)>& go_on);

}  // namespace sotto::quantize
