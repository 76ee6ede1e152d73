// options.h: what every sample is started with, and how a sample reads options of its own beside them.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

struct SampleOptions {
  std::string model;    // empty: the default model
  std::string plugins;  // empty: beside the program
  std::string script;   // empty: talk with the user
  std::string backend;
  std::string domain;  // file; empty: the model's, and a small one where it has none (domain.h)
  std::string state;   // file or folder that what is kept survives in; empty: none
  std::string clock;   // "2026-11-28T20:30" UTC: the time of a script; empty: the machine's
  uint32_t threads = 0;
  uint32_t context = 0;
  // Set by the sample itself.
  uint32_t sessions = 4;
  uint64_t memory_cap_bytes = 0;
  std::vector<std::string> plugin_files;  // in folders below that of the plugins: "speech/libspeech.so"; not there: passed over
};

struct OptionRow {
  const char* name;  // "--music"
  std::variant<std::string*, uint32_t*, uint64_t*, float*> into;
};

// `own`: rows beside those of SampleOptions. 0: go on; else the exit status plus one (the usage was printed).
int read_options(int argc, char** argv, const char* usage, SampleOptions* options, std::vector<OptionRow> own = {});
