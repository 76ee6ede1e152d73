package dev.sotto;

import androidx.annotation.Nullable;

/** Between the library's callbacks and the application's listeners. */
final class PieceRelay {
  @Nullable private final TextListener text;
  @Nullable private final TokenListener token;

  PieceRelay(@Nullable TextListener text, @Nullable TokenListener token) {
    this.text = text;
    this.token = token;
  }

  /** Called by the library; it uses the array again for the next piece. */
  boolean text(byte[] utf8, int size) {
    return text == null || text.onText(Utf8.decode(utf8, size));
  }

  /** Called by the library. */
  boolean token(int token, float logprob) {
    return this.token == null || this.token.onToken(token, logprob);
  }

  /** Called by the library: whether it should call {@link #token} at all. */
  boolean wantsTokens() {
    return token != null;
  }
}
