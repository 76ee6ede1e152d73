// watch.h: a watch: sensors, reminders and short answers; asleep it keeps its state as bytes and gives everything else back.
#pragma once

#include <memory>
#include <string>

#include <home/clockwork.h>  // of the library sotto_demo_home

#include "body.h"
#include "device_assistant.h"
#include "mood.h"
#include "voice.h"

class Watch : public Voice {
 public:
  explicit Watch(const SampleOptions& options);  // throws sotto::Error
  ~Watch() override;
  bool hear(const std::string& line) override;
  void stop() override;

 private:
  using Json = nlohmann::json;
  struct Awake;  // what is there only while it is awake: the model and the skills

  void wake();
  void sleep();
  void advance(int64_t minutes);
  void tell_due();
  bool command(const std::string& line);
  void answer(const std::string& words);
  void offer();
  void say(const std::string& text) const;
  BodyState state() const;
  std::string state_text(bool is_chinese) const;
  void add_functions();
  Json health(const std::string& what) const;
  Json suggestion();
  Json tell_time() const;

  SampleOptions options_;
  std::string kept_;  // the state while it is asleep
  Body body_;
  sotto::tools::Clockwork clockwork_{0};
  int64_t ahead_ms_ = 0;  // how far the script has moved the clock, kept while it is asleep
  bool is_chinese_ = true;
  std::unique_ptr<Awake> awake_;
};
