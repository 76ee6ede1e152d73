package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;

/** How an object of a skill plugin is made: inside of its runtime and, where it has one, of its model. */
final class Skills {
  /** The native call; model is 0 where there is none. */
  interface Maker {
    long make(long runtime, long model);
  }

  private Skills() {}

  @NonNull
  static Handle open(
      @NonNull String name, @NonNull Runtime runtime, @Nullable Model model, @NonNull Maker maker, @NonNull Handle.Action destroy,
      @Nullable Handle.Action cancel) {
    if (model == null) {
      final long address = runtime.handle.enter();
      try {
        return new Handle(name, maker.make(address, 0), runtime.handle, destroy, cancel);
      } finally {
        runtime.handle.leave();
      }
    }
    if (model.runtime != runtime)
      throw new SottoException.InvalidArgument("the model of the " + name + " belongs to another runtime: open it on this one");
    final long address = model.handle.enter();
    try {
      final long above = runtime.handle.enterForChild();
      try {
        return new Handle(name, maker.make(above, address), model.handle, destroy, cancel);
      } finally {
        runtime.handle.leave();
      }
    } finally {
      model.handle.leave();
    }
  }

  /** The constant of that number, null for SOTTO_NONE and what this version does not know. */
  @Nullable
  static <T> T constant(@NonNull T[] all, long code) {
    return code >= 0 && code < all.length ? all[(int) code] : null;
  }

  /** The bytes of each text. */
  @NonNull
  static byte[][] bytes(@NonNull String what, @NonNull Iterable<String> texts) {
    final java.util.ArrayList<byte[]> found = new java.util.ArrayList<>();
    for (String text : texts) found.add(Utf8.bytes(what, Check.given(what, text)));
    return found.toArray(new byte[0][]);
  }
}
