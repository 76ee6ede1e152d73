#include "call_writer.h"

#include <algorithm>
#include <cmath>

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

struct Answer {
  std::string text;
  double logarithms = 0;
  size_t tokens = 0;
  bool has_thrown = false;

  static int32_t take(void* user, sotto_str piece) noexcept {
    auto* self = static_cast<Answer*>(user);
    try {
      return self->text.append(view(piece)), 0;
    } catch (...) {
      return self->has_thrown = true, 1;
    }
  }
  static int32_t count(void* user, uint32_t, float logprob) noexcept {
    auto* self = static_cast<Answer*>(user);
    self->logarithms += double{logprob};
    ++self->tokens;
    return 0;
  }
};

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
    : services_(services), model_(model), deadline_ms_(deadline_ms) {
  uint64_t size = 0;
  sotto_error err{};
  err.struct_size = sizeof err;
  const sotto_status status =
      services.session->model_text(model, sotto_cstr("tokenizer.chat_template"), nullptr, 0, &size, &err);
  if (services.grammar == nullptr || status != SOTTO_OK || size == 0)
    throw Failure(SOTTO_UNSUPPORTED, std::string("assistant: SOTTO_ASSISTANT_WRITE_CALLS: ") +
                                         (services.grammar == nullptr ? "the host does not offer " SOTTO_GRAMMAR_SERVICE_ID
                                                                      : "the model has no chat template"));
  sotto_session_options session{};
  session.struct_size = sizeof session;
  ask([&](sotto_error* e) { return services.session->session_create(model, &session, &session_, e); });
}

CallWriter::~CallWriter() {
  if (session_ != nullptr) services_.session->session_destroy(session_);
}

void CallWriter::cancel() { services_.session->session_cancel(session_); }

uint64_t CallWriter::tokens() const {
  sotto_counters counters{};
  counters.struct_size = sizeof counters;
  ask([&](sotto_error* err) { return services_.session->session_counters(session_, &counters, err); });
  return counters.computed_tokens;
}

std::vector<uint32_t> CallWriter::prompt(const World& world, const std::string& text, Language language) const {
  std::string order = kOrder;
  for (const auto& [name, function] : world.functions.all()) order += line_of(*function, language);
  const std::string messages =
      written(Json::array({{{"role", "system"}, {"content", order}}, {{"role", "user"}, {"content", text}}}));
  sotto_template_options options{};
  options.struct_size = sizeof options;
  options.messages = str(messages);
  return fetch<uint32_t>(messages.size() + 64, [&](uint32_t* ids, uint64_t capacity, uint64_t* count, sotto_error* err) {
    return services_.session->template_tokenize(model_, &options, ids, capacity, count, err);
  });
}

std::string CallWriter::generate(const std::vector<uint32_t>& ids, const std::string& schema, const std::string& text,
                                 double* probability) {
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
  size_t keep = 0;
  while (keep + 1 < ids.size() && keep < held_.size() && ids[keep] == held_[keep]) ++keep;
  held_.resize(keep);
  ask([&](sotto_error* err) { return services_.session->session_rewind(session_, static_cast<uint32_t>(keep), err); });
  Answer answer;
  sotto_generate_result result{};
  result.struct_size = sizeof result;
  sotto_generate_options options{};
  options.struct_size = sizeof options;
  options.flags = SOTTO_GENERATE_LOGPROBS;
  options.max_tokens = kMostTokens;
  options.deadline_ms = deadline_ms_;
  options.prompt_ids = ids.data() + keep;
  options.prompt_id_count = ids.size() - keep;
  options.on_token = Answer::count;
  options.on_token_user = &answer;
  options.matcher = held.matcher;
  options.result = &result;
  ask([&](sotto_error* err) {
    return services_.session->generate(session_, sotto_str{}, &options, Answer::take, &answer, err);
  });
  if (answer.has_thrown) throw std::bad_alloc();
  held_ = ids;
  *probability = answer.tokens > 0 ? std::exp(answer.logarithms / static_cast<double>(answer.tokens)) : 0;
  const bool is_whole = result.finish == SOTTO_FINISH_GRAMMAR || result.finish == SOTTO_FINISH_END;
  return is_whole ? answer.text : std::string();
}

WrittenCall CallWriter::write(const World& world, const std::string& text, Language language) {
  WrittenCall call;
  if (world.functions.all().empty()) return call;
  double probability = 0;
  std::string json;
  try {
    json = generate(prompt(world, text, language), calls_schema(world.functions), text, &probability);
  } catch (...) {
    held_.clear();
    throw;
  }
  if (!json.empty()) call = read_call(world.functions, json, text);
  call.probability = probability;
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
