/* sotto.h - start here. The whole C interface for applications: a runtime loads plugins, a model is opened on a backend, a
 * session generates text.
 *
 *   sotto_runtime_options o = {sizeof o};            o.plugin_folder = ...;
 *   sotto_runtime_create(&o, &runtime, &err);        runtime.h: plugins, backends, devices
 *   sotto_model_open(runtime, &source, NULL, &model, &err);   model.h: memory estimate, facts, tokenizer, template
 *   sotto_session_create(model, NULL, &session, &err);        session.h: feed, generate, cancel, rewind
 *   sotto_generate(session, prompt, NULL, on_text, user, &err);
 *   sotto_session_embed(session, ids, count, NULL, vector, hidden, &err);   hidden.h: embeddings, heads
 *   sotto_grammar_compile(model, SOTTO_GRAMMAR_SCHEMA, schema, NULL, &grammar, &err);       grammar.h: answers in a form
 *   sotto_values_parse(text, &options, values, sizeof *values, 16, &count, &err);           values.h: times, numbers, ...
 *
 *   sotto_runtime_check_device(runtime, backend, device, 0, &verdict, &err);                probe.h: drivers that lie
 *
 * Options may be NULL: all zero. Every object is destroyed by its own function, in any order. Skills have a header each
 * (dialogue.h). C++ comfort: sotto.hpp. */
#ifndef SOTTO_SOTTO_H
#define SOTTO_SOTTO_H

#include "sotto/grammar.h"
#include "sotto/hidden.h"
#include "sotto/probe.h"
#include "sotto/values.h"

#endif
