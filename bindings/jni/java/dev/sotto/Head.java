package dev.sotto;

import androidx.annotation.NonNull;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * A small linear layer on the model's hidden states that its file carries: intents, moods, spans. {@link Session#read} feeds text and
 * gives its outputs in one; {@link #apply} is for hidden states that are there already. Immutable, any thread; of use while the model
 * is open.
 */
public final class Head {
  final int index;
  final Handle model;
  private final String name;
  private final HeadKind kind;
  private final List<HeadLabel> labels;
  private final int outputs;
  private final int hidden;
  private final float temperature;

  private Head(long address, Handle model, int index, int hidden) {
    this.index = index;
    this.model = model;
    this.hidden = hidden;
    final int[] numbers = new int[3];
    final float[] real = new float[1];
    name = Utf8.decode(Natives.headInfo(address, index, numbers, real));
    kind = HeadKind.of(numbers[0]);
    outputs = numbers[2];
    temperature = real[0];
    final List<HeadLabel> found = new ArrayList<>(numbers[1]);
    for (int i = 0; i < numbers[1]; i++) {
      final String text = Utf8.decode(Natives.headLabel(address, index, i, real));
      found.add(new HeadLabel(text, real[0]));
    }
    labels = Collections.unmodifiableList(found);
  }

  static Head of(Model model, String name) {
    final byte[] bytes = Utf8.bytes("the head's name", Check.given("the head's name", name));
    final int hidden = model.getFacts().getHidden();
    return model.inside(address -> new Head(address, model.handle, Natives.headFind(address, bytes), hidden));
  }

  static List<Head> all(Model model) {
    final int hidden = model.getFacts().getHidden();
    return model.inside(address -> {
      final List<Head> found = new ArrayList<>();
      final int count = Natives.headCount(address);
      for (int i = 0; i < count; i++) found.add(new Head(address, model.handle, i, hidden));
      return Collections.unmodifiableList(found);
    });
  }

  /** "sentiment". */
  @NonNull
  public String getName() {
    return name;
  }

  @NonNull
  public HeadKind getKind() {
    return kind;
  }

  @NonNull
  public List<HeadLabel> getLabels() {
    return labels;
  }

  /** Numbers for each hidden state: the labels', for spans twice as many. */
  public int getOutputs() {
    return outputs;
  }

  /** Of the calibration; outputs are divided by it already. */
  public float getTemperature() {
    return temperature;
  }

  /**
   * The outputs for one hidden state, before the softmax.
   *
   * @param state as {@link Output#HIDDEN} gives it
   */
  @NonNull
  public float[] apply(@NonNull float[] state) {
    if (Check.given("the hidden state", state).length != hidden)
      throw new SottoException.InvalidArgument(
          "the head " + name + ": the hidden state has " + state.length + " numbers, the model's have " + hidden
              + ": take it from a session of the same model");
    final long address = model.enter();
    try {
      return Natives.headApply(address, index, state, outputs);
    } finally {
      model.leave();
    }
  }

  /** Outputs as probabilities of the labels, which sum to 1. Not for {@link HeadKind#SPAN}, whose labels do not exclude each other. */
  @NonNull
  public float[] probabilities(@NonNull float[] outputs) {
    if (kind == HeadKind.SPAN || Check.given("outputs", outputs).length != this.outputs)
      throw new SottoException.InvalidArgument(
          "the head " + name + " of the kind " + kind + ": probabilities are made of " + this.outputs
              + " outputs of a SEQUENCE or TOKEN head");
    float most = Float.NEGATIVE_INFINITY;
    for (float x : outputs) most = Math.max(most, x);
    double sum = 0;
    for (float x : outputs) sum += Math.exp(x - most);
    final float[] found = new float[outputs.length];
    for (int i = 0; i < found.length; i++) found[i] = (float) (Math.exp(outputs[i] - most) / sum);
    return found;
  }

  /** The flat rows of the library, each in an array of its own. */
  float[][] rows(float[] flat) {
    final float[][] rows = new float[flat.length / outputs][];
    for (int i = 0; i < rows.length; i++) rows[i] = Arrays.copyOfRange(flat, i * outputs, (i + 1) * outputs);
    return rows;
  }

  @Override
  public String toString() {
    return name + " (" + kind + ", " + labels.size() + " labels)";
  }
}
