#include "metrics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace sotto::tools {

Json rate(size_t yes, size_t all) {
  const double n = static_cast<double>(all), share = all > 0 ? static_cast<double>(yes) / n : 0;
  return {{"count", all}, {"rate", share}, {"half_width", all > 0 ? 1.96 * std::sqrt(share * (1 - share) / n) : 0}};
}

Json classification(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::map<std::string, std::map<std::string, size_t>> confusion;
  std::map<std::string, size_t> wanted, came, right;
  size_t given = 0, hits = 0;
  for (const auto& [want, got] : pairs) {
    ++confusion[want][got.empty() ? "(none)" : got];
    ++wanted[want];
    ++came[got];
    if (!got.empty()) ++given;
    if (want == got) ++hits, ++right[want];
  }
  Json labels = Json::object();
  double sum = 0;
  for (const auto& [label, count] : wanted) {
    const double hit = static_cast<double>(right[label]);
    const double recall = hit / static_cast<double>(count),
                 precision = came[label] > 0 ? hit / static_cast<double>(came[label]) : 0;
    const double f1 = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
    labels[label] = {{"precision", precision}, {"recall", recall}, {"f1", f1}, {"count", count}};
    sum += f1;
  }
  const Json accuracy = rate(hits, pairs.size());
  return {{"count", pairs.size()},
          {"given", given},
          {"accuracy", accuracy["rate"]},
          {"accuracy_half_width", accuracy["half_width"]},
          {"macro_f1", wanted.empty() ? 0 : sum / static_cast<double>(wanted.size())},
          {"labels", labels},
          {"confusion", confusion}};
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string open;
  const auto close = [&] {
    if (!open.empty()) words.push_back(std::move(open));
    open.clear();
  };
  for (size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const size_t size = std::min<size_t>(first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4, text.size() - at);
    const bool is_letter = (first >= '0' && first <= '9') || (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') ||
                           first == '\'' || (first >= 0xC3 && first < 0xE0);
    if (is_letter) {
      for (size_t i = 0; i < size; ++i)
        open += text[at + i] >= 'A' && text[at + i] <= 'Z' ? static_cast<char>(text[at + i] + 32) : text[at + i];
    } else {
      close();
      if (first >= 0xE4 && first <= 0xE9) words.push_back(text.substr(at, size));
    }
    at += size;
  }
  close();
  return words;
}

Json naturalness(const std::vector<std::string>& answers) {
  std::set<std::string> ones, twos;
  size_t words = 0, pairs = 0, triples = 0, repeated = 0;
  for (const std::string& answer : answers) {
    const std::vector<std::string> all = words_of(answer);
    std::set<std::string> own;
    words += all.size();
    for (size_t i = 0; i < all.size(); ++i) {
      ones.insert(all[i]);
      if (i + 1 < all.size()) twos.insert(all[i] + " " + all[i + 1]), ++pairs;
      if (i + 2 < all.size()) repeated += own.insert(all[i] + " " + all[i + 1] + " " + all[i + 2]).second ? 0 : 1, ++triples;
    }
  }
  const auto share = [](size_t part, size_t whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
  };
  return {{"count", answers.size()},
          {"distinct_1", share(ones.size(), words)},
          {"distinct_2", share(twos.size(), pairs)},
          {"repetition", share(repeated, triples)},
          {"mean_words", share(words, answers.size())}};
}

Json distribution(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values.empty() ? 0 : values[static_cast<size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
  };
  return {{"count", values.size()}, {"median", at(0.5)}, {"p95", at(0.95)}, {"most", at(1)}};
}

double slope(const std::vector<double>& values) {
  const double n = static_cast<double>(values.size());
  if (n < 2) return 0;
  double mean = 0, up = 0, down = 0;
  for (const double v : values) mean += v / n;
  for (size_t i = 0; i < values.size(); ++i) {
    const double x = static_cast<double>(i) - (n - 1) / 2;
    up += x * (values[i] - mean);
    down += x * x;
  }
  return up / down;
}

}  // namespace sotto::tools
