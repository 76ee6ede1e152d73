"""The chat format: rows to documents of tokens. ChatML, one turn after the other:

    <|im_start|>user
    dim the kitchen lights<|im_end|>
    <|im_start|>assistant
    {"call":"light.dim","arguments":{"area":"kitchen"}}<|im_end|>
    <|im_start|>tool
    {"result":"done"}<|im_end|>
    <|im_start|>assistant
    The kitchen lights are dimmer now.<|im_end|>

A call is one line of JSON; what a turn says beside its call stands on the line before. Only the assistant's words, calls and their
<|im_end|> are learnt. A labelled user turn carries a head: the place of its <|im_end|> and of its words, and what they mean."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from sotto_train import schema
from sotto_train.tokens.shard import CLASSES
from sotto_train.tokens.tokenizer import Tokenizer

# What the model file carries, so that the engine renders what was trained on.
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
NO_CALL = {schema.NO_INTENT, "chat.talk"}


@dataclass
class Head:
    position: int  # of the user turn's <|im_end|>, in the document
    first: int  # token of the user's words
    last: int
    classes: dict[str, str]  # of CLASSES: what is known
    spans: dict[str, tuple[int, int]] | None  # None: nobody marked the slots


@dataclass
class Document:
    kind: str
    source: str
    licence: str
    ids: list[int] = field(default_factory=list)
    learnt: list[bool] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)  # behind each turn: places where the document can be cut

    def add(self, ids: list[int], learnt: bool) -> None:
        self.ids += ids
        self.learnt += [learnt] * len(ids)


def call_line(name: str, arguments: dict) -> str:
    return json.dumps({"call": name, "arguments": arguments}, ensure_ascii=False, separators=(",", ":"))


def arguments_of(slots: list[dict]) -> dict:
    """A call's arguments as the user said them; a slot said twice becomes a list."""
    arguments: dict = {}
    for slot in slots:
        name, value = slot["name"], slot["value"]
        if name not in arguments:
            arguments[name] = value
        elif isinstance(arguments[name], list):
            arguments[name].append(value)
        else:
            arguments[name] = [arguments[name], value]
    return arguments


def turn_text(turn: dict) -> str:
    if not turn.get("call"):
        return turn["text"]
    line = call_line(turn["call"]["name"], turn["call"].get("arguments") or {})
    return f"{turn['text']}\n{line}" if turn["text"] else line


def documents(row: dict, tokenizer: Tokenizer, with_calls: bool = True) -> Iterator[Document]:
    """A row's documents: one, or two for a pair (a direction each). Without calls a command ends with the user's turn."""
    kind = row["kind"]
    if kind == "text":
        yield _running(row, row["text"], tokenizer)
    elif kind == "pair":
        for text in (f"{row['text']}\n{row['other']}", f"{row['other']}\n{row['text']}"):
            yield _running(row, text, tokenizer)
    elif kind == "chat":
        yield _dialogue(row, tokenizer)
    else:
        yield _labelled(row, tokenizer, with_calls)


def _running(row: dict, text: str, tokenizer: Tokenizer) -> Document:
    document = Document(row["kind"], row["source"], row["licence"])
    document.add([*tokenizer.encode(text), tokenizer.eos], True)
    document.learnt[0] = False
    return document


def _add_turn(document: Document, role: str, text: str, tokenizer: Tokenizer) -> tuple[int, int]:
    """Appends a turn; where its words begin and where its <|im_end|> stands."""
    spoken = role == "assistant"
    document.add([tokenizer.im_start, *tokenizer.encode(f"{role}\n")], False)
    first = len(document.ids)
    document.add([*tokenizer.encode(text), tokenizer.im_end], spoken)
    position = len(document.ids) - 1
    document.add(tokenizer.encode("\n"), False)
    document.ends.append(len(document.ids))
    return first, position


def _labelled(row: dict, tokenizer: Tokenizer, with_calls: bool) -> Document:
    """command, mood, scope: one user turn with a head; a command is answered by its call."""
    document = Document(row["kind"], row["source"], row["licence"])
    first, position = _add_turn(document, "user", row["text"], tokenizer)
    classes = {key: row[key] for key in CLASSES if key in row}
    if "scope" not in classes and classes.get("intent", schema.NO_INTENT) not in NO_CALL:
        classes["scope"] = "in"
    spans = None
    if "slots" in row:
        placed = tokenizer.encode_placed(row["text"])
        spans = {}
        for slot in row["slots"]:  # of two slots of a name the first is the head's
            tokens = placed.tokens_of(slot["start"], slot["end"])
            if tokens and slot["name"] not in spans:
                spans[slot["name"]] = (first + tokens[0], first + tokens[1])
    document.heads.append(Head(position, first, position - 1, classes, spans))
    if with_calls and row["kind"] == "command" and row.get("intent", schema.NO_INTENT) not in NO_CALL:
        _add_turn(document, "assistant", call_line(row["intent"], arguments_of(row.get("slots", []))), tokenizer)
    return document


def _dialogue(row: dict, tokenizer: Tokenizer) -> Document:
    """Turns of a chat. A user turn that is answered by a call has the call's name as its intent."""
    document = Document(row["kind"], row["source"], row["licence"])
    turns = row["turns"]
    for turn, after in zip(turns, [*turns[1:], {}], strict=True):
        first, position = _add_turn(document, turn["role"], turn_text(turn), tokenizer)
        name = (after.get("call") or {}).get("name")
        if turn["role"] == "user" and position > first and after.get("role") == "assistant" and name in schema.intents():
            document.heads.append(Head(position, first, position - 1, {"intent": name, "scope": "in"}, None))
    return document


def prompt(turns: list[dict], tokenizer: Tokenizer) -> list[int]:
    """A dialogue up to where the assistant speaks."""
    document = Document("chat", "", "")
    for turn in turns:
        _add_turn(document, turn["role"], turn_text(turn), tokenizer)
    return [*document.ids, tokenizer.im_start, *tokenizer.encode("assistant\n")]


def cut(document: Document, context: int) -> Iterator[Document]:
    """What of a document fits blocks of `context` tokens: running text in pieces, a dialogue up to its last turn that fits (or nothing)."""
    if len(document.ids) <= context:
        yield document
        return
    if not document.ends:
        for at in range(0, len(document.ids), context):
            piece = Document(document.kind, document.source, document.licence)
            piece.ids, piece.learnt = document.ids[at : at + context], document.learnt[at : at + context]
            piece.learnt[0] = False
            if len(piece.ids) > 1:
                yield piece
        return
    end = max((e for e in document.ends if e <= context), default=0)
    heads = [h for h in document.heads if h.position < end]
    if any(document.learnt[:end]) or heads:
        yield Document(document.kind, document.source, document.licence, document.ids[:end], document.learnt[:end], heads, document.ends)
