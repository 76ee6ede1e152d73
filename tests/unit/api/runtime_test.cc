#include "api/runtime.h"

#include <sys/stat.h>

#include <cstring>
#include <fstream>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "api/parked.h"
#include "unit/host/host_test.h"

namespace sotto {
namespace {

struct Opened {
  Folder folder;
  std::string lines;
  sotto_runtime* runtime = nullptr;
  sotto_error error{};
  sotto_status status = SOTTO_OK;

  explicit Opened(const std::vector<std::string>& fixtures) {
    for (const std::string& fixture : fixtures) folder.add(fixture);
    sotto_runtime_options options{};
    options.struct_size = sizeof options;
    options.plugin_folder = {folder.path().data(), folder.path().size()};
    options.log = [](void* to, int32_t, sotto_str line) {
      static_cast<std::string*>(to)->append(line.data, static_cast<size_t>(line.size)).append("\n");
    };
    options.log_user = &lines;
    options.log_level = SOTTO_LOG_DEBUG;
    error.struct_size = sizeof error;
    status = sotto_runtime_create(&options, &runtime, &error);
  }
  bool has(const std::string& part) const { return lines.find(part) != std::string::npos; }
};

sotto_status create(const sotto_runtime_options& options, sotto_runtime** out = nullptr) {
  sotto_runtime* runtime = nullptr;
  const sotto_status status = sotto_runtime_create(&options, out ? out : &runtime, nullptr);
  sotto_runtime_destroy(runtime);
  return status;
}

TEST(Runtime, TellsWhatWasLoadedAndWhatWasRefused) {
  Opened opened({"backend", "good", "wrong_major"});
  ASSERT_EQ(opened.status, SOTTO_OK) << opened.error.text;
  ASSERT_EQ(sotto_runtime_plugin_count(opened.runtime), 3u);
  sotto_plugin_info info{};
  info.struct_size = sizeof info;
  ASSERT_EQ(sotto_runtime_plugin_info(opened.runtime, 1, &info, nullptr), SOTTO_OK);
  EXPECT_STREQ(info.id, "test.sotto.good");
  EXPECT_STREQ(info.version, "1.2.3");
  EXPECT_EQ(info.path, opened.folder / "good.so");
  EXPECT_STREQ(info.reason, "");
  ASSERT_EQ(sotto_runtime_plugin_info(opened.runtime, 2, &info, nullptr), SOTTO_OK);
  EXPECT_EQ(info.status, SOTTO_REFUSED);
  EXPECT_NE(std::strstr(info.reason, "ABI 9.0"), nullptr) << info.reason;
  EXPECT_EQ(sotto_runtime_plugin_info(opened.runtime, 3, &info, &opened.error), SOTTO_NOT_FOUND);
  EXPECT_STREQ(opened.error.text, "plugin 3: 3 were found, counted from 0");
  sotto_runtime_destroy(opened.runtime);
}

TEST(Runtime, DescribesBackendsAndDevicesAndSaysWhyThereAreNone) {
  Opened opened({"backend", "backend_bad_driver"});
  ASSERT_EQ(sotto_runtime_backend_count(opened.runtime), 2u);
  sotto_backend_info backend{};
  backend.struct_size = sizeof backend;
  ASSERT_EQ(sotto_runtime_backend_info(opened.runtime, 0, &backend, nullptr), SOTTO_OK);
  EXPECT_STREQ(backend.name, "kettle");
  EXPECT_EQ(backend.device_count, 1u);
  sotto_device_info device{};
  device.struct_size = sizeof device;
  ASSERT_EQ(sotto_runtime_device_info(opened.runtime, 0, 0, &device, nullptr), SOTTO_OK);
  EXPECT_STREQ(device.name, "kettle 0");
  EXPECT_EQ(sotto_runtime_device_info(opened.runtime, 0, 1, &device, nullptr), SOTTO_NOT_FOUND);
  EXPECT_EQ(sotto_runtime_device_info(opened.runtime, 2, 0, &device, nullptr), SOTTO_NOT_FOUND);
  ASSERT_EQ(sotto_runtime_backend_info(opened.runtime, 1, &backend, nullptr), SOTTO_OK);
  EXPECT_EQ(backend.device_count, 0u);
  EXPECT_NE(std::strstr(backend.reason, "device_count threw"), nullptr) << backend.reason;
  EXPECT_EQ(sotto_runtime_device_info(opened.runtime, 1, 0, &device, nullptr), SOTTO_INTERNAL);
  sotto_runtime_destroy(opened.runtime);
}

TEST(Runtime, QueriesInterfacesOfPlugins) {
  Opened opened({"good"});
  EXPECT_NE(sotto_runtime_query(opened.runtime, "test.good/1").table, nullptr);
  EXPECT_NE(sotto_runtime_query(opened.runtime, "test.good/1").self, nullptr);
  EXPECT_EQ(sotto_runtime_query(opened.runtime, "test.good/2").table, nullptr);
  EXPECT_EQ(sotto_runtime_query(opened.runtime, nullptr).table, nullptr);
  EXPECT_EQ(sotto_runtime_query(nullptr, "test.good/1").table, nullptr);
  sotto_runtime_destroy(opened.runtime);
}

TEST(Runtime, WrongOptionsFailAndLeaveTheResultUntouched) {
  const sotto_str missing = sotto_cstr("/nonexistent/plugins"), empty{nullptr, 0}, broken{nullptr, 4}, inner{"a\0b", 3};
  const sotto_plugin_entry* no_entry = nullptr;
  struct Case {
    const char* what;
    sotto_status status;
    void (*change)(sotto_runtime_options& o, const void* value);
    const void* value;
  };
  for (const auto& [what, status, change, value] : {
           Case{"missing folder", SOTTO_NOT_FOUND, [](auto&o, auto v) { o.plugin_folder = *static_cast<const sotto_str*>(v); },
                &missing},
           Case{"missing data folder", SOTTO_NOT_FOUND,
                [](auto&o, auto v) { o.data_folder = *static_cast<const sotto_str*>(v); }, &missing},
           Case{"folder at NULL", SOTTO_INVALID_ARGUMENT,
                [](auto&o, auto v) { o.plugin_folder = *static_cast<const sotto_str*>(v); }, &broken},
           Case{"NUL in a path", SOTTO_INVALID_ARGUMENT,
                [](auto&o, auto v) { o.plugin_folder = *static_cast<const sotto_str*>(v); }, &inner},
           Case{"no files", SOTTO_INVALID_ARGUMENT, [](auto&o, auto) { o.plugin_file_count = 1; }, nullptr},
           Case{"empty file", SOTTO_INVALID_ARGUMENT,
                [](auto&o, auto v) { o.plugin_files = static_cast<const sotto_str*>(v), o.plugin_file_count = 1; }, &empty},
           Case{"no entries", SOTTO_INVALID_ARGUMENT, [](auto&o, auto) { o.plugin_entry_count = 1; }, nullptr},
           Case{"NULL entry", SOTTO_INVALID_ARGUMENT,
                [](auto&o, auto v) {
                  o.plugin_entries = static_cast<const sotto_plugin_entry* const*>(v), o.plugin_entry_count = 1;
                },
                &no_entry},
           Case{"log level", SOTTO_INVALID_ARGUMENT, [](auto&o, auto) { o.log_level = 5; }, nullptr},
           Case{"power policy", SOTTO_UNSUPPORTED, [](auto&o, auto) { o.power_policy = 3; }, nullptr},
           Case{"priority", SOTTO_INVALID_ARGUMENT, [](auto&o, auto) { o.thread_priority = 2; }, nullptr},
           Case{"reserved", SOTTO_UNSUPPORTED, [](auto&o, auto) { o.reserved = 1; }, nullptr},
           Case{"struct_size", SOTTO_INVALID_ARGUMENT, [](auto&o, auto) { o.struct_size = 0; }, nullptr},
       }) {
    sotto_runtime_options options{};
    options.struct_size = sizeof options;
    change(options, value);
    auto* untouched = reinterpret_cast<sotto_runtime*>(uintptr_t{16});
    EXPECT_EQ(create(options, &untouched), status) << what;
    EXPECT_EQ(untouched, reinterpret_cast<sotto_runtime*>(uintptr_t{16})) << what;
  }
  EXPECT_EQ(sotto_runtime_create(nullptr, nullptr, nullptr), SOTTO_INVALID_ARGUMENT);
}

TEST(Runtime, NullObjectsAreAnsweredNotFollowed) {
  sotto_runtime_destroy(nullptr);
  sotto_runtime_trim(nullptr, 3);
  sotto_runtime_set_power_policy(nullptr, 1);
  EXPECT_EQ(sotto_runtime_plugin_count(nullptr), 0u);
  EXPECT_EQ(sotto_runtime_backend_count(nullptr), 0u);
  EXPECT_EQ(sotto_runtime_plugin_info(nullptr, 0, nullptr, nullptr), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(sotto_runtime_backend_info(nullptr, 0, nullptr, nullptr), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(sotto_runtime_device_info(nullptr, 0, 0, nullptr, nullptr), SOTTO_INVALID_ARGUMENT);
}

TEST(Runtime, WithoutOptionsNothingIsLoaded) {
  sotto_runtime* runtime = nullptr;
  ASSERT_EQ(sotto_runtime_create(nullptr, &runtime, nullptr), SOTTO_OK);
  EXPECT_EQ(sotto_runtime_plugin_count(runtime), 0u);
  sotto_runtime_destroy(runtime);
}

TEST(Runtime, LivesAsLongAsItsLastHold) {
  Opened opened({"good"});
  {
    const RuntimeRef model(opened.runtime), session = model;
    sotto_runtime_destroy(opened.runtime);
    EXPECT_FALSE(opened.has("ended"));
    EXPECT_NE(session->host().query("test.good/1").table, nullptr);
  }
  EXPECT_TRUE(opened.has("ended")) << opened.lines;
}

TEST(Parked, TheLastHoldWaitsUntilItsThreadIsOutOfThePlugin) {
  Opened opened({"good"});
  const std::string file = opened.folder / "good.so";
  park(RuntimeRef(opened.runtime));  // not the last: given back at once
  RuntimeRef session(opened.runtime);
  sotto_runtime_destroy(opened.runtime);
  park(std::move(session));
  EXPECT_TRUE(is_open(file));
  std::thread([] { end_parked(); }).join();
  EXPECT_TRUE(is_open(file)) << "another thread knows nothing about this one's stack";
  sotto_runtime_destroy(nullptr);
  EXPECT_FALSE(is_open(file));
  EXPECT_FALSE(opened.has("ended")) << "the application may have ended its log by now";
}

TEST(Parked, EndsWithItsThread) {
  Opened opened({"good"});
  RuntimeRef session(opened.runtime);
  sotto_runtime_destroy(opened.runtime);
  std::thread([&] { park(std::move(session)); }).join();
  EXPECT_FALSE(is_open(opened.folder / "good.so"));
}

TEST(MemoryBudget, IsSharedAndHard) {
  MemoryBudget budget(100);
  EXPECT_TRUE(budget.take(60).ok());
  EXPECT_EQ(budget.free_bytes(), 40u);
  const Status refused = budget.take(41);
  EXPECT_EQ(refused.code(), SOTTO_OUT_OF_MEMORY);
  EXPECT_NE(refused.text().find("41 bytes"), std::string::npos) << refused.text();
  EXPECT_EQ(budget.take(UINT64_MAX).code(), SOTTO_OUT_OF_MEMORY);
  budget.give_back(60);
  EXPECT_TRUE(budget.take(100).ok());
  EXPECT_EQ(MemoryBudget(0).free_bytes(), UINT64_MAX);
}

struct Counting : Trimmable {
  uint32_t last = 0;
  void trim(uint32_t level) override { last = level; }
};

TEST(Runtime, TrimReachesLivingObjectsOnly) {
  Opened opened({});
  const auto stays = std::make_shared<Counting>();
  opened.runtime->add_trimmable(stays);
  opened.runtime->add_trimmable(std::make_shared<Counting>());
  sotto_runtime_trim(opened.runtime, 2);
  EXPECT_EQ(stays->last, 2u);
  sotto_runtime_destroy(opened.runtime);
}

}  // namespace
}  // namespace sotto
