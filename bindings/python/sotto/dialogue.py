"""Conversations in turns through the dialogue plugin (sotto/dialogue.h)."""
from __future__ import annotations

import ctypes
import dataclasses
import json
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional

from . import _abi
from ._handle import Handle, NativeObject
from ._library import Text, check, fetch_bytes, ids_array, library
from ._options import AnswerOptions, Listener, OnText, OnToken
from ._skill import whole_table
from .session import Finish
from .streaming import TextStream

if TYPE_CHECKING:
    from .model import Model

ID = b"sotto.dialogue/1"


@dataclasses.dataclass(frozen=True)
class TurnResult:
    finish: Finish
    prompt_tokens: int
    reused_tokens: int
    computed_tokens: int
    generated_tokens: int
    dropped_turns: int
    first_token_ns: int
    prefill_ns: int
    decode_ns: int
    is_hinted: bool


class Dialogue(NativeObject):
    """The thread rules are those of Session."""

    def __init__(self, model: "Model", *, system_prompt: Optional[str] = None, template: Optional[str] = None,
                 variables: Optional[Mapping[str, Any]] = None, answer_tokens: int = 0, context_tokens: int = 0) -> None:
        system, source = Text("the system prompt", system_prompt), Text("the template", template)
        further = Text("variables", None if variables is None else json.dumps(dict(variables), ensure_ascii=False))
        options = _abi.sized(_abi.DialogueOptions, system_prompt=system.view, template_source=source.view, variables=further.view,
                             answer_tokens=answer_tokens, context_tokens=context_tokens)
        made = ctypes.c_void_p()
        with model._handle.inside() as address:
            with model._runtime._handle.inside(for_child=True) as runtime:
                found = library().sotto_runtime_query(runtime, ID)
                self._api = whole_table(found.table, _abi.DialogueApi, ID.decode())
                check(self._api.create, found.self, address, ctypes.byref(options), ctypes.byref(made))
                super().__init__(Handle("dialogue", made, model._handle, self._api.destroy, self._api.cancel))

    def say(self, text: str, on_text: Optional[OnText] = None, *, role: str = "user", on_token: Optional[OnToken] = None,
            **options: Any) -> TurnResult:
        """Adds the turn and hands the assistant's answer to on_text piece by piece. Keywords: AnswerOptions."""
        listener = Listener(on_text, on_token)
        answer = AnswerOptions(listener, **options)
        name, words = Text("the role", role), Text("the text", text)
        result = _abi.sized(_abi.TurnResult)
        with answer.held() as held, self._handle.inside() as dialogue:
            try:
                check(self._api.say, dialogue, name.view, words.view, held, listener.text, None, ctypes.byref(result))
            finally:
                listener.raise_thrown()
        fields = {f.name: getattr(result, f.name) for f in dataclasses.fields(TurnResult) if f.name != "is_hinted"}
        return TurnResult(**{**fields, "finish": Finish(result.finish)}, is_hinted=bool(result.flags & 1))

    def stream(self, text: str, **options: Any) -> "TextStream[TurnResult]":
        """The answer as an iterator over its pieces."""
        return TextStream(lambda hear: self.say(text, hear, **options), self.cancel)

    def add(self, role: str, text: str) -> None:
        """Adds a turn without an answer."""
        name, words = Text("the role", role), Text("the text", text)
        with self._handle.inside() as dialogue:
            check(self._api.add, dialogue, name.view, words.view)

    def set_hint(self, text: str) -> None:
        """How to answer the turns to come (Sentiment.hint); empty: none."""
        words = Text("the hint", text)
        with self._handle.inside() as dialogue:
            check(self._api.set_hint, dialogue, words.view)

    def cancel(self) -> None:
        """Ends the answer in progress within 50 ms. Any thread."""
        self._handle.cancel()

    def reset(self) -> None:
        """Forgets all turns but the system prompt."""
        with self._handle.inside() as dialogue:
            check(self._api.reset, dialogue)

    def undo(self, turns: int = 2) -> None:
        """Takes back the last turns; a question and its answer are two."""
        with self._handle.inside() as dialogue:
            check(self._api.undo, dialogue, ids_array([turns])[0])

    @property
    def history(self) -> List[Dict[str, str]]:
        """[{"role": ..., "content": ...}, ...], the system prompt first."""
        with self._handle.inside() as dialogue:
            turns: List[Dict[str, str]] = json.loads(fetch_bytes(self._api.history, dialogue))
            return turns

    def save(self) -> bytes:
        with self._handle.inside() as dialogue:
            return fetch_bytes(self._api.save, dialogue)

    def restore(self, state: bytes) -> None:
        with self._handle.inside() as dialogue:
            check(self._api.restore, dialogue, state, len(state))
