// plugin.hpp: what plugin authors lean on at the border.
#include "sotto/plugin.hpp"

#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace {

using namespace sotto::plugin;

sotto_error fresh(uint32_t struct_size = sizeof(sotto_error)) {
  sotto_error error;
  std::memset(&error, '#', sizeof error);
  error.struct_size = struct_size;
  return error;
}

TEST(PluginComfort, GuardTurnsWhatIsThrownIntoStatuses) {
  sotto_error error = fresh();
  EXPECT_EQ(guard(&error, [] {}), SOTTO_OK);
  EXPECT_EQ(guard(&error, [] { return sotto_status{SOTTO_BUSY}; }), SOTTO_BUSY);
  EXPECT_EQ(error.text[0], '#');
  EXPECT_EQ(guard(&error, [] { throw Failure(SOTTO_NOT_FOUND, "no kettle"); }), SOTTO_NOT_FOUND);
  EXPECT_EQ(error.status, SOTTO_NOT_FOUND);
  EXPECT_STREQ(error.text, "no kettle");
  EXPECT_EQ(guard(&error, [] { throw std::bad_alloc(); }), SOTTO_OUT_OF_MEMORY);
  EXPECT_EQ(guard(&error, [] { throw std::runtime_error("dry"); }), SOTTO_INTERNAL);
  EXPECT_STREQ(error.text, "dry");
  EXPECT_EQ(guard(nullptr, [] { throw 1; }), SOTTO_INTERNAL);
}

TEST(PluginComfort, FailKeepsToTheCallersErrorAndToWholeCharacters) {
  constexpr uint32_t kText = offsetof(sotto_error, text);
  for (const uint32_t size : {0u, kText - 1, kText, kText + 1, kText + 4}) {
    sotto_error error = fresh(size);
    EXPECT_EQ(fail(&error, SOTTO_BUSY, "\xE8\x8C\xB6\xE8\x8C\xB6"), SOTTO_BUSY);
    if (size > kText) {
      EXPECT_STREQ(error.text, size == kText + 4 ? "\xE8\x8C\xB6" : "");
    }
    const auto* bytes = reinterpret_cast<const char*>(&error);
    for (size_t i = std::max<size_t>(size, 4); i < sizeof error; ++i) ASSERT_EQ(bytes[i], '#') << size;
  }
  EXPECT_EQ(fail(nullptr, SOTTO_BUSY, "x"), SOTTO_BUSY);
}

struct Options {
  uint32_t struct_size;
  uint32_t leaves;
};
struct Newer {
  Options known;
  uint64_t more;
};

sotto_status status_of_reading(const Options* options) {
  return guard(nullptr, [&] { read_options(options); });
}

TEST(PluginComfort, OptionsFollowTheGrowthRule) {
  EXPECT_EQ(read_options<Options>(nullptr).leaves, 0u);
  const Options older{4, 9};
  EXPECT_EQ(read_options(&older).leaves, 0u);
  Newer newer{{sizeof(Newer), 3}, 0};
  EXPECT_EQ(read_options(&newer.known).leaves, 3u);
  newer.more = 1;
  EXPECT_EQ(status_of_reading(&newer.known), SOTTO_UNSUPPORTED);
  const Options wrong{0, 0};
  EXPECT_EQ(status_of_reading(&wrong), SOTTO_INVALID_ARGUMENT);
}

struct Kettle {
  explicit Kettle(Host host) {
    host.info("dropped");
    host.warning("kept");
    void* self = nullptr;
    if (host.find<sotto_clock_service>("short", &self) != nullptr || host.find<sotto_clock_service>("none", &self) != nullptr)
      throw Failure(SOTTO_INTERNAL, "found what is not there");
    if (host.find<sotto_clock_service>(SOTTO_CLOCK_SERVICE_ID, &self) == nullptr) throw Failure(SOTTO_NOT_FOUND, "no clock");
  }
  const void* query(std::string_view id) const {
    if (id == "throw") throw std::runtime_error("x");
    return id == "tea" ? this : nullptr;
  }
};

TEST(PluginComfort, AnEntryComesFromAClass) {
  static const sotto_clock_service kClock = {sizeof(sotto_clock_service), 0, nullptr, nullptr};
  static const sotto_clock_service kShort = {8, 0, nullptr, nullptr};
  std::string lines;
  sotto_host host = {};
  host.struct_size = sizeof host;
  host.log_level = SOTTO_LOG_WARNING;
  host.context = &lines;
  host.log = [](void* to, int32_t, sotto_str line) { static_cast<std::string*>(to)->append(view(line)); };
  host.query = [](void*, const char* id) {
    if (std::strcmp(id, "short") == 0) return sotto_interface{&kShort, nullptr};
    return sotto_interface{std::strcmp(id, SOTTO_CLOCK_SERVICE_ID) == 0 ? &kClock : nullptr, nullptr};
  };
  void* self = nullptr;
  ASSERT_EQ(Entry<Kettle>::create(&host, &self, nullptr), SOTTO_OK);
  EXPECT_EQ(lines, "kept");
  EXPECT_EQ(Entry<Kettle>::query(self, "tea"), self);
  EXPECT_EQ(Entry<Kettle>::query(self, "coffee"), nullptr);
  EXPECT_EQ(Entry<Kettle>::query(self, "throw"), nullptr);
  Entry<Kettle>::destroy(self);

  host.query = [](void*, const char*) { return sotto_interface{nullptr, nullptr}; };
  sotto_error error = fresh();
  EXPECT_EQ(Entry<Kettle>::create(&host, &self, &error), SOTTO_NOT_FOUND);
  EXPECT_STREQ(error.text, "no clock");
}

}  // namespace
