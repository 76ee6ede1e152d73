#include "text/character_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "text/unicode.h"

namespace sotto {
namespace {

constexpr size_t kLargestMap = 4 << 20;     // the largest that SentencePiece brings has 0.3 MB
constexpr size_t kLongestReplacement = 96;  // the longest that Unicode has, U+FDFA, has 33
constexpr size_t kDeepest = 256;            // bytes of text in one rule
constexpr uint8_t kMostNested = 32;         // Normalizer::kMaxTrieResultsSize of the library
constexpr uint32_t kNone = UINT32_MAX;

Status bad(std::string text) { return Status(SOTTO_BAD_FILE, "SentencePiece model: its character map " + std::move(text)); }

// A unit of the trie: bit 31 leaf (value below it), bit 8 has a leaf at its offset, bits 0-7 label, the rest offset.
class Trie {
 public:
  explicit Trie(std::string_view bytes) : units_(bytes.size() / 4) {
    std::memcpy(units_.data(), bytes.data(), 4 * units_.size());
  }

  size_t size() const { return units_.size(); }
  bool is_leaf(size_t i) const { return units_[i] >> 31 != 0; }
  uint32_t value(size_t i) const { return units_[i] & 0x7FFFFFFF; }
  bool has_leaf(size_t i) const { return (units_[i] >> 8 & 1) != 0; }
  uint32_t label(size_t i) const { return units_[i] & 0xFF; }
  // Where the children begin: that of label c is base ^ c.
  size_t base(size_t i) const {
    return i ^ size_t { units_[i] >> 10 } << (units_[i] >> 6 & 8);
  }

 private:
  std::vector<uint32_t> units_;
};

Status check_replacements(std::string_view texts) {
  if (texts.empty() || texts.back() != '\0') return bad("does not end its replacements");
  for (size_t at = 0; at < texts.size();) {
    const size_t end = texts.find('\0', at);
    if (end - at > kLongestReplacement)
      return bad(fmt::format("has a replacement of {} bytes, expected at most {}", end - at, kLongestReplacement));
    if (!is_valid_utf8(texts.substr(at, end - at))) return bad(fmt::format("has a replacement that is not UTF-8, at {}", at));
    at = end + 1;
  }
  return {};
}

Status check_offsets(const Trie& trie, std::string_view texts) {
  for (size_t i = 0; i < trie.size(); ++i) {
    if (trie.is_leaf(i) && i != 0) continue;  // the library takes the first unit for the root whatever it says
    const size_t base = trie.base(i);
    if ((base | 0xFF) >= trie.size()) return bad(fmt::format("points past its {} units in unit {}", trie.size(), i));
    if (!trie.has_leaf(i)) continue;
    const size_t value = trie.value(base);
    if (value >= texts.size() || (static_cast<uint8_t>(texts[value]) & 0xC0) == 0x80)
      return bad(fmt::format("points past or into its replacements in unit {}", i));
  }
  return {};
}

// Level by level from the root: how many matches lie on the way to a unit.
Status check_depth(const Trie& trie) {
  std::vector<uint32_t> first_child(trie.size(), kNone), next_child(trie.size(), kNone);  // by base
  for (size_t i = trie.size(); i-- > 0;) {
    if (trie.is_leaf(i)) continue;
    const size_t base = i ^ trie.label(i);
    next_child[i] = first_child[base];
    first_child[base] = static_cast<uint32_t>(i);
  }
  std::vector<uint8_t> nested(trie.size(), 0);
  std::vector<uint32_t> seen_at(trie.size(), 0), level{0}, below;
  for (uint32_t depth = 1; !level.empty(); ++depth) {
    if (depth > kDeepest) return bad(fmt::format("is deeper than {} or runs in circles", kDeepest));
    below.clear();
    for (const uint32_t unit : level) {
      for (uint32_t child = first_child[trie.base(unit)]; child != kNone; child = next_child[child]) {
        const auto matches = static_cast<uint8_t>(nested[unit] + trie.has_leaf(child));
        if (matches > kMostNested) return bad(fmt::format("has more than {} rules within one another", kMostNested));
        if (seen_at[child] == depth) {
          nested[child] = std::max(nested[child], matches);
        } else {
          seen_at[child] = depth;
          nested[child] = matches;
          below.push_back(child);
        }
      }
    }
    level.swap(below);
  }
  return {};
}

}  // namespace

Status check_character_map(std::string_view map) {
  if (map.empty()) return {};
  if (map.size() > kLargestMap) return bad(fmt::format("has {} bytes, expected at most {}", map.size(), kLargestMap));
  uint32_t trie_bytes = 0;
  if (map.size() < sizeof trie_bytes) return bad("is cut off");
  std::memcpy(&trie_bytes, map.data(), sizeof trie_bytes);
  map.remove_prefix(sizeof trie_bytes);
  if (trie_bytes < 1024 || trie_bytes % 1024 != 0 || trie_bytes > map.size())
    return bad(fmt::format("announces a trie of {} bytes, {} are left", trie_bytes, map.size()));
  const Trie trie(map.substr(0, trie_bytes));
  map.remove_prefix(trie_bytes);
  SOTTO_TRY(check_replacements(map));
  SOTTO_TRY(check_offsets(trie, map));
  return check_depth(trie);
}

}  // namespace sotto
