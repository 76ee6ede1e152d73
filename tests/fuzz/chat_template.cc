// chat_template.cc: a template of the fuzzer's making on messages of its making. Input: template, messages, variables, each up
// to a zero byte. Must end within its bounds and tell trusted text from the rest.
#include "text/template/chat_template.h"

#include "target.h"
#include "template_check.h"

namespace sotto::fuzz {

FUZZ_TARGET(chat_template) {
  Input in(data, size);
  const auto parsed = ChatTemplate::parse(in.text());
  if (!parsed.ok()) {
    FUZZ_CHECK(!parsed.status().text().empty());
    return;
  }
  TemplateInput input;
  const std::string_view messages = in.text();
  input.messages_json = messages.empty() ? kMessages : messages;
  input.vars_json = in.text();
  input.bos_token = "<s>";
  input.eos_token = "</s>";
  input.now = 1764320000;
  check(parsed->render(input));
}

}  // namespace sotto::fuzz
