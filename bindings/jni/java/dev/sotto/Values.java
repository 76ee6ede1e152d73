package dev.sotto;

import androidx.annotation.NonNull;
import java.util.List;

/**
 * Typed values in what a user says, Chinese or English: numbers, times, durations, temperatures, colours. What can be meant in several
 * ways comes back in several readings of one group, never guessed. Any thread; needs no runtime and no model.
 */
public final class Values {
  private Values() {}

  /** By the clock and the zone of this machine. */
  @NonNull
  public static List<Value> parse(@NonNull String text) {
    return parse(text, ValuesOptions.DEFAULT);
  }

  /**
   * In order of their places; readings of a group side by side, in order of time or likelihood.
   *
   * @throws SottoException UNSUPPORTED where there are more than 65,536
   */
  @NonNull
  public static List<Value> parse(@NonNull String text, @NonNull ValuesOptions options) {
    final Object bytes = Utf8.encode("the text", Check.given("the text", text));
    final long[] numbers = Check.given("options", options).numbers();
    Libraries.require();
    final ValueRelay found = new ValueRelay();
    Natives.valuesParse(bytes, numbers, found);
    return found.in(text);
  }

  /** Reads every line of a recogniser's list, 1 to 64, and gives the values on which the most likelihood agrees. */
  @NonNull
  public static Agreement agree(@NonNull List<Hypothesis> hypotheses, @NonNull ValuesOptions options) {
    final int count = Check.given("hypotheses", hypotheses).size();
    final byte[][] texts = new byte[count][];
    final float[] scores = new float[count];
    for (int i = 0; i < count; i++) {
      texts[i] = hypotheses.get(i).text;
      scores[i] = hypotheses.get(i).score;
    }
    final long[] numbers = Check.given("options", options).numbers();
    Libraries.require();
    final ValueRelay found = new ValueRelay();
    final float[] share = new float[1];
    final int hypothesis = Natives.valuesAgree(texts, scores, numbers, share, found);
    return new Agreement(hypothesis, share[0], found.in(Utf8.decode(texts[hypothesis])));
  }
}
