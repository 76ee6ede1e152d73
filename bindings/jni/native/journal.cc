// The native functions of Natives.java about the journal: the table of the journal plugin.
#include "sotto/journal.h"

#include "generated/dev_sotto_Natives.h"
#include "objects.h"
#include "skill.h"

namespace sotto::jni {
namespace {

using Journal = Skill<sotto_journal_api, sotto_journal>;

jlong open(const Call& call, jlong runtime, jbyteArray folder, jlongArray numbers) {
  const Bytes place(call, folder);
  const std::vector<jlong> n = call.longs(numbers);
  sotto_journal_options o{};
  o.struct_size = sizeof o;
  o.flags = static_cast<uint32_t>(n.at(0));
  o.folder = place.str();
  o.max_bytes = static_cast<uint64_t>(n.at(1));
  o.max_age_days = static_cast<uint32_t>(n.at(2));
  const sotto_journal_skill found = sotto_journal_find(object<Runtime>(runtime)->runtime);
  return make<Journal>(call, found.api, "journal",
                       [&](sotto_journal** out, sotto_error* err) { return found.api->open(found.self, &o, out, err); });
}

void note(const Call& call, jlong journal, jbyteArray user, jbyteArray answer, jint flags, jlong unix_ms) {
  const Journal& j = *object<Journal>(journal);
  const Bytes said(call, user), answered(call, answer);
  sotto_exchange e{};
  e.struct_size = sizeof e;
  e.flags = static_cast<uint32_t>(flags);
  e.unix_ms = unix_ms;
  e.user = said.str();
  e.answer = answered.str();
  call.run([&](sotto_error* err) { return j.api->note(j.it, &e, err); });
}

}  // namespace
}  // namespace sotto::jni

using namespace sotto::jni;

jlong JNICALL Java_dev_sotto_Natives_journalOpen(JNIEnv* env, jclass natives, jlong runtime, jbyteArray folder,
                                                 jlongArray numbers) {
  return guard(env, natives, [&](const Call& call) { return open(call, runtime, folder, numbers); });
}

void JNICALL Java_dev_sotto_Natives_journalClose(JNIEnv*, jclass, jlong journal) {
  const std::unique_ptr<Journal> j(object<Journal>(journal));
  j->api->close(j->it);
}

void JNICALL Java_dev_sotto_Natives_journalSetConsent(JNIEnv* env, jclass natives, jlong journal, jboolean is_given) {
  guard(env, natives, [&](const Call& call) {
    const Journal& j = *object<Journal>(journal);
    call.run([&](sotto_error* err) { return j.api->set_consent(j.it, is_given != JNI_FALSE ? 1 : 0, err); });
  });
}

void JNICALL Java_dev_sotto_Natives_journalNote(JNIEnv* env, jclass natives, jlong journal, jbyteArray user, jbyteArray answer,
                                                jint flags, jlong unix_ms) {
  guard(env, natives, [&](const Call& call) { note(call, journal, user, answer, flags, unix_ms); });
}

void JNICALL Java_dev_sotto_Natives_journalFlush(JNIEnv* env, jclass natives, jlong journal) {
  guard(env, natives, [&](const Call& call) {
    const Journal& j = *object<Journal>(journal);
    call.run([&](sotto_error* err) { return j.api->flush(j.it, err); });
  });
}

void JNICALL Java_dev_sotto_Natives_journalForget(JNIEnv* env, jclass natives, jlong journal, jlong from, jlong to) {
  guard(env, natives, [&](const Call& call) {
    const Journal& j = *object<Journal>(journal);
    call.run([&](sotto_error* err) { return j.api->forget(j.it, from, to, err); });
  });
}

void JNICALL Java_dev_sotto_Natives_journalFacts(JNIEnv* env, jclass natives, jlong journal, jlongArray result) {
  guard(env, natives, [&](const Call& call) {
    const Journal& j = *object<Journal>(journal);
    sotto_journal_facts f{};
    f.struct_size = sizeof f;
    call.run([&](sotto_error* err) { return j.api->facts(j.it, &f, err); });
    call.fill(result, {f.flags, f.files, f.waiting, static_cast<jlong>(f.rows), static_cast<jlong>(f.bytes)});
  });
}
