// sample.cc: journal_sample FOLDER: writes a journal as a device would, for round_trip.py.
#include <cstdio>

#include "world.h"

int main(int argc, char** argv) try {
  using namespace sotto::journal_test;
  if (argc != 2) return 2;
  World world;
  std::filesystem::remove_all(world.folder);
  world.folder = argv[1];
  {
    const JournalPtr journal = world.opened();
    world.note(journal, "please turn on the lamp in the kitchen", "The lamp in the kitchen is on now.");
    world.note(journal, "打电话给13812345678", "好的，正在给他打电话。");
    world.note(journal, "play some quiet music for reading", "Playing the news from today.");
    world.note(journal, "no, I wanted quiet music", "Playing quiet music for you.", SOTTO_EXCHANGE_CORRECTION);
    world.note(journal, "明天早上会不会下雨呢", "");
    world.note(journal, "把 \"客厅\" 的\t灯\n关掉 \xF0\x9F\x98\x80 \xFF", "客厅的灯已经关掉了。");
  }
  world.folder.clear();  // the files stay
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "journal_sample: %s\n", e.what());
  return 1;
}
