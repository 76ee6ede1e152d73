// world.h: a runtime with the plugin linked in, and its interface as an application calls it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "sotto/care.h"
#include "sotto/sotto.h"

extern "C" const sotto_plugin_entry sotto_plugin_care;

namespace sotto::care_test {

struct Error : sotto_error {
  Error() : sotto_error{sizeof(sotto_error), SOTTO_OK, {}} {}
  bool says(const std::string& words) const { return std::string(text).find(words) != std::string::npos; }
};

template <class T>
T sized() {
  T value{};
  value.struct_size = sizeof value;
  return value;
}

struct CareDeleter {
  const sotto_care_api* api;
  void operator()(sotto_care* c) const { api->destroy(c); }
};
using CarePtr = std::unique_ptr<sotto_care, CareDeleter>;

class World {
 public:
  World() {
    const std::string backend = SOTTO_PLUGIN_DIR "/libsotto_backend_reference.so";
    const sotto_str file = {backend.data(), backend.size()};
    const sotto_plugin_entry* const entry = &sotto_plugin_care;
    auto options = sized<sotto_runtime_options>();
    options.plugin_files = &file;
    options.plugin_file_count = 1;
    options.plugin_entries = &entry;
    options.plugin_entry_count = 1;
    sotto_runtime* made = nullptr;
    Error error;
    EXPECT_EQ(sotto_runtime_create(&options, &made, &error), SOTTO_OK) << error.text;
    runtime_.reset(made);
    skill_ = sotto_care_find(made);
    EXPECT_NE(skill_.api, nullptr);
  }

  CarePtr care(sotto_care_options options = {}) {
    options.struct_size = sizeof options;
    sotto_care* made = nullptr;
    Error error;
    EXPECT_EQ(api().create(self(), &options, &made, &error), SOTTO_OK) << error.text;
    return CarePtr(made, CareDeleter{skill_.api});
  }
  sotto_care_result check(const CarePtr& care, const std::string& text, uint32_t from = SOTTO_CARE_FROM_USER,
                          std::vector<sotto_care_finding>* findings = nullptr) {
    auto result = sized<sotto_care_result>();
    Error error;
    const auto take = [](void* user, const sotto_care_finding* f) -> int32_t {
      if (user != nullptr) static_cast<std::vector<sotto_care_finding>*>(user)->push_back(*f);
      return 0;
    };
    EXPECT_EQ(api().check(care.get(), {text.data(), text.size()}, from, take, findings, &result, &error), SOTTO_OK)
        << error.text;
    return result;
  }

  const sotto_care_api& api() const { return *skill_.api; }
  void* self() const { return skill_.self; }
  sotto_runtime* runtime() const { return runtime_.get(); }

 private:
  struct RuntimeDeleter {
    void operator()(sotto_runtime* r) const { sotto_runtime_destroy(r); }
  };
  std::unique_ptr<sotto_runtime, RuntimeDeleter> runtime_;
  sotto_care_skill skill_{};
};

}  // namespace sotto::care_test
