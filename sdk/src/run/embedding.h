// embedding.h: the hidden states of a text pooled into one vector, on a session.
#pragma once

#include "run/session.h"
#include "sotto/hidden.h"

namespace sotto {

// vector: [hidden]. The tokens become part of the session.
Status embed(Session& session, Span<const uint32_t> ids, const sotto_embed_options& options, float* vector);

}  // namespace sotto
