// family.h: the home that two people talk to: orders over the broker, habits learned for each of them, offers with reasons.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "actions.h"
#include "device_assistant.h"
#include "house.h"
#include "offer_talk.h"
#include "routines.h"
#include "voice.h"

class Family : public Voice {
 public:
  explicit Family(const SampleOptions& options);  // throws sotto::Error
  bool hear(const std::string& line) override;
  void stop() override { assistant_.cancel(); }

 private:
  using Json = nlohmann::json;

  bool command(const std::string& line);
  void live(int days);
  void move_to(const std::string& clock);  // "06:50": the next time it is so late
  void use(const std::string& user);
  void offer();
  void offer_next();
  void answer(const std::string& words);
  Moment moment() const;
  void did(const Action* action);
  void add_functions();
  Json order(const Json& arguments, Json wanted);
  Json turn(const Json& arguments, bool is_on);
  Json step_light(const Json& arguments, int percent);
  Json run_scene(const Json& arguments);
  Json run_action(const std::string& id);
  Json forget();

  Broker broker_;
  House house_;
  Hub hub_;
  Engine engine_;
  DeviceAssistant assistant_;
  Offers offers_;
  OfferTalk talk_;
  Routines routines_;
  std::string user_, done_, heard_;  // done_: the last action of this turn
  bool is_chinese_ = true;
};
