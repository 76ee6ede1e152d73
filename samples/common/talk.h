// talk.h: the main of every sample: lines of a script or of the user go to a voice, Ctrl-C stops its answer.
#pragma once

#include <functional>
#include <memory>

#include "options.h"
#include "voice.h"

// Exit status: 0 done, 1 it failed, 130 stopped by Ctrl-C at the prompt. `make` throws std::exception with a sentence.
int talk(const char* program, const SampleOptions& options, const std::function<std::unique_ptr<Voice>()>& make);
