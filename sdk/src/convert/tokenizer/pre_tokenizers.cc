#include "convert/tokenizer/pre_tokenizers.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/printable.h"

namespace sotto {
namespace {

constexpr std::string_view kGpt2 = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kDigit = R"(\p{N})", kDigits = R"(\p{N}+)", kDigits3 = R"(\p{N}{1,3})";
constexpr std::string_view kLineEnd = R"([\r\n])";
constexpr std::string_view kHanAndKana = "[一-龥぀-ゟ゠-ヿ]+", kHanAndHangul = "[一-龥ࠀ-一가-퟿]+";
constexpr std::string_view kDeepseek3 = R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^)"
                                        R"(\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

// The same expression in other letters: written form, our form. A class of contractions for their list; possessive where
// nothing can be given back; one line end for several, behind a greedy \s*.
constexpr struct {
  std::string_view written, known;
} kSpellings[] = {
    {R"('(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", kGpt2},
    {R"((?:'s|'t|'re|'ve|'m|'ll|'d)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", kGpt2},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)",
     kLlama3},
    {R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)",
     kLlama3},
    {R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     kLlama3},
    {R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)", kQwen2},
};

constexpr struct {
  const char* name;
  bool takes_whole_words;
  std::string_view steps[6];  // ends with an empty one
} kRows[] = {
    {"gpt-2", false, {kGpt2}},
    {"llama-bpe", true, {kLlama3}},
    {"dbrx", false, {kLlama3}},
    {"qwen2", false, {kQwen2}},
    {"smollm", false, {kDigit, kGpt2}},
    {"deepseek-coder", false, {kLineEnd, R"(\s?\p{L}+)", R"(\s?\p{P}+)", kHanAndHangul, kDigit}},
    {"deepseek-v3", false, {kDigits3, kHanAndKana, kDeepseek3}},
};

using Steps = std::vector<std::string>;

bool covers_all(std::string_view expression) { return expression == kGpt2 || expression == kLlama3 || expression == kQwen2; }

Status read_split(const Json& split, const std::string& where, Steps* steps) {
  const Json* pattern = split.find("pattern");
  const Json* regex = pattern ? pattern->find("Regex") : nullptr;
  if (!regex || !regex->is_text())
    return Status(SOTTO_UNSUPPORTED, fmt::format("{}: a Split without a regular expression is not supported", where));
  std::string expression = regex->text;
  for (const auto& s : kSpellings)
    if (s.written == expression) expression = s.known;
  const Json* behavior = split.find("behavior");
  const Json* invert = split.find("invert");
  const std::string how = behavior && behavior->is_text() ? behavior->text : "";
  const bool inverted = invert && invert->is_true();
  // Keeping only the matches is the same where they leave nothing out.
  const bool is_same = (how == "Isolated" && !inverted) || (how == "Removed" && inverted && covers_all(expression));
  if (!is_same)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("{}: a Split of behavior '{}', invert {}, is not supported", where, printable(how), inverted));
  steps->push_back(expression);
  return {};
}

Status read_digits(const Json& digits, Steps* steps) {
  const Json* individual = digits.find("individual_digits");
  steps->emplace_back(individual && individual->is_true() ? kDigit : kDigits);
  return {};
}

Status read_byte_level(const Json& level, const std::string& where, Steps* steps) {
  const Json* prefix = level.find("add_prefix_space");
  if (prefix && prefix->is_true())
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("{}: a ByteLevel pre-tokenizer with add_prefix_space is not supported", where));
  if (!level.has("use_regex") || (level.find("use_regex") && level.find("use_regex")->is_true())) steps->emplace_back(kGpt2);
  return {};
}

std::string type_of(const Json& json) {
  const Json* type = json.find("type");
  return type && type->is_text() ? type->text : std::string();
}

Status read_steps(const Json& pre, const std::string& where, Steps* steps, bool* is_byte_level) {
  const std::string type = type_of(pre);
  if (*is_byte_level)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("{}: a pre-tokenizer '{}' behind ByteLevel is not supported", where, printable(type)));
  if (type == "ByteLevel") {
    *is_byte_level = true;
    return read_byte_level(pre, where, steps);
  }
  if (type == "Split") return read_split(pre, where, steps);
  if (type == "Digits") return read_digits(pre, steps);
  const Json* list = pre.find("pretokenizers");
  if (type != "Sequence" || !list || !list->is_list())
    return Status(SOTTO_UNSUPPORTED, fmt::format("{}: pre-tokenizer '{}' is not supported", where, printable(type)));
  for (const Json& part : list->items) {
    if (type_of(part) == "Sequence")
      return Status(SOTTO_UNSUPPORTED, fmt::format("{}: a Sequence within a Sequence is not supported", where));
    SOTTO_TRY(read_steps(part, where, steps, is_byte_level));
  }
  return {};
}

}  // namespace

Result<PreTokenizerName> name_pre_tokenizer(const Json* pre_tokenizer, bool ignore_merges, const std::string& where) {
  if (!pre_tokenizer)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("{}: it has no pre-tokenizer, and BPE over whole texts is not supported", where));
  Steps steps;
  bool is_byte_level = false;
  SOTTO_TRY(read_steps(*pre_tokenizer, where, &steps, &is_byte_level));
  if (!is_byte_level)
    return Status(SOTTO_UNSUPPORTED, fmt::format("{}: its pre-tokenizer is not byte-level, which is not supported", where));
  PreTokenizerName best;
  for (const auto& row : kRows) {
    const auto* end = std::find(std::begin(row.steps), std::end(row.steps), std::string_view());
    if (!std::equal(std::begin(row.steps), end, steps.begin(), steps.end())) continue;
    if (best.name.empty() || row.takes_whole_words == ignore_merges) best = {row.name, row.takes_whole_words};
  }
  if (!best.name.empty()) return best;
  std::string all;
  for (const std::string& s : steps) all += (all.empty() ? "" : "  then  ") + s;
  return Status(SOTTO_UNSUPPORTED, fmt::format("{}: the pre-tokenizer '{}' is not known, and another would give other ids",
                                               where, printable_text(all.substr(0, 400))));
}

}  // namespace sotto
