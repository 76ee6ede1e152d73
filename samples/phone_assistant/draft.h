// draft.h: a reply to the message on the screen, in that message's language: what the user wants said, else what people answer
// to such a message; a model that writes makes it itself. Nothing is sent before the user agrees.
#pragma once

#include <string>

#include "engine.h"
#include "sotto/dialogue.h"

bool is_chinese_text(const std::string& text);

// What is answered to messages of this kind (invitation, thanks, late, ...), by the words that tell the kind.
std::string usual_reply(const std::string& message);

// A model with a chat template and no heads. Throws sotto::Error.
class Drafter {
 public:
  explicit Drafter(Engine& engine);
  bool can_write() const { return dialogue_ != nullptr; }
  // One sentence, or empty where the model wrote none.
  std::string write(const std::string& from, const std::string& message, const std::string& wish);
  uint64_t tokens() const { return tokens_; }
  ~Drafter();
  Drafter(const Drafter&) = delete;
  Drafter& operator=(const Drafter&) = delete;

 private:
  sotto_dialogue_skill skill_;
  sotto_dialogue* dialogue_ = nullptr;
  uint64_t tokens_ = 0;
};
