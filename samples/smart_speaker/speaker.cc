#include "speaker.h"

#include <default_model.h>  // of the library sotto_defaults: a device names its own model and folder here
#include <installed.h>
#include <job.h>
#include <unistd.h>

#include <cstdio>

namespace {

sotto::Runtime make_runtime(const SpeakerOptions& options) {
  const std::string folder = options.plugins.empty() ? sotto::tools::default_plugin_folder() : options.plugins;
  const std::string communicator = sotto::tools::communicator_in(folder);
  const sotto_str file = sotto::str(communicator);
  sotto_runtime_options o{};
  o.struct_size = sizeof o;
  o.plugin_folder = sotto::str(folder);
  o.plugin_files = communicator.empty() ? nullptr : &file;
  o.plugin_file_count = communicator.empty() ? 0 : 1;
  return sotto::Runtime(o);
}

// A process of a job that holds no conversation computes its part of the model until the conversation ends.
void serve(const sotto::Runtime& runtime, const sotto_model_source& source, const SpeakerOptions& options,
           const sotto_interface& comm) {
  sotto_worker_options w{};
  w.struct_size = sizeof w;
  w.threads = options.threads;
  w.comm = comm;
  if (!options.backend.empty()) w.backend = sotto::str(options.backend);
  sotto::call([&](sotto_error* err) { return sotto_worker_run(runtime.get(), &source, &w, err); });
  throw ServedAsRank();
}

sotto_model* open_model(const sotto::Runtime& runtime, const SpeakerOptions& options) {
  sotto::tools::DefaultModel standard;
  sotto_model_source source{};
  source.struct_size = sizeof source;
  source.path = sotto::str(options.model);
  if (options.model.empty()) {
    sotto::tools::find_default_model(&standard);
    if (!standard.problem.empty()) throw sotto::Error(SOTTO_NOT_FOUND, standard.problem.c_str());
    source = standard.source;
  }
  sotto_model_options o{};
  o.struct_size = sizeof o;
  o.threads = options.threads;
  o.context_tokens = options.context;
  o.sessions = 1;
  if (!options.backend.empty()) o.backend = sotto::str(options.backend);
  sotto_comm_facts facts{};
  o.comm = sotto::tools::join_job(runtime, &facts);
  if (facts.rank > 0) serve(runtime, source, options, o.comm);
  sotto_model* made = nullptr;
  sotto::call([&](sotto_error* err) { return sotto_model_open(runtime.get(), &source, &o, &made, err); });
  return made;
}

// What a model says must not drive the terminal: control characters but newline and tab become '?'.
int32_t show(void*, sotto_str piece) {
  for (uint64_t i = 0; i < piece.size; ++i) {
    const char c = piece.data[i];
    const auto byte = static_cast<unsigned char>(c);
    const bool is_c1 = byte == 0xC2 && i + 1 < piece.size && static_cast<unsigned char>(piece.data[i + 1]) < 0xA0;
    if (is_c1) ++i;
    const bool is_control = is_c1 || byte == 0x7F || (byte < 0x20 && c != '\n' && c != '\t');
    std::fputc(is_control ? '?' : c, stdout);
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}

// A remark beside the conversation: stderr, dimmed on a terminal.
void remark(const std::string& text) {
  const bool is_terminal = isatty(STDERR_FILENO) == 1;
  std::fprintf(stderr, is_terminal ? "\033[2m%s\033[0m\n" : "%s\n", text.c_str());
}

std::string rounded(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

}  // namespace

Speaker::Speaker(const SpeakerOptions& options)
    : options_(options),
      runtime_(make_runtime(options)),
      model_(open_model(runtime_, options)),
      skill_(sotto_dialogue_find(runtime_.get())) {
  if (skill_.api == nullptr)
    throw sotto::Error(SOTTO_NOT_FOUND, "no dialogue plugin was loaded: `sotto doctor` says why; --plugins names its folder");
  sotto_dialogue_options o{};
  o.struct_size = sizeof o;
  o.system_prompt = sotto::str(options.system_prompt);
  sotto::call([&](sotto_error* err) { return skill_.api->create(skill_.self, model_.get(), &o, &dialogue_, err); });
}

Speaker::~Speaker() { skill_.api->destroy(dialogue_); }

std::string Speaker::description() const {
  sotto_model_facts facts{};
  facts.struct_size = sizeof facts;
  sotto::call([&](sotto_error* err) { return sotto_model_get_facts(model_.get(), &facts, err); });
  return std::string(facts.name) + " (" + facts.weight_type + ") on " + facts.backend + ", " +
         std::to_string(facts.context_tokens) + " tokens of context";
}

bool Speaker::hear(const std::string& line) {
  if (line.find_first_not_of(" \t") == std::string::npos) return true;
  if (line == "/exit") return false;
  try {
    if (line == "/reset") {
      sotto::call([&](sotto_error* err) { return skill_.api->reset(dialogue_, err); });
      remark("[forgotten]");
    } else if (line == "/undo") {
      sotto::call([&](sotto_error* err) { return skill_.api->undo(dialogue_, 2, err); });
      remark("[the last question and its answer are taken back]");
    } else {
      answer(line);
    }
  } catch (const sotto::Error& e) {
    if (e.status() != SOTTO_CANCELLED) remark(std::string("[") + e.what() + "]");
  }
  return true;
}

void Speaker::answer(const std::string& line) {
  sotto_generate_options o{};
  o.struct_size = sizeof o;
  o.max_tokens = options_.max_tokens;
  o.temperature = options_.temperature;
  o.repeat_penalty = 1.1f;  // small models repeat themselves
  o.seed = options_.seed;
  sotto_turn_result turn{};
  turn.struct_size = sizeof turn;
  sotto_error err{};
  err.struct_size = sizeof err;
  const sotto_status status = skill_.api->say(dialogue_, sotto_cstr("user"), sotto::str(line), &o, show, nullptr, &turn, &err);
  std::fputs("\n", stdout);
  std::fflush(stdout);
  if (turn.dropped_turns != 0) remark("[" + std::to_string(turn.dropped_turns) + " old turns left the context]");
  if (turn.generated_tokens > 1 && turn.decode_ns != 0)
    remark("[first token after " + rounded(static_cast<double>(turn.first_token_ns) / 1e6) + " ms, " +
           std::to_string(turn.generated_tokens) + " tokens at " +
           rounded((turn.generated_tokens - 1) * 1e9 / static_cast<double>(turn.decode_ns)) + " tokens/s; " +
           std::to_string(turn.computed_tokens) + " of " + std::to_string(turn.prompt_tokens) + " prompt tokens computed]");
  if (status != SOTTO_OK) throw sotto::Error(status, err.text);
}
