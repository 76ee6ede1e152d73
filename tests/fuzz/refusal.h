// refusal.h: for readers that throw: what they refuse has a status and a sentence, and nothing else comes out of them.
#pragma once

#include <cstring>

#include "sotto/plugin.hpp"
#include "target.h"

namespace sotto::fuzz {

// `may_be_internal`: another part that lies is answered so.
template <class Body>
void check_refusals(Body&& body, bool may_be_internal = false) {
  try {
    body();
  } catch (const plugin::Failure& failure) {
    FUZZ_CHECK(failure.status() != SOTTO_OK && (may_be_internal || failure.status() != SOTTO_INTERNAL));
    FUZZ_CHECK(std::strlen(failure.what()) > 10);
  }
}

}  // namespace sotto::fuzz
