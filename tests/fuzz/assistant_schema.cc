// assistant_schema.cc: any bytes as the JSON schema of a function's arguments. What is taken is used: every choice is JSON
// again, every range a number.
#include "assistant/schema.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "refusal.h"
#include "target.h"

namespace sotto::fuzz {

FUZZ_TARGET(assistant_schema) {
  static const assistant::Domain domain = assistant::Domain::read(
      R"({"format": "sotto.assistant", "version": 1, "slots": {"duration": "duration", "area": "area"}})");
  check_refusals([&] {
    const std::vector<assistant::Parameter> parameters =
        assistant::read_schema({reinterpret_cast<const char*>(data), size}, domain, "\"x\"");
    for (const assistant::Parameter& p : parameters) {
      FUZZ_CHECK(!p.name.empty() && p.name.size() <= 64);
      for (const assistant::Choice& choice : p.choices) FUZZ_CHECK(nlohmann::json::accept(choice.json));
      FUZZ_CHECK(!p.has_least || std::isfinite(p.least));
      FUZZ_CHECK(!p.has_most || std::isfinite(p.most));
    }
  });
}

}  // namespace sotto::fuzz
