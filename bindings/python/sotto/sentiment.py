"""What words sound like, and the mood of a conversation (sotto/sentiment.h)."""
from __future__ import annotations

import ctypes
import dataclasses
import enum
from typing import TYPE_CHECKING, Any, Dict, Iterable, List, Optional

from . import _abi, _skills_abi
from ._handle import NativeObject
from ._library import Text, check, fetch_bytes, ids_array
from ._skill import Language, constant, language, open_skill

if TYPE_CHECKING:
    from .model import Model
    from .session import Session

ID = b"sotto.sentiment/1"
_CONSENT, _HINTS, _NO_HEADS, _NO_EMOTION = 1, 2, 4, 8


class Label(enum.IntEnum):
    NEGATIVE = 0
    NEUTRAL = 1
    POSITIVE = 2


class Emotion(enum.IntEnum):
    NEUTRAL = 0
    JOY = 1
    GRATITUDE = 2
    SADNESS = 3
    ANGER = 4
    ANXIETY = 5
    SURPRISE = 6
    FATIGUE = 7


class MoodCause(enum.IntEnum):
    """What moves a mood: things that happened beside words, and words."""

    NONE = 0
    REPHRASE = 1
    CANCEL = 2
    FAILED_CALL = 3
    WORDS = 4


@dataclasses.dataclass(frozen=True)
class SentimentResult:
    """`label` and `emotion` are None where it is not sure enough; probabilities are given also then."""

    label: Optional[Label]
    emotion: Optional[Emotion]
    language: Language
    probabilities: Dict[Label, float]
    emotions: Dict[Emotion, float]
    intensity: float
    is_from_head: bool
    skipped_bytes: int
    extra_tokens: int
    calibration_tokens: int
    _struct: Any = dataclasses.field(repr=False, compare=False)


@dataclasses.dataclass(frozen=True)
class Mood:
    """`label` is None without consent, and where nothing is known, or no longer."""

    label: Optional[Label]
    emotion: Optional[Emotion]
    cause: MoodCause
    valence: float
    evidence: float
    turns: int
    events: int
    is_consented: bool


class Sentiment(NativeObject):
    """For one conversation. Reading: one thread at a time, another gets BUSY. A mood is kept only while consent is on."""

    def __init__(self, model: "Model", *, consent: bool = False, hints: bool = False, heads: bool = True, emotion: bool = True,
                 confidence: float = 0, emotion_confidence: float = 0, half_life_ms: int = 0, context_tokens: int = 0) -> None:
        flags = _CONSENT * consent + _HINTS * hints + _NO_HEADS * (not heads) + _NO_EMOTION * (not emotion)
        options = _abi.sized(_skills_abi.SentimentOptions, flags=flags, confidence=confidence, half_life_ms=half_life_ms,
                             emotion_confidence=emotion_confidence, context_tokens=context_tokens)
        self._api, handle = open_skill(
            "sentiment", ID, _skills_abi.SentimentApi, model._runtime, model,
            lambda api, plugin, address, out: check(api.create, plugin, address, ctypes.byref(options), out), ("destroy", "cancel"))
        super().__init__(handle)

    def read(self, text: str) -> SentimentResult:
        return self.read_all([text])[0]

    def read_all(self, texts: Iterable[str], *, deadline_ms: int = 0) -> List[SentimentResult]:
        """In one call; what their prompts share is computed once. All or nothing."""
        words = [Text("a text", text) for text in texts]
        views = (_abi.Str * len(words))(*[text.view for text in words])
        results = (_skills_abi.SentimentResult * len(words))()
        for result in results:
            result.struct_size = ctypes.sizeof(result)
        options = _abi.sized(_skills_abi.SentimentReadOptions, deadline_ms=deadline_ms)
        if words:
            with self._handle.inside() as reader:
                check(self._api.read, reader, views, len(words), ctypes.byref(options), results,
                      ctypes.sizeof(_skills_abi.SentimentResult))
        return [_result(struct) for struct in results]

    def read_end(self, session: "Session", ids: Iterable[int] = (), text: Optional[str] = None) -> SentimentResult:
        """At the end of the user's turn in the session; `ids`, the rest of the turn, are appended to it."""
        tokens = ids_array(ids)
        words = Text("the text", text)
        with self._handle.inside() as reader, session._handle.inside() as address:
            return self._one(lambda options, result: check(
                self._api.read_session, reader, address, tokens, len(tokens), options, result), words)

    def read_hidden(self, hidden: Iterable[float], text: Optional[str] = None) -> SentimentResult:
        """From a hidden state that another skill computed (Assistant.hidden); no token more."""
        numbers = list(hidden)
        vector = (ctypes.c_float * len(numbers))(*numbers)
        words = Text("the text", text)
        with self._handle.inside() as reader:
            return self._one(lambda options, result: check(
                self._api.read_hidden, reader, vector, len(vector), options, result), words)

    @staticmethod
    def _one(read: Any, words: Text) -> SentimentResult:
        options = _abi.sized(_skills_abi.SentimentReadOptions, text=words.view)
        result = _abi.sized(_skills_abi.SentimentResult)
        read(ctypes.byref(options), ctypes.byref(result))
        return _result(result)

    def cancel(self) -> None:
        """Ends the read in progress. Any thread."""
        self._handle.cancel()

    def set_consent(self, is_given: bool) -> None:
        """Withdrawing consent erases the mood at once."""
        with self._handle.inside() as reader:
            check(self._api.set_consent, reader, int(is_given))

    def note(self, turn: SentimentResult) -> None:
        """Into the mood; without consent nothing is kept."""
        with self._handle.inside() as reader:
            check(self._api.note_turn, reader, ctypes.byref(turn._struct))

    def note_event(self, event: MoodCause) -> None:
        """REPHRASE, CANCEL or FAILED_CALL."""
        with self._handle.inside() as reader:
            check(self._api.note_event, reader, int(event))

    @property
    def mood(self) -> Mood:
        mood = _abi.sized(_skills_abi.Mood)
        with self._handle.inside() as reader:
            check(self._api.mood, reader, ctypes.byref(mood))
        return Mood(constant(Label, mood.label), constant(Emotion, mood.emotion), constant(MoodCause, mood.reason) or MoodCause.NONE,
                    mood.valence, mood.evidence, mood.turns, mood.events, bool(mood.flags & _CONSENT))

    def reset(self) -> None:
        with self._handle.inside() as reader:
            check(self._api.reset, reader)

    def reason(self, language: Language) -> str:
        """Why the mood is what it is; empty when there is no reason."""
        with self._handle.inside() as reader:
            return fetch_bytes(self._api.reason, reader, int(language)).decode()

    def hint(self, language: Language) -> str:
        """For Dialogue.set_hint; empty unless hints and consent are on and the mood asks for it."""
        with self._handle.inside() as reader:
            return fetch_bytes(self._api.hint, reader, int(language)).decode()


def _result(s: Any) -> SentimentResult:
    return SentimentResult(constant(Label, s.label), constant(Emotion, s.emotion), language(s.language),
                           dict(zip(Label, s.probabilities)), dict(zip(Emotion, s.emotions)), s.intensity, s.label_source == 1,
                           s.skipped_bytes, s.extra_tokens, s.calibration_tokens, s)
