#include "stream.h"

#include <algorithm>

namespace sotto::care {

void Stream::restart() {
  reader_ = std::make_unique<Reader>(rules_, SOTTO_CARE_FROM_MODEL, nullptr);
  text_.clear();
  base_ = released_ = 0;
  is_stopped_ = false;
}

std::string Stream::feed(std::string_view piece) {
  if (is_stopped_) return {};
  text_.append(piece);
  reader_->push(text_, base_, false);
  return release(false);
}

std::string Stream::finish() {
  if (is_stopped_) return {};
  reader_->push(text_, base_, true);
  return release(true);
}

std::string Stream::release(bool is_final) {
  is_stopped_ = result().answer != SOTTO_NONE;
  if (is_stopped_) {
    text_.clear();
    return {};
  }
  const size_t end = base_ + text_.size();
  size_t to = is_final ? end : std::min(end, reader_->settled());
  if (end - to > hold_bytes_) {
    to = end - hold_bytes_;
    while (to < end && (static_cast<uint8_t>(text_[to - base_]) & 0xC0u) == 0x80u) ++to;  // on to a whole character
  }
  to = std::max(to, released_);
  std::string out = text_.substr(released_ - base_, to - released_);
  released_ = to;
  const size_t keep = std::min(released_, reader_->read_to());
  text_.erase(0, keep - base_);
  base_ = keep;
  return out;
}

}  // namespace sotto::care
