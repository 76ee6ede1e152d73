package dev.sotto;

import androidx.annotation.NonNull;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A device's assistant: understands, calls the functions that were added, answers. One thread at a time, another gets {@link
 * SottoException.Busy}; {@link #cancel} and {@link #close} are for any thread. Functions are held until the close: an assistant
 * that one of its functions refers to is not collected, and must be closed.
 */
public final class Assistant extends NativeObject {
  private final ConcurrentLinkedQueue<Throwable> thrown = new ConcurrentLinkedQueue<>();

  private Assistant(Handle handle) {
    super(handle);
  }

  static Assistant open(Model model, AssistantOptions options) {
    Check.given("options", options);
    return new Assistant(Skills.open("assistant", model.runtime, model,
        (runtime, address) -> Natives.assistantCreate(
            runtime, address, options.domain, options.area, options.numbers(), options.thresholds()),
        Natives::assistantDestroy, Natives::assistantCancel));
  }

  /** A second function of a name replaces the first. */
  public void addFunction(@NonNull DeviceFunction function) {
    Check.given("the function", function);
    final FunctionRelay relay = new FunctionRelay(function.body, thrown);
    run(assistant -> Natives.assistantAddFunction(assistant, function.texts(), function.examples(), function.flags, relay));
  }

  /** The home as JSON (sotto/assistant.h); replaces the one before. */
  public void setHome(@NonNull String json) {
    final Object bytes = Utf8.encode("the home", Check.given("the home", json));
    run(assistant -> Natives.assistantSetHome(assistant, bytes));
  }

  /** The device's manual in a language; replaces the one before, empty: none. */
  public void setManual(@NonNull Language language, @NonNull String text) {
    final Object bytes = Utf8.encode("the manual", Check.given("the manual", text));
    Check.given("the language", language);
    run(assistant -> Natives.assistantSetManual(assistant, language.ordinal(), bytes));
  }

  @NonNull
  public AssistantTurn say(@NonNull String text) {
    return say(Collections.singletonList(new Hypothesis(text, 0)));
  }

  /** 1 to 64 readings of a recogniser: the likeliest together with its meaning is taken. */
  @NonNull
  public AssistantTurn say(@NonNull List<Hypothesis> hypotheses) {
    final int count = Check.given("hypotheses", hypotheses).size();
    final byte[][] texts = new byte[count][];
    final float[] scores = new float[count];
    for (int i = 0; i < count; i++) {
      texts[i] = Check.given("a hypothesis", hypotheses.get(i)).text;
      scores[i] = hypotheses.get(i).score;
    }
    return turn((assistant, said, numbers, confidence) ->
        Natives.assistantTurn(assistant, texts, scores, said, numbers, confidence));
  }

  /** Takes back the last action that can be, as "undo that" does. */
  @NonNull
  public AssistantTurn undo() {
    return turn(Natives::assistantUndo);
  }

  private interface Turn {
    void run(long assistant, byte[][] said, int[] numbers, float[] confidence);
  }

  private AssistantTurn turn(Turn turn) {
    return inside(assistant -> {
      final byte[][] said = new byte[2][];
      final int[] numbers = new int[7];
      final float[] confidence = new float[1];
      turn.run(assistant, said, numbers, confidence);
      final List<Throwable> failures = new ArrayList<>();
      for (Throwable t = thrown.poll(); t != null; t = thrown.poll()) failures.add(t);
      return new AssistantTurn(said, numbers, confidence[0], failures);
    });
  }

  /** The last turn as JSON (sotto/assistant.h). */
  @NonNull
  public String getDetails() {
    return inside(assistant -> Utf8.decode(Natives.assistantText(assistant, false)));
  }

  /** As JSON: [{"role", "content", "language", "source"}, ...], at most the last 256 turns. */
  @NonNull
  public String getHistory() {
    return inside(assistant -> Utf8.decode(Natives.assistantText(assistant, true)));
  }

  /** The model's hidden state at the end of the user's last turn, for {@link Sentiment#readHidden}. */
  @NonNull
  public float[] hidden() {
    return inside(Natives::assistantHidden);
  }

  /** The dialogue as bytes; functions, home and options are the maker's to give again. */
  @NonNull
  public byte[] save() {
    return inside(Natives::assistantSave);
  }

  public void restore(@NonNull byte[] bytes) {
    Check.given("bytes", bytes);
    run(assistant -> Natives.assistantRestore(assistant, bytes));
  }

  /** Forgets the dialogue. */
  public void reset() {
    run(Natives::assistantReset);
  }

  /** Ends the turn in progress: what was called stays called. Any thread. */
  public void cancel() {
    handle.cancel();
  }
}
