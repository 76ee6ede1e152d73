#include "functions.h"

#include <algorithm>

#include "json.h"
#include "lexicon.h"

namespace sotto::assistant {
namespace {

constexpr size_t kLongestName = 64, kMostExamples = 64, kLongestExample = 400;

[[noreturn]] void refuse(const std::string& name, const std::string& how) {
  throw Failure(SOTTO_INVALID_ARGUMENT, "assistant: adding the function \"" + name + "\": " + how);
}

std::string checked_name(std::string_view given) {
  const bool is_name = !given.empty() && given.size() <= kLongestName && std::all_of(given.begin(), given.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  });
  if (!is_name) refuse(plain_text(given, 80), "a name is 1 to 64 letters, digits, _, . and -");
  return std::string(given);
}

// The slots of an intent as parameters: what was not given a schema.
std::vector<Parameter> parameters_of(const Intent& intent, const Domain& domain) {
  std::vector<Parameter> parameters;
  for (const std::string& slot : intent.slots) {
    Parameter p;
    p.name = slot;
    p.type = domain.type_of(slot);
    parameters.push_back(std::move(p));
  }
  return parameters;
}

void take_examples(const sotto_function& given, Function* f) {
  if (given.example_count > kMostExamples || (given.example_count > 0 && given.examples == nullptr))
    refuse(f->name, std::to_string(given.example_count) + " examples, at most " + std::to_string(kMostExamples) + " are read");
  for (uint32_t i = 0; i < given.example_count; ++i) {
    const std::string_view text = view(given.examples[i]);
    std::string normal = normal_form(text);
    if (normal.empty() || text.size() > kLongestExample)
      refuse(f->name, "example " + std::to_string(i) + " has " + std::to_string(text.size()) + " bytes, 1 to 400 are expected");
    for (size_t open = normal.find('{'); open != std::string::npos; open = normal.find('{', open + 1)) {
      const size_t close = normal.find('}', open);
      if (close == std::string::npos || f->parameter(normal.substr(open + 1, close - open - 1)) == nullptr)
        refuse(f->name, "example " + std::to_string(i) + " has an argument in braces that the schema does not know");
    }
    f->examples.push_back(std::move(normal));
  }
}

// An example's language is that of its words outside of the braces.
Language language_of_example(std::string_view normal) {
  std::string words;
  for (size_t at = 0; at < normal.size();) {
    const size_t open = std::min(normal.find('{', at), normal.size());
    words += normal.substr(at, open - at);
    at = open == normal.size() ? open : std::min(normal.find('}', open), normal.size() - 1) + 1;
  }
  return language_of(words, Language::kEn);
}

void take_vocabulary(Function* f) {
  for (const std::string& example : f->examples)
    f->vocabulary[index_of(language_of_example(example))].add_sentence(example, is_question(example));
  std::array<bool, kLanguages> has_examples{};
  for (size_t i = 0; i < kLanguages; ++i) has_examples[i] = !f->vocabulary[i].is_empty();
  for (const std::string& sentence : sentences_of(f->description)) {
    const std::string normal = normal_form(sentence);
    if (normal.empty()) continue;
    const size_t i = index_of(language_of(normal, Language::kEn));
    f->vocabulary[i].add_words(normal);
    if (!has_examples[i] && f->intent == nullptr) f->vocabulary[i].add_sentence(normal, false);
  }
  for (const Parameter& p : f->parameters)
    for (const Choice& choice : p.choices)
      for (const std::string& words : choice.words)
        for (Vocabulary& vocabulary : f->vocabulary) vocabulary.add_words(words);
}

}  // namespace

std::vector<std::string> sentences_of(std::string_view description) {
  std::vector<std::string> all{""};
  for (const char32_t c : code_points(description)) {
    all.back() += utf8(std::u32string(1, c));
    constexpr std::u32string_view kEnds = U"。.!?！？;；/";
    if (kEnds.find(c) != std::u32string_view::npos) all.emplace_back();
  }
  return all;
}

const Parameter* Function::parameter(std::string_view wanted) const {
  for (const Parameter& p : parameters)
    if (p.name == wanted || normal_form(p.name) == wanted) return &p;
  return nullptr;
}

bool Function::has_words(std::string_view normal) const {
  return contains(normal_form(description), normal) ||
         std::any_of(examples.begin(), examples.end(), [&](const std::string& e) { return contains(e, normal); });
}

bool Function::acts_on_devices() const {
  if (intent != nullptr && !intent->targets.empty()) return true;
  return std::any_of(parameters.begin(), parameters.end(), [](const Parameter& p) { return p.type == SlotType::kDevice; });
}

std::vector<std::string> Function::kinds() const {
  return intent != nullptr && !intent->targets.empty() ? intent->targets : std::vector<std::string>{"any"};
}

Function Functions::read(const sotto_function& given, const Domain& domain) {
  Function f;
  f.name = checked_name(view(given.name));
  if (given.run == nullptr) refuse(f.name, "run is NULL");
  f.description = plain_text(view(given.description), 400);
  f.confirms = (given.flags & SOTTO_FUNCTION_CONFIRM) != 0;
  if ((given.flags & ~SOTTO_FUNCTION_CONFIRM) != 0)
    throw Failure(SOTTO_UNSUPPORTED,
                  "assistant: adding the function \"" + f.name + "\": flags " + std::to_string(given.flags) + " are unknown");
  f.intent = domain.find(f.name);
  f.run = given.run;
  f.user = given.user;
  if (given.schema.data != nullptr)
    f.parameters = read_schema(view(given.schema), domain, "\"" + f.name + "\"");
  else if (f.intent != nullptr)
    f.parameters = parameters_of(*f.intent, domain);
  if (given.replies.data != nullptr)
    f.replies = read_replies(view(given.replies), "the replies of \"" + f.name + "\"");
  else if (f.intent != nullptr)
    f.replies = f.intent->replies;
  for (const Replies& replies : f.replies) f.confirms = f.confirms || !replies.confirm.empty();
  take_examples(given, &f);
  if (f.intent == nullptr && f.examples.empty() && normal_form(f.description).empty())
    refuse(f.name, "it is no intent of the domain and has neither examples nor a description: nothing would ever choose it");
  take_vocabulary(&f);
  return f;
}

const Function* Functions::find(std::string_view name) const {
  const auto at = functions_.find(name);
  return at == functions_.end() ? nullptr : at->second.get();
}

}  // namespace sotto::assistant
