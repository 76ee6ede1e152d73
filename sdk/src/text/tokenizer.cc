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

void Tokenizer::index_specials() {
  by_first_byte_.resize(256);
  ends_.resize(kinds_.size());
  for (uint32_t id = 0; id < kinds_.size(); ++id) {
    const std::string_view text = texts_[id];
    const bool control = kinds_[id] == TokenKind::kControl;
    ends_[id] = control && std::find(std::begin(kEndMarkers), std::end(kEndMarkers), text) != std::end(kEndMarkers);
    if (text.empty() || !(control || (matches_user_defined_ && kinds_[id] == TokenKind::kUserDefined))) continue;
    by_first_byte_[static_cast<uint8_t>(text[0])].push_back(id);
  }
  for (const auto& id : {eos_, eot_})
    if (id && *id < ends_.size()) ends_[*id] = true;
  for (auto& ids : by_first_byte_)
    std::stable_sort(ids.begin(), ids.end(), [&](uint32_t x, uint32_t y) { return texts_[x].size() > texts_[y].size(); });
}

std::optional<Tokenizer::Found> Tokenizer::next_special(std::string_view text, size_t from,
                                                        const EncodeOptions& options) const {
  for (size_t at = from; at < text.size(); ++at) {
    for (const uint32_t id : by_first_byte_[static_cast<uint8_t>(text[at])]) {
      const std::string_view marker = texts_[id];
      if (text.compare(at, marker.size(), marker) != 0) continue;
      if (kinds_[id] == TokenKind::kControl) {
        if (!options.parse_special) continue;
        if (options.trusted && !lies_in(*options.trusted, at, marker.size())) continue;
      }
      return Found{at, marker.size(), id};
    }
  }
  return std::nullopt;
}

Result<std::vector<uint32_t>> Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  if (text.size() > UINT32_MAX)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("tokenizing: a text of {} bytes is longer than 4 GiB", text.size()));
  std::vector<uint32_t> ids;
  if (options.add_bos && add_bos_ && bos_) ids.push_back(*bos_);
  for (size_t at = 0; at < text.size();) {
    const auto found = next_special(text, at, options);
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
  for (size_t at = 0; at < ids.size();) {
    if (is_control(ids[at]) || ids[at] >= size()) {
      if (show_control) text += text_of(ids[at]);
      ++at;
      continue;
    }
    size_t end = at;
    while (end < ids.size() && !is_control(ids[end]) && ids[end] < size()) ++end;
    text += decode_text(ids.part(at, end - at));
    at = end;
  }
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
