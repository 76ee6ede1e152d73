// import.cc: `sotto import`.
#include <fmt/format.h>

#include <memory>

#include "command.h"
#include "convert_events.h"
#include "json.h"
#include "options.h"
#include "parity.h"
#include "sotto/sotto.hpp"
#include "terminal.h"

namespace sotto::tools {
namespace {

struct Options {
  CommonOptions common;
  std::string source, output, type, tokenizer, config, verify, logits;
  bool force = false;
};

Json json_of(const sotto_import_report& r, const Options& o) {
  return Json{{"file", o.output},     {"format", r.format},         {"architecture", r.architecture},
              {"tensors", r.tensors}, {"parameters", r.parameters}, {"bytes", r.bytes},
              {"tokens", r.tokens},   {"vocabulary", r.vocabulary}};
}

void run(Console& console, const Options& o) {
  if (o.verify.empty() != o.logits.empty())
    throw UsageError("--verify and --logits go together: the ids, and what they should give");
  sotto_import_report report{};
  report.struct_size = sizeof report;
  {
    ConvertEvents events("importing " + o.source, o.common.quiet, console.interrupts);
    sotto_import_options options{};
    options.struct_size = sizeof options;
    options.flags = o.force ? SOTTO_CONVERT_OVERWRITE : 0;
    options.type = str(o.type);
    options.tokenizer = str(o.tokenizer);
    options.config = str(o.config);
    options.events = events.c();
    call([&](sotto_error* err) { return sotto_import(str(o.source), str(o.output), &options, &report, err); });
  }
  Json result = json_of(report, o);
  if (!o.common.json && !o.common.quiet)
    say(fmt::format("{}: {}, {} tensors of {} parameters as {}, {}", o.output, report.format, report.tensors, report.parameters,
                    report.architecture, megabytes(report.bytes)));
  Parity parity;
  if (!o.verify.empty()) {
    parity = measure_parity(console, o.output, {o.verify, o.logits}, o.common);
    result["parity"] = Json{{"pass", parity.passes},         {"max_abs_diff", parity.largest},
                            {"mean_abs_diff", parity.mean},  {"relative_rms", parity.relative_rms},
                            {"top1_agreement", parity.top1}, {"rows", parity.rows},
                            {"tolerance", parity.tolerance}};
  }
  if (o.common.json) {
    print_json(result);
  } else if (!o.verify.empty()) {
    write_text(parity.describe() + "\n");
  }
  if (!o.verify.empty() && !parity.passes)
    throw Error(SOTTO_MISMATCH,
                fmt::format("verifying {} with {}: {}; the file is kept", o.output, o.verify, parity.describe()).c_str());
}

}  // namespace

Action declare_import(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  app.add_option("source", o->source, "folder of a Megatron-LM checkpoint (or of one iteration), or of a Hugging Face model")
      ->required();
  app.add_option("-o,--output", o->output, "the GGUF file to write")->required();
  app.add_option("--type", o->type, "f32, f16 or bf16; without it as the checkpoint holds them");
  app.add_option("--tokenizer", o->tokenizer, "tokenizer.json, a SentencePiece .model, or the folder of one");
  app.add_option("--config", o->config, "JSON file with Megatron-LM's argument names, over what the checkpoint says");
  app.add_option("--verify", o->verify, "JSON file with input_ids: the logits they give are compared with those of --logits");
  app.add_option("--logits", o->logits, "file of float32, little endian, a row of vocabulary size per id");
  app.add_flag("--force", o->force, "replace an existing file");
  declare_common(app, &o->common);
  return [o](Console& console) { run(console, *o); };
}

}  // namespace sotto::tools
