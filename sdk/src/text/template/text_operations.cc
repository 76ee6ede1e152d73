#include "text/template/text_operations.h"

#include <algorithm>

#include "text/unicode.h"

namespace sotto::jinja {
namespace {

uint32_t upper(uint32_t c) {
  if (c >= 'a' && c <= 'z') return c - 32;
  if ((c >= 0xE0 && c <= 0xFE && c != 0xF7) || (c >= 0x3B1 && c <= 0x3C9 && c != 0x3C2) || (c >= 0x430 && c <= 0x44F))
    return c - 32;
  if (c >= 0x450 && c <= 0x45F) return c - 80;
  if ((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177)) return c & ~1u;
  return c;
}
uint32_t lower(uint32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 32;
  if ((c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9 && c != 0x3A2) || (c >= 0x410 && c <= 0x42F))
    return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  if ((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177)) return c | 1u;
  return c;
}

template <class Map>
std::string mapped(std::string_view s, Map map) {
  std::string out;
  for (size_t at = 0; at < s.size();) {
    const Character c = decode_character(s, at);
    append_utf8(map(c.code_point), &out);
    at += c.bytes;
  }
  return out;
}

bool contains_at(std::string_view s, size_t at, size_t bytes, const std::string* characters) {
  if (characters) return characters->find(s.substr(at, bytes)) != std::string::npos;
  size_t n = 0;
  return is_space_at(s, at, &n);
}

size_t character_bytes(std::string_view s, size_t at) {
  size_t end = at + 1;
  while (end < s.size() && (static_cast<uint8_t>(s[end]) & 0xC0) == 0x80) ++end;
  return end - at;
}

// Bytes of a line end as str.splitlines knows them; 0: none begins here.
size_t line_end_at(const std::string& s, size_t at) {
  const char c = s[at];
  if ((c >= '\n' && c <= '\r') || (c >= 0x1C && c <= 0x1E)) return 1;
  if (s.compare(at, 2, "\xC2\x85") == 0) return 2;
  return s.compare(at, 3, "\xE2\x80\xA8") == 0 || s.compare(at, 3, "\xE2\x80\xA9") == 0 ? 3 : 0;
}

}  // namespace

bool is_space_at(std::string_view s, size_t at, size_t* bytes) {
  const Character c = decode_character(s, at);
  *bytes = c.bytes;
  return (classify(c.code_point) & kSpace) || (c.code_point >= 0x1C && c.code_point <= 0x1F);
}

Text strip(const Text& t, bool left, bool right, const std::string* characters) {
  const std::string_view s = t.bytes;
  size_t from = 0, to = s.size();
  while (left && from < to) {
    const size_t n = character_bytes(s, from);
    if (!contains_at(s, from, n, characters)) break;
    from += n;
  }
  while (right && to > from) {
    size_t at = to - 1;
    while (at > from && (static_cast<uint8_t>(s[at]) & 0xC0) == 0x80) --at;
    if (!contains_at(s, at, to - at, characters)) break;
    to = at;
  }
  return t.part(from, to - from);
}

List split(const Text& t, const std::string* separator, int64_t most, bool from_right) {
  const std::string_view s = t.bytes;
  std::vector<ByteRange> parts;  // in order of discovery
  if (!separator) {
    std::vector<ByteRange> words;
    for (size_t at = 0; at < s.size();) {
      size_t n = 0;
      if (is_space_at(s, at, &n)) {
        at += n;
        continue;
      }
      const size_t start = at;
      while (at < s.size() && !is_space_at(s, at, &n)) at += n;
      words.push_back({start, at - start});
    }
    if (most >= 0 && words.size() > static_cast<size_t>(most)) {
      // The rest keeps its inner white space, and its outer one on the far side is dropped.
      const auto keep = static_cast<size_t>(most);
      if (from_right) {
        const size_t end = words[words.size() - keep - 1].first + words[words.size() - keep - 1].count;
        words.erase(words.begin(), words.end() - static_cast<std::ptrdiff_t>(keep));
        words.insert(words.begin(), ByteRange{0, end});
      } else {
        const size_t start = words[keep].first;
        words.resize(keep);
        words.push_back({start, s.size() - start});
      }
    }
    parts = std::move(words);
  } else {
    size_t low = 0, high = s.size();
    while (most != 0) {
      const size_t at = from_right ? (high >= separator->size() ? s.substr(0, high).rfind(*separator) : std::string_view::npos)
                                   : s.find(*separator, low);
      if (at == std::string_view::npos) break;
      if (from_right) {
        parts.push_back({at + separator->size(), high - at - separator->size()});
        high = at;
      } else {
        parts.push_back({low, at - low});
        low = at + separator->size();
      }
      --most;
    }
    parts.push_back({low, high - low});
    if (from_right) std::reverse(parts.begin(), parts.end());
  }
  List list;
  for (const ByteRange& r : parts) list.push_back(Value::text(t.part(r.first, r.count)));
  return list;
}

Text replace(const Text& t, const std::string& what, const Text& with, int64_t most) {
  Text out;
  if (what.empty()) {
    // Between all characters, as Python does.
    for (size_t at = 0; at <= t.bytes.size() && most != 0; --most) {
      out.append(with);
      if (at == t.bytes.size()) return out;
      const size_t n = character_bytes(t.bytes, at);
      out.append(t.part(at, n));
      at += n;
      if (most == 1) out.append(t.part(at, t.bytes.size() - at));
    }
    return most == 0 && out.bytes.empty() ? t : out;
  }
  size_t from = 0;
  while (most != 0) {
    const size_t at = t.bytes.find(what, from);
    if (at == std::string::npos) break;
    out.append(t.part(from, at - from));
    out.append(with);
    from = at + what.size();
    --most;
  }
  out.append(t.part(from, t.bytes.size() - from));
  return out;
}

Text join(const List& items, const Text& separator) {
  Text out;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i) out.append(separator);
    out.append(to_text(items[i]));
  }
  return out;
}

List split_lines(const Text& t, bool keep_ends) {
  List lines;
  const std::string& s = t.bytes;
  for (size_t at = 0; at < s.size();) {
    size_t end = at, width = 0;  // of the line end
    for (; end < s.size() && !(width = line_end_at(s, end)); ++end) {
    }
    size_t after = end + width;
    if (end + 1 < s.size() && s[end] == '\r' && s[end + 1] == '\n') after = end + 2;
    lines.push_back(Value::text(t.part(at, (keep_ends ? after : end) - at)));
    at = after;
  }
  return lines;
}

Text escape_markup(const Text& t) {
  if (t.is_markup) return t;
  constexpr std::string_view kSigns = "&<>\"'";
  constexpr const char* kNames[] = {"&amp;", "&lt;", "&gt;", "&#34;", "&#39;"};
  Text out;
  for (size_t at = 0; at < t.bytes.size();) {
    const size_t stop = std::min(t.bytes.find_first_of(kSigns, at), t.bytes.size());
    out.append(t.part(at, stop - at));
    if (stop < t.bytes.size()) out.append(t.part(stop, 1).derived(kNames[kSigns.find(t.bytes[stop])]));
    at = stop + 1;
  }
  out.is_markup = true;
  return out;
}

std::string to_upper(std::string_view s) {
  return mapped(s, [](uint32_t c) { return upper(c); });
}
std::string to_lower(std::string_view s) {
  return mapped(s, [](uint32_t c) { return lower(c); });
}
std::string to_title(std::string_view s) {
  bool inside = false;
  return mapped(s, [&](uint32_t c) {
    const uint32_t out = inside ? lower(c) : upper(c);
    inside = upper(c) != c || lower(c) != c;
    return out;
  });
}
std::string to_headline(std::string_view s) {
  constexpr std::string_view kBreaks = "-({[<";
  bool first = true;
  std::string out;
  for (size_t at = 0, n = 0; at < s.size(); at += n) {
    const bool breaks = is_space_at(s, at, &n) || (n == 1 && kBreaks.find(s[at]) != std::string_view::npos);
    out += first ? to_upper(s.substr(at, n)) : to_lower(s.substr(at, n));
    first = breaks;
  }
  return out;
}
std::string capitalize(std::string_view s) {
  bool first = true;
  return mapped(s, [&](uint32_t c) {
    const uint32_t out = first ? upper(c) : lower(c);
    first = false;
    return out;
  });
}

}  // namespace sotto::jinja
