package dev.sotto.sample;

import dev.sotto.Consent;
import dev.sotto.ConversationOptions;
import dev.sotto.Language;
import dev.sotto.Model;
import dev.sotto.ModelOptions;
import dev.sotto.ModelSource;
import dev.sotto.Mood;
import dev.sotto.MoodCause;
import dev.sotto.PowerPolicy;
import dev.sotto.Profile;
import dev.sotto.Recommendation;
import dev.sotto.Recommender;
import dev.sotto.RecommenderOptions;
import dev.sotto.Runtime;
import dev.sotto.Sentiment;
import dev.sotto.SentimentOptions;
import dev.sotto.SentimentResult;
import dev.sotto.SottoException;
import dev.sotto.Status;
import dev.sotto.UsageContext;
import dev.sotto.UsageEvent;
import java.io.File;
import java.util.ArrayList;
import java.util.List;

/** The runtime, one model and the skills on it. One thread at a time but for stop, setPower and trim. */
public final class Engine implements AutoCloseable {
  private static final int SESSIONS = 4; // the talk, the mood, what words mean, one to spare
  private static final int ANSWER_TOKENS = 256;
  private static final int SUGGESTIONS = 3;
  private static final String DOMAIN = "sotto.assistant";

  private final Runtime runtime;
  private final Model model;
  private final Talk talk;
  private final Sentiment sentiment;
  private final Recommender recommender; // null: the app came without that plugin, and suggests nothing
  private final Profile profile; // likewise

  /**
   * @param plugins names the plugins of this platform to the builder
   * @param how a model that writes is told to talk
   * @param profiles existing folder of the app alone; null: what is learned ends with the app
   * @throws SottoException with what to do
   */
  public Engine(Runtime.Builder plugins, ModelSource source, Settings settings, Phone phone, ConversationOptions how,
      File profiles) {
    final List<AutoCloseable> opened = new ArrayList<>();
    try {
      runtime = kept(opened, plugins.powerPolicy(settings.power).build());
      model = kept(opened, runtime.open(source, ModelOptions.builder().sessions(SESSIONS).build()));
      sentiment = kept(opened, model.newSentiment(SentimentOptions.builder().consent(settings.keepsMood).build()));
      recommender = recommenderOf(runtime, profiles);
      if (recommender != null) opened.add(recommender);
      profile = recommender == null ? null : kept(opened, recommender.openProfile("owner"));
      setConsent(settings.keepsMood, settings.learnsUse);
      talk = carriesDomain() ? new AssistantTalk(model, PhoneFunctions.of(phone, this::used))
          : new WritingTalk(model, how, ANSWER_TOKENS);
    } catch (RuntimeException e) {
      closeAll(opened);
      throw e;
    }
  }

  private static <T extends AutoCloseable> T kept(List<AutoCloseable> opened, T object) {
    opened.add(object);
    return object;
  }

  private static Recommender recommenderOf(Runtime runtime, File profiles) {
    final RecommenderOptions.Builder options = RecommenderOptions.builder(Catalogue.json()).withoutExploration();
    if (profiles != null) options.folder(profiles);
    try {
      return runtime.newRecommender(options.build());
    } catch (SottoException.NotFound e) {
      return null;
    }
  }

  private boolean carriesDomain() {
    try {
      return !model.text(DOMAIN).isEmpty();
    } catch (SottoException.NotFound e) {
      return false;
    }
  }

  Talk talk() {
    return talk;
  }

  String modelName() {
    return model.getFacts().getName();
  }

  /** Reads how the words sound into the mood; from the state that the talk left, where there is one. */
  void hear(String words, float[] hidden) {
    sentiment.noteTurn(read(words, hidden));
  }

  private SentimentResult read(String words, float[] hidden) {
    if (hidden == null) return sentiment.read(words);
    try {
      return sentiment.readHidden(hidden, words);
    } catch (SottoException e) {
      if (e.getStatus() != Status.UNSUPPORTED) throw e; // a model without these heads
      return sentiment.read(words);
    }
  }

  void note(MoodCause event) {
    sentiment.noteEvent(event);
  }

  Mood mood() {
    return sentiment.getMood();
  }

  String moodReason(boolean isChinese) {
    return sentiment.reason(language(isChinese));
  }

  /** The best now, for the buttons below the chat: the user asked for them by looking there. */
  List<Suggestion> suggestions(String request, boolean isChinese) {
    final List<Suggestion> found = new ArrayList<>();
    if (profile == null) return found;
    for (Recommendation r : profile.rank(now().request(request).build(), SUGGESTIONS))
      found.add(new Suggestion(r.getFeature(), r.name(language(isChinese)), r.reason(language(isChinese))));
    return found;
  }

  /** Kept only with consent. */
  void used(String feature) {
    record(UsageEvent.USED, feature);
  }

  void accepted(String feature) {
    record(UsageEvent.ACCEPTED, feature);
  }

  private void record(UsageEvent event, String feature) {
    if (profile != null && profile.getFacts().getConsent() == Consent.GRANTED) profile.record(event, feature, now().build());
  }

  private UsageContext.Builder now() {
    final Mood mood = mood();
    final UsageContext.Builder context = UsageContext.builder().device("phone").has("screen");
    return mood.getLabel() == null ? context : context.mood(mood.getValence());
  }

  /** Any thread. */
  void setPower(PowerPolicy policy) {
    runtime.setPowerPolicy(policy);
  }

  /** With a level of ComponentCallbacks2. Any thread. */
  void trim(int level) {
    runtime.onTrimMemory(level);
  }

  final void setConsent(boolean keepsMood, boolean learnsUse) {
    sentiment.setConsent(keepsMood);
    if (profile != null) profile.setConsent(learnsUse ? Consent.GRANTED : Consent.NONE);
  }

  private static Language language(boolean isChinese) {
    return isChinese ? Language.CHINESE : Language.ENGLISH;
  }

  @Override
  public void close() {
    talk.close();
    closeAll(java.util.Arrays.<AutoCloseable>asList(runtime, model, sentiment, recommender, profile));
  }

  /** The last one first. */
  private static void closeAll(List<AutoCloseable> objects) {
    for (int i = objects.size() - 1; i >= 0; i--) {
      try {
        if (objects.get(i) != null) objects.get(i).close();
      } catch (Exception e) {
        // Sotto's objects throw nothing when they close; the others are to be closed all the same.
      }
    }
  }
}
