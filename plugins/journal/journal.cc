#include "journal.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace sotto::journal {
namespace {

constexpr uint64_t kMostText = 16384;
constexpr size_t kMostJoined = 8;                    // exchanges in a row
constexpr int64_t kJoinedWithinMs = 10 * 60 * 1000;  // a correction and what it corrects
constexpr uint64_t kUsualBytes = 16 << 20, kLeastBytes = 64 << 10;
constexpr uint32_t kUsualDays = 30;
constexpr int64_t kDayMs = 24 * 3600 * 1000, kHourMs = 3600 * 1000;
constexpr int64_t kFarthestMs = int64_t{1} << 60;  // of times: differences with it are still numbers
constexpr char kIdStart[] = "{\"id\":\"journal/";

struct Placeholder {
  uint32_t kind;
  const char* text;
};
// As `sotto-train prepare` writes them.
constexpr Placeholder kPlaceholders[] = {{SOTTO_CARE_PHONE, "<PHONE>"},
                                         {SOTTO_CARE_ID_NUMBER, "<ID>"},
                                         {SOTTO_CARE_CARD, "<CARD>"},
                                         {SOTTO_CARE_MAIL, "<MAIL>"},
                                         {SOTTO_CARE_ADDRESS, "<ADDRESS>"}};

const char* placeholder(uint32_t kind) {
  for (const Placeholder& p : kPlaceholders)
    if (p.kind == kind) return p.text;
  return "<PRIVATE>";
}

uint32_t utf8_length(std::string_view text, size_t at) {
  const auto lead = static_cast<uint8_t>(text[at]);
  const uint32_t bytes = lead < 0x80                   ? 1
                         : lead >= 0xC2 && lead < 0xE0 ? 2
                         : lead >= 0xE0 && lead < 0xF0 ? 3
                         : lead >= 0xF0 && lead < 0xF5 ? 4
                                                       : 0;
  if (bytes == 0 || at + bytes > text.size()) return 0;
  for (uint32_t i = 1; i < bytes; ++i)
    if ((static_cast<uint8_t>(text[at + i]) & 0xC0u) != 0x80u) return 0;
  const bool is_surrogate = lead == 0xED && static_cast<uint8_t>(text[at + 1]) >= 0xA0;
  const bool is_overlong = (lead == 0xE0 && static_cast<uint8_t>(text[at + 1]) < 0xA0) ||
                           (lead == 0xF0 && static_cast<uint8_t>(text[at + 1]) < 0x90) ||
                           (lead == 0xF4 && static_cast<uint8_t>(text[at + 1]) > 0x8F);
  return is_surrogate || is_overlong ? 0 : bytes;
}

// A JSON string. Control characters become spaces, bytes that are no UTF-8 U+FFFD.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (size_t at = 0; at < text.size();) {
    const uint32_t bytes = utf8_length(text, at);
    const char c = text[at];
    if (bytes == 0)
      out += "\xEF\xBF\xBD";
    else if (bytes == 1 && static_cast<uint8_t>(c) < 0x20)
      out += ' ';
    else {
      if (c == '"' || c == '\\') out += '\\';
      out.append(text, at, bytes);
    }
    at += std::max(bytes, 1u);
  }
  return out + '"';
}

bool times_of(std::string_view line, int64_t* first, int64_t* last) {
  const std::string head(line.substr(0, 80));
  return head.compare(0, sizeof kIdStart - 1, kIdStart) == 0 &&
         std::sscanf(head.c_str() + sizeof kIdStart - 1, "%" SCNd64 "-%" SCNd64 "-", first, last) == 2;
}

std::string checked_folder(sotto_str folder) {
  if (folder.size == 0 || view(folder).find('\0') != std::string_view::npos)
    throw Failure(SOTTO_INVALID_ARGUMENT, "journal: the options name no folder");
  return std::string(view(folder));
}

uint64_t checked_bytes(uint64_t given) {
  if (given != 0 && given < kLeastBytes)
    throw Failure(SOTTO_INVALID_ARGUMENT, "journal: max_bytes is " + std::to_string(given) + ", at least 65536 are wanted");
  return given != 0 ? given : kUsualBytes;
}

}  // namespace

Cleaner::Cleaner(const plugin::Host& host) {
  void* self = nullptr;
  care_ = host.find<sotto_care_api>(SOTTO_CARE_ID, &self);
  if (care_ == nullptr)
    throw Failure(SOTTO_NOT_FOUND, "journal: no plugin offers " SOTTO_CARE_ID
                                   ", which takes personal data out of what is kept: load the care plugin too");
  sotto_error err{};
  err.struct_size = sizeof err;
  if (const sotto_status status = care_->create(self, nullptr, &object_, &err); status != SOTTO_OK)
    throw plugin::failure(status, err);
}

std::string Cleaner::clean(std::string_view text) const {
  std::vector<sotto_care_finding> found;
  const auto take = [](void* user, const sotto_care_finding* f) -> int32_t {
    try {
      if (f->category == SOTTO_CARE_PERSONAL) static_cast<std::vector<sotto_care_finding>*>(user)->push_back(*f);
      return 0;
    } catch (...) {
      return 1;
    }
  };
  sotto_error err{};
  err.struct_size = sizeof err;
  const sotto_status status = care_->check(object_, str(text), SOTTO_CARE_FROM_USER, take, &found, nullptr, &err);
  if (status != SOTTO_OK) throw plugin::failure(status, err);
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  std::string out;
  size_t at = 0;
  for (const sotto_care_finding& f : found) {
    if (f.end > text.size() || f.begin > f.end)
      throw Failure(SOTTO_INTERNAL, "journal: " SOTTO_CARE_ID " names bytes beyond the text");
    if (f.begin >= at) out.append(text.substr(at, f.begin - at)).append(placeholder(f.kind));
    at = std::max<size_t>(at, f.end);
  }
  return out.append(text.substr(at));
}

Journal::Journal(const plugin::Host& host, const sotto_journal_options& options)
    : host_(host),
      cleaner_(host),
      files_(checked_folder(options.folder), checked_bytes(options.max_bytes)),
      max_age_ms_(kDayMs * (options.max_age_days != 0 ? options.max_age_days : kUsualDays)),
      has_consent_((options.flags & SOTTO_JOURNAL_CONSENT) != 0) {
  if ((options.flags & ~SOTTO_JOURNAL_CONSENT) != 0)
    throw Failure(SOTTO_UNSUPPORTED,
                  "journal: flags are " + std::to_string(options.flags) + ", known is SOTTO_JOURNAL_CONSENT");
  if (!has_consent_) files_.erase_all();  // what an earlier consent kept is no longer agreed to
  drop_old(now_ms());
}

Journal::~Journal() {
  try {
    flush();
  } catch (const std::exception& e) {
    host_.warning(e.what());  // names files and numbers, never what was said
  }
}

int64_t Journal::now_ms() const {
  void* self = nullptr;
  const auto* clock = host_.find<sotto_clock_service>(SOTTO_CLOCK_SERVICE_ID, &self);
  if (clock == nullptr) throw Failure(SOTTO_UNSUPPORTED, "journal: the host has no " SOTTO_CLOCK_SERVICE_ID);
  return std::clamp(clock->unix_milliseconds(self), -kFarthestMs, kFarthestMs);
}

void Journal::set_consent(bool is_given) {
  const std::lock_guard<std::mutex> lock(mutex_);
  has_consent_ = is_given;
  if (is_given) return;
  waiting_.clear();
  files_.erase_all();
}

void Journal::note(const sotto_exchange& given) {
  if (given.user.size == 0 || given.user.size > kMostText || given.answer.size > kMostText)
    throw Failure(SOTTO_INVALID_ARGUMENT, "journal: an exchange of " + std::to_string(given.user.size) + " and " +
                                              std::to_string(given.answer.size) +
                                              " bytes: 1 to 16384 and up to 16384 are taken");
  if (given.unix_ms < -kFarthestMs || given.unix_ms > kFarthestMs)
    throw Failure(SOTTO_INVALID_ARGUMENT,
                  "journal: an exchange at " + std::to_string(given.unix_ms) + " ms since 1970, which no clock shows");
  if ((given.flags & ~(SOTTO_EXCHANGE_REPHRASE | SOTTO_EXCHANGE_CORRECTION)) != 0)
    throw Failure(SOTTO_UNSUPPORTED, "journal: an exchange's flags are " + std::to_string(given.flags) + ", known are 1 and 2");
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!has_consent_) return;
  Exchange made{given.unix_ms != 0 ? given.unix_ms : now_ms(), given.flags, cleaner_.clean(view(given.user)),
                cleaner_.clean(view(given.answer))};
  const bool is_joined = made.flags != 0 && !waiting_.empty() && waiting_.size() < kMostJoined &&
                         made.unix_ms >= waiting_.back().unix_ms && made.unix_ms - waiting_.back().unix_ms <= kJoinedWithinMs;
  if (!is_joined) {
    write_waiting();
    drop_old(now_ms());
  }
  waiting_.push_back(std::move(made));
}

void Journal::flush() {
  const std::lock_guard<std::mutex> lock(mutex_);
  write_waiting();
  files_.sync();
}

void Journal::write_waiting() {
  if (waiting_.empty()) return;
  files_.append(row());
  ++next_row_;
  waiting_.clear();
}

std::string Journal::row() const {
  std::string out = kIdStart + std::to_string(waiting_.front().unix_ms) + "-" + std::to_string(waiting_.back().unix_ms) + "-" +
                    std::to_string(next_row_) + "\",";
  if (waiting_.size() == 1 && waiting_[0].answer.empty()) return out + "\"text\":" + quoted(waiting_[0].user) + "}\n";
  out += "\"turns\":[";
  for (size_t i = 0; i < waiting_.size(); ++i) {
    const Exchange& e = waiting_[i];
    out += (i > 0 ? "," : "") + std::string("{\"role\":\"user\",\"text\":") + quoted(e.user);
    if (i > 0) out += (e.flags & SOTTO_EXCHANGE_CORRECTION) != 0 ? ",\"mark\":\"correction\"" : ",\"mark\":\"rephrase\"";
    out += "}";
    if (e.answer.empty()) continue;
    out += ",{\"role\":\"assistant\",\"text\":" + quoted(e.answer);
    if (waiting_.size() > 1) out += i + 1 == waiting_.size() ? ",\"preference\":\"chosen\"" : ",\"preference\":\"rejected\"";
    out += "}";
  }
  return out + "]}\n";
}

void Journal::drop_old(int64_t now) {
  // A clock that went back is looked at anew: had it been years ahead, nothing would grow old before those have passed.
  if (looked_at_ms_ != 0 && now >= looked_at_ms_ && now < looked_at_ms_ + kHourMs) return;
  looked_at_ms_ = now;
  erase_between(INT64_MIN, now - max_age_ms_);
}

void Journal::forget(int64_t from, int64_t to) {
  if (from > to)
    throw Failure(SOTTO_INVALID_ARGUMENT, "journal: forgetting from " + std::to_string(from) + " to " + std::to_string(to));
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto is_within = [&](const Exchange& e) { return e.unix_ms >= from && (e.unix_ms < to || to == INT64_MAX); };
  if (std::any_of(waiting_.begin(), waiting_.end(), is_within)) waiting_.clear();
  erase_between(from, to);
}

void Journal::erase_between(int64_t from, int64_t to) {
  const bool is_all = from == INT64_MIN && to == INT64_MAX;
  if (is_all) return files_.erase_all();
  files_.filter([&](std::string_view line) {
    int64_t first = 0, last = 0;
    return !times_of(line, &first, &last) || last < from || first >= to;
  });
}

sotto_journal_facts Journal::facts() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  sotto_journal_facts f{};
  f.struct_size = sizeof f;
  f.flags = has_consent_ ? SOTTO_JOURNAL_CONSENT : 0u;
  f.files = files_.count();
  f.waiting = static_cast<uint32_t>(waiting_.size());
  f.rows = files_.rows();
  f.bytes = files_.bytes();
  return f;
}

}  // namespace sotto::journal
