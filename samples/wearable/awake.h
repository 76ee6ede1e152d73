// awake.h: what is in memory only while the watch is awake: the model and its skills.
#pragma once

#include <filesystem>

#include "catalogue.h"
#include "offer_talk.h"
#include "watch.h"

struct Watch::Awake {
  Awake(const SampleOptions& options, int64_t ahead_ms)
      : engine(options),
        assistant(engine, assistant_options()),
        mood(engine, true),
        offers(engine, offer_options(options)),
        talk(offers, [](const std::string&) { return nlohmann::json::object(); }) {
    engine.clock.ahead_ms = ahead_ms;
    offers.open("wearer", true);
  }
  static sotto_assistant_options assistant_options() {
    sotto_assistant_options o{};
    o.struct_size = sizeof o;
    return o;
  }
  static Offers::Options offer_options(const SampleOptions& options) {
    Offers::Options o;
    o.catalogue = kCatalogue;
    o.uses_model = false;
    if (!options.state.empty()) o.folder = std::filesystem::absolute(options.state).parent_path().string();
    return o;
  }

  Engine engine;
  DeviceAssistant assistant;
  MoodReader mood;
  Offers offers;
  OfferTalk talk;
};
