"""A device's assistant: understands, calls functions, answers (sotto/assistant.h)."""
from __future__ import annotations

import ctypes
import dataclasses
import enum
import json
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from . import _abi, _skills_abi
from ._errors import Status
from ._handle import NativeObject, functions
from ._library import Text, check, fetch_bytes
from ._skill import Language, fetch_floats, language as language_of, open_skill

if TYPE_CHECKING:
    from .model import Model

ID = b"sotto.assistant/1"
_WRITE_CALLS, _FREE_TEXT, _CONFIRM = 1, 2, 1
_FLAGS = {"is_asking": 1, "is_confirming": 2, "is_unclear": 4, "is_out_of_scope": 8, "is_failure": 16, "is_taking_back": 32}

Body = Callable[["FunctionCall"], Optional[Mapping[str, Any]]]


class AnswerSource(enum.IntEnum):
    NONE = 0
    TEMPLATE = 1
    RETRIEVED = 2
    GENERATED = 3


@dataclasses.dataclass(frozen=True)
class FunctionCall:
    """`is_given_up()`: nobody waits any more; valid until the function returns."""

    name: str
    arguments: Dict[str, Any]
    deadline_ms: int
    is_given_up: Callable[[], bool]


@dataclasses.dataclass(frozen=True)
class AssistantTurn:
    """`thrown`: what functions raised since the turn before; the answer tells of a failure."""

    answer: str
    intent: str
    confidence: float
    language: Language
    source: AnswerSource
    hypothesis: int
    calls: int
    failed_calls: int
    tokens: int
    thrown: Tuple[BaseException, ...]
    is_asking: bool
    is_confirming: bool
    is_unclear: bool
    is_out_of_scope: bool
    is_failure: bool
    is_taking_back: bool


class Assistant(NativeObject):
    """One thread at a time, another gets BUSY; cancel and close are for any thread."""

    def __init__(self, model: "Model", *, domain: Optional[str] = None, area: Optional[str] = None,
                 language: Language = Language.UNKNOWN, utc_offset_minutes: int = 0, max_calls: int = 0, call_deadline_ms: int = 0,
                 deadline_ms: int = 0, intent_threshold: float = 0, function_threshold: float = 0, function_margin: float = 0,
                 write_calls: bool = False, free_text: bool = False, free_confidence: float = 0) -> None:
        known, place = Text("the domain", domain), Text("the area", area)
        options = _abi.sized(
            _skills_abi.AssistantOptions, language=int(language), domain=known.view, area=place.view,
            utc_offset_minutes=utc_offset_minutes, max_calls=max_calls, call_deadline_ms=call_deadline_ms, deadline_ms=deadline_ms,
            intent_threshold=intent_threshold, function_threshold=function_threshold, function_margin=function_margin,
            flags=_WRITE_CALLS * write_calls | _FREE_TEXT * free_text, free_confidence=free_confidence)
        self._api, handle = open_skill(
            "assistant", ID, _skills_abi.AssistantApi, model._runtime, model,
            lambda api, plugin, address, out: check(api.create, plugin, address, ctypes.byref(options), out), ("destroy", "cancel"))
        super().__init__(handle)
        self._thrown: List[BaseException] = []
        self._functions: List[Any] = []
        destroy, held = handle._destroy, self._functions

        def end(address: ctypes.c_void_p) -> None:
            destroy(address)  # waits for a function that still runs
            del held[:]

        handle._destroy = end

    def add_function(self, name: str, body: Body, *, description: Optional[str] = None, schema: Optional[Mapping[str, Any]] = None,
                     replies: Optional[Mapping[str, Any]] = None, examples: Sequence[str] = (), confirm: bool = False) -> None:
        """body(call) runs on a thread of the assistant and returns {"result": ..., "error": ..., ...} or None; what it raises is a
        failure that the answer tells. It must not call the assistant. A second function of a name replaces the first."""
        texts = [Text("the name", name), Text("the description", description),
                 *[Text(what, None if given is None else json.dumps(dict(given), ensure_ascii=False))
                   for what, given in (("the schema", schema), ("the replies", replies))]]
        sentences = [Text("an example", example) for example in examples]
        views = (_abi.Str * len(sentences))(*[sentence.view for sentence in sentences])
        run = _runner(body, self._thrown)
        function = _abi.sized(_skills_abi.Function, flags=_CONFIRM * confirm, examples=views, example_count=len(views), run=run,
                              **dict(zip(("name", "description", "schema", "replies"), [text.view for text in texts])))
        with self._handle.inside() as assistant:
            check(self._api.add_function, assistant, ctypes.byref(function))
            self._functions.append(run)

    def set_home(self, home: Mapping[str, Any]) -> None:
        """{"areas": [...], "devices": [...]}; replaces the one before."""
        text = Text("the home", json.dumps(dict(home), ensure_ascii=False))
        with self._handle.inside() as assistant:
            check(self._api.set_home, assistant, text.view)

    def set_manual(self, language: Language, text: str) -> None:
        words = Text("the manual", text)
        with self._handle.inside() as assistant:
            check(self._api.set_manual, assistant, int(language), words.view)

    def say(self, heard: Union[str, Sequence[Tuple[str, float]]]) -> AssistantTurn:
        """A text, or the readings of a recogniser with the natural logarithms of their likelihoods."""
        readings = [(heard, 0.0)] if isinstance(heard, str) else list(heard)
        texts = [Text("a hypothesis", text) for text, _ in readings]
        size = ctypes.sizeof(_abi.Hypothesis)
        list_of = (_abi.Hypothesis * len(texts))(*[
            _abi.Hypothesis(size, score, text.view) for text, (_, score) in zip(texts, readings)])
        return self._turn(lambda assistant, *out: check(self._api.turn, assistant, list_of, size, len(list_of), *out))

    def undo(self) -> AssistantTurn:
        """Takes back the last action that can be."""
        return self._turn(lambda assistant, *out: check(self._api.undo, assistant, *out))

    def _turn(self, run: Callable[..., None]) -> AssistantTurn:
        pieces: List[bytes] = []
        result = _abi.sized(_skills_abi.AssistantResult)

        def hear(_: Any, piece: Any) -> int:
            pieces.append(ctypes.string_at(piece.data, piece.size))
            return 0

        with self._handle.inside() as assistant:
            run(assistant, _abi.TextFunction(hear), None, ctypes.byref(result))
        thrown = tuple(self._thrown)
        del self._thrown[:len(thrown)]
        flags = {name: bool(result.flags & bit) for name, bit in _FLAGS.items()}
        return AssistantTurn(b"".join(pieces).decode(), result.intent.decode(), result.confidence, language_of(result.language),
                             AnswerSource(result.source), result.hypothesis, result.calls, result.failed_calls, result.tokens,
                             thrown=thrown, **flags)

    @property
    def details(self) -> Dict[str, Any]:
        """The last turn: {"heard", "answer", "source", "parts", "calls"}."""
        with self._handle.inside() as assistant:
            turn: Dict[str, Any] = json.loads(fetch_bytes(self._api.details, assistant))
            return turn

    @property
    def history(self) -> List[Dict[str, str]]:
        with self._handle.inside() as assistant:
            turns: List[Dict[str, str]] = json.loads(fetch_bytes(self._api.history, assistant))
            return turns

    def hidden(self) -> List[float]:
        """The model's hidden state at the end of the user's last turn, for Sentiment.read_hidden."""
        with self._handle.inside() as assistant:
            return list(fetch_floats(self._api.hidden, assistant))

    def save(self) -> bytes:
        with self._handle.inside() as assistant:
            return fetch_bytes(self._api.save, assistant)

    def restore(self, state: bytes) -> None:
        with self._handle.inside() as assistant:
            check(self._api.restore, assistant, state, len(state))

    def reset(self) -> None:
        """Forgets the dialogue."""
        with self._handle.inside() as assistant:
            check(self._api.reset, assistant)

    def cancel(self) -> None:
        """Ends the turn in progress: what was called stays called. Any thread."""
        self._handle.cancel()


def _runner(body: Body, thrown: List[BaseException]) -> Any:
    """The C function: knows nothing of the assistant, which may be forgotten."""

    def run(_: Any, asked: Any, write: Any, writer: Any, error: Any) -> int:
        call = asked.contents
        is_over: List[bool] = []
        functions.running = True
        try:
            arguments = json.loads(ctypes.string_at(call.arguments.data, call.arguments.size))
            name = ctypes.string_at(call.name.data, call.name.size).decode()
            result = body(FunctionCall(name, arguments, call.deadline_ms,
                                       lambda: bool(is_over) or bool(call.is_given_up(call.context))))
            if result is not None:
                text = Text("the function's result", json.dumps(dict(result), ensure_ascii=False))
                write(writer, text.view)
            return Status.OK
        except BaseException as e:  # ctypes would print it and go on
            thrown.append(e)
            if error:
                error.contents.status, error.contents.text = Status.INTERNAL, f"the function raised {type(e).__name__}".encode()
            return Status.INTERNAL
        finally:
            functions.running = False
            is_over.append(True)

    return _skills_abi.RunFunction(run)
