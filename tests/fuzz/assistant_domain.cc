// assistant_domain.cc: any bytes as a domain's JSON, and as the replies of a function. What is taken is used: every intent is
// found again, its slots have types, lines are indexed and templates filled.
#include "assistant/domain.h"

#include <nlohmann/json.hpp>

#include "assistant/retrieval.h"
#include "assistant/speak.h"
#include "refusal.h"
#include "target.h"

namespace sotto::fuzz {
namespace {

void speak(const assistant::BothReplies& both) {
  for (const assistant::Replies& replies : both)
    for (const auto* templates : {&replies.done, &replies.failed, &replies.confirm}) {
      const std::string said = assistant::pick(*templates, {{"name", "{percent} lamp"}, {"percent", "30%"}}, 3);
      FUZZ_CHECK(said.empty() || !templates->empty());
    }
}

}  // namespace

FUZZ_TARGET(assistant_domain) {
  Input in(data, size);
  const bool is_replies = in.byte() % 8 == 0;
  check_refusals([&] {
    if (is_replies) return speak(assistant::read_replies(in.rest(), "the replies of \"x\""));
    const assistant::Domain domain = assistant::Domain::read(in.rest());
    const nlohmann::json intents = nlohmann::json::parse(in.rest()).value("intents", nlohmann::json::object());
    for (const auto& [name, unused] : intents.items()) {
      const assistant::Intent* intent = domain.find(name);
      FUZZ_CHECK(intent != nullptr);
      for (const std::string& slot : intent->slots) {
        (void)domain.type_of(slot);
        FUZZ_CHECK(intent->has_slot(slot));
      }
      speak(intent->replies);
    }
    for (size_t i = 0; i < assistant::kLanguages; ++i) {
      const auto language = static_cast<assistant::Language>(i);
      const assistant::LineIndex talk(domain.talk(language));
      const auto found = talk.find("hello 你好");
      FUZZ_CHECK(found.line == nullptr || (found.score >= 0 && found.score <= 1 + 1e-9));
    }
  });
}

}  // namespace sotto::fuzz
