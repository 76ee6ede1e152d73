"""A model in memory: facts, tokenizer, chat template; sessions and dialogues are made from it."""
from __future__ import annotations

import ctypes
import dataclasses
import json
import os
from typing import TYPE_CHECKING, Any, Callable, Iterable, List, Mapping, Optional, Sequence

from . import _abi
from ._errors import SottoError
from ._handle import Handle, NativeObject
from ._library import Text, call, fetch_bytes, fetch_ids, ids_array, library
from ._options import Caught
from ._source import Source, SourceOf
from .adapter import Adapter
from .grammar import Grammar
from .head import Head

if TYPE_CHECKING:
    from .assistant import Assistant
    from .dialogue import Dialogue
    from .runtime import Runtime
    from .sentiment import Sentiment
    from .session import Session

KV_TYPES = ("default", "f32", "f16", "q8_0")
Messages = Sequence[Mapping[str, Any]]


@dataclasses.dataclass(frozen=True)
class Facts:
    """sotto_model_facts; bos and eos are None where the model has none."""

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    ffn: int
    vocabulary: int
    context_trained: int
    context_tokens: int
    bos: Optional[int]
    eos: Optional[int]
    ranks: int
    tensor_count: int
    parameters: int
    file_bytes: int
    weight_bytes: int
    architecture: str
    weight_type: str
    tokenizer: str
    backend: str
    device: str
    name: str
    hash: str


class Model(NativeObject):
    """Any thread."""

    def __init__(self, runtime: "Runtime", source: SourceOf, *, offset: int = 0, length: int = 0,
                 progress: Optional[Callable[[float], Optional[bool]]] = None, backend: Optional[str] = None, threads: int = 0,
                 context_tokens: int = 0, sessions: int = 0, ranks: int = 0, kv_type: str = "default", memory_cap_bytes: int = 0,
                 vocabulary_only: bool = False) -> None:
        """`source`: a path; an open file or its descriptor, which may be closed afterwards; the model itself as bytes, or in another
        buffer, which is used in place and must not be written to (a read-only one that is no bytes is copied). `offset`, `length`: the
        part of a file that is the model; a length of 0: to its end. `progress(fraction)`: False cancels the load."""
        place, name = Source("the model", source, offset, length), Text("the backend's name", backend)
        options = _abi.sized(_abi.ModelOptions, flags=int(vocabulary_only), backend=name.view, threads=threads, ranks=ranks,
                             context_tokens=context_tokens, sessions=sessions, kv_type=KV_TYPES.index(kv_type),
                             memory_cap_bytes=memory_cap_bytes)
        caught = Caught()
        if progress is not None:
            options.progress = _abi.ProgressFunction(lambda _, fraction: caught.guard(progress, fraction))
        made = ctypes.c_void_p()
        with runtime._handle.inside() as address:
            try:
                call("model_open", address, ctypes.byref(place.struct), ctypes.byref(options), ctypes.byref(made))
            except SottoError:
                caught.raise_thrown()
                raise

            def destroy(model: ctypes.c_void_p) -> None:
                library().sotto_model_destroy(model)
                place.release()  # a model in memory is read until here

            super().__init__(Handle("model", made, runtime._handle, destroy))
        self._runtime = runtime
        try:
            caught.raise_thrown()  # from the last report of all, after which the model was made
        except BaseException:
            self.close()
            raise

    @property
    def facts(self) -> Facts:
        facts = _abi.sized(_abi.ModelFacts)
        with self._handle.inside() as model:
            call("model_get_facts", model, ctypes.byref(facts))
        values = {field.name: getattr(facts, field.name) for field in dataclasses.fields(Facts)}
        values = {name: value.decode() if isinstance(value, bytes) else value for name, value in values.items()}
        for name in ("bos", "eos"):
            values[name] = None if values[name] == _abi.NONE else values[name]
        return Facts(**values)

    def text(self, key: str) -> str:
        """A metadata value of the file ("general.license")."""
        name = Text("the key", key)
        with self._handle.inside() as model:
            return fetch_bytes(library().sotto_model_text, model, name.view).decode()

    def tokenize(self, text: str, *, special: bool = False, bos: bool = True) -> List[int]:
        """`special`: markers in the text become control tokens; `bos`: a beginning-of-text token where the model wants one."""
        words = Text("the text", text)
        with self._handle.inside() as model:
            return fetch_ids(library().sotto_tokenize, model, words.view, int(special) | (0 if bos else 2))

    def detokenize(self, ids: Iterable[int], *, special: bool = False) -> str:
        tokens = ids_array(ids)
        with self._handle.inside() as model:
            return fetch_bytes(library().sotto_detokenize, model, tokens, len(tokens), int(special)).decode()

    def render(self, messages: Messages, *, template: Optional[str] = None, **variables: Any) -> str:
        """The prompt as text by the chat template."""
        said, further, source = _template_texts(messages, variables, template)
        options = _abi.sized(_abi.TemplateOptions, messages=said.view, variables=further.view, source=source.view)
        with self._handle.inside() as model:
            return fetch_bytes(library().sotto_template_render, model, ctypes.byref(options)).decode()

    def tokenize_messages(self, messages: Messages, *, template: Optional[str] = None, **variables: Any) -> List[int]:
        """The prompt as ids: no text in a message can forge a turn."""
        said, further, source = _template_texts(messages, variables, template)
        options = _abi.sized(_abi.TemplateOptions, messages=said.view, variables=further.view, source=source.view)
        with self._handle.inside() as model:
            return fetch_ids(library().sotto_template_tokenize, model, ctypes.byref(options))

    @property
    def heads(self) -> List[Head]:
        """Those that the file carries; most carry none."""
        return Head._all(self)

    def head(self, name: str) -> Head:
        """The head of that name; NOT_FOUND tells the names there are."""
        return Head._find(self, name)

    def adapter(self, source: SourceOf, *, offset: int = 0, length: int = 0) -> Adapter:
        """A LoRA adapter for sessions of this model; the sources are those of a model, read during the call."""
        return Adapter(self, source, offset, length)

    def grammar(self, *, schema: Any = None, gbnf: Optional[str] = None, **options: Any) -> Grammar:
        """A grammar for answers of this model: of a JSON Schema (a text, or what json.dumps takes) or of rules in GBNF. Keywords: those of
        Grammar."""
        return Grammar(self, schema=schema, gbnf=gbnf, **options)

    def session(self, context_tokens: int = 0) -> "Session":
        from .session import Session
        return Session._create(self, context_tokens)

    def dialogue(self, **options: Any) -> "Dialogue":
        """A conversation; the keywords are those of Dialogue. Needs the dialogue plugin."""
        from .dialogue import Dialogue
        return Dialogue(self, **options)

    def sentiment(self, **options: Any) -> "Sentiment":
        """What words sound like; the keywords are those of Sentiment. Needs the sentiment plugin."""
        from .sentiment import Sentiment
        return Sentiment(self, **options)

    def assistant(self, **options: Any) -> "Assistant":
        """Understands and calls functions; the keywords are those of Assistant. Needs the dialogue plugin."""
        from .assistant import Assistant
        return Assistant(self, **options)


def _template_texts(messages: Messages, variables: Mapping[str, Any], template: Optional[str]) -> List[Text]:
    return [Text("messages", json.dumps(list(messages), ensure_ascii=False)),
            Text("variables", json.dumps(dict(variables), ensure_ascii=False) if variables else None), Text("the template", template)]
