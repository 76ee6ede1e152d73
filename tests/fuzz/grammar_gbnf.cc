// grammar_gbnf.cc: any bytes as a GBNF grammar. Input: the grammar up to a zero byte, then a text that chooses among what it
// allows. What is taken is followed, and its masks are compared with its matcher.
#include "text/grammar/gbnf.h"

#include "grammar_text.h"

namespace sotto::fuzz {

FUZZ_TARGET(grammar_gbnf) {
  Input in(data, size);
  const std::string_view source = in.text();
  follow_text(grammar::read_gbnf(source), in.rest());
}

}  // namespace sotto::fuzz
