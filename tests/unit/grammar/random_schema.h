// random_schema.h: schemas of every keyword that is taken, whose texts are bounded, so that even random answers end.
#pragma once

#include <nlohmann/json.hpp>
#include <random>

namespace sotto::grammar {

nlohmann::ordered_json random_schema(std::mt19937_64& random);

}  // namespace sotto::grammar
