"""The options of an answer as keyword arguments, for sessions and dialogues alike."""
from __future__ import annotations

import contextlib
import ctypes
from typing import TYPE_CHECKING, Any, Callable, Iterator, List, Mapping, Optional, Sequence

from . import _abi
from ._library import Text

if TYPE_CHECKING:
    from .grammar import Grammar, Matcher

OnText = Callable[[str], Optional[bool]]
OnToken = Callable[[int, float], Optional[bool]]
Mask = Callable[["memoryview[float]"], Optional[bool]]

_FLAGS = {"special_tokens": 1, "without_bos": 2, "ignore_end": 4, "logprobs": 8, "without_speculation": 16}
_NUMBERS = frozenset(["max_tokens", "deadline_ms", "temperature", "top_k", "top_p", "min_p", "repeat_penalty", "presence_penalty",
                      "frequency_penalty", "penalty_tokens", "seed"])


class AnswerOptions:
    """Owns what the C struct points to.

    Keywords: max_tokens, deadline_ms, temperature, top_k, top_p, min_p, repeat_penalty, presence_penalty, frequency_penalty,
    penalty_tokens, seed: as in sotto_generate_options (0: the default); stops: a sequence of str; biases: {token: bias};
    special_tokens, without_bos, ignore_end, logprobs, without_speculation: bool; on_token(token, logprob): False ends the answer;
    mask(logits): called before each token with one logit for each of the vocabulary, which it may lower in place (-inf forbids;
    numpy.asarray(logits) is an array on the same numbers); False ends the answer; grammar: a Grammar, of which each answer is a text;
    matcher: a Matcher, where the answer goes on.
    """

    def __init__(self, listener: "Listener", stops: Sequence[str] = (), biases: Optional[Mapping[int, float]] = None,
                 mask: Optional[Mask] = None, grammar: Optional["Grammar"] = None, matcher: Optional["Matcher"] = None,
                 **options: Any) -> None:
        flags = sum(bit for name, bit in _FLAGS.items() if options.pop(name, False))
        unknown = sorted(set(options) - _NUMBERS)
        if unknown:
            raise TypeError(f"unknown option {unknown[0]}; there are biases, grammar, mask, matcher, stops, {', '.join(sorted(_NUMBERS | set(_FLAGS)))}")
        for name, value in options.items():
            if not isinstance(value, (int, float)) or value < 0 and name not in ("presence_penalty", "frequency_penalty"):
                raise ValueError(f"{name} is {value!r}, expected a number of 0 or more")
        self._texts = [Text("a stop string", stop) for stop in stops]
        self._stops = (_abi.Str * len(self._texts))(*[text.view for text in self._texts])
        self._biases = (_abi.TokenBias * len(biases or {}))(*[_abi.TokenBias(t, b) for t, b in (biases or {}).items()])
        self.struct = _abi.sized(_abi.GenerateOptions, flags=flags, stops=self._stops, stop_count=len(self._stops),
                                 biases=self._biases, bias_count=len(self._biases), **options)
        if grammar is not None and matcher is not None:
            raise ValueError("a grammar and a matcher are given: an answer begins in the one or goes on from the other")
        self._grammar, self._matcher = grammar, matcher
        if listener.token is not None:
            self.struct.on_token = listener.token
        if mask is not None:
            self.struct.mask = self._mask = listener.masking(mask)

    @contextlib.contextmanager
    def held(self) -> Iterator[Any]:
        """The struct for one call, during which the matcher stays; of a grammar it is made for it."""
        own = None if self._grammar is None else self._grammar.matcher()
        matcher = own or self._matcher
        try:
            if matcher is None:
                yield ctypes.byref(self.struct)
            else:
                with matcher._handle.inside() as address:
                    self.struct.matcher = address
                    yield ctypes.byref(self.struct)
        finally:
            if own is not None:
                own.close()


class Caught:
    """Callbacks of one call: the first exception ends the call and is raised from it."""

    def __init__(self) -> None:
        self._thrown: List[BaseException] = []

    def guard(self, function: Callable[..., Optional[bool]], *arguments: Any) -> int:
        if self._thrown:
            return 1
        try:
            return 1 if function(*arguments) is False else 0
        except BaseException as e:  # also KeyboardInterrupt: ctypes would print it and go on
            self._thrown.append(e)
            return 1

    def raise_thrown(self) -> None:
        if self._thrown:
            raise self._thrown[0]


class Listener(Caught):
    """The application's callbacks of an answer behind the C ones."""

    def __init__(self, on_text: Optional[OnText], on_token: Optional[OnToken] = None) -> None:
        super().__init__()
        self.text = _abi.TextFunction(lambda _, piece: self._run(on_text, ctypes.string_at(piece.data, piece.size)))
        self.token = None if on_token is None else _abi.TokenFunction(lambda _, token, logprob: self.guard(on_token, token, logprob))

    def _run(self, on_text: Optional[OnText], piece: bytes) -> int:
        return 0 if on_text is None else self.guard(on_text, piece.decode("utf-8"))

    def masking(self, mask: Mask) -> Any:
        """The C function. The numbers it shows are its own, so that a view which outlives the answer is only stale."""
        kept: List[Any] = []

        def on_logits(_: Any, logits: Any, count: int) -> int:
            if not kept:
                kept.append((ctypes.c_float * count)())
            size = ctypes.sizeof(kept[0])
            ctypes.memmove(kept[0], logits, size)
            ends = self.guard(mask, memoryview(kept[0]).cast("B").cast("f"))
            ctypes.memmove(logits, kept[0], size)
            return ends

        return _abi.MaskFunction(on_logits)
