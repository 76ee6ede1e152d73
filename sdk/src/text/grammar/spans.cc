#include "text/grammar/spans.h"

#include <map>
#include <string>
#include <unordered_map>

#include "text/unicode.h"

namespace sotto::grammar {
namespace {

struct Unit {
  uint32_t id;
  bool is_word;
};

// Scripts that put no space between words.
bool stands_alone(uint32_t c) {
  return (c >= 0x2E80 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF) ||
         (c >= 0x0E00 && c <= 0x0EFF) || (c >= 0x1000 && c <= 0x109F) || (c >= 0x1780 && c <= 0x17FF);
}

bool is_of_word(uint32_t c) { return (classify(c) & (kLetter | kNumber | kMark)) != 0; }

// The text cut into words and what lies between, equal ones with equal ids.
struct Units {
  std::vector<Unit> sequence;
  std::vector<std::vector<uint32_t>> spellings;  // by id

  explicit Units(std::string_view text) {
    std::map<std::vector<uint32_t>, uint32_t> ids;
    std::vector<uint32_t> word;
    const auto flush = [&](bool is_word) {
      if (word.empty()) return;
      const auto [at, is_new] = ids.emplace(word, static_cast<uint32_t>(spellings.size()));
      if (is_new) spellings.push_back(word);
      sequence.push_back({at->second, is_word});
      word.clear();
    };
    for (size_t at = 0; at < text.size();) {
      const Character c = decode_character(text, at);
      at += c.bytes;
      const bool joins = is_of_word(c.code_point) && !stands_alone(c.code_point);
      if (!joins) flush(true);
      word.push_back(c.code_point);
      if (!joins) flush(is_of_word(c.code_point));
    }
    flush(true);
  }
};

struct SuffixState {
  std::map<uint32_t, uint32_t> next;  // unit to state
  uint32_t link = UINT32_MAX;
  uint32_t length = 0;
  bool is_word = false;  // the last unit of its spans is a word
};

std::vector<SuffixState> suffix_automaton(const std::vector<Unit>& units) {
  std::vector<SuffixState> states(1);
  uint32_t last = 0;
  for (const Unit& unit : units) {
    const auto now = static_cast<uint32_t>(states.size());
    states.emplace_back();
    states[now].length = states[last].length + 1;
    states[now].is_word = unit.is_word;
    uint32_t p = last;
    while (p != UINT32_MAX && !states[p].next.count(unit.id)) {
      states[p].next[unit.id] = now;
      p = states[p].link;
    }
    if (p == UINT32_MAX) {
      states[now].link = 0;
    } else {
      const uint32_t q = states[p].next[unit.id];
      if (states[p].length + 1 == states[q].length) {
        states[now].link = q;
      } else {
        const auto copy = static_cast<uint32_t>(states.size());
        states.push_back(states[q]);
        states[copy].length = states[p].length + 1;
        for (; p != UINT32_MAX; p = states[p].link) {
          const auto at = states[p].next.find(unit.id);
          if (at == states[p].next.end() || at->second != q) break;
          at->second = copy;
        }
        states[q].link = states[now].link = copy;
      }
    }
    last = now;
  }
  return states;
}

}  // namespace

Automaton spans_of(std::string_view text) {
  const Units units(text);
  std::vector<bool> is_word(units.spellings.size());
  for (const Unit& u : units.sequence) is_word[u.id] = u.is_word;
  const std::vector<SuffixState> states = suffix_automaton(units.sequence);
  Automaton out;
  out.states.resize(states.size());
  for (uint32_t s = 0; s < states.size(); ++s) {
    out.states[s].is_final = states[s].is_word;
    std::unordered_map<uint64_t, uint32_t> places;  // of (state before, symbol): words that begin alike go together
    for (const auto& [id, to] : states[s].next) {
      if (s == 0 && !is_word[id]) continue;
      const auto& spelling = units.spellings[id];
      uint32_t from = s;
      for (size_t i = 0; i + 1 < spelling.size(); ++i) {
        const auto [at, is_new] = places.emplace(uint64_t{from} << 32 | spelling[i], static_cast<uint32_t>(out.states.size()));
        if (is_new) {
          out.states[from].edges.push_back({spelling[i], spelling[i], at->second});
          out.states.emplace_back();
        }
        from = at->second;
      }
      out.states[from].edges.push_back({spelling.back(), spelling.back(), to});
    }
  }
  trim(&out);
  return out;
}

}  // namespace sotto::grammar
