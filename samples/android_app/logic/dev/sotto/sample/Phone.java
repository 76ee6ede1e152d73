package dev.sotto.sample;

/** What the logic asks of the machine it runs on. Calls come from any thread. */
public interface Phone {
  /** 0 to 100. */
  int batteryPercent();

  /** Opens the app or feature of the catalogue; false: it is not there. */
  boolean open(String feature);
}
