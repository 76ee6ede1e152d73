// cache_check.h - whether a cache can be of a size, and whether what a call asks of it is there.
#pragma once

#include "common/cells.h"
#include "sotto/backend.h"

namespace sotto::backend {

sotto_status check_cache_size(const char* backend, const sotto_cache_options& options, sotto_error* err);

// What a call asks of a sequence, and what the cache has.
struct AskedTokens {
  uint32_t sequence;
  uint64_t tokens;
  size_t sequences;
  uint32_t length;  // of the sequence, if there is one
};
// A sequence of the cache that has at least so many tokens.
sotto_status check_tokens(const char* backend, const AskedTokens& asked, sotto_error* err);
sotto_status check_tokens(const char* backend, const Cells& cells, uint32_t sequence, uint64_t tokens, sotto_error* err);

// Free cells for so many tokens.
sotto_status check_room(const char* backend, const Cells& cells, uint32_t tokens, sotto_error* err);

}  // namespace sotto::backend
