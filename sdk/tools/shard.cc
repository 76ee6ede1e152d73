// shard.cc: `sotto shard`.
#include <fmt/format.h>

#include <memory>

#include "command.h"
#include "convert_events.h"
#include "json.h"
#include "options.h"
#include "sotto/sotto.hpp"
#include "terminal.h"

namespace sotto::tools {
namespace {

struct Options {
  std::string input, output, split;
  uint32_t ranks = 0;
  bool force = false, json = false, quiet = false;
};

void run(Console& console, const Options& o) {
  const std::vector<uint32_t> split = parse_split(o.split);
  if (!split.empty() && split.size() != o.ranks)
    throw UsageError(
        fmt::format("--split names {} parts, --ranks {}: one part for each rank is wanted", split.size(), o.ranks));
  {
    ConvertEvents events("sharding " + o.input, o.quiet, console.interrupts);
    sotto_shard_options options{};
    options.struct_size = sizeof options;
    options.flags = o.force ? SOTTO_CONVERT_OVERWRITE : 0;
    options.ranks = o.ranks;
    options.split = split.empty() ? nullptr : split.data();
    options.events = events.c();
    call([&](sotto_error* err) { return sotto_shard(str(o.input), str(o.output), &options, err); });
  }
  if (o.json) print_json(Json{{"folder", o.output}, {"ranks", o.ranks}});
  if (!o.json && !o.quiet) say(fmt::format("{}: one file for each of {} ranks", o.output, o.ranks));
}

}  // namespace

Action declare_shard(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  app.add_option("model", o->input, "a GGUF file")->required();
  app.add_option("--ranks", o->ranks, "ranks of the job to come")->required()->check(CLI::Range(1, 1024));
  app.add_option("--split", o->split, "parts of the weights per rank; default: even")->type_name("A,B,...");
  app.add_option("-o,--output", o->output, "the folder to write: rank0-of-2.gguf, rank1-of-2.gguf ...")->required();
  app.add_flag("--force", o->force, "replace an existing folder");
  app.add_flag("--json", o->json, "print one JSON object");
  app.add_flag("--quiet", o->quiet, "no progress, no warnings");
  return [o](Console& console) { run(console, *o); };
}

}  // namespace sotto::tools
