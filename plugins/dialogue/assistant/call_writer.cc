#include "call_writer.h"

#include <algorithm>

#include "json.h"

namespace sotto::assistant {
namespace {

constexpr uint32_t kMostTokens = 200;
constexpr size_t kMostJson = 64 << 10;
constexpr const char* kNone = "none";
constexpr const char* kOrder =
    "You choose the function of a device that does what the user asks for, and answer with one JSON object: {\"name\": "
    "FUNCTION, \"arguments\": {...}}. Arguments are words of the user's sentence. When no function fits: {\"name\": \"none\", "
    "\"arguments\": {}}. The functions:\n";

// The span under which fill_wish looks for the argument.
std::string slot_of(const Parameter& p) {
  return p.type == SlotType::kDevice ? "name" : p.type == SlotType::kArea ? "area" : p.name;
}

Json schema_of(const Parameter& p) {
  if (p.type == SlotType::kYes) return {{"type", "boolean"}};
  if (p.type != SlotType::kChoice) return {{"type", "string"}};
  Json values = Json::array();
  for (const Choice& choice : p.choices) values.push_back(Json::parse(choice.json, nullptr, false));
  return {{"enum", values}};
}

Json call_schema(const std::string& name, const std::vector<Parameter>& parameters) {
  Json properties = Json::object(), required = Json::array();
  for (const Parameter& p : parameters) {
    properties[p.name] = schema_of(p);
    if (p.is_required) required.push_back(p.name);
  }
  const Json arguments = {
      {"type", "object"}, {"properties", properties}, {"required", required}, {"additionalProperties", false}};
  return {{"type", "object"},
          {"properties", {{"name", {{"const", name}}}, {"arguments", arguments}}},
          {"required", {"name", "arguments"}},
          {"additionalProperties", false}};
}

std::string line_of(const Function& f, Language language) {
  std::string line = "- " + f.name;
  if (!f.description.empty()) line += ": " + f.description;
  line += " arguments:";
  for (const Parameter& p : f.parameters) line += " " + p.name;
  const auto spoken = std::find_if(f.examples.begin(), f.examples.end(),
                                   [&](const std::string& e) { return language_of(e, language) == language; });
  if (spoken != f.examples.end()) line += " (" + *spoken + ")";
  return line + "\n";
}

struct Grammar {
  explicit Grammar(const sotto_grammar_service& s) : service(s) {}
  ~Grammar() {
    service.matcher_destroy(matcher);
    service.destroy(grammar);
  }
  Grammar(const Grammar&) = delete;
  Grammar& operator=(const Grammar&) = delete;

  const sotto_grammar_service& service;
  sotto_grammar* grammar = nullptr;
  sotto_matcher* matcher = nullptr;
};

}  // namespace

CallWriter::CallWriter(const Services& services, sotto_model* model, uint32_t deadline_ms)
    : services_(services), model_(model), writer_(services, model, "SOTTO_ASSISTANT_WRITE_CALLS", deadline_ms) {
  if (services.grammar == nullptr)
    throw Failure(SOTTO_UNSUPPORTED,
                  "assistant: SOTTO_ASSISTANT_WRITE_CALLS: the host does not offer " SOTTO_GRAMMAR_SERVICE_ID);
}

WrittenCall CallWriter::write(const World& world, const std::string& text, Language language) {
  WrittenCall call;
  if (world.functions.all().empty()) return call;
  std::string order = kOrder;
  for (const auto& [name, function] : world.functions.all()) order += line_of(*function, language);
  const std::string messages =
      written(Json::array({{{"role", "system"}, {"content", order}}, {{"role", "user"}, {"content", text}}}));
  const std::string schema = calls_schema(world.functions);
  Grammar held(*services_.grammar);
  const sotto_str said = str(text);
  sotto_grammar_options limits{};
  limits.struct_size = sizeof limits;
  limits.flags = SOTTO_GRAMMAR_COMPACT | SOTTO_GRAMMAR_LIMIT_TEXTS | SOTTO_GRAMMAR_LAZY;
  limits.spans = &said;
  limits.span_count = 1;
  ask([&](sotto_error* err) {
    return held.service.compile(model_, SOTTO_GRAMMAR_SCHEMA, str(schema), &limits, &held.grammar, err);
  });
  ask([&](sotto_error* err) { return held.service.matcher_create(held.grammar, &held.matcher, err); });
  const Written json = writer_.write(writer_.prompt(messages), held.matcher, kMostTokens);
  if (json.is_whole && !json.text.empty()) call = read_call(world.functions, json.text, text);
  call.probability = json.probability;
  return call;
}

std::string calls_schema(const Functions& functions) {
  Json calls = Json::array({call_schema(kNone, {})});
  for (const auto& [name, function] : functions.all()) calls.push_back(call_schema(name, function->parameters));
  return written({{"anyOf", calls}});
}

WrittenCall read_call(const Functions& functions, std::string_view text_of_call, const std::string& text) {
  const Json json = read_json(text_of_call, "the call that the model wrote", kMostJson);
  WrittenCall call;
  const std::string name = text_member(json, "name", "the call that the model wrote");
  const Function* const function = functions.find(name);
  if (function == nullptr) return call;
  call.function = name;
  const auto arguments = json.find("arguments");
  if (arguments == json.end() || !arguments->is_object()) return call;
  for (const auto& [key, value] : arguments->items()) {
    const Parameter* const p = function->parameter(key);
    if (p == nullptr) throw Failure(SOTTO_INTERNAL, "assistant: the model wrote the argument \"" + key + "\" of " + name);
    if (p->type == SlotType::kChoice || p->type == SlotType::kYes) {
      Value own;
      own.json = written(value);
      own.words.fill(value.is_string() ? value.get<std::string>() : own.json);
      call.values.emplace_back(p->name, std::move(own));
      continue;
    }
    const std::string words = value.is_string() ? value.get<std::string>() : std::string();
    const size_t at = words.empty() ? std::string::npos : text.find(words);
    if (at != std::string::npos) call.spans.push_back({slot_of(*p), at, at + words.size(), 1});
  }
  return call;
}

}  // namespace sotto::assistant
