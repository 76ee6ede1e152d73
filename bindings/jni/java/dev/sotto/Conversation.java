package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;
import java.util.concurrent.Executor;

/** A conversation in turns through the dialogue plugin. The thread rules are those of {@link Session}. */
public final class Conversation extends NativeObject {
  private static final byte[] USER = Utf8.bytes("role", "user");

  @Nullable private volatile Generation<?> latest;

  private Conversation(Handle handle) {
    super(handle);
  }

  static Conversation open(Model model, ConversationOptions options) {
    Check.given("options", options);
    final long runtime = model.runtime.handle.enterForChild();
    try {
      final long address = model.handle.enter();
      try {
        final long made = Natives.dialogueCreate(
            runtime, address, options.texts(), options.answerTokens, options.contextTokens);
        return new Conversation(
            new Handle("conversation", made, model.handle, Natives::dialogueDestroy, Natives::dialogueCancel));
      } finally {
        model.handle.leave();
      }
    } finally {
      model.runtime.handle.leave();
    }
  }

  /** Says it as the user; the assistant's greedy answer goes to the listener, on this thread. */
  @NonNull
  public TurnResult say(@NonNull String text, @NonNull TextListener listener) {
    return say(text, GenerateOptions.DEFAULT, listener);
  }

  /**
   * Says it as the user. After a cancel or deadline the text so far is the answer; after another failure, and after these when no
   * text came, the turn is taken back.
   */
  @NonNull
  public TurnResult say(@NonNull String text, @NonNull GenerateOptions options, @NonNull TextListener listener) {
    final Object bytes = Utf8.encode("the text", Check.given("the text", text));
    Generation.awaitCancelled(latest);
    return sayNow(bytes, options, listener);
  }

  /** The answer comes on a thread of its own; the listener hears it there. */
  @NonNull
  public Generation<TurnResult> sayAsync(
      @NonNull String text, @NonNull GenerateOptions options, @NonNull TextListener listener) {
    return sayAsync(text, options, listener, Generation.OWN_THREAD);
  }

  /** The answer comes on the executor, one of whose threads it takes until it ends. */
  @NonNull
  public Generation<TurnResult> sayAsync(
      @NonNull String text, @NonNull GenerateOptions options, @NonNull TextListener listener, @NonNull Executor executor) {
    final Object bytes = Utf8.encode("the text", Check.given("the text", text));
    Check.given("options", options);
    Check.given("the listener", listener);
    final Generation<TurnResult> started = Generation.start(
        executor, latest, this::cancel, listener, relayed -> sayNow(bytes, options, relayed));
    latest = started;
    return started;
  }

  /** The answer as an iterator over its pieces. */
  @NonNull
  public TextStream<TurnResult> stream(@NonNull String text, @NonNull GenerateOptions options) {
    return TextStream.open(Generation.OWN_THREAD, (executor, listener) -> sayAsync(text, options, listener, executor));
  }

  private TurnResult sayNow(Object text, GenerateOptions options, @Nullable TextListener listener) {
    return Check.given("options", options).during(packed -> inside(dialogue -> {
      final long[] result = new long[10];
      Natives.dialogueSay(dialogue, USER, text, packed, new PieceRelay(listener, null), result);
      return new TurnResult(result);
    }));
  }

  /** Adds a turn without an answer: a tool's result, a history from elsewhere. */
  public void add(@NonNull String role, @NonNull String text) {
    final byte[] name = Utf8.bytes("the role", Check.given("the role", role));
    final Object bytes = Utf8.encode("the text", Check.given("the text", text));
    final long dialogue = handle.enter();
    try {
      Natives.dialogueAdd(dialogue, name, bytes);
    } finally {
      handle.leave();
    }
  }

  /**
   * How to answer the turns to come, at most 1000 bytes behind the system prompt: {@link Sentiment#hint}, which is empty unless the
   * user agreed. Empty, as at the beginning: none. It is no part of the history nor of what {@link #save} gives.
   */
  public void setHint(@NonNull String text) {
    final Object bytes = Utf8.encode("the hint", Check.given("the hint", text));
    run(dialogue -> Natives.dialogueSetHint(dialogue, bytes));
  }

  /** Ends the answer in progress within 50 ms; without one it does nothing. Any thread. */
  public void cancel() {
    handle.cancel();
  }

  /** Forgets all turns but the system prompt. */
  public void reset() {
    final long dialogue = handle.enter();
    try {
      Natives.dialogueReset(dialogue);
    } finally {
      handle.leave();
    }
  }

  /** Takes back the last turns; a question and its answer are two. */
  public void undo(int turns) {
    Check.notNegative("turns", turns);
    final long dialogue = handle.enter();
    try {
      Natives.dialogueUndo(dialogue, turns);
    } finally {
      handle.leave();
    }
  }

  /** As JSON: [{"role": ..., "content": ...}, ...], the system prompt first. */
  @NonNull
  public String getHistory() {
    final long dialogue = handle.enter();
    try {
      return Utf8.decode(Natives.dialogueHistory(dialogue));
    } finally {
      handle.leave();
    }
  }

  /** The whole conversation with its cache as bytes, bound to the model. */
  @NonNull
  public byte[] save() {
    final long dialogue = handle.enter();
    try {
      return Natives.dialogueSave(dialogue);
    } finally {
      handle.leave();
    }
  }

  public void restore(@NonNull byte[] bytes) {
    Check.given("bytes", bytes);
    final long dialogue = handle.enter();
    try {
      Natives.dialogueRestore(dialogue, bytes);
    } finally {
      handle.leave();
    }
  }
}
