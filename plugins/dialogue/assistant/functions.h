// functions.h: what the maker's device can do, as the assistant keeps it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "domain.h"
#include "schema.h"
#include "sotto/assistant.h"
#include "vocabulary.h"

namespace sotto::assistant {

struct Function {
  std::string name, description;
  bool confirms = false;
  const Intent* intent = nullptr;  // of the domain; nullptr: the maker's own
  std::vector<Parameter> parameters;
  BothReplies replies;
  std::vector<std::string> examples;              // normal forms, arguments as {name}
  std::array<Vocabulary, kLanguages> vocabulary;  // of the examples; where a language has none, of the description
  std::vector<std::vector<float>> example_means;  // hidden states; empty where the model gave none
  sotto_function_run run = nullptr;
  void* user = nullptr;

  const Parameter* parameter(std::string_view name_of) const;
  bool has_words(std::string_view normal) const;  // in an example or the description
  bool acts_on_devices() const;
  std::vector<std::string> kinds() const;  // of devices it acts on
};

// The sentences of a description, which may be in both languages.
std::vector<std::string> sentences_of(std::string_view description);

// One thread at a time.
class Functions {
 public:
  // Copies and checks; throws SOTTO_INVALID_ARGUMENT with the function's name.
  static Function read(const sotto_function& given, const Domain& domain);
  void add(Function function) {
    const std::string name = function.name;
    functions_[name] = std::make_unique<Function>(std::move(function));
  }
  const Function* find(std::string_view name) const;
  const std::map<std::string, std::unique_ptr<Function>, std::less<>>& all() const { return functions_; }

 private:
  std::map<std::string, std::unique_ptr<Function>, std::less<>> functions_;
};

}  // namespace sotto::assistant
