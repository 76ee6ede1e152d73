/* grammar.h - answers that follow a grammar: GBNF or a JSON Schema, compiled once, followed token by token.
 *
 *   sotto_grammar_compile(model, SOTTO_GRAMMAR_SCHEMA, schema, NULL, &grammar, &err);   once for each schema
 *   sotto_matcher_create(grammar, &matcher, &err);                                      once for each answer
 *   options.matcher = matcher;  sotto_generate(session, prompt, &options, ...);         session.h
 *
 * Only tokens with which the text can still become one that the grammar allows are chosen; the end of the text only where it is
 * one. When nothing more may follow, the answer ends (SOTTO_FINISH_GRAMMAR). docs/grammar.md says what of GBNF and JSON Schema
 * is taken; the rest is refused by name, never ignored. Token masks after XGrammar (Dong et al. 2024, arXiv:2411.15100). */
#ifndef SOTTO_GRAMMAR_H
#define SOTTO_GRAMMAR_H

#include "sotto/session.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sotto_grammar sotto_grammar;

#define SOTTO_GRAMMAR_GBNF 1u   /* rules in llama.cpp's published format; the text is what `root` says */
#define SOTTO_GRAMMAR_SCHEMA 2u /* a JSON Schema; the text is JSON that is valid under it */

#define SOTTO_GRAMMAR_COMPACT 1u     /* schemas: no blanks; else one may stand behind each ',' and ':' */
#define SOTTO_GRAMMAR_LIMIT_TEXTS 2u /* schemas: texts are limited to values and spans even where none is given */
#define SOTTO_GRAMMAR_LAZY 4u        /* no masks ahead: each when it is first needed */

typedef struct sotto_grammar_options {
  uint32_t struct_size;
  uint32_t flags;         /* SOTTO_GRAMMAR_COMPACT ... */
  uint32_t max_recursion; /* schemas: how often a schema that refers to itself may lie inside of itself; 0: 8; at most 64 */
  uint32_t value_count;
  /* Schemas: where values or spans are given, every string without enum, const and format, and every further key, is one of
   * these values, or a run of whole words of one of these texts as it stands there ("the kitchen" of "turn on the kitchen
   * light"; each Chinese character counts as a word). Copied. */
  const sotto_str *values;
  const sotto_str *spans;
  uint32_t span_count;
  uint32_t reserved;
} sotto_grammar_options;

/* `model`: whose vocabulary is masked, vocabulary-only too; NULL: the grammar matches text only. The grammar does not hold it.
 * Faults in `source` tell line and column, counted in bytes from 1: SOTTO_INVALID_ARGUMENT for what is wrong,
 * SOTTO_UNSUPPORTED for what is not taken or too large. Unless SOTTO_GRAMMAR_LAZY, the first masks are computed here, for at
 * most some 100 ms. [any thread] */
SOTTO_API sotto_status sotto_grammar_compile(sotto_model *model, uint32_t kind, sotto_str source,
                                             const sotto_grammar_options *options, sotto_grammar **out, sotto_error *err);
/* Its matchers go on. [any thread] */
SOTTO_API void sotto_grammar_destroy(sotto_grammar *grammar);

typedef struct sotto_grammar_facts {
  uint32_t struct_size;
  uint32_t states;
  uint32_t mask_count; /* masks that all states together need */
  uint32_t masks_kept; /* computed so far */
  uint64_t bytes;      /* of the grammar */
  uint64_t mask_bytes; /* of the masks kept, at most 16 MiB */
} sotto_grammar_facts;
/* [any thread] */
SOTTO_API sotto_status sotto_grammar_get_facts(const sotto_grammar *grammar, sotto_grammar_facts *out, sotto_error *err);

/* Where one text stands in the grammar. Matchers of a grammar share it and its masks, on any threads; one matcher is used by
 * one thread at a time, another at the same time gets SOTTO_BUSY, as does every call while an answer is generated with it. */
SOTTO_API sotto_status sotto_matcher_create(const sotto_grammar *grammar, sotto_matcher **out, sotto_error *err);
/* Also from inside of a callback of the answer that uses it. [any thread] */
SOTTO_API void sotto_matcher_destroy(sotto_matcher *matcher);
/* A second one that stands where this one does: goes with sotto_session_fork. */
SOTTO_API sotto_status sotto_matcher_fork(const sotto_matcher *matcher, sotto_matcher **out, sotto_error *err);

/* Tokens, and texts given to accept_text, since the beginning. sotto_generate adds one for each token that it adds to the
 * session. */
SOTTO_API uint32_t sotto_matcher_steps(const sotto_matcher *matcher);
/* Back to where it was after so many steps, 0: the beginning. Goes with sotto_session_rewind. */
SOTTO_API sotto_status sotto_matcher_rewind(sotto_matcher *matcher, uint32_t steps, sotto_error *err);

/* For hosts that choose tokens themselves. Not allowed here: SOTTO_INVALID_ARGUMENT, and nothing has changed. A token that ends
 * a text is taken where the text is complete, and is no step. */
SOTTO_API sotto_status sotto_matcher_accept(sotto_matcher *matcher, uint32_t token, sotto_error *err);
SOTTO_API sotto_status sotto_matcher_accept_text(sotto_matcher *matcher, sotto_str text, sotto_error *err);
/* One bit for each token id of the model, from the lowest of the first word on: may it come next? Two-call idiom, *count in
 * words. */
SOTTO_API sotto_status sotto_matcher_mask(sotto_matcher *matcher, uint64_t *words, uint64_t capacity, uint64_t *count,
                                          sotto_error *err);

#define SOTTO_MATCHER_COMPLETE 1u /* what was matched is a text of the grammar */
#define SOTTO_MATCHER_OPEN 2u     /* more may follow */
/* SOTTO_MATCHER_* bits. */
SOTTO_API sotto_status sotto_matcher_state(const sotto_matcher *matcher, uint32_t *state, sotto_error *err);

/* The table of the host service "sotto.grammar/1": the same functions for skill plugins. */
#define SOTTO_GRAMMAR_SERVICE_ID "sotto.grammar/1"
typedef struct sotto_grammar_service {
  uint32_t struct_size;
  uint32_t reserved;
  sotto_status (*compile)(sotto_model *, uint32_t, sotto_str, const sotto_grammar_options *, sotto_grammar **, sotto_error *);
  void (*destroy)(sotto_grammar *);
  sotto_status (*get_facts)(const sotto_grammar *, sotto_grammar_facts *, sotto_error *);
  sotto_status (*matcher_create)(const sotto_grammar *, sotto_matcher **, sotto_error *);
  void (*matcher_destroy)(sotto_matcher *);
  sotto_status (*matcher_fork)(const sotto_matcher *, sotto_matcher **, sotto_error *);
  uint32_t (*matcher_steps)(const sotto_matcher *);
  sotto_status (*matcher_rewind)(sotto_matcher *, uint32_t, sotto_error *);
  sotto_status (*matcher_accept)(sotto_matcher *, uint32_t, sotto_error *);
  sotto_status (*matcher_accept_text)(sotto_matcher *, sotto_str, sotto_error *);
  sotto_status (*matcher_mask)(sotto_matcher *, uint64_t *, uint64_t, uint64_t *, sotto_error *);
  sotto_status (*matcher_state)(const sotto_matcher *, uint32_t *, sotto_error *);
} sotto_grammar_service;

#ifdef __cplusplus
}
#endif

#endif
