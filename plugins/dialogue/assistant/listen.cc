#include "listen.h"

#include <algorithm>
#include <cmath>

#include "arguments.h"

namespace sotto::assistant {
namespace {

constexpr double kOutOfScope = 0.5;
constexpr double kNamedOdds = 4, kLeaningOdds = 4, kPronounOdds = 16, kElsewhereOdds = 0.25, kLackingOdds = 0.001;
// Ours, chosen on tests/assistant/tuning: how much likelier a mended text must be, what counts how usual a hypothesis is, and
// by how much a later one of a list must be better.
constexpr struct {
  double least_gain, sure_as_heard;  // Chinese has more words that look alike
} kMending[kLanguages] = {{2, 0.9}, {1, 0.97}};
constexpr double kUsual = 0.3, kLeastUsual = -2, kNotFirst = 1.5;
constexpr double kSureMended = 0.4;
constexpr size_t kMostJoints = 8, kMostHypotheses = 16;
constexpr size_t kShortestPart = 2;  // code points

bool is_wish(const Heard& heard) { return heard.kind == Heard::Kind::kFunction || heard.kind == Heard::Kind::kElsewhere; }

// Names alone are no wish of their own: "the kitchen and the bedroom lights".
bool is_only_names(const World& world, std::string_view text) {
  const std::string normal = normal_form(text);
  std::string rest = normal;
  const std::vector<Home::Mention> mentions = world.home.mentions(normal, world.domain);
  for (auto m = mentions.rbegin(); m != mentions.rend(); ++m) rest.erase(m->begin, m->end - m->begin);
  rest = normal_form(rest);
  constexpr std::string_view kSmall[] = {"", "the", "in the", "的", "的的", "里的", "my", "the in the", "里"};
  return !mentions.empty() && std::find(std::begin(kSmall), std::end(kSmall), rest) != std::end(kSmall);
}

}  // namespace

// Whether a text that may be for a function of the maker is rather for an intent of the domain: it names a device that the
// intent is for, or is more like the intent's examples than like the function's.
bool Listener::is_of_the_domain(const Chosen& own, const std::string& text, const Guess& guess) const {
  const Intent* const intent = world_.domain.find(guess.label);
  if (intent == nullptr || world_.functions.find(guess.label) == nullptr || own.is_as_written) return false;
  const std::string normal = normal_form(text);
  for (const Home::Mention& mention : world_.home.mentions(normal, world_.domain))
    if (!mention.is_area && !own.function->has_words(mention.words) &&
        std::any_of(intent->targets.begin(), intent->targets.end(),
                    [&](const std::string& t) { return t == "any" || t == mention.kind; }))
      return true;
  return evidence_.likeness(normal, language_of(text, world_.settings.language), guess.label) > own.score;
}

Heard Listener::decide(const std::string& text, Understood understood) const {
  Heard heard;
  heard.text = text;
  const Chosen own = choose_function(world_, text, language_of(text, world_.settings.language), understood.mean);
  const bool is_own = own.function != nullptr && own.score >= world_.settings.function_threshold &&
                      own.margin >= world_.settings.function_margin;
  const Guess guess = understood.intents.empty() ? Guess{"none", 0} : understood.intents.front();
  const bool is_sure = guess.probability >= understood.threshold;
  const bool is_in = understood.out_of_scope < kOutOfScope;
  using Kind = Heard::Kind;
  const auto made = [&](Kind kind, const std::string& intent, double confidence) {
    heard.kind = kind;
    heard.intent = intent;
    heard.confidence = confidence;
    heard.understood = std::move(understood);
    return std::move(heard);
  };
  if (is_own && !(is_sure && is_in && is_of_the_domain(own, text, guess)))
    return made(Kind::kFunction, own.function->name, own.score);
  if (is_sure && starts_with(guess.label, "dialog.")) return made(Kind::kDialog, guess.label, guess.probability);
  if (is_sure && guess.label == "chat.talk") return made(Kind::kTalk, guess.label, guess.probability);
  const bool is_intent = guess.label != "none" && world_.domain.find(guess.label) != nullptr;
  if (is_sure && is_in && is_intent && world_.functions.find(guess.label) != nullptr)
    return made(Kind::kFunction, guess.label, guess.probability);
  if (is_own) return made(Kind::kFunction, own.function->name, own.score);
  if (is_sure && is_in && is_intent) return made(Kind::kElsewhere, guess.label, guess.probability);
  if (!is_in || (is_sure && guess.label == "none"))
    return made(Kind::kOut, "none", is_in ? guess.probability : understood.out_of_scope);
  return made(Kind::kUnclear, "none", guess.probability);
}

// "Open it" opens no app: an intent about something that has a name of its own, and "it" stands where the name would.
bool Listener::lacks_its_own(const std::string& label, const std::string& text, const Understood& understood) const {
  const Intent* const intent = world_.domain.find(label);
  if (intent == nullptr) return false;
  const auto is_given = [&](const std::string& slot) {
    return world_.domain.type_of(slot) != SlotType::kText ||
           std::any_of(understood.spans.begin(), understood.spans.end(), [&](const Span& span) {
             return span.slot == slot && !is_cue(normal_form(text.substr(span.begin, span.end - span.begin)), Cue::kPronoun);
           });
  };
  return std::any_of(intent->required.begin(), intent->required.end(),
                     [&](const std::vector<std::string>& group) { return std::none_of(group.begin(), group.end(), is_given); });
}

// People ask a device for what it can do, of a thing that they name for what is done with such things, and after "it" for what
// is done with the thing spoken of last.
void Listener::weigh_situation(const std::string& text, const std::vector<std::string>& named, Understood* understood) const {
  if (understood->intents.empty()) return;
  const std::string normal = normal_form(text);
  const auto acts_on = [&](const std::vector<std::string>& kinds) {
    return [this, kinds](const std::string& label) {
      const Intent* const intent = world_.domain.find(label);
      return intent != nullptr && std::any_of(intent->targets.begin(), intent->targets.end(), [&](const std::string& target) {
               return target == "any" || std::find(kinds.begin(), kinds.end(), target) != kinds.end();
             });
    };
  };
  const bool is_pronoun = has_cue(normal, Cue::kPronoun) || has_cue(normal, Cue::kBoth);
  const bool is_leaning = is_pronoun || has_cue(normal, Cue::kMore) || has_cue(normal, Cue::kAlso);
  if (!named.empty())
    favour(acts_on(named), kNamedOdds, understood);
  else if (is_leaning && !recent_kinds_.empty()) {
    const double odds = is_pronoun ? kPronounOdds : kLeaningOdds;
    favour(acts_on(recent_kinds_), odds, understood);
    if (is_pronoun)
      favour([&](const std::string& label) { return lacks_its_own(label, text, *understood); }, kLackingOdds, understood);
    // Nor is it beyond what the device can do.
    understood->out_of_scope /= understood->out_of_scope + odds * (1 - understood->out_of_scope);
  }
  const auto is_elsewhere = [&](const std::string& label) {
    return label != "none" && label != "chat.talk" && !starts_with(label, "dialog.") && world_.functions.find(label) == nullptr;
  };
  favour(is_elsewhere, kElsewhereOdds, understood);
}

// Names of the home say nothing about what is wanted of them.
Understood Listener::read(const std::string& text) {
  Understood understood = understanding_.read(text);
  std::string normal = normal_form(text);
  std::vector<std::string> kinds;
  const std::vector<Home::Mention> mentions = world_.home.mentions(normal, world_.domain);
  for (auto m = mentions.rbegin(); m != mentions.rend(); ++m) {
    normal.replace(m->begin, m->end - m->begin, " ");
    if (!m->is_area) kinds.push_back(m->kind);
  }
  // "It" stands where the sentences of the domain have the name of a device.
  if (kinds.empty() && !recent_kinds_.empty())
    normal = with_hole_for(has_cue(normal, Cue::kBoth) ? Cue::kBoth : Cue::kPronoun, normal);
  evidence_.weigh(normal_form(normal), language_of(text, world_.settings.language), &understood);
  weigh_situation(text, kinds, &understood);
  return understood;
}

Heard Listener::hear(const std::string& text) { return decide(text, read(text)); }

Repair Listener::mended(const std::string& text) {
  Repair repair;
  repair.text = text;
  if (!mends_) return repair;
  const Language language = language_of(text, world_.settings.language);
  std::unique_ptr<Phrases>& phrases = phrases_[index_of(language)];
  if (phrases == nullptr) phrases = std::make_unique<Phrases>(world_.domain, world_.home, world_.functions, language);
  return repaired(*phrases, text);
}

// How much of a text are names that the home knows.
size_t Listener::named(const std::string& text) const {
  size_t size = 0;
  for (const Home::Mention& mention : world_.home.mentions(normal_form(text), world_.domain)) size += mention.words.size();
  return size;
}

// The text as it was heard stands, unless nothing was understood and the mended one is, or it names what the other does not.
Heard Listener::hear_mended(const std::string& text, const Repair& repair,
                            const std::function<bool(const Heard&)>& is_expected) {
  Heard as_heard = hear(text);
  const auto& mending = kMending[index_of(language_of(text, world_.settings.language))];
  if (repair.gain <= mending.least_gain) return as_heard;
  const Function* const function = world_.functions.find(as_heard.intent);
  const bool is_own = as_heard.kind == Heard::Kind::kFunction && function != nullptr && function->intent == nullptr;
  const bool is_nothing = as_heard.kind == Heard::Kind::kOut || as_heard.kind == Heard::Kind::kUnclear;
  const bool is_understood = is_own || is_expected(as_heard) || (!is_nothing && as_heard.confidence >= mending.sure_as_heard);
  const bool can_name = !is_own && named(repair.text) > named(text);
  if (is_understood && !can_name) return as_heard;
  Heard mended = hear(repair.text);
  const bool is_wish = mended.kind == Heard::Kind::kFunction || mended.kind == Heard::Kind::kDialog;
  const bool is_sure =
      is_expected(mended) || (is_wish && mended.confidence >= std::max(kSureMended, as_heard.confidence - 0.1));
  return is_sure ? mended : as_heard;
}

size_t Listener::choose(const std::vector<Hypothesis>& hypotheses, const std::function<bool(const Heard&)>& is_expected,
                        Heard* heard) {
  std::vector<Repair> repairs;
  double most_usual = -1e9;
  for (size_t i = 0; i < std::min(hypotheses.size(), kMostHypotheses); ++i) {
    repairs.push_back(mended(hypotheses[i].text));
    most_usual = std::max(most_usual, repairs.back().as_heard + repairs.back().gain);
  }
  size_t best = 0;
  double most = 0;
  for (size_t i = 0; i < repairs.size(); ++i) {
    const Repair& repair = repairs[i];
    Heard mine = hear_mended(hypotheses[i].text, repair, is_expected);
    if (hypotheses.size() == 1) return *heard = std::move(mine), 0;
    double meaning = std::log(std::max(mine.confidence, 1e-6));
    if (mine.kind == Heard::Kind::kUnclear || mine.kind == Heard::Kind::kOut) meaning = std::log(1e-3);
    if (is_expected(mine)) meaning = 0;
    double spans = 0;
    for (const Span& span : mine.understood.spans) spans += std::log(std::max(span.probability, 1e-6));
    if (!mine.understood.spans.empty()) spans /= static_cast<double>(mine.understood.spans.size());
    // A name that the home knows is evidence that the recogniser heard right, and so is what is usually said.
    const double names = named(mine.text) == 0 ? 0 : 0.5;
    const double usual = std::max(kUsual * (repair.as_heard + repair.gain - most_usual), kLeastUsual);
    const double score = hypotheses[i].score + meaning + 0.5 * spans + names + usual - (i > 0 ? kNotFirst : 0);
    if (i > 0 && score <= most) continue;
    most = score;
    best = i;
    *heard = std::move(mine);
  }
  return best;
}

// A function of the maker's that the whole sentence is about, of which a part alone lacks what another part tells: "I want a
// sauna, 80 degrees".
bool Listener::is_whole(const Heard& whole, const std::vector<Heard>& parts, Language language) const {
  const Function* const function = world_.functions.find(whole.intent);
  if (whole.kind != Heard::Kind::kFunction || function == nullptr || function->intent != nullptr) return false;
  const auto filled = [&](const Heard& heard) {
    Wish wish;
    (void)fill_wish(world_, *function, heard.text, heard.understood, language, &wish);
    return wish.slots;
  };
  const auto all = filled(whole);
  return std::any_of(parts.begin(), parts.end(), [&](const Heard& part) {
    if (part.intent != whole.intent) return false;
    const auto own = filled(part);
    return std::any_of(function->parameters.begin(), function->parameters.end(),
                       [&](const Parameter& p) { return p.is_required && own.count(p.name) == 0 && all.count(p.name) != 0; });
  });
}

// Two parts of a sentence that are about the same function of the maker's and tell different arguments of it, or none twice:
// "water the back yard, five minutes".
bool Listener::is_one_wish(const Heard& a, const Heard& b, Language language) const {
  const Function* const function = world_.functions.find(a.intent);
  if (a.intent != b.intent || function == nullptr || function->intent != nullptr) return false;
  Wish first, second;
  (void)fill_wish(world_, *function, a.text, a.understood, language, &first);
  (void)fill_wish(world_, *function, b.text, b.understood, language, &second);
  return std::none_of(first.slots.begin(), first.slots.end(),
                      [&](const auto& slot) { return second.slots.count(slot.first) != 0; });
}

std::vector<Heard> Listener::parts(Heard whole, Language language) {
  const std::vector<Joint> at = joints(whole.text, language);
  if (at.empty() || at.size() > kMostJoints) return {std::move(whole)};
  const std::string& text = whole.text;
  struct Part {
    size_t begin, end;
    Heard heard;
  };
  std::vector<Part> parts;
  for (size_t i = 0; i <= at.size(); ++i) {
    const size_t begin = i == 0 ? 0 : at[i - 1].begin, end = i == at.size() ? text.size() : at[i].end;
    if (end <= begin) continue;
    const std::string words(trimmed(std::string_view(text).substr(begin, end - begin)));
    const bool is_part = code_points(words).size() >= kShortestPart && !is_only_names(world_, words);
    Heard heard = is_part ? hear(words) : Heard{};
    if (parts.empty()) {
      parts.push_back({begin, end, std::move(heard)});
    } else if (is_part && is_wish(heard) && is_wish(parts.back().heard) && !is_one_wish(parts.back().heard, heard, language)) {
      parts.push_back({begin, end, std::move(heard)});
    } else {  // not two wishes: they belong together
      parts.back().end = end;
      const std::string both(trimmed(std::string_view(text).substr(parts.back().begin, end - parts.back().begin)));
      parts.back().heard = both == text ? whole : hear(both);
    }
  }
  if (parts.size() < 2) return {std::move(whole)};
  std::vector<Heard> all;
  for (Part& part : parts) all.push_back(std::move(part.heard));
  if (is_whole(whole, all, language)) return {std::move(whole)};
  return all;
}

}  // namespace sotto::assistant
