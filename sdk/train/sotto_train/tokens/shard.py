"""A packed set on disk: what `pack.py` writes and the trainer maps into memory. The only place that knows the files.

A set is a folder. Every array is row-major and little-endian without a header; its shape follows from `meta.json`.

    meta.json        written last: a folder without it is no set
    tokens.u16       uint16 [blocks, context]   token ids; what lies behind a block's last document is `pad`
    loss.u8          uint8  [blocks, context/8] bits, lowest first: bit i of a block says that token i is to be learnt, that is, that its
                                                cross entropy given the tokens before it in its document counts (context % 8 == 0)
    documents.i32    int32  [documents, 3]      block, start, end: a document is tokens[block, start:end]; sorted by block and start
    heads.i32        int32  [heads, 10]         one row a labelled user turn, columns HEAD_COLUMNS, sorted by block and position
    spans.i16        int16  [heads, slots, 2]   for that turn and each slot: first and last token (both inclusive) as places in the block

Documents of a block do not see each other: attention is block-diagonal over `documents`, positions start at 0 in each. A document lies in
one block whole. Running text ends with `eos`, dialogues with their last turn; no `bos` is put before either, as the engine puts none. The
bit of a document's first token is never set.

HEAD_COLUMNS: `block`; `document` (row of documents.i32); `position` of the turn's <|im_end|>, at which the heads of kind `sequence` read;
`first` and `last`, the tokens of the user's words (inclusive; the places the span head scores); then the classes `intent`, `scope`,
`sentiment`, `emotion`, `care` as indices into meta's labels. UNKNOWN (-100) stands for what a row does not say and must not be learnt from; in
spans.i16 UNKNOWN means that nobody marked the turn's slots, ABSENT (-1) that the turn has no such slot.

meta.json: {"format": "sotto-packed", "version": 1, "context", "blocks", "documents", "heads", "tokens" (without padding), "vocabulary",
"pad", "bos", "eos", "im_start", "im_end" (ids), "seed", "tokenizer_sha256", "labels": {"intent": [...], "scope": [...], "sentiment":
[...], "emotion": [...], "care": [...], "slot": [...]}, "sources": {source: [licence, documents, tokens]}, "kinds": {kind: documents}}.

    packed = Packed(folder)
    packed.tokens[b]            # uint16 [context]
    packed.loss_mask(b)         # bool [context]
    packed.borders(b)           # int32 [n, 2]: start, end
    packed.heads_of(b)          # (int32 [m, 9], int16 [m, slots, 2])
"""

import json
import os
import shutil
from pathlib import Path

import numpy as np

from sotto_train import schema
from sotto_train.errors import UserError

FORMAT, VERSION = "sotto-packed", 2
UNKNOWN, ABSENT = -100, -1
HEAD_COLUMNS = ("block", "document", "position", "first", "last", "intent", "scope", "sentiment", "emotion", "care")
CLASSES = HEAD_COLUMNS[5:]
META_NUMBERS = ("context", "blocks", "documents", "heads", "tokens", "vocabulary", "pad", "bos", "eos", "im_start", "im_end")
CONTEXT_LIMIT = 1 << 15  # places of spans are int16
ARRAYS = {  # file: (type, shape as keys of meta; a number is itself)
    "tokens.u16": ("<u2", ("blocks", "context")),
    "loss.u8": ("u1", ("blocks", "bytes")),
    "documents.i32": ("<i4", ("documents", 3)),
    "heads.i32": ("<i4", ("heads", len(HEAD_COLUMNS))),
    "spans.i16": ("<i2", ("heads", "slots", 2)),
}


def labels() -> dict[str, list[str]]:
    """The heads' labels, in the order of their indices."""
    return {
        "intent": schema.intent_labels(),
        "scope": list(schema.SCOPES),
        "sentiment": list(schema.SENTIMENTS),
        "emotion": list(schema.EMOTIONS),
        "care": list(schema.CARE),
        "slot": list(schema.slots()),
    }


def _shape(meta: dict, wanted: tuple) -> tuple[int, ...]:
    sizes = {**meta, "bytes": meta["context"] // 8, "slots": len(meta["labels"]["slot"])}
    return tuple(w if isinstance(w, int) else sizes[w] for w in wanted)


def write(folder: Path, meta: dict, arrays: dict[str, np.ndarray]) -> None:
    """Writes a set beside its place and moves it there when complete. A set that was there before is replaced, anything else refused."""
    folder = Path(folder)
    if folder.exists() and not (folder / "meta.json").exists() and any(folder.iterdir()):
        raise UserError(f"{folder} holds files but no packed set; give an empty or new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        temporary.mkdir()
        for name, (kind, wanted) in ARRAYS.items():
            array = np.ascontiguousarray(arrays[name], dtype=kind)
            assert array.shape == _shape(meta, wanted), (name, array.shape)
            with open(temporary / name, "wb") as file:
                array.tofile(file)
                os.fsync(file.fileno())
        (temporary / "meta.json").write_text(json.dumps(meta, ensure_ascii=False, indent=1) + "\n", "utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(temporary, folder)
    except OSError as error:
        raise UserError(f"cannot write {folder}: {error.strerror}") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _meta_problem(meta: dict) -> str | None:
    for key in META_NUMBERS:
        if type(meta.get(key)) is not int or not 0 <= meta[key] < 1 << 40:
            return f"has no number '{key}'"
    if meta["context"] % 8 or not 8 <= meta["context"] <= CONTEXT_LIMIT:
        return f"has a context of {meta['context']} tokens, expected a multiple of 8 up to {CONTEXT_LIMIT}"
    if not isinstance(meta.get("tokenizer_sha256"), str) or not isinstance(meta.get("sources"), dict):
        return "does not say its tokenizer and sources"
    named = meta.get("labels")
    for key in (*CLASSES, "slot"):
        if not isinstance(named, dict) or not isinstance(named.get(key), list) or not all(isinstance(label, str) for label in named[key]):
            return f"has no labels for '{key}'"
    return None


def _first_false(good: np.ndarray) -> int:
    return int(np.argmin(good))


class Packed:
    """A set opened for reading; arrays are mapped, not read. Const after construction."""

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self.meta = self._read_meta()
        self.tokens = self._map("tokens.u16")
        self._loss = self._map("loss.u8")
        self.documents = self._map("documents.i32")
        self.heads = self._map("heads.i32")
        self.spans = self._map("spans.i16")
        self._document_blocks = np.asarray(self.documents[:, 0])
        self._head_blocks = np.asarray(self.heads[:, 0])
        if wrong := self._problem():
            raise UserError(f"{self.folder / wrong}; pack the set again")

    def _read_meta(self) -> dict:
        path = self.folder / "meta.json"
        try:
            meta = json.loads(path.read_text("utf-8"))
        except OSError as error:
            raise UserError(f"cannot read {path}: {error.strerror}; give a folder that was packed") from None
        except ValueError:
            raise UserError(f"{path} is no JSON; pack the set again") from None
        if not isinstance(meta, dict) or meta.get("format") != FORMAT or meta.get("version") != VERSION:
            raise UserError(f"{path} is not of {FORMAT} version {VERSION}; pack the set again")
        if wrong := _meta_problem(meta):
            raise UserError(f"{path} {wrong}; pack the set again")
        return meta

    def _problem(self) -> str | None:
        """What points out of its range, and where; tokens are checked as they are read, since they may be many gigabytes."""
        sizes, labels = self.meta, self.meta["labels"]
        block, start, end = np.asarray(self.documents).T
        good = (block >= 0) & (block < sizes["blocks"]) & (start >= 0) & (start < end) & (end <= sizes["context"])
        if not good.all() or (np.diff(block) < 0).any():
            return f"documents.i32 has a document that lies in no window (row {_first_false(good)})"
        at_once = 1 << 16
        for low in range(0, len(self.heads), at_once):
            rows, spans = np.asarray(self.heads[low : low + at_once]), np.asarray(self.spans[low : low + at_once])
            block, document, position, first, last = rows.T[:5]
            good = (block >= 0) & (block < sizes["blocks"]) & (document >= 0) & (document < sizes["documents"])
            good &= (0 <= first) & (first <= last) & (last <= position) & (position < sizes["context"])
            for column, name in zip(rows.T[5:], CLASSES, strict=True):
                good &= (column == UNKNOWN) | ((column >= 0) & (column < len(labels[name])))
            inside = (spans >= first[:, None, None]) & (spans <= last[:, None, None])
            good &= (inside | (spans == UNKNOWN) | (spans == ABSENT)).all(axis=(1, 2))
            if not good.all():
                return f"heads.i32 or spans.i16 has a turn that points out of its window or at no label (row {low + _first_false(good)})"
        if (np.diff(self._head_blocks) < 0).any():
            return "heads.i32 is not in the order of its windows"
        return None

    def _map(self, name: str) -> np.ndarray:
        kind, wanted = ARRAYS[name]
        path, shape = self.folder / name, _shape(self.meta, wanted)
        expected = int(np.prod(shape)) * np.dtype(kind).itemsize
        if not path.exists() or path.stat().st_size != expected:
            raise UserError(f"{path} is not of the {expected} bytes that meta.json asks for; pack the set again")
        return np.zeros(shape, kind) if expected == 0 else np.memmap(path, kind, "r", shape=shape)

    def __len__(self) -> int:
        return self.meta["blocks"]

    def loss_mask(self, block: int) -> np.ndarray:
        return np.unpackbits(np.asarray(self._loss[block]), bitorder="little").astype(bool)

    def borders(self, block: int) -> np.ndarray:
        low, high = np.searchsorted(self._document_blocks, [block, block + 1])
        return np.asarray(self.documents[low:high, 1:])

    def heads_of(self, block: int) -> tuple[np.ndarray, np.ndarray]:
        low, high = np.searchsorted(self._head_blocks, [block, block + 1])
        return np.asarray(self.heads[low:high]), np.asarray(self.spans[low:high])
