#include "offer_talk.h"

#include <utility>

namespace {

constexpr const char* kNothing = R"({"type": "object", "properties": {}})";
constexpr const char* kReplies = R"({"zh": {"done": ["{result}", "好的。"]}, "en": {"done": ["{result}", "Okay."]}})";

}  // namespace

void OfferTalk::join(DeviceAssistant& assistant) {
  assistant.add({"offer.accept",
                 "takes what was offered",
                 kNothing,
                 kReplies,
                 {"好啊", "好的就这样", "就做这个", "开始吧", "行来吧", "yes please", "let's do that", "good idea", "go ahead"},
                 [this](const nlohmann::json&) { return close(SOTTO_EVENT_ACCEPTED); }});
  assistant.add({"offer.dismiss",
                 "refuses what was offered",
                 kNothing,
                 kReplies,
                 {"不用了", "现在不要", "不想要这个", "not now", "no thanks", "i don't want that"},
                 [this](const nlohmann::json&) { return close(SOTTO_EVENT_DISMISSED); }});
}

std::string OfferTalk::suggest(const Moment& moment, bool is_chinese, uint32_t* quiet) {
  const std::optional<Offer> best = offers_.suggest(moment, quiet);
  if (!best) return {};
  open(best->feature, moment);
  const std::string reason = reason_ ? reason_(*best, moment, is_chinese) : best->reason(is_chinese);
  return best->name(is_chinese) + (is_chinese ? "？" : "? ") + reason;
}

void OfferTalk::open(const std::string& feature, const Moment& moment) {
  feature_ = feature;
  moment_ = moment;
}

void OfferTalk::drop() {
  if (!feature_.empty()) offers_.record(SOTTO_EVENT_IGNORED, std::exchange(feature_, {}), moment_);
}

nlohmann::json OfferTalk::close(uint32_t event) {
  if (feature_.empty()) return failed("刚才没有提过建议", "nothing was offered");
  const std::string feature = std::exchange(feature_, {});
  offers_.record(event, feature, moment_);
  return event == SOTTO_EVENT_ACCEPTED ? accepted_(feature) : nlohmann::json::object();
}
