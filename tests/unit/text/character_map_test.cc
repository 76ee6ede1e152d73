#include "text/character_map.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace sotto {
namespace {

// A trie of one block of 256 units and its replacements, as in the file.
struct Map {
  std::vector<uint32_t> units = std::vector<uint32_t>(256, 0x80000000);
  std::string texts = std::string("x\0", 2);

  // The unit that is found under `label` below a unit with this base; `has_leaf`: a rule ends here.
  void unit(size_t at, size_t base, uint32_t label, bool has_leaf) {
    units[at] = static_cast<uint32_t>(at ^ base) << 10 | (has_leaf ? 0x100u : 0u) | label;
  }
  std::string bytes() const {
    std::string out(4 + 4 * units.size(), '\0');
    const auto size = static_cast<uint32_t>(4 * units.size());
    std::memcpy(out.data(), &size, 4);
    std::memcpy(out.data() + 4, units.data(), size);
    return out + texts;
  }
};

// 'a' becomes "x": the root's children begin at 16, the rule's leaf is unit 32.
Map one_rule() {
  Map map;
  map.unit(0, 16, 0, false);
  map.unit(16 ^ 'a', 32, 'a', true);
  map.units[32] = 0x80000000;  // replacement 0
  return map;
}

TEST(CharacterMap, AnEmptyAndAProperOneAreFine) {
  EXPECT_TRUE(check_character_map("").ok());
  EXPECT_TRUE(check_character_map(one_rule().bytes()).ok());
}

TEST(CharacterMap, WhatTheLibraryWouldFollowBlindlyIsRefused) {
  struct Case {
    const char* message;
    void (*damage)(Map*);
  };
  const Case cases[] = {
      {"points past its 256 units", [](Map* m) { m->unit(0, 4096, 0, false); }},
      {"points past its 256 units", [](Map* m) { m->units[0] = 0xFFFFFFFF; }},  // the root may not be a leaf
      {"points past or into its replacements", [](Map* m) { m->units[32] = 0x80000002; }},
      {"points past or into its replacements", [](Map* m) { m->texts = std::string("é\0", 3), m->units[32] = 0x80000001; }},
      {"runs in circles", [](Map* m) { m->unit(16 ^ 'a', 16, 'a', false); }},
      {"does not end its replacements", [](Map* m) { m->texts = "x"; }},
      {"does not end its replacements", [](Map* m) { m->texts.clear(); }},
      {"replacement of 97 bytes", [](Map* m) { m->texts = std::string(97, 'x') + '\0'; }},
      {"not UTF-8", [](Map* m) { m->texts = std::string("\xE4\0", 2); }},
      {"announces a trie of 1028 bytes", [](Map* m) { m->units.push_back(0); }},
  };
  for (const Case& c : cases) {
    Map map = one_rule();
    c.damage(&map);
    const Status status = check_character_map(map.bytes());
    ASSERT_FALSE(status.ok()) << c.message;
    EXPECT_NE(status.text().find(c.message), std::string::npos) << status.text();
  }
  EXPECT_FALSE(check_character_map("abc").ok());
  EXPECT_FALSE(check_character_map(one_rule().bytes().substr(0, 900)).ok());
  EXPECT_FALSE(check_character_map(std::string(5 << 20, '\0')).ok());
}

TEST(CharacterMap, MoreRulesWithinOneAnotherThanTheLibraryKeepsAreRefused) {
  for (const size_t depth : {32u, 33u}) {
    Map map;
    map.unit(0, 1, 0, false);
    // A chain of labels 'a': node k lies at base_k ^ 'a', with a leaf at its own base.
    for (size_t k = 0; k < depth; ++k) map.unit((2 * k + 1) ^ 'a', 2 * k + 3, 'a', true);
    const Status status = check_character_map(map.bytes());
    EXPECT_EQ(status.ok(), depth == 32) << status.text();
  }
}

}  // namespace
}  // namespace sotto
