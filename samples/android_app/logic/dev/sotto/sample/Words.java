package dev.sotto.sample;

/** What the letters say. */
final class Words {
  private Words() {}

  /** Whether a Han character is among them. */
  static boolean areChinese(String words) {
    return words.codePoints().anyMatch(c -> Character.UnicodeScript.of(c) == Character.UnicodeScript.HAN);
  }
}
