// The check of a device in a process of its own: what its end means, that the verdict is kept, and the way out of quarantine.
// The device is the machine's; the program that checks it is sotto-probe, or a script that ends as a bad driver would make it.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "e2e/objects.h"

namespace sotto::e2e {
namespace {

using Verdict = sotto_device_verdict;

class DeviceProbe : public testing::Test {
 protected:
  DeviceProbe() {
    char folder[] = "/tmp/sotto-probe-test-XXXXXX";
    if (mkdtemp(folder) != nullptr) folder_ = folder;
  }
  ~DeviceProbe() override {
    runtime_.reset();
    std::filesystem::remove_all(folder_);
  }
  // A new process of the application, as it were. Skips where the machine has no device.
  bool start(const std::string& probe, decltype(sotto_runtime_options::probe) callback = nullptr) {
    auto o = sized<sotto_runtime_options>();
    o.data_folder = {folder_.data(), folder_.size()};
    o.probe_program = {probe.data(), probe.size()};
    o.probe = callback;
    runtime_ = make_runtime(&o);
    auto info = sized<sotto_backend_info>();
    for (backend_ = 0; sotto_runtime_backend_info(runtime_.get(), backend_, &info, nullptr) == SOTTO_OK; ++backend_)
      if (std::string(info.name) == "vulkan") return info.device_count != 0;
    return false;
  }
  Verdict check(uint32_t flags) {
    auto verdict = sized<Verdict>();
    Error error;
    EXPECT_EQ(sotto_runtime_check_device(runtime_.get(), backend_, 0, flags, &verdict, &error), SOTTO_OK) << error.text;
    return verdict;
  }
  sotto_status open(Error* error) {
    const std::string path = fixture("gguf/small-q8_0.gguf");
    const auto source = path_source(path);
    auto o = sized<sotto_model_options>();
    o.backend = sotto_cstr("vulkan");
    sotto_model* model = nullptr;
    const sotto_status s = sotto_model_open(runtime_.get(), &source, &o, &model, error);
    sotto_model_destroy(model);
    return s;
  }
  std::string script(const std::string& text, mode_t mode = 0700) {
    const std::string path = folder_ + "/probe.sh";
    std::ofstream(path) << "#!/bin/sh\n" << text << "\n";
    chmod(path.c_str(), mode);
    return path;
  }

  std::string folder_;
  RuntimePtr runtime_;
  uint32_t backend_ = 0;
};

const std::string kProbe = SOTTO_BUILD_DIR "/bin/sotto-probe";

TEST_F(DeviceProbe, PassesAnHonestDriverOnceForAllStarts) {
  if (!start(kProbe)) GTEST_SKIP() << "no Vulkan device";
  EXPECT_EQ(check(SOTTO_CHECK_KNOWN).state, SOTTO_DEVICE_UNCHECKED);
  const Verdict first = check(0);
  EXPECT_EQ(first.state, SOTTO_DEVICE_PASSED) << first.reason;
  EXPECT_EQ(first.in_process, 0u);
  EXPECT_GT(first.milliseconds, 0u);
  std::printf("checked in %u ms\n", first.milliseconds);
  ASSERT_TRUE(start("/nowhere/sotto-probe"));
  const Verdict kept = check(0);
  EXPECT_EQ(kept.state, SOTTO_DEVICE_PASSED) << kept.reason;
  EXPECT_EQ(kept.milliseconds, 0u);
}

TEST_F(DeviceProbe, QuarantinesADriverThatCrashesUntilItIsCheckedAgain) {
  if (!start(script("kill -SEGV $$"))) GTEST_SKIP() << "no Vulkan device";
  Error error;
  EXPECT_EQ(open(&error), SOTTO_REFUSED);
  EXPECT_NE(std::string(error.text).find("quarantine: its check was ended by signal 11"), std::string::npos) << error.text;
  ASSERT_TRUE(start(kProbe));
  EXPECT_EQ(check(SOTTO_CHECK_KNOWN).state, SOTTO_DEVICE_QUARANTINED) << "the verdict is kept";
  EXPECT_EQ(open(&error), SOTTO_REFUSED);
  EXPECT_EQ(check(SOTTO_CHECK_AGAIN).state, SOTTO_DEVICE_PASSED);
  EXPECT_EQ(open(&error), SOTTO_OK) << error.text;
}

TEST_F(DeviceProbe, AnEndThatIsNotPassedIsAReason) {
  struct Case {
    const char* script;
    const char* reason;
  };
  for (const Case& c : {Case{"echo 'it computes wrong numbers'; exit 1", "it computes wrong numbers"},
                        {"echo nearly", "its check ended with status 0"},
                        {"echo passed; exit 3", "its check ended with status 3"}}) {
    SCOPED_TRACE(c.script);
    if (!start(script(c.script))) GTEST_SKIP() << "no Vulkan device";
    const Verdict verdict = check(SOTTO_CHECK_AGAIN);
    EXPECT_EQ(verdict.state, SOTTO_DEVICE_QUARANTINED);
    EXPECT_STREQ(verdict.reason, c.reason);
  }
}

TEST_F(DeviceProbe, WithoutAProgramThatMayBeTrustedNothingIsSaidOfTheDevice) {
  for (const std::string& program : {std::string("/nowhere/sotto-probe"), script("echo passed", 0777)}) {
    if (!start(program)) GTEST_SKIP() << "no Vulkan device";
    const Verdict verdict = check(0);
    EXPECT_EQ(verdict.state, SOTTO_DEVICE_UNCHECKED) << verdict.reason;
    EXPECT_NE(std::string(verdict.reason).find("could not be checked"), std::string::npos) << verdict.reason;
  }
}

TEST_F(DeviceProbe, TheApplicationMayRunTheCheckItself) {
  const auto wrong = [](void*, sotto_str backend, sotto_str other, uint32_t device, sotto_error* err) -> sotto_status {
    EXPECT_NE(std::string(backend.data, backend.size).find("vulkan"), std::string::npos);
    EXPECT_NE(std::string(other.data, other.size).find("reference"), std::string::npos);
    EXPECT_EQ(device, 0u);
    std::snprintf(err->text, sizeof err->text, "the isolated service died");
    err->status = SOTTO_DEVICE_LOST;
    return SOTTO_DEVICE_LOST;
  };
  if (!start("", wrong)) GTEST_SKIP() << "no Vulkan device";
  const Verdict verdict = check(0);
  EXPECT_EQ(verdict.state, SOTTO_DEVICE_QUARANTINED);
  EXPECT_NE(std::string(verdict.reason).find("the isolated service died"), std::string::npos) << verdict.reason;
}

// Without either the check runs here, and what did not come back from it is not tried again.
TEST_F(DeviceProbe, ACheckInTheProcessThatDidNotEndIsQuarantine) {
  if (!start("")) GTEST_SKIP() << "no Vulkan device";
  const Verdict here = check(0);
  EXPECT_EQ(here.state, SOTTO_DEVICE_PASSED) << here.reason;
  EXPECT_EQ(here.in_process, 1u);
}

TEST_F(DeviceProbe, WrongUseIsRefused) {
  if (!start("")) GTEST_SKIP() << "no Vulkan device";
  auto verdict = sized<Verdict>();
  Error error;
  EXPECT_EQ(sotto_runtime_check_device(runtime_.get(), backend_, 99, 0, &verdict, &error), SOTTO_NOT_FOUND) << error.text;
  EXPECT_EQ(sotto_runtime_check_device(runtime_.get(), 99, 0, 0, &verdict, &error), SOTTO_NOT_FOUND) << error.text;
  EXPECT_EQ(sotto_runtime_check_device(runtime_.get(), backend_, 0, 8, &verdict, &error), SOTTO_UNSUPPORTED) << error.text;
  EXPECT_EQ(sotto_runtime_check_device(runtime_.get(), backend_, 0, 3, &verdict, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(sotto_runtime_check_device(nullptr, 0, 0, 0, &verdict, &error), SOTTO_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace sotto::e2e
