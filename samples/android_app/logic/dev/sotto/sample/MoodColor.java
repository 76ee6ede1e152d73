package dev.sotto.sample;

import dev.sotto.Mood;

/** The colour of the strip above the chat: 0xAARRGGBB. */
final class MoodColor {
  static final int UNKNOWN = 0xFFB0B0B0;

  /** One row for each mood: from this valence on, the first that fits. */
  private static final float[] FROM = {0.35f, 0.1f, -0.1f, -0.35f, -1};
  private static final int[] COLORS = {0xFF4CAF50, 0xFF9CCC65, 0xFF90A4AE, 0xFFFFB74D, 0xFFE57373};

  private MoodColor() {}

  static int of(Mood mood) {
    return mood.getLabel() == null ? UNKNOWN : of(mood.getValence());
  }

  static int of(float valence) {
    for (int i = 0; i < FROM.length; i++)
      if (valence >= FROM[i]) return COLORS[i];
    return UNKNOWN; // no number
  }
}
