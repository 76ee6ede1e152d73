// run.cc: `sotto run`: one answer to -p or -f, or a chat.
#include <memory>

#include "assistant_talk.h"
#include "chat.h"
#include "files.h"
#include "json.h"
#include "loading.h"

namespace sotto::tools {
namespace {

constexpr uint32_t kAnswerTokens = 128;
constexpr uint32_t kChatAnswerTokens = 512;

struct Options {
  CommonOptions common;
  SamplingOptions sampling;
  std::string model;
  std::string prompt;
  std::string file;
  std::string system_prompt;
  std::string template_file;
  uint32_t max_tokens = kAnswerTokens;
  bool raw = false;
  bool free_text = false;
  bool special = false;
  bool has_prompt = false;
  bool has_max_tokens = false;
  bool has_system_prompt = false;
};

// The prompt as the template makes it, or, without one, as plain text.
struct Prompt {
  std::vector<uint32_t> ids;
  std::string text;
};

Prompt make_prompt(const ModelHandle& model, const Options& o, const std::string& prompt) {
  const std::string source = o.template_file.empty() ? std::string() : read_file(o.template_file);
  if (o.raw || (source.empty() && text_of(model, "tokenizer.chat_template").empty()))
    return {{}, o.has_system_prompt ? o.system_prompt + "\n\n" + prompt : prompt};
  Json messages = Json::array();
  if (o.has_system_prompt) messages.push_back({{"role", "system"}, {"content", o.system_prompt}});
  messages.push_back({{"role", "user"}, {"content", prompt}});
  const std::string text = messages.dump(-1, ' ', false, Json::error_handler_t::replace);
  sotto_template_options t{};
  t.struct_size = sizeof t;
  t.messages = str(text);
  if (!source.empty()) t.source = str(source);
  return {fetch<uint32_t>([&](uint32_t* ids, uint64_t capacity, uint64_t* count, sotto_error* err) {
            return sotto_template_tokenize(model.get(), &t, ids, capacity, count, err);
          }),
          {}};
}

// What is asked of the model itself, and not of the assistant that it is made for.
bool wants_free_text(const Options& o) {
  return o.raw || o.special || o.free_text || o.has_system_prompt || !o.template_file.empty();
}

struct Answer {
  bool is_streamed;
  std::string text;
  std::exception_ptr failure;

  static int32_t take(void* user, sotto_str piece) {
    auto* self = static_cast<Answer*>(user);
    try {
      if (!self->is_streamed) {
        self->text.append(piece.data, piece.size);
      } else {
        write_text({piece.data, piece.size});
        flush_results();
      }
      return 0;
    } catch (...) {
      self->failure = std::current_exception();
      return 1;
    }
  }
};

const char* finish_name(uint32_t finish) {
  constexpr const char* kNames[] = {"failed", "end", "length", "stop", "callback", "context"};
  return finish < std::size(kNames) ? kNames[finish] : "unknown";
}

void answer_once(Console& console, const Options& o, const std::string& asked) {
  const Runtime runtime = open_runtime(o.common);
  const ModelHandle model = open_model(console, runtime, o.model, o.common, {});
  if (!wants_free_text(o) && is_assistant_model(model)) return assistant_answer(console, runtime, model, asked, o.common.json);
  const Prompt prompt = make_prompt(model, o, asked);
  const SessionHandle session = open_session(model);
  std::vector<sotto_str> views;
  sotto_generate_options g = o.sampling.generate_options(&views);
  sotto_generate_result result{};
  result.struct_size = sizeof result;
  g.max_tokens = o.max_tokens;
  g.flags = o.special ? SOTTO_GENERATE_SPECIAL : 0;
  if (!prompt.ids.empty()) {
    g.prompt_ids = prompt.ids.data();
    g.prompt_id_count = prompt.ids.size();
  }
  g.result = &result;
  Answer answer{!o.common.json, {}, nullptr};
  try {
    call_on(console, session,
            [&](sotto_error* err) { return sotto_generate(session.get(), str(prompt.text), &g, Answer::take, &answer, err); });
  } catch (const Error&) {
    if (answer.is_streamed && result.generated_tokens > 0) write_bytes("\n");
    throw;
  }
  if (answer.failure) std::rethrow_exception(answer.failure);
  if (!o.common.json) return write_bytes("\n");
  print_json(Json{{"text", answer.text},
                  {"finish", finish_name(result.finish)},
                  {"prompt_tokens", result.prompt_tokens},
                  {"generated_tokens", result.generated_tokens},
                  {"first_token_ms", static_cast<double>(result.first_token_ns) / 1e6},
                  {"prefill_ms", static_cast<double>(result.prefill_ns) / 1e6},
                  {"decode_ms", static_cast<double>(result.decode_ns) / 1e6}});
}

void run(Console& console, const Options& o) {
  if (!o.file.empty()) return answer_once(console, o, read_file(o.file));
  if (o.has_prompt) return answer_once(console, o, o.prompt);
  if (o.raw || o.special || o.common.json)
    throw UsageError("run: --raw, --special and --json go with a prompt: give -p TEXT or -f FILE");
  const Runtime runtime = open_runtime(o.common);
  const ModelHandle model = open_model(console, runtime, o.model, o.common, {});
  if (!wants_free_text(o) && is_assistant_model(model)) return assistant_chat(console, runtime, model, o.common.quiet);
  std::vector<sotto_str> views;
  ChatOptions options;
  if (!o.template_file.empty()) options.template_source = read_file(o.template_file);
  options.system_prompt = o.system_prompt;
  options.has_system_prompt = o.has_system_prompt;
  options.generate = o.sampling.generate_options(&views);
  options.generate.max_tokens = o.has_max_tokens ? o.max_tokens : kChatAnswerTokens;
  options.quiet = o.common.quiet;
  chat(console, runtime, model, options);
}

}  // namespace

Action declare_run(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  declare_model(app, &o->model);
  auto* prompt = app.add_option("-p,--prompt", o->prompt, "one answer to this text; without it, a chat");
  app.add_option("-f,--file", o->file, "one answer to the text in this file; - is standard input")->excludes(prompt);
  auto* max_tokens =
      app.add_option("-n,--max-tokens", o->max_tokens, "tokens of an answer at most (128; in a chat 512); 0: until it ends");
  auto* system_prompt = app.add_option("--system", o->system_prompt, "system prompt; default: what the model's template says");
  app.add_option("--template", o->template_file, "Jinja file instead of the model's own chat template");
  app.add_flag("--raw", o->raw, "feed the text with no chat template");
  app.add_flag("--special", o->special, "with --raw: markers such as <|im_start|> become control tokens");
  app.add_flag("--free-text", o->free_text, "let a model that is made for the assistant write freely");
  declare_sampling(app, &o->sampling);
  declare_common(app, &o->common);
  return [o, prompt, max_tokens, system_prompt](Console& console) {
    o->has_prompt = prompt->count() > 0;
    o->has_max_tokens = max_tokens->count() > 0;
    o->has_system_prompt = system_prompt->count() > 0;
    run(console, *o);
  };
}

}  // namespace sotto::tools
