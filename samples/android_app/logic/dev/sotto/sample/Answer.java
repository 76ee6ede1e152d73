package dev.sotto.sample;

/** What an answer came to. Immutable. */
public final class Answer {
  final boolean isChinese;
  final boolean isFailure; // a function of the phone failed
  final float[] hidden; // the model's state at the end of the user's words; null where there is none

  Answer(boolean isChinese, boolean isFailure, float[] hidden) {
    this.isChinese = isChinese;
    this.isFailure = isFailure;
    this.hidden = hidden;
  }
}
