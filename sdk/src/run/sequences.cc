#include "run/sequences.h"

#include <algorithm>
#include <tuple>

namespace sotto {
namespace {

// A session that generates keeps its place for so many steps, or until it rests so long: else two that share one place would
// compute their whole text again for every token.
constexpr uint32_t kShareSteps = 16;
constexpr std::chrono::milliseconds kRest{20};

}  // namespace

uint32_t Sequences::free_one() const {
  const auto free = std::find(owners_.begin(), owners_.end(), nullptr);
  return free == owners_.end() ? SOTTO_NONE : static_cast<uint32_t>(free - owners_.begin());
}

uint32_t Sequences::victim(const Stream& stream, bool with_rows) const {
  using Rank = std::tuple<int, uint64_t, std::chrono::steady_clock::time_point>;
  const auto now = std::chrono::steady_clock::now();
  Rank best{};
  uint32_t found = SOTTO_NONE;
  for (uint32_t s = 0; s < owners_.size(); ++s) {
    const Stream* o = owners_[s];
    if (!o || o == &stream || (with_rows && o->computed == 0)) continue;
    const uint64_t ticket = o->ticket;
    Rank rank{2, UINT64_MAX - ticket, o->last_step};
    if (ticket == 0) {
      const bool in_call = o->in_call;
      if (in_call && o->steps_held < kShareSteps && now - o->last_step < kRest) continue;
      rank = {in_call ? 1 : 0, 0, o->last_step};
    } else if (stream.ticket == 0 || ticket <= stream.ticket) {
      continue;
    }
    if (found != SOTTO_NONE && rank >= best) continue;
    best = rank;
    found = s;
  }
  return found;
}

Status Sequences::truncate(uint32_t sequence, uint32_t length) const { return program_.truncate(sequence, length); }

void Sequences::forget_all() {
  for (Stream*& owner : owners_) {
    if (!owner) continue;
    owner->sequence = SOTTO_NONE;
    owner->computed = 0;
    owner = nullptr;
  }
}

Status Sequences::move_to(Stream& stream, uint32_t sequence) {
  SOTTO_TRY(truncate(sequence, 0));
  owners_[sequence] = &stream;
  stream.sequence = sequence;
  stream.computed = 0;
  stream.steps_held = 0;
  stream.last_step = std::chrono::steady_clock::now();
  return {};
}

Result<bool> Sequences::acquire(Stream& stream) {
  if (stream.sequence != SOTTO_NONE) return true;
  uint32_t sequence = free_one();
  if (sequence == SOTTO_NONE) {
    sequence = victim(stream, false);
    if (sequence == SOTTO_NONE) return false;
    release(*owners_[sequence]);
  }
  SOTTO_TRY(move_to(stream, sequence));
  return true;
}

void Sequences::release(Stream& stream) noexcept {
  const uint32_t sequence = stream.sequence;
  if (sequence == SOTTO_NONE) return;
  owners_[sequence] = nullptr;
  stream.sequence = SOTTO_NONE;
  stream.computed = 0;
  // Only to give memory back: whoever gets the sequence next empties it, and is told if that fails.
  try {
    (void)truncate(sequence, 0);
  } catch (...) {  // no memory for the sentence of a failure
  }
}

bool Sequences::make_room(const Stream& stream) {
  const uint32_t sequence = victim(stream, true);
  if (sequence == SOTTO_NONE) return false;
  release(*owners_[sequence]);
  return true;
}

bool Sequences::others_hold_rows(const Stream& stream) const {
  return std::any_of(owners_.begin(), owners_.end(), [&](const Stream* o) { return o && o != &stream && o->computed > 0; });
}

void Sequences::release_idle() {
  for (Stream* owner : owners_)
    if (owner && !owner->in_call) release(*owner);
}

}  // namespace sotto
