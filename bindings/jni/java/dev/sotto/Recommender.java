package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;

/** A catalogue of features and apps; users' profiles are opened from it. Any thread. */
public final class Recommender extends NativeObject {
  private Recommender(Handle handle) {
    super(handle);
  }

  static Recommender open(Runtime runtime, RecommenderOptions options) {
    Check.given("options", options);
    return new Recommender(Skills.open("recommender", runtime, options.model,
        (address, model) -> Natives.recommenderCreate(
            address, model, options.catalogue, options.folder, options.numbers(), options.weights()),
        Natives::recommenderDestroy, null));
  }

  @NonNull
  public Profile openProfile(@NonNull String user) {
    return openProfile(user, null);
  }

  /**
   * Makes no file.
   *
   * @param user 1 to 64 of A-Z, a-z, 0-9, _ and -
   * @param key for a build on SQLCipher, else UNSUPPORTED; null: none
   * @throws SottoException.BadFile for a damaged or foreign file, which stays as it is
   */
  @NonNull
  public Profile openProfile(@NonNull String user, @Nullable String key) {
    final byte[] name = Utf8.bytes("the user", Check.given("the user", user));
    final byte[] secret = Utf8.bytes("the key", key);
    return inside(recommender -> new Profile(new Handle(
        "profile", Natives.profileOpen(recommender, name, secret), handle, Natives::profileClose, null)));
  }
}
