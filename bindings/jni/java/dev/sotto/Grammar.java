package dev.sotto;

import androidx.annotation.NonNull;

/**
 * A compiled grammar: what answers may look like ({@link GenerateOptions.Builder#grammar}). Compile it once, use it for any number of
 * answers on any threads. It lives on when its model is closed.
 */
public final class Grammar extends NativeObject {
  private Grammar(Handle handle) {
    super(handle);
  }

  /**
   * A grammar that matches text only, for checking what comes from elsewhere; {@link Model#newGrammar} makes those for answers.
   *
   * @throws SottoException.InvalidArgument with line and column of what is wrong
   */
  @NonNull
  public static Grammar ofText(@NonNull GrammarOptions options) {
    Libraries.require();
    return compile(0, Check.given("options", options));
  }

  /** REQUIRES: the model's handle is entered, or 0. */
  static Grammar compile(long model, GrammarOptions o) {
    final long made = Natives.grammarCompile(model, o.kind, o.source, o.flags, o.maxRecursion, o.values, o.spans);
    return new Grammar(new Handle("grammar", made, null, Natives::grammarDestroy, null));
  }

  /** At the beginning of a text. */
  @NonNull
  public GrammarMatcher newMatcher() {
    return inside(grammar -> new GrammarMatcher(Natives.matcherCreate(grammar)));
  }

  /** Whether it is a text of the grammar, as it stands. */
  public boolean allows(@NonNull String text) {
    Utf8.encode("the text", Check.given("the text", text)); // half of a surrogate pair is no answer, but a mistake
    try (GrammarMatcher matcher = newMatcher()) {
      matcher.acceptText(text);
      return matcher.isComplete();
    } catch (SottoException.InvalidArgument e) {
      return false;
    }
  }

  @NonNull
  public GrammarFacts getFacts() {
    return inside(grammar -> {
      final long[] result = new long[5];
      Natives.grammarFacts(grammar, result);
      return new GrammarFacts(result);
    });
  }
}
