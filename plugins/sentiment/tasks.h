// tasks.h: the two things that are read out of a turn, sentiment and emotion: their labels and the words that stand for them.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "sotto/sentiment.h"

namespace sotto::sentiment {

enum TaskIndex : size_t { kSentiment, kEmotion, kTasks };
enum LanguageIndex : size_t { kChinese, kEnglish, kLanguages };

constexpr size_t kMostLabels = SOTTO_EMOTION_LABELS;

// How a task is put to a model without a head for it: the question follows the user's turn as the answer's begin, a word
// follows the question.
struct Wording {
  std::string_view question;
  std::array<std::string_view, kMostLabels> words;  // with the space that a language wants before them
};

struct Task {
  std::string_view head;  // its name in a model file
  size_t labels;
  std::array<std::string_view, kMostLabels> names;  // of the head's labels; the index is the constant of sentiment.h
  float confidence;                                 // from which a label is given when neither head nor options say
  std::array<Wording, kLanguages> wordings;         // by LanguageIndex
};

extern const std::array<Task, kTasks> kAllTasks;

// Inputs without content, for the calibration (Zhao et al. 2021, section 5).
constexpr std::string_view kContentFree[] = {"N/A", "[MASK]", ""};

}  // namespace sotto::sentiment
