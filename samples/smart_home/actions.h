// actions.h: what people of a home do, each with its orders to devices; the recommendation's catalogue is made of them.
#pragma once

#include <string>
#include <vector>

#include "hub.h"

struct Order {
  const char* device;
  const char* state;  // JSON
};
struct Action {
  const char *id, *zh, *en;
  const char* scene_words;  // between '|': what the scene is called; "": it is no scene
  double popularity;
  std::vector<Order> orders;
};

const std::vector<Action>& actions();
const Action* find_action(const std::string& id);
const Action* find_scene(const std::string& words);
// The action that is this one order; nullptr: none.
const Action* action_of(const std::string& device, bool is_on);
std::string catalogue();
// Gives the orders; names of devices that did not answer.
std::vector<std::string> perform(const Action& action, Hub& hub);
