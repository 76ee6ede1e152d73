// mood.cc: `sotto mood`: what texts sound like, through the sentiment plugin.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "files.h"
#include "json.h"
#include "loading.h"
#include "sotto/sentiment.h"

namespace sotto::tools {
namespace {

constexpr const char* kLabels[] = {"negative", "neutral", "positive"};
constexpr const char* kEmotions[] = {"neutral", "joy", "gratitude", "sadness", "anger", "anxiety", "surprise", "fatigue"};
constexpr const char* kLanguages[] = {"unknown", "zh", "en", "mixed"};
constexpr const char* kSources[] = {"", "head", "words"};

struct Options {
  CommonOptions common;
  std::string words[2];  // [MODEL] [TEXT]
  std::string file;
  bool label_words = false;
  float confidence = 0;

  std::string model;
  std::vector<std::string> texts;

  void assign_words(size_t count);
};

// One word is the text where no file gives texts, else the model.
void Options::assign_words(size_t count) {
  if (count > (file.empty() ? 2u : 1u)) throw UsageError("mood: the text is given twice");
  if (file.empty() && count == 0) throw UsageError("mood: no text: give TEXT or -f FILE");
  if (!file.empty() || count == 2) model = words[0];
  texts = file.empty() ? std::vector<std::string>{words[count - 1]} : lines_of(read_file(file));
  if (texts.empty()) throw UsageError("mood: " + file + " holds no text");
}

template <size_t kCount>
const char* name_of(const char* const (&names)[kCount], uint32_t index) {
  return index < kCount ? names[index] : "unsure";
}

Json json_of(const std::string& text, const sotto_sentiment_result& r) {
  Json probabilities, emotions;
  for (size_t i = 0; i < std::size(kLabels); ++i) probabilities[kLabels[i]] = r.probabilities[i];
  for (size_t i = 0; i < std::size(kEmotions); ++i) emotions[kEmotions[i]] = r.emotions[i];
  return Json{{"text", text},
              {"label", name_of(kLabels, r.label)},
              {"probabilities", probabilities},
              {"emotion", name_of(kEmotions, r.emotion)},
              {"emotions", emotions},
              {"intensity", r.intensity},
              {"language", name_of(kLanguages, r.language)},
              {"label_source", name_of(kSources, r.label_source)},
              {"emotion_source", name_of(kSources, r.emotion_source)},
              {"skipped_bytes", r.skipped_bytes},
              {"extra_tokens", r.extra_tokens},
              {"calibration_tokens", r.calibration_tokens}};
}

std::string line_of(const std::string& text, const sotto_sentiment_result& r) {
  float best = 0;
  for (const float p : r.probabilities) best = std::max(best, p);
  return fmt::format("{:<9} {:.2f}  {:<9}  intensity {:.2f}  {:<7}  {}\n", name_of(kLabels, r.label), best,
                     name_of(kEmotions, r.emotion), r.intensity, name_of(kLanguages, r.language), text);
}

std::vector<sotto_sentiment_result> read(Console& console, const Runtime& runtime, const ModelHandle& model, const Options& o) {
  const sotto_sentiment_skill skill = sotto_sentiment_find(runtime.get());
  if (skill.api == nullptr)
    throw Error(SOTTO_NOT_FOUND, fmt::format("mood: the folder {} holds no sentiment plugin: name another with --plugins",
                                             plugin_folder_of(o.common))
                                     .c_str());
  sotto_sentiment_options options{};
  options.struct_size = sizeof options;
  options.flags = o.label_words ? SOTTO_SENTIMENT_NO_HEADS : 0u;
  options.confidence = o.confidence;
  sotto_sentiment* made = nullptr;
  call([&](sotto_error* err) { return skill.api->create(skill.self, model.get(), &options, &made, err); });
  const std::unique_ptr<sotto_sentiment, void (*)(sotto_sentiment*)> reader(made, skill.api->destroy);
  std::vector<sotto_str> views;
  for (const std::string& text : o.texts) views.push_back(str(text));
  std::vector<sotto_sentiment_result> results(views.size());
  const Interrupts::Scope scope(console.interrupts, [&] { skill.api->cancel(made); });
  call([&](sotto_error* err) {
    return skill.api->read(made, views.data(), views.size(), nullptr, results.data(), sizeof results[0], err);
  });
  return results;
}

void run(Console& console, const Options& o) {
  const Runtime runtime = open_runtime(o.common);
  const ModelHandle model = open_model(console, runtime, o.model, o.common, {});
  const auto results = read(console, runtime, model, o);
  Json texts = Json::array();
  for (size_t i = 0; i < results.size(); ++i) {
    if (o.common.json)
      texts.push_back(json_of(o.texts[i], results[i]));
    else
      write_text(line_of(o.texts[i], results[i]));
  }
  if (o.common.json) print_json(Json{{"model", facts_of(model).name}, {"texts", texts}});
}

}  // namespace

Action declare_mood(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  auto* first = app.add_option("MODEL", o->words[0], "GGUF file; left out: the default model")->type_name("");
  auto* second = app.add_option("TEXT", o->words[1], "the text")->type_name("");
  app.add_option("-f,--file", o->file, "a text on each line of this file; - is standard input");
  app.add_option("--confidence", o->confidence,
                 "probability from which a label is given; default: the heads' thresholds, else 0.5")
      ->type_name("P")
      ->check(CLI::Range(0.0, 1.0));
  app.add_flag("--words", o->label_words, "label words even where the model has heads");
  declare_common(app, &o->common);
  app.footer("How the words sound, by the model's heads or by calibrated label words. Nothing is kept; it is no diagnosis.");
  return [o, first, second](Console& console) {
    o->assign_words(first->count() + second->count());
    run(console, *o);
  };
}

}  // namespace sotto::tools
