#include "calls.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>

#include "json.h"

namespace sotto::assistant {
namespace {

constexpr size_t kMostResult = 256 << 10, kLongestText = 4000, kMostNext = 64;

void take_object(const Json& json, CallResult* out) {
  if (const auto at = json.find("result"); at != json.end()) out->result = both_texts(*at);
  if (const auto at = json.find("error"); at != json.end() && !at->is_null()) {
    out->outcome = CallResult::Outcome::kFailed;
    out->error = both_texts(*at);
  }
  for (Texts* texts : {&out->result, &out->error})
    for (std::string& text : *texts) text = plain_text(text, kLongestText);
  if (const auto at = json.find("undo"); at != json.end() && at->is_object()) out->undo = written(*at);
  if (const auto at = json.find("slots"); at != json.end() && at->is_object())
    for (const auto& [name, value] : at->items())
      if (value.is_string()) out->slots.emplace_back(name, plain_text(value.get<std::string>(), kLongestText));
  const auto next = json.find("next");
  if (next == json.end() || !next->is_array() || next->size() > kMostNext) return;
  for (const Json& step : *next) {
    if (!step.is_object() || !step.contains("name") || !step["name"].is_string()) continue;
    const bool has_arguments = step.contains("arguments") && step["arguments"].is_object();
    out->next.push_back({step["name"].get<std::string>(), has_arguments ? written(step["arguments"]) : "{}"});
  }
}

}  // namespace

struct Caller::Job {
  std::string name, arguments, wrote, sentence;
  sotto_function_run run = nullptr;
  void* user = nullptr;
  uint32_t deadline_ms = 0;
  sotto_status status = SOTTO_INTERNAL;
  bool is_too_long = false;
  std::mutex mutex;  // guards is_done
  std::condition_variable changed;
  bool is_done = false;
  std::atomic<bool> is_given_up{false};

  void work() noexcept {
    sotto_error err{};
    err.struct_size = sizeof err;
    sotto_function_call call{};
    call.struct_size = sizeof call;
    call.deadline_ms = deadline_ms;
    call.name = str(name);
    call.arguments = str(arguments);
    call.is_given_up = [](void* self) -> int32_t { return static_cast<Job*>(self)->is_given_up ? 1 : 0; };
    call.context = this;
    try {
      status = run(user, &call, take, this, &err);
      sentence.assign(err.text, strnlen(err.text, sizeof err.text));
    } catch (const std::exception& e) {
      sentence = std::string("it threw: ") + e.what();
    } catch (...) {
      sentence = "it threw what is no std::exception";
    }
    const std::lock_guard<std::mutex> lock(mutex);
    is_done = true;
    changed.notify_all();
  }

  static int32_t take(void* self_pointer, sotto_str piece) noexcept {
    auto* self = static_cast<Job*>(self_pointer);
    try {
      if (self->is_given_up) return 1;
      if (self->wrote.size() + piece.size > kMostResult) return self->is_too_long = true, 1;
      self->wrote.append(view(piece));
      return 0;
    } catch (...) {
      return self->is_too_long = true, 1;
    }
  }
};

Caller::~Caller() {
  for (auto& [thread, job] : stuck_) thread.join();
}

bool Caller::is_inside() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::find(inside_.begin(), inside_.end(), std::this_thread::get_id()) != inside_.end();
}

bool Caller::is_stuck(const std::string& name) const {
  return std::any_of(stuck_.begin(), stuck_.end(), [&](const auto& stuck) { return stuck.second->name == name; });
}

void Caller::cancel() {
  std::shared_ptr<Job> job;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    job = current_;
  }
  if (!job) return;
  job->is_given_up = true;
  const std::lock_guard<std::mutex> lock(job->mutex);
  job->changed.notify_all();
}

void Caller::reap() {
  for (auto at = stuck_.begin(); at != stuck_.end();) {
    bool is_done = false;
    {
      const std::lock_guard<std::mutex> lock(at->second->mutex);
      is_done = at->second->is_done;
    }
    if (is_done) at->first.join();
    at = is_done ? stuck_.erase(at) : std::next(at);
  }
}

CallResult Caller::call(const Function& function, const std::string& arguments) {
  CallResult result;
  result.raw = "null";
  reap();
  if (is_stuck(function.name)) {
    result.outcome = CallResult::Outcome::kNoAnswer;
    return result;
  }
  auto job = std::make_shared<Job>();
  job->name = function.name;
  job->arguments = arguments;
  job->run = function.run;
  job->user = function.user;
  job->deadline_ms = deadline_ms_;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    current_ = job;
  }
  std::thread thread([this, job] {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      inside_.push_back(std::this_thread::get_id());
    }
    job->work();
    const std::lock_guard<std::mutex> lock(mutex_);
    inside_.erase(std::find(inside_.begin(), inside_.end(), std::this_thread::get_id()));
  });
  bool is_done = false;
  {
    std::unique_lock<std::mutex> lock(job->mutex);
    job->changed.wait_for(lock, std::chrono::milliseconds(deadline_ms_), [&] { return job->is_done || job->is_given_up; });
    is_done = job->is_done;
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    current_.reset();
  }
  if (!is_done) {
    job->is_given_up = true;
    stuck_.emplace_back(std::move(thread), job);
    result.outcome = CallResult::Outcome::kNoAnswer;
    return result;
  }
  thread.join();
  result.outcome = job->status == SOTTO_OK && !job->is_too_long ? CallResult::Outcome::kDone : CallResult::Outcome::kFailed;
  if (trimmed(job->wrote).empty()) return result;
  try {
    const Json json = read_json(job->wrote, "the result of \"" + function.name + "\"", kMostResult);
    if (json.is_object()) take_object(json, &result);
    result.raw = written(json);
  } catch (const Failure&) {
    result.outcome = CallResult::Outcome::kFailed;
  }
  return result;
}

}  // namespace sotto::assistant
