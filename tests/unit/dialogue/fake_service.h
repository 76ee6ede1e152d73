// fake_service.h: a "sotto.session/1" without a model, for the tests of the dialogue plugin.
//
// Tokens: a byte is its value; kPair + i is a pair of letters that the tokenizer merges greedily from the left; kBegin and kEnd
// are control tokens, spelled "<b>" and "<e>". Template: each message is <b>role\ncontent<e>, then <b>assistant\n. The answers
// are scripted as ids, so they need not be what their text tokenizes to.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sotto/plugin.h"
#include "sotto/session.h"

namespace sotto::test {

constexpr uint32_t kPair = 256;
constexpr uint32_t kBegin = 1000;
constexpr uint32_t kEnd = 1001;
extern const std::vector<std::string> kPairs;

std::vector<uint32_t> tokenize(const std::string& text);
std::vector<uint32_t> bytes_of(const std::string& text);  // one token a byte: never how the tokenizer would do it
std::string spell(const std::vector<uint32_t>& ids, bool with_control);

// The one model and session of a test. Set before, looked at after.
struct FakeModel {
  uint32_t context = 400;
  bool has_template = true;
  bool trims = false;                          // the template strips spaces around contents
  std::string strips;                          // the template removes this text from the answers in the history
  std::vector<std::vector<uint32_t>> answers;  // one for each generate
  sotto_status generate_status = SOTTO_OK;
  size_t fail_after = 0;              // tokens of the answer that come before generate_status
  std::function<void()> in_generate;  // called before the first piece

  std::vector<uint32_t> tokens;  // of the session
  size_t computed = 0;           // tokens computed for prompts, over all calls
  size_t steps = 0;              // tokens computed for answers
  bool last_is_pending = false;  // the last token of the answer was chosen and not computed
  size_t sessions = 0;           // alive
  size_t cancels = 0;
  size_t rewinds = 0;
  std::vector<std::string> log;
  sotto_generate_options last{};  // of the last generate
};

// The model that the service serves; tests are one thread at a time.
FakeModel& fake();
sotto_model* fake_model();
const sotto_host& fake_host();

}  // namespace sotto::test
