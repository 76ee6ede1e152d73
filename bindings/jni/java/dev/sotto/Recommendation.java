package dev.sotto;

import androidx.annotation.NonNull;

/** One feature of a list, with its reason. Immutable. */
public final class Recommendation {
  private final String[] texts; // feature, name zh, name en, reason zh, reason en, kind of the reason
  private final int place;
  private final double probability;
  private final double reasonWeight;
  private final double propensity;

  Recommendation(byte[][] texts, int place, double probability, double reasonWeight, double propensity) {
    this.texts = new String[texts.length];
    for (int i = 0; i < texts.length; i++) this.texts[i] = Utf8.decode(texts[i]);
    this.place = place;
    this.probability = probability;
    this.reasonWeight = reasonWeight;
    this.propensity = propensity;
  }

  /** 0: the first. */
  public int getPlace() {
    return place;
  }

  /** The catalogue's id. */
  @NonNull
  public String getFeature() {
    return texts[0];
  }

  /** In Chinese or English; where the catalogue has one alone, that. */
  @NonNull
  public String name(@NonNull Language language) {
    return texts[language == Language.ENGLISH ? 2 : 1];
  }

  /** One sentence that names what moved the score most. */
  @NonNull
  public String reason(@NonNull Language language) {
    return texts[language == Language.ENGLISH ? 4 : 3];
  }

  /** "hour", "daytype", "weekday", "place", "device", "mood", "tags", "before", "request", "expected", "habit", "recent", "alike", "popular". */
  @NonNull
  public String getReasonKind() {
    return texts[5];
  }

  /** That it is what comes next; all features that fit sum to 1. */
  public double getProbability() {
    return probability;
  }

  /** Log-odds that the reason added. */
  public double getReasonWeight() {
    return reasonWeight;
  }

  /** With which it got this place, given the places above; 1 where nothing is tried out. */
  public double getPropensity() {
    return propensity;
  }

  @Override
  public String toString() {
    return getFeature() + " " + probability + " by " + getReasonKind();
  }
}
