// The native functions of Natives.java about recommendations: the table of the recommendation plugin.
#include "sotto/recommendation.h"

#include "generated/dev_sotto_Natives.h"
#include "objects.h"
#include "relays.h"
#include "skill.h"

namespace sotto::jni {
namespace {

using Recommender = Skill<sotto_recommendation_api, sotto_recommender>;
using Profile = Skill<sotto_recommendation_api, sotto_profile>;

// Hands what is found to RecommendationRelay.java.
class ItemRelay : public Relay {
 public:
  using Relay::Relay;
  static int32_t on_item(void* self_pointer, const sotto_recommendation* item) {
    auto* self = static_cast<ItemRelay*>(self_pointer);
    if (self->has_thrown()) return 1;
    try {
      self->give(*item);
    } catch (const Thrown&) {  // an exception is pending
    }
    return self->has_thrown() ? 1 : 0;
  }

 private:
  void give(const sotto_recommendation& item) const {
    JNIEnv* env = call_.env();
    const Local<jclass> bytes(env, call_.checked(env->FindClass("[B")));
    const sotto_str texts[] = {item.feature, item.name_zh, item.name_en, item.reason_zh, item.reason_en, item.reason_kind};
    std::vector<std::string_view> views;
    for (const sotto_str& text : texts)
      views.emplace_back(text.data != nullptr ? text.data : "", static_cast<size_t>(text.size));
    const Local<jobjectArray> array(env,
                                    call_.checked(env->NewObjectArray(static_cast<jsize>(views.size()), bytes.get(), nullptr)));
    call_.fill(array.get(), views);
    jvalue arguments[5];
    arguments[0].l = array.get();
    arguments[1].i = static_cast<jint>(item.place);
    arguments[2].d = item.probability;
    arguments[3].d = item.reason_weight;
    arguments[4].d = item.propensity;
    env->CallVoidMethodA(relay_, ids().recommendation, arguments);
  }
};

// UsageContext.java; owns what the struct points to.
class UsageContext {
 public:
  UsageContext(const Call& call, jlongArray numbers, jfloat mood, jobjectArray texts) : texts_(call.texts(texts)) {
    const std::vector<jlong> n = call.longs(numbers);
    context.struct_size = sizeof context;
    context.flags = static_cast<uint32_t>(n.at(0));
    context.unix_ms = n.at(1);
    context.utc_offset_minutes = static_cast<int32_t>(n.at(2));
    context.mood = mood;
    context.place = str(texts_.at(0));
    context.device = str(texts_.at(1));
    context.tags = str(texts_.at(2));
    context.has = str(texts_.at(3));
    context.request = str(texts_.at(4));
  }
  UsageContext(const UsageContext&) = delete;
  UsageContext& operator=(const UsageContext&) = delete;

  sotto_usage_context context{};

 private:
  std::vector<std::string> texts_;
};

jlong create(const Call& call, jlong runtime, jlong model, jobject catalogue, jbyteArray folder, jlongArray numbers,
             jfloatArray weights) {
  const Bytes json(call, catalogue), place(call, folder);
  const std::vector<jlong> n = call.longs(numbers);
  const std::vector<float> w = call.floats(weights);
  sotto_recommender_options o{};
  o.struct_size = sizeof o;
  o.catalogue = json.str();
  o.folder = place.str();
  o.model = object<sotto_model>(model);
  o.flags = static_cast<uint32_t>(n.at(0));
  o.seed = static_cast<uint64_t>(n.at(1));
  o.max_events = static_cast<uint64_t>(n.at(2));
  o.daily_cap = static_cast<uint32_t>(n.at(3));
  o.cool_down_hours = static_cast<uint32_t>(n.at(4));
  o.quiet_from = static_cast<uint32_t>(n.at(5));
  o.quiet_to = static_cast<uint32_t>(n.at(6));
  o.exploration = w.at(0);
  o.diversity = w.at(1);
  o.bad_mood = w.at(2);
  o.half_life_days = w.at(3);
  const sotto_recommendation_skill found = sotto_recommendation_find(object<Runtime>(runtime)->runtime);
  return make<Recommender>(call, found.api, "recommendation", [&](sotto_recommender** out, sotto_error* err) {
    return found.api->create(found.self, &o, out, err);
  });
}

jint list(const Call& call, jlong profile, jboolean is_unasked, jlongArray context, jfloat mood, jobjectArray texts, jint count,
          jobject found) {
  const Profile& p = *object<Profile>(profile);
  const UsageContext c(call, context, mood, texts);
  ItemRelay relay(call, found);
  uint32_t quiet = SOTTO_QUIET_NO;
  const auto number = static_cast<uint32_t>(count);
  call.run([&](sotto_error* err) {
    const sotto_status status = is_unasked != JNI_FALSE
                                    ? p.api->suggest(p.it, &c.context, number, &ItemRelay::on_item, &relay, &quiet, err)
                                    : p.api->rank(p.it, &c.context, number, &ItemRelay::on_item, &relay, err);
    relay.leave_if_thrown();
    return status;
  });
  return static_cast<jint>(quiet);
}

jlong forget(const Call& call, jlong profile, jbyteArray feature, jlong from, jlong until) {
  const Profile& p = *object<Profile>(profile);
  const Bytes id(call, feature);
  sotto_forget_options o{};
  o.struct_size = sizeof o;
  o.feature = id.str();
  o.from_unix_ms = from;
  o.until_unix_ms = until;
  uint64_t forgotten = 0;
  call.run([&](sotto_error* err) { return p.api->forget(p.it, &o, &forgotten, err); });
  return static_cast<jlong>(forgotten);
}

}  // namespace
}  // namespace sotto::jni

using namespace sotto::jni;

jlong JNICALL Java_dev_sotto_Natives_recommenderCreate(JNIEnv* env, jclass natives, jlong runtime, jlong model,
                                                       jobject catalogue, jbyteArray folder, jlongArray numbers,
                                                       jfloatArray weights) {
  return guard(env, natives,
               [&](const Call& call) { return create(call, runtime, model, catalogue, folder, numbers, weights); });
}

void JNICALL Java_dev_sotto_Natives_recommenderDestroy(JNIEnv*, jclass, jlong recommender) {
  const std::unique_ptr<Recommender> r(object<Recommender>(recommender));
  r->api->destroy(r->it);
}

jlong JNICALL Java_dev_sotto_Natives_profileOpen(JNIEnv* env, jclass natives, jlong recommender, jbyteArray user,
                                                 jbyteArray key) {
  return guard(env, natives, [&](const Call& call) {
    const Recommender& r = *object<Recommender>(recommender);
    const Bytes name(call, user), secret(call, key);
    return make<Profile>(call, r.api, "recommendation", [&](sotto_profile** out, sotto_error* err) {
      return r.api->open(r.it, name.str(), secret.str(), out, err);
    });
  });
}

void JNICALL Java_dev_sotto_Natives_profileClose(JNIEnv*, jclass, jlong profile) {
  const std::unique_ptr<Profile> p(object<Profile>(profile));
  p->api->close(p->it);
}

void JNICALL Java_dev_sotto_Natives_profileSetConsent(JNIEnv* env, jclass natives, jlong profile, jint consent) {
  guard(env, natives, [&](const Call& call) {
    const Profile& p = *object<Profile>(profile);
    call.run([&](sotto_error* err) { return p.api->set_consent(p.it, static_cast<uint32_t>(consent), err); });
  });
}

void JNICALL Java_dev_sotto_Natives_profileRecord(JNIEnv* env, jclass natives, jlong profile, jint event, jbyteArray feature,
                                                  jlongArray context, jfloat mood, jobjectArray texts) {
  guard(env, natives, [&](const Call& call) {
    const Profile& p = *object<Profile>(profile);
    const Bytes id(call, feature);
    const UsageContext c(call, context, mood, texts);
    call.run([&](sotto_error* err) { return p.api->record(p.it, static_cast<uint32_t>(event), id.str(), &c.context, err); });
  });
}

jint JNICALL Java_dev_sotto_Natives_profileList(JNIEnv* env, jclass natives, jlong profile, jboolean is_unasked,
                                                jlongArray context, jfloat mood, jobjectArray texts, jint count,
                                                jobject found) {
  return guard(env, natives,
               [&](const Call& call) { return list(call, profile, is_unasked, context, mood, texts, count, found); });
}

jlong JNICALL Java_dev_sotto_Natives_profileForget(JNIEnv* env, jclass natives, jlong profile, jbyteArray feature, jlong from,
                                                   jlong until) {
  return guard(env, natives, [&](const Call& call) { return forget(call, profile, feature, from, until); });
}

jbyteArray JNICALL Java_dev_sotto_Natives_profileExport(JNIEnv* env, jclass natives, jlong profile) {
  return guard(env, natives, [&](const Call& call) {
    const Profile& p = *object<Profile>(profile);
    return fetch_bytes(call, [&](char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) {
      return p.api->export_json(p.it, buffer, capacity, size, err);
    });
  });
}

void JNICALL Java_dev_sotto_Natives_profileImport(JNIEnv* env, jclass natives, jlong profile, jobject json) {
  guard(env, natives, [&](const Call& call) {
    const Profile& p = *object<Profile>(profile);
    const Bytes text(call, json);
    call.run([&](sotto_error* err) { return p.api->import_json(p.it, text.str(), err); });
  });
}

void JNICALL Java_dev_sotto_Natives_profileFacts(JNIEnv* env, jclass natives, jlong profile, jlongArray result) {
  guard(env, natives, [&](const Call& call) {
    const Profile& p = *object<Profile>(profile);
    sotto_profile_facts f{};
    f.struct_size = sizeof f;
    call.run([&](sotto_error* err) { return p.api->facts(p.it, &f, err); });
    call.fill(result, {f.consent, f.schema_version, f.suggestions_today, static_cast<jlong>(f.events),
                       static_cast<jlong>(f.file_bytes)});
  });
}
