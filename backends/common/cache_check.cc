#include "common/cache_check.h"

#include <cinttypes>

#include "common/report.h"

namespace sotto::backend {

sotto_status check_cache_size(const char* backend, const sotto_cache_options& o, sotto_error* err) {
  constexpr uint64_t kMostTokens = uint64_t{1} << 31;
  constexpr uint32_t kMostSequences = 1u << 20;
  if (o.tokens == 0 || o.tokens > kMostTokens || o.sequences == 0 || o.sequences > kMostSequences)
    return fail(err, SOTTO_INVALID_ARGUMENT, "%s: a cache of %" PRIu64 " tokens for %u sequences, at most 2^31 and 2^20",
                backend, o.tokens, o.sequences);
  return SOTTO_OK;
}

sotto_status check_tokens(const char* backend, const AskedTokens& asked, sotto_error* err) {
  if (asked.sequence >= asked.sequences)
    return fail(err, SOTTO_INVALID_ARGUMENT, "%s: sequence %u of %zu", backend, asked.sequence, asked.sequences);
  if (asked.tokens > asked.length)
    return fail(err, SOTTO_INVALID_ARGUMENT, "%s: %" PRIu64 " tokens of sequence %u, which has %u", backend, asked.tokens,
                asked.sequence, asked.length);
  return SOTTO_OK;
}

sotto_status check_tokens(const char* backend, const Cells& cells, uint32_t sequence, uint64_t tokens, sotto_error* err) {
  return check_tokens(backend, {sequence, tokens, cells.sequence_count(), cells.length(sequence)}, err);
}

sotto_status check_room(const char* backend, const Cells& cells, uint32_t tokens, sotto_error* err) {
  if (tokens <= cells.free_cells()) return SOTTO_OK;
  return fail(err, SOTTO_CONTEXT_FULL, "%s: %u tokens do not fit into the %" PRIu64 " free ones of the cache's %" PRIu64,
              backend, tokens, cells.free_cells(), cells.capacity());
}

}  // namespace sotto::backend
