// command.h: what a command of `sotto` is: a row of the table in commands.cc, and one function that declares its options.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <stdexcept>
#include <string>

#include "interrupts.h"

namespace sotto::tools {

// What a command is given beside its options.
struct Console {
  Interrupts& interrupts;
};

// Runs the command once its options are read; throws sotto::Error (exit status 1) or UsageError (2).
using Action = std::function<void(Console&)>;

// A call that cannot be meant as it was written.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Command {
  const char* name;
  const char* summary;
  Action (*declare)(CLI::App& app);
};

Action declare_run(CLI::App& app);
Action declare_tokenize(CLI::App& app);
Action declare_detokenize(CLI::App& app);
Action declare_template(CLI::App& app);
Action declare_logits(CLI::App& app);
Action declare_perplexity(CLI::App& app);
Action declare_mood(CLI::App& app);
Action declare_care(CLI::App& app);
Action declare_evaluate(CLI::App& app);
Action declare_bench(CLI::App& app);
Action declare_info(CLI::App& app);
Action declare_export(CLI::App& app);
Action declare_import(CLI::App& app);
Action declare_quantize(CLI::App& app);
Action declare_shard(CLI::App& app);
Action declare_worker(CLI::App& app);
Action declare_doctor(CLI::App& app);

}  // namespace sotto::tools
