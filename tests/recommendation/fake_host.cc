#include "fake_host.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

extern "C" const sotto_plugin_entry sotto_plugin_recommendation;

namespace sotto::test {

FakeHost& fake_host() {
  static FakeHost host;
  return host;
}
sotto_model* fake_model() { return reinterpret_cast<sotto_model*>(&fake_host()); }

namespace {

constexpr uint32_t kHidden = 4;
const char* const kConcepts[3][4] = {
    {"lamp", "dark", "bright", "light"}, {"song", "music", "tune", "radio"}, {"timer", "alarm", "wake", "clock"}};

std::string text(sotto_str s) { return s.data == nullptr ? std::string() : std::string(s.data, s.size); }

sotto_status model_facts(const sotto_model*, sotto_model_facts* out, sotto_error*) {
  out->hidden = kHidden;
  out->context_tokens = 4096;
  std::strcpy(out->hash, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
  return SOTTO_OK;
}
sotto_status tokenize(const sotto_model*, sotto_str given, uint32_t, uint32_t* ids, uint64_t capacity, uint64_t* count,
                      sotto_error*) {
  *count = given.size;
  for (size_t i = 0; capacity >= given.size && i < given.size; ++i) ids[i] = static_cast<unsigned char>(given.data[i]);
  return SOTTO_OK;
}
sotto_status make_session(sotto_model*, const sotto_session_options*, sotto_session** out, sotto_error*) {
  ++fake_host().sessions;
  *out = reinterpret_cast<sotto_session*>(&fake_host());
  return SOTTO_OK;
}
void end_session(sotto_session*) { --fake_host().sessions; }
sotto_status rewind(sotto_session*, uint32_t, sotto_error*) { return SOTTO_OK; }

sotto_status embed(sotto_session*, const uint32_t* ids, uint64_t count, const sotto_embed_options*, float* vector, uint64_t,
                   sotto_error*) {
  ++fake_host().embedded;
  std::string words;
  for (uint64_t i = 0; i < count; ++i) words += static_cast<char>(ids[i]);
  vector[3] = 5;  // what all have in common
  for (int c = 0; c < 3; ++c)
    for (const char* word : kConcepts[c])
      if (words.find(word) != std::string::npos) vector[c] += 1;
  return SOTTO_OK;
}

int64_t clock_ms(void*) { return fake_host().unix_ms; }
uint64_t clock_ns(void*) { return fake_host().monotonic_ns; }

sotto_status read_blob(void*, sotto_str key, void* bytes, uint64_t* size, sotto_error*) {
  const auto found = fake_host().blobs.find(text(key));
  if (found == fake_host().blobs.end()) return SOTTO_NOT_FOUND;
  if (*size >= found->second.size()) std::memcpy(bytes, found->second.data(), found->second.size());
  *size = found->second.size();
  return SOTTO_OK;
}
sotto_status write_blob(void*, sotto_str key, const void* bytes, uint64_t size, sotto_error*) {
  if (fake_host().is_full) return SOTTO_IO_ERROR;
  fake_host().blobs[text(key)].assign(static_cast<const char*>(bytes), size);
  return SOTTO_OK;
}
sotto_status remove_blob(void*, sotto_str, sotto_error*) { return SOTTO_OK; }

sotto_interface query(void*, const char* id) {
  static const sotto_clock_service clock = {sizeof clock, 0, clock_ms, clock_ns};
  static const sotto_blob_service blob = {sizeof blob, 0, read_blob, write_blob, remove_blob};
  static sotto_session_service session{};
  static sotto_hidden_service hidden{};
  session.struct_size = sizeof session;
  session.model_get_facts = model_facts;
  session.tokenize = tokenize;
  session.session_create = make_session;
  session.session_destroy = end_session;
  session.session_rewind = rewind;
  hidden.struct_size = sizeof hidden;
  hidden.session_embed = embed;
  const std::string name(id);
  if (name == SOTTO_CLOCK_SERVICE_ID && fake_host().has_clock) return {&clock, &fake_host()};
  if (name == SOTTO_BLOB_SERVICE_ID) return {&blob, &fake_host()};
  if (name == SOTTO_SESSION_SERVICE_ID) return {&session, nullptr};
  if (name == SOTTO_HIDDEN_SERVICE_ID) return {&hidden, nullptr};
  return {nullptr, nullptr};
}
void log(void*, int32_t, sotto_str) {}

sotto_str str(const std::string& s) { return s.empty() ? sotto_str{nullptr, 0} : sotto_str{s.data(), s.size()}; }
std::string own(sotto_str s) { return std::string(s.data, s.size); }

int32_t collect(void* user, const sotto_recommendation* r) {
  static_cast<std::vector<Item>*>(user)->push_back({own(r->feature), own(r->name_zh), own(r->reason_zh), own(r->reason_en),
                                                    own(r->reason_kind), r->probability, r->propensity, r->reason_weight});
  return 0;
}

}  // namespace

Folder::Folder() {
  // In memory where there is such a place: thousands of syncs to a disk would be all that the tests wait for.
  std::string name = "/dev/shm/sotto-recommendation-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) {
    name = (std::filesystem::temp_directory_path() / "sotto-recommendation-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for the test");
  }
  path_ = name;
}
Folder::~Folder() { std::filesystem::remove_all(path_); }

std::string Folder::bytes() const {
  std::ostringstream all;
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    std::ifstream file(entry.path(), std::ios::binary);
    if (file.peek() != EOF) all << file.rdbuf();
  }
  return all.str();
}
size_t Folder::files() const {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path_)) ++count;
  return count;
}

int64_t at(int day, double hour) { return 1736121600000 + day * int64_t{86400000} + static_cast<int64_t>(hour * 3600e3); }

sotto_usage_context Where::get() const {
  sotto_usage_context c{};
  c.struct_size = sizeof c;
  c.flags = (is_alarm ? SOTTO_CONTEXT_ALARM : 0) | (has_mood ? SOTTO_CONTEXT_MOOD : 0);
  c.unix_ms = unix_ms;
  c.utc_offset_minutes = offset;
  c.mood = mood;
  c.place = str(place);
  c.device = str(device);
  c.tags = str(tags);
  c.has = str(has);
  c.request = str(request);
  return c;
}

template <class Call>
sotto_status Skill::call(Call&& function) {
  sotto_error err{};
  err.struct_size = sizeof err;
  last = function(&err);
  error = last == SOTTO_OK ? "" : err.text;
  return last;
}

Skill::Skill(const std::string& catalogue, const std::string& folder, sotto_recommender_options options) {
  static const sotto_host host = {sizeof host, SOTTO_ABI_MAJOR, SOTTO_ABI_MINOR, SOTTO_LOG_WARNING, nullptr, log, query};
  const sotto_plugin_entry& entry = sotto_plugin_recommendation;
  call([&](sotto_error* err) { return entry.create(&host, &self, err); });
  api = static_cast<const sotto_recommendation_api*>(entry.query(self, SOTTO_RECOMMENDATION_ID));
  options.struct_size = sizeof options;
  options.catalogue = str(catalogue);
  options.folder = str(folder);
  created = call([&](sotto_error* err) { return api->create(self, &options, &recommender, err); });
}
Skill::~Skill() {
  close();
  api->destroy(recommender);
  sotto_plugin_recommendation.destroy(self);
}

sotto_status Skill::open(const std::string& user, const std::string& key) {
  close();
  return call([&](sotto_error* err) { return api->open(recommender, str(user), str(key), &profile, err); });
}
void Skill::close() {
  api->close(profile);
  profile = nullptr;
}
sotto_status Skill::consent(uint32_t level) {
  return call([&](sotto_error* err) { return api->set_consent(profile, level, err); });
}
sotto_status Skill::record(const std::string& feature, const Where& where, uint32_t kind) {
  const sotto_usage_context c = where.get();
  return call([&](sotto_error* err) { return api->record(profile, kind, str(feature), &c, err); });
}
std::vector<Item> Skill::rank(const Where& where, uint32_t count) {
  std::vector<Item> items;
  const sotto_usage_context c = where.get();
  call([&](sotto_error* err) { return api->rank(profile, &c, count, collect, &items, err); });
  return items;
}
std::vector<Item> Skill::suggest(const Where& where, uint32_t count) {
  std::vector<Item> items;
  const sotto_usage_context c = where.get();
  call([&](sotto_error* err) { return api->suggest(profile, &c, count, collect, &items, &quiet, err); });
  return items;
}
sotto_status Skill::forget(const std::string& feature, int64_t from, int64_t until) {
  const sotto_forget_options o = {sizeof o, 0, str(feature), from, until};
  return call([&](sotto_error* err) { return api->forget(profile, &o, nullptr, err); });
}
std::string Skill::exported() {
  uint64_t size = 0;
  call([&](sotto_error* err) { return api->export_json(profile, nullptr, 0, &size, err); });
  std::string json(size, '\0');
  call([&](sotto_error* err) { return api->export_json(profile, json.data(), json.size(), &size, err); });
  return json;
}
sotto_status Skill::import(const std::string& json) {
  return call([&](sotto_error* err) { return api->import_json(profile, str(json), err); });
}
sotto_profile_facts Skill::facts() {
  sotto_profile_facts facts{};
  facts.struct_size = sizeof facts;
  call([&](sotto_error* err) { return api->facts(profile, &facts, err); });
  return facts;
}

std::string small_catalogue() {
  return R"({"version": 1, "features": [
  {"id": "lamp", "name": {"zh": "台灯", "en": "Lamp"}, "description": {"zh": "打开灯", "en": "Turns the light on"}, "category": "light", "popularity": 0.9},
  {"id": "curtain", "name": {"zh": "窗帘", "en": "Curtains"}, "category": "light", "popularity": 0.3},
  {"id": "radio", "name": {"zh": "收音机", "en": "Radio"}, "description": {"zh": "听新闻", "en": "Plays stations"}, "category": "music", "popularity": 0.6},
  {"id": "song", "name": {"zh": "播放音乐", "en": "Play a song"}, "category": "music", "popularity": 0.8},
  {"id": "timer", "name": {"zh": "定时器", "en": "Timer"}, "category": "time", "popularity": 0.7, "contexts": {"places": ["kitchen"]}},
  {"id": "wake", "name": {"zh": "闹钟", "en": "Wake-up"}, "category": "time", "popularity": 0.5},
  {"id": "weather", "name": {"zh": "天气", "en": "Weather"}, "category": "news", "popularity": 0.7},
  {"id": "umbrella", "name": {"zh": "带伞提醒", "en": "Umbrella reminder"}, "category": "news", "popularity": 0.2},
  {"id": "film", "name": {"zh": "电影", "en": "Films"}, "category": "video", "popularity": 0.4, "requires": ["screen"]},
  {"id": "story", "name": {"zh": "睡前故事", "en": "Bedtime story"}, "category": "video", "popularity": 0.3, "contexts": {"hours": [[20, 22]]}},
  {"id": "recipe", "kind": "app", "name": {"zh": "菜谱", "en": "Recipes"}, "category": "cooking", "popularity": 0.3},
  {"id": "scale", "name": {"en": "Kitchen scale"}, "category": "cooking", "popularity": 0.1, "x-vendor": 7}]})";
}

size_t place_of(const std::vector<Item>& items, const std::string& feature) {
  return static_cast<size_t>(std::find_if(items.begin(), items.end(), [&](const Item& i) { return i.feature == feature; }) -
                             items.begin());
}

bool same(const std::vector<Item>& a, const std::vector<Item>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Item& x, const Item& y) {
    return x.feature == y.feature && x.probability == y.probability && x.kind == y.kind && x.reason_en == y.reason_en;
  });
}

}  // namespace sotto::test
