"""What must not pass unheeded (sotto/care.h), and the journal of what was said (sotto/journal.h)."""
from __future__ import annotations

import ctypes
import dataclasses
import enum
import os
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Tuple, Union

from . import _abi, _skills_abi
from ._handle import Handle, NativeObject
from ._library import Text, check, fetch_bytes
from ._options import Listener, OnText
from ._skill import Language, constant, language as language_of, open_skill

if TYPE_CHECKING:
    from .model import Model
    from .runtime import Runtime

ID = b"sotto.care/1"
JOURNAL_ID = b"sotto.log/1"


class Category(enum.IntEnum):
    """In order of rank."""

    SELF_HARM = 0
    VIOLENCE = 1
    ADULT = 2
    MACHINE = 3
    PERSONAL = 4


class Severity(enum.IntEnum):
    """NONE: not found, or the default; NEVER: as a threshold, no fixed text."""

    NONE = 0
    MENTION = 1
    CONCERN = 2
    URGENT = 3
    NEVER = 4


class PersonalKind(enum.IntEnum):
    NONE = 0
    PHONE = 1
    ID_NUMBER = 2
    CARD = 3
    MAIL = 4
    ADDRESS = 5


class Mark(enum.IntEnum):
    """What an exchange is to the one before it."""

    NONE = 0
    REPHRASE = 1
    CORRECTION = 2


@dataclasses.dataclass(frozen=True)
class Finding:
    """text[begin:end]."""

    category: Category
    severity: Severity
    kind: PersonalKind
    language: Language
    is_from_head: bool
    begin: int
    end: int
    probability: float


@dataclasses.dataclass(frozen=True)
class CareResult:
    """`answer`: the category whose fixed text is the answer; None: go on."""

    answer: Optional[Category]
    language: Language
    severities: Dict[Category, Severity]
    findings: Tuple[Finding, ...] = ()


class Care(NativeObject):
    """Texts go to the call and nowhere else. It is no diagnosis, no emergency service and not complete (docs/care.md). Any thread."""

    def __init__(self, runtime: "Runtime", *, answer_from: Optional[Mapping[Category, Severity]] = None,
                 model: Optional["Model"] = None, head_confidence: float = 0, hold_bytes: int = 0,
                 rules: Optional[str] = None) -> None:
        further = Text("the rules", rules)
        options = _abi.sized(_skills_abi.CareOptions, head_confidence=head_confidence, hold_bytes=hold_bytes, rules=further.view)
        for category, severity in (answer_from or {}).items():
            options.answer_from[category] = severity

        def create(api: Any, plugin: Any, address: Any, out: Any) -> None:
            options.model = address
            check(api.create, plugin, ctypes.byref(options), out)

        self._api, handle = open_skill("care", ID, _skills_abi.CareApi, runtime, model, create, ("destroy", None))
        super().__init__(handle)

    def set_text(self, category: Category, language: Language, text: Optional[str]) -> None:
        """Empty: no text; None: the default again."""
        words = Text("the text", text)
        with self._handle.inside() as care:
            check(self._api.set_text, care, int(category), int(language), words.view)

    def text(self, category: Category, language: Language) -> str:
        """Defaults hold the place-holder {HELP} (Chinese {求助热线}) for a number that is right where the device is sold."""
        with self._handle.inside() as care:
            return fetch_bytes(self._api.text, care, int(category), int(language)).decode()

    def check(self, text: str, *, from_model: bool = False) -> CareResult:
        words = Text("the text", text)
        data = text.encode()
        findings: List[Finding] = []

        def take(_: Any, pointer: Any) -> int:
            f = pointer.contents
            begin = len(data[:f.begin].decode("utf-8", "ignore"))
            end = begin + len(data[f.begin:f.end].decode("utf-8", "ignore"))
            findings.append(Finding(Category(f.category), Severity(f.severity), PersonalKind(f.kind), language_of(f.language),
                                    f.source == 2, begin, end, f.probability))
            return 0

        result = _abi.sized(_skills_abi.CareResult)
        with self._handle.inside() as care:
            check(self._api.check, care, words.view, int(from_model), _skills_abi.FindingFunction(take), None, ctypes.byref(result))
        return _result(result, tuple(findings))

    def stream(self) -> "CareStream":
        """For what a model says, as it comes."""
        made = ctypes.c_void_p()
        with self._handle.inside() as care:
            check(self._api.stream_create, care, ctypes.byref(made))
            return CareStream(Handle("care stream", made, self._handle, self._api.stream_destroy), self._api)


class CareStream(NativeObject):
    """Takes what a model says piece by piece and hands on what may be said. One thread at a time."""

    def __init__(self, handle: Handle, api: Any) -> None:
        super().__init__(handle)
        self._api = api

    def feed(self, piece: str, on_text: OnText) -> CareResult:
        words = Text("the piece", piece)
        return self._step(on_text, lambda stream, *out: check(self._api.stream_feed, stream, words.view, *out))

    def finish(self, on_text: OnText) -> CareResult:
        """The model has ended: what was held back is decided. Then the stream is as new."""
        return self._step(on_text, lambda stream, *out: check(self._api.stream_finish, stream, *out))

    def _step(self, on_text: OnText, run: Any) -> CareResult:
        listener = Listener(on_text)
        result = _abi.sized(_skills_abi.CareResult)
        with self._handle.inside() as stream:
            try:
                run(stream, listener.text, None, ctypes.byref(result))
            finally:
                listener.raise_thrown()
        return _result(result, ())


@dataclasses.dataclass(frozen=True)
class JournalFacts:
    is_consented: bool
    files: int
    waiting: int
    rows: int
    bytes: int


class Journal(NativeObject):
    """What was said, kept for improving a model: only with consent, without personal data, erased on request. Any thread."""

    def __init__(self, runtime: "Runtime", folder: Union[str, "os.PathLike[str]"], *, consent: bool = False, max_bytes: int = 0,
                 max_age_days: int = 0) -> None:
        place = Text("the journal's folder", os.path.abspath(folder))
        options = _abi.sized(_skills_abi.JournalOptions, flags=int(consent), folder=place.view, max_bytes=max_bytes,
                             max_age_days=max_age_days)
        self._api, handle = open_skill(
            "journal", JOURNAL_ID, _skills_abi.JournalApi, runtime, None,
            lambda api, plugin, _, out: check(api.open, plugin, ctypes.byref(options), out), ("close", None))
        super().__init__(handle)

    def note(self, user: str, answer: Optional[str] = None, *, mark: Mark = Mark.NONE, unix_ms: int = 0) -> None:
        """Keeps an exchange; without consent nothing is kept."""
        said, answered = Text("the user's words", user), Text("the answer", answer)
        exchange = _abi.sized(_skills_abi.Exchange, flags=int(mark), unix_ms=unix_ms, user=said.view, answer=answered.view)
        with self._handle.inside() as journal:
            check(self._api.note, journal, ctypes.byref(exchange))

    def set_consent(self, is_given: bool) -> None:
        """Withdrawing consent erases everything that was kept, at once."""
        with self._handle.inside() as journal:
            check(self._api.set_consent, journal, int(is_given))

    def flush(self) -> None:
        with self._handle.inside() as journal:
            check(self._api.flush, journal)

    def forget(self, from_unix_ms: int = -2**63, to_unix_ms: int = 2**63 - 1) -> None:
        """Erases the rows with an exchange in that time; without bounds everything."""
        with self._handle.inside() as journal:
            check(self._api.forget, journal, from_unix_ms, to_unix_ms)

    @property
    def facts(self) -> JournalFacts:
        facts = _abi.sized(_skills_abi.JournalFacts)
        with self._handle.inside() as journal:
            check(self._api.facts, journal, ctypes.byref(facts))
        return JournalFacts(bool(facts.flags & 1), facts.files, facts.waiting, facts.rows, facts.bytes)


def _result(r: Any, findings: Tuple[Finding, ...]) -> CareResult:
    return CareResult(constant(Category, r.answer), language_of(r.language), dict(zip(Category, map(Severity, r.severities))), findings)
