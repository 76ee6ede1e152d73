// device_guard.h: which devices may be used: those of backends that run on others' drivers are checked once for each driver,
// in another process where the application allows one, and the verdict is kept.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "host/blob_store.h"
#include "host/plugin_host.h"
#include "sotto/probe.h"

namespace sotto {

struct GuardOptions {
  std::string probe_program;  // empty: none
  // The application's way to run the check elsewhere; empty: none.
  std::function<Status(const std::string& backend_file, const std::string& other_file, uint32_t device)> probe;
  std::string data_folder;  // empty: verdicts last as long as this object
};

// [any thread]. The host must outlive it.
class DeviceGuard {
 public:
  DeviceGuard(const PluginHost& host, GuardOptions options);

  // The verdict, made now unless `flags` (SOTTO_CHECK_*) say otherwise. A failure: there is no such device.
  Result<sotto_device_verdict> check(const Backend& backend, uint32_t device, uint32_t flags);
  // SOTTO_REFUSED with the reason for a device in quarantine.
  Status admit(const Backend& backend, uint32_t device);

 private:
  struct Kept {
    uint32_t state = SOTTO_DEVICE_UNCHECKED;
    bool in_process = false;
    uint32_t milliseconds = 0;
    std::string reason;
  };
  Kept verdict_on(const Backend& backend, uint32_t device, const std::string& key, uint32_t flags);
  Result<std::string> key_of(const Backend& backend, const sotto_driver_api& driver, uint32_t device) const;
  std::optional<Kept> known(const std::string& key);
  void keep(const std::string& key, const Kept& kept);
  Kept run(const Backend& backend, uint32_t device, const std::string& key, bool here);
  Kept run_elsewhere(const Backend& backend, const Backend& other, uint32_t device) const;
  Kept run_here(const Backend& backend, const Backend& other, uint32_t device) const;
  const Backend* other_than(const Backend& backend) const;
  std::string file_of(const Backend& backend) const;  // empty: linked in

  const PluginHost& host_;
  const GuardOptions options_;
  std::mutex mutex_;  // guards busy_; whoever set it has all below to itself, without the lock
  std::condition_variable changed_;
  bool busy_ = false;
  std::optional<BlobStore> store_;
  std::map<std::string, Kept> verdicts_;
};

}  // namespace sotto
