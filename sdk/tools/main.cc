// main.cc: the `sotto` command: its table of commands, its exit statuses, its one sentence on stderr.
//
// 0 done; 1 it failed; 2 wrong usage; 130 stopped by Ctrl-C (128 + the signal).
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <new>
#include <vector>

#include "command.h"
#include "loading.h"
#include "sotto/sotto.hpp"
#include "terminal.h"

namespace sotto::tools {
namespace {

constexpr Command kCommands[] = {
    {"run", "a chat on the terminal, or one answer to -p TEXT", declare_run},
    {"tokenize", "text to ids", declare_tokenize},
    {"detokenize", "ids to text", declare_detokenize},
    {"template", "messages to the prompt that the chat template makes of them", declare_template},
    {"logits", "what the model expects after each token, as float32", declare_logits},
    {"perplexity", "how well the model predicts a text", declare_perplexity},
    {"mood", "what texts sound like: label, emotion, intensity, language", declare_mood},
    {"care", "what of texts must not pass unheeded, and the fixed answer to it", declare_care},
    {"evaluate", "the skills' figures on your data, as JSON and as a page with plots", declare_evaluate},
    {"bench", "speed beside the measured memory bandwidth", declare_bench},
    {"info", "what is in a model file and the memory it takes", declare_info},
    {"import", "a model file from a Megatron-LM or Hugging Face checkpoint", declare_import},
    {"export", "a Megatron-LM checkpoint again from a model file", declare_export},
    {"quantize", "a model file in a smaller type, with the error of each tensor", declare_quantize},
    {"shard", "one file for each rank of a job, with its part of the model", declare_shard},
    {"worker", "a rank of a model that mpirun spreads over processes", declare_worker},
    {"doctor", "plugins, devices, memory: what works here and why the rest does not", declare_doctor},
};

enum ExitStatus : int { kDone = 0, kFailed = 1, kWrongUsage = 2, kSignal = 128 };

int usage_error(const std::string& sentence) {
  say("sotto: " + sentence + " (sotto COMMAND --help shows the options)");
  return kWrongUsage;
}

int run_action(const Action& action, Console& console) {
  try {
    action(console);
    flush_results();
    return kDone;
  } catch (const CLI::ParseError&) {
    throw;
  } catch (const WorkIsDone&) {
    return kDone;
  } catch (const UsageError& e) {
    return usage_error(e.what());
  } catch (const Error& e) {
    if (e.status() == SOTTO_CANCELLED && console.interrupts.signal() != 0) return kSignal + console.interrupts.signal();
    say(std::string("sotto: ") + e.what());
  } catch (const std::bad_alloc&) {
    say("sotto: out of memory");
  } catch (const std::exception& e) {
    say(std::string("sotto: unexpected failure, please report it: ") + e.what());
  }
  return kFailed;
}

int parse_failure(const CLI::App& app, const CLI::ParseError& e) {
  if (e.get_exit_code() != 0) return usage_error(e.what());
  if (dynamic_cast<const CLI::CallForVersion*>(&e) != nullptr) {
    write_bytes(fmt::format("sotto {}\n{}\n", sotto_version(), sotto_build_info()));
  } else {
    const std::vector<CLI::App*> chosen = app.get_subcommands();
    write_bytes(chosen.empty() ? app.help() : chosen.front()->help("sotto"));
  }
  return kDone;
}

int run_command(std::vector<std::string> words) {
  CLI::App app("Sotto: language models on this device. No network, no telemetry.", "sotto");
  app.set_version_flag("--version", SOTTO_VERSION_STRING, "version and what it was built from");
  app.require_subcommand(1);
  std::vector<std::pair<CLI::App*, Action>> actions;
  for (const Command& row : kCommands) {
    CLI::App* command = app.add_subcommand(row.name, row.summary);
    actions.emplace_back(command, row.declare(*command));
  }
  if (words.empty()) return usage_error("no command is named: sotto help lists them");
  if (words[0] == "help") {  // sotto help [COMMAND]
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  Interrupts interrupts;
  Console console{interrupts};
  const auto parse_and_act = [&](Console&) {
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    app.parse(words);
    for (const auto& [command, action] : actions)
      if (command->parsed()) action(console);
  };
  try {
    return run_action(parse_and_act, console);
  } catch (const CLI::ParseError& e) {
    return parse_failure(app, e);
  }
}

}  // namespace
}  // namespace sotto::tools

int main(int argc, char** argv) {
  try {
    return sotto::tools::run_command({argv + 1, argv + argc});
  } catch (const std::exception& e) {
    sotto::tools::say(std::string("sotto: ") + e.what());
    return sotto::tools::kFailed;
  }
}
