#include "choice.h"

#include <algorithm>
#include <cmath>

#include "arguments.h"
#include "lexicon.h"

namespace sotto::assistant {
namespace {

// Ours, chosen on tests/assistant/own/development.txt.
constexpr double kHasArgument = 0.05, kLacksArgument = 0.2;           // where the function wants one
constexpr double kIsQuestion = 0.15;                                  // of a function that none of its examples asks
constexpr double kScaleOfExamples = 1.25, kScaleOfDescription = 1.8;  // 0.5 is as likely as not
// Meaning can lift a paraphrase but not make a function of nothing.
constexpr double kMeaningShare = 0.1;

// Hidden states of one model lie close together: what all examples share says nothing, so their mean is taken away first.
std::vector<float> centre_of(const Functions& functions, size_t width) {
  std::vector<float> centre(width, 0);
  size_t count = 0;
  for (const auto& [name, function] : functions.all())
    for (const auto& mean : function->example_means) {
      if (mean.size() != width) continue;
      for (size_t i = 0; i < width; ++i) centre[i] += mean[i];
      ++count;
    }
  for (float& x : centre) x /= static_cast<float>(std::max<size_t>(count, 1));
  return centre;
}

double cosine(const std::vector<float>& a, const std::vector<float>& b, const std::vector<float>& centre) {
  double dot = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < centre.size(); ++i) {
    const double x = a[i] - centre[i], y = b[i] - centre[i];
    dot += x * y, aa += x * x, bb += y * y;
  }
  return aa > 0 && bb > 0 ? dot / std::sqrt(aa * bb) : 0;
}

double nearest_meaning(const Function& function, const std::vector<float>& mean, const std::vector<float>& centre) {
  double best = 0;
  for (const auto& example : function.example_means)
    if (!mean.empty() && example.size() == mean.size()) best = std::max(best, cosine(mean, example, centre));
  return best;
}

bool is_as_written(const Function& function, std::string_view normal) {
  return std::find(function.examples.begin(), function.examples.end(), normal) != function.examples.end();
}

// The words of a text and what arguments were found in it, worked out once for all functions.
class Said {
 public:
  Said(const World& world, const std::string& text, Language language) : world_(world), text_(text), language_(language) {}

  // Words that are no value of the function's parameters. `has_argument`: at least one has its value.
  Terms words(const Function& function, bool* has_argument) {
    Places values;
    *has_argument = false;
    for (const Parameter& p : function.parameters) {
      if (is_typed(p.type))
        if (const Places& own = values_of(p.type); !own.empty()) values.push_back(own.front()), *has_argument = true;
      *has_argument = *has_argument || (!is_typed(p.type) && may_hold(p, text_));
    }
    std::sort(values.begin(), values.end());
    return rest_without(values);
  }

 private:
  using Places = std::vector<std::pair<size_t, size_t>>;

  const Places& values_of(SlotType type) {
    const auto at = places_.find(type);
    if (at != places_.end()) return at->second;
    Places& places = places_[type];
    for (const Reading& reading : world_.values().read(text_, type, language_, false))
      places.emplace_back(reading.values.front().begin, reading.values.front().end);
    return places;
  }
  const Terms& rest_without(const Places& values) {
    const auto at = rests_.find(values);
    if (at != rests_.end()) return at->second;
    std::string rest;
    size_t from = 0;
    for (const auto& [begin, end] : values) {
      if (begin > from) rest += text_.substr(from, begin - from) + ' ';
      from = std::max(from, end);
    }
    return rests_[values] = terms_of(normal_form(rest + text_.substr(from)));
  }

  const World& world_;
  const std::string& text_;
  Language language_;
  std::map<SlotType, Places> places_;
  std::map<Places, Terms> rests_;
};

double score_of(const World& world, const Function& function, Said* said, Language language, bool is_asking) {
  const Vocabulary& vocabulary = function.vocabulary[index_of(language)];
  if (vocabulary.is_empty()) return 0;
  bool has_argument = false;
  const Terms words = said->words(function, &has_argument);
  double score = vocabulary.likeness(words, world.rarity[index_of(language)]);
  if (score <= 0) return 0;
  const bool wants_one =
      std::any_of(function.parameters.begin(), function.parameters.end(), [](const Parameter& p) { return p.is_required; });
  if (wants_one) score += has_argument ? kHasArgument : -kLacksArgument;
  if (is_asking && !vocabulary.has_questions()) score -= kIsQuestion;
  return score * (function.examples.empty() ? kScaleOfDescription : kScaleOfExamples);
}

}  // namespace

Chosen choose_function(const World& world, const std::string& text, Language language, const std::vector<float>& mean) {
  const std::string normal = normal_form(text);
  const std::vector<float> centre = centre_of(world.functions, mean.size());
  const bool is_asking = is_question(normal);
  Said said(world, text, language);
  Chosen best;
  double second = 0;
  for (const auto& [name, function] : world.functions.all()) {
    if (function->intent != nullptr && function->examples.empty()) continue;
    Chosen mine;
    mine.function = function.get();
    mine.is_as_written = is_as_written(*function, normal);
    mine.score = score_of(world, *function, &said, language, is_asking);
    if (mine.score > 0 && kMeaningShare > 0) mine.score += kMeaningShare * nearest_meaning(*function, mean, centre);
    mine.score = mine.is_as_written ? 1 : std::clamp(mine.score, 0.0, 1.0);
    if (best.function == nullptr || mine.score > best.score) {
      second = best.score;
      best = mine;
    } else {
      second = std::max(second, mine.score);
    }
  }
  best.margin = best.score - second;
  return best;
}

}  // namespace sotto::assistant
