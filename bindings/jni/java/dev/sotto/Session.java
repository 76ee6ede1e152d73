package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;
import java.util.concurrent.Executor;

/**
 * One stream of tokens on a model: feed, generate, cancel, rewind. One thread at a time; another at the same time gets {@link
 * SottoException.Busy}, and from inside a listener of this session all but {@link #cancel}, {@link #close}, {@link #getPosition} and
 * {@link #getCounters} fails with the status REENTRANT. Cancel and close are for any thread.
 */
public final class Session extends NativeObject {
  @Nullable private volatile Generation<?> latest;

  private final int width; // of a hidden state

  Session(Handle handle, int width) {
    super(handle);
    this.width = width;
  }

  static Handle handle(long address, Handle model) {
    return new Handle("session", address, model, Natives::sessionDestroy, Natives::sessionCancel);
  }

  /** Feeds the prompt and streams the greedy answer. */
  @NonNull
  public GenerateResult generate(@NonNull String prompt, @NonNull TextListener listener) {
    return generate(prompt, GenerateOptions.DEFAULT, listener);
  }

  /**
   * Feeds the prompt and streams the answer to the listener, on this thread. An empty prompt goes on where the session stands.
   *
   * @throws SottoException.Cancelled after {@link #cancel} or {@link #close}; the text so far is in the session
   */
  @NonNull
  public GenerateResult generate(@NonNull String prompt, @NonNull GenerateOptions options, @NonNull TextListener listener) {
    return run(Utf8.encode("the prompt", Check.given("the prompt", prompt)), null, options, listener, null);
  }

  /** The same from token ids, for instance those of {@link Model#tokenizeTemplate}. */
  @NonNull
  public GenerateResult generate(
      @NonNull int[] promptIds, @NonNull GenerateOptions options, @Nullable TextListener listener, @Nullable TokenListener tokens) {
    return run(null, Check.given("the prompt's ids", promptIds), options, listener, tokens);
  }

  /** Starts the answer on a thread of its own; the listener hears it there. */
  @NonNull
  public Generation<GenerateResult> generateAsync(
      @NonNull String prompt, @NonNull GenerateOptions options, @NonNull TextListener listener) {
    return generateAsync(prompt, options, listener, Generation.OWN_THREAD);
  }

  /** Starts the answer on the executor, one of whose threads it takes until it ends. */
  @NonNull
  public Generation<GenerateResult> generateAsync(
      @NonNull String prompt, @NonNull GenerateOptions options, @NonNull TextListener listener, @NonNull Executor executor) {
    final Object bytes = Utf8.encode("the prompt", Check.given("the prompt", prompt));
    Check.given("options", options);
    Check.given("the listener", listener);
    final Generation<GenerateResult> started = Generation.start(
        executor, latest, this::cancel, listener, relayed -> runNow(bytes, null, options, relayed, null));
    latest = started;
    return started;
  }

  /** The answer as an iterator over its pieces. */
  @NonNull
  public TextStream<GenerateResult> stream(@NonNull String prompt, @NonNull GenerateOptions options) {
    return TextStream.open(
        Generation.OWN_THREAD, (executor, listener) -> generateAsync(prompt, options, listener, executor));
  }

  private GenerateResult run(
      @Nullable Object prompt, @Nullable int[] ids, GenerateOptions options, @Nullable TextListener text,
      @Nullable TokenListener tokens) {
    Generation.awaitCancelled(latest);
    return runNow(prompt, ids, options, text, tokens);
  }

  private GenerateResult runNow(
      @Nullable Object prompt, @Nullable int[] ids, GenerateOptions options, @Nullable TextListener text,
      @Nullable TokenListener tokens) {
    return Check.given("options", options).during(packed -> inside(session -> {
      final long[] result = new long[10];
      Natives.sessionGenerate(session, prompt, ids, packed, new PieceRelay(text, tokens), result);
      return new GenerateResult(result);
    }));
  }

  /** Appends tokens without an answer. */
  public void feed(@NonNull int[] ids) {
    feed(ids, 0, null);
  }

  /** Appends tokens and hands what the model gives for each of them to the listener. */
  public void feed(@NonNull int[] ids, @NonNull Output output, @NonNull RowListener listener) {
    feed(ids, Check.given("output", output).mask, new RowRelay(Check.given("the listener", listener)));
  }

  private void feed(int[] ids, int outputs, @Nullable RowRelay rows) {
    Check.given("ids", ids);
    final long session = handle.enter();
    try {
      Natives.sessionFeed(session, ids, outputs, rows);
    } finally {
      handle.leave();
    }
  }

  /**
   * Appends tokens and gives the outputs of a head of this session's model: of a {@link HeadKind#SEQUENCE} head one row, behind the last
   * token; of the others a row for each token.
   */
  @NonNull
  public float[][] read(@NonNull Head head, @NonNull int[] ids) {
    Check.given("ids", ids);
    if (Check.given("the head", head).model != handle.parent())
      throw new SottoException.InvalidArgument(
          "the head " + head.getName() + " is of another model than the session: ask this session's model for it");
    final boolean isLastOnly = head.getKind() == HeadKind.SEQUENCE;
    return inside(session -> {
      final long model = head.model.enterForChild();
      try {
        return head.rows(Natives.sessionRead(session, model, head.index, ids, isLastOnly, width, head.getOutputs()));
      } finally {
        head.model.leave();
      }
    });
  }

  /** The adapter for the tokens to come. Held by the session. */
  public void attach(@NonNull Adapter adapter, float strength) {
    Check.given("the adapter", adapter);
    run(session -> adapter.run(address -> Natives.sessionSetAdapter(session, address, strength)));
  }

  /** No adapter for the tokens to come. */
  public void detach() {
    run(session -> Natives.sessionSetAdapter(session, 0, 0));
  }

  /** One vector of the model's width for the tokens, which become part of the session; normalized: of length 1. */
  @NonNull
  public float[] embed(@NonNull int[] ids, @NonNull Pooling pooling, boolean normalized) {
    Check.given("ids", ids);
    final long session = handle.enter();
    try {
      return Natives.sessionEmbed(session, width, ids, Check.given("pooling", pooling).ordinal(), normalized ? 1 : 0);
    } finally {
      handle.leave();
    }
  }

  /** Ends the call in progress within 50 ms; without one it does nothing. Any thread. */
  public void cancel() {
    handle.cancel();
  }

  /** Tokens in the session. Any thread. */
  public int getPosition() {
    final long session = handle.enter();
    try {
      return Natives.sessionPosition(session);
    } finally {
      handle.leave();
    }
  }

  /** Any thread. */
  @NonNull
  public Counters getCounters() {
    final long session = handle.enter();
    try {
      final long[] result = new long[6];
      Natives.sessionCounters(session, result);
      return new Counters(result);
    } finally {
      handle.leave();
    }
  }

  /** Forgets all tokens from that position on. */
  public void rewind(int position) {
    Check.notNegative("position", position);
    final long session = handle.enter();
    try {
      Natives.sessionRewind(session, position);
    } finally {
      handle.leave();
    }
  }

  /** The session's tokens from `first` on. */
  @NonNull
  public int[] tokens(int first) {
    Check.notNegative("first", first);
    final long session = handle.enter();
    try {
      return Natives.sessionTokens(session, first);
    } finally {
      handle.leave();
    }
  }

  /** A second session that begins with the same tokens and shares their cache. */
  @NonNull
  public Session fork() {
    final long session = handle.enter();
    try {
      return new Session(handle(Natives.sessionFork(session), handle.parent()), width);
    } finally {
      handle.leave();
    }
  }

  /** The whole state as bytes, bound to the model. */
  @NonNull
  public byte[] save() {
    final long session = handle.enter();
    try {
      return Natives.sessionSave(session);
    } finally {
      handle.leave();
    }
  }

  public void restore(@NonNull byte[] bytes) {
    Check.given("bytes", bytes);
    final long session = handle.enter();
    try {
      Natives.sessionRestore(session, bytes);
    } finally {
      handle.leave();
    }
  }
}
