// offer_talk.h: an offer in a conversation: it is made, and the user's next words may take it or leave it.
#pragma once

#include <functional>
#include <string>

#include "device_assistant.h"
#include "offers.h"

class OfferTalk {
 public:
  using Accepted = std::function<nlohmann::json(const std::string& feature)>;
  using Reason = std::function<std::string(const Offer& offer, const Moment& at, bool is_chinese)>;
  // `offers` outlives it. `accepted`: what is done with what was taken; its result is told (assistant.h). `reason`: the words
  // for why it is offered; none: the plugin's.
  OfferTalk(Offers& offers, Accepted accepted, Reason reason = nullptr)
      : offers_(offers), accepted_(std::move(accepted)), reason_(std::move(reason)) {}

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
  Accepted accepted_;
  Reason reason_;
  std::string feature_;  // of the open offer; empty: none
  Moment moment_;
};
