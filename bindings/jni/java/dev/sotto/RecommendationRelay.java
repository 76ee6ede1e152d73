package dev.sotto;

import java.util.ArrayList;
import java.util.List;

/** Collects what the library finds. */
final class RecommendationRelay {
  final List<Recommendation> items = new ArrayList<>();

  /** Called by the library. */
  void item(byte[][] texts, int place, double probability, double reasonWeight, double propensity) {
    items.add(new Recommendation(texts, place, probability, reasonWeight, propensity));
  }
}
