package dev.sotto;

import androidx.annotation.NonNull;
import java.util.Collections;
import java.util.List;

/** A loaded backend and its devices. Immutable. */
public final class BackendInfo {
  private final String id;
  private final String name;
  private final String version;
  private final String reason;
  private final List<DeviceInfo> devices;

  BackendInfo(byte[][] texts, List<DeviceInfo> devices) {
    id = Utf8.decode(texts[0]);
    name = Utf8.decode(texts[1]);
    version = Utf8.decode(texts[2]);
    reason = Utf8.decode(texts[3]);
    this.devices = Collections.unmodifiableList(devices);
  }

  @NonNull
  public String getId() {
    return id;
  }

  /** What {@link ModelOptions.Builder#backend} takes: "cpu". */
  @NonNull
  public String getName() {
    return name;
  }

  @NonNull
  public String getVersion() {
    return version;
  }

  /** Why there are no devices; empty otherwise. */
  @NonNull
  public String getReason() {
    return reason;
  }

  @NonNull
  public List<DeviceInfo> getDevices() {
    return devices;
  }

  @Override
  public String toString() {
    return name + " " + version + " " + devices;
  }
}
