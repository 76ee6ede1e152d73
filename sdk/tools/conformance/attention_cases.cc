// ATTENTION: every flag, rotation, norm, sink, window and cap, on awkward heads and one to four ranks, in one batch and in
// pieces.
#include "conformance/cases.h"
#include "conformance/tolerance.h"

namespace sotto::conformance {
namespace {

struct Case {
  const char* section;
  const char* what;
  uint32_t heads, kv_heads, head_dim;
  AttentionOptions options;
};

AttentionOptions rotated(uint32_t layout, uint32_t dims, float magnitude = 0) {
  AttentionOptions o;
  o.rotation = layout;
  o.rotary_dim = dims;
  o.magnitude = magnitude;
  return o;
}
template <class Change>
AttentionOptions with(AttentionOptions o, Change change) {
  change(o);
  return o;
}

constexpr const char *kHeads = "attention heads", *kRotation = "rotation", *kMask = "window, sink, cap",
                     *kNorms = "norm of q and k";

std::vector<Case> cases() {
  const AttentionOptions plain, halves = rotated(SOTTO_ROTATION_HALVES, 16);
  return {
      {kHeads, "4 heads of 16", 4, 4, 16, plain},
      {kHeads, "1 head of 1", 1, 1, 1, plain},
      {kHeads, "3 heads of 5, one KV head", 3, 1, 5, plain},
      {kHeads, "7 heads of 13", 7, 7, 13, plain},
      {kHeads, "8 heads of 16, 2 KV heads", 8, 2, 16, plain},
      {kHeads, "6 heads of 64, one KV head", 6, 1, 64, plain},
      {kHeads, "2 heads of 128, one KV head", 2, 1, 128, plain},
      {kHeads, "40 heads of 4, one KV head", 40, 1, 4, plain},
      {kHeads, "scale 0.5", 4, 4, 16, with(plain, [](auto& o) { o.scale = 0.5f; })},
      {kRotation, "halves layout, rotary_dim 16 of 16", 4, 2, 16, halves},
      {kRotation, "interleaved layout, rotary_dim 16 of 16", 4, 2, 16, rotated(SOTTO_ROTATION_INTERLEAVED, 16)},
      {kRotation, "halves layout, rotary_dim 6 of 20", 4, 2, 20, rotated(SOTTO_ROTATION_HALVES, 6)},
      {kRotation, "interleaved layout, rotary_dim 4 of 11", 2, 2, 11, rotated(SOTTO_ROTATION_INTERLEAVED, 4)},
      {kRotation, "halves layout, rotary_dim 16 of 24, magnitude 1.3", 4, 2, 24, rotated(SOTTO_ROTATION_HALVES, 16, 1.3f)},
      {kMask, "softcap 0.8", 4, 4, 16, with(plain, [](auto& o) { o.softcap = 0.8f, o.scale = 1; })},
      {kMask, "window 5", 4, 2, 16, with(halves, [](auto& o) { o.window = 5; })},
      {kMask, "window 1", 2, 2, 8, with(plain, [](auto& o) { o.window = 1; })},
      {kMask, "sink", 4, 2, 16, with(plain, [](auto& o) { o.sink = true; })},
      {kMask, "sink, window 3, softcap 2", 4, 2, 16, with(halves, [](auto& o) { o.sink = true, o.window = 3, o.softcap = 2; })},
      {kMask, "not causal", 4, 2, 16, with(halves, [](auto& o) { o.flags = SOTTO_ATTENTION_NOT_CAUSAL; })},
      {kNorms, "RMS norm before the rotation", 4, 2, 16, with(halves, [](auto& o) { o.norms = true; })},
      {kNorms, "RMS norm after the rotation", 4, 2, 16,
       with(halves, [](auto& o) { o.norms = true, o.flags = SOTTO_ATTENTION_NORM_AFTER; })},
      {kNorms, "layer norm with bias", 4, 2, 16,
       with(halves, [](auto& o) { o.norms = o.norm_biases = true, o.norm_kind = SOTTO_NORM_LAYER; })},
  };
}

Node attention_over(Net& net, const Node& x, const Case& c) {
  AttentionOptions o = c.options;
  o.heads = cut_heads(net.random(), c.heads, c.kv_heads, c.head_dim, net.ranks());
  LinearSpec q, kv;
  q.out = c.heads * c.head_dim;
  q.parts = o.heads.q_parts();
  kv.out = c.kv_heads * c.head_dim;
  kv.parts = o.heads.kv_parts();
  const Node a = net.linear(x, q), k = net.linear(x, kv), v = net.linear(x, kv);
  return net.attention(a, k, v, o);
}

// Three sequences in one batch; then, where rows see earlier ones only, token by token, in chunks, and mixed.
void compare_schedules(const Subject& subject, Recorder& record, Net& net, const Comparison& c, bool whole_only) {
  const std::vector<Sequence> sequences = {net.sequence(19), net.sequence(1), net.sequence(8)};
  const Results expected = expected_results(net, sequences);
  struct Way {
    const char* what;
    Schedule schedule;
  };
  std::vector<Way> ways = {{", one batch", one_batch(sequences)}};
  if (!whole_only) {
    ways.push_back({", token by token", chunks(sequences, 1)});
    ways.push_back({", 7 at a time", chunks(sequences, 7)});
    ways.push_back({", sequences mixed", shuffled(sequences, net.random())});
  }
  for (const Way& way : ways)
    compare(subject, record, net, sequences, way.schedule, {c.what + way.what, c.tolerance, c.options, &expected});
}

void of_section(const Subject& subject, Recorder& record, const char* section) {
  for (const Case& c : cases()) {
    if (c.section != section) continue;
    for (uint32_t ranks = 1; ranks <= 4; ++ranks) {
      Net net(ranks, 1100 + ranks);
      net.output(net.join(attention_over(net, net.input(32), c)));
      compare_schedules(subject, record, net,
                        {c.what + (", " + on_ranks(ranks)), 5 * float_tolerance(subject.tested), subject.options()},
                        (c.options.flags & SOTTO_ATTENTION_NOT_CAUSAL) != 0);
    }
  }
}

void read_again(const Subject& subject, Recorder& record) {
  for (const uint32_t ranks : {1u, 3u}) {
    Net net(ranks, 1200);
    const Node x = net.input(32);
    const Case c{"", "", 6, 3, 16, rotated(SOTTO_ROTATION_HALVES, 16)};
    const Node first = attention_over(net, x, c);
    AttentionOptions again = c.options;
    again.heads = {6, 3, 16, {net.slots[0].ranks, net.slots[0].ranks + ranks}};
    again.read_slot = 0;
    again.window = 4;
    again.norms = true;
    LinearSpec q;
    q.out = 96;
    q.parts = again.heads.q_parts();
    const Node second = net.read_attention(net.linear(x, q), again);
    net.output(net.join(net.add(first, second)));
    compare_schedules(subject, record, net,
                      {"two steps on one slot, the second READ_ONLY, " + on_ranks(ranks), 5 * float_tolerance(subject.tested),
                       subject.options()},
                      false);
  }
}

struct CacheType {
  uint32_t type;
  const char* name;
};
constexpr CacheType kCacheTypes[] = {{SOTTO_F32, "F32"}, {SOTTO_F16, "F16"}, {SOTTO_Q8_0, "Q8_0"}};

void cache_types(const Subject& subject, Recorder& record) {
  std::string refused;
  for (const CacheType& k : kCacheTypes) {
    for (const CacheType& v : kCacheTypes) {
      Net net(2, 1300);
      const Case c{"", "", 4, 2, 80, rotated(SOTTO_ROTATION_HALVES, 80)};
      net.output(net.join(attention_over(net, net.input(32), c)));
      RunnerOptions options = subject.options();
      options.k_type = k.type;
      options.v_type = v.type;
      const std::string what = std::string("k in ") + k.name + ", v in " + v.name;
      bool is_offered = true;
      record.check(what + ", offered", [&] {
        is_offered = Runner(subject.tested, net, options).status != SOTTO_UNSUPPORTED;
        expect(is_offered || k.type + v.type != SOTTO_F32, "a cache of float32 is refused");
      });
      if (!is_offered) {
        refused += (refused.empty() ? "" : "; ") + what;
        continue;
      }
      compare_schedules(subject, record, net, {what, 5 * cache_tolerance(subject.tested, k.type, v.type), options}, false);
    }
  }
  if (!refused.empty()) record.note("not offered, which is allowed: " + refused);
}

// Longer than any page or tile, and more threads than rows.
void long_contexts(const Subject& subject, Recorder& record) {
  for (const uint32_t threads : {1u, 2u, 5u}) {
    Net net(1, 1400, 1, 1200);
    net.output(attention_over(net, net.input(16), {"", "", 4, 2, 16, rotated(SOTTO_ROTATION_HALVES, 16)}));
    const std::vector<Sequence> sequences = {net.sequence(700)};
    RunnerOptions options = subject.options();
    options.threads = threads;
    options.tokens = 704;
    compare(subject, record, net, sequences, chunks(sequences, threads == 1 ? 32 : 29),
            {"700 tokens, " + std::to_string(threads) + " threads", 5 * float_tolerance(subject.tested), options});
  }
}

}  // namespace

Sections attention_sections() {
  Sections made;
  for (const char* section : {kHeads, kRotation, kMask, kNorms})
    made.push_back({section, [section](const Subject& subject, Recorder& record) { of_section(subject, record, section); }});
  made.push_back({"slots read again", read_again});
  made.push_back({"cache types", cache_types});
  made.push_back({"long contexts", long_contexts});
  return made;
}

}  // namespace sotto::conformance
