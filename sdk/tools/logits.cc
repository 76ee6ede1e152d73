// logits.cc: `sotto logits`.
#include <fmt/format.h>

#include <cstring>
#include <memory>

#include "files.h"
#include "json.h"
#include "loading.h"

namespace sotto::tools {
namespace {

struct Options {
  CommonOptions common;
  std::string model;
  std::string ids;
  std::string output;
  bool force = false;
};

// Writes rows as they come; a failure to write ends the feed and is thrown after it.
struct Rows {
  OutputFile& file;
  std::exception_ptr failure;

  static int32_t take(void* user, uint32_t, uint32_t, const float* row, uint32_t width) {
    auto* self = static_cast<Rows*>(user);
    try {
      std::string bytes(size_t{width} * 4, '\0');
      for (size_t i = 0; i < width; ++i) {
        uint32_t bits = 0;
        std::memcpy(&bits, &row[i], sizeof bits);
        for (size_t b = 0; b < 4; ++b) bytes[4 * i + b] = static_cast<char>((bits >> (8 * b)) & 0xFFu);
      }
      self->file.write(bytes);
      return 0;
    } catch (...) {
      self->failure = std::current_exception();
      return 1;
    }
  }
};

void run(Console& console, const Options& o) {
  const std::vector<uint32_t> ids = parse_ids(o.ids);
  if (ids.empty()) throw UsageError("--ids is empty: give at least one id");
  OutputFile file(o.output, o.force);
  const Runtime runtime = open_runtime(o.common);
  const ModelHandle model =
      open_model(console, runtime, o.model, o.common, {SOTTO_MODEL_STAYS, static_cast<uint32_t>(ids.size())});
  const SessionHandle session = open_session(model);
  Rows rows{file, nullptr};
  sotto_feed_options feed{};
  feed.struct_size = sizeof feed;
  feed.outputs = SOTTO_OUTPUT_LOGITS;
  feed.on_row = Rows::take;
  feed.user = &rows;
  try {
    call_on(console, session,
            [&](sotto_error* err) { return sotto_session_feed(session.get(), ids.data(), ids.size(), &feed, err); });
  } catch (const Error&) {
    if (rows.failure) std::rethrow_exception(rows.failure);
    throw;
  }
  file.commit();
  const sotto_model_facts facts = facts_of(model);
  if (o.common.json) {
    print_json(Json{{"model", facts.name},
                    {"file", o.output},
                    {"tokens", ids.size()},
                    {"vocabulary", facts.vocabulary},
                    {"backend", facts.backend}});
  } else if (!o.common.quiet) {
    say(fmt::format("{}: {} rows of {} float32", o.output, ids.size(), facts.vocabulary));
  }
}

}  // namespace

Action declare_logits(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  declare_model(app, &o->model);
  app.add_option("--ids", o->ids, "1,2,3")->required();
  app.add_option("-o,--output", o->output, "file: float32, little endian, a row of vocabulary size per token")->required();
  app.add_flag("--force", o->force, "replace an existing file");
  declare_common(app, &o->common);
  return [o](Console& console) { run(console, *o); };
}

}  // namespace sotto::tools
