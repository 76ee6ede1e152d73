#include "assistant.h"
#include "json.h"

namespace sotto::assistant {

std::string details_json(const Outcome& outcome) {
  Json parts = Json::array(), calls = Json::array();
  for (const Heard& part : outcome.parts) {
    Json spans = Json::array();
    for (const Span& s : part.understood.spans)
      spans.push_back({{"slot", s.slot}, {"text", part.text.substr(s.begin, s.end - s.begin)}, {"confidence", s.probability}});
    Json guesses = Json::array();
    for (const Guess& g : part.understood.intents) guesses.push_back({{"intent", g.label}, {"confidence", g.probability}});
    parts.push_back({{"text", part.text},
                     {"intent", part.intent},
                     {"confidence", part.confidence},
                     {"out_of_scope", part.understood.out_of_scope},
                     {"spans", spans},
                     {"guesses", guesses}});
  }
  for (const Call& call : outcome.calls)
    calls.push_back({{"name", call.function},
                     {"arguments", Json::parse(call.arguments, nullptr, false)},
                     {"ok", call.ok},
                     {"result", Json::parse(call.result, nullptr, false)}});
  constexpr const char* kSources[] = {"", "template", "retrieved", "generated"};
  return written({{"heard", outcome.heard},
                  {"answer", outcome.answer},
                  {"source", kSources[outcome.source & 3]},
                  {"parts", parts},
                  {"calls", calls}});
}

}  // namespace sotto::assistant
