#include "cache.h"

#include <algorithm>
#include <cinttypes>
#include <new>

#include "common/cache_check.h"
#include "common/report.h"
#include "program.h"

sotto_cache::sotto_cache(sotto_group& g, const sotto::reference::Lowered& lowered, const sotto_cache_options& options)
    : group(g), slots(lowered.slots) {
  for (const sotto::backend::Slot& slot : slots) {
    for (const sotto_rank_heads& rank : slot.ranks) {
      offsets_.push_back(cell_numbers_);
      cell_numbers_ += uint64_t{2} * rank.kv_heads * slot.head_dim;
    }
  }
  numbers_ = sotto::reference::allocate_numbers(cell_numbers_, options.tokens);
  cells = sotto::backend::Cells(options.tokens, options.sequences);
}

float* sotto_cache::k(uint32_t slot, uint32_t local_rank, uint32_t sequence, uint32_t position) {
  return numbers_.get() + cells[sequence].cells[position] * cell_numbers_ +
         offsets_[size_t{slot} * group.local_ranks + local_rank];
}

float* sotto_cache::v(uint32_t slot, uint32_t local_rank, uint32_t sequence, uint32_t position) {
  return k(slot, local_rank, sequence, position) + size_t{slots[slot].ranks[local_rank].kv_heads} * slots[slot].head_dim;
}

namespace sotto::reference {

using backend::fail;

sotto_status check_cache_options(const sotto_cache_options& o, sotto_error* err) {
  if (o.k_type != SOTTO_F32 || o.v_type != SOTTO_F32)
    return fail(err, SOTTO_UNSUPPORTED, "reference: a cache of types %u and %u; this backend has F32 (%u) only", o.k_type,
                o.v_type, SOTTO_F32);
  return backend::check_cache_size("reference", o, err);
}

sotto_status create_cache(const sotto_program& program, const sotto_cache_options& options, sotto_cache** out,
                          sotto_error* err) {
  try {
    *out = new sotto_cache(program.group, program.lowered, options);
    return SOTTO_OK;
  } catch (const std::bad_alloc&) {
    return fail(err, SOTTO_OUT_OF_MEMORY, "reference: no memory for a cache of %" PRIu64 " tokens; use fewer", options.tokens);
  }
}

}  // namespace sotto::reference
