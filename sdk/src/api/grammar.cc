// The C functions of grammar.h, and their table for plugins.
#include <fmt/format.h>

#include "api/grammar_object.h"
#include "api/grammar_service.h"
#include "api/model_object.h"
#include "border/guard.h"
#include "border/options.h"
#include "text/grammar/gbnf.h"
#include "text/grammar/schema.h"
#include "text/unicode.h"

namespace sotto {

Status MatcherUse::check() const {
  if (!is_given_) return Status(SOTTO_INVALID_ARGUMENT, "the matcher is NULL");
  if (!state_)
    return Status(SOTTO_BUSY, "the matcher is in use: by another thread, or by the answer that is being generated with it");
  return {};
}

Status MatcherUse::check_for(const Engine& engine) const {
  if (!is_given_) return {};
  SOTTO_TRY(check());
  if (!state_->matcher.masks())
    return Status(SOTTO_INVALID_ARGUMENT, "generating by a grammar that was compiled without a model");
  SOTTO_ASSIGN(const auto order, engine.token_order());
  if (&state_->matcher.masks()->order() == order.get()) return {};
  return Status(SOTTO_MISMATCH, "generating by a grammar: it was compiled for another model than the session's");
}

namespace {

constexpr uint32_t kKnownFlags = SOTTO_GRAMMAR_COMPACT | SOTTO_GRAMMAR_LIMIT_TEXTS | SOTTO_GRAMMAR_LAZY;
constexpr uint32_t kMostRecursion = 64;
constexpr uint32_t kUsualRecursion = 8;
constexpr uint64_t kMostTextBytes = 64 << 10;
// Of matching while masks are computed ahead: less than 100 ms for the schemas measured (docs/performance.md).
constexpr uint64_t kStepsAhead = 3000000;

Status read_texts(const char* name, const sotto_str* texts, uint32_t count, std::vector<std::string>* out) {
  if (count) SOTTO_TRY(check_given(name, texts));
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < count; ++i) {
    SOTTO_ASSIGN(const std::string_view text, read_text(name, texts[i]));
    bytes += text.size();
    if (bytes > kMostTextBytes)
      return Status(SOTTO_UNSUPPORTED, fmt::format("{}: together they have more than {} bytes", name, kMostTextBytes));
    if (!is_valid_utf8(text)) return Status(SOTTO_INVALID_ARGUMENT, fmt::format("{}[{}] is no valid UTF-8", name, i));
    out->emplace_back(text);
  }
  return {};
}

Result<grammar::SchemaOptions> schema_options(const sotto_grammar_options& o) {
  if (o.flags & ~kKnownFlags)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("sotto_grammar_options.flags is {:#x}, {:#x} are known", o.flags, kKnownFlags));
  if (o.reserved != 0)
    return Status(SOTTO_UNSUPPORTED, fmt::format("sotto_grammar_options.reserved is {}, it must be 0", o.reserved));
  if (o.max_recursion > kMostRecursion)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("sotto_grammar_options.max_recursion is {}: 0 to {} are possible",
                                                      o.max_recursion, kMostRecursion));
  grammar::SchemaOptions out;
  out.is_compact = (o.flags & SOTTO_GRAMMAR_COMPACT) != 0;
  out.max_recursion = o.max_recursion ? o.max_recursion : kUsualRecursion;
  out.limits_texts = (o.flags & SOTTO_GRAMMAR_LIMIT_TEXTS) || o.value_count || o.span_count;
  SOTTO_TRY(read_texts("sotto_grammar_options.values", o.values, o.value_count, &out.values));
  SOTTO_TRY(read_texts("sotto_grammar_options.spans", o.spans, o.span_count, &out.spans));
  return out;
}

Result<grammar::Syntax> read_source(uint32_t kind, std::string_view source, const sotto_grammar_options& o) {
  SOTTO_ASSIGN(const grammar::SchemaOptions options, schema_options(o));
  if (kind == SOTTO_GRAMMAR_SCHEMA) return grammar::read_schema(source, options);
  if (kind != SOTTO_GRAMMAR_GBNF)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("kind {}: {} and {} are known", kind, SOTTO_GRAMMAR_GBNF, SOTTO_GRAMMAR_SCHEMA));
  if (options.limits_texts || options.is_compact || o.max_recursion)
    return Status(SOTTO_INVALID_ARGUMENT,
                  "sotto_grammar_options: values, spans, blanks and recursion are those of schemas, GBNF says its own");
  return grammar::read_gbnf(source);
}

Status compile(sotto_model* model, uint32_t kind, sotto_str source, const sotto_grammar_options* options, sotto_grammar** out) {
  SOTTO_TRY(check_given("sotto_grammar_compile: out", out));
  SOTTO_ASSIGN(const auto o, read_options("sotto_grammar_options", options));
  SOTTO_ASSIGN(const std::string_view text, read_text("source", source));
  auto made = std::make_unique<sotto_grammar>();
  auto syntax = read_source(kind, text, o);
  const char* what = kind == SOTTO_GRAMMAR_SCHEMA ? "compiling a schema" : "compiling a grammar";
  if (!syntax.ok()) return syntax.status().within(what);
  auto compiled = grammar::compile(syntax.value());
  if (!compiled.ok()) return compiled.status().within(what);
  made->compiled = compiled.take();
  if (model) {
    SOTTO_ASSIGN(auto order, model->engine().token_order());
    const auto masks = std::make_shared<grammar::MaskCache>(made->compiled, std::move(order));
    if (!(o.flags & SOTTO_GRAMMAR_LAZY)) masks->prepare(kStepsAhead);
    made->masks = masks;
  }
  *out = made.release();
  return {};
}

Status facts(const sotto_grammar* grammar, sotto_grammar_facts* out) {
  SOTTO_TRY(check_given("the grammar", grammar));
  sotto_grammar_facts f{};
  f.states = grammar->compiled->state_count();
  f.bytes = grammar->compiled->bytes();
  if (grammar->masks) {
    f.mask_count = grammar->masks->classes();
    f.masks_kept = grammar->masks->masks();
    f.mask_bytes = grammar->masks->bytes();
  }
  return write_out("sotto_grammar_facts", f, out);
}

sotto_matcher* wrapped(grammar::TokenMatcher matcher) {
  auto made = std::make_unique<sotto_matcher>();
  made->state = std::make_shared<MatcherState>(std::move(matcher));
  made->state->steps.store(made->state->matcher.steps());
  return made.release();
}

// Runs `body` on a matcher that nobody else uses.
template <class Body>
sotto_status on_matcher(const sotto_matcher* matcher, sotto_error* err, Body&& body) noexcept {
  return guard(err, [&]() -> Status {
    const MatcherUse use(matcher);
    SOTTO_TRY(use.check());
    return body(*use.get());
  });
}

constexpr sotto_grammar_service kService = {sizeof(sotto_grammar_service),
                                            0,
                                            sotto_grammar_compile,
                                            sotto_grammar_destroy,
                                            sotto_grammar_get_facts,
                                            sotto_matcher_create,
                                            sotto_matcher_destroy,
                                            sotto_matcher_fork,
                                            sotto_matcher_steps,
                                            sotto_matcher_rewind,
                                            sotto_matcher_accept,
                                            sotto_matcher_accept_text,
                                            sotto_matcher_mask,
                                            sotto_matcher_state};

}  // namespace

sotto_interface grammar_service() { return {&kService, nullptr}; }

}  // namespace sotto

sotto_status sotto_grammar_compile(sotto_model* model, uint32_t kind, sotto_str source, const sotto_grammar_options* options,
                                   sotto_grammar** out, sotto_error* err) {
  return sotto::guard(err, [&] { return sotto::compile(model, kind, source, options, out); });
}

void sotto_grammar_destroy(sotto_grammar* grammar) { delete grammar; }

sotto_status sotto_grammar_get_facts(const sotto_grammar* grammar, sotto_grammar_facts* out, sotto_error* err) {
  return sotto::guard(err, [&] { return sotto::facts(grammar, out); });
}

sotto_status sotto_matcher_create(const sotto_grammar* grammar, sotto_matcher** out, sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("the grammar", grammar));
    SOTTO_TRY(sotto::check_given("sotto_matcher_create: out", out));
    *out = sotto::wrapped(sotto::grammar::TokenMatcher(grammar->compiled, grammar->masks));
    return {};
  });
}

void sotto_matcher_destroy(sotto_matcher* matcher) { delete matcher; }

sotto_status sotto_matcher_fork(const sotto_matcher* matcher, sotto_matcher** out, sotto_error* err) {
  return sotto::on_matcher(matcher, err, [&](const sotto::grammar::TokenMatcher& m) -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_matcher_fork: out", out));
    *out = sotto::wrapped(m);
    return {};
  });
}

uint32_t sotto_matcher_steps(const sotto_matcher* matcher) { return matcher ? matcher->state->steps.load() : 0; }

sotto_status sotto_matcher_rewind(sotto_matcher* matcher, uint32_t steps, sotto_error* err) {
  return sotto::on_matcher(matcher, err, [&](sotto::grammar::TokenMatcher& m) -> sotto::Status {
    if (steps > m.steps())
      return sotto::Status(SOTTO_INVALID_ARGUMENT, fmt::format("rewinding a matcher to step {}: it has {}", steps, m.steps()));
    m.rewind(steps);
    return {};
  });
}

sotto_status sotto_matcher_accept(sotto_matcher* matcher, uint32_t token, sotto_error* err) {
  return sotto::on_matcher(matcher, err, [&](sotto::grammar::TokenMatcher& m) { return m.accept(token); });
}

sotto_status sotto_matcher_accept_text(sotto_matcher* matcher, sotto_str text, sotto_error* err) {
  return sotto::on_matcher(matcher, err, [&](sotto::grammar::TokenMatcher& m) -> sotto::Status {
    SOTTO_ASSIGN(const std::string_view view, sotto::read_text("text", text));
    return m.accept_text(view);
  });
}

sotto_status sotto_matcher_mask(sotto_matcher* matcher, uint64_t* words, uint64_t capacity, uint64_t* count, sotto_error* err) {
  return sotto::on_matcher(matcher, err, [&](sotto::grammar::TokenMatcher& m) -> sotto::Status {
    if (capacity || !m.masks()) SOTTO_TRY(m.fill(false));
    return sotto::write_items(m.bits().data(), m.bits().size(), words, capacity, count);
  });
}

sotto_status sotto_matcher_state(const sotto_matcher* matcher, uint32_t* state, sotto_error* err) {
  return sotto::on_matcher(matcher, err, [&](const sotto::grammar::TokenMatcher& m) -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_matcher_state: state", state));
    *state = (m.is_complete() ? SOTTO_MATCHER_COMPLETE : 0) | (m.can_go_on() ? SOTTO_MATCHER_OPEN : 0);
    return {};
  });
}
