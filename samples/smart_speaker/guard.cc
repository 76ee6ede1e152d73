#include "guard.h"

namespace {

// In place of the default, whose {HELP} a maker replaces by the help that is right where the device is sold: this sample is
// sold nowhere, and names none.
constexpr const char* kHelpZh =
    "听到你这么说，我很在意。我只是一台机器，帮不了你太多，但你不必一个人扛。请现在就联系一个你信任的人。如果马上有危险，请立刻"
    "呼"
    "叫急救。";
constexpr const char* kHelpEn =
    "I'm sorry that it is this hard right now. I'm only a machine and cannot be the help you deserve, but you do not have to "
    "be "
    "alone with it. Please reach out to someone you trust. If there is danger right now, call the emergency services.";

}  // namespace

Guard::Guard(Engine& engine) : skill_(sotto_care_find(engine.runtime.get())) {
  if (skill_.api == nullptr) return;
  sotto_care_options options{};
  options.struct_size = sizeof options;
  options.model = engine.model.get();  // whose head is asked too, where it has one
  sotto::call([&](sotto_error* err) { return skill_.api->create(skill_.self, &options, &care_, err); });
  for (const auto& [language, text] : {std::pair(SOTTO_CARE_ZH, kHelpZh), std::pair(SOTTO_CARE_EN, kHelpEn)})
    sotto::call(
        [&](sotto_error* err) { return skill_.api->set_text(care_, SOTTO_CARE_SELF_HARM, language, sotto_cstr(text), err); });
}

Guard::~Guard() {
  if (skill_.api != nullptr) skill_.api->destroy(care_);
}

std::string Guard::answer(const std::string& words, bool* is_chinese) {
  if (care_ == nullptr) return {};
  sotto_care_result result{};
  result.struct_size = sizeof result;
  sotto::call([&](sotto_error* err) {
    return skill_.api->check(care_, sotto::str(words), SOTTO_CARE_FROM_USER, nullptr, nullptr, &result, err);
  });
  if (result.answer == SOTTO_NONE) return {};
  *is_chinese = result.language == SOTTO_CARE_ZH;
  const std::vector<char> text = sotto::fetch<char>([&](char* into, uint64_t capacity, uint64_t* size, sotto_error* err) {
    return skill_.api->text(care_, result.answer, result.language, into, capacity, size, err);
  });
  return std::string(text.begin(), text.end());
}
