// call_writer.h: a call that the model writes itself, for what heads and examples did not understand: functions and their
// schemas in the prompt, the answer held to them by a grammar (sotto/grammar.h), its texts to runs of the user's words.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "understanding.h"
#include "world.h"
#include "writer.h"

namespace sotto::assistant {

struct WrittenCall {
  std::string function;                               // empty: none of them
  std::vector<Span> spans;                            // arguments that are words of the text; typed values are read from them
  std::vector<std::pair<std::string, Value>> values;  // arguments that are none: choices, yes and no
  double probability = 0;                             // the geometric mean of its tokens', as the model itself has them
};

// One thread at a time, but for cancel. Its session holds the prompt: the functions are computed once, not each turn.
class CallWriter {
 public:
  // Throws SOTTO_UNSUPPORTED where the host has no grammars or the model no chat template.
  CallWriter(const Services& services, sotto_model* model, uint32_t deadline_ms);

  WrittenCall write(const World& world, const std::string& text, Language language);  // throws Failure
  void cancel() { writer_.cancel(); }                                                 // [any thread]
  uint64_t tokens() const { return writer_.tokens(); }                                // that went through the model so far

 private:
  const Services& services_;
  sotto_model* model_;
  Writer writer_;
};

// The JSON Schema of a call of one of the functions, or of none.
std::string calls_schema(const Functions& functions);
// What was written, as a call; `text` is what the user said. Throws SOTTO_INTERNAL where it is none of the schema.
WrittenCall read_call(const Functions& functions, std::string_view json, const std::string& text);

}  // namespace sotto::assistant
