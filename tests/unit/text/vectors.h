// vectors.h: the tokenizer vectors of tests/fixtures/tokenizers, for the tests of this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "text/tokenizer.h"

namespace sotto::test {

using Ids = std::vector<uint32_t>;

std::string read_file(const std::string& path);
std::string fixture(const std::string& name);  // a file of tests/fixtures/tokenizers
std::string bytes_of_hex(const std::string& hex);

// A vector: bytes in, ids out, text back.
struct Vector {
  std::string name;
  std::string text;
  Ids ids;
  Ids ids_special;
  std::string decoded;
  bool is_valid = true;  // the text is UTF-8
};
// smollm2_bpe.json and sp_*.json.
std::vector<Vector> read_vectors(const std::string& name);

// byte_level_bpe.json.
struct BpeFixture {
  std::vector<std::string> tokens, merges, control, user_defined;
  struct Case {
    std::string pre, text;
    Ids ids, ids_special, ids_nfc;  // the last empty: as ids
  };
  std::vector<Case> cases;

  Vocabulary vocabulary(std::string_view pre) const;  // views this
};
BpeFixture read_bpe_fixture();

Ids encode(const Tokenizer& t, std::string_view text, bool parse_special = false);
std::string stream(const Tokenizer& t, const Ids& ids);

}  // namespace sotto::test
