// quantize.cc: `sotto quantize`.
#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "calibrate.h"
#include "files.h"
#include "json.h"
#include "scoring.h"
#include "sotto/convert.h"

namespace sotto::tools {
namespace {

struct Options {
  CommonOptions common;
  std::string input, output, type;
  std::string calibration;  // file of a text; empty: every column counts alike
  std::string text;         // to measure with
  bool force = false;
};

const char* name_of_type(uint32_t type) {
  constexpr struct {
    uint32_t type;
    const char* name;
  } kNames[] = {{SOTTO_F32, "F32"},   {SOTTO_F16, "F16"},   {SOTTO_BF16, "BF16"}, {SOTTO_Q4_0, "Q4_0"},
                {SOTTO_Q4_1, "Q4_1"}, {SOTTO_Q5_0, "Q5_0"}, {SOTTO_Q5_1, "Q5_1"}, {SOTTO_Q8_0, "Q8_0"},
                {SOTTO_Q4_K, "Q4_K"}, {SOTTO_Q5_K, "Q5_K"}, {SOTTO_Q6_K, "Q6_K"}};
  for (const auto& row : kNames)
    if (row.type == type) return row.name;
  return "?";
}

// What one call says while it works, kept for the end: a table is not torn apart by a progress bar.
struct Listener {
  ProgressBar bar;
  Interrupts& interrupts;
  bool is_quiet;
  Json tensors = Json::array();
  Json warnings = Json::array();
  std::string table;
  std::exception_ptr failure;

  // Runs `body`; what it throws waits until the library has returned.
  template <class Body>
  void keep(Body&& body) {
    try {
      body();
    } catch (...) {
      if (!failure) failure = std::current_exception();
    }
  }

  static int32_t progress(void* user, float fraction, sotto_str) {
    auto* self = static_cast<Listener*>(user);
    self->keep([&] { self->bar.show(static_cast<double>(fraction)); });
    return self->failure ? 1 : self->interrupts.signal();
  }
  static void warning(void* user, sotto_str sentence) {
    auto* self = static_cast<Listener*>(user);
    self->keep([&] {
      const std::string text(sentence.data, sentence.size);
      self->warnings.push_back(text);
      if (!self->is_quiet) say("sotto: " + text);
    });
  }
  static void tensor(void* user, const sotto_tensor_report* r) {
    auto* self = static_cast<Listener*>(user);
    self->keep([&] { self->add(*r); });
  }

  void add(const sotto_tensor_report& r) {
    const std::string name(r.name.data, r.name.size);
    tensors.push_back(Json{{"name", name},
                           {"rows", r.rows},
                           {"columns", r.columns},
                           {"from", name_of_type(r.from_type)},
                           {"to", name_of_type(r.to_type)},
                           {"relative_error", r.relative_error},
                           {"largest_error", r.largest_error},
                           {"bytes", r.bytes}});
    table += fmt::format("{:<32} {:>8} x {:<7} {:>5} -> {:<5} {:>9} {:>12}\n", escape_controls(name), r.rows, r.columns,
                         name_of_type(r.from_type), name_of_type(r.to_type),
                         r.from_type == r.to_type ? std::string("same") : fmt::format("{:.4f} %", 100 * r.relative_error),
                         megabytes(r.bytes));
  }
};

struct Outcome {
  sotto_quantize_report report{};
  double seconds = 0;
};

Outcome quantize(const Options& o, const std::vector<Importance>& importance, Listener* listener) {
  std::vector<sotto_importance> columns;
  for (const Importance& i : importance)
    columns.push_back({sizeof(sotto_importance), 0, str(i.tensor), i.columns.data(), i.columns.size()});
  sotto_convert_events events{};
  events.struct_size = sizeof events;
  events.user = listener;
  events.progress = Listener::progress;
  events.warning = Listener::warning;
  sotto_quantize_options options{};
  options.struct_size = sizeof options;
  options.flags = o.force ? SOTTO_CONVERT_OVERWRITE : 0;
  options.type = str(o.type);
  options.threads = o.common.threads;
  options.importance_stride = sizeof(sotto_importance);
  options.importance = columns.data();
  options.importance_count = columns.size();
  options.events = &events;
  options.tensor_done = Listener::tensor;
  options.user = listener;
  Outcome outcome;
  outcome.report.struct_size = sizeof outcome.report;
  const auto start = std::chrono::steady_clock::now();
  try {
    const Interrupts::Scope scope(listener->interrupts, [] {});
    call([&](sotto_error* err) { return sotto_quantize(str(o.input), str(o.output), &options, &outcome.report, err); });
  } catch (const Error&) {
    if (listener->failure) std::rethrow_exception(listener->failure);
    throw;
  }
  if (listener->failure) std::rethrow_exception(listener->failure);
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return outcome;
}

struct Measured {
  Scoring before, after;
  double agreement = 0;  // part of the tokens for which both expect the same one most
};

Measured measure(Console& console, const Options& o, const std::string& text) {
  const Runtime runtime = open_runtime(o.common);
  const auto score_model = [&](const std::string& path) {
    return score(console, open_model(console, runtime, path, o.common, {}), text, o.text, o.common.quiet);
  };
  Measured m{score_model(o.input), score_model(o.output)};
  uint64_t same = 0;
  for (size_t i = 0; i < m.before.likeliest.size(); ++i) same += m.before.likeliest[i] == m.after.likeliest[i] ? 1U : 0U;
  m.agreement = static_cast<double>(same) / static_cast<double>(m.before.scored());
  return m;
}

void print(const Options& o, const Outcome& outcome, const Listener& listener, const Measured* m) {
  const sotto_quantize_report& r = outcome.report;
  if (o.common.json) {
    Json said{{"input", o.input},
              {"output", o.output},
              {"type", o.type},
              {"calibration", o.calibration.empty() ? Json() : Json(o.calibration)},
              {"tensors", listener.tensors},
              {"input_bytes", r.input_bytes},
              {"bytes", r.bytes},
              {"relative_error", r.relative_error},
              {"bits_per_weight", r.bits_per_weight},
              {"seconds", outcome.seconds},
              {"warnings", listener.warnings}};
    if (m)
      said["measured"] = Json{{"file", o.text},
                              {"scored_tokens", m->before.scored()},
                              {"perplexity_before", m->before.perplexity()},
                              {"perplexity_after", m->after.perplexity()},
                              {"same_likeliest_token", m->agreement}};
    return print_json(said);
  }
  if (!o.common.quiet) write_bytes(listener.table);
  write_bytes(fmt::format("{} -> {}, {:.2f} bits a weight, relative error {:.4f} %, {:.1f} s\n", megabytes(r.input_bytes),
                          megabytes(r.bytes), r.bits_per_weight, 100 * r.relative_error, outcome.seconds));
  if (m)
    write_bytes(fmt::format("perplexity {:.4f} -> {:.4f}, the same likeliest token {:.2f} % of {}\n", m->before.perplexity(),
                            m->after.perplexity(), 100 * m->agreement, m->before.scored()));
}

void run(Console& console, const Options& o) {
  const std::string text = o.text.empty() ? "" : read_file(o.text);  // first: it may be missing
  std::vector<Importance> importance;
  if (!o.calibration.empty()) importance = importance_of(console, o.input, o.calibration, o.common);
  Outcome outcome;
  Listener listener{
      {"quantizing", o.common.quiet}, console.interrupts, o.common.quiet, Json::array(), Json::array(), {}, nullptr};
  outcome = quantize(o, importance, &listener);
  std::unique_ptr<Measured> measured;
  if (!o.text.empty()) measured = std::make_unique<Measured>(measure(console, o, text));
  print(o, outcome, listener, measured.get());
}

}  // namespace

Action declare_quantize(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  app.add_option("INPUT", o->input, "GGUF file of any types")->required()->type_name("");
  app.add_option("-o,--output", o->output, "GGUF file to write")->required();
  app.add_option("--type", o->type, "q4_k_m, q8_0, ...: a type for all matrices, or a mix (docs/models.md)")->required();
  app.add_option("--calibrate", o->calibration, "text that shows which columns of the weights matter")->type_name("FILE");
  app.add_option("--measure", o->text, "text whose perplexity is told before and after")->type_name("FILE");
  app.add_flag("--force", o->force, "replace an existing file");
  declare_common(app, &o->common);
  return [o](Console& console) { run(console, *o); };
}

}  // namespace sotto::tools
