// One thread reads, others cancel, note, ask and try to read too: every call answers, and the reader works afterwards.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tiny.h"

namespace sotto::sentiment_test {
namespace {

TEST(Threads, TheMoodIsForAnyThreadAndReadingForOne) {
  World world(model_bytes({sentiment_head()}));
  const auto reader = world.reader(SOTTO_SENTIMENT_CONSENT | SOTTO_SENTIMENT_HINTS);
  const auto before = world.read(reader, "it works");
  const sotto_sentiment_api& api = world.api();
  const sotto_str text = sotto_cstr("it works");
  std::atomic<bool> is_done{false};
  std::atomic<int> wrong{0};
  std::thread other([&] {
    while (!is_done) {
      auto mood = sized<sotto_mood>();
      auto result = sized<sotto_sentiment_result>();
      uint64_t size = 0;
      api.cancel(reader.get());
      const sotto_status read = api.read(reader.get(), &text, 1, nullptr, &result, sizeof result, nullptr);
      if (read != SOTTO_OK && read != SOTTO_BUSY) ++wrong;
      if (api.note_event(reader.get(), SOTTO_MOOD_CANCEL, nullptr) != SOTTO_OK) ++wrong;
      if (api.mood(reader.get(), &mood, nullptr) != SOTTO_OK || mood.events == 0) ++wrong;
      if (api.hint(reader.get(), SOTTO_SENTIMENT_LANGUAGE_EN, nullptr, 0, &size, nullptr) != SOTTO_OK) ++wrong;
    }
  });
  for (int i = 0; i < 30; ++i) {
    auto result = sized<sotto_sentiment_result>();
    const sotto_status read = api.read(reader.get(), &text, 1, nullptr, &result, sizeof result, nullptr);
    if (read != SOTTO_OK && read != SOTTO_BUSY && read != SOTTO_CANCELLED) ++wrong;
  }
  is_done = true;
  other.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_FLOAT_EQ(world.read(reader, "it works").probabilities[0], before.probabilities[0]);
}

}  // namespace
}  // namespace sotto::sentiment_test
