"""One stream of tokens on a model: feed, generate, stream, logits."""
from __future__ import annotations

import ctypes
import dataclasses
import enum
from typing import TYPE_CHECKING, Any, Iterable, List, Optional, Union

from . import _abi
from ._errors import SottoError, Status
from ._handle import Handle, NativeObject
from ._library import Text, call, fetch_bytes, fetch_ids, ids_array, library, matrix
from ._options import AnswerOptions, Listener, OnText, OnToken
from .head import Head, HeadKind
from .streaming import TextStream

if TYPE_CHECKING:
    from .adapter import Adapter
    from .model import Model

LOGITS, HIDDEN = 1, 2  # masks of sotto/session.h
POOLINGS = ("last", "mean", "first")
Prompt = Union[str, Iterable[int]]


class Finish(enum.IntEnum):
    """Why an answer ended."""

    NONE = 0
    END = 1
    LENGTH = 2
    STOP = 3
    CALLBACK = 4
    CONTEXT = 5
    GRAMMAR = 6


@dataclasses.dataclass(frozen=True)
class GenerateResult:
    finish: Finish
    prompt_tokens: int
    generated_tokens: int
    position: int
    stop_index: int
    first_token_ns: int
    prefill_ns: int
    decode_ns: int
    drafted_tokens: int  # guessed ahead and computed
    accepted_tokens: int  # of these, what the answer then was


@dataclasses.dataclass(frozen=True)
class Counters:
    steps: int
    computed_tokens: int
    generated_tokens: int
    prefill_ns: int
    decode_ns: int
    cache_bytes: int


class Session(NativeObject):
    """One thread at a time; another gets SottoError with Status.BUSY. cancel and close are for any thread."""

    def __init__(self, handle: Handle, model: "Model") -> None:
        super().__init__(handle)
        self._model = model

    @staticmethod
    def _handle_of(address: ctypes.c_void_p, model: Handle) -> Handle:
        return Handle("session", address, model, library().sotto_session_destroy, library().sotto_session_cancel)

    @classmethod
    def _create(cls, model: "Model", context_tokens: int) -> "Session":
        options = _abi.sized(_abi.SessionOptions, context_tokens=context_tokens)
        made = ctypes.c_void_p()
        with model._handle.inside() as address:
            call("session_create", address, ctypes.byref(options), ctypes.byref(made))
            return cls(cls._handle_of(made, model._handle), model)

    def generate(self, prompt: Prompt, on_text: Optional[OnText] = None, *, on_token: Optional[OnToken] = None,
                 **options: Any) -> GenerateResult:
        """Feeds the prompt and hands the answer to on_text piece by piece (False ends it). Keywords: AnswerOptions."""
        listener = Listener(on_text, on_token)
        answer = AnswerOptions(listener, **options)
        result = _abi.sized(_abi.GenerateResult)
        answer.struct.result = ctypes.pointer(result)
        words = Text("the prompt", prompt if isinstance(prompt, str) else None)
        tokens = ids_array(() if isinstance(prompt, str) else prompt)
        if not isinstance(prompt, str):
            answer.struct.prompt_ids, answer.struct.prompt_id_count = tokens, len(tokens)
        with answer.held() as held, self._handle.inside() as session:
            try:
                call("generate", session, words.view, held, listener.text, None)
            finally:
                listener.raise_thrown()
        fields = {f.name: getattr(result, f.name) for f in dataclasses.fields(GenerateResult)}
        return GenerateResult(**{**fields, "finish": Finish(result.finish)})

    def text(self, prompt: Prompt, **options: Any) -> str:
        """The whole answer."""
        pieces: List[str] = []
        self.generate(prompt, pieces.append, **options)
        return "".join(pieces)

    def stream(self, prompt: Prompt, **options: Any) -> "TextStream[GenerateResult]":
        """The answer as an iterator over its pieces."""
        return TextStream(lambda hear: self.generate(prompt, hear, **options), self.cancel)

    def feed(self, ids: Iterable[int]) -> None:
        """Appends tokens without an answer."""
        tokens = ids_array(ids)
        with self._handle.inside() as session:
            call("session_feed", session, tokens, len(tokens), None)

    def logits(self, ids: Iterable[int], *, numpy: bool = False) -> Any:
        """Appends tokens; float32 [tokens, vocabulary] before the softmax: a memoryview, or with numpy=True an ndarray."""
        return self._rows(ids, LOGITS, self._model.facts.vocabulary, numpy)

    def hidden(self, ids: Iterable[int], *, numpy: bool = False) -> Any:
        """Appends tokens; float32 [tokens, hidden] after the last norm."""
        return self._rows(ids, HIDDEN, self._model.facts.hidden, numpy)

    def _rows(self, ids: Iterable[int], output: int, width: int, numpy: bool, last_only: bool = False) -> Any:
        tokens = ids_array(ids)
        wanted = range(max(0, len(tokens) - 1), len(tokens)) if last_only else range(len(tokens))
        masks = (ctypes.c_uint32 * len(tokens))(*[output if place in wanted else 0 for place in range(len(tokens))])
        values = (ctypes.c_float * (len(wanted) * width))()
        row_bytes = width * ctypes.sizeof(ctypes.c_float)
        first = self.position + wanted.start
        fault: List[str] = []

        def on_row(_: Any, position: int, __: int, row: Any, count: int) -> int:
            index = position - first
            if count != width or not 0 <= index < len(wanted):
                fault.append(f"a row of {count} numbers for position {position}")
                return 1
            ctypes.memmove(ctypes.addressof(values) + index * row_bytes, row, row_bytes)
            return 0

        options = _abi.sized(_abi.FeedOptions, output_masks=masks, on_row=_abi.RowFunction(on_row))
        with self._handle.inside() as session:
            call("session_feed", session, tokens, len(tokens), ctypes.byref(options))
        if fault:
            raise SottoError(Status.INTERNAL, fault[0])
        return matrix(values, len(wanted), width, numpy)

    def read(self, head: Head, ids: Iterable[int], *, numpy: bool = False) -> Any:
        """Appends tokens; float32 [rows, outputs] of a head of this model: of a SEQUENCE head one row, behind the last token, of the others
        a row for each token."""
        if head._model is not self._model:
            raise SottoError(Status.INVALID_ARGUMENT, f"the head {head.name} is of another model than the session: ask this session's "
                                                      "model for it")
        states = self._rows(ids, HIDDEN, self._model.facts.hidden, False, head.kind == HeadKind.SEQUENCE)
        return head.apply(states, numpy=numpy)

    def attach(self, adapter: "Adapter", strength: float = 1.0) -> None:
        """The adapter for the tokens to come; the session holds it."""
        with self._handle.inside() as session, adapter._handle.inside() as address:
            call("session_set_lora", session, address, strength)

    def detach(self) -> None:
        """No adapter for the tokens to come."""
        with self._handle.inside() as session:
            call("session_set_lora", session, None, 0)

    def embed(self, ids: Iterable[int], *, pooling: str = "mean", normalized: bool = True) -> List[float]:
        """One vector for the tokens, which become part of the session."""
        tokens = ids_array(ids)
        vector = (ctypes.c_float * self._model.facts.hidden)()
        options = _abi.sized(_abi.EmbedOptions, pooling=POOLINGS.index(pooling), flags=int(normalized))
        with self._handle.inside() as session:
            call("session_embed", session, tokens, len(tokens), ctypes.byref(options), vector, len(vector))
        return list(vector)

    def cancel(self) -> None:
        """Ends the call in progress within 50 ms. Any thread."""
        self._handle.cancel()

    @property
    def position(self) -> int:
        """Tokens in the session. Any thread."""
        with self._handle.inside() as session:
            return int(library().sotto_session_position(session))

    @property
    def counters(self) -> Counters:
        counters = _abi.sized(_abi.Counters)
        with self._handle.inside() as session:
            call("session_counters", session, ctypes.byref(counters))
        return Counters(*[getattr(counters, f.name) for f in dataclasses.fields(Counters)])

    def rewind(self, position: int = 0) -> None:
        """Forgets all tokens from that position on."""
        with self._handle.inside() as session:
            call("session_rewind", session, ids_array([position])[0])

    def tokens(self, first: int = 0) -> List[int]:
        with self._handle.inside() as session:
            return fetch_ids(library().sotto_session_tokens, session, ids_array([first])[0])

    def fork(self) -> "Session":
        """A second session that begins with the same tokens and shares their cache."""
        made = ctypes.c_void_p()
        with self._handle.inside() as session:
            call("session_fork", session, ctypes.byref(made))
            return Session(self._handle_of(made, self._model._handle), self._model)

    def save(self) -> bytes:
        """The whole state as bytes, bound to the model."""
        with self._handle.inside() as session:
            return fetch_bytes(library().sotto_session_save, session)

    def restore(self, state: bytes) -> None:
        with self._handle.inside() as session:
            call("session_restore", session, state, len(state))
