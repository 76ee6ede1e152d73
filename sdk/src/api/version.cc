// The C functions that need no object: what this library is, and the names of the statuses.
#include "sotto/runtime.h"

namespace {

#define SOTTO_TEXT_(x) #x
#define SOTTO_TEXT(x) SOTTO_TEXT_(x)

#if defined(__clang__)
#define SOTTO_COMPILER "clang " SOTTO_TEXT(__clang_major__) "." SOTTO_TEXT(__clang_minor__)
#elif defined(__GNUC__)
#define SOTTO_COMPILER "gcc " SOTTO_TEXT(__GNUC__) "." SOTTO_TEXT(__GNUC_MINOR__)
#else
#define SOTTO_COMPILER "an unknown compiler"
#endif

// SOTTO_BUILD_FACTS comes from CMake: build type, processor, versions of the libraries inside.
constexpr char kBuildInfo[] = "sotto " SOTTO_VERSION_STRING ", " SOTTO_COMPILER ", " SOTTO_BUILD_FACTS;

#undef SOTTO_COMPILER
#undef SOTTO_TEXT
#undef SOTTO_TEXT_

constexpr const char* kStatusTexts[] = {
    "ok",
    "invalid argument",
    "not found",
    "input or output failed",
    "bad file",
    "unsupported",
    "out of memory",
    "context full",
    "cancelled",
    "deadline passed",
    "busy",
    "called from inside a callback",
    "refused",
    "mismatch",
    "device lost",
    "rank lost",
    "template error",
    "internal error",
};
static_assert(sizeof kStatusTexts / sizeof kStatusTexts[0] == SOTTO_STATUS_COUNT, "one text for each status");

}  // namespace

const char* sotto_version(void) { return SOTTO_VERSION_STRING; }

const char* sotto_build_info(void) { return kBuildInfo; }

const char* sotto_status_text(sotto_status status) {
  return status >= 0 && status < SOTTO_STATUS_COUNT ? kStatusTexts[status] : "unknown status";
}
