// listen.h: what a turn means before the dialogue is asked: which hypothesis, which parts, which function of each part.
#pragma once

#include <string>
#include <vector>

#include <functional>
#include "choice.h"
#include "evidence.h"
#include "lexicon.h"
#include "mishearing.h"

#include "understanding.h"
#include "world.h"

namespace sotto::assistant {

struct Heard {
  enum class Kind : uint8_t {
    kFunction,   // one that is here
    kDialog,     // dialog.undo and the like
    kTalk,       // small talk
    kElsewhere,  // an intent for which this device has no function
    kOut,        // nothing that any device can do
    kUnclear
  } kind = Kind::kUnclear;
  std::string text, intent;  // intent: or the function's name
  double confidence = 0;
  Understood understood;
  std::vector<std::pair<std::string, Value>> values;  // arguments that are known without their words
};

struct Hypothesis {
  double score = 0;  // log-likelihood
  std::string text;
};

// One thread at a time.
class Listener {
 public:
  Listener(const World& world, Understanding& understanding)
      : world_(world), understanding_(understanding), evidence_(world.domain) {}

  Heard hear(const std::string& text);
  // The hypothesis whose recogniser's score and meaning are likeliest together; its index. `is_expected`: of what means
  // something only where the dialogue stands, an answer to a question or what leans on the sentence before.
  size_t choose(const std::vector<Hypothesis>& hypotheses, const std::function<bool(const Heard&)>& is_expected, Heard* heard);
  // The wishes of a sentence, or the whole as one.
  std::vector<Heard> parts(Heard whole, Language language);
  Understood read(const std::string& text);
  // Functions or the home are others: what is usually said is worked out anew.
  void forget_phrases() { phrases_ = {}; }
  // Whether what is heard is mended by what is usually said; not where any words may be the answer.
  void set_mends(bool mends) { mends_ = mends; }
  // Kinds of the devices that were spoken of last; empty: of none.
  void lean_on(std::vector<std::string> kinds) { recent_kinds_ = std::move(kinds); }

 private:
  bool lacks_its_own(const std::string& label, const std::string& text, const Understood& understood) const;
  void weigh_situation(const std::string& text, const std::vector<std::string>& named, Understood* understood) const;
  bool is_of_the_domain(const Chosen& own, const std::string& text, const Guess& guess) const;
  Repair mended(const std::string& text);
  size_t named(const std::string& text) const;
  Heard hear_mended(const std::string& text, const Repair& repair, const std::function<bool(const Heard&)>& is_expected);
  bool is_whole(const Heard& whole, const std::vector<Heard>& parts, Language language) const;
  bool is_one_wish(const Heard& a, const Heard& b, Language language) const;
  Heard decide(const std::string& text, Understood understood) const;

  const World& world_;
  Understanding& understanding_;
  Evidence evidence_;
  std::vector<std::string> recent_kinds_;
  std::array<std::unique_ptr<Phrases>, kLanguages> phrases_;
  bool mends_ = true;
};

}  // namespace sotto::assistant
