"""What a user probably wants now: features ranked by habit, context and meaning (sotto/recommendation.h)."""
from __future__ import annotations

import ctypes
import dataclasses
import enum
import json
import os
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Tuple, Union

from . import _abi, _skills_abi
from ._handle import Handle, NativeObject
from ._library import Text, check, fetch_bytes
from ._skill import open_skill

if TYPE_CHECKING:
    from .model import Model
    from .runtime import Runtime

ID = b"sotto.recommendation/1"
_NO_EXPLORATION, _QUIET_HOURS_SET, _NO_QUIET_HOURS, _NO_CAP = 1, 2, 4, 8
_ALARM, _MOOD = 1, 2


class Consent(enum.IntEnum):
    NONE = 0
    PAUSED = 1
    GRANTED = 2


class UsageEvent(enum.IntEnum):
    USED = 1
    ACCEPTED = 2
    DISMISSED = 3
    IGNORED = 4


class Quiet(enum.IntEnum):
    """Why nothing is suggested."""

    NO = 0
    ALARM = 1
    MOOD = 2
    HOURS = 3
    CAP = 4
    CONSENT = 5
    NOTHING = 6


@dataclasses.dataclass(frozen=True)
class UsageContext:
    """When, where, how; `unix_ms` 0: now, `mood` None: not known, `has` None: everything. Tags stand between spaces."""

    unix_ms: int = 0
    utc_offset_minutes: int = 0
    alarm: bool = False
    mood: Optional[float] = None
    place: Optional[str] = None
    device: Optional[str] = None
    tags: Optional[str] = None
    has: Optional[str] = None
    request: Optional[str] = None


@dataclasses.dataclass(frozen=True)
class Recommendation:
    place: int
    feature: str
    name_zh: str
    name_en: str
    reason_zh: str
    reason_en: str
    reason_kind: str
    probability: float
    reason_weight: float
    propensity: float


@dataclasses.dataclass(frozen=True)
class ProfileFacts:
    consent: Consent
    schema_version: int
    suggestions_today: int
    events: int
    file_bytes: int


class Recommender(NativeObject):
    """A catalogue of features; users' profiles are opened from it. Any thread."""

    def __init__(self, runtime: "Runtime", catalogue: Union[str, Mapping[str, Any]], *,
                 folder: Union[str, "os.PathLike[str]", None] = None, model: Optional["Model"] = None, seed: int = 0,
                 max_events: int = 0, daily_cap: Optional[int] = 0, cool_down_hours: int = 0,
                 quiet: Union[Tuple[int, int], bool, None] = None, exploration: Optional[float] = 0, diversity: float = 0,
                 bad_mood: float = 0, half_life_days: float = 0) -> None:
        """`daily_cap` and `exploration`: None turns them off; `quiet`: minutes of the local day, False: suggests at night too."""
        flags = _NO_CAP * (daily_cap is None) + _NO_EXPLORATION * (exploration is None) + _NO_QUIET_HOURS * (quiet is False)
        hours = quiet if isinstance(quiet, tuple) else (0, 0)
        flags += _QUIET_HOURS_SET * isinstance(quiet, tuple)
        said = catalogue if isinstance(catalogue, str) else json.dumps(dict(catalogue), ensure_ascii=False)
        text, place = Text("the catalogue", said), Text("the profiles' folder", None if folder is None else os.path.abspath(folder))
        options = _abi.sized(_skills_abi.RecommenderOptions, flags=flags, catalogue=text.view, folder=place.view, seed=seed,
                             max_events=max_events, daily_cap=daily_cap or 0, cool_down_hours=cool_down_hours, quiet_from=hours[0],
                             quiet_to=hours[1], exploration=exploration or 0, diversity=diversity, bad_mood=bad_mood,
                             half_life_days=half_life_days)

        def create(api: Any, plugin: Any, address: Any, out: Any) -> None:
            options.model = address
            check(api.create, plugin, ctypes.byref(options), out)

        self._api, handle = open_skill("recommender", ID, _skills_abi.RecommendationApi, runtime, model, create, ("destroy", None))
        super().__init__(handle)

    def profile(self, user: str, key: Optional[str] = None) -> "Profile":
        """Makes no file. `user`: 1 to 64 of A-Z, a-z, 0-9, _ and -."""
        name, secret = Text("the user", user), Text("the key", key)
        made = ctypes.c_void_p()
        with self._handle.inside() as recommender:
            check(self._api.open, recommender, name.view, secret.view, ctypes.byref(made))
            return Profile(Handle("profile", made, self._handle, self._api.close), self._api)


class Profile(NativeObject):
    """One user's events, and what they say of what comes next. Any thread. Nothing is kept without consent."""

    def __init__(self, handle: Handle, api: Any) -> None:
        super().__init__(handle)
        self._api = api

    def set_consent(self, consent: Consent) -> None:
        """NONE erases what was kept."""
        with self._handle.inside() as profile:
            check(self._api.set_consent, profile, int(consent))

    def record(self, event: UsageEvent, feature: str, context: UsageContext = UsageContext()) -> None:
        """Keeps an event and learns from it; without consent REFUSED."""
        name, c = Text("the feature", feature), _Context(context)
        with self._handle.inside() as profile:
            check(self._api.record, profile, int(event), name.view, ctypes.byref(c.struct))

    def rank(self, context: UsageContext = UsageContext(), count: int = 3) -> List[Recommendation]:
        """The best, for a menu or an answer: nothing is counted or kept."""
        found: List[Recommendation] = []
        c, take = _Context(context), _taker(found)
        with self._handle.inside() as profile:
            check(self._api.rank, profile, ctypes.byref(c.struct), count, take, None)
        return found

    def suggest(self, context: UsageContext = UsageContext(), count: int = 1) -> Tuple[List[Recommendation], Quiet]:
        """What to offer unasked, and why there is nothing. Keeps that they were offered."""
        found: List[Recommendation] = []
        c, take, quiet = _Context(context), _taker(found), ctypes.c_uint32()
        with self._handle.inside() as profile:
            check(self._api.suggest, profile, ctypes.byref(c.struct), count, take, None, ctypes.byref(quiet))
        return found, Quiet(quiet.value)

    def forget(self, feature: Optional[str] = None, *, from_unix_ms: int = 0, until_unix_ms: int = 0) -> int:
        """Erases the events that fulfil all conditions, without one all; how many."""
        name, count = Text("the feature", feature), ctypes.c_uint64()
        options = _abi.sized(_skills_abi.ForgetOptions, feature=name.view, from_unix_ms=from_unix_ms, until_unix_ms=until_unix_ms)
        with self._handle.inside() as profile:
            check(self._api.forget, profile, ctypes.byref(options), ctypes.byref(count))
        return count.value

    def export(self) -> Dict[str, Any]:
        """All that is kept of the user."""
        with self._handle.inside() as profile:
            kept: Dict[str, Any] = json.loads(fetch_bytes(self._api.export_json, profile))
            return kept

    def restore(self, exported: Mapping[str, Any]) -> None:
        """Puts an export in place of what is kept: all of it or, after a failure, nothing. Needs consent."""
        text = Text("the export", json.dumps(dict(exported), ensure_ascii=False))
        with self._handle.inside() as profile:
            check(self._api.import_json, profile, text.view)

    @property
    def facts(self) -> ProfileFacts:
        facts = _abi.sized(_skills_abi.ProfileFacts)
        with self._handle.inside() as profile:
            check(self._api.facts, profile, ctypes.byref(facts))
        return ProfileFacts(Consent(facts.consent), facts.schema_version, facts.suggestions_today, facts.events, facts.file_bytes)


class _Context:
    """Owns what the C struct points to."""

    def __init__(self, context: UsageContext) -> None:
        self._texts = {name: Text(name, getattr(context, name)) for name in ("place", "device", "tags", "has", "request")}
        self.struct = _abi.sized(
            _skills_abi.UsageContext, flags=_ALARM * context.alarm + _MOOD * (context.mood is not None), unix_ms=context.unix_ms,
            utc_offset_minutes=context.utc_offset_minutes, mood=context.mood or 0,
            **{name: text.view for name, text in self._texts.items()})


def _taker(found: List[Recommendation]) -> Any:
    def text(view: Any) -> str:
        return ctypes.string_at(view.data, view.size).decode("utf-8", "replace")

    def take(_: Any, pointer: Any) -> int:
        i = pointer.contents
        found.append(Recommendation(i.place, text(i.feature), text(i.name_zh), text(i.name_en), text(i.reason_zh), text(i.reason_en),
                                    text(i.reason_kind), i.probability, i.reason_weight, i.propensity))
        return 0

    return _skills_abi.RecommendationFunction(take)
