#include "text/grammar/json_texts.h"

#include <fmt/format.h>

#include <map>

#include "text/unicode.h"

namespace sotto::grammar {
namespace {

struct Short {
  uint32_t code_point;
  char letter;
};
constexpr Short kShort[] = {{'"', '"'}, {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'}, {'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}};

// Empty: the character stands for itself.
std::string escape_of(uint32_t code_point) {
  for (const Short& s : kShort)
    if (s.code_point == code_point) return {'\\', s.letter};
  return code_point < 0x20 ? fmt::format("\\u{:04x}", code_point) : std::string();
}

const Ranges& plain() {
  static const Ranges ranges = {{0x20, '"' - 1}, {'"' + 1, '\\' - 1}, {'\\' + 1, kLastCodePoint}};
  return ranges;
}

}  // namespace

std::string quoted_json(std::string_view text) {
  std::string out = "\"";
  for (size_t at = 0; at < text.size();) {
    const Character c = decode_character(text, at);
    const std::string escape = escape_of(c.code_point);
    if (escape.empty())
      append_utf8(c.code_point, &out);
    else
      out += escape;
    at += c.bytes;
  }
  return out + "\"";
}

namespace {

// The escapes that lead from one state to another, their beginnings shared: a text of at most a thousand characters has a
// thousand of these.
class Escapes {
 public:
  Escapes(Automaton* out, uint32_t from, uint32_t to) : out_(*out), from_(from), to_(to) {}

  void add(uint32_t code_point) {
    const std::string escape = escape_of(code_point);
    uint32_t at = from_;
    std::string prefix;
    for (size_t i = 0; i + 1 < escape.size(); ++i) {
      prefix += escape[i];
      const auto [known, is_new] = states_.emplace(prefix, static_cast<uint32_t>(out_.states.size()));
      if (is_new) {
        out_.states.emplace_back();
        link(at, escape[i], known->second);
      }
      at = known->second;
    }
    if (!escape.empty()) link(at, escape.back(), to_);
  }

 private:
  void link(uint32_t from, char symbol, uint32_t to) {
    const auto c = static_cast<uint32_t>(symbol);
    out_.states[from].edges.push_back({c, c, to});
  }

  Automaton& out_;
  const uint32_t from_, to_;
  std::map<std::string, uint32_t> states_;
};

}  // namespace

std::optional<Automaton> quoted_json(const Automaton& texts) {
  Automaton out;
  const auto count = static_cast<uint32_t>(texts.states.size());
  out.states.resize(count + 2);  // 0: before the quote; then those of `texts`; then the end
  const uint32_t end = count + 1;
  out.states[0].edges.push_back({'"', '"', 1});
  out.states[end].is_final = true;
  for (uint32_t s = 0; s < count; ++s) {
    if (texts.states[s].is_final) out.states[s + 1].edges.push_back({'"', '"', end});
    std::map<uint32_t, Ranges> by_target;
    for (const Edge& e : texts.states[s].edges) by_target[e.to].push_back({e.first, e.last});
    for (const auto& [to, ranges] : by_target) {
      for (const Range& r : intersection(ranges, plain())) out.states[s + 1].edges.push_back({r.first, r.last, to + 1});
      Escapes escapes(&out, s + 1, to + 1);
      for (const Range& r : intersection(ranges, {{0, 0x1F}, {'"', '"'}, {'\\', '\\'}}))
        for (uint32_t c = r.first; c <= r.last; ++c) escapes.add(c);
    }
    if (out.states.size() > kMostStates) return std::nullopt;
  }
  return out;
}

}  // namespace sotto::grammar
