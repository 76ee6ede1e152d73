// export.cc: `sotto export`.
#include <fmt/format.h>

#include <memory>

#include "command.h"
#include "convert_events.h"
#include "json.h"
#include "sotto/sotto.hpp"
#include "terminal.h"

namespace sotto::tools {
namespace {

struct Options {
  std::string input, output;
  uint32_t tensor = 1, pipeline = 1;
  bool force = false, json = false, quiet = false;
};

void run(Console& console, const Options& o) {
  {
    ConvertEvents events("exporting " + o.input, o.quiet, console.interrupts);
    sotto_export_options options{};
    options.struct_size = sizeof options;
    options.flags = o.force ? SOTTO_CONVERT_OVERWRITE : 0;
    options.tensor_parallel = o.tensor;
    options.pipeline_parallel = o.pipeline;
    options.events = events.c();
    call([&](sotto_error* err) { return sotto_export(str(o.input), str(o.output), &options, err); });
  }
  if (o.json) print_json(Json{{"folder", o.output}, {"tensor_parallel", o.tensor}, {"pipeline_parallel", o.pipeline}});
  if (!o.json && !o.quiet)
    say(fmt::format("{}: a Megatron-LM checkpoint of {} x {} ranks (tensor x pipeline)", o.output, o.tensor, o.pipeline));
}

}  // namespace

Action declare_export(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  app.add_option("model", o->input, "a GGUF file")->required();
  app.add_option("-o,--output", o->output, "the folder to write: a Megatron-LM checkpoint of mp_rank files")->required();
  app.add_option("--tp", o->tensor, "tensor-parallel ranks")->check(CLI::Range(1, 1024));
  app.add_option("--pp", o->pipeline, "pipeline-parallel ranks")->check(CLI::Range(1, 1024));
  app.add_flag("--force", o->force, "replace an existing folder");
  app.add_flag("--json", o->json, "print one JSON object");
  app.add_flag("--quiet", o->quiet, "no progress, no warnings");
  return [o](Console& console) { run(console, *o); };
}

}  // namespace sotto::tools
