#include "bench_speculation.h"

#include <fmt/format.h>

#include "terminal.h"

namespace sotto::tools {
namespace {

struct Dialogue {
  const char* name;
  float temperature;
  std::vector<const char*> turns;
};

// What people say to a device, from much to be repeated to nothing. At temperature 4 hardly a token follows from what was said:
// every guess is lost.
const std::vector<Dialogue> kDialogues = {
    {"copying",
     0,
     {"Here is my list: two bottles of milk, a dozen eggs, brown bread, green apples, washing powder and a birthday card for "
      "Anna. Write my list again, one thing on each line.",
      "Add three lemons, and write the whole list again."}},
    {"small talk",
     0,
     {"Hello! I had a long day at work. Tell me something nice about the sea.", "And what could I cook tonight?",
      "Thank you. How does a kettle work?"}},
    {"Chinese", 0, {"你好，今天有点累，跟我说说大海吧。", "把你刚才说的话再说一遍。"}},
    {"small talk, temperature 0.8",
     0.8F,
     {"Hello! I had a long day at work. Tell me something nice about the sea.", "And what could I cook tonight?"}},
    {"copying, temperature 0.8",
     0.8F,
     {"Here is my list: two bottles of milk, a dozen eggs, brown bread, green apples, washing powder and a birthday card for "
      "Anna. Write my list again, one thing on each line."}},
    {"any words, temperature 4", 4, {"Say any words that come to your mind.", "More of them, please."}},
};
constexpr uint32_t kPromptTokensAtMost = 120;

std::vector<uint32_t> prompt_of(const ModelHandle& model, const char* turn) {
  const std::string messages = Json::array({{{"role", "user"}, {"content", turn}}}).dump();
  sotto_template_options t{};
  t.struct_size = sizeof t;
  t.messages = {messages.data(), messages.size()};
  std::vector<uint32_t> ids(1024);
  uint64_t count = 0;
  sotto_error err{sizeof err, SOTTO_OK, {}};
  const sotto_status status = sotto_template_tokenize(model.get(), &t, ids.data(), ids.size(), &count, &err);
  if (status != SOTTO_OK) return tokenize(model, turn, 0);  // a model without a template, or one of its own kind
  ids.resize(count);
  return ids;
}

struct Told {
  double seconds = 0;
  uint32_t tokens = 0, drafted = 0, accepted = 0;
  uint64_t hash = 0;
};

Told tell(Console& console, const SessionHandle& session, const std::vector<std::vector<uint32_t>>& prompts,
          const Dialogue& dialogue, uint32_t tokens, bool speculates) {
  Told told;
  rewind(session);
  for (const std::vector<uint32_t>& prompt : prompts) {
    const TimedAnswer a = time_answer(console, session, {&prompt, tokens, dialogue.temperature, speculates});
    told.seconds += a.decode_seconds();
    told.tokens += tokens - 1;  // the first is the prompt's
    told.drafted += a.drafted;
    told.accepted += a.accepted;
    told.hash = told.hash * 0x100000001b3u ^ a.hash;
  }
  return told;
}

}  // namespace

uint32_t speculation_context(uint32_t tokens) {
  size_t turns = 0;
  for (const Dialogue& d : kDialogues) turns = std::max(turns, d.turns.size());
  return static_cast<uint32_t>(turns) * (kPromptTokensAtMost + tokens);
}

std::vector<SpeculationRow> measure_speculation(Console& console, const ModelHandle& model, const SessionHandle& session,
                                                uint32_t tokens, uint32_t rounds, bool quiet) {
  ProgressBar bar("guessing ahead", quiet);
  std::vector<SpeculationRow> rows;
  for (const Dialogue& dialogue : kDialogues) {
    std::vector<std::vector<uint32_t>> prompts;
    for (const char* turn : dialogue.turns) prompts.push_back(prompt_of(model, turn));
    SpeculationRow row;
    row.name = dialogue.name;
    row.hash = tell(console, session, prompts, dialogue, tokens, false).hash;  // warms up; not counted
    std::vector<double> rates[2], gains;
    for (uint32_t round = 0; round < rounds; ++round) {
      double rate[2] = {};
      for (const bool second : {false, true}) {
        const bool speculates = second != (round % 2 == 1);
        const Told told = tell(console, session, prompts, dialogue, tokens, speculates);
        if (told.hash != row.hash)
          throw Error(SOTTO_INTERNAL, fmt::format("guessing ahead in \"{}\" changed the ids", dialogue.name).c_str());
        rate[speculates] = told.tokens / told.seconds;
        rates[speculates].push_back(rate[speculates]);
        row.tokens = told.tokens;
        if (speculates) row.drafted = told.drafted, row.accepted = told.accepted;
      }
      gains.push_back(rate[1] / rate[0]);
      bar.show((static_cast<double>(rows.size()) + static_cast<double>(round + 1) / rounds) /
               static_cast<double>(kDialogues.size()));
    }
    row.without = spread_of(rates[0]);
    row.with = spread_of(rates[1]);
    row.gain = spread_of(gains);
    rows.push_back(row);
  }
  return rows;
}

Json to_json(const std::vector<SpeculationRow>& rows) {
  const auto spread = [](const Spread& s) { return Json{{"min", s.min}, {"median", s.median}, {"max", s.max}}; };
  Json told = Json::array();
  for (const SpeculationRow& r : rows)
    told.push_back({{"dialogue", r.name},
                    {"tokens", r.tokens},
                    {"drafted", r.drafted},
                    {"accepted", r.accepted},
                    {"without_tokens_per_s", spread(r.without)},
                    {"with_tokens_per_s", spread(r.with)},
                    {"gain", spread(r.gain)},
                    {"output_hash", fmt::format("{:016x}", r.hash)}});
  return told;
}

void print(const std::vector<SpeculationRow>& rows) {
  write_text(fmt::format("\n{:<28} {:>7} {:>8} {:>8} {:>12} {:>9} {:>20} {:>17}\n", "guessing ahead", "tokens", "drafted",
                         "accepted", "without t/s", "with t/s", "gain", "output hash"));
  for (const SpeculationRow& r : rows)
    write_text(fmt::format("{:<28} {:>7} {:>8} {:>8} {:>12.1f} {:>9.1f} {:>20} {:>17x}\n", r.name, r.tokens, r.drafted,
                           r.accepted, r.without.median, r.with.median,
                           fmt::format("{:.2f} ({:.2f} .. {:.2f})", r.gain.median, r.gain.min, r.gain.max), r.hash));
}

}  // namespace sotto::tools
