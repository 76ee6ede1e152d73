"""The skills' part of the C interface as ctypes: sotto/{sentiment,recommendation,assistant,care,journal}.h; the rules of _abi.py."""
from __future__ import annotations

from ctypes import CFUNCTYPE, POINTER, Structure, c_char, c_char_p, c_double, c_float, c_int32, c_int64, c_uint32, c_uint64, c_void_p
from typing import Any

from ._abi import Error, Hypothesis, Str, TextFunction

LABELS, EMOTIONS, CARE_CATEGORIES = 3, 8, 5


class SentimentOptions(Structure):
    _fields_ = [("struct_size", c_uint32), ("flags", c_uint32), ("confidence", c_float), ("emotion_confidence", c_float),
                ("half_life_ms", c_uint32), ("context_tokens", c_uint32)]


class SentimentResult(Structure):
    _fields_ = [("struct_size", c_uint32), ("label", c_uint32), ("emotion", c_uint32), ("language", c_uint32),
                ("probabilities", c_float * LABELS), ("emotions", c_float * EMOTIONS), ("intensity", c_float),
                ("label_source", c_uint32), ("emotion_source", c_uint32), ("skipped_bytes", c_uint32), ("extra_tokens", c_uint32),
                ("calibration_tokens", c_uint32)]


class SentimentReadOptions(Structure):
    _fields_ = [("struct_size", c_uint32), ("deadline_ms", c_uint32), ("turn_tokens", c_uint32), ("reserved", c_uint32),
                ("text", Str)]


class Mood(Structure):
    _fields_ = [("struct_size", c_uint32), ("label", c_uint32), ("emotion", c_uint32), ("reason", c_uint32), ("valence", c_float),
                ("evidence", c_float), ("turns", c_uint32), ("events", c_uint32), ("flags", c_uint32), ("reserved", c_uint32)]


class RecommenderOptions(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("flags", c_uint32), ("catalogue", Str), ("folder", Str), ("model", c_void_p), ("seed", c_uint64),
        ("max_events", c_uint64), ("daily_cap", c_uint32), ("cool_down_hours", c_uint32), ("quiet_from", c_uint32),
        ("quiet_to", c_uint32), ("exploration", c_float), ("diversity", c_float), ("bad_mood", c_float), ("half_life_days", c_float)]


class UsageContext(Structure):
    _fields_ = [("struct_size", c_uint32), ("flags", c_uint32), ("unix_ms", c_int64), ("utc_offset_minutes", c_int32),
                ("mood", c_float), ("place", Str), ("device", Str), ("tags", Str), ("has", Str), ("request", Str)]


class Recommendation(Structure):
    _fields_ = [("struct_size", c_uint32), ("place", c_uint32), ("feature", Str), ("name_zh", Str), ("name_en", Str),
                ("reason_zh", Str), ("reason_en", Str), ("reason_kind", Str), ("probability", c_double), ("reason_weight", c_double),
                ("propensity", c_double)]


class ForgetOptions(Structure):
    _fields_ = [("struct_size", c_uint32), ("reserved", c_uint32), ("feature", Str), ("from_unix_ms", c_int64),
                ("until_unix_ms", c_int64)]


class ProfileFacts(Structure):
    _fields_ = [("struct_size", c_uint32), ("consent", c_uint32), ("schema_version", c_uint32), ("suggestions_today", c_uint32),
                ("events", c_uint64), ("file_bytes", c_uint64)]


class AssistantOptions(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("language", c_uint32), ("domain", Str), ("area", Str), ("utc_offset_minutes", c_int32),
        ("max_calls", c_uint32), ("call_deadline_ms", c_uint32), ("intent_threshold", c_float), ("function_threshold", c_float),
        ("function_margin", c_float), ("deadline_ms", c_uint32), ("flags", c_uint32), ("free_confidence", c_float), ("reserved", c_uint32)]


GivenUpFunction = CFUNCTYPE(c_int32, c_void_p)


class FunctionCall(Structure):
    _fields_ = [("struct_size", c_uint32), ("deadline_ms", c_uint32), ("name", Str), ("arguments", Str),
                ("is_given_up", GivenUpFunction), ("context", c_void_p)]


RunFunction = CFUNCTYPE(c_int32, c_void_p, POINTER(FunctionCall), TextFunction, c_void_p, POINTER(Error))


class Function(Structure):
    _fields_ = [("struct_size", c_uint32), ("flags", c_uint32), ("name", Str), ("description", Str), ("schema", Str),
                ("replies", Str), ("examples", POINTER(Str)), ("example_count", c_uint32), ("reserved", c_uint32),
                ("run", RunFunction), ("user", c_void_p)]


class AssistantResult(Structure):
    _fields_ = [("struct_size", c_uint32), ("language", c_uint32), ("source", c_uint32), ("flags", c_uint32),
                ("hypothesis", c_uint32), ("calls", c_uint32), ("failed_calls", c_uint32), ("tokens", c_uint32),
                ("confidence", c_float), ("reserved", c_uint32), ("intent", c_char * 64)]


class CareOptions(Structure):
    _fields_ = [("struct_size", c_uint32), ("answer_from", c_uint32 * CARE_CATEGORIES), ("model", c_void_p),
                ("head_confidence", c_float), ("hold_bytes", c_uint32), ("rules", Str)]


class CareFinding(Structure):
    _fields_ = [("struct_size", c_uint32), ("category", c_uint32), ("severity", c_uint32), ("kind", c_uint32),
                ("language", c_uint32), ("source", c_uint32), ("begin", c_uint64), ("end", c_uint64), ("probability", c_float),
                ("reserved", c_uint32)]


class CareResult(Structure):
    _fields_ = [("struct_size", c_uint32), ("answer", c_uint32), ("language", c_uint32), ("categories", c_uint32),
                ("severities", c_uint32 * CARE_CATEGORIES), ("reserved", c_uint32), ("begin", c_uint64), ("end", c_uint64)]


class JournalOptions(Structure):
    _fields_ = [("struct_size", c_uint32), ("flags", c_uint32), ("folder", Str), ("max_bytes", c_uint64),
                ("max_age_days", c_uint32), ("reserved", c_uint32)]


class Exchange(Structure):
    _fields_ = [("struct_size", c_uint32), ("flags", c_uint32), ("unix_ms", c_int64), ("user", Str), ("answer", Str)]


class JournalFacts(Structure):
    _fields_ = [("struct_size", c_uint32), ("flags", c_uint32), ("files", c_uint32), ("waiting", c_uint32), ("rows", c_uint64),
                ("bytes", c_uint64)]


RecommendationFunction = CFUNCTYPE(c_int32, c_void_p, POINTER(Recommendation))
FindingFunction = CFUNCTYPE(c_int32, c_void_p, POINTER(CareFinding))

_ERR = POINTER(Error)
_SIZE = POINTER(c_uint64)
_P = c_void_p
_OUT = POINTER(c_void_p)
_HEAD: Any = [("struct_size", c_uint32), ("reserved", c_uint32)]


def _entry(*arguments: Any) -> Any:
    """A fallible function: its arguments but the last, which is the error."""
    return CFUNCTYPE(c_int32, *arguments, _ERR)


_END = CFUNCTYPE(None, _P)  # destroys, closes, cancels
_TEXT_OUT = _entry(_P, _P, c_uint64, _SIZE)
_SENTENCE = _entry(_P, c_uint32, _P, c_uint64, _SIZE)


class SentimentApi(Structure):
    _fields_ = _HEAD + [
        ("create", _entry(_P, _P, POINTER(SentimentOptions), _OUT)), ("destroy", _END),
        ("read", _entry(_P, POINTER(Str), c_uint64, POINTER(SentimentReadOptions), POINTER(SentimentResult), c_uint64)),
        ("read_session", _entry(_P, _P, POINTER(c_uint32), c_uint64, POINTER(SentimentReadOptions), POINTER(SentimentResult))),
        ("cancel", _END), ("set_consent", _entry(_P, c_uint32)), ("note_turn", _entry(_P, POINTER(SentimentResult))),
        ("note_event", _entry(_P, c_uint32)), ("mood", _entry(_P, POINTER(Mood))), ("reset", _entry(_P)), ("reason", _SENTENCE),
        ("hint", _SENTENCE),
        ("read_hidden", _entry(_P, POINTER(c_float), c_uint64, POINTER(SentimentReadOptions), POINTER(SentimentResult)))]


class RecommendationApi(Structure):
    _fields_ = _HEAD + [
        ("create", _entry(_P, POINTER(RecommenderOptions), _OUT)), ("destroy", _END), ("open", _entry(_P, Str, Str, _OUT)),
        ("close", _END), ("set_consent", _entry(_P, c_uint32)), ("record", _entry(_P, c_uint32, Str, POINTER(UsageContext))),
        ("rank", _entry(_P, POINTER(UsageContext), c_uint32, RecommendationFunction, _P)),
        ("suggest", _entry(_P, POINTER(UsageContext), c_uint32, RecommendationFunction, _P, POINTER(c_uint32))),
        ("forget", _entry(_P, POINTER(ForgetOptions), _SIZE)), ("export_json", _TEXT_OUT), ("import_json", _entry(_P, Str)),
        ("facts", _entry(_P, POINTER(ProfileFacts)))]


class AssistantApi(Structure):
    _fields_ = _HEAD + [
        ("create", _entry(_P, _P, POINTER(AssistantOptions), _OUT)), ("destroy", _END),
        ("add_function", _entry(_P, POINTER(Function))), ("set_home", _entry(_P, Str)),
        ("turn", _entry(_P, POINTER(Hypothesis), c_uint32, c_uint32, TextFunction, _P, POINTER(AssistantResult))),
        ("details", _TEXT_OUT), ("undo", _entry(_P, TextFunction, _P, POINTER(AssistantResult))), ("history", _TEXT_OUT),
        ("save", _TEXT_OUT), ("restore", _entry(_P, c_char_p, c_uint64)), ("reset", _entry(_P)), ("cancel", _END),
        ("set_manual", _entry(_P, c_uint32, Str)), ("hidden", _entry(_P, POINTER(c_float), c_uint64, _SIZE))]


class CareApi(Structure):
    _fields_ = _HEAD + [
        ("create", _entry(_P, POINTER(CareOptions), _OUT)), ("destroy", _END), ("set_text", _entry(_P, c_uint32, c_uint32, Str)),
        ("text", _entry(_P, c_uint32, c_uint32, _P, c_uint64, _SIZE)),
        ("check", _entry(_P, Str, c_uint32, FindingFunction, _P, POINTER(CareResult))), ("stream_create", _entry(_P, _OUT)),
        ("stream_destroy", _END), ("stream_feed", _entry(_P, Str, TextFunction, _P, POINTER(CareResult))),
        ("stream_finish", _entry(_P, TextFunction, _P, POINTER(CareResult)))]


class JournalApi(Structure):
    _fields_ = _HEAD + [
        ("open", _entry(_P, POINTER(JournalOptions), _OUT)), ("close", _END), ("set_consent", _entry(_P, c_uint32)),
        ("note", _entry(_P, POINTER(Exchange))), ("flush", _entry(_P)), ("forget", _entry(_P, c_int64, c_int64)),
        ("facts", _entry(_P, POINTER(JournalFacts)))]
