"""The C interface as ctypes: structs and functions of sotto/{base,runtime,model,session,hidden,grammar,values,dialogue}.h.

tests/bindings compares sizes and offsets with the pins of tests/abi. Only what this package uses stands here.
"""
from __future__ import annotations

import ctypes
from ctypes import (POINTER, Structure, c_char, c_char_p, c_double, c_float, c_int32, c_int64, c_uint8, c_uint32, c_uint64,
                    c_void_p)
from typing import Any, Dict, List, Tuple, Type

NONE = 0xFFFFFFFF


class Str(Structure):
    _fields_ = [("data", c_void_p), ("size", c_uint64)]


class Error(Structure):
    _fields_ = [("struct_size", c_uint32), ("status", c_int32), ("text", c_char * 480)]


class Interface(Structure):
    _fields_ = [("table", c_void_p), ("self", c_void_p)]


LogFunction = ctypes.CFUNCTYPE(None, c_void_p, c_int32, Str)
TextFunction = ctypes.CFUNCTYPE(c_int32, c_void_p, Str)
TokenFunction = ctypes.CFUNCTYPE(c_int32, c_void_p, c_uint32, c_float)
RowFunction = ctypes.CFUNCTYPE(c_int32, c_void_p, c_uint32, c_uint32, POINTER(c_float), c_uint32)
MaskFunction = ctypes.CFUNCTYPE(c_int32, c_void_p, POINTER(c_float), c_uint32)
ProgressFunction = ctypes.CFUNCTYPE(c_int32, c_void_p, c_float)


class RuntimeOptions(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("threads", c_uint32), ("plugin_folder", Str), ("plugin_files", POINTER(Str)),
        ("plugin_entries", c_void_p), ("plugin_file_count", c_uint32), ("plugin_entry_count", c_uint32), ("log", LogFunction),
        ("log_user", c_void_p), ("log_level", c_int32), ("power_policy", c_uint32), ("memory_cap_bytes", c_uint64),
        ("data_folder", Str), ("clock", Interface), ("affinity_mask", c_uint64), ("thread_priority", c_int32), ("reserved", c_uint32),
        ("probe_program", Str), ("probe", c_void_p), ("probe_user", c_void_p)]


class PluginInfo(Structure):
    _fields_ = [("struct_size", c_uint32), ("status", c_int32), ("id", c_char * 128), ("version", c_char * 32),
                ("description", c_char * 128), ("path", c_char * 512), ("reason", c_char * 480)]


class ModelSource(Structure):
    _fields_ = [("struct_size", c_uint32), ("kind", c_uint32), ("path", Str), ("data", c_void_p), ("size", c_uint64),
                ("offset", c_uint64), ("length", c_uint64), ("read", c_void_p), ("user", c_void_p), ("fd", c_int32),
                ("reserved", c_uint32)]


class ModelOptions(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("flags", c_uint32), ("backend", Str), ("devices", POINTER(c_uint32)), ("split", POINTER(c_uint32)),
        ("ranks", c_uint32), ("threads", c_uint32), ("context_tokens", c_uint32), ("sessions", c_uint32), ("kv_tokens", c_uint64),
        ("max_batch", c_uint32), ("kv_type", c_uint32), ("memory_cap_bytes", c_uint64), ("progress", ProgressFunction),
        ("progress_user", c_void_p), ("device_layers", c_uint32), ("comm_deadline_ms", c_uint32), ("comm", c_void_p * 2)]


class ModelFacts(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("layers", c_uint32), ("hidden", c_uint32), ("heads", c_uint32), ("kv_heads", c_uint32),
        ("head_dim", c_uint32), ("ffn", c_uint32), ("vocabulary", c_uint32), ("context_trained", c_uint32),
        ("context_tokens", c_uint32), ("bos", c_uint32), ("eos", c_uint32), ("ranks", c_uint32), ("tensor_count", c_uint32),
        ("parameters", c_uint64), ("file_bytes", c_uint64), ("weight_bytes", c_uint64), ("architecture", c_char * 32),
        ("weight_type", c_char * 16), ("tokenizer", c_char * 32), ("backend", c_char * 64), ("device", c_char * 128),
        ("name", c_char * 128), ("hash", c_char * 65)]


class TemplateOptions(Structure):
    _fields_ = [("struct_size", c_uint32), ("flags", c_uint32), ("messages", Str), ("variables", Str), ("source", Str), ("bos", Str),
                ("eos", Str)]


class SessionOptions(Structure):
    _fields_ = [("struct_size", c_uint32), ("context_tokens", c_uint32)]


class FeedOptions(Structure):
    _fields_ = [("struct_size", c_uint32), ("deadline_ms", c_uint32), ("outputs", c_uint32), ("reserved", c_uint32),
                ("output_masks", POINTER(c_uint32)), ("on_row", RowFunction), ("user", c_void_p)]


class GenerateResult(Structure):
    _fields_ = [("struct_size", c_uint32), ("finish", c_uint32), ("prompt_tokens", c_uint32), ("generated_tokens", c_uint32),
                ("position", c_uint32), ("stop_index", c_uint32), ("first_token_ns", c_uint64), ("prefill_ns", c_uint64),
                ("decode_ns", c_uint64), ("drafted_tokens", c_uint32), ("accepted_tokens", c_uint32)]


class TokenBias(Structure):
    _fields_ = [("token", c_uint32), ("bias", c_float)]


class GenerateOptions(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("flags", c_uint32), ("max_tokens", c_uint32), ("deadline_ms", c_uint32),
        ("prompt_ids", POINTER(c_uint32)), ("prompt_id_count", c_uint64), ("temperature", c_float), ("top_k", c_uint32),
        ("top_p", c_float), ("min_p", c_float), ("repeat_penalty", c_float), ("presence_penalty", c_float),
        ("frequency_penalty", c_float), ("penalty_tokens", c_uint32), ("seed", c_uint64), ("stops", POINTER(Str)),
        ("biases", POINTER(TokenBias)), ("stop_count", c_uint32), ("bias_count", c_uint32), ("on_token", TokenFunction),
        ("on_token_user", c_void_p), ("mask", MaskFunction), ("mask_user", c_void_p), ("result", POINTER(GenerateResult)),
        ("matcher", c_void_p)]


class Counters(Structure):
    _fields_ = [("struct_size", c_uint32), ("steps", c_uint32), ("computed_tokens", c_uint64), ("generated_tokens", c_uint64),
                ("prefill_ns", c_uint64), ("decode_ns", c_uint64), ("cache_bytes", c_uint64)]


class EmbedOptions(Structure):
    _fields_ = [("struct_size", c_uint32), ("pooling", c_uint32), ("flags", c_uint32), ("deadline_ms", c_uint32)]


class HeadInfo(Structure):
    _fields_ = [("struct_size", c_uint32), ("kind", c_uint32), ("labels", c_uint32), ("outputs", c_uint32), ("temperature", c_float),
                ("reserved", c_uint32), ("name", c_char * 64)]


class HeadLabel(Structure):
    _fields_ = [("struct_size", c_uint32), ("threshold", c_float), ("text", c_char * 128)]


class GrammarOptions(Structure):
    _fields_ = [("struct_size", c_uint32), ("flags", c_uint32), ("max_recursion", c_uint32), ("value_count", c_uint32),
                ("values", POINTER(Str)), ("spans", POINTER(Str)), ("span_count", c_uint32), ("reserved", c_uint32)]


class GrammarFacts(Structure):
    _fields_ = [("struct_size", c_uint32), ("states", c_uint32), ("mask_count", c_uint32), ("masks_kept", c_uint32),
                ("bytes", c_uint64), ("mask_bytes", c_uint64)]


class Moment(Structure):
    _fields_ = [("unix_seconds", c_int64), ("year", c_int32), ("month", c_uint8), ("day", c_uint8), ("hour", c_uint8),
                ("minute", c_uint8), ("second", c_uint8), ("weekday", c_uint8), ("reserved", c_uint8 * 6)]


class Value(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("kind", c_uint32), ("begin", c_uint64), ("end", c_uint64), ("group", c_uint32), ("flags", c_uint32),
        ("number", c_double), ("number_to", c_double), ("unit", c_uint32), ("direction", c_int32), ("color", c_uint32),
        ("precision", c_uint32), ("from", Moment), ("to", Moment), ("repeat_unit", c_uint32), ("repeat_interval", c_uint32),
        ("repeat_weekdays", c_uint32), ("reserved", c_uint32), ("text", c_char * 32)]


class ValuesOptions(Structure):
    _fields_ = [("struct_size", c_uint32), ("language", c_uint32), ("now_unix_ms", c_int64), ("utc_offset_minutes", c_int32),
                ("expect", c_uint32), ("kinds", c_uint32), ("reserved", c_uint32)]


class Hypothesis(Structure):
    _fields_ = [("struct_size", c_uint32), ("score", c_float), ("text", Str)]


class Agreement(Structure):
    _fields_ = [("struct_size", c_uint32), ("hypothesis", c_uint32), ("share", c_float), ("reserved", c_uint32)]


class DialogueOptions(Structure):
    _fields_ = [("struct_size", c_uint32), ("answer_tokens", c_uint32), ("system_prompt", Str), ("template_source", Str),
                ("variables", Str), ("context_tokens", c_uint32), ("reserved", c_uint32)]


class TurnResult(Structure):
    _fields_ = [("struct_size", c_uint32), ("finish", c_uint32), ("prompt_tokens", c_uint32), ("reused_tokens", c_uint32),
                ("computed_tokens", c_uint32), ("generated_tokens", c_uint32), ("dropped_turns", c_uint32), ("flags", c_uint32),
                ("first_token_ns", c_uint64), ("prefill_ns", c_uint64), ("decode_ns", c_uint64)]


_ERR = POINTER(Error)
_SIZE = POINTER(c_uint64)
_IDS = POINTER(c_uint32)
_P = c_void_p
_OUT = POINTER(c_void_p)


def _entry(result: Any, *arguments: Any) -> Any:
    return ctypes.CFUNCTYPE(result, *arguments)


class DialogueApi(Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("reserved", c_uint32),
        ("create", _entry(c_int32, _P, _P, POINTER(DialogueOptions), _OUT, _ERR)), ("destroy", _entry(None, _P)),
        ("say", _entry(c_int32, _P, Str, Str, POINTER(GenerateOptions), TextFunction, _P, POINTER(TurnResult), _ERR)),
        ("add", _entry(c_int32, _P, Str, Str, _ERR)), ("cancel", _entry(None, _P)), ("reset", _entry(c_int32, _P, _ERR)),
        ("undo", _entry(c_int32, _P, c_uint32, _ERR)), ("history", _entry(c_int32, _P, _P, c_uint64, _SIZE, _ERR)),
        ("save", _entry(c_int32, _P, _P, c_uint64, _SIZE, _ERR)), ("restore", _entry(c_int32, _P, c_char_p, c_uint64, _ERR)),
        ("set_hint", _entry(c_int32, _P, Str, _ERR))]


# Fallible functions: their arguments but the last, which is the error.
FALLIBLE: Dict[str, List[Any]] = {
    "runtime_create": [POINTER(RuntimeOptions), _OUT],
    "runtime_plugin_info": [_P, c_uint32, POINTER(PluginInfo)],
    "model_open": [_P, POINTER(ModelSource), POINTER(ModelOptions), _OUT],
    "model_get_facts": [_P, POINTER(ModelFacts)],
    "model_text": [_P, Str, _P, c_uint64, _SIZE],
    "tokenize": [_P, Str, c_uint32, _IDS, c_uint64, _SIZE],
    "detokenize": [_P, _IDS, c_uint64, c_uint32, _P, c_uint64, _SIZE],
    "template_render": [_P, POINTER(TemplateOptions), _P, c_uint64, _SIZE],
    "template_tokenize": [_P, POINTER(TemplateOptions), _IDS, c_uint64, _SIZE],
    "session_create": [_P, POINTER(SessionOptions), _OUT],
    "session_feed": [_P, _IDS, c_uint64, POINTER(FeedOptions)],
    "generate": [_P, Str, POINTER(GenerateOptions), TextFunction, _P],
    "session_rewind": [_P, c_uint32],
    "session_tokens": [_P, c_uint32, _IDS, c_uint64, _SIZE],
    "session_fork": [_P, _OUT],
    "session_save": [_P, _P, c_uint64, _SIZE],
    "session_restore": [_P, c_char_p, c_uint64],
    "session_counters": [_P, POINTER(Counters)],
    "session_set_lora": [_P, _P, c_float],
    "lora_open": [_P, POINTER(ModelSource), _OUT],
    "model_head_info": [_P, c_uint32, POINTER(HeadInfo)],
    "model_head_label": [_P, c_uint32, c_uint32, POINTER(HeadLabel)],
    "model_head_find": [_P, Str, POINTER(c_uint32)],
    "head_apply": [_P, c_uint32, POINTER(c_float), c_uint64, POINTER(c_float), c_uint64],
    "grammar_compile": [_P, c_uint32, Str, POINTER(GrammarOptions), _OUT],
    "grammar_get_facts": [_P, POINTER(GrammarFacts)],
    "matcher_create": [_P, _OUT],
    "matcher_fork": [_P, _OUT],
    "matcher_rewind": [_P, c_uint32],
    "matcher_accept": [_P, c_uint32],
    "matcher_accept_text": [_P, Str],
    "matcher_mask": [_P, POINTER(c_uint64), c_uint64, _SIZE],
    "matcher_state": [_P, POINTER(c_uint32)],
    "values_parse": [Str, POINTER(ValuesOptions), POINTER(Value), c_uint32, c_uint64, _SIZE],
    "value_print": [POINTER(Value), _P, c_uint64, _SIZE],
    "values_agree": [POINTER(Hypothesis), c_uint32, c_uint32, POINTER(ValuesOptions), POINTER(Agreement), POINTER(Value), c_uint32,
                     c_uint64, _SIZE],
    "session_embed": [_P, _IDS, c_uint64, POINTER(EmbedOptions), POINTER(c_float), c_uint64],
}
OTHERS: Dict[str, Tuple[Any, List[Any]]] = {
    "runtime_destroy": (None, [_P]),
    "runtime_plugin_count": (c_uint32, [_P]),
    "runtime_trim": (None, [_P, c_uint32]),
    "runtime_set_power_policy": (None, [_P, c_uint32]),
    "runtime_query": (Interface, [_P, c_char_p]),
    "model_destroy": (None, [_P]),
    "model_head_count": (c_uint32, [_P]),
    "lora_destroy": (None, [_P]),
    "grammar_destroy": (None, [_P]),
    "matcher_destroy": (None, [_P]),
    "matcher_steps": (c_uint32, [_P]),
    "session_destroy": (None, [_P]),
    "session_cancel": (None, [_P]),
    "session_position": (c_uint32, [_P]),
    "version": (c_char_p, []),
    "status_text": (c_char_p, [c_int32]),
}


def declare(library: ctypes.CDLL) -> None:
    """Gives every function its types."""
    for name, arguments in FALLIBLE.items():
        function = getattr(library, "sotto_" + name)
        function.restype, function.argtypes = c_int32, [*arguments, _ERR]
    for name, (result, arguments) in OTHERS.items():
        function = getattr(library, "sotto_" + name)
        function.restype, function.argtypes = result, arguments


def sized(struct: Type[Any], **fields: Any) -> Any:
    """A struct of that type that says its size. A number that its field cannot hold is refused: ctypes would cut it silently."""
    made = struct(struct_size=ctypes.sizeof(struct), **fields)
    for name, value in fields.items():
        if isinstance(value, int) and getattr(made, name) != value and not isinstance(getattr(made, name), float):
            raise ValueError(f"{name} is {value}, which its {8 * getattr(struct, name).size} bits cannot hold")
    return made
