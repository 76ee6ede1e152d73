// skill.h: what the addresses in Java's handles of a skill's objects point to: the plugin's table and its object.
#pragma once

#include <memory>
#include <string>

#include "call.h"

namespace sotto::jni {

template <class Api, class Object>
struct Skill {
  const Api* api;
  Object* it;
};

// create(&made->it, err) on a plugin that is there; `plugin` names it in the sentence where it is not.
template <class Made, class Api, class Create>
jlong make(const Call& call, const Api* api, const std::string& plugin, Create&& create) {
  if (api == nullptr)
    call.fail(SOTTO_NOT_FOUND, "no " + plugin + " plugin is loaded: name its folder or library to the runtime's builder");
  auto made = std::make_unique<Made>(Made{api, nullptr});
  call.run([&](sotto_error* err) { return create(&made->it, err); });
  return address(made.release());
}

// The two-call idiom of a function of a skill's table, for text and bytes.
template <class Fill>
jbyteArray fetch_bytes(const Call& call, Fill&& fill) {
  return call.new_bytes(fetch<char, std::string>(call, fill));
}

}  // namespace sotto::jni
