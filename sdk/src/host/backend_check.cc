#include "host/backend_check.h"

#include <cstring>

#include <fmt/format.h>

namespace sotto {
namespace {

struct FunctionRow {
  const char* name;
  size_t offset;
};

#define SOTTO_FUNCTION(name) \
  { #name, offsetof(sotto_backend, name) }

constexpr FunctionRow kFunctions[] = {
    SOTTO_FUNCTION(device_count),
    SOTTO_FUNCTION(device_info),
    SOTTO_FUNCTION(group_create),
    SOTTO_FUNCTION(group_destroy),
    SOTTO_FUNCTION(check),
    SOTTO_FUNCTION(weights_create),
    SOTTO_FUNCTION(upload),
    SOTTO_FUNCTION(weights_destroy),
    SOTTO_FUNCTION(compile),
    SOTTO_FUNCTION(program_destroy),
    SOTTO_FUNCTION(cache_create),
    SOTTO_FUNCTION(cache_destroy),
    SOTTO_FUNCTION(cache_truncate),
    SOTTO_FUNCTION(cache_copy),
    SOTTO_FUNCTION(cache_export),
    SOTTO_FUNCTION(cache_import),
    SOTTO_FUNCTION(adapter_create),
    SOTTO_FUNCTION(adapter_destroy),
    SOTTO_FUNCTION(run),
};
#undef SOTTO_FUNCTION

using Function = void (*)();
static_assert(sizeof(sotto_backend) == 2 * sizeof(uint32_t) + sizeof kFunctions / sizeof kFunctions[0] * sizeof(Function),
              "a row for each function");

}  // namespace

Status check_backend(const sotto_backend& table) {
  const char* bytes = reinterpret_cast<const char*>(&table);
  for (const FunctionRow& row : kFunctions) {
    if (table.struct_size < row.offset + sizeof(Function))
      return Status(SOTTO_REFUSED,
                    fmt::format("its table {} has {} bytes: function {} and what follows are missing, it takes {} bytes",
                                SOTTO_BACKEND_ID, table.struct_size, row.name, sizeof table));
    Function function = nullptr;
    std::memcpy(&function, bytes + row.offset, sizeof function);
    if (function == nullptr)
      return Status(SOTTO_REFUSED, fmt::format("its table {}: function {} is NULL", SOTTO_BACKEND_ID, row.name));
  }
  return Status();
}

}  // namespace sotto
