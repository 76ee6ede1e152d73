// evaluate.cc: `sotto evaluate`: the skills' figures on data of the user's, as JSON and as an HTML page.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "data.h"
#include "files.h"
#include "machine.h"
#include "report.h"
#include "skills.h"
#include "sotto/plugin.h"
#include "timer.h"

namespace sotto::tools {
namespace {

struct Options {
  CommonOptions common;
  std::string model, domain, html, report;
  std::vector<std::string> files;
  bool force = false;
};

constexpr struct {
  const char* name;
  Json (*evaluate)(const Evaluation&);
} kParts[] = {{"sentiment", evaluate_sentiment},
              {"intents", evaluate_intents},
              {"dialogues", evaluate_dialogues},
              {"recommendation", evaluate_recommendation},
              {"writing", evaluate_writing}};

int64_t unix_milliseconds(void* self) { return static_cast<EvaluationClock*>(self)->now_ms; }
uint64_t monotonic_nanoseconds(void*) {
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1));
}
constexpr sotto_clock_service kClock = {sizeof(sotto_clock_service), 0, unix_milliseconds, monotonic_nanoseconds};

// A part that the model is not made for is no failure of the others.
Json part_of(const Evaluation& e, Json (*evaluate)(const Evaluation&)) {
  try {
    return evaluate(e);
  } catch (const Error& failure) {
    if (failure.status() != SOTTO_NOT_FOUND && failure.status() != SOTTO_UNSUPPORTED) throw;
    return {{"skipped", failure.what()}};
  }
}

std::string percent(const Json& rate) {
  return fmt::format("{:.1f} % ± {:.1f} of {}", 100 * rate["rate"].get<double>(), 100 * rate["half_width"].get<double>(),
                     rate["count"].dump());
}

void tell(const std::string& path, const Json& section) {
  for (const auto& [name, value] : section.items()) {
    const std::string here = path + " " + name;
    if (value.is_object() && value.contains("rate"))
      write_text(fmt::format("{:<52} {}\n", here, percent(value)));
    else if (value.is_object() && value.contains("p95"))
      write_text(
          fmt::format("{:<52} {:.2f} (95 %: {:.2f})\n", here, value["median"].get<double>(), value["p95"].get<double>()));
    else if (value.is_object() && name != "labels" && name != "confusion")
      tell(here, value);
    else if (value.is_number_float())
      write_text(fmt::format("{:<52} {:.3f}\n", here, value.get<double>()));
    else if (value.is_string())
      write_text(fmt::format("{:<52} {}\n", here, value.get<std::string>()));
  }
}

Json evaluate_all(Console& console, const Options& o, const EvaluationData& data) {
  EvaluationClock clock{data.dialogues.empty() ? 0 : data.dialogues[0].clock_ms};
  const Runtime runtime = open_runtime(o.common, clock.interface());
  const Timer timer;
  Use use;
  use.sessions = 4;
  const ModelHandle model = open_model(console, runtime, o.model, o.common, use);
  const double load = timer.milliseconds();
  const sotto_model_facts facts = facts_of(model);
  Evaluation evaluation{console, runtime, model, data, clock, o.domain.empty() ? std::string() : read_file(o.domain)};
  Json parts;
  for (const auto& part : kParts) {
    if (!o.common.quiet) say(fmt::format("evaluate: {}", part.name));
    parts[part.name] = part_of(evaluation, part.evaluate);
  }
  return {{"format", "sotto.evaluation"},
          {"version", 1},
          {"model",
           {{"name", facts.name},
            {"hash", facts.hash},
            {"weight_type", facts.weight_type},
            {"parameters", facts.parameters},
            {"file_bytes", facts.file_bytes},
            {"backend", facts.backend},
            {"cases", data.cases()}}},
          {"parts", parts},
          {"memory", {{"peak_resident_mb", static_cast<double>(peak_resident_bytes()) / 1e6}, {"load_milliseconds", load}}}};
}

// A result that may be asked for; the file is refused before the work, not after it.
class Result {
 public:
  Result(const std::string& path, bool force) {
    if (!path.empty()) file_ = std::make_unique<OutputFile>(path, force);
  }
  void write(const std::string& text) {
    if (file_ == nullptr) return;
    file_->write(text);
    file_->commit();
  }

 private:
  std::unique_ptr<OutputFile> file_;
};

void run(Console& console, const Options& o) {
  EvaluationData data;
  for (const std::string& file : o.files) read_evaluation_data(file, &data);
  if (data.cases() == 0) throw UsageError("evaluate: the files hold no case");
  std::stable_sort(data.events.begin(), data.events.end(),
                   [](const EventCase& a, const EventCase& b) { return a.time_ms < b.time_ms; });
  Result html(o.html, o.force), json(o.report, o.force);
  const Json report = evaluate_all(console, o, data);
  html.write(html_report(report));
  json.write(report.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  if (o.common.json) return print_json(report);
  tell("", report["parts"]);
  tell("", Json{{"memory", report["memory"]}});
}

}  // namespace

sotto_interface EvaluationClock::interface() { return {&kClock, this}; }

Action declare_evaluate(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  declare_model(app, &o->model);
  app.add_option("-f,--file", o->files, "JSON Lines of cases (docs/models.md, \"Evaluation data\")")
      ->required()
      ->type_name("FILE...");
  app.add_option("--domain", o->domain, "the assistant's domain, where the model carries none or another is meant")
      ->type_name("FILE");
  app.add_option("--html", o->html, "write the report as an HTML page with plots")->type_name("FILE");
  app.add_option("--report", o->report, "write the report as JSON")->type_name("FILE");
  app.add_flag("--force", o->force, "replace existing files");
  declare_common(app, &o->common);
  app.footer("Sentiment and emotion, intents, calls, dialogues, recommendations and free text; latency and memory.");
  return [o](Console& console) { run(console, *o); };
}

}  // namespace sotto::tools
