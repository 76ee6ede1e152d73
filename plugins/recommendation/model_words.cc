#include "model_words.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include "catalogue.h"
#include "common/ask.h"

namespace sotto::recommendation {
namespace {

using plugin::Failure;
using plugins::ask;
using plugins::fetch;

constexpr size_t kMostTokens = 256;

std::string_view bytes_of(const std::vector<float>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)};
}

}  // namespace

ModelWords::ModelWords(const plugin::Host& host, sotto_model* model) : model_(model) {
  void* self = nullptr;
  session_ = host.find<sotto_session_service>(SOTTO_SESSION_SERVICE_ID, &self);
  hidden_ = host.find<sotto_hidden_service>(SOTTO_HIDDEN_SERVICE_ID, &self);
  if (session_ == nullptr || hidden_ == nullptr)
    throw Failure(SOTTO_UNSUPPORTED, "recommendation: the host does not offer the whole of " SOTTO_SESSION_SERVICE_ID
                                     " and " SOTTO_HIDDEN_SERVICE_ID ": use a newer libsotto or give no model");
  facts_.struct_size = sizeof facts_;
  ask([&](sotto_error* err) { return session_->model_get_facts(model_, &facts_, err); });
  if (facts_.context_tokens == 0 || facts_.hidden == 0)
    throw Failure(SOTTO_UNSUPPORTED, "recommendation: the model has only a vocabulary: open it whole or give no model");
}

std::string ModelWords::hash() const {
  return std::string(facts_.hash, std::find(facts_.hash, facts_.hash + sizeof facts_.hash, '\0'));
}

std::vector<uint32_t> ModelWords::tokenize(const std::string& text) const {
  auto ids = fetch<uint32_t>(kMostTokens, [&](uint32_t* into, uint64_t capacity, uint64_t* count, sotto_error* err) {
    return session_->tokenize(model_, plugin::str(text), 0, into, capacity, count, err);
  });
  ids.resize(std::min<size_t>(ids.size(), std::min<size_t>(kMostTokens, facts_.context_tokens)));
  return ids;
}

std::vector<float> ModelWords::read(const std::vector<std::string>& texts) const {
  sotto_session* made = nullptr;
  ask([&](sotto_error* err) { return session_->session_create(model_, nullptr, &made, err); });
  const std::unique_ptr<sotto_session, void (*)(sotto_session*)> session(made, session_->session_destroy);
  std::vector<float> numbers(texts.size() * dimensions());
  sotto_embed_options options{};
  options.struct_size = sizeof options;
  options.pooling = SOTTO_POOL_MEAN;
  options.flags = SOTTO_EMBED_NORMALIZE;
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::vector<uint32_t> ids = tokenize(texts[i]);
    if (ids.empty()) continue;
    ask([&](sotto_error* err) {
      return hidden_->session_embed(session.get(), ids.data(), ids.size(), &options, numbers.data() + i * dimensions(),
                                    dimensions(), err);
    });
    ask([&](sotto_error* err) { return session_->session_rewind(session.get(), 0, err); });
  }
  for (float& x : numbers)
    if (!std::isfinite(x)) x = 0;
  return numbers;
}

std::optional<std::vector<float>> read_kept(const plugin::Host& host, const std::string& key, size_t count) {
  void* self = nullptr;
  const auto* blobs = host.find<sotto_blob_service>(SOTTO_BLOB_SERVICE_ID, &self);
  if (blobs == nullptr) return std::nullopt;
  std::string bytes(count * sizeof(float) + sizeof(uint64_t), '\0');
  uint64_t size = bytes.size();
  if (blobs->read(self, plugin::str(key), bytes.data(), &size, nullptr) != SOTTO_OK || size != bytes.size())
    return std::nullopt;
  std::vector<float> numbers(count);
  uint64_t sum = 0;
  std::memcpy(&sum, bytes.data(), sizeof sum);
  std::memcpy(numbers.data(), bytes.data() + sizeof sum, count * sizeof(float));
  const bool is_sound = std::all_of(numbers.begin(), numbers.end(), [](float x) { return std::isfinite(x); });
  if (!is_sound || sum != hash_of(bytes_of(numbers))) return std::nullopt;
  return numbers;
}

void keep(const plugin::Host& host, const std::string& key, const std::vector<float>& numbers) {
  void* self = nullptr;
  const auto* blobs = host.find<sotto_blob_service>(SOTTO_BLOB_SERVICE_ID, &self);
  if (blobs == nullptr) return;
  const uint64_t sum = hash_of(bytes_of(numbers));
  std::string bytes(reinterpret_cast<const char*>(&sum), sizeof sum);
  bytes += bytes_of(numbers);
  sotto_error err{};
  err.struct_size = sizeof err;
  if (blobs->write(self, plugin::str(key), bytes.data(), bytes.size(), &err) != SOTTO_OK)
    host.info(std::string("recommendation: what the model says of the catalogue is not kept: ") + err.text);
}

}  // namespace sotto::recommendation
