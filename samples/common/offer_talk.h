// offer_talk.h: an offer in a conversation: it is made, and the user's next words may take it or leave it.
#pragma once

#include <functional>
#include <string>

#include "device_assistant.h"
#include "offers.h"

class OfferTalk {
 public:
  // `offers` outlives it. `accepted`: what is done with what was taken; its result is told (assistant.h).
  OfferTalk(Offers& offers, std::function<nlohmann::json(const std::string& feature)> accepted)
      : offers_(offers), accepted_(std::move(accepted)) {}

  // Two functions of the assistant: taking the open offer and refusing it.
  void join(DeviceAssistant& assistant);
  // Suggests for the moment; the words to say, or empty, and then *quiet says why.
  std::string suggest(const Moment& moment, bool is_chinese, uint32_t* quiet);
  // Holds an offer open that was made otherwise.
  void open(const std::string& feature, const Moment& moment);
  // The user said or did something else.
  void drop();

 private:
  nlohmann::json close(uint32_t event);

  Offers& offers_;
  std::function<nlohmann::json(const std::string&)> accepted_;
  std::string feature_;  // of the open offer; empty: none
  Moment moment_;
};
