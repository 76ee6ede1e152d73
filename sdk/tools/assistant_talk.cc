#include "assistant_talk.h"

#include <chrono>
#include <ctime>

#include "chat.h"
#include "home/demo_home.h"
#include "json.h"
#include "sotto/assistant.h"
#include "sotto/hidden.h"
#include "terminal.h"

namespace sotto::tools {
namespace {

constexpr const char* kHelp =
    "a home is simulated: lights, curtains, air conditioning, music, timers, weather; /home shows it, /undo takes the last "
    "action back, "
    "/reset begins anew, /exit or Ctrl-D ends";

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

int32_t local_offset_minutes() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  return localtime_r(&now, &local) == nullptr ? 0 : static_cast<int32_t>(local.tm_gmtoff / 60);
}

DemoHome::Options home_options() {
  DemoHome::Options options;
  options.utc_offset_minutes = local_offset_minutes();
  options.now_ms = now_ms;
  return options;
}

class Talk {
 public:
  Talk(Console& console, const Runtime& runtime, const ModelHandle& model)
      : console_(console), skill_(sotto_assistant_find(runtime.get())), home_(home_options()) {
    if (skill_.api == nullptr)
      throw Error(
          SOTTO_NOT_FOUND,
          "starting the assistant: no dialogue plugin was loaded: see `sotto doctor`, or give its folder with --plugins");
    sotto_assistant_options o{};
    o.struct_size = sizeof o;
    o.utc_offset_minutes = local_offset_minutes();
    call([&](sotto_error* err) { return skill_.api->create(skill_.self, model.get(), &o, &assistant_, err); });
    home_.join(*skill_.api, assistant_);
  }
  ~Talk() { skill_.api->destroy(assistant_); }
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;

  // False: the user is done.
  bool take(const std::string& line) {
    if (line == "/exit" || line == "/quit") return false;
    for (const std::string& ring : home_.rings(is_chinese_)) write_line(ring);
    if (line.find_first_not_of(" \t") == std::string::npos) return true;
    try {
      if (line == "/help")
        say(kHelp);
      else if (line == "/home")
        say(home_.summary());
      else if (line == "/reset")
        call([&](sotto_error* err) { return skill_.api->reset(assistant_, err); });
      else
        write_line(line == "/undo" ? undo() : answer(line));
    } catch (const Error& e) {
      if (e.status() != SOTTO_CANCELLED) say(std::string("sotto: ") + e.what());
    }
    return true;
  }

  std::string answer(const std::string& text) {
    sotto_hypothesis one{};
    one.struct_size = sizeof one;
    one.text = str(text);
    return run([&](Reply* reply, sotto_assistant_result* result, sotto_error* err) {
      return skill_.api->turn(assistant_, &one, sizeof one, 1, Reply::take, reply, result, err);
    });
  }

  std::string details() {
    const std::vector<char> text = fetch<char>([&](char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) {
      return skill_.api->details(assistant_, buffer, capacity, size, err);
    });
    return {text.begin(), text.end()};
  }

 private:
  struct Reply {
    std::string text;
    static int32_t take(void* self, sotto_str piece) {
      static_cast<Reply*>(self)->text.append(piece.data, piece.size);
      return 0;
    }
  };

  template <class Call>
  std::string run(Call&& turn) {
    Reply reply;
    sotto_assistant_result result{};
    result.struct_size = sizeof result;
    {
      const Interrupts::Scope scope(console_.interrupts, [this] { skill_.api->cancel(assistant_); });
      call([&](sotto_error* err) { return turn(&reply, &result, err); });
    }
    console_.interrupts.clear();
    is_chinese_ = result.language == SOTTO_ASSISTANT_ZH;
    return reply.text;
  }
  std::string undo() {
    return run([&](Reply* reply, sotto_assistant_result* result, sotto_error* err) {
      return skill_.api->undo(assistant_, Reply::take, reply, result, err);
    });
  }
  static void write_line(const std::string& text) {
    write_text(text);
    write_bytes("\n");
    flush_results();
  }

  Console& console_;
  sotto_assistant_skill skill_;
  DemoHome home_;
  sotto_assistant* assistant_ = nullptr;
  bool is_chinese_ = true;
};

}  // namespace

bool is_assistant_model(const ModelHandle& model) {
  uint32_t head = 0;
  return sotto_model_head_find(model.get(), sotto_cstr("intent"), &head, nullptr) == SOTTO_OK &&
         !text_of(model, SOTTO_ASSISTANT_MODEL_KEY).empty();
}

void assistant_chat(Console& console, const Runtime& runtime, const ModelHandle& model, bool quiet) {
  Talk talk(console, runtime, model);
  hold_talk(console, quiet, kHelp, [&](const std::string& line) { return talk.take(line); });
}

void assistant_answer(Console& console, const Runtime& runtime, const ModelHandle& model, const std::string& text, bool json) {
  Talk talk(console, runtime, model);
  const std::string answer = talk.answer(text);
  if (json) return print_json(Json::parse(talk.details()));
  write_text(answer);
  write_bytes("\n");
}

}  // namespace sotto::tools
