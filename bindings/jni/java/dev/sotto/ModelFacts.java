package dev.sotto;

import androidx.annotation.NonNull;

/** What a model is. Immutable. A token that the model does not have is {@link #NO_TOKEN}. */
public final class ModelFacts {
  public static final int NO_TOKEN = -1;

  private final long[] numbers;
  private final String[] texts;

  ModelFacts(long[] numbers, byte[][] texts) {
    this.numbers = numbers;
    this.texts = new String[texts.length];
    for (int i = 0; i < texts.length; i++) this.texts[i] = Utf8.decode(texts[i]);
  }

  public int getLayers() {
    return (int) numbers[0];
  }

  /** Numbers of a hidden state. */
  public int getHidden() {
    return (int) numbers[1];
  }

  public int getHeads() {
    return (int) numbers[2];
  }

  public int getKvHeads() {
    return (int) numbers[3];
  }

  public int getHeadDim() {
    return (int) numbers[4];
  }

  public int getFfn() {
    return (int) numbers[5];
  }

  /** Tokens of the vocabulary. */
  public int getVocabulary() {
    return (int) numbers[6];
  }

  public int getContextTrained() {
    return (int) numbers[7];
  }

  /** Of a session; 0 for a vocabulary alone. */
  public int getContextTokens() {
    return (int) numbers[8];
  }

  public int getBos() {
    return (int) numbers[9];
  }

  public int getEos() {
    return (int) numbers[10];
  }

  public int getRanks() {
    return (int) numbers[11];
  }

  public int getTensorCount() {
    return (int) numbers[12];
  }

  public long getParameters() {
    return numbers[13];
  }

  public long getFileBytes() {
    return numbers[14];
  }

  /** Of the tensors that one token reads. */
  public long getWeightBytes() {
    return numbers[15];
  }

  @NonNull
  public String getArchitecture() {
    return texts[0];
  }

  /** The type that most bytes have: "Q4_1". */
  @NonNull
  public String getWeightType() {
    return texts[1];
  }

  @NonNull
  public String getTokenizer() {
    return texts[2];
  }

  @NonNull
  public String getBackend() {
    return texts[3];
  }

  @NonNull
  public String getDevice() {
    return texts[4];
  }

  @NonNull
  public String getName() {
    return texts[5];
  }

  /** SHA-256 of header, metadata and tensor table, hexadecimal. */
  @NonNull
  public String getHash() {
    return texts[6];
  }

  @Override
  public String toString() {
    return getName() + " (" + getArchitecture() + ", " + getWeightType() + ")";
  }
}
