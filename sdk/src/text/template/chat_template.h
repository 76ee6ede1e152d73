// chat_template.h: from messages to a prompt, by the Jinja template that comes with a model. For the C functions of model.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "text/byte_range.h"

namespace sotto {

namespace jinja {
struct Node;
}

struct TemplateInput {
  std::string_view messages_json;  // [{"role": ..., "content": ...}, ...]
  std::string_view vars_json;      // an object of further variables, or empty
  std::string bos_token, eos_token;
  bool add_generation_prompt = true;
  int64_t now = 0;  // seconds since 1970 for strftime_now; 0: the system's clock
};

struct Rendered {
  std::string text;
  // What the template itself wrote, ascending and apart. The rest came from messages and variables: markers there are plain
  // text.
  std::vector<ByteRange> trusted;
};

// The Jinja that chat templates use, rendered as transformers' apply_chat_template does (trim_blocks, lstrip_blocks, loop
// controls). What is outside gets an error that names it and the line. Const after parse, any thread.
class ChatTemplate {
 public:
  static Result<ChatTemplate> parse(std::string_view source);
  ChatTemplate(ChatTemplate&&) noexcept;
  ~ChatTemplate();

  // SOTTO_TEMPLATE_ERROR with the template's own sentence when it raises an exception.
  Result<Rendered> render(const TemplateInput& input) const;

 private:
  explicit ChatTemplate(std::unique_ptr<jinja::Node> root);

  std::unique_ptr<jinja::Node> root_;
};

}  // namespace sotto
