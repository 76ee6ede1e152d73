"""The options of an answer as keyword arguments, for sessions and dialogues alike."""
from __future__ import annotations

import ctypes
from typing import Any, Callable, List, Mapping, Optional, Sequence

from . import _abi
from ._library import Text

OnText = Callable[[str], Optional[bool]]
OnToken = Callable[[int, float], Optional[bool]]

_FLAGS = {"special_tokens": 1, "without_bos": 2, "ignore_end": 4, "logprobs": 8}
_NUMBERS = frozenset(["max_tokens", "deadline_ms", "temperature", "top_k", "top_p", "min_p", "repeat_penalty", "presence_penalty",
                      "frequency_penalty", "penalty_tokens", "seed"])


class AnswerOptions:
    """Owns what the C struct points to.

    Keywords: max_tokens, deadline_ms, temperature, top_k, top_p, min_p, repeat_penalty, presence_penalty, frequency_penalty,
    penalty_tokens, seed: as in sotto_generate_options (0: the default); stops: a sequence of str; biases: {token: bias};
    special_tokens, without_bos, ignore_end, logprobs: bool; on_token(token, logprob): False ends the answer.
    """

    def __init__(self, listener: "Listener", stops: Sequence[str] = (), biases: Optional[Mapping[int, float]] = None,
                 **options: Any) -> None:
        flags = sum(bit for name, bit in _FLAGS.items() if options.pop(name, False))
        unknown = sorted(set(options) - _NUMBERS)
        if unknown:
            raise TypeError(f"unknown option {unknown[0]}; there are biases, stops, {', '.join(sorted(_NUMBERS | set(_FLAGS)))}")
        for name, value in options.items():
            if not isinstance(value, (int, float)) or value < 0 and name not in ("presence_penalty", "frequency_penalty"):
                raise ValueError(f"{name} is {value!r}, expected a number of 0 or more")
        self._texts = [Text("a stop string", stop) for stop in stops]
        self._stops = (_abi.Str * len(self._texts))(*[text.view for text in self._texts])
        self._biases = (_abi.TokenBias * len(biases or {}))(*[_abi.TokenBias(t, b) for t, b in (biases or {}).items()])
        self.struct = _abi.sized(_abi.GenerateOptions, flags=flags, stops=self._stops, stop_count=len(self._stops),
                                 biases=self._biases, bias_count=len(self._biases), **options)
        if listener.token is not None:
            self.struct.on_token = listener.token


class Listener:
    """The application's callbacks behind the C ones: the first exception ends the answer and is raised from the call."""

    def __init__(self, on_text: Optional[OnText], on_token: Optional[OnToken] = None) -> None:
        self._thrown: List[BaseException] = []
        self.text = _abi.TextFunction(lambda _, piece: self._run(on_text, ctypes.string_at(piece.data, piece.size)))
        self.token = None if on_token is None else _abi.TokenFunction(lambda _, token, logprob: self._guard(on_token, token, logprob))

    def _run(self, on_text: Optional[OnText], piece: bytes) -> int:
        return 0 if on_text is None else self._guard(on_text, piece.decode("utf-8"))

    def _guard(self, function: Callable[..., Optional[bool]], *arguments: Any) -> int:
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
