// phrases.h: what is likely to be said to an assistant in English: the sentences of its domain, filled with the home's names.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

// `domain`: of an assistant (docs/assistant.md). `home`: {"areas", "devices"} as sotto/assistant.h has it. `functions`: names
// of those the device has; sentences of others are left out. Numbers are words. Empty where the domain has no English
// sentences.
std::vector<std::string> phrases_of(const nlohmann::json& domain, const nlohmann::json& home,
                                    const std::vector<std::string>& functions, const std::vector<std::string>& titles);
