// recogniser.h: what hears English, PocketSphinx (Huggins-Daines et al. 2006): samples in, a list of what was said out.
#pragma once

#include <pocketsphinx.h>

#include <string>
#include <vector>

#include "phrase_model.h"
#include "sotto/speech.h"
#include "sphinx.h"
#include "turn.h"

namespace sotto::speech {

// The files of a model in `folder`; empty: where its package lays it.
struct RecogniserModel {
  explicit RecogniserModel(std::string_view folder);
  bool is_there() const;
  std::string folder, sounds, dictionary, language;
};

// One thread at a time (Turns).
class Recogniser {
 public:
  explicit Recogniser(const sotto_recogniser_options& options);  // throws Failure
  ~Recogniser();
  Recogniser(const Recogniser&) = delete;
  Recogniser& operator=(const Recogniser&) = delete;

  const sotto_recogniser_facts& facts() const { return facts_; }
  sotto_hearing feed(const int16_t* samples, uint64_t count);
  std::string partial();
  void finish(sotto_on_hypothesis on_hypothesis, void* user);
  void reset();

 private:
  struct Line {
    std::string text;
    float score;
  };
  void open(const RecogniserModel& model, bool has_phrases);
  void listen_for(const std::vector<std::string>& phrases);
  void begin();
  void listen();  // to frame_
  std::vector<Line> end();
  void refuse_if_broken() const;
  // A call that the library left by its fault leaves the decoder in an unknown state.
  template <class Body>
  std::string call(const char* doing, const Body& body);

  SphinxLog log_;
  ps_decoder_t* decoder_ = nullptr;
  sotto_recogniser_facts facts_{};
  uint32_t end_silence_ms_, longest_samples_, hypotheses_;
  std::vector<float> first_mean_;  // of the sound's spectrum, before anything was heard
  std::vector<int16_t> frame_;     // samples of the next frame: what is heard does not depend on how they come
  uint32_t loud_frames_ = 0;       // left, in which an utterance may begin
  uint64_t speech_samples_ = 0;    // of the utterance in progress
  bool is_speech_ = false, is_over_ = false, is_broken_ = false;
  Turns turns_;
};

}  // namespace sotto::speech
