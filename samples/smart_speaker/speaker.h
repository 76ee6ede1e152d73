// speaker.h: the smart speaker's conversation: Sotto's objects in the order they are made, and what a line of the user does.
#pragma once

#include <memory>
#include <string>

#include "options.h"
#include "sotto/dialogue.h"
#include "sotto/sotto.hpp"

// Thrown by the constructor in a process of an mpirun job that held no conversation, once the conversation is over.
struct ServedAsRank {};

class Speaker {
 public:
  explicit Speaker(const SpeakerOptions& options);  // throws sotto::Error
  ~Speaker();
  Speaker(const Speaker&) = delete;
  Speaker& operator=(const Speaker&) = delete;

  // Answers the line on stdout, or does what a line such as /undo says. False: the user is done.
  bool hear(const std::string& line);
  void stop() { skill_.api->cancel(dialogue_); }  // [any thread]

  std::string description() const;  // "SmolLM2 135M Instruct (Q4_1) on cpu"

 private:
  struct DestroyModel {
    void operator()(sotto_model* m) const { sotto_model_destroy(m); }
  };

  void answer(const std::string& line);

  const SpeakerOptions& options_;
  sotto::Runtime runtime_;
  std::unique_ptr<sotto_model, DestroyModel> model_;
  sotto_dialogue_skill skill_{};
  sotto_dialogue* dialogue_ = nullptr;
};
