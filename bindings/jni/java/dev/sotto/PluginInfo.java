package dev.sotto;

import androidx.annotation.NonNull;

/** A plugin that was found: taken or refused. Immutable. */
public final class PluginInfo {
  private final Status status;
  private final String id;
  private final String version;
  private final String description;
  private final String path;
  private final String reason;

  PluginInfo(int status, byte[][] texts) {
    this.status = Status.of(status);
    id = Utf8.decode(texts[0]);
    version = Utf8.decode(texts[1]);
    description = Utf8.decode(texts[2]);
    path = Utf8.decode(texts[3]);
    reason = Utf8.decode(texts[4]);
  }

  public boolean isLoaded() {
    return status == Status.OK;
  }

  @NonNull
  public Status getStatus() {
    return status;
  }

  @NonNull
  public String getId() {
    return id;
  }

  @NonNull
  public String getVersion() {
    return version;
  }

  @NonNull
  public String getDescription() {
    return description;
  }

  /** Empty for one that was given as a library already loaded. */
  @NonNull
  public String getPath() {
    return path;
  }

  /** Why it was refused; empty when it was not. */
  @NonNull
  public String getReason() {
    return reason;
  }

  @Override
  public String toString() {
    return isLoaded() ? id + " " + version : path + ": " + reason;
  }
}
