// peer_llama.cc - llama.cpp or ik_llama.cpp (-DPEER_IK) measured as `sotto bench` measures: the same prompt ids, prefill to the
// first token, then greedy decode. Links to the peer's library only, so that nothing of its tools has to be built.
//
//   peer_llama MODEL.gguf [prompt 256] [generated 64] [threads 2] [repetitions 1] [repack 1]
//
// Prints one JSON object a repetition: tokens per second, first token in ms, peak memory, FNV-1a of the ids.
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "llama.h"

namespace {

using Clock = std::chrono::steady_clock;

double seconds(Clock::time_point from, Clock::time_point to) { return std::chrono::duration<double>(to - from).count(); }

// As fixed_prompt in sdk/tools/bench.cc.
std::vector<llama_token> fixed_prompt(uint32_t count, uint32_t vocabulary) {
  std::vector<llama_token> ids(count);
  uint64_t state = 1;
  for (llama_token& id : ids) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    id = static_cast<llama_token>((state >> 33) % vocabulary);
  }
  return ids;
}

struct Peer {
  llama_model* model = nullptr;
  llama_context* context = nullptr;
  uint32_t vocabulary = 0;

  bool open(const char* path, uint32_t tokens, int threads, bool repack) {
    llama_backend_init();
    llama_model_params m = llama_model_default_params();
    llama_context_params c = llama_context_default_params();
    c.n_ctx = tokens;
    c.n_batch = c.n_ubatch = 512;
    c.n_threads = c.n_threads_batch = static_cast<uint32_t>(threads);
#if defined(PEER_IK)
    m.repack_tensors = repack;
    m.use_mmap = !repack;
    model = llama_model_load_from_file(path, m);
    if (model == nullptr) return false;
    context = llama_init_from_model(model, c);
    vocabulary = static_cast<uint32_t>(llama_n_vocab(model));
#else
    m.use_extra_bufts = repack;
    model = llama_model_load_from_file(path, m);
    if (model == nullptr) return false;
    context = llama_init_from_model(model, c);
    vocabulary = static_cast<uint32_t>(llama_vocab_n_tokens(llama_model_get_vocab(model)));
#endif
    return context != nullptr;
  }
  void forget() {
#if defined(PEER_IK)
    llama_kv_cache_clear(context);
#else
    llama_memory_clear(llama_get_memory(context), true);
#endif
  }
  // The likeliest token behind `ids`, whose first has position `first`; -1: failed.
  llama_token feed(llama_batch& batch, const std::vector<llama_token>& ids, int first) {
    batch.n_tokens = static_cast<int32_t>(ids.size());
    for (size_t i = 0; i < ids.size(); ++i) {
      batch.token[i] = ids[i];
      batch.pos[i] = first + static_cast<int>(i);
      batch.n_seq_id[i] = 1;
      batch.seq_id[i][0] = 0;
      batch.logits[i] = i + 1 == ids.size() ? 1 : 0;
    }
    if (llama_decode(context, batch) != 0) return -1;
    const float* logits = llama_get_logits_ith(context, batch.n_tokens - 1);
    llama_token best = 0;
    for (uint32_t t = 1; t < vocabulary; ++t) {
      if (logits[t] > logits[best]) best = static_cast<llama_token>(t);
    }
    return best;
  }
};

bool repetition(Peer& peer, uint32_t prompt, uint32_t generated, bool print) {
  peer.forget();
  llama_batch batch = llama_batch_init(static_cast<int32_t>(prompt), 0, 1);
  const std::vector<llama_token> ids = fixed_prompt(prompt, peer.vocabulary);
  uint64_t hash = 0xcbf29ce484222325u;
  const auto take = [&](llama_token id) {
    for (int b = 0; b < 4; ++b) hash = (hash ^ ((static_cast<uint32_t>(id) >> (8 * b)) & 0xFFu)) * 0x100000001b3u;
  };
  const Clock::time_point start = Clock::now();
  llama_token id = peer.feed(batch, ids, 0);
  const Clock::time_point first = Clock::now();
  if (id >= 0) take(id);
  for (uint32_t i = 1; i < generated && id >= 0; ++i) {
    id = peer.feed(batch, {id}, static_cast<int>(prompt + i - 1));
    if (id >= 0) take(id);
  }
  const Clock::time_point last = Clock::now();
  llama_batch_free(batch);
  if (id < 0) return false;
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  if (print) {
    std::printf(
        "{\"prefill\": %.2f, \"decode\": %.2f, \"first_token_ms\": %.2f, \"peak_rss_mb\": %.1f, \"output_hash\": "
        "\"%016llx\"}\n",
        prompt / seconds(start, first), (generated - 1) / seconds(first, last), 1e3 * seconds(start, first),
        static_cast<double>(usage.ru_maxrss) * 1024 / 1e6, static_cast<unsigned long long>(hash));
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "peer_llama MODEL.gguf [prompt] [generated] [threads] [repetitions] [repack]\n");
    return 2;
  }
  const auto number = [&](int index, int otherwise) { return argc > index ? std::atoi(argv[index]) : otherwise; };
  const auto prompt = static_cast<uint32_t>(number(2, 256)), generated = static_cast<uint32_t>(number(3, 64));
  llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
  Peer peer;
  if (!peer.open(argv[1], prompt + generated, number(4, 2), number(6, 1) != 0)) {
    std::fprintf(stderr, "peer_llama: cannot open %s\n", argv[1]);
    return 1;
  }
  for (int r = -1; r < number(5, 1); ++r) {  // the first one warms up
    if (!repetition(peer, prompt, generated, r >= 0)) {
      std::fprintf(stderr, "peer_llama: %s: decoding failed\n", argv[1]);
      return 1;
    }
  }
  return 0;
}
