#include "mood.h"

MoodReader::MoodReader(Engine& engine, bool is_agreed) : skill_(sotto_sentiment_find(engine.runtime.get())) {
  if (skill_.api == nullptr)
    throw sotto::Error(SOTTO_NOT_FOUND, "no sentiment plugin was loaded: `sotto doctor` says why; --plugins names its folder");
  sotto_sentiment_options o{};
  o.struct_size = sizeof o;
  o.flags = is_agreed ? SOTTO_SENTIMENT_CONSENT : 0;
  sotto::call([&](sotto_error* err) { return skill_.api->create(skill_.self, engine.model.get(), &o, &reader_, err); });
}

MoodReader::~MoodReader() { skill_.api->destroy(reader_); }

sotto_sentiment_result MoodReader::hear(const std::string& words, const std::vector<float>& hidden) {
  sotto_sentiment_read_options o{};
  o.struct_size = sizeof o;
  o.text = sotto::str(words);
  sotto_sentiment_result result{};
  result.struct_size = sizeof result;
  sotto_status status = SOTTO_UNSUPPORTED;
  if (!hidden.empty() && SOTTO_HAS(sotto_sentiment_api, skill_.api, read_hidden))
    status = skill_.api->read_hidden(reader_, hidden.data(), hidden.size(), &o, &result, nullptr);
  if (status != SOTTO_OK) {  // a model without these heads
    const sotto_str text = sotto::str(words);
    sotto::call([&](sotto_error* err) { return skill_.api->read(reader_, &text, 1, nullptr, &result, sizeof result, err); });
  }
  sotto::call([&](sotto_error* err) { return skill_.api->note_turn(reader_, &result, err); });
  return result;
}

void MoodReader::note(uint32_t event) {
  sotto::call([&](sotto_error* err) { return skill_.api->note_event(reader_, event, err); });
}

sotto_mood MoodReader::now() const {
  sotto_mood mood{};
  mood.struct_size = sizeof mood;
  sotto::call([&](sotto_error* err) { return skill_.api->mood(reader_, &mood, err); });
  return mood;
}

std::string MoodReader::reason(bool is_chinese) const {
  const uint32_t language = is_chinese ? SOTTO_SENTIMENT_LANGUAGE_ZH : SOTTO_SENTIMENT_LANGUAGE_EN;
  const std::vector<char> text = sotto::fetch<char>([&](char* into, uint64_t capacity, uint64_t* size, sotto_error* err) {
    return skill_.api->reason(reader_, language, into, capacity, size, err);
  });
  return std::string(text.begin(), text.end());
}
