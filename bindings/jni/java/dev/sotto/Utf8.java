package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;

/** Text across the border: UTF-8 bytes. The VM's own "modified UTF-8" would cut emoji and NUL into other bytes. */
final class Utf8 {
  private static final int DIRECT_FROM_BYTES = 1 << 16; // larger text is read in place instead of being copied once more

  private Utf8() {}

  /** byte[] or, where large, a direct ByteBuffer that is full; null stays null. `what` names the text in the sentence. */
  @Nullable
  static Object encode(@NonNull String what, @Nullable String text) {
    if (text == null) return null;
    final long size = size(what, text);
    if (size < DIRECT_FROM_BYTES) return text.getBytes(StandardCharsets.UTF_8);
    if (size > Integer.MAX_VALUE)
      throw new SottoException.InvalidArgument(what + " takes " + size + " bytes of UTF-8, at most " + Integer.MAX_VALUE + " cross");
    final ByteBuffer buffer = direct(what, (int) size);
    StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text), buffer, true);
    return buffer;
  }

  /** As {@link #encode} for what is never large: names, keys. */
  @Nullable
  static byte[] bytes(@NonNull String what, @Nullable String text) {
    if (text == null) return null;
    size(what, text);
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** For paths: no NUL inside. */
  @Nullable
  static byte[] path(@NonNull String what, @Nullable String text) {
    if (text != null && text.indexOf('\0') >= 0)
      throw new SottoException.InvalidArgument(
          what + " has a NUL at character " + text.indexOf('\0') + ", which no path may have: name the file without it");
    return bytes(what, text);
  }

  @NonNull
  static String decode(@NonNull byte[] bytes, int size) {
    return new String(bytes, 0, size, StandardCharsets.UTF_8);
  }

  @NonNull
  static String decode(@NonNull byte[] bytes) {
    return decode(bytes, bytes.length);
  }

  /** The char that begins `bytes` of UTF-8 behind the char `from`; the end of the text where there are fewer. */
  static int charAt(@NonNull String text, int from, long bytes) {
    int at = from;
    for (long left = bytes; left > 0 && at < text.length(); at++) {
      final char c = text.charAt(at);
      left -= c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3; // a pair is 4 bytes, 2 for each half
    }
    return at;
  }

  private static ByteBuffer direct(String what, int size) {
    try {
      return ByteBuffer.allocateDirect(size);
    } catch (OutOfMemoryError e) {
      throw new SottoException.OutOfMemory(
          what + " takes " + size + " bytes of direct memory, which the VM does not have: pass less text");
    }
  }

  /** Bytes of the text; refuses half of a surrogate pair, which stands for no character. */
  private static long size(String what, String text) {
    long size = 0;
    final int length = text.length();
    for (int i = 0; i < length; i++) {
      final char c = text.charAt(i);
      if (c < 0x80) {
        size += 1;
      } else if (c < 0x800) {
        size += 2;
      } else if (!Character.isSurrogate(c)) {
        size += 3;
      } else if (Character.isHighSurrogate(c) && i + 1 < length && Character.isLowSurrogate(text.charAt(i + 1))) {
        size += 4;
        i++;
      } else {
        throw new SottoException.InvalidArgument(String.format(
            "%s has half of a surrogate pair (U+%04X) at character %d: text was cut inside an emoji or rare character, cut it elsewhere",
            what, (int) c, i));
      }
    }
    return size;
  }
}
