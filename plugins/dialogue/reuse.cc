#include "reuse.h"

#include <algorithm>

namespace sotto::dialogue {
namespace {

// Tokens that one detour may take on each side; real ones take two to five.
constexpr size_t kMaxDetour = 48;

// One side of a detour: tokens [first, end) of `ids` and what they spell. They are spelled behind the token before them, so
// that a tokenizer which strips the space of a text's first piece strips nothing here.
struct Side {
  const Ids& ids;
  size_t first;
  size_t end;
  std::string text;

  // Takes one more token; *usable becomes false at a control token.
  Status extend(const Spell& spell, bool* usable) {
    std::string plain, named, before, whole;
    if (Status s = spell(&ids[end], 1, false, &plain); !s.ok()) return s;
    if (Status s = spell(&ids[end], 1, true, &named); !s.ok()) return s;
    ++end;
    const size_t anchor = first > 0 ? 1 : 0;
    const uint32_t* begin = ids.data() + first - anchor;
    if (Status s = spell(begin, anchor, true, &before); !s.ok()) return s;
    if (Status s = spell(begin, end - first + anchor, true, &whole); !s.ok()) return s;
    *usable = plain == named && whole.compare(0, before.size(), before) == 0;
    text = *usable ? whole.substr(before.size()) : std::string();
    return {};
  }
};

// From a place where ids differ to the next where both sides have spelled the same text. *found stays false when there is none.
Status take_detour(const Ids& session, const Ids& prompt, const Spell& spell, Reuse* at, bool* found) {
  Side a{session, at->keep, at->keep, {}};
  Side b{prompt, at->next, at->next, {}};
  bool usable = true;
  while (true) {
    Side& shorter = a.end == a.first || (b.end > b.first && a.text.size() < b.text.size()) ? a : b;
    if (shorter.end == shorter.ids.size() || shorter.end - shorter.first == kMaxDetour) return {};
    if (Status s = shorter.extend(spell, &usable); !s.ok()) return s;
    if (!usable) return {};
    if (b.end == b.first) continue;
    if (a.text == b.text) {
      *at = {a.end, b.end};
      *found = true;
      return {};
    }
    // A character may still be cut at the end of either text, which spells differently until it is whole: hence the slack.
    constexpr size_t kCutCharacter = 4;
    const size_t common = std::min(a.text.size(), b.text.size());
    const size_t sure = common > kCutCharacter ? common - kCutCharacter : 0;
    if (a.text.compare(0, sure, b.text, 0, sure) != 0) return {};
  }
}

}  // namespace

Status find_reuse(const Ids& session, const Ids& prompt, const Spell& spell, Reuse* out) {
  Reuse at, before;
  while (at.keep < session.size() && at.next < prompt.size()) {
    Reuse ahead = at;
    if (session[at.keep] == prompt[at.next]) {
      ++ahead.keep;
      ++ahead.next;
    } else {
      bool found = false;
      if (Status s = take_detour(session, prompt, spell, &ahead, &found); !s.ok()) return s;
      if (!found) break;
    }
    before = at;
    at = ahead;
  }
  *out = at.next == prompt.size() ? before : at;
  return {};
}

}  // namespace sotto::dialogue
