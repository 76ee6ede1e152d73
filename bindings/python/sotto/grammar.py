"""Answers that follow a grammar: a JSON Schema, or rules in GBNF (sotto/grammar.h, docs/grammar.md)."""
from __future__ import annotations

import ctypes
import dataclasses
import json
from typing import TYPE_CHECKING, Any, Iterable, List, Optional, Sequence

from . import _abi
from ._errors import SottoError, Status
from ._handle import Handle, NativeObject
from ._library import Text, call, ids_array, library

if TYPE_CHECKING:
    from .model import Model

_GBNF, _SCHEMA = 1, 2
_COMPACT, _LIMIT_TEXTS, _LAZY = 1, 2, 4
_COMPLETE, _OPEN = 1, 2


@dataclasses.dataclass(frozen=True)
class GrammarFacts:
    states: int
    mask_count: int  # token masks that all states together need
    masks_kept: int  # computed so far
    bytes: int
    mask_bytes: int


class Grammar(NativeObject):
    """Compiled once, used for any number of answers on any threads. It lives on when its model is closed."""

    def __init__(self, model: Optional["Model"] = None, *, schema: Any = None, gbnf: Optional[str] = None, compact: bool = False,
                 limit_texts: bool = False, lazy: bool = False, max_recursion: int = 0, values: Sequence[str] = (),
                 spans: Sequence[str] = ()) -> None:
        """Without a model it matches text only. `schema`: a text, or what json.dumps takes; `gbnf`: rules. For schemas: `compact`: no
        blanks; `values`, `spans`: strings are one of the values, or words of one of the spans, with `limit_texts` even where none is
        given; `max_recursion`: how often a schema may lie inside of itself (0: 8). `lazy`: no masks ahead."""
        if (schema is None) == (gbnf is None):
            raise ValueError("a grammar is made of a schema or of gbnf, one of them")
        said = gbnf if schema is None else schema if isinstance(schema, str) else json.dumps(schema, ensure_ascii=False)
        source = Text("the grammar", said)
        kept = [Text("a value", text) for text in values], [Text("a span", text) for text in spans]
        value_views, span_views = [(_abi.Str * len(texts))(*[text.view for text in texts]) for texts in kept]
        options = _abi.sized(_abi.GrammarOptions, flags=_COMPACT * compact + _LIMIT_TEXTS * limit_texts + _LAZY * lazy,
                             max_recursion=max_recursion, values=value_views, value_count=len(value_views), spans=span_views,
                             span_count=len(span_views))
        made = ctypes.c_void_p()
        kind = _GBNF if schema is None else _SCHEMA

        def compile_with(address: Any) -> None:
            call("grammar_compile", address, kind, source.view, ctypes.byref(options), ctypes.byref(made))

        if model is None:
            library()
            compile_with(None)
        else:
            with model._handle.inside() as address:
                compile_with(address)
        super().__init__(Handle("grammar", made, None, library().sotto_grammar_destroy))

    def matcher(self) -> "Matcher":
        """At the beginning of a text."""
        made = ctypes.c_void_p()
        with self._handle.inside() as grammar:
            call("matcher_create", grammar, ctypes.byref(made))
        return Matcher(made)

    def allows(self, text: str) -> bool:
        """Whether it is a text of the grammar, as it stands."""
        words = Text("the text", text)
        with self.matcher() as matcher:
            try:
                matcher._accept(words)
            except SottoError as e:
                if e.status != Status.INVALID_ARGUMENT:
                    raise
                return False
            return matcher.is_complete

    @property
    def facts(self) -> GrammarFacts:
        facts = _abi.sized(_abi.GrammarFacts)
        with self._handle.inside() as grammar:
            call("grammar_get_facts", grammar, ctypes.byref(facts))
        return GrammarFacts(*[getattr(facts, field.name) for field in dataclasses.fields(GrammarFacts)])


class Matcher(NativeObject):
    """Where one text stands in its grammar: for answers that go on over several calls, and for those who choose tokens themselves. One
    thread at a time; another, and every call while an answer is made with it, gets SottoError with Status.BUSY."""

    def __init__(self, made: ctypes.c_void_p) -> None:
        super().__init__(Handle("matcher", made, None, library().sotto_matcher_destroy))

    def fork(self) -> "Matcher":
        """A second one that stands where this one does; goes with Session.fork."""
        made = ctypes.c_void_p()
        with self._handle.inside() as matcher:
            call("matcher_fork", matcher, ctypes.byref(made))
        return Matcher(made)

    @property
    def steps(self) -> int:
        """Tokens, and texts given to accept_text, since the beginning. Any thread."""
        with self._handle.inside() as matcher:
            return int(library().sotto_matcher_steps(matcher))

    def rewind(self, steps: int = 0) -> None:
        """Back to where it was after so many steps. Goes with Session.rewind."""
        with self._handle.inside() as matcher:
            call("matcher_rewind", matcher, ids_array([steps])[0])

    def accept(self, token: int) -> None:
        """Goes on by the token; INVALID_ARGUMENT, and nothing has changed, where the grammar does not allow it. One that ends texts is taken
        where the text is complete, and is no step."""
        with self._handle.inside() as matcher:
            call("matcher_accept", matcher, ids_array([token])[0])

    def accept_text(self, text: str) -> None:
        """Goes on by the text; the rest as accept."""
        self._accept(Text("the text", text))

    def _accept(self, words: Text) -> None:
        with self._handle.inside() as matcher:
            call("matcher_accept_text", matcher, words.view)

    def allowed_tokens(self) -> List[int]:
        """The tokens that may come next."""
        count = ctypes.c_uint64()
        with self._handle.inside() as matcher:
            call("matcher_mask", matcher, None, 0, ctypes.byref(count))
            words = (ctypes.c_uint64 * count.value)()
            call("matcher_mask", matcher, words, len(words), ctypes.byref(count))
        return [64 * place + bit for place, word in enumerate(words) for bit in _bits(word)]

    @property
    def is_complete(self) -> bool:
        """What was matched is a text of the grammar."""
        return bool(self._state() & _COMPLETE)

    @property
    def is_open(self) -> bool:
        """More may follow."""
        return bool(self._state() & _OPEN)

    def _state(self) -> int:
        state = ctypes.c_uint32()
        with self._handle.inside() as matcher:
            call("matcher_state", matcher, ctypes.byref(state))
        return state.value


def _bits(word: int) -> Iterable[int]:
    while word:
        lowest = word & -word
        yield lowest.bit_length() - 1
        word ^= lowest
