#include "unit/text/vectors.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "text/stream_decoder.h"

namespace sotto::test {
namespace {

using Json = nlohmann::json;

std::vector<std::string> strings(const Json& list) { return list.get<std::vector<std::string>>(); }

}  // namespace

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string fixture(const std::string& name) { return read_file(SOTTO_FIXTURES "/tokenizers/" + name); }

std::string bytes_of_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

std::vector<Vector> read_vectors(const std::string& name) {
  const Json file = Json::parse(fixture(name));
  std::vector<Vector> vectors;
  for (const Json& c : file["cases"]) {
    const auto ids = c["ids"].get<Ids>();
    const std::string text = c["text"];
    vectors.push_back({c["id"], text, ids, c.value("ids_special", ids), c.value("decode", text)});
  }
  for (const Json& c : file["invalid_utf8"]) {
    const Ids ids = c.contains("ids") ? c["ids"].get<Ids>() : c["ids_replaced"].get<Ids>();
    vectors.push_back({c["name"], bytes_of_hex(c["hex"]), ids, ids, c.value("decode", ""), false});
  }
  EXPECT_GT(vectors.size(), 50u) << name;
  return vectors;
}

BpeFixture read_bpe_fixture() {
  const Json file = Json::parse(fixture("byte_level_bpe.json"));
  BpeFixture f{strings(file["tokens"]), strings(file["merges"]), strings(file["control"]), strings(file["user_defined"]), {}};
  for (const Json& c : file["cases"]) {
    for (const auto& [pre, ids] : c["ids"].items()) {
      Ids special = ids.get<Ids>();
      if (c.contains("ids_special")) special = c["ids_special"].value(pre, special);
      f.cases.push_back({pre, c["text"], ids.get<Ids>(), special, pre == "qwen2" ? c.value("ids_nfc", Ids()) : Ids()});
    }
  }
  EXPECT_GT(f.cases.size(), 600u);
  return f;
}

Vocabulary BpeFixture::vocabulary(std::string_view pre) const {
  Vocabulary v;
  v.model = "gpt2";
  v.pre = pre;
  v.tokens.assign(tokens.begin(), tokens.end());
  v.merges.assign(merges.begin(), merges.end());
  v.kinds.assign(tokens.size(), static_cast<int64_t>(TokenKind::kNormal));
  const auto mark = [&](const std::vector<std::string>& texts, TokenKind kind) {
    for (size_t id = 0; id < tokens.size(); ++id)
      for (const std::string& text : texts)
        if (tokens[id] == text) v.kinds[id] = static_cast<int64_t>(kind);
  };
  mark(control, TokenKind::kControl);
  mark(user_defined, TokenKind::kUserDefined);
  v.add_bos = false;
  return v;
}

Ids encode(const Tokenizer& t, std::string_view text, bool parse_special) {
  EncodeOptions options;
  options.parse_special = parse_special;
  options.add_bos = options.add_eos = false;
  auto ids = t.encode(text, options);
  EXPECT_TRUE(ids.ok()) << ids.status().text();
  return ids.ok() ? ids.take() : Ids();
}

std::string stream(const Tokenizer& t, const Ids& ids) {
  StreamDecoder decoder(t, true);
  std::string text;
  for (const uint32_t id : ids) text += decoder.add(id);
  text += decoder.finish();
  return text;
}

}  // namespace sotto::test
