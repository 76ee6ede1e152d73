// loudspeaker.h: where samples are heard: a file, or the program aplay.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

// One thread at a time.
class Loudspeaker {
 public:
  virtual ~Loudspeaker() = default;
  virtual void begin() = 0;  // an answer; throws sotto::Error, as all of these
  virtual void play(const int16_t* samples, size_t count) = 0;
  // The answer is over: returns when all of it was heard, or at once when `is_interrupted` says so.
  virtual void end(const std::function<bool()>& is_interrupted) = 0;
  virtual void break_off() = 0;  // what was not heard yet is not heard any more
};

// `where`: a file's name, or "play": the machine's loudspeaker by way of aplay.
std::unique_ptr<Loudspeaker> make_loudspeaker(const std::string& where, uint32_t rate);
