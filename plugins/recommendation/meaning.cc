#include "meaning.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace sotto::recommendation {
namespace {

constexpr size_t kWordSlots = 256;  // words are hashed to so many
constexpr size_t kLanguages = 2;    // English, Chinese

void normalize(float* x, size_t size, float length) {
  double sum = 0;
  for (size_t i = 0; i < size; ++i) sum += static_cast<double>(x[i]) * x[i];
  if (sum <= 0) return;
  const auto scale = static_cast<float>(length / std::sqrt(sum));
  for (size_t i = 0; i < size; ++i) x[i] *= scale;
}

// Four sums side by side: one alone waits for itself at every number, and all candidates are compared with what the user says.
double product(const float* a, const float* b, size_t size) {
  double sums[4] = {};
  size_t i = 0;
  for (; i + 4 <= size; i += 4)
    for (size_t k = 0; k < 4; ++k) sums[k] += static_cast<double>(a[i + k]) * b[i + k];
  for (; i < size; ++i) sums[0] += static_cast<double>(a[i]) * b[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// Words of letters and digits, and of Chinese each character and each pair, as hashes.
std::vector<uint64_t> words_of(const std::string& text) {
  std::vector<uint64_t> words;
  std::string word, before;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(hash_of(word));
    word.clear();
  };
  for (size_t at = 0; at < text.size();) {
    const auto c = static_cast<unsigned char>(text[at]);
    const size_t size = std::min<size_t>(c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4, text.size() - at);
    const std::string character = text.substr(at, size);
    at += size;
    if (size >= 3) {
      end_word();
      words.push_back(hash_of(character));
      if (!before.empty()) words.push_back(hash_of(before + character));
      before = character;
      continue;
    }
    before.clear();
    const bool is_letter = size == 2 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!is_letter) end_word();
    if (is_letter) word += c >= 'A' && c <= 'Z' ? std::string(1, static_cast<char>(c + 32)) : character;
  }
  end_word();
  return words;
}

bool is_chinese(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xE0; });
}

std::string text_of(const Feature& f) {
  return f.name_en + ". " + f.description_en + " " + f.name_zh + "。" + f.description_zh;
}

}  // namespace

Meaning::Meaning(const Catalogue& catalogue, const plugin::Host& host, sotto_model* model)
    : width_(kWordSlots), model_(model == nullptr ? nullptr : std::make_unique<ModelWords>(host, model)) {
  for (size_t f = 0; f < catalogue.size(); ++f) {
    const std::vector<uint64_t> words = words_of(text_of(catalogue[f]) + " " + catalogue[f].category);
    for (const uint64_t word : std::set<uint64_t>(words.begin(), words.end())) ++rarity_[word];
  }
  const auto count = static_cast<float>(catalogue.size());
  for (auto& [word, share] : rarity_) share = std::log((count + 1) / share);
  if (model_) width_ += kLanguages * model_->dimensions();
  vectors_.resize(catalogue.size() * width_);
  for (uint32_t f = 0; f < catalogue.size(); ++f)
    add_words(text_of(catalogue[f]) + " " + catalogue[f].category, vectors_.data() + f * width_);
  if (model_) read_catalogue(catalogue, host);
}

void Meaning::add_words(const std::string& text, float* out) const {
  for (const uint64_t word : words_of(text)) {
    const auto known = rarity_.find(word);
    if (known == rarity_.end()) continue;  // like nothing in the catalogue
    // A sign from another bit, so that words that share a slot rather cancel than add.
    const float sign = (word >> 40) & 1 ? 1.0f : -1.0f;
    out[word % kWordSlots] += sign * known->second;
  }
  normalize(out, kWordSlots, model_ ? std::sqrt(0.5f) : 1.0f);
}

// Each language by itself: what all English texts have in common is not what all Chinese ones have.
void Meaning::read_catalogue(const Catalogue& catalogue, const plugin::Host& host) {
  const size_t size = model_->dimensions(), all = catalogue.size() * size;
  const std::string key = "recommendation." + std::to_string(catalogue.hash()) + "." + model_->hash().substr(0, 16);
  std::optional<std::vector<float>> hidden = read_kept(host, key, kLanguages * all);
  if (!hidden) {
    std::vector<std::string> texts;
    for (size_t f = 0; f < catalogue.size(); ++f) texts.push_back(catalogue[f].name_en + ". " + catalogue[f].description_en);
    for (size_t f = 0; f < catalogue.size(); ++f) texts.push_back(catalogue[f].name_zh + "。" + catalogue[f].description_zh);
    hidden = model_->read(texts);
    keep(host, key, *hidden);
  }
  mean_.resize(kLanguages * size);
  for (size_t i = 0; i < hidden->size(); ++i)
    mean_[i / all * size + i % size] += (*hidden)[i] / static_cast<float>(catalogue.size());
  for (size_t language = 0; language < kLanguages; ++language)
    for (uint32_t f = 0; f < catalogue.size(); ++f) {
      float* out = vectors_.data() + f * width_ + kWordSlots + language * size;
      std::copy_n(hidden->data() + language * all + f * size, size, out);
      centre(language, 0.5f, out);
    }
}

void Meaning::centre(size_t language, float length, float* hidden) const {
  const size_t size = model_->dimensions();
  for (size_t i = 0; i < size; ++i) hidden[i] -= mean_[language * size + i];
  normalize(hidden, size, length);
}

double Meaning::likeness(uint32_t feature, const std::vector<float>& words) const {
  return product(row(feature), words.data(), width_);
}

double Meaning::likeness(uint32_t a, uint32_t b) const { return product(row(a), row(b), width_); }

std::vector<float> Meaning::read(const std::string& words) const {
  std::vector<float> vector(width_);
  add_words(words, vector.data());
  if (model_) {
    const size_t language = is_chinese(words) ? 1 : 0;
    const std::vector<float> hidden = model_->read({words});
    float* out = vector.data() + kWordSlots + language * model_->dimensions();
    std::copy(hidden.begin(), hidden.end(), out);
    centre(language, 1, out);  // the other language is silent, so that this one speaks for both
  }
  return vector;
}

std::vector<float> Meaning::blend(const std::vector<std::pair<uint32_t, double>>& features) const {
  std::vector<float> sum(width_);
  for (const auto& [feature, weight] : features)
    for (size_t i = 0; i < width_; ++i) sum[i] += static_cast<float>(weight) * row(feature)[i];
  normalize(sum.data(), width_, 1);
  return sum;
}

}  // namespace sotto::recommendation
