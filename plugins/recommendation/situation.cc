#include "situation.h"

#include <algorithm>
#include <cmath>

#include "sotto/plugin.hpp"

namespace sotto::recommendation {
namespace {

using plugin::Failure;
using plugin::view;

constexpr size_t kMostRequestBytes = 1000;
constexpr size_t kMostAbilities = 64;
constexpr int64_t kMinuteMs = 60000;
constexpr int64_t kDayMinutes = 1440;

[[noreturn]] void refuse(const std::string& text) { throw Failure(SOTTO_INVALID_ARGUMENT, "recommendation: " + text); }

// Bytes of the well-formed UTF-8 character at the front of `text` (RFC 3629), 0 if it is none.
size_t character(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&](size_t i, unsigned low = 0x80, unsigned high = 0xBF) { return byte(i) >= low && byte(i) <= high; };
  const unsigned first = byte(0);
  if (first < 0x80) return text.empty() ? 0 : 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF)
    return follows(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF) && follows(2) ? 3 : 0;
  if (first >= 0xF0 && first <= 0xF4)
    return follows(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF) && follows(2) && follows(3) ? 4 : 0;
  return 0;
}

std::string read_tag(sotto_str given, const char* what) {
  if (const std::string fault = fault_of_text(view(given), kMostTagBytes); !fault.empty())
    refuse(std::string(what) + " of the context " + fault);
  return std::string(view(given));
}

}  // namespace

std::string fault_of_text(std::string_view text, size_t most) {
  if (text.size() > most)
    return "has " + std::to_string(text.size()) + " bytes, at most " + std::to_string(most) + " are taken";
  for (size_t at = 0; at < text.size();) {
    const size_t size = character(text.substr(at));
    if (size == 0) return "is not UTF-8 at byte " + std::to_string(at);
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x20 || c == 0x7F) return "has a control character at byte " + std::to_string(at);
    at += size;
  }
  return "";
}

std::vector<std::string> read_tags(std::string_view text, const char* what, size_t most) {
  if (const std::string fault = fault_of_text(text, most * (kMostTagBytes + 1)); !fault.empty())
    refuse(std::string(what) + " of the context " + fault);
  std::vector<std::string> tags;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    if (end - at > kMostTagBytes)
      refuse(std::string(what) + ": a tag is longer than " + std::to_string(kMostTagBytes) + " bytes");
    if (end > at) tags.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  if (tags.size() > most)
    refuse(std::string(what) + ": " + std::to_string(tags.size()) + " tags, at most " + std::to_string(most) + " are taken");
  return tags;
}

std::string join(const std::vector<std::string>& tags) {
  std::string text;
  for (const std::string& tag : tags) text += (text.empty() ? "" : " ") + tag;
  return text;
}

Asked read_context(const sotto_usage_context* given, int64_t now_ms) {
  const sotto_usage_context c = plugin::read_options(given);
  if (c.flags & ~(SOTTO_CONTEXT_ALARM | SOTTO_CONTEXT_MOOD))
    throw Failure(SOTTO_UNSUPPORTED, "recommendation: flags " + std::to_string(c.flags) + " of a context are not known here");
  Asked asked;
  asked.at.unix_ms = c.unix_ms == 0 ? now_ms : c.unix_ms;
  if (asked.at.unix_ms < 0 || asked.at.unix_ms > kMostMs)
    refuse("the time " + std::to_string(asked.at.unix_ms) + " ms is not between 1970 and 9999");
  asked.at.utc_offset_minutes = c.utc_offset_minutes;
  if (c.utc_offset_minutes < -kMostOffsetMinutes || c.utc_offset_minutes > kMostOffsetMinutes)
    refuse("the UTC offset " + std::to_string(c.utc_offset_minutes) + " min is not within 18 hours");
  if (c.flags & SOTTO_CONTEXT_MOOD) {
    if (!(c.mood >= -1 && c.mood <= 1)) refuse("the mood is not between -1 and 1");
    asked.at.mood = c.mood;
  }
  asked.at.place = read_tag(c.place, "the place");
  asked.at.device = read_tag(c.device, "the device");
  asked.at.tags = read_tags(view(c.tags), "the tags");
  if (c.has.data != nullptr) asked.has = read_tags(view(c.has), "what the device has", kMostAbilities);
  asked.is_alarm = (c.flags & SOTTO_CONTEXT_ALARM) != 0;
  if (c.request.size > kMostRequestBytes)
    refuse("the request has " + std::to_string(c.request.size) + " bytes, at most " + std::to_string(kMostRequestBytes) +
           " are taken");
  asked.request = std::string(view(c.request));
  return asked;
}

LocalTime local_time(int64_t unix_ms, int32_t utc_offset_minutes) {
  const int64_t minutes = unix_ms / kMinuteMs + utc_offset_minutes + kDayMinutes;  // a day more: never below 0
  LocalTime local;
  local.day = minutes / kDayMinutes - 1;
  local.minute = static_cast<uint32_t>(minutes % kDayMinutes);
  local.weekday = static_cast<uint32_t>((local.day + 3 + 7) % 7);  // 1970-01-01 was a Thursday
  return local;
}

}  // namespace sotto::recommendation
