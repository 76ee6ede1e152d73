// options.h: what the smart speaker is started with.
#pragma once

#include <cstdint>
#include <string>

struct SpeakerOptions {
  std::string model;    // empty: the default model
  std::string plugins;  // empty: beside the program
  std::string script;   // empty: talk with the user
  std::string backend;
  std::string music;    // folder; empty: a few titles that are not there
  std::string weather;  // file; empty: a made-up week
  std::string state;    // file that timers, alarms and lists survive in; empty: none
  std::string clock;    // "2026-11-28T20:30" UTC: the time of a script; empty: the machine's
  std::string system_prompt =
      "You are the voice of a smart speaker at home. Answer in one or two short sentences, in the language of the user.";
  uint32_t threads = 0;
  uint32_t context = 0;
  uint32_t max_tokens = 160;
  float temperature = 0;
  uint64_t seed = 0;
};

// 0: go on; else the exit status plus one (the usage was printed).
int read_options(int argc, char** argv, SpeakerOptions* options);
