package dev.sotto.sample;

import android.app.Activity;
import android.os.Bundle;
import android.widget.CheckBox;
import android.widget.EditText;
import android.widget.Spinner;
import dev.sotto.PowerPolicy;

/** Model, power policy, and what the user agrees to. Written when the window is left; the chat reads it when it comes back. */
public final class SettingsActivity extends Activity {
  private Settings.Store store;
  private EditText model;
  private Spinner power;
  private CheckBox mood;
  private CheckBox use;

  @Override
  protected void onCreate(Bundle state) {
    super.onCreate(state);
    setContentView(R.layout.settings);
    store = ChatActivity.storeOf(getSharedPreferences("settings", MODE_PRIVATE));
    model = findViewById(R.id.model);
    power = findViewById(R.id.power);
    mood = findViewById(R.id.mood_consent);
    use = findViewById(R.id.use_consent);
    final Settings now = Settings.read(store);
    model.setText(now.model);
    power.setSelection(now.power.ordinal()); // R.array.power_policies stands in the order of PowerPolicy
    mood.setChecked(now.keepsMood);
    use.setChecked(now.learnsUse);
  }

  @Override
  protected void onPause() {
    final PowerPolicy policy = PowerPolicy.values()[power.getSelectedItemPosition()];
    new Settings(model.getText().toString().trim(), policy, mood.isChecked(), use.isChecked()).write(store);
    super.onPause();
  }
}
