package dev.sotto.sample;

import dev.sotto.PowerPolicy;

/** What the user chose. Immutable; read from and written to a store of names and texts, where anything may stand. */
public final class Settings {
  /** The model that comes with the app. */
  public static final String BUILT_IN = "";

  /** Names and texts: shared preferences on Android, a map in tests. */
  public interface Store {
    /** Null: never set. */
    String get(String name);

    void put(String name, String text);
  }

  private static final String MODEL = "model";
  private static final String POWER = "power";
  private static final String MOOD = "mood_consent";
  private static final String USE = "use_consent";

  public final String model; // a file, or BUILT_IN
  public final PowerPolicy power;
  public final boolean keepsMood; // the user agreed
  public final boolean learnsUse; // likewise

  public Settings(String model, PowerPolicy power, boolean keepsMood, boolean learnsUse) {
    this.model = model;
    this.power = power;
    this.keepsMood = keepsMood;
    this.learnsUse = learnsUse;
  }

  /** Nothing is kept of a user who was not asked. */
  public static Settings read(Store store) {
    final String model = store.get(MODEL);
    return new Settings(model == null ? BUILT_IN : model, powerOf(store.get(POWER)), "true".equals(store.get(MOOD)),
        "true".equals(store.get(USE)));
  }

  public void write(Store store) {
    store.put(MODEL, model);
    store.put(POWER, power.name());
    store.put(MOOD, String.valueOf(keepsMood));
    store.put(USE, String.valueOf(learnsUse));
  }

  private static PowerPolicy powerOf(String name) {
    for (PowerPolicy policy : PowerPolicy.values())
      if (policy.name().equals(name)) return policy;
    return PowerPolicy.BALANCED;
  }
}
