#include "run.h"

namespace sotto::sentiment {
namespace {

int32_t take_row(void* user, uint32_t, uint32_t, const float* row, uint32_t width) noexcept {
  try {
    static_cast<std::vector<float>*>(user)->assign(row, row + width);
    return 0;
  } catch (...) {
    return 1;
  }
}

}  // namespace

void CancelSwitch::cancel() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!is_running_) return;
  is_cancelled_ = true;
  if (active_ != nullptr) services_.session->session_cancel(active_);
}

Run::Run(const Services& services, CancelSwitch& cancel, uint32_t deadline_ms)
    : services_(services), cancel_(cancel), start_ns_(services.now_ns()), deadline_ms_(deadline_ms) {
  const std::lock_guard<std::mutex> lock(cancel_.mutex_);
  cancel_.is_running_ = true;
  cancel_.is_cancelled_ = false;
}

Run::~Run() {
  const std::lock_guard<std::mutex> lock(cancel_.mutex_);
  cancel_.is_running_ = false;
  cancel_.active_ = nullptr;
}

void Run::set_active(sotto_session* session) {
  const std::lock_guard<std::mutex> lock(cancel_.mutex_);
  cancel_.active_ = cancel_.is_cancelled_ ? nullptr : session;
  if (cancel_.is_cancelled_) throw Failure(SOTTO_CANCELLED, "sentiment: cancelled before all was read");
}

uint32_t Run::deadline_left_ms() const {
  if (deadline_ms_ == 0) return 0;
  const uint64_t now = services_.now_ns();
  const uint64_t spent_ms = now > start_ns_ ? (now - start_ns_) / 1000000 : 0;
  if (spent_ms >= deadline_ms_)
    throw Failure(SOTTO_DEADLINE,
                  "sentiment: the deadline of " + std::to_string(deadline_ms_) + " ms passed before all was read");
  return deadline_ms_ - static_cast<uint32_t>(spent_ms);
}

std::vector<float> Run::feed(sotto_session* session, const uint32_t* ids, size_t count, size_t at, uint32_t output) {
  std::vector<float> row;
  if (count == 0) return row;
  std::vector<uint32_t> masks(count, 0);
  masks[at] = output;
  sotto_feed_options options{};
  options.struct_size = sizeof options;
  options.deadline_ms = deadline_left_ms();
  options.output_masks = masks.data();
  options.on_row = take_row;
  options.user = &row;
  set_active(session);
  const uint32_t before = services_.session->session_position(session);
  sotto_error err{};
  err.struct_size = sizeof err;
  const sotto_status status = services_.session->session_feed(session, ids, count, &options, &err);
  tokens_ += services_.session->session_position(session) - before;
  set_active(nullptr);
  if (status != SOTTO_OK) throw plugin::failure(status, err);
  if (output != 0 && row.empty())
    throw Failure(SOTTO_INTERNAL, "sentiment: the session computed no row of output " + std::to_string(output));
  return row;
}

void Run::rewind(sotto_session* session, uint32_t position) {
  ask([&](sotto_error* err) { return services_.session->session_rewind(session, position, err); });
}

SessionPtr Run::fork(sotto_session* session) {
  sotto_session* made = nullptr;
  ask([&](sotto_error* err) { return services_.session->session_fork(session, &made, err); });
  return SessionPtr(made, DestroySession{services_.session});
}

}  // namespace sotto::sentiment
