#include "chat.h"

#include <fmt/format.h>

#include "line_reader.h"
#include "sotto/dialogue.h"
#include "terminal.h"

namespace sotto::tools {
namespace {

constexpr const char* kHelp =
    "/undo takes back your last turn, /reset begins anew, /exit or Ctrl-D ends; Ctrl-C stops an answer";

int32_t show(void*, sotto_str piece) {
  try {
    write_text({piece.data, piece.size});
    flush_results();
    return 0;
  } catch (const Error&) {
    return 1;  // the next write fails again, outside of the callback, and is told there
  }
}

class Chat {
 public:
  Chat(Console& console, const Runtime& runtime, const ModelHandle& model, const ChatOptions& options)
      : console_(console), options_(options), skill_(sotto_dialogue_find(runtime.get())) {
    if (skill_.api == nullptr)
      throw Error(SOTTO_NOT_FOUND,
                  "starting a chat: no dialogue plugin was loaded: see `sotto doctor`, or give its folder with --plugins");
    sotto_dialogue_options o{};
    o.struct_size = sizeof o;
    if (!options.template_source.empty())
      o.template_source = str(options.template_source);
    else if (text_of(model, "tokenizer.chat_template").empty())
      throw Error(SOTTO_NOT_FOUND,
                  "starting a chat: the model has no chat template: give one with --template FILE, or a prompt with -p");
    if (options.has_system_prompt) o.system_prompt = str(options.system_prompt);
    call([&](sotto_error* err) { return skill_.api->create(skill_.self, model.get(), &o, &dialogue_, err); });
  }
  ~Chat() { skill_.api->destroy(dialogue_); }
  Chat(const Chat&) = delete;
  Chat& operator=(const Chat&) = delete;

  // False: the user is done.
  bool take(const std::string& line) {
    if (line == "/exit" || line == "/quit") return false;
    if (line.find_first_not_of(" \t") == std::string::npos) return true;
    try {
      if (line == "/help") {
        say(kHelp);
      } else if (line == "/reset") {
        call([&](sotto_error* err) { return skill_.api->reset(dialogue_, err); });
      } else if (line == "/undo") {
        call([&](sotto_error* err) { return skill_.api->undo(dialogue_, 2, err); });
      } else {
        answer(line);
      }
    } catch (const Error& e) {
      if (e.status() != SOTTO_CANCELLED) say(std::string("sotto: ") + e.what());
    }
    return true;
  }

 private:
  void answer(const std::string& line) {
    sotto_turn_result result{};
    result.struct_size = sizeof result;
    sotto_status status = SOTTO_OK;
    sotto_error error{};
    error.struct_size = sizeof error;
    {
      const Interrupts::Scope scope(console_.interrupts, [this] { skill_.api->cancel(dialogue_); });
      status = skill_.api->say(dialogue_, sotto_cstr("user"), str(line), &options_.generate, show, nullptr, &result, &error);
    }
    console_.interrupts.clear();
    write_bytes("\n");
    flush_results();
    if (!options_.quiet && result.dropped_turns > 0) say(fmt::format("({} old turns left the context)", result.dropped_turns));
    if (status != SOTTO_OK) throw Error(status, error.text);
    if (!options_.quiet && result.finish == SOTTO_FINISH_LENGTH)
      say(fmt::format("(cut after {} tokens: -n allows more)", result.generated_tokens));
    if (!options_.quiet && result.finish == SOTTO_FINISH_CONTEXT) say("(cut: the context is full)");
  }

  Console& console_;
  const ChatOptions& options_;
  sotto_dialogue_skill skill_;
  sotto_dialogue* dialogue_ = nullptr;
};

}  // namespace

void hold_talk(Console& console, bool quiet, const char* help, const std::function<bool(const std::string&)>& take) {
  const Interrupts::Scope at_prompt(console.interrupts, [] {});
  const bool is_typed = is_terminal(stdin) && is_terminal(stdout);
  LineReader lines(console.interrupts, is_typed ? "> " : nullptr);
  if (is_typed && !quiet) say(help);
  bool was_interrupted = false;
  while (true) {
    std::string line;
    const Line got = lines.next(&line);
    if (got == Line::kEnd) break;
    if (got == Line::kInterrupted) {
      if (is_typed) write_bytes("\n");
      if (was_interrupted || console.interrupts.signal() != SIGINT || !is_typed) throw Error(SOTTO_CANCELLED, "stopped");
      console.interrupts.clear();
      was_interrupted = true;
      say("(Ctrl-C again ends)");
      continue;
    }
    was_interrupted = false;
    if (!take(line)) return;
  }
  if (is_typed) write_bytes("\n");
}

void chat(Console& console, const Runtime& runtime, const ModelHandle& model, const ChatOptions& options) {
  Chat conversation(console, runtime, model, options);
  hold_talk(console, options.quiet, kHelp, [&](const std::string& line) { return conversation.take(line); });
}

}  // namespace sotto::tools
