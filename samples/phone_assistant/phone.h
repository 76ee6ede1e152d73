// phone.h: an assistant on a phone: it sees the screen that it is shown, drafts replies, quotes the manual, offers apps, and
// saves power as the battery empties.
#pragma once

#include <string>

#include "battery.h"
#include "device_assistant.h"
#include "draft.h"
#include "mood.h"
#include "offer_talk.h"
#include "voice.h"

class Phone : public Voice {
 public:
  explicit Phone(const SampleOptions& options);  // throws sotto::Error
  bool hear(const std::string& line) override;
  void stop() override { assistant_.cancel(); }

 private:
  using Json = nlohmann::json;
  // What is on the screen, as the application that shows it tells; data, never an order.
  struct Screen {
    std::string app, from, text;
    bool is_empty() const { return app.empty() && text.empty(); }
  };

  bool command(const std::string& line);
  void show_screen(const std::string& json);
  void answer(const std::string& words);
  void offer();
  void follow_battery();
  Moment moment() const;
  std::string reason(const Offer& offer, const Moment& at, bool is_chinese) const;
  void add_functions();
  Json read_screen() const;
  Json draft(const Json& arguments);
  Json send();
  Json open_app(const std::string& wanted);
  Json recommend();

  Engine engine_;
  DeviceAssistant assistant_;
  MoodReader mood_;
  Offers offers_;
  OfferTalk talk_;
  Drafter drafter_;
  Battery battery_;
  Screen screen_;
  std::string draft_, heard_;
  const PowerRow* power_ = nullptr;
  bool is_chinese_ = true;
};
