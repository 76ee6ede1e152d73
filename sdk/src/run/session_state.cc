// session_state.cc: a session as bytes and back. Layout, little endian: "SOTTOSES", version, token count, tokens in the cache,
// 0, bytes of the cache, the model's hash (64 hexadecimal digits), tokens, the cache in the neutral layout of backend.h,
// XXH3-128 of all before. It finds damage and edits, not malice: what a session may hold is checked by itself.
#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "run/session.h"

namespace sotto {
namespace {

constexpr char kMagic[] = "SOTTOSES";
constexpr uint32_t kVersion = 1;
constexpr size_t kMagicBytes = 8, kHashBytes = 64, kDigestBytes = 16;

struct Header {
  uint32_t version, tokens, computed, reserved;
  uint64_t cache_bytes;
};
static_assert(sizeof(Header) == 24);
constexpr size_t kHeadBytes = kMagicBytes + sizeof(Header) + kHashBytes;

XXH128_canonical_t digest_of(const void* bytes, size_t size) {
  XXH128_canonical_t digest;
  XXH128_canonicalFromHash(&digest, XXH3_128bits(bytes, size));
  return digest;
}

// A saved session whose form is right.
struct State {
  Header header;
  std::vector<uint32_t> tokens;
  Span<const uint8_t> cache;
};

Result<State> read_state(Span<const uint8_t> bytes, const Engine& engine) {
  const auto bad = [](std::string_view what) { return Status(SOTTO_BAD_FILE, fmt::format("restoring a session: {}", what)); };
  if (bytes.size() < kHeadBytes + kDigestBytes || std::memcmp(bytes.data(), kMagic, kMagicBytes) != 0)
    return bad(fmt::format("the {} bytes are no saved session, or cut off", bytes.size()));
  State state;
  Header& h = state.header;
  std::memcpy(&h, bytes.data() + kMagicBytes, sizeof h);
  if (h.version != kVersion)
    return Status(SOTTO_UNSUPPORTED, fmt::format("restoring a session: format {}, this version reads {}", h.version, kVersion));
  const uint64_t room = bytes.size() - kHeadBytes - kDigestBytes;
  if (h.tokens > room / 4 || h.cache_bytes != room - uint64_t{h.tokens} * 4 || h.computed > h.tokens || h.reserved != 0)
    return bad("its sizes do not agree: it was cut or edited");
  const XXH128_canonical_t digest = digest_of(bytes.data(), bytes.size() - kDigestBytes);
  if (std::memcmp(digest.digest, bytes.data() + bytes.size() - kDigestBytes, kDigestBytes) != 0)
    return bad("its checksum is wrong: it was damaged or edited");
  const std::string_view hash(reinterpret_cast<const char*>(bytes.data()) + kMagicBytes + sizeof h, kHashBytes);
  if (hash != engine.hash())
    return Status(SOTTO_MISMATCH, fmt::format("restoring a session: it was saved with model {:.8}..., this is model {:.8}...",
                                              hash, engine.hash()));
  if (h.cache_bytes != h.computed * neutral_bytes_per_token(engine.plan()))
    return bad(fmt::format("{} bytes of cache for {} tokens, expected {} each", h.cache_bytes, h.computed,
                           neutral_bytes_per_token(engine.plan())));
  state.tokens.resize(h.tokens);
  if (h.tokens) std::memcpy(state.tokens.data(), bytes.data() + kHeadBytes, state.tokens.size() * 4);
  const uint32_t vocabulary = engine.file()->config().vocabulary;
  if (std::any_of(state.tokens.begin(), state.tokens.end(), [&](uint32_t t) { return t >= vocabulary; }))
    return bad("it holds a token that the vocabulary lacks");
  state.cache = bytes.part(kHeadBytes + state.tokens.size() * 4, static_cast<size_t>(h.cache_bytes));
  return state;
}

}  // namespace

Status Session::save(uint8_t* buffer, uint64_t capacity, uint64_t* size) {
  if (!buffer && capacity)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("a capacity of {} was given with a NULL buffer", capacity));
  const Program& p = engine_.program();
  Scheduler::Turn turn(engine_.scheduler());
  // What a lost rank had of the cache is computed again from the tokens.
  const uint32_t computed = p.is_lost() ? 0 : stream_.computed.load();
  const Header h{kVersion, static_cast<uint32_t>(tokens_.size()), computed, 0,
                 computed * neutral_bytes_per_token(engine_.plan())};
  const uint64_t needed = kHeadBytes + uint64_t{h.tokens} * 4 + h.cache_bytes + kDigestBytes;
  if (capacity < needed) {
    *size = needed;
    return {};
  }
  uint8_t* at = buffer;
  const auto put = [&](const void* bytes, size_t count) {
    if (count) std::memcpy(at, bytes, count);
    at += count;
  };
  put(kMagic, kMagicBytes);
  put(&h, sizeof h);
  put(engine_.hash().data(), kHashBytes);
  put(tokens_.data(), tokens_.size() * 4);
  if (computed) {
    SOTTO_TRY(p.export_tokens(engine_.plan(), stream_.sequence, 0, computed, at, h.cache_bytes));
    at += h.cache_bytes;
  }
  const XXH128_canonical_t digest = digest_of(buffer, static_cast<size_t>(at - buffer));
  put(digest.digest, kDigestBytes);
  *size = needed;
  return {};
}

Status Session::restore(Span<const uint8_t> bytes) {
  SOTTO_ASSIGN(const State state, read_state(bytes, engine_));
  const uint32_t computed = state.header.computed;
  if (state.tokens.size() > context_tokens_)
    return Status(SOTTO_CONTEXT_FULL,
                  fmt::format("restoring a session of {} tokens into a context of {}", state.tokens.size(), context_tokens_));
  const Program& p = engine_.program();
  {
    Scheduler::Turn turn(engine_.scheduler());
    turn.sequences().release(stream_);
    // Without a place, or room for them, the tokens are computed again when the session goes on.
    Status s(SOTTO_CONTEXT_FULL, "");
    SOTTO_ASSIGN(const bool has_place, computed ? turn.sequences().acquire(stream_) : Result<bool>(false));
    if (has_place) {
      Claim claim(turn.sequences(), stream_);
      do {
        s = p.import_tokens(stream_.sequence, computed, state.cache);
      } while (s.code() == SOTTO_CONTEXT_FULL && turn.sequences().make_room(stream_));
      if (s.ok()) {
        stream_.computed = computed;
        claim.keep();
      }
    }
    if (!s.ok() && s.code() != SOTTO_CONTEXT_FULL) return s;
  }
  tokens_.assign(state.tokens.begin(), state.tokens.end());
  set_position();
  if (adapters_.size() > 1) {
    adapters_.erase(adapters_.begin(), adapters_.end() - 1);
    loras_.erase(loras_.begin(), loras_.end() - 1);
  }
  if (!adapters_.empty()) adapters_.back().position = position();
  return {};
}

}  // namespace sotto
