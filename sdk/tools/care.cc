// care.cc: `sotto care`: what of texts must not pass unheeded, through the care plugin. Texts in, JSON lines out.
#include "sotto/care.h"

#include <fmt/format.h>

#include <memory>

#include "files.h"
#include "json.h"
#include "loading.h"

namespace sotto::tools {
namespace {

constexpr const char* kCategories[SOTTO_CARE_CATEGORIES] = {"self_harm", "violence", "adult", "machine", "personal"};
constexpr const char* kSeverities[] = {"none", "mention", "concern", "urgent"};
constexpr const char* kKinds[] = {"", "phone", "id", "card", "mail", "address"};
constexpr const char* kSources[] = {"", "rule", "head"};

struct Options {
  CommonOptions common;
  std::string text, file, model, rules;
  bool is_from_model = false;
};

struct DestroyCare {
  const sotto_care_api* api;
  void operator()(sotto_care* care) const { api->destroy(care); }
};
using CarePtr = std::unique_ptr<sotto_care, DestroyCare>;

template <size_t kCount>
const char* name_of(const char* const (&names)[kCount], uint32_t index) {
  return index < kCount ? names[index] : "unknown";
}

std::vector<std::string> texts_of(const Options& o) {
  if (o.text.empty() == o.file.empty()) throw UsageError("care: give either TEXT or -f FILE");
  std::vector<std::string> texts = o.file.empty() ? std::vector<std::string>{o.text} : lines_of(read_file(o.file));
  if (texts.empty()) throw UsageError("care: " + o.file + " holds no text");
  return texts;
}

std::string fixed_text(const sotto_care_skill& skill, const sotto_care* care, const sotto_care_result& result) {
  std::string text(4096, '\0');
  uint64_t size = 0;
  call([&](sotto_error* err) {
    return skill.api->text(care, result.answer, result.language, text.data(), text.size(), &size, err);
  });
  text.resize(static_cast<size_t>(size));
  return text;
}

int32_t take(void* user, const sotto_care_finding* f) {
  try {
    Json finding{{"category", name_of(kCategories, f->category)},
                 {"severity", name_of(kSeverities, f->severity)},
                 {"source", name_of(kSources, f->source)},
                 {"begin", f->begin},
                 {"end", f->end}};
    if (f->kind != 0) finding["kind"] = name_of(kKinds, f->kind);
    if (f->source == SOTTO_CARE_BY_HEAD) finding["probability"] = f->probability;
    static_cast<Json*>(user)->push_back(finding);
    return 0;
  } catch (...) {
    return 1;
  }
}

void run(Console& console, const Options& o) {
  const std::vector<std::string> texts = texts_of(o);
  const std::string rules = o.rules.empty() ? "" : read_file(o.rules);
  const Runtime runtime = open_runtime(o.common);
  ModelHandle model;
  if (!o.model.empty()) model = open_model(console, runtime, o.model, o.common, {});
  const sotto_care_skill skill = sotto_care_find(runtime.get());
  if (skill.api == nullptr)
    throw Error(SOTTO_NOT_FOUND,
                fmt::format("care: the folder {} holds no care plugin: name another with --plugins", plugin_folder_of(o.common))
                    .c_str());
  sotto_care_options options{};
  options.struct_size = sizeof options;
  options.model = model.get();
  options.rules = str(rules);
  sotto_care* made = nullptr;
  call([&](sotto_error* err) { return skill.api->create(skill.self, &options, &made, err); });
  const CarePtr care(made, DestroyCare{skill.api});
  for (const std::string& text : texts) {
    sotto_care_result result{};
    result.struct_size = sizeof result;
    Json findings = Json::array();
    call([&](sotto_error* err) {
      return skill.api->check(made, str(text), o.is_from_model ? SOTTO_CARE_FROM_MODEL : SOTTO_CARE_FROM_USER, take, &findings,
                              &result, err);
    });
    const bool is_answered = result.answer != SOTTO_NONE;
    print_json(Json{{"text", text},
                    {"findings", findings},
                    {"answer", is_answered ? Json(name_of(kCategories, result.answer)) : Json(nullptr)},
                    {"fixed_text", is_answered ? Json(fixed_text(skill, made, result)) : Json(nullptr)}});
  }
}

}  // namespace

Action declare_care(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  app.add_option("TEXT", o->text, "the text")->type_name("");
  app.add_option("-f,--file", o->file, "a text on each line of this file; - is standard input");
  app.add_option("--model", o->model, "GGUF file whose head 'care' is asked too")->type_name("FILE");
  app.add_option("--rules", o->rules, "further rules, in the format of docs/care.md")->type_name("FILE");
  app.add_flag("--output", o->is_from_model, "the texts are a model's, not a user's");
  declare_common(app, &o->common);
  app.footer("A JSON object a line: what was found, where, and the fixed text that the maker would have said.");
  return [o](Console& console) { run(console, *o); };
}

}  // namespace sotto::tools
