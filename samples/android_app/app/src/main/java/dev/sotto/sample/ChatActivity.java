package dev.sotto.sample;

import android.app.Activity;
import android.content.Intent;
import android.content.IntentFilter;
import android.content.SharedPreferences;
import android.content.pm.PackageManager;
import android.content.res.AssetFileDescriptor;
import android.os.BatteryManager;
import android.os.Bundle;
import android.os.Handler;
import android.os.Looper;
import android.view.View;
import android.widget.ArrayAdapter;
import android.widget.Button;
import android.widget.EditText;
import android.widget.LinearLayout;
import android.widget.ListView;
import android.widget.TextView;
import android.widget.Toast;
import dalvik.system.BaseDexClassLoader;
import dev.sotto.ConversationOptions;
import dev.sotto.ModelSource;
import dev.sotto.Runtime;
import java.io.File;
import java.io.IOException;
import java.util.List;

/** The chat's window: shows what Chat says, and tells it of buttons. */
public final class ChatActivity extends Activity implements ChatView, Phone {
  private static final String BUILT_IN_MODEL = "sotto-mini.gguf";
  private static final String[] APPS = { // ids of the catalogue and what opens them
    "music", Intent.CATEGORY_APP_MUSIC, "maps", Intent.CATEGORY_APP_MAPS, "news", Intent.CATEGORY_APP_BROWSER
  };

  private Chat chat;
  private ArrayAdapter<Message> messages;
  private EditText words;
  private Button send;
  private boolean isAnswering;

  @Override
  protected void onCreate(Bundle state) {
    super.onCreate(state);
    setContentView(R.layout.chat);
    final Handler main = new Handler(Looper.getMainLooper());
    chat = new Chat(this::open, this, main::post);
    messages = new ArrayAdapter<>(this, R.layout.message);
    ((ListView) findViewById(R.id.messages)).setAdapter(messages);
    words = findViewById(R.id.words);
    send = findViewById(R.id.send);
    send.setOnClickListener(button -> sendOrStop());
    findViewById(R.id.settings).setOnClickListener(button -> startActivity(new Intent(this, SettingsActivity.class)));
  }

  /** Also after the settings were changed. */
  @Override
  protected void onResume() {
    super.onResume();
    chat.apply(Settings.read(storeOf(getSharedPreferences("settings", MODE_PRIVATE))));
  }

  @Override
  public void onTrimMemory(int level) {
    super.onTrimMemory(level);
    chat.trim(level);
  }

  @Override
  protected void onDestroy() {
    chat.close();
    super.onDestroy();
  }

  static Settings.Store storeOf(SharedPreferences preferences) {
    return new Settings.Store() {
      @Override
      public String get(String name) {
        return preferences.getString(name, null);
      }

      @Override
      public void put(String name, String text) {
        preferences.edit().putString(name, text).apply();
      }
    };
  }

  /** On the chat's thread. Plugins are libraries of the app; the built-in model is read where it lies in the package. */
  private Engine open(Settings settings) {
    final Runtime.Builder plugins = Runtime.builder().library("libsotto_backend_cpu.so").library("libdialogue.so")
        .library("libsentiment.so");
    // Also where libraries stay inside the package; it is not there where the app was built without SQLite.
    if (((BaseDexClassLoader) getClassLoader()).findLibrary("recommendation") != null) plugins.library("librecommendation.so");
    final ConversationOptions how = ConversationOptions.builder().systemPrompt(getString(R.string.system_prompt)).build();
    final File profiles = new File(getFilesDir(), "profiles");
    if (!profiles.isDirectory() && !profiles.mkdir()) throw new IllegalStateException("no room for " + profiles);
    profiles.setWritable(false, false);
    profiles.setWritable(true, true); // the owner's alone
    if (!settings.model.equals(Settings.BUILT_IN))
      return new Engine(plugins, ModelSource.file(new File(settings.model)), settings, this, how, profiles);
    try (AssetFileDescriptor asset = getAssets().openFd(BUILT_IN_MODEL)) {
      final ModelSource source = ModelSource.descriptor(
          asset.getParcelFileDescriptor().getFd(), asset.getStartOffset(), asset.getLength());
      return new Engine(plugins, source, settings, this, how, profiles);
    } catch (IOException e) {
      throw new IllegalStateException("the package holds no uncompressed " + BUILT_IN_MODEL + ": " + e.getMessage(), e);
    }
  }

  private void sendOrStop() {
    if (isAnswering) {
      chat.stop();
      return;
    }
    chat.send(words.getText().toString());
    words.setText("");
  }

  @Override
  public void showMessages(List<Message> now) {
    messages.setNotifyOnChange(false);
    messages.clear();
    messages.addAll(now);
    messages.notifyDataSetChanged();
  }

  @Override
  public void showAnswering(boolean now) {
    isAnswering = now;
    send.setText(now ? R.string.stop : R.string.send);
  }

  @Override
  public void showMood(int color, String reason) {
    final TextView mood = findViewById(R.id.mood);
    mood.setBackgroundColor(color);
    mood.setText(reason);
  }

  @Override
  public void showSuggestions(List<Suggestion> found) {
    final LinearLayout row = findViewById(R.id.suggestions);
    row.removeAllViews();
    for (Suggestion suggestion : found) {
      final Button button = new Button(this);
      button.setText(suggestion.name);
      button.setContentDescription(suggestion.toString());
      button.setOnClickListener(b -> chat.take(suggestion, this));
      row.addView(button);
    }
    row.setVisibility(found.isEmpty() ? View.GONE : View.VISIBLE);
  }

  @Override
  public void showFailure(String sentence) {
    Toast.makeText(this, sentence, Toast.LENGTH_LONG).show();
  }

  @Override
  public int batteryPercent() {
    final Intent battery = registerReceiver(null, new IntentFilter(Intent.ACTION_BATTERY_CHANGED));
    if (battery == null) return 0;
    return 100 * battery.getIntExtra(BatteryManager.EXTRA_LEVEL, 0) / Math.max(1, battery.getIntExtra(BatteryManager.EXTRA_SCALE, 100));
  }

  @Override
  public boolean open(String feature) {
    final Intent intent = intentOf(feature);
    if (intent == null || getPackageManager().resolveActivity(intent, PackageManager.MATCH_DEFAULT_ONLY) == null) return false;
    startActivity(intent.addFlags(Intent.FLAG_ACTIVITY_NEW_TASK));
    return true;
  }

  private static Intent intentOf(String feature) {
    if (feature.equals("camera")) return new Intent(android.provider.MediaStore.INTENT_ACTION_STILL_IMAGE_CAMERA);
    for (int i = 0; i < APPS.length; i += 2)
      if (APPS[i].equals(feature)) return Intent.makeMainSelectorActivity(Intent.ACTION_MAIN, APPS[i + 1]);
    return null;
  }
}
