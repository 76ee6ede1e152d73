// perplexity.cc: `sotto perplexity`.
#include <fmt/format.h>

#include <memory>

#include "files.h"
#include "json.h"
#include "scoring.h"

namespace sotto::tools {
namespace {

struct Options {
  CommonOptions common;
  std::string model;
  std::string file;
};

void run(Console& console, const Options& o) {
  const std::string text = read_file(o.file);
  const Runtime runtime = open_runtime(o.common);
  const ModelHandle model = open_model(console, runtime, o.model, o.common, {});
  const Scoring s = score(console, model, text, o.file, o.common.quiet);
  if (o.common.json)
    return print_json(Json{{"model", facts_of(model).name},
                           {"file", o.file},
                           {"tokens", s.tokens},
                           {"scored_tokens", s.scored()},
                           {"windows", s.windows},
                           {"context", s.context},
                           {"mean_nll", s.mean_nll},
                           {"perplexity", s.perplexity()}});
  write_bytes(fmt::format("tokens      {} ({} scored, {} windows of {})\nmean NLL    {:.6f}\nperplexity  {:.4f}\n", s.tokens,
                          s.scored(), s.windows, s.context, s.mean_nll, s.perplexity()));
}

}  // namespace

Action declare_perplexity(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  declare_model(app, &o->model);
  app.add_option("-f,--file", o->file, "the text; - is standard input")->required();
  declare_common(app, &o->common);
  app.footer("Windows of the context length without overlap; every token but a window's first is scored. Natural logarithm.");
  return [o](Console& console) { run(console, *o); };
}

}  // namespace sotto::tools
