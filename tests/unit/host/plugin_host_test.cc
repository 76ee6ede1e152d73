// Loading that works: services, log, neighbours, backends, linked-in entries, the order of the end.
#include "host/plugin_host.h"

#include "host/plugin_call.h"
#include "host_test.h"

extern "C" const sotto_plugin_entry sotto_plugin_fixture;  // fixture_plugin.cc, linked in with SOTTO_STATIC_PLUGINS

namespace sotto {
namespace {

int64_t noon(void* self) { return *static_cast<const int64_t*>(self); }
uint64_t zero(void*) { return 0; }
constexpr sotto_clock_service kTestClock = {sizeof(sotto_clock_service), 0, noon, zero};

TEST(PluginHost, TakesEveryLibraryOfTheFolderInOrderOfTheirNamesAndNothingElse) {
  const Folder folder;
  folder.add("services", "b.so");
  folder.add("good", "a.so");
  folder.add("backend", "c.so.bak");
  folder.put("notes.txt", "tea");
  HostOptions options;
  options.plugin_folder = folder.path();
  const auto host = load(options);
  ASSERT_EQ(host->facts().size(), 2u);
  EXPECT_EQ(host->facts()[0].id, "test.sotto.good");
  EXPECT_EQ(host->facts()[0].version, "1.2.3");
  EXPECT_EQ(host->facts()[0].description, "a test's plugin");
  EXPECT_EQ(host->facts()[0].path, folder / "a.so");
  EXPECT_EQ(host->facts()[1].id, "test.sotto.services");
}

TEST(PluginHost, LogsUnderThePluginsIdInOneLine) {
  const Folder folder;
  Lines lines;
  HostOptions options = with_files({folder.add("services")});
  options.log = lines.hook();
  options.log_level = SOTTO_LOG_DEBUG;
  load(options);
  EXPECT_TRUE(lines.has("test.sotto.services: two lines")) << lines.text();
  EXPECT_TRUE(lines.has("test.sotto.services: a level that does not exist")) << lines.text();
}

TEST(PluginHost, LinesBelowTheLevelAreDropped) {
  const Folder folder;
  Lines lines;
  HostOptions options = with_files({folder.add("services"), folder / "absent.so"});
  options.log = lines.hook(SOTTO_LOG_WARNING);
  load(options);
  EXPECT_FALSE(lines.has("made")) << lines.text();
  EXPECT_TRUE(lines.has("absent.so")) << "a refusal is a warning";
}

TEST(PluginHost, ServesTheInjectedClockAndPrivateBlobs) {
  const Folder folder, data;
  Lines lines;
  int64_t now = 43200000;
  HostOptions options = with_files({folder.add("good"), folder.add("services")});
  options.log = lines.hook();
  options.log_level = SOTTO_LOG_DEBUG;
  options.clock = {&kTestClock, &now};
  options.data_folder = data.path();
  const auto host = load(options);
  EXPECT_TRUE(lines.has("time 43200000")) << lines.text();
  EXPECT_TRUE(lines.has("test.sotto.services: blobs")) << lines.text();
  EXPECT_TRUE(lines.has("a neighbour")) << lines.text();
  EXPECT_TRUE(lines.has("nothing unknown")) << lines.text();
  EXPECT_EQ(Folder::read(data / "test.sotto.services/note"), "tea");
}

TEST(PluginHost, WithoutADataFolderThereIsNoBlobServiceAndTheClockIsTheSystems) {
  const Folder folder;
  Lines lines;
  HostOptions options = with_files({folder.add("services")});
  options.log = lines.hook();
  options.log_level = SOTTO_LOG_DEBUG;
  const auto host = load(options);
  EXPECT_TRUE(lines.has("no blobs") && lines.has("no neighbour")) << lines.text();
  const auto* clock = static_cast<const sotto_clock_service*>(host->clock().table);
  const uint64_t before = clock->monotonic_nanoseconds(host->clock().self);
  EXPECT_GE(clock->monotonic_nanoseconds(host->clock().self), before);
  EXPECT_GT(clock->unix_milliseconds(host->clock().self), 1600000000000);
}

TEST(PluginHost, AWrongClockOrDataFolderFails) {
  HostOptions options;
  options.data_folder = "/nonexistent/sotto";
  EXPECT_EQ(PluginHost::load(options).status().code(), SOTTO_NOT_FOUND);
  sotto_clock_service broken = kTestClock;
  broken.unix_milliseconds = nullptr;
  options = HostOptions();
  options.clock = {&broken, nullptr};
  EXPECT_EQ(PluginHost::load(options).status().code(), SOTTO_INVALID_ARGUMENT);
  broken = kTestClock;
  broken.struct_size = 8;
  EXPECT_EQ(PluginHost::load(options).status().code(), SOTTO_INVALID_ARGUMENT);
}

TEST(PluginHost, TakesLinkedInEntries) {
  HostOptions options;
  options.plugin_entries = {&sotto_plugin_fixture};
  const auto host = load(options);
  ASSERT_EQ(host->facts().size(), 1u);
  EXPECT_TRUE(host->facts()[0].status.ok()) << host->facts()[0].status.text();
  EXPECT_EQ(host->facts()[0].id, "test.sotto.linked");
  EXPECT_EQ(host->facts()[0].path, "");
  EXPECT_NE(host->query("test.good/1").table, nullptr);

  sotto_plugin_entry wrong = sotto_plugin_fixture;
  wrong.abi_major = 2;
  options.plugin_entries = {&wrong, &sotto_plugin_fixture, &sotto_plugin_fixture};
  const auto second = load(options);
  EXPECT_EQ(second->facts()[0].status.code(), SOTTO_REFUSED);
  EXPECT_TRUE(second->facts()[1].status.ok());
  EXPECT_EQ(second->facts()[2].status.code(), SOTTO_REFUSED) << "the same id twice";
}

TEST(PluginHost, FindsBackendsByNameAndIdAndDescribesTheirDevices) {
  const Folder folder;
  const auto host = load(with_files({folder.add("good"), folder.add("backend")}));
  ASSERT_EQ(host->backends().size(), 1u);
  const Backend& backend = host->backends()[0];
  EXPECT_EQ(backend.name, "kettle");
  EXPECT_EQ(host->find_backend("kettle"), &backend);
  EXPECT_EQ(host->find_backend("test.sotto.kettle"), &backend);
  EXPECT_EQ(host->find_backend("pot"), nullptr);
  EXPECT_EQ(host->device_count(backend).value(), 1u);
  const auto device = host->device_info(backend, 0);
  ASSERT_TRUE(device.ok()) << device.status().text();
  EXPECT_STREQ(device->name, "kettle 0");
  EXPECT_EQ(device->memory_bytes, 1700u);
  EXPECT_EQ(host->device_info(backend, 1).status().code(), SOTTO_NOT_FOUND);
}

TEST(PluginHost, ABackendThatThrowsIsAStatusThatNamesIt) {
  const Folder folder;
  const auto host = load(with_files({folder.add("backend_bad_driver")}));
  ASSERT_EQ(host->backends().size(), 1u) << "no driver is touched while loading";
  const auto count = host->device_count(host->backends()[0]);
  EXPECT_EQ(count.status().code(), SOTTO_INTERNAL);
  EXPECT_NE(count.status().text().find("test.sotto.pot: device_count threw"), std::string::npos) << count.status().text();
}

TEST(PluginHost, AQueryThatThrowsFindsNothingAndIsLogged) {
  const Folder folder;
  Lines lines;
  HostOptions options = with_files({folder.add("throwing_query_later"), folder.add("good")});
  options.log = lines.hook();
  const auto host = load(options);
  EXPECT_NE(host->query("test.good/1").table, nullptr) << "the next plugin is asked";
  EXPECT_EQ(host->query("test.absent/1").table, nullptr);
  EXPECT_TRUE(lines.has("test.sotto.moody: query threw")) << lines.text();
}

TEST(PluginHost, DestroysPluginsAndClosesTheirLibrariesWithItself) {
  const Folder folder;
  const std::string file = folder.add("good");
  Lines lines;
  HostOptions options = with_files({file});
  options.log = lines.hook();
  options.log_level = SOTTO_LOG_DEBUG;
  auto host = load(options);
  EXPECT_TRUE(is_open(file));
  EXPECT_FALSE(lines.has("ended"));
  host.reset();
  EXPECT_TRUE(lines.has("test.sotto.good: ended")) << lines.text();
  EXPECT_FALSE(is_open(file));
}

TEST(PluginCall, StatusesOutsideTheListAndMissingSentencesAreNamed) {
  const auto odd = call_plugin("dev.tea", "brew", [](sotto_error*) { return sotto_status{-3}; });
  EXPECT_EQ(odd.code(), SOTTO_INTERNAL);
  EXPECT_NE(odd.text().find("dev.tea: brew: status -3"), std::string::npos) << odd.text();
  const auto silent = call_plugin("dev.tea", "brew", [](sotto_error*) { return sotto_status{SOTTO_DEVICE_LOST}; });
  EXPECT_EQ(silent.code(), SOTTO_DEVICE_LOST);
  EXPECT_NE(silent.text().find("dev.tea: brew failed"), std::string::npos) << silent.text();
  const auto unterminated = call_plugin("dev.tea", "brew", [](sotto_error* err) {
    std::fill(std::begin(err->text), std::end(err->text), 'x');
    return sotto_status{SOTTO_IO_ERROR};
  });
  EXPECT_EQ(unterminated.text().size(), sizeof(sotto_error::text) + std::string("dev.tea: brew: ").size());
  EXPECT_TRUE(call_plugin_void("dev.tea", "destroy", [] {}).ok());
  EXPECT_EQ(call_plugin_void("dev.tea", "destroy", [] { throw 1; }).code(), SOTTO_INTERNAL);
}

}  // namespace
}  // namespace sotto
