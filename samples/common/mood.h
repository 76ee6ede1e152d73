// mood.h: how the user's words sound, over sotto/sentiment.h; with heads from the hidden state that the assistant has computed
// already.
#pragma once

#include <string>
#include <vector>

#include "engine.h"
#include "sotto/sentiment.h"

// One thread at a time. Keeps nothing unless the user agreed.
class MoodReader {
 public:
  MoodReader(Engine& engine, bool is_agreed);  // throws sotto::Error, as all of these
  ~MoodReader();
  MoodReader(const MoodReader&) = delete;
  MoodReader& operator=(const MoodReader&) = delete;

  // A turn's words; `hidden`: of its end, or empty. What was read.
  sotto_sentiment_result hear(const std::string& words, const std::vector<float>& hidden);
  void note(uint32_t event);  // SOTTO_MOOD_*
  sotto_mood now() const;
  std::string reason(bool is_chinese) const;

 private:
  sotto_sentiment_skill skill_;
  sotto_sentiment* reader_ = nullptr;
};
