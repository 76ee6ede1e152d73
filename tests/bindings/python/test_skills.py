"""Skills through the real plugins, on the model of the source where one is needed; bad input is an exception with a sentence."""
import gc
import os
import threading
import time

import pytest

import sotto
from conftest import MINI, TEMPLATE, TEXTS
from sotto import Category, Consent, Emotion, Label, Language, MoodCause, Quiet, Severity, Status, UsageContext, UsageEvent
from test_sotto import status_of

GLAD, CROSS = "I love this, thank you so much!", "真烦人，又失败了！"
CATALOGUE = {"version": 1, "features": [
    {"id": "music", "name": {"zh": "音乐 🎵", "en": "Music"}, "popularity": 0.5},
    {"id": "news", "name": {"zh": "新闻", "en": "News"}, "popularity": 0.4},
    {"id": "story", "name": {"zh": "睡前故事"}, "popularity": 0.3, "requires": ["speaker"]}]}
NOON = 1_764_417_600_000  # 2025-11-29T12:00Z
TOLD = {"zh": {"done": ["{result}"]}, "en": {"done": ["{result}"]}}
BATTERY = {"description": "tells the battery's level", "schema": {"type": "object", "properties": {}}, "replies": TOLD,
           "examples": ["还有多少电", "电量多少", "how much battery is left", "battery level", "is the battery full"]}


@pytest.fixture(scope="module")
def mini(runtime):
    with runtime.open(MINI, backend="cpu", sessions=8) as made:
        yield made


def at(minute, **more):
    return UsageContext(unix_ms=NOON + 60_000 * minute, place="kitchen", has="screen", **more)


def test_sentiment_is_read_one_by_one_and_together(mini):
    with mini.sentiment() as sentiment:
        glad, cross, empty = sentiment.read_all([GLAD, CROSS, ""])
        assert (glad.label, cross.label) == (Label.POSITIVE, Label.NEGATIVE)
        assert (glad.language, cross.language) == (Language.ENGLISH, Language.CHINESE)
        for result in (glad, cross, empty):
            assert abs(sum(result.probabilities.values()) - 1) < 1e-4 and abs(sum(result.emotions.values()) - 1) < 1e-4
            assert set(result.emotions) == set(Emotion)
        assert glad.is_from_head and cross.is_from_head and empty.label is None
        assert sentiment.read(CROSS).probabilities == pytest.approx(cross.probabilities, abs=1e-4)
        assert sentiment.read_all([]) == []
        assert sentiment.read("烦" * 100_000).skipped_bytes > 200_000
        assert status_of(sentiment.read, "a\ud83d") == Status.INVALID_ARGUMENT
    with pytest.raises(ValueError):
        sentiment.read(GLAD)
    with mini.sentiment(heads=False, emotion=False) as words:
        result = words.read(GLAD)
        assert not result.is_from_head and result.extra_tokens > 0 and result.emotion is None


def test_hidden_states_and_sessions_are_read_without_a_token_more(mini):
    with mini.sentiment() as sentiment, mini.assistant() as assistant, mini.session() as session:
        assert sentiment.read_end(session, mini.tokenize(GLAD), GLAD).extra_tokens == 0
        assert session.position == len(mini.tokenize(GLAD))
        assert status_of(assistant.hidden) == Status.NOT_FOUND
        assistant.say(GLAD)
        shared = sentiment.read_hidden(assistant.hidden(), GLAD)
        assert shared.extra_tokens == 0
        assert shared.probabilities == pytest.approx(sentiment.read(GLAD).probabilities, abs=1e-4)


def test_a_mood_is_kept_with_consent_alone(mini):
    with mini.sentiment(consent=True, hints=True) as sentiment, mini.sentiment() as without:
        cross = sentiment.read("This is awful, I hate it")
        without.note(cross)
        assert without.mood.label is None and without.hint(Language.ENGLISH) == ""
        for _ in range(3):
            sentiment.note(cross)
        sentiment.note_event(MoodCause.REPHRASE)
        mood = sentiment.mood
        assert (mood.label, mood.cause, mood.turns, mood.events) == (Label.NEGATIVE, MoodCause.WORDS, 3, 1)
        assert sentiment.reason(Language.CHINESE) and sentiment.hint(Language.ENGLISH)
        assert status_of(sentiment.note_event, MoodCause.WORDS) == Status.INVALID_ARGUMENT
        sentiment.set_consent(False)
        assert sentiment.mood.label is None and sentiment.mood.turns == 0


def test_a_hint_takes_part_in_a_dialogue(model):
    with model.dialogue(template=TEMPLATE, answer_tokens=16, system_prompt="s") as dialogue:
        assert not dialogue.say("hi", max_tokens=4).is_hinted
        dialogue.reset()
        dialogue.set_hint("短")
        assert dialogue.say("hi", max_tokens=4).is_hinted


def test_habits_are_ranked_and_suggestions_counted(runtime):
    with sotto.Recommender(runtime, CATALOGUE, exploration=None, daily_cap=1, quiet=(1320, 420)) as recommender:
        profile = recommender.profile("me")
    with profile:  # which keeps its recommender
        assert status_of(profile.record, UsageEvent.USED, "news", at(0)) == Status.REFUSED
        assert profile.suggest(at(0)) == ([], Quiet.CONSENT)
        profile.set_consent(Consent.GRANTED)
        for minute in range(20):
            profile.record(UsageEvent.USED, "news", at(minute))
        best = profile.rank(at(21), 5)
        assert [item.feature for item in best] == ["news", "music"]
        assert best[0].reason_zh and best[0].reason_en and best[1].name_zh == "音乐 🎵"
        assert sum(item.probability for item in best) == pytest.approx(1)
        assert profile.suggest(at(21, mood=-0.9))[1] == Quiet.MOOD
        assert profile.suggest(at(21, utc_offset_minutes=660))[1] == Quiet.HOURS
        offered, quiet = profile.suggest(at(21))
        assert len(offered) == 1 and quiet == Quiet.NO
        assert profile.suggest(at(22)) == ([], Quiet.CAP)
        with pytest.raises(sotto.SottoError):
            profile.rank(at(0, tags="x" * 5000))


def test_profiles_are_exported_forgotten_and_erased(runtime, tmp_path):
    os.chmod(tmp_path, 0o700)
    with sotto.Recommender(runtime, CATALOGUE, folder=tmp_path) as recommender, recommender.profile("li-4") as profile:
        profile.set_consent(Consent.GRANTED)
        for feature in ("music", "news"):
            profile.record(UsageEvent.USED, feature, at(0))
        kept = profile.export()
        assert profile.facts.events == 2 and profile.facts.file_bytes > 0 and (tmp_path / "li-4.profile").exists()
        assert profile.forget("music") == 1
        assert profile.forget() == 1
        profile.restore(kept)
        assert profile.facts.events == 2
        status_of(profile.restore, {"format": "other"})
        assert profile.facts.events == 2
        profile.set_consent(Consent.NONE)
    assert not (tmp_path / "li-4.profile").exists()
    for bad in ("", "{", "a\0b"):
        status_of(sotto.Recommender, runtime, bad)


def test_functions_are_called_and_their_results_spoken(mini):
    calls = []

    def battery(call):
        calls.append((call.name, call.arguments, call.is_given_up()))
        return {"result": {"zh": "还有80% 🔋。", "en": "80 percent 🔋."}}

    with mini.assistant() as assistant:
        assistant.add_function("battery.query", battery, **BATTERY)
        turn = assistant.say("还有多少电")
        assert (turn.answer, turn.intent, turn.language, turn.calls) == ("还有80% 🔋。", "battery.query", Language.CHINESE, 1)
        assert assistant.say([("how much battery is left", -1.0), ("how much batter", -2.0)]).answer == "80 percent 🔋."
        assert calls == [("battery.query", {}, False)] * 2
        assert assistant.details["calls"][0]["name"] == "battery.query" and len(assistant.history) == 4
        state = assistant.save()
        assistant.reset()
        assert assistant.history == []
        assistant.restore(state)
        assert len(assistant.history) == 4
        status_of(assistant.restore, b"x")
        status_of(assistant.say, [])
        status_of(assistant.set_home, {"areas": 1})


@pytest.mark.parametrize("fault", [ZeroDivisionError(), KeyboardInterrupt(), "no object", {"result": "\ud83d"}])
def test_what_a_function_raises_is_a_failure_that_is_told(mini, fault):
    def body(call):
        if isinstance(fault, BaseException):
            raise fault
        return fault

    with mini.assistant() as assistant:
        assistant.add_function("battery.query", body, **BATTERY)
        turn = assistant.say("还有多少电")
        assert turn.is_failure and turn.failed_calls == 1 and len(turn.thrown) == 1
        assert not isinstance(fault, BaseException) or turn.thrown[0] is fault


def test_a_function_may_close_its_assistant_in_a_turn_and_after_it(mini):
    for deadline_ms, is_in_turn in ((5000, True), (20, False)):
        over, closed, inside = threading.Event(), threading.Event(), []
        assistant = mini.assistant(call_deadline_ms=deadline_ms)

        def body(call):
            if is_in_turn:
                inside.append(status_of(assistant.say, "x"))
            else:
                over.wait(60)
                assert call.is_given_up()
            assistant.close()
            closed.set()

        assistant.add_function("battery.query", body, **BATTERY)
        if is_in_turn:
            assert status_of(assistant.say, "还有多少电") == Status.CANCELLED
        else:
            assert assistant.say("还有多少电").is_failure
        over.set()
        assert closed.wait(60) and assistant.is_closed
        assert inside in ([], [Status.BUSY], [Status.REENTRANT])


def test_care_finds_in_characters_and_answers_with_the_makers_text(runtime):
    text = "👨‍👩‍👧‍👦 我的电话是13812345678，谢谢"
    with sotto.Care(runtime) as care:
        result = care.check(text)
        assert [text[f.begin:f.end] for f in result.findings] == ["13812345678"] and result.answer is None
        assert care.check("我不想活了").answer == Category.SELF_HARM
        care.set_text(Category.SELF_HARM, Language.CHINESE, "请拨打 💛")
        assert care.text(Category.SELF_HARM, Language.CHINESE) == "请拨打 💛"
        care.set_text(Category.SELF_HARM, Language.CHINESE, None)
        assert "{求助热线}" in care.text(Category.SELF_HARM, Language.CHINESE)
        status_of(care.text, Category.ADULT, Language.MIXED)
        stream = care.stream()
    with stream:
        for text in TEXTS:
            said = []
            for character in text:
                stream.feed(character, said.append)
            assert stream.finish(said.append).answer is None and "".join(said) == text
        with pytest.raises(ZeroDivisionError):
            stream.feed("word. " * 400, lambda piece: 1 // 0)
    with sotto.Care(runtime, answer_from={Category.SELF_HARM: Severity.NEVER}) as quiet:
        assert quiet.check("我不想活了").answer is None


def test_a_journal_keeps_with_consent_alone(runtime, tmp_path):
    os.chmod(tmp_path, 0o700)
    with sotto.Journal(runtime, tmp_path) as journal:
        journal.note("打开灯", "好的")
        journal.flush()
        assert journal.facts.rows == 0
        journal.set_consent(True)
        journal.note("打电话给13812345678")
        journal.flush()
        assert journal.facts.rows == 1
        kept = next(tmp_path.glob("*.jsonl")).read_text(encoding="utf-8")
        assert "打电话" in kept and "13812345678" not in kept
        assert status_of(sotto.Journal, runtime, tmp_path) == Status.BUSY
        journal.forget()
        assert journal.facts.rows == 0


def test_skills_without_their_plugin_say_what_to_do(mini):
    with sotto.Runtime(plugin_files=[os.path.join(os.environ.get("SOTTO_LIBRARY", ""), "sotto/libsotto_backend_reference.so")]) as bare:
        for make in (lambda: sotto.Recommender(bare, CATALOGUE), lambda: sotto.Care(bare), lambda: sotto.Journal(bare, "/tmp")):
            assert status_of(make) == Status.NOT_FOUND
        assert status_of(sotto.Care, bare, model=mini) == Status.INVALID_ARGUMENT


def test_forgotten_skills_are_closed(mini):
    handles = [mini.sentiment()._handle, mini.assistant()._handle, sotto.Care(mini._runtime)._handle]
    until = time.monotonic() + 60
    while not all(handle.is_closed for handle in handles):
        assert time.monotonic() < until
        gc.collect()
