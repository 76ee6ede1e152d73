package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;
import java.util.List;

/** A model in memory: its facts, its tokenizer, its chat template; sessions are made from it. Any thread. */
public final class Model extends NativeObject {
  private static final int SPECIAL = 1;
  private static final int NO_BOS = 2;
  private static final int NO_GENERATION_PROMPT = 1;

  final Runtime runtime;

  private Model(Runtime runtime, Handle handle) {
    super(handle);
    this.runtime = runtime;
  }

  static Model open(Runtime runtime, ModelSource source, ModelOptions options) {
    final long address = runtime.handle.enter();
    try {
      final Object place = source.place();
      final long made = Natives.modelOpen(
          address, source.numbers(), place, options.numbers(), options.backend(), options.progress());
      final Handle.Action destroy = model -> destroy(model, place);
      return new Model(runtime, new Handle("model", made, runtime.handle, destroy, null));
    } finally {
      runtime.handle.leave();
    }
  }

  /** `place` is an argument so that a buffer lives as long as the native model does. */
  private static void destroy(long model, @Nullable Object place) {
    Natives.modelDestroy(model);
  }

  @NonNull
  public ModelFacts getFacts() {
    final long model = handle.enter();
    try {
      final long[] numbers = new long[16];
      final byte[][] texts = new byte[7][];
      Natives.modelFacts(model, numbers, texts);
      return new ModelFacts(numbers, texts);
    } finally {
      handle.leave();
    }
  }

  /** A metadata value of the file ("general.license"); numbers come as text. */
  @NonNull
  public String text(@NonNull String key) {
    final byte[] name = Utf8.bytes("the key", Check.given("the key", key));
    final long model = handle.enter();
    try {
      return Utf8.decode(Natives.modelText(model, name));
    } finally {
      handle.leave();
    }
  }

  /** Markers in the text are plain text; a beginning-of-text token comes first where the model wants one. */
  @NonNull
  public int[] tokenize(@NonNull String text) {
    return tokenize(text, false, true);
  }

  /**
   * @param withMarkers markers such as {@code <|im_end|>} become control tokens; never for text from users
   * @param withBos a beginning-of-text token where the model wants one
   */
  @NonNull
  public int[] tokenize(@NonNull String text, boolean withMarkers, boolean withBos) {
    final Object bytes = Utf8.encode("the text", Check.given("the text", text));
    final long model = handle.enter();
    try {
      return Natives.modelTokenize(model, bytes, (withMarkers ? SPECIAL : 0) | (withBos ? 0 : NO_BOS));
    } finally {
      handle.leave();
    }
  }

  /** Control tokens are left out. */
  @NonNull
  public String detokenize(@NonNull int[] ids) {
    return detokenize(ids, false);
  }

  @NonNull
  public String detokenize(@NonNull int[] ids, boolean withMarkers) {
    Check.given("ids", ids);
    final long model = handle.enter();
    try {
      return Utf8.decode(Natives.modelDetokenize(model, ids, withMarkers ? SPECIAL : 0));
    } finally {
      handle.leave();
    }
  }

  /**
   * The prompt as text by the model's chat template.
   *
   * @param messages JSON: [{"role": "user", "content": "..."}, ...]
   * @param variables JSON object of further variables, or null
   */
  @NonNull
  public String renderTemplate(@NonNull String messages, @Nullable String variables) {
    final Object json = Utf8.encode("messages", Check.given("messages", messages));
    final Object further = Utf8.encode("variables", variables);
    final long model = handle.enter();
    try {
      return Utf8.decode(Natives.templateRender(model, json, further));
    } finally {
      handle.leave();
    }
  }

  /** The prompt as ids: markers of the template are control tokens, markers inside messages plain text. */
  @NonNull
  public int[] tokenizeTemplate(@NonNull String messages, @Nullable String variables, boolean withGenerationPrompt) {
    final Object json = Utf8.encode("messages", Check.given("messages", messages));
    final Object further = Utf8.encode("variables", variables);
    final long model = handle.enter();
    try {
      return Natives.templateTokenize(model, json, further, withGenerationPrompt ? 0 : NO_GENERATION_PROMPT);
    } finally {
      handle.leave();
    }
  }

  /** The heads that the file carries; most carry none. */
  @NonNull
  public List<Head> getHeads() {
    return Head.all(this);
  }

  /** @throws SottoException.NotFound with the names there are */
  @NonNull
  public Head head(@NonNull String name) {
    return Head.of(this, name);
  }

  /** A LoRA adapter for sessions of this model. The source is read during the call. */
  @NonNull
  public Adapter openAdapter(@NonNull ModelSource source) {
    return Adapter.open(this, source);
  }

  /**
   * Compiles a grammar for answers of this model.
   *
   * @throws SottoException.InvalidArgument with line and column of what is wrong
   */
  @NonNull
  public Grammar newGrammar(@NonNull GrammarOptions options) {
    Check.given("options", options);
    return inside(model -> Grammar.compile(model, options));
  }

  @NonNull
  public Session newSession() {
    return newSession(0);
  }

  /** @param contextTokens limit of this session; 0: the model's */
  @NonNull
  public Session newSession(int contextTokens) {
    Check.notNegative("contextTokens", contextTokens);
    final int width = getFacts().getHidden();
    final long model = handle.enter();
    try {
      return new Session(Session.handle(Natives.sessionCreate(model, contextTokens), handle), width);
    } finally {
      handle.leave();
    }
  }

  /** Needs the dialogue plugin in the runtime. */
  @NonNull
  public Conversation newConversation(@NonNull ConversationOptions options) {
    return Conversation.open(this, options);
  }

  /** What words sound like, and a mood; for one conversation. Needs the sentiment plugin in the runtime. */
  @NonNull
  public Sentiment newSentiment(@NonNull SentimentOptions options) {
    return Sentiment.open(this, options);
  }

  /** Understands, calls the device's functions, answers. Needs the dialogue plugin in the runtime. */
  @NonNull
  public Assistant newAssistant(@NonNull AssistantOptions options) {
    return Assistant.open(this, options);
  }
}
