#include "text/grammar/mask_cache.h"

#include <algorithm>
#include <unordered_map>

#include "text/grammar/limits.h"

namespace sotto::grammar {
namespace {

constexpr uint64_t kMostClassSteps = 20000000;

void set_bit(uint64_t* bits, uint32_t id) { bits[id / 64] |= uint64_t{1} << id % 64; }
bool has_bit(const uint64_t* bits, uint32_t id) { return bits[id / 64] >> id % 64 & 1; }

uint64_t mixed(uint64_t h, uint64_t x) {
  h = (h ^ x) * 0x9E3779B97F4A7C15ull;
  return h ^ h >> 32;
}

}  // namespace

MaskCache::MaskCache(std::shared_ptr<const Compiled> grammar, std::shared_ptr<const TokenOrder> order)
    : grammar_(std::move(grammar)), order_(std::move(order)) {
  find_classes();
  masks_.resize(class_count_);
}

// Moore's refinement (1956), one round for each byte of the longest token: states that agree so far have the same mask. A text
// of at most a thousand characters has a thousand states, most of which are alike.
void MaskCache::find_classes() {
  const Compiled& g = *grammar_;
  const uint32_t count = g.state_count();
  classes_.resize(count);
  // What a mask depends on beside the edges: the end of the rule, and which rule it is, for what may follow.
  for (uint32_t s = 0; s < count; ++s) classes_[s] = g.states[s].rule * 2 + (g.states[s].is_final ? 1 : 0);
  class_count_ = 0;
  uint64_t steps = 0;
  std::vector<uint32_t> next(count);
  for (size_t round = 0; round < order_->longest() + 1; ++round) {
    std::unordered_map<uint64_t, uint32_t> seen;
    for (uint32_t s = 0; s < count; ++s) {
      uint64_t h = mixed(1, classes_[s]);
      for (uint32_t e = g.states[s].first_edge; e < g.states[s + 1].first_edge; ++e, ++steps)
        h = mixed(h, (uint64_t{g.edges[e].first} << 8 | g.edges[e].last) << 32 | classes_[g.edges[e].to]);
      for (uint32_t c = g.states[s].first_call; c < g.states[s + 1].first_call; ++c, ++steps)
        h = mixed(mixed(h, (uint64_t{g.calls[c].rule} + 1) << 48), classes_[g.calls[c].to]);
      next[s] = seen.emplace(h, static_cast<uint32_t>(seen.size())).first->second;
    }
    const bool is_stable = seen.size() == class_count_;
    class_count_ = static_cast<uint32_t>(seen.size());
    classes_.swap(next);
    if (is_stable) return;
    if (steps > kMostClassSteps) break;
  }
  if (steps <= kMostClassSteps) return;
  for (uint32_t s = 0; s < count; ++s) classes_[s] = s;
  class_count_ = count;
}

// From the state's own edges: what it calls and whom it returns to have masks of their own.
MaskCache::Mask MaskCache::compute(uint32_t state) const {
  Mask mask;
  std::vector<uint64_t> bits(order_->words());
  uint32_t allowed = 0;
  Matcher m = Matcher::inside(*grammar_, state);
  const Compiled::Bytes& follow = grammar_->follow[grammar_->states[state].rule];
  const TokenOrder& order = *order_;
  constexpr size_t kNowhere = SIZE_MAX;
  size_t left_at = kNowhere;  // the least length at which the rule may have ended and the next byte may follow it
  for (uint32_t place = 0; place < order.size();) {
    const std::string_view text = order.text(place);
    const size_t shared = order.shared(place);
    if (m.depth() > shared) m.pop(m.depth() - shared);
    if (left_at >= shared) left_at = kNowhere;
    bool is_dead = m.depth() < shared;  // the place before got no further, in a part that is this one's too
    while (!is_dead && m.depth() < text.size()) {
      const size_t depth = m.depth();
      if (left_at == kNowhere && depth > 0 && m.has_left() && follow[static_cast<uint8_t>(text[depth])]) left_at = depth;
      is_dead = !m.push(static_cast<uint8_t>(text[depth]));
    }
    if (m.is_exhausted()) {  // let the matcher itself say so
      mask.open.push_back(place++);
      continue;
    }
    if (!is_dead) {
      set_bit(bits.data(), order.id(place));
      ++allowed;
      ++place;
    } else if (left_at != kNowhere) {
      mask.open.push_back(place++);
    } else {
      place = order.behind(place, m.depth() + 1);
    }
  }
  if (allowed * 2 < bits.size()) {
    for (uint32_t id = 0; id < order.logits(); ++id)
      if (has_bit(bits.data(), id)) mask.few.push_back(id);
  } else {
    mask.bits = std::move(bits);
  }
  mask.steps = m.steps();
  return mask;
}

MaskCache::MaskRef MaskCache::mask_of(uint32_t state) const {
  const uint32_t c = classes_[state];
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (masks_[c]) return masks_[c];
  }
  auto made = std::make_shared<const Mask>(compute(state));
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!masks_[c] && bytes_ + made->bytes() <= kMostCachedBytes) {
    bytes_ += made->bytes();
    ++kept_;
    masks_[c] = made;
  }
  return made;
}

Status MaskCache::fill(Matcher* matcher, uint64_t* bits) const {
  const TokenOrder& order = *order_;
  std::fill_n(bits, order.words(), uint64_t{0});
  std::vector<uint32_t> open;
  for (const Matcher::Item& item : *matcher) {
    const MaskRef mask = mask_of(item.state);
    for (size_t i = 0; i < mask->bits.size(); ++i) bits[i] |= mask->bits[i];
    for (const uint32_t id : mask->few) set_bit(bits, id);
    open.insert(open.end(), mask->open.begin(), mask->open.end());
  }
  std::sort(open.begin(), open.end());
  open.erase(std::unique(open.begin(), open.end()), open.end());
  const uint64_t before = matcher->steps();
  const size_t start = matcher->depth();
  size_t matched = 0;  // bytes of the token in hand that are pushed
  std::string_view last;
  for (const uint32_t place : open) {
    if (has_bit(bits, order.id(place))) continue;
    const std::string_view text = order.text(place);
    size_t shared = 0;
    while (shared < std::min(text.size(), last.size()) && text[shared] == last[shared]) ++shared;
    const bool got_stuck = matched < last.size() && shared > matched;
    if (got_stuck) continue;  // at the same byte
    matcher->pop(matched - std::min(matched, shared));
    matched = std::min(matched, shared);
    last = text;
    while (matched < text.size() && matcher->push(static_cast<uint8_t>(text[matched]))) ++matched;
    if (matched == text.size()) set_bit(bits, order.id(place));
    if (matcher->is_exhausted() || matcher->steps() - before > kMostMaskSteps) {
      matcher->pop(matcher->depth() - start);
      return Status(SOTTO_UNSUPPORTED, "the grammar is too ambiguous for this text: there are too many ways to read it");
    }
  }
  matcher->pop(matcher->depth() - start);
  return {};
}

void MaskCache::prepare(uint64_t steps) const {
  std::vector<bool> done(class_count_);
  for (uint32_t s = 0; s < grammar_->state_count(); ++s) {
    if (grammar_->states[s].first_edge == grammar_->states[s + 1].first_edge || done[classes_[s]]) continue;
    done[classes_[s]] = true;
    const uint64_t taken = mask_of(s)->steps + order_->size() / 16;
    if (taken > steps) return;
    steps -= taken;
  }
}

uint64_t MaskCache::bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return bytes_;
}

uint32_t MaskCache::masks() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return kept_;
}

}  // namespace sotto::grammar
