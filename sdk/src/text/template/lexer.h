// lexer.h: a template's source as tokens, white space control applied (trim_blocks, lstrip_blocks and the signs - and +).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sotto::jinja {

enum class TokenType : uint8_t {
  kText,
  kPrintBegin,
  kPrintEnd,
  kTagBegin,
  kTagEnd,
  kName,
  kInteger,
  kReal,
  kString,
  kOperator,
  kEnd
};

struct Token {
  TokenType type;
  std::string text;
  uint32_t line;
};

Result<std::vector<Token>> tokenize(std::string_view source);

// "chat template line 12: ..."
Status template_error(uint32_t line, std::string_view what);

}  // namespace sotto::jinja
