#include "run/device_guard.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "host/child_process.h"
#include "host/library_file.h"
#include "host/plugin_call.h"
#include "run/self_check.h"

namespace sotto {
namespace {

// A driver that compiles shaders for a slow device takes its time; one that hangs does not come back.
constexpr uint32_t kDeadlineMs = 60000;
constexpr uint64_t kMostIdentity = 4096, kMostVerdict = 1024;
constexpr const char* kPassed = "passed";  // how sotto-probe ends its output

// What is kept: the state's digit, where it ran, the reason. A check in this process is first kept as one that did not end.
constexpr const char* kDidNotEnd = "the last check of it in the application's process did not end: it crashed or hung";

std::string hash_of(const std::string& text) { return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size())); }

uint32_t milliseconds_since(std::chrono::steady_clock::time_point began) {
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
  return static_cast<uint32_t>(std::max<int64_t>(took, 1));
}

// The last line of a child's output.
std::string last_line(std::string output) {
  while (!output.empty() && (output.back() == '\n' || output.back() == '\r')) output.pop_back();
  const size_t line = output.rfind('\n');
  return line == std::string::npos ? output : output.substr(line + 1);
}

std::string reason_of(const ChildEnd& end) {
  if (end.is_late) return fmt::format("its check did not end within {} s", kDeadlineMs / 1000);
  if (end.signal != 0) return fmt::format("its check was ended by signal {} ({})", end.signal, strsignal(end.signal));
  const std::string said = last_line(end.output);
  if (end.exit_status == 1 && !said.empty()) return said;
  return fmt::format("its check ended with status {}", end.exit_status);
}

}  // namespace

DeviceGuard::DeviceGuard(const PluginHost& host, GuardOptions options) : host_(host), options_(std::move(options)) {
  if (!options_.data_folder.empty()) store_.emplace(options_.data_folder + "/dev.sotto.verdicts");
}

std::string DeviceGuard::file_of(const Backend& backend) const {
  for (const PluginFact& fact : host_.facts())
    if (fact.status.ok() && fact.id == backend.id) return fact.path;
  return {};
}

// The meaning of plan.h in code, or what every device has.
const Backend* DeviceGuard::other_than(const Backend& backend) const {
  for (const char* name : {"reference", "cpu"})
    if (const Backend* found = host_.find_backend(name); found && found != &backend) return found;
  return nullptr;
}

Result<std::string> DeviceGuard::key_of(const Backend& backend, const sotto_driver_api& driver, uint32_t device) const {
  std::string text(kMostIdentity, '\0');
  uint64_t size = 0;
  SOTTO_TRY(call_plugin(backend.id, "identity", [&](sotto_error* err) {
    return driver.identity(backend.self, device, text.data(), text.size(), &size, err);
  }));
  if (size > text.size()) return plugin_fault(backend.id, "identity", fmt::format("{} bytes, at most {}", size, text.size()));
  text.resize(static_cast<size_t>(size));
  return fmt::format("verdict-{}", hash_of(fmt::format("{}\n{}\n{}", backend.id, backend.version, text)));
}

std::optional<DeviceGuard::Kept> DeviceGuard::known(const std::string& key) {
  const auto found = verdicts_.find(key);
  if (found != verdicts_.end()) return found->second;
  if (!store_) return {};
  char bytes[kMostVerdict];
  uint64_t size = sizeof bytes;
  if (!store_->read(key, bytes, &size).ok() || size < 3 || size > sizeof bytes) return {};
  Kept kept;
  kept.state = static_cast<uint32_t>(bytes[0] - '0');
  kept.in_process = bytes[1] == 'h';
  kept.reason.assign(bytes + 2, static_cast<size_t>(size - 2));
  kept.reason.pop_back();  // the line's end
  if (kept.state != SOTTO_DEVICE_PASSED && kept.state != SOTTO_DEVICE_QUARANTINED) return {};
  return verdicts_[key] = kept;
}

void DeviceGuard::keep(const std::string& key, const Kept& kept) {
  verdicts_[key] = kept;
  if (!store_) return;
  const std::string text = fmt::format("{}{}{}\n", kept.state, kept.in_process ? 'h' : 'e', kept.reason.substr(0, 480));
  if (const Status s = store_->write(key, text.data(), text.size()); !s.ok()) host_.log().warning(s.text());
}

DeviceGuard::Kept DeviceGuard::run_here(const Backend& backend, const Backend& other, uint32_t device) const {
  const auto began = std::chrono::steady_clock::now();
  const Status s = self_check(host_, backend, device, other);
  return {s.ok() ? SOTTO_DEVICE_PASSED : SOTTO_DEVICE_QUARANTINED, true, milliseconds_since(began), s.ok() ? "" : s.text()};
}

DeviceGuard::Kept DeviceGuard::run_elsewhere(const Backend& backend, const Backend& other, uint32_t device) const {
  const auto began = std::chrono::steady_clock::now();
  const std::string file = file_of(backend), other_file = file_of(other);
  const auto verdict = [&](bool passed, std::string reason) {
    return Kept{passed ? SOTTO_DEVICE_PASSED : SOTTO_DEVICE_QUARANTINED, false, milliseconds_since(began), std::move(reason)};
  };
  const auto not_done = [&](const Status& s) {
    return Kept{SOTTO_DEVICE_UNCHECKED, false, 0, fmt::format("it could not be checked: {}", s.text())};
  };
  if (options_.probe) {
    const Status s = options_.probe(file, other_file, device);
    return verdict(s.ok(), s.ok() ? "" : s.text());
  }
  const Result<std::string> program = check_program_file(options_.probe_program);
  if (!program.ok()) return not_done(program.status());
  const Result<ChildEnd> end = run_child(program.value(), {file, other_file, std::to_string(device)}, kDeadlineMs);
  if (!end.ok()) return not_done(end.status());
  // An application that ignores the ends of its children leaves no exit status behind.
  const bool passed = !end->is_late && end->signal == 0 && end->exit_status <= 0 && last_line(end->output) == kPassed;
  return verdict(passed, passed ? "" : reason_of(end.value()));
}

DeviceGuard::Kept DeviceGuard::run(const Backend& backend, uint32_t device, const std::string& key, bool here) {
  const Backend* other = other_than(backend);
  if (!other)
    return {SOTTO_DEVICE_UNCHECKED, false, 0, "neither the reference nor the CPU's backend is loaded to compare with"};
  if (here) return run_here(backend, *other, device);
  const bool is_file = !file_of(backend).empty() && !file_of(*other).empty();
  Kept kept;
  if (is_file && (options_.probe || !options_.probe_program.empty())) {
    kept = run_elsewhere(backend, *other, device);
  } else {
    keep(key, {SOTTO_DEVICE_QUARANTINED, true, 0, kDidNotEnd});
    kept = run_here(backend, *other, device);
  }
  if (kept.state == SOTTO_DEVICE_UNCHECKED) {
    host_.log().warning(fmt::format("{}: device {}: {}", backend.name, device, kept.reason));
    verdicts_.erase(key);
    return kept;
  }
  keep(key, kept);
  return kept;
}

DeviceGuard::Kept DeviceGuard::verdict_on(const Backend& backend, uint32_t device, const std::string& key, uint32_t flags) {
  if (flags & SOTTO_CHECK_HERE) return run(backend, device, key, true);
  if (!(flags & SOTTO_CHECK_AGAIN))
    if (const auto kept = known(key)) return *kept;
  if (flags & SOTTO_CHECK_KNOWN) return {SOTTO_DEVICE_UNCHECKED, false, 0, "it has not been checked yet"};
  return run(backend, device, key, false);
}

Result<sotto_device_verdict> DeviceGuard::check(const Backend& backend, uint32_t device, uint32_t flags) {
  sotto_device_verdict v{};
  v.struct_size = sizeof v;
  SOTTO_ASSIGN(const uint32_t devices, host_.device_count(backend));
  if (device >= devices)
    return Status(SOTTO_NOT_FOUND, fmt::format("{}: device {}: there are {}, counted from 0", backend.id, device, devices));
  const sotto_driver_api* driver = host_.driver_api(backend);
  if (!driver) return v;
  SOTTO_ASSIGN(const std::string key, key_of(backend, *driver, device));
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return !busy_; });
  busy_ = true;
  lock.unlock();
  struct Release {
    DeviceGuard& guard;
    ~Release() {
      const std::lock_guard<std::mutex> again(guard.mutex_);
      guard.busy_ = false;
      guard.changed_.notify_all();
    }
  } release{*this};
  const Kept kept = verdict_on(backend, device, key, flags);
  v.state = kept.state;
  v.in_process = kept.in_process ? 1 : 0;
  v.milliseconds = kept.milliseconds;
  std::memcpy(v.reason, kept.reason.data(), std::min(kept.reason.size(), sizeof v.reason - 1));
  return v;
}

Status DeviceGuard::admit(const Backend& backend, uint32_t device) {
  if (!host_.driver_api(backend)) return {};
  SOTTO_ASSIGN(const sotto_device_verdict v, check(backend, device, 0));
  if (v.state != SOTTO_DEVICE_QUARANTINED) return {};
  return Status(SOTTO_REFUSED,
                fmt::format("device {} of backend {} is in quarantine: {}. After an update of its driver, or with "
                            "sotto doctor --check, it is checked again",
                            device, backend.name, v.reason));
}

}  // namespace sotto
