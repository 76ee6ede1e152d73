package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;

/** One place of a text. Immutable. */
public final class CareFinding {
  /** What of PERSONAL, in the order of sotto/care.h. */
  public enum Kind {
    NONE,
    PHONE,
    ID_NUMBER,
    CARD,
    MAIL,
    ADDRESS;

    static final Kind[] ALL = values();
  }

  private static final int BY_HEAD = 2;

  private final int[] numbers; // category, severity, kind, language, source
  private final int begin;
  private final int end;
  private final float probability;

  CareFinding(int[] numbers, int begin, int end, float probability) {
    this.numbers = numbers;
    this.begin = begin;
    this.end = end;
    this.probability = probability;
  }

  /** Null: one that this version does not know. */
  @Nullable
  public CareCategory getCategory() {
    return Skills.constant(CareCategory.ALL, numbers[0]);
  }

  @NonNull
  public CareSeverity getSeverity() {
    final CareSeverity known = Skills.constant(CareSeverity.ALL, numbers[1]);
    return known == null ? CareSeverity.NONE : known;
  }

  @NonNull
  public Kind getKind() {
    final Kind known = Skills.constant(Kind.ALL, numbers[2]);
    return known == null ? Kind.NONE : known;
  }

  /** Of the rule; UNKNOWN: of no language. */
  @NonNull
  public Language getLanguage() {
    final Language known = Skills.constant(Language.ALL, numbers[3]);
    return known == null ? Language.UNKNOWN : known;
  }

  /** By a head of the model; else by a rule. */
  public boolean isFromHead() {
    return numbers[4] == BY_HEAD;
  }

  /** Of the text's chars: text.substring(begin, end). */
  public int getBegin() {
    return begin;
  }

  public int getEnd() {
    return end;
  }

  /** By a head; by a rule 1. */
  public float getProbability() {
    return probability;
  }

  @Override
  public String toString() {
    return getCategory() + " " + getSeverity() + " at " + begin + " to " + end;
  }
}
