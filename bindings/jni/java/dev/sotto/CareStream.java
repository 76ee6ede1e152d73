package dev.sotto;

import androidx.annotation.NonNull;

/** Takes what a model says piece by piece and hands on what may be said. One thread at a time. */
public final class CareStream extends NativeObject {
  CareStream(Handle handle) {
    super(handle);
  }

  /**
   * Takes a piece; the listener hears, on this thread, what can be said of all so far. Once something was found whose fixed text is
   * the answer, nothing more is said and what was held back is dropped.
   *
   * @throws SottoException.Cancelled when the listener returned false; the text is not given again
   */
  @NonNull
  public CareResult feed(@NonNull String piece, @NonNull TextListener listener) {
    return step(Utf8.encode("the piece", Check.given("the piece", piece)), listener);
  }

  /** The model has ended: what was held back is decided. Then the stream is as new. */
  @NonNull
  public CareResult finish(@NonNull TextListener listener) {
    return step(null, listener);
  }

  /** A piece of null is the end. */
  private CareResult step(Object piece, TextListener listener) {
    final PieceRelay relay = new PieceRelay(Check.given("the listener", listener), null);
    return inside(stream -> {
      final int[] numbers = new int[CareResult.NUMBERS];
      Natives.careStreamStep(stream, piece, relay, numbers);
      return Care.ofStream(numbers);
    });
  }
}
