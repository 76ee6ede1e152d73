// phone_assistant: an assistant on a phone, on Sotto's C interface. The screen, the battery and the time are lines of a script.
#include "phone.h"
#include "talk.h"

int main(int argc, char** argv) {
  SampleOptions options;
  constexpr const char* kUsage =
      "phone_assistant: in a script each line is said to the phone (# comment) or is /screen JSON, /battery N, /plug, "
      "/unplug,\n"
      "/wait MINUTES, /offer, /exit. --state names a folder for the owner's profile.\n";
  if (const int done = read_options(argc, argv, kUsage, &options); done != 0) return done - 1;
  return talk("phone_assistant", options, [&] { return std::make_unique<Phone>(options); });
}
