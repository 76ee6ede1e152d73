package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;
import java.io.File;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The first object of an application: which plugins are loaded, which backends and devices there are. Any thread. */
public final class Runtime extends NativeObject {
  private Runtime(Handle handle) {
    super(handle);
  }

  @NonNull
  public static Builder builder() {
    return new Builder();
  }

  /** What was found, taken or refused. */
  @NonNull
  public List<PluginInfo> getPlugins() {
    final long runtime = handle.enter();
    try {
      final List<PluginInfo> plugins = new ArrayList<>();
      for (int i = 0; i < Natives.runtimePluginCount(runtime); i++) {
        final byte[][] texts = new byte[5][];
        final int status = Natives.runtimePlugin(runtime, i, texts);
        plugins.add(new PluginInfo(status, texts));
      }
      return Collections.unmodifiableList(plugins);
    } finally {
      handle.leave();
    }
  }

  /** The backends with their devices; asking opens drivers. */
  @NonNull
  public List<BackendInfo> getBackends() {
    final long runtime = handle.enter();
    try {
      final List<BackendInfo> backends = new ArrayList<>();
      for (int b = 0; b < Natives.runtimeBackendCount(runtime); b++) {
        final byte[][] texts = new byte[4][];
        final int count = Natives.runtimeBackend(runtime, b, texts);
        final List<DeviceInfo> devices = new ArrayList<>();
        for (int d = 0; d < count; d++) {
          final long[] numbers = new long[4];
          final byte[][] names = new byte[2][];
          Natives.runtimeDevice(runtime, b, d, numbers, names);
          devices.add(new DeviceInfo(numbers, names));
        }
        backends.add(new BackendInfo(texts, devices));
      }
      return Collections.unmodifiableList(backends);
    } finally {
      handle.leave();
    }
  }

  /** Gives memory back. */
  public void trim(@NonNull TrimLevel level) {
    Check.given("level", level);
    final long runtime = handle.enter();
    try {
      Natives.runtimeTrim(runtime, level.ordinal() + 1);
    } finally {
      handle.leave();
    }
  }

  /** For Android's ComponentCallbacks2: takes its levels as they come. */
  public void onTrimMemory(int level) {
    trim(TrimLevel.ofAndroid(level));
  }

  public void setPowerPolicy(@NonNull PowerPolicy policy) {
    Check.given("policy", policy);
    final long runtime = handle.enter();
    try {
      Natives.runtimeSetPowerPolicy(runtime, policy.ordinal());
    } finally {
      handle.leave();
    }
  }

  /** Opens a model with the options' defaults. */
  @NonNull
  public Model open(@NonNull ModelSource source) {
    return open(source, ModelOptions.DEFAULT);
  }

  @NonNull
  public Model open(@NonNull ModelSource source, @NonNull ModelOptions options) {
    return Model.open(this, Check.given("the model's source", source), Check.given("options", options));
  }

  /** What opening would take; nothing is loaded. */
  @NonNull
  public MemoryEstimate estimate(@NonNull ModelSource source, @NonNull ModelOptions options) {
    Check.given("the model's source", source);
    Check.given("options", options);
    final long runtime = handle.enter();
    try {
      final long[] result = new long[9];
      Natives.modelEstimate(runtime, source.numbers(), source.place(), options.numbers(), options.backend(), result);
      return new MemoryEstimate(result);
    } finally {
      handle.leave();
    }
  }

  /** Features ranked for a user. Needs the recommendation plugin. */
  @NonNull
  public Recommender newRecommender(@NonNull RecommenderOptions options) {
    return Recommender.open(this, options);
  }

  /** What must not pass unheeded. Needs the care plugin. */
  @NonNull
  public Care newCare(@NonNull CareOptions options) {
    return Care.open(this, options);
  }

  /** What was said, kept with consent. Needs the plugins journal and care. */
  @NonNull
  public Journal openJournal(@NonNull JournalOptions options) {
    return Journal.open(this, options);
  }

  /** Says which plugins a runtime has and how it uses the machine. Nothing is loaded that is not named. */
  public static final class Builder {
    private final List<byte[]> pluginFiles = new ArrayList<>();
    private final List<byte[]> libraries = new ArrayList<>();
    @Nullable private byte[] pluginFolder;
    @Nullable private byte[] dataFolder;
    @Nullable private LogListener log;
    private LogLevel logLevel = LogLevel.WARNING;
    private PowerPolicy powerPolicy = PowerPolicy.BALANCED;
    private int threads;
    private int threadPriority;
    private long memoryCapBytes;
    private long affinityMask;

    private Builder() {}

    /** Every plugin in this folder; neither it nor a file may be writable by others. Not for Android: see {@link #library}. */
    @NonNull
    public Builder pluginFolder(@NonNull File folder) {
      pluginFolder = Utf8.path("the plugin folder", Check.given("the plugin folder", folder).getAbsolutePath());
      return this;
    }

    /** This plugin. */
    @NonNull
    public Builder pluginFile(@NonNull File file) {
      pluginFiles.add(Utf8.path("the plugin file", Check.given("the plugin file", file).getAbsolutePath()));
      return this;
    }

    /**
     * A plugin among the app's own native libraries, by the linker's name ("libdialogue.so"), wherever Android keeps them, also
     * inside the package. It is taken as the app's own code, without the checks of files and folders, and stays loaded.
     */
    @NonNull
    public Builder library(@NonNull String fileName) {
      libraries.add(Utf8.path("the plugin library", Check.given("the plugin library", fileName)));
      return this;
    }

    /** An existing folder for private files of plugins; without it they keep none. */
    @NonNull
    public Builder dataFolder(@NonNull File folder) {
      dataFolder = Utf8.path("the data folder", Check.given("the data folder", folder).getAbsolutePath());
      return this;
    }

    /** Of each model; 0: as many as there are fast cores. */
    @NonNull
    public Builder threads(int count) {
      threads = Check.notNegative("threads", count);
      return this;
    }

    @NonNull
    public Builder powerPolicy(@NonNull PowerPolicy policy) {
      powerPolicy = Check.given("policy", policy);
      return this;
    }

    /** Hard cap of all models together; 0: none. */
    @NonNull
    public Builder memoryCapBytes(long bytes) {
      memoryCapBytes = Check.notNegative("memoryCapBytes", bytes);
      return this;
    }

    /** Hint: 0 normal, 1 above, -1 below. */
    @NonNull
    public Builder threadPriority(int priority) {
      threadPriority = priority;
      return this;
    }

    /** Hint: a bit for each core that may be used; 0: any. */
    @NonNull
    public Builder affinityMask(long mask) {
      affinityMask = mask;
      return this;
    }

    /** Lines up to this level go to the listener, from any thread. */
    @NonNull
    public Builder log(@NonNull LogLevel level, @NonNull LogListener listener) {
      logLevel = Check.given("level", level);
      log = Check.given("the listener", listener);
      return this;
    }

    /** Plugins that are refused do not fail the call: see {@link Runtime#getPlugins}. A folder that is missing does. */
    @NonNull
    public Runtime build() {
      Libraries.require();
      byte[] folder = pluginFolder;
      if (folder == null && pluginFiles.isEmpty() && libraries.isEmpty() && Libraries.pluginFolder() != null)
        folder = Utf8.path("the plugin folder", Libraries.pluginFolder().getAbsolutePath());
      final long[] numbers = {
        threads, logLevel.ordinal() + 1, powerPolicy.ordinal(), memoryCapBytes, affinityMask, threadPriority
      };
      final byte[][] files = pluginFiles.toArray(new byte[0][]);
      final byte[][] linked = libraries.toArray(new byte[0][]);
      final LogRelay relay = log == null ? null : new LogRelay(log);
      final long made = Natives.runtimeCreate(numbers, new byte[][] {folder, dataFolder}, files, linked, relay);
      return new Runtime(new Handle("runtime", made, null, Natives::runtimeDestroy, null));
    }
  }
}
