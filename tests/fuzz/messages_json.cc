// messages_json.cc: JSON of an application's making (messages, variables) through templates that real models bring. Input:
// which template, messages, variables, each text up to a zero byte.
#include <nlohmann/json.hpp>

#include "gguf_file.h"
#include "template_check.h"

namespace sotto::fuzz {
namespace {

std::vector<ChatTemplate> templates() {
  std::vector<ChatTemplate> all;
  const auto add = [&](const std::string& source) {
    auto parsed = ChatTemplate::parse(source);
    FUZZ_CHECK(parsed.ok());
    all.push_back(parsed.take());
  };
  const auto constructs = nlohmann::json::parse(fixture("chat/constructs.json"));
  for (const auto& [name, source] : constructs["templates"].items()) add(source.get<std::string>());
  add("{{ messages|tojson(indent=2) }}{{ tools }}{% for m in messages %}{{ m }}{{ m.content|string|length }}{% endfor %}");
  add("{% for m in messages %}{% for k, v in m|dictsort %}{{ k ~ v|default('-', true) }}{% endfor %}{% endfor %}");
  return all;
}

}  // namespace

FUZZ_TARGET(messages_json) {
  static const std::vector<ChatTemplate> all = templates();
  Input in(data, size);
  const uint8_t which = in.byte();
  TemplateInput input;
  input.add_generation_prompt = (which & 128) == 0;
  input.messages_json = in.text();
  input.vars_json = in.text();
  input.now = 1764320000;
  check(all[which % all.size()].render(input));
}

}  // namespace sotto::fuzz
