package dev.sotto;

import androidx.annotation.NonNull;

/** Hears an answer as it comes, on the thread that generates. */
public interface TextListener {
  /**
   * The next piece: whole characters, never part of one. What belongs together on the screen (an emoji and its skin tone, the two
   * letters of a flag) may come in several pieces: append them to one text. Return false to end the answer; an exception ends it
   * too and comes out of the call that generates.
   */
  boolean onText(@NonNull String piece);
}
