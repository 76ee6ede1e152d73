#include "reuse.h"

#include <gtest/gtest.h>

#include "fake_service.h"

namespace sotto::dialogue {
namespace {

using test::bytes_of;
using test::kBegin;
using test::kEnd;
using test::tokenize;

Status spell(const uint32_t* ids, size_t count, bool with_control, std::string* text) {
  *text = test::spell(Ids(ids, ids + count), with_control);
  return {};
}

Ids operator+(Ids a, const Ids& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

struct Case {
  const char* name;
  Ids session;
  Ids prompt;
  size_t keep;
  size_t next;
};

TEST(Reuse, KeepsWhatTheSessionSpellsOfThePrompt) {
  const Ids hello = tokenize("hello");    // he ll o
  const Ids letters = bytes_of("hello");  // h e l l o
  const Case cases[] = {
      {"an empty session", {}, hello, 0, 0},
      {"a session that is a prefix", hello, hello + bytes_of("!"), 3, 3},
      {"equal to the prompt: one token is left to feed", hello, hello, 2, 2},
      {"longer than the prompt", hello + bytes_of("!?"), hello, 2, 2},
      {"other ids of the same text", letters, hello + bytes_of("!"), 5, 3},
      {"other ids in the middle", bytes_of("x") + letters + bytes_of("y"), bytes_of("x") + hello + bytes_of("y!"), 7, 5},
      {"twice other ids", letters + letters, hello + hello + bytes_of("!"), 10, 6},
      {"other ids up to the end of the prompt", letters, hello, 4, 2},
      {"another text", bytes_of("xa"), bytes_of("xb"), 1, 1},
      {"another text behind other ids", bytes_of("hex"), tokenize("hey"), 2, 1},
      {"a cut answer", bytes_of("hel"), hello + bytes_of("!"), 2, 1},
      {"a marker spelled by a message is not the marker", {'a', kEnd, 'b'}, bytes_of("a<e>bc"), 1, 1},
      {"a marker where the message spelled it", bytes_of("a<e>b"), {'a', kEnd, 'b', 'c'}, 1, 1},
      {"a marker behind other ids of the same text", letters + Ids{kEnd}, hello + Ids{kEnd, kBegin}, 6, 4},
  };
  for (const Case& c : cases) {
    Reuse reuse;
    ASSERT_TRUE(find_reuse(c.session, c.prompt, spell, &reuse).ok()) << c.name;
    EXPECT_EQ(reuse.keep, c.keep) << c.name;
    EXPECT_EQ(reuse.next, c.next) << c.name;
  }
}

TEST(Reuse, CharactersCutDifferentlyAreFoundEqual) {
  // The session has the bytes of two characters one by one; a tokenizer that reports a cut character as U+FFFD must not confuse
  // it.
  const Spell replacing = [](const uint32_t* ids, size_t count, bool with_control, std::string* text) {
    *text = test::spell(Ids(ids, ids + count), with_control);
    if (!text->empty() && (static_cast<unsigned char>(text->back()) & 0xC0u) == 0xC0u)
      text->replace(text->size() - 1, 1, "\xEF\xBF\xBD");
    return Status{};
  };
  const Ids session = bytes_of(
      "h\xC3\xA9"
      "llo");
  const Ids prompt = bytes_of("h\xC3\xA9") + tokenize("llo!");
  Reuse reuse;
  ASSERT_TRUE(find_reuse(session, prompt, replacing, &reuse).ok());
  EXPECT_EQ(reuse.keep, session.size());
  EXPECT_EQ(reuse.next, prompt.size() - 1);
}

TEST(Reuse, AHostileHistoryCostsABoundedDetour) {
  size_t spelled = 0;
  const Spell counting = [&](const uint32_t* ids, size_t count, bool with_control, std::string* text) {
    ++spelled;
    return spell(ids, count, with_control, text);
  };
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "ll";
  Reuse reuse;
  // "l", then pairs: never again in step with pairs from the start.
  ASSERT_TRUE(find_reuse(bytes_of("l") + tokenize(text), tokenize("l" + text), counting, &reuse).ok());
  EXPECT_LT(spelled, 1000u);
}

TEST(Reuse, AFailureToSpellIsPassedOn) {
  const Spell failing = [](const uint32_t*, size_t, bool, std::string*) { return Status{SOTTO_INTERNAL, "no"}; };
  Reuse reuse;
  EXPECT_EQ(find_reuse(bytes_of("a"), bytes_of("bc"), failing, &reuse).code, SOTTO_INTERNAL);
}

}  // namespace
}  // namespace sotto::dialogue
