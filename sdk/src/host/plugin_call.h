// plugin_call.h: calls a function of a plugin and says what came of it. For everything that crosses into a plugin's code.
#pragma once

#include <exception>
#include <string_view>

#include "base/status.h"

namespace sotto {

// The failure of a plugin as a status with its sentence; a status outside of the closed list becomes SOTTO_INTERNAL.
// The sentence begins with plugin and function: "dev.sotto.cpu: compile: ...".
Status plugin_failure(std::string_view plugin, std::string_view function, sotto_status status, const sotto_error& error);
Status plugin_exception(std::string_view plugin, std::string_view function, std::string_view what);
// A function that reported success, or none at all, and yet broke its contract: "run: 0 rows were delivered ...".
Status plugin_fault(std::string_view plugin, std::string_view function, std::string_view what);

// call_plugin(id, "compile", [&](sotto_error* err) { return table->compile(..., err); }). Allocates nothing on success.
template <class Call>
Status call_plugin(std::string_view plugin, std::string_view function, Call&& call) {
  sotto_error error;
  error.struct_size = sizeof error;
  error.status = SOTTO_OK;
  error.text[0] = '\0';
  try {
    const sotto_status status = call(&error);
    return status == SOTTO_OK ? Status() : plugin_failure(plugin, function, status, error);
  } catch (const std::exception& e) {
    return plugin_exception(plugin, function, e.what());
  } catch (...) {
    return plugin_exception(plugin, function, "an exception of unknown type");
  }
}

// The same for functions that return nothing, as the destroy functions.
template <class Call>
Status call_plugin_void(std::string_view plugin, std::string_view function, Call&& call) {
  return call_plugin(plugin, function, [&](sotto_error*) {
    call();
    return SOTTO_OK;
  });
}

}  // namespace sotto
