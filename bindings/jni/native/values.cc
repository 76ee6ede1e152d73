// The native functions of Natives.java about typed values.
#include "sotto/values.h"

#include "generated/dev_sotto_Natives.h"
#include "relays.h"

namespace sotto::jni {
namespace {

sotto_values_options options_of(const Call& call, jlongArray numbers) {
  const std::vector<jlong> n = call.longs(numbers);
  sotto_values_options o{};
  o.struct_size = sizeof o;
  o.language = static_cast<uint32_t>(n.at(0));
  o.now_unix_ms = n.at(1);
  o.utc_offset_minutes = static_cast<int32_t>(n.at(2));
  o.expect = static_cast<uint32_t>(n.at(3));
  o.kinds = static_cast<uint32_t>(n.at(4));
  return o;
}

void append(const sotto_moment& m, std::vector<jlong>* numbers) {
  numbers->insert(numbers->end(), {m.unix_seconds, m.year, m.month, m.day, m.hour, m.minute, m.second, m.weekday});
}

// As Value.java holds them.
std::vector<jlong> numbers_of(const sotto_value& v) {
  std::vector<jlong> n = {
      v.kind,     static_cast<jlong>(v.begin), static_cast<jlong>(v.end), v.group, v.flags, v.unit, v.direction, v.color,
      v.precision};
  append(v.from, &n);
  append(v.to, &n);
  n.insert(n.end(), {v.repeat_unit, v.repeat_interval, v.repeat_weekdays});
  return n;
}

// Hands what was read to ValueRelay.java.
class ValueRelay : public Relay {
 public:
  using Relay::Relay;
  void give(const sotto_value& v) {
    JNIEnv* env = call_.env();
    const std::string normal =
        fetch<char, std::string>(call_, [&](char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) {
          return sotto_value_print(&v, buffer, capacity, size, err);
        });
    const Local<jlongArray> numbers(env, call_.new_longs(numbers_of(v)));
    const Local<jbyteArray> text(env, call_.new_bytes(v.text));
    const Local<jbyteArray> printed(env, call_.new_bytes(normal));
    jvalue arguments[5];
    arguments[0].l = numbers.get();
    arguments[1].d = v.number;
    arguments[2].d = v.number_to;
    arguments[3].l = text.get();
    arguments[4].l = printed.get();
    env->CallVoidMethodA(relay_, ids().value, arguments);
    call_.check_pending();
  }
};

constexpr uint64_t kMostValues = 1 << 16;  // 10 MB here, more in Java: a text of millions must not take the application down

// read(values, stride, capacity, &count, err), twice: for the number and for the values.
template <class Read>
std::vector<sotto_value> read_values(const Call& call, Read&& read) {
  sotto_value empty{};
  empty.struct_size = sizeof empty;
  uint64_t count = 0;
  call.run([&](sotto_error* err) { return read(static_cast<sotto_value*>(nullptr), uint64_t{0}, &count, err); });
  if (count > kMostValues)
    call.fail(SOTTO_UNSUPPORTED, "reading values: the text has " + std::to_string(count) + ", at most " +
                                     std::to_string(kMostValues) + " are given: read it in parts");
  std::vector<sotto_value> values(static_cast<size_t>(count), empty);
  if (count != 0) call.run([&](sotto_error* err) { return read(values.data(), uint64_t{values.size()}, &count, err); });
  return values;
}

void parse(const Call& call, jobject text, jlongArray options, jobject found) {
  const Bytes bytes(call, text);
  const sotto_values_options o = options_of(call, options);
  ValueRelay relay(call, found);
  const auto values = read_values(call, [&](sotto_value* into, uint64_t capacity, uint64_t* count, sotto_error* err) {
    return sotto_values_parse(bytes.str(), &o, into, sizeof *into, capacity, count, err);
  });
  for (const sotto_value& v : values) relay.give(v);
}

jint agree(const Call& call, jobjectArray texts, jfloatArray scores, jlongArray options, jfloatArray share, jobject found) {
  const std::vector<std::string> lines = call.texts(texts);
  const std::vector<float> likelihoods = call.floats(scores);
  std::vector<sotto_hypothesis> list;
  list.reserve(lines.size());
  for (size_t i = 0; i < lines.size(); ++i)
    list.push_back({sizeof(sotto_hypothesis), likelihoods.at(i), {lines[i].data(), lines[i].size()}});
  const sotto_values_options o = options_of(call, options);
  ValueRelay relay(call, found);
  sotto_agreement agreement{};
  agreement.struct_size = sizeof agreement;
  const auto values = read_values(call, [&](sotto_value* into, uint64_t capacity, uint64_t* count, sotto_error* err) {
    return sotto_values_agree(list.data(), sizeof(sotto_hypothesis), static_cast<uint32_t>(list.size()), &o, &agreement, into,
                              sizeof *into, capacity, count, err);
  });
  for (const sotto_value& v : values) relay.give(v);
  call.fill(share, {agreement.share});
  return static_cast<jint>(agreement.hypothesis);
}

}  // namespace
}  // namespace sotto::jni

using namespace sotto::jni;

void JNICALL Java_dev_sotto_Natives_valuesParse(JNIEnv* env, jclass natives, jobject text, jlongArray options, jobject found) {
  guard(env, natives, [&](const Call& call) { parse(call, text, options, found); });
}

jint JNICALL Java_dev_sotto_Natives_valuesAgree(JNIEnv* env, jclass natives, jobjectArray texts, jfloatArray scores,
                                                jlongArray options, jfloatArray share, jobject found) {
  return guard(env, natives, [&](const Call& call) { return agree(call, texts, scores, options, share, found); });
}
