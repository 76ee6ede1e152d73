package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What a user's words sound like, and the mood of one conversation. The read methods: one thread at a time, another gets {@link
 * SottoException.Busy}; the others: any thread. It takes one of the model's sessions, two in {@link #readEnd}: mind {@link
 * ModelOptions.Builder#sessions}. A mood is kept only while consent is on, and erased when it is withdrawn.
 */
public final class Sentiment extends NativeObject {
  private Sentiment(Handle handle) {
    super(handle);
  }

  static Sentiment open(Model model, SentimentOptions options) {
    Check.given("options", options);
    return new Sentiment(Skills.open("sentiment", model.runtime, model,
        (runtime, address) -> Natives.sentimentCreate(runtime, address, options.numbers(), options.thresholds()),
        Natives::sentimentDestroy, Natives::sentimentCancel));
  }

  @NonNull
  public SentimentResult read(@NonNull String text) {
    return read(Collections.singletonList(Check.given("the text", text)), 0).get(0);
  }

  /** Reads them in one call; what their prompts share is computed once. All or nothing. */
  @NonNull
  public List<SentimentResult> read(@NonNull List<String> texts) {
    return read(texts, 0);
  }

  /** @param deadlineMillis of the whole call; 0: none */
  @NonNull
  public List<SentimentResult> read(@NonNull List<String> texts, int deadlineMillis) {
    final byte[][] bytes = Skills.bytes("a text", Check.given("texts", texts));
    Check.notNegative("deadlineMillis", deadlineMillis);
    final int[] numbers = new int[bytes.length * SentimentResult.NUMBERS];
    final float[] floats = new float[bytes.length * SentimentResult.FLOATS];
    if (bytes.length > 0) run(reader -> Natives.sentimentRead(reader, bytes, deadlineMillis, numbers, floats));
    final List<SentimentResult> results = new ArrayList<>(bytes.length);
    for (int i = 0; i < bytes.length; i++) results.add(new SentimentResult(numbers, floats, i));
    return Collections.unmodifiableList(results);
  }

  /**
   * The mood at the end of the user's turn of a conversation whose tokens are in the session, a session of the same model.
   *
   * @param ids the rest of the user's turn, which is appended to the session: the reply needs it anyway, and a head costs nothing
   *     more; empty: the turn is in the session already
   * @param text the user's words, for language and degree, or null
   */
  @NonNull
  public SentimentResult readEnd(@NonNull Session session, @NonNull int[] ids, @Nullable String text) {
    final byte[] words = Utf8.bytes("the text", text);
    Check.given("ids", ids);
    return inside(reader -> Check.given("the session", session).inside(address -> {
      final int[] numbers = new int[SentimentResult.NUMBERS];
      final float[] floats = new float[SentimentResult.FLOATS];
      Natives.sentimentReadSession(reader, address, ids, words, numbers, floats);
      return new SentimentResult(numbers, floats, 0);
    }));
  }

  /**
   * From a hidden state that another skill computed ({@link Assistant#hidden}); no token more. A model without the heads is refused
   * with the status UNSUPPORTED.
   */
  @NonNull
  public SentimentResult readHidden(@NonNull float[] hidden, @Nullable String text) {
    final byte[] words = Utf8.bytes("the text", text);
    Check.given("the hidden state", hidden);
    return inside(reader -> {
      final int[] numbers = new int[SentimentResult.NUMBERS];
      final float[] floats = new float[SentimentResult.FLOATS];
      Natives.sentimentReadHidden(reader, hidden, words, numbers, floats);
      return new SentimentResult(numbers, floats, 0);
    });
  }

  /** Ends the read in progress ({@link SottoException.Cancelled}); without one it does nothing. Any thread. */
  public void cancel() {
    handle.cancel();
  }

  /** Withdrawing consent erases the mood at once. */
  public void setConsent(boolean isGiven) {
    run(reader -> Natives.sentimentSetConsent(reader, isGiven));
  }

  /** Into the mood; without consent nothing is kept. A turn without a label is not counted. */
  public void noteTurn(@NonNull SentimentResult turn) {
    Check.given("the turn", turn);
    run(reader -> Natives.sentimentNoteTurn(reader, turn.numbers(), turn.floats()));
  }

  /** What happened beside words: REPHRASE, CANCEL, FAILED_CALL. One alone never makes the mood negative, two at a time do. */
  public void noteEvent(@NonNull MoodCause event) {
    Check.given("the event", event);
    run(reader -> Natives.sentimentNoteEvent(reader, event.ordinal()));
  }

  /** The mood now. */
  @NonNull
  public Mood getMood() {
    return inside(reader -> {
      final int[] numbers = new int[6];
      final float[] floats = new float[2];
      Natives.sentimentMood(reader, numbers, floats);
      return new Mood(numbers, floats);
    });
  }

  public void reset() {
    run(Natives::sentimentReset);
  }

  /** A sentence on why the mood is what it is; empty when there is no reason. */
  @NonNull
  public String reason(@NonNull Language language) {
    Check.given("the language", language);
    return inside(reader -> Utf8.decode(Natives.sentimentSentence(reader, false, language.ordinal())));
  }

  /** An instruction for the one who answers ({@link Conversation#setHint}); empty unless hints and consent are on and the mood asks. */
  @NonNull
  public String hint(@NonNull Language language) {
    Check.given("the language", language);
    return inside(reader -> Utf8.decode(Natives.sentimentSentence(reader, true, language.ordinal())));
  }
}
