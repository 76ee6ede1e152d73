#include "text/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>

#include "text/unicode.h"

namespace sotto {
namespace {

// Control tokens that end an answer under the names that model families use, beside eos and eot.
constexpr std::string_view kEndMarkers[] = {
    "<|im_end|>", "<|eot_id|>",      "<|end|>",         "<|endoftext|>", "<|eom_id|>",           "<end_of_turn>",
    "</s>",       "<|end_of_text|>", "<|end_of_turn|>", "<EOT>",         "<｜end▁of▁sentence｜>"};

bool lies_in(const std::vector<ByteRange>& ranges, size_t at, size_t bytes) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), at, [](size_t x, const ByteRange& r) { return x < r.first; });
  if (after == ranges.begin()) return false;
  const ByteRange& r = *(after - 1);
  return at - r.first <= r.count && bytes <= r.count - (at - r.first);
}

}  // namespace

bool Tokenizer::is_control(uint32_t id) const {
  return id < kinds_.size() && (kinds_[id] == TokenKind::kControl || kinds_[id] == TokenKind::kUnused);
}

bool Tokenizer::ends_generation(uint32_t id) const { return id < ends_.size() && ends_[id]; }

Status Tokenizer::take_ids(const Vocabulary& v) {
  const auto take = [&](const char* name, std::optional<uint32_t> given, std::optional<uint32_t>* into) -> Status {
    if (given && *given >= size())
      return Status(SOTTO_BAD_FILE,
                    fmt::format("tokenizer.ggml.{}_token_id is {}, but the vocabulary has {} tokens", name, *given, size()));
    if (given) *into = given;
    return {};
  };
  SOTTO_TRY(take("bos", v.bos, &bos_));
  SOTTO_TRY(take("eos", v.eos, &eos_));
  SOTTO_TRY(take("eot", v.eot, &eot_));
  // Nothing is fed or stopped by these two, and converters have written ids of tokens that were added later.
  if (v.unknown && *v.unknown < size()) unknown_ = v.unknown;
  if (v.padding && *v.padding < size()) padding_ = v.padding;
  return {};
}

void Tokenizer::index_tokens() {
  index_ = TokenIndex(texts_);
  ends_.resize(kinds_.size());
  for (uint32_t id = 0; id < kinds_.size(); ++id) {
    const bool control = kinds_[id] == TokenKind::kControl, unknown = kinds_[id] == TokenKind::kUnknown;
    if (!texts_[id].empty() && (control || unknown || (matches_user_defined_ && kinds_[id] == TokenKind::kUserDefined)))
      markers_.push_back(id);
    ends_[id] = control && std::find(std::begin(kEndMarkers), std::end(kEndMarkers), texts_[id]) != std::end(kEndMarkers);
  }
  for (const auto& id : {eos_, eot_})
    if (id) ends_[*id] = true;
  std::stable_sort(markers_.begin(), markers_.end(), [&](uint32_t x, uint32_t y) { return texts_[x] < texts_[y]; });
  uint32_t at = 0;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    markers_from_[byte] = at;
    while (at < markers_.size() && static_cast<uint8_t>(texts_[markers_[at]][0]) == byte) ++at;
  }
  markers_from_[256] = at;
}

bool Tokenizer::may_be_parsed(uint32_t id, size_t at, const EncodeOptions& options) const {
  if (kinds_[id] == TokenKind::kUserDefined) return true;
  return options.parse_special && (!options.trusted || lies_in(*options.trusted, at, texts_[id].size()));
}

// Narrows the sorted markers byte by byte to those that the text continues as.
std::optional<Tokenizer::Found> Tokenizer::marker_at(std::string_view text, size_t at, const EncodeOptions& options) const {
  const auto first_byte = static_cast<uint8_t>(text[at]);
  auto low = markers_.begin() + markers_from_[first_byte], high = markers_.begin() + markers_from_[first_byte + 1];
  std::optional<Found> longest;
  for (size_t depth = 1; low != high; ++depth) {
    for (; low != high && texts_[*low].size() == depth; ++low)  // all of it matches; more than one only if written twice
      if ((!longest || longest->bytes < depth) && may_be_parsed(*low, at, options)) longest = Found{at, depth, *low};
    if (at + depth >= text.size()) break;
    const auto byte = static_cast<uint8_t>(text[at + depth]);
    const auto byte_of = [&](uint32_t id) { return static_cast<uint8_t>(texts_[id][depth]); };
    low = std::lower_bound(low, high, byte, [&](uint32_t id, uint8_t b) { return byte_of(id) < b; });
    high = std::upper_bound(low, high, byte, [&](uint8_t b, uint32_t id) { return b < byte_of(id); });
  }
  return longest;
}

std::optional<Tokenizer::Found> Tokenizer::next_marker(std::string_view text, size_t from, const EncodeOptions& options) const {
  for (size_t at = from; at < text.size(); ++at) {
    const auto byte = static_cast<uint8_t>(text[at]);
    if (markers_from_[byte] == markers_from_[byte + 1]) continue;
    if (const auto found = marker_at(text, at, options)) return found;
  }
  return std::nullopt;
}

Result<std::vector<uint32_t>> Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  if (text.size() > UINT32_MAX)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("tokenizing: a text of {} bytes is longer than 4 GiB", text.size()));
  std::vector<uint32_t> ids;
  if (options.add_bos && add_bos_ && bos_) ids.push_back(*bos_);
  for (size_t at = 0; at < text.size();) {
    const auto found = next_marker(text, at, options);
    const size_t end = found ? found->at : text.size();
    if (end > at) SOTTO_TRY(encode_text(text.substr(at, end - at), &ids));
    if (found) ids.push_back(found->id);
    at = found ? end + found->bytes : end;
  }
  if (options.add_eos && add_eos_ && eos_) ids.push_back(*eos_);
  return ids;
}

std::string Tokenizer::decode(Span<const uint32_t> ids, bool show_control) const {
  std::string text;
  std::vector<uint32_t> part;
  const auto flush = [&] {
    if (!part.empty()) text += decode_text(part);
    part.clear();
  };
  for (const uint32_t id : ids) {
    if (id < size() && !is_control(id)) {
      part.push_back(id);
    } else if (show_control) {  // what follows was encoded by itself
      flush();
      text += text_of(id);
    }
  }
  flush();
  return text;
}

Result<std::unique_ptr<Tokenizer>> make_tokenizer(const Vocabulary& v) {
  if (!v.sentencepiece_model.empty() || v.model == "llama") return make_sentencepiece_tokenizer(v);
  if (v.model == "gpt2") return make_bpe_tokenizer(v);
  return Status(
      SOTTO_UNSUPPORTED,
      fmt::format("tokenizer model '{}' is not supported; known are gpt2 (byte-level BPE) and llama (SentencePiece)", v.model));
}

}  // namespace sotto
