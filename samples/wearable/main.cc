// wearable: a watch on Sotto's C interface: one computing thread, 64 MB in all, a state made of pulse, steps, sleep and words.
// Sensors are lines of the script; between wake-ups nothing is in memory but the bytes of its state.
#include "talk.h"
#include "watch.h"

int main(int argc, char** argv) {
  SampleOptions options;
  options.threads = 1;
  options.context = 128;
  options.sessions = 3;
  options.memory_cap_bytes = uint64_t{40} << 20;  // of the model; the rest is for the program, its plugins and SQLite
  constexpr const char* kUsage =
      "wearable: in a script each line is said to the watch (# comment) or is /pulse N, /steps N, /slept HOURS, /wait "
      "MINUTES,\n"
      "/state, /offer, /sleep, /exit.\n";
  if (const int done = read_options(argc, argv, kUsage, &options); done != 0) return done - 1;
  return talk("wearable", options, [&] { return std::make_unique<Watch>(options); });
}
