package dev.sotto;

import androidx.annotation.NonNull;
import java.util.BitSet;

/**
 * Where one text stands in its grammar: for answers that go on over several calls ({@link GenerateOptions.Builder#matcher}), and for
 * applications that choose tokens themselves. One thread at a time; another, and every call while an answer is made with it, gets
 * {@link SottoException.Busy}. Closing waits for that answer, from inside its listener it does not. It lives on when its grammar is closed.
 */
public final class GrammarMatcher extends NativeObject {
  private static final int COMPLETE = 1;
  private static final int OPEN = 2;

  GrammarMatcher(long made) {
    super(new Handle("matcher", made, null, Natives::matcherDestroy, null));
  }

  /** A second one that stands where this one does; goes with {@link Session#fork}. */
  @NonNull
  public GrammarMatcher fork() {
    return inside(matcher -> new GrammarMatcher(Natives.matcherFork(matcher)));
  }

  /** Tokens, and texts given to {@link #acceptText}, since the beginning. Any thread. */
  public int getSteps() {
    return inside(matcher -> Natives.matcherSteps(matcher));
  }

  /** Back to where it was after so many steps, 0: the beginning. Goes with {@link Session#rewind}. */
  public void rewind(int steps) {
    Check.notNegative("steps", steps);
    run(matcher -> Natives.matcherRewind(matcher, steps));
  }

  /**
   * Goes on by the token. One that ends texts is taken where the text is complete, and is no step.
   *
   * @throws SottoException.InvalidArgument where the grammar does not allow it; nothing has changed then
   */
  public void accept(int token) {
    run(matcher -> Natives.matcherAccept(matcher, token));
  }

  /**
   * Goes on by the text.
   *
   * @throws SottoException.InvalidArgument where the grammar does not allow it; nothing has changed then
   */
  public void acceptText(@NonNull String text) {
    final Object bytes = Utf8.encode("the text", Check.given("the text", text));
    run(matcher -> Natives.matcherAcceptText(matcher, bytes));
  }

  /** The tokens that may come next. */
  @NonNull
  public BitSet allowedTokens() {
    return inside(matcher -> BitSet.valueOf(Natives.matcherMask(matcher)));
  }

  /** What was matched is a text of the grammar. */
  public boolean isComplete() {
    return inside(matcher -> (Natives.matcherState(matcher) & COMPLETE) != 0);
  }

  /** More may follow. */
  public boolean isOpen() {
    return inside(matcher -> (Natives.matcherState(matcher) & OPEN) != 0);
  }
}
