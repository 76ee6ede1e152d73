// grammar_random COUNT [SEED] [--print]: random schemas answered by a tiny model of random weights through the C interface,
// each answer checked by another reading of JSON Schema (unit/grammar/json_validator.h). With --print a line of JSON for each,
// for a third one: tests/e2e/check_answers.py. Exit 1 when an answer is not valid.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "sotto/sotto.hpp"
#include "unit/grammar/json_validator.h"
#include "unit/grammar/random_schema.h"

namespace sotto {
namespace {

struct Grammar {
  sotto_grammar* grammar = nullptr;
  Grammar(const Model& model, const std::string& schema, bool is_compact) {
    sotto_grammar_options o{};
    o.struct_size = sizeof o;
    o.flags = is_compact ? SOTTO_GRAMMAR_COMPACT : 0;
    o.max_recursion = 3;
    call([&](sotto_error* err) {
      return sotto_grammar_compile(model.get(), SOTTO_GRAMMAR_SCHEMA, str(schema), &o, &grammar, err);
    });
  }
  ~Grammar() { sotto_grammar_destroy(grammar); }
  Grammar(const Grammar&) = delete;
  Grammar& operator=(const Grammar&) = delete;
};

// The model's context is shorter than some answers: the session then begins anew, and the matcher goes on.
std::string answer(const Model& model, const Grammar& g, uint64_t seed) {
  sotto_matcher* matcher = nullptr;
  call([&](sotto_error* err) { return sotto_matcher_create(g.grammar, &matcher, err); });
  const std::unique_ptr<sotto_matcher, void (*)(sotto_matcher*)> owner(matcher, sotto_matcher_destroy);
  Session session(model);
  std::vector<uint32_t> ids;
  sotto_generate_result result{};
  result.struct_size = sizeof result;
  sotto_generate_options o{};
  o.struct_size = sizeof o;
  o.prompt_id_count = 2;
  o.temperature = 1;
  o.matcher = matcher;
  o.result = &result;
  o.on_token_user = &ids;
  o.on_token = [](void* user, uint32_t id, float) -> int32_t {
    return static_cast<std::vector<uint32_t>*>(user)->push_back(id), 0;
  };
  constexpr uint64_t kMostParts = 200;
  for (uint64_t part = 0; part < kMostParts; ++part) {
    const uint32_t prompt[] = {1, 2 + static_cast<uint32_t>((seed + part) % 300)};
    o.prompt_ids = prompt;
    o.seed = seed + part;
    session.generate(
        "", [](std::string_view) { return true; }, &o);
    if (result.finish != SOTTO_FINISH_CONTEXT) break;
    call([&](sotto_error* err) { return sotto_session_rewind(session.get(), 0, err); });
  }
  if (result.finish == SOTTO_FINISH_END) ids.pop_back();
  const bool has_ended = result.finish == SOTTO_FINISH_GRAMMAR || result.finish == SOTTO_FINISH_END;
  return model.detokenize(ids) + (has_ended ? "" : " (not ended)");
}

int run(int count, uint64_t seed, bool prints) {
  const Runtime runtime(SOTTO_PLUGIN_DIR);
  sotto_model_options options{};
  options.struct_size = sizeof options;
  options.backend = str("reference");
  const Model model(runtime, SOTTO_FIXTURES "/gguf/small-q8_0.gguf", &options);
  std::mt19937_64 random(seed);
  int wrong = 0, done = 0;
  while (done < count) {
    const std::string schema = grammar::random_schema(random).dump();
    const auto parsed = nlohmann::json::parse(schema);
    const Grammar g(model, schema, done % 2 == 0);
    for (int i = 0; i < 5 && done < count; ++i, ++done) {
      const std::string text = answer(model, g, random());
      const auto value = nlohmann::json::parse(text, nullptr, false);
      const std::string why = value.is_discarded() ? "no JSON" : grammar::invalid_because(value, parsed, parsed);
      if (!why.empty()) ++wrong, std::fprintf(stderr, "%s\n%s\n%s\n", why.c_str(), schema.c_str(), text.c_str());
      if (prints) std::printf("{\"schema\":%s,\"answer\":%s}\n", schema.c_str(), nlohmann::json(text).dump().c_str());
    }
  }
  std::fprintf(stderr, "%d answers of seed %llu, %d not valid\n", done, static_cast<unsigned long long>(seed), wrong);
  return wrong ? 1 : 0;
}

}  // namespace
}  // namespace sotto

int main(int argc, char** argv) try {
  const bool prints = argc > 1 && std::strcmp(argv[argc - 1], "--print") == 0;
  if (argc < 2) return 2;
  return sotto::run(std::atoi(argv[1]), argc > 2 && argv[2][0] != '-' ? std::strtoull(argv[2], nullptr, 10) : 1, prints);
} catch (const std::exception& e) {
  std::fprintf(stderr, "grammar_random: %s\n", e.what());
  return 1;
}
