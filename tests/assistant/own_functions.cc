#include "own_functions.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "assistant/text.h"

namespace sotto::assistant_test {
namespace {

using Json = nlohmann::json;

std::string without_article(const std::string& text) {
  const std::string normal = assistant::normal_form(text);
  for (const std::string_view article : {"the ", "my ", "our ", "a "})
    if (assistant::starts_with(normal, article)) return normal.substr(article.size());
  return normal;
}

Wanted wanted_of(const std::string& rest) {
  const size_t arrow = rest.find(" => ");
  Wanted wanted;
  wanted.said = rest.substr(0, arrow);
  wanted.arguments = arrow == std::string::npos ? "{}" : rest.substr(arrow + 4);
  wanted.is_chinese = assistant::language_of(wanted.said, assistant::Language::kEn) == assistant::Language::kZh;
  return wanted;
}

}  // namespace

std::vector<MakerFunction> read_functions(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error(file + " cannot be read");
  std::vector<MakerFunction> functions;
  size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line.rfind("//", 0) == 0) continue;
    const char mark = line[0];
    const std::string rest(assistant::trimmed(std::string_view(line).substr(1)));
    if (mark == '=')
      functions.push_back({rest, "", "", {}, {}});
    else if (functions.empty())
      throw std::runtime_error(file + ":" + std::to_string(number) + ": no function has begun");
    else if (mark == 'd')
      functions.back().description = rest;
    else if (mark == 's')
      functions.back().schema = rest;
    else if (mark == 'e')
      functions.back().examples.push_back(rest);
    else if (mark == '>')
      functions.back().held_out.push_back(wanted_of(rest));
    else
      throw std::runtime_error(file + ":" + std::to_string(number) + ": unknown mark " + mark);
  }
  return functions;
}

bool are_same_arguments(const std::string& got, const std::string& wanted) {
  const Json a = Json::parse(got, nullptr, false), b = Json::parse(wanted, nullptr, false);
  if (!a.is_object() || !b.is_object() || a.size() != b.size()) return false;
  return std::all_of(b.items().begin(), b.items().end(), [&](const auto& item) {
    const auto at = a.find(item.key());
    if (at == a.end()) return false;
    if (!at->is_string() || !item.value().is_string()) return *at == item.value();
    return without_article(at->template get<std::string>()) == without_article(item.value().template get<std::string>());
  });
}

}  // namespace sotto::assistant_test
