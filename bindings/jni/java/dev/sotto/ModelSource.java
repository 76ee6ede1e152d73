package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;
import java.io.File;
import java.nio.ByteBuffer;

/** Where a model comes from: a GGUF file, a part of an open file, or memory. Immutable. */
public final class ModelSource {
  private static final int PATH = 0;
  private static final int MEMORY = 1;
  private static final int DESCRIPTOR = 2;

  private final long[] numbers; // kind, descriptor, offset, length
  @Nullable private final Object place;

  private ModelSource(int kind, int descriptor, long offset, long length, @Nullable Object place) {
    numbers = new long[] {kind, descriptor, Check.notNegative("offset", offset), Check.notNegative("length", length)};
    this.place = place;
  }

  @NonNull
  public static ModelSource file(@NonNull File file) {
    return new ModelSource(PATH, 0, 0, 0, Utf8.path("the model file", Check.given("the model file", file).getPath()));
  }

  /**
   * A part of an open file, which may be closed after the model is open: an Android asset that is stored uncompressed
   * (AssetFileDescriptor: getParcelFileDescriptor().getFd(), getStartOffset(), getLength()).
   *
   * @param length bytes of the model; 0: to the end of the file
   */
  @NonNull
  public static ModelSource descriptor(int descriptor, long offset, long length) {
    return new ModelSource(DESCRIPTOR, Check.notNegative("descriptor", descriptor), offset, length, null);
  }

  /** The whole of a direct buffer, from 0 to its capacity; it must not be written to while the model is open. */
  @NonNull
  public static ModelSource memory(@NonNull ByteBuffer direct) {
    if (!Check.given("the model's buffer", direct).isDirect())
      throw new SottoException.InvalidArgument("the model's buffer is no direct one, which the VM may move: use ByteBuffer.allocateDirect");
    return new ModelSource(MEMORY, 0, 0, 0, direct);
  }

  long[] numbers() {
    return numbers;
  }

  @Nullable
  Object place() {
    return place;
  }
}
