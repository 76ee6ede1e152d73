// bench.cc: `sotto bench`: how fast a model answers, beside how fast this machine reads memory.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "bench_ranks.h"
#include "bench_speculation.h"
#include "json.h"
#include "loading.h"
#include "machine.h"
#include "sotto/observe.h"

namespace sotto::tools {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  CommonOptions common;
  std::string model;
  uint32_t prompt_tokens = 256;
  uint32_t generated_tokens = 64;
  uint32_t repetitions = 5;
  bool profile = false;
  bool speculate = false;
};

Json to_json(const Spread& s) { return {{"min", s.min}, {"median", s.median}, {"max", s.max}}; }

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

// The same ids on every machine: a linear congruential generator over the vocabulary (Knuth's MMIX constants, upper bits).
std::vector<uint32_t> fixed_prompt(uint32_t count, uint32_t vocabulary) {
  std::vector<uint32_t> ids(count);
  uint64_t state = 1;
  for (uint32_t& id : ids) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    id = static_cast<uint32_t>((state >> 33) % vocabulary);
  }
  return ids;
}

// With an empty prompt the answer before it goes on. Without guesses: they would make a loop of the answer a figure.
TimedAnswer generate(Console& console, const SessionHandle& session, const std::vector<uint32_t>& prompt, uint32_t count) {
  return time_answer(console, session, {&prompt, count});
}

TimedAnswer repeat(Console& console, const SessionHandle& session, const std::vector<uint32_t>& prompt, uint32_t count) {
  rewind(session);
  return generate(console, session, prompt, count);
}

// One phase, counted by the backend: the prompt's steps, or those of the answer.
struct Phase {
  std::vector<sotto_profile_row> rows;
  double seconds = 0;
};

int32_t take_row(void* user, const sotto_profile_row* row) {
  static_cast<std::vector<sotto_profile_row>*>(user)->push_back(*row);
  return 0;
}

struct Measured {
  Phase prompt, answer;
  sotto_model_facts facts{};
  Spread prefill, decode, first_token_ms;
  double load_ms = 0;
  double cache_bytes_per_token = 0;
  uint64_t peak_resident = 0;
  uint64_t hash = 0;
  Communication communication;
  std::vector<SpeculationRow> speculation;
};

// Of the decode alone: the prefill's steps have other sizes.
Communication measure_communication(Console& console, const ModelHandle& model, const SessionHandle& session,
                                    const std::vector<uint32_t>& prompt, uint32_t count) {
  repeat(console, session, prompt, 1);
  const sotto_traffic before = traffic_of(model);
  generate(console, session, {}, count - 1);
  return communication_between(before, traffic_of(model));
}

// What the prompt's steps take: an answer of one token. What the answer's take: the rest, behind the cached prompt.
void profile(Console& console, const Options& o, const ModelHandle& model, const SessionHandle& session,
             const std::vector<uint32_t>& prompt, Measured* m) {
  const auto counted = [&](Phase* phase, const std::vector<uint32_t>& ids, uint32_t count, bool from_start) {
    if (from_start) rewind(session);
    call([&](sotto_error* err) { return sotto_model_profile_begin(model.get(), err); });
    const Clock::time_point start = Clock::now();
    generate(console, session, ids, count);
    phase->seconds = seconds_between(start, Clock::now());
    call([&](sotto_error* err) { return sotto_model_profile_end(model.get(), take_row, &phase->rows, err); });
  };
  counted(&m->prompt, prompt, 1, true);
  counted(&m->answer, {prompt.back()}, o.generated_tokens, false);
}

uint32_t context_for(const Options& o) {
  constexpr uint32_t kProfiled = 2;  // the token behind the prompt, and the one that the counted answer begins with
  const uint32_t plain = o.prompt_tokens + o.generated_tokens + (o.profile ? kProfiled : 0);
  return o.speculate ? std::max(plain, speculation_context(o.generated_tokens)) : plain;
}

Measured measure(Console& console, const Options& o) {
  Measured m;
  const Runtime runtime = open_runtime(o.common);
  const Clock::time_point start = Clock::now();
  const ModelHandle model = open_model(console, runtime, o.model, o.common, {SOTTO_MODEL_STAYS, context_for(o)});
  m.load_ms = 1e3 * seconds_between(start, Clock::now());
  m.facts = facts_of(model);
  const SessionHandle session = open_session(model);
  const std::vector<uint32_t> prompt = fixed_prompt(o.prompt_tokens, m.facts.vocabulary);
  m.hash = repeat(console, session, prompt, o.generated_tokens).hash;  // warms caches and pages up; not counted

  ProgressBar bar("measuring", o.common.quiet);
  std::vector<double> prefill, decode, first_token_ms;
  for (uint32_t i = 0; i < o.repetitions; ++i) {
    const TimedAnswer r = repeat(console, session, prompt, o.generated_tokens);
    if (r.hash != m.hash)
      throw Error(SOTTO_INTERNAL,
                  fmt::format("measuring {}: repetition {} gave other ids than the first: speed without the right "
                              "answer is no speed",
                              m.facts.name, i + 1)
                      .c_str());
    prefill.push_back(o.prompt_tokens / r.prefill_seconds());
    decode.push_back((o.generated_tokens - 1) / r.decode_seconds());
    first_token_ms.push_back(1e3 * r.prefill_seconds());
    bar.show(static_cast<double>(i + 1) / o.repetitions);
  }
  if (m.facts.ranks > 1) m.communication = measure_communication(console, model, session, prompt, o.generated_tokens);
  m.prefill = spread_of(prefill);
  m.decode = spread_of(decode);
  m.first_token_ms = spread_of(first_token_ms);
  sotto_counters counters{};
  counters.struct_size = sizeof counters;
  call([&](sotto_error* err) { return sotto_session_counters(session.get(), &counters, err); });
  const uint32_t held = sotto_session_position(session.get());
  m.cache_bytes_per_token = held != 0 ? static_cast<double>(counters.cache_bytes) / held : 0;
  m.peak_resident = peak_resident_bytes();
  if (o.profile) profile(console, o, model, session, prompt, &m);
  if (o.speculate)
    m.speculation = measure_speculation(console, model, session, o.generated_tokens, o.repetitions, o.common.quiet);
  return m;
}

Json all_reduce_us(const Communication& c) {
  for (const Collective& x : c.collectives)
    if (std::string_view(x.name) == "all-reduce") return x.microseconds;
  return nullptr;
}

Json rows_of(const Phase& phase) {
  Json rows = Json::array();
  for (const sotto_profile_row& r : phase.rows)
    rows.push_back({{"name", r.name},
                    {"calls", r.calls},
                    {"ms", static_cast<double>(r.nanoseconds) / 1e6},
                    {"bytes", r.bytes},
                    {"products", r.products}});
  return {{"ms", 1e3 * phase.seconds}, {"rows", rows}};
}

void print_phase(const char* name, const Phase& phase, double limit) {
  write_text(fmt::format("\n{:<26} {:>7} {:>9} {:>5} {:>8} {:>9} {:>12}\n", name, "calls", "ms", "%", "GB/s", "% limit",
                         "Gproducts/s"));
  double told = 0;
  for (const sotto_profile_row& r : phase.rows) {
    const double seconds = static_cast<double>(r.nanoseconds) / 1e9, rate = static_cast<double>(r.bytes) / 1e9 / seconds;
    told += seconds;
    write_text(fmt::format("{:<26} {:>7} {:>9.2f} {:>5.1f} {:>8.2f} {:>9.0f} {:>12.2f}\n", r.name, r.calls, 1e3 * seconds,
                           100 * seconds / phase.seconds, rate, limit > 0 ? 100 * rate / limit : 0,
                           static_cast<double>(r.products) / 1e9 / seconds));
  }
  write_text(fmt::format("{:<26} {:>7} {:>9.2f} {:>5.1f}\n", "outside of the steps", "", 1e3 * (phase.seconds - told),
                         100 * (phase.seconds - told) / phase.seconds));
}

void run(Console& console, const Options& o) {
  if (o.generated_tokens < 2) throw UsageError("bench: -n must be 2 at least, the first token belongs to the prefill");
  const uint32_t threads = o.common.threads != 0 ? o.common.threads : usable_cores();
  const Measured m = measure(console, o);  // the model is gone again: its threads do not disturb what follows
  const double limit = read_bandwidth(threads);
  // A step in the middle of the answer reads the weights and the cache so far.
  const double bytes_per_token =
      static_cast<double>(m.facts.weight_bytes) + m.cache_bytes_per_token * (o.prompt_tokens + o.generated_tokens / 2.0);
  const double read = bytes_per_token * m.decode.median / 1e9;
  const double percent = limit > 0 ? 100 * read / limit : 0;
  const std::string hash = fmt::format("{:016x}", m.hash);
  if (o.common.json) {
    Json told{{"model", m.facts.name[0] != '\0' ? m.facts.name : model_path(o.model)},
              {"backend", m.facts.backend},
              {"device", m.facts.device},
              {"ranks", m.facts.ranks},
              {"threads", threads},
              {"weight_type", m.facts.weight_type},
              {"prompt_tokens", o.prompt_tokens},
              {"generated_tokens", o.generated_tokens},
              {"repetitions", o.repetitions},
              {"prefill_tokens_per_s", to_json(m.prefill)},
              {"decode_tokens_per_s", to_json(m.decode)},
              {"first_token_ms", m.first_token_ms.median},
              {"load_ms", m.load_ms},
              {"peak_rss_mb", static_cast<double>(m.peak_resident) / 1e6},
              {"model_mb", static_cast<double>(m.facts.file_bytes) / 1e6},
              {"bytes_per_token", static_cast<uint64_t>(bytes_per_token)},
              {"read_gb_per_s", read},
              {"limit_gb_per_s", limit},
              {"percent_of_limit", percent},
              {"all_reduce_us", all_reduce_us(m.communication)},
              {"communication", to_json(m.communication)},
              {"output_hash", hash}};
    if (o.profile) told["profile"] = {{"prompt", rows_of(m.prompt)}, {"answer", rows_of(m.answer)}};
    if (o.speculate) told["speculation"] = to_json(m.speculation);
    return print_json(told);
  }
  const auto row = [](const char* name, const std::string& value) { write_text(fmt::format("{:<13} {}\n", name, value)); };
  const auto spread = [](const Spread& s) { return fmt::format("{:.1f} tokens/s ({:.1f} .. {:.1f})", s.median, s.min, s.max); };
  row("model", fmt::format("{} ({}, {})", m.facts.name, m.facts.weight_type, megabytes(m.facts.file_bytes)));
  row("backend", fmt::format("{} on {}, {} rank{}, {} thread{}", m.facts.backend, m.facts.device, m.facts.ranks,
                             m.facts.ranks == 1 ? "" : "s", threads, threads == 1 ? "" : "s"));
  row("prefill", fmt::format("{} for {} tokens", spread(m.prefill), o.prompt_tokens));
  row("decode", fmt::format("{} for {} tokens", spread(m.decode), o.generated_tokens));
  row("first token", fmt::format("{:.1f} ms", m.first_token_ms.median));
  row("load", fmt::format("{:.1f} ms", m.load_ms));
  row("peak memory", megabytes(m.peak_resident));
  row("read", fmt::format("{:.2f} GB/s = {:.0f} % of {:.2f} GB/s, {} a token", read, percent, limit,
                          megabytes(static_cast<unsigned long long>(bytes_per_token))));
  print(m.communication);
  row("output hash", hash);
  if (o.speculate) print(m.speculation);
  if (!o.profile) return;
  print_phase("prompt", m.prompt, limit);
  print_phase("answer", m.answer, limit);
}

}  // namespace

Action declare_bench(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  declare_model(app, &o->model);
  app.add_option("-p,--prompt-tokens", o->prompt_tokens, "tokens of the prompt: fixed pseudo-random ids (256)")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("-n,--generated-tokens", o->generated_tokens, "greedy tokens after it (64)")->check(CLI::Range(2, 1 << 20));
  app.add_option("-r,--repetitions", o->repetitions, "repetitions after one that is not counted (5)")
      ->check(CLI::Range(1, 1000));
  app.add_flag("--profile", o->profile, "where the time goes, per kind of step, from one more repetition");
  app.add_flag("--speculate", o->speculate, "what guessing ahead gains and costs, in dialogues that repeat much or nothing");
  declare_common(app, &o->common);
  return [o](Console& console) { run(console, *o); };
}

}  // namespace sotto::tools
