// session_state.cc: a session as bytes and back. Layout, little endian: "SOTTOSES", version, token count, tokens in the cache,
// bytes of the cache, the model's hash (64 hexadecimal digits), tokens, the cache in the neutral layout of backend.h, SHA-256
// of all before.
#include <fmt/format.h>

#include <cstring>

#include "base/sha256.h"
#include "host/plugin_call.h"
#include "run/session.h"

namespace sotto {
namespace {

constexpr char kMagic[] = "SOTTOSES";
constexpr uint32_t kVersion = 1;
constexpr size_t kMagicBytes = 8, kHashBytes = 64, kDigestBytes = 32;

struct Header {
  uint32_t version, tokens, computed, reserved;
  uint64_t cache_bytes;
};
static_assert(sizeof(Header) == 24);
constexpr size_t kHeadBytes = kMagicBytes + sizeof(Header) + kHashBytes;

}  // namespace

Result<std::vector<uint8_t>> Session::save() {
  const Program& p = engine_.program();
  std::vector<uint8_t> out;
  engine_.steps().enter([] { return false; });
  struct Leave {
    StepLock& lock;
    ~Leave() { lock.leave(); }
  } leave{engine_.steps()};
  Header h{kVersion, static_cast<uint32_t>(tokens_.size()), sequence_ == SOTTO_NONE ? 0 : computed_.load(), 0, 0};
  const auto export_to = [&](void* bytes, uint64_t* size) {
    return call_plugin(p.backend->id, "cache_export", [&](sotto_error* err) {
      return p.backend->table->cache_export(p.cache, sequence_, 0, h.computed, bytes, size, err);
    });
  };
  if (h.computed) SOTTO_TRY(export_to(nullptr, &h.cache_bytes));
  out.resize(kHeadBytes + tokens_.size() * 4 + static_cast<size_t>(h.cache_bytes) + kDigestBytes);
  std::memcpy(out.data(), kMagic, kMagicBytes);
  std::memcpy(out.data() + kMagicBytes, &h, sizeof h);
  std::memcpy(out.data() + kMagicBytes + sizeof h, engine_.hash().data(), kHashBytes);
  if (!tokens_.empty()) std::memcpy(out.data() + kHeadBytes, tokens_.data(), tokens_.size() * 4);
  if (h.computed) {
    uint64_t size = h.cache_bytes;
    SOTTO_TRY(export_to(out.data() + kHeadBytes + tokens_.size() * 4, &size));
  }
  const auto digest = Sha256().add(out.data(), out.size() - kDigestBytes).digest();
  std::memcpy(out.data() + out.size() - kDigestBytes, digest.data(), kDigestBytes);
  return out;
}

Status Session::restore(Span<const uint8_t> bytes) {
  const auto bad = [](std::string_view what) { return Status(SOTTO_BAD_FILE, fmt::format("restoring a session: {}", what)); };
  if (bytes.size() < kHeadBytes + kDigestBytes || std::memcmp(bytes.data(), kMagic, kMagicBytes) != 0)
    return bad("the bytes are no saved session, or cut off");
  Header h;
  std::memcpy(&h, bytes.data() + kMagicBytes, sizeof h);
  if (h.version != kVersion)
    return Status(SOTTO_UNSUPPORTED, fmt::format("restoring a session: format {}, this version reads {}", h.version, kVersion));
  const uint64_t room = bytes.size() - kHeadBytes - kDigestBytes;
  if (h.tokens > room / 4 || h.cache_bytes != room - uint64_t{h.tokens} * 4 || h.computed > h.tokens)
    return bad("its sizes do not agree: it was cut or edited");
  const auto digest = Sha256().add(bytes.data(), bytes.size() - kDigestBytes).digest();
  if (std::memcmp(digest.data(), bytes.data() + bytes.size() - kDigestBytes, kDigestBytes) != 0)
    return bad("its checksum is wrong: it was damaged or edited");
  const std::string_view hash(reinterpret_cast<const char*>(bytes.data()) + kMagicBytes + sizeof h, kHashBytes);
  if (hash != engine_.hash())
    return Status(SOTTO_MISMATCH,
                  fmt::format("restoring a session: it was saved with model {:.8}, this is model {:.8}", hash, engine_.hash()));
  if (h.tokens > context_tokens_)
    return Status(SOTTO_CONTEXT_FULL,
                  fmt::format("restoring a session of {} tokens into a context of {}", h.tokens, context_tokens_));
  std::vector<uint32_t> tokens(h.tokens);
  if (h.tokens) std::memcpy(tokens.data(), bytes.data() + kHeadBytes, tokens.size() * 4);
  for (const uint32_t t : tokens)
    if (t >= engine_.file()->config().vocabulary) return bad("it holds a token that the vocabulary lacks");
  SOTTO_TRY(rewind(0));
  const Program& p = engine_.program();
  engine_.steps().enter([] { return false; });
  Status s = h.computed ? engine_.acquire_sequence(*this) : Status();
  if (s.ok() && h.computed) {
    const uint8_t* cache = bytes.data() + kHeadBytes + size_t{h.tokens} * 4;
    const auto import_it = [&] {
      return call_plugin(p.backend->id, "cache_import", [&](sotto_error* err) {
        return p.backend->table->cache_import(p.cache, sequence_, h.computed, cache, h.cache_bytes, err);
      });
    };
    s = import_it();
    while (s.code() == SOTTO_CONTEXT_FULL && engine_.evict_one(*this)) s = import_it();
    computed_ = s.ok() ? h.computed : 0;
  }
  engine_.steps().leave();
  SOTTO_TRY(s);
  tokens_.assign(tokens.begin(), tokens.end());
  set_position();
  return {};
}

}  // namespace sotto
