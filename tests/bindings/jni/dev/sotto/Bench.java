package dev.sotto;

import java.io.File;
import java.util.concurrent.atomic.AtomicInteger;

/** What the tests stand on: the libraries of this build, the tiny models, texts that other bindings broke on. */
final class Bench {
  /** With -Dsotto.gc=true every callback collects garbage first. */
  private static final boolean COLLECTS = Boolean.getBoolean("sotto.gc");
  static final AtomicInteger CALLBACKS = new AtomicInteger();

  /** Chinese (also outside of the basic plane), emoji with joiners and skin tones, flags, combining marks, an embedded NUL. */
  static final String[] TEXTS = {
    "打开客厅的灯，然后放一首歌。",
    "𠮷野家 𪚥 龘",
    "👨‍👩‍👧‍👦 👩🏽‍🚀 👋🏿",
    "🇨🇳🇬🇧🇺🇳 🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "e\u0301 ﷽ ﾊﾟ ½",
    "before\0after",
    "\uFEFF\u200D\uFFFD\uDBFF\uDFFF"
  };

  static final GenerateOptions SHORT = GenerateOptions.builder().maxTokens(16).ignoreEnd().build();
  static final GenerateOptions LONG = GenerateOptions.builder().ignoreEnd().build();
  static final String TEMPLATE = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}";

  private Bench() {}

  static {
    Sotto.loadFrom(new File(property("sotto.libraries")));
  }

  static String property(String name) {
    final String value = System.getProperty(name);
    if (value == null) throw new IllegalStateException("run by ctest, which gives -D" + name);
    return value;
  }

  static File fixture(String name) {
    return new File(property("sotto.fixtures"), name);
  }

  static File echoPlugin() {
    return new File(property("sotto.echo"));
  }

  static Runtime runtime() {
    return Runtime.builder().threads(1).build();
  }

  static Runtime echoRuntime() {
    return Runtime.builder().threads(1).pluginFile(echoPlugin()).pluginFile(backend()).build();
  }

  static File backend() {
    return new File(property("sotto.libraries"), "sotto/libsotto_backend_reference.so");
  }

  /** A llama with byte-level tokens and a context of 128. */
  static Model small(Runtime runtime) {
    return runtime.open(
        ModelSource.file(fixture("gguf/small-f32.gguf")), ModelOptions.builder().backend("reference").sessions(8).build());
  }

  /** The model that comes with the source: heads for intents, sentiment and emotion, and a domain. */
  static Model mini(Runtime runtime) {
    return runtime.open(
        ModelSource.file(new File(property("sotto.mini"))), ModelOptions.builder().backend("cpu").sessions(8).build());
  }

  static TextListener heard(TextListener listener) {
    return piece -> {
      collect();
      return listener.onText(piece);
    };
  }

  /** Appends what it hears. */
  static TextListener into(StringBuilder text) {
    return heard(piece -> {
      text.append(piece);
      return true;
    });
  }

  static void collect() {
    CALLBACKS.incrementAndGet();
    if (COLLECTS) System.gc();
  }

  static boolean collects() {
    return COLLECTS;
  }
}
