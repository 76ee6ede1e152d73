// json_validator.h: whether a JSON value is valid under a schema, by the words of the specification: written apart from the
// product, on another library's values, so that the two can disagree.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace sotto::grammar {

// Empty: valid; else why not. Knows the keywords that random_schema.h writes.
std::string invalid_because(const nlohmann::json& value, const nlohmann::json& schema, const nlohmann::json& root);

}  // namespace sotto::grammar
