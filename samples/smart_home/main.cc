// smart_home: a home for two on Sotto's C interface, its devices behind a mosquitto broker that this program starts.
#include "family.h"
#include "talk.h"

int main(int argc, char** argv) {
  SampleOptions options;
  constexpr const char* kUsage =
      "smart_home: in a script each line is said to the home (# comment) or is /user mei|tom, /live DAYS, /at HH:MM, /offer,\n"
      "/unplug ID, /plug ID, /home, /routines, /exit. --state names a folder for the profiles.\n";
  if (const int done = read_options(argc, argv, kUsage, &options); done != 0) return done - 1;
  return talk("smart_home", options, [&] { return std::make_unique<Family>(options); });
}
