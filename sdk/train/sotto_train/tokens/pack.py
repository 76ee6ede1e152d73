"""Packs rows into blocks of a fixed context (shard.py has the format). The same rows, tokenizer and seed give the same bytes."""

import argparse
import bisect
import hashlib
import random
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sotto_train import rows
from sotto_train.errors import UserError
from sotto_train.sources.table import SHARE_ALIKE
from sotto_train.tokens import chat, neutral, plain, shard
from sotto_train.tokens.tokenizer import Tokenizer


@dataclass
class PackOptions:
    context: int = 512
    seed: int = 0
    split: str | None = None  # only rows of this split; None: all
    kinds: tuple[str, ...] = ()  # only rows of these kinds; (): all
    with_calls: bool = True  # commands are followed by their call; without it they teach the heads alone
    plain: float = 0.0  # share of labelled sentences that lose capitals and the point at their end, as a recogniser writes
    neutral: float = 0.0  # share of commands that the moods' heads learn as neutral
    share_alike: bool = True  # False: rows under a share-alike licence are left out


@dataclass
class Store:
    """All documents, flat: a list of lists would take 36 bytes a token."""

    ids: array
    learnt: array
    starts: list[int]
    heads: list[list[chat.Head]]
    sources: dict[str, list]
    kinds: Counter
    dropped: int = 0

    @classmethod
    def empty(cls) -> "Store":
        return cls(array("H"), array("B"), [0], [], {}, Counter())

    def add(self, document: chat.Document) -> None:
        self.ids.extend(document.ids)
        self.learnt.extend(document.learnt)
        self.starts.append(len(self.ids))
        self.heads.append(document.heads)
        self.kinds[document.kind] += 1
        source = self.sources.setdefault(document.source, [document.licence, 0, 0])
        source[1] += 1
        source[2] += len(document.ids)


def assign(lengths: np.ndarray, context: int, rng: np.random.Generator, window: int = 8192) -> list[list[int]]:
    """Documents to blocks: shuffled, then best fit of the longest first within windows, so that blocks fill
    up and length does not set order."""
    order = rng.permutation(len(lengths))
    blocks: list[list[int]] = []
    for at in range(0, len(order), window):
        part = sorted(order[at : at + window].tolist(), key=lambda i: -int(lengths[i]))
        rooms: list[tuple[int, int]] = []  # free tokens, block; sorted
        for document in part:
            length = int(lengths[document])
            fit = bisect.bisect_left(rooms, (length, -1))
            if fit == len(rooms):
                blocks.append([document])
                room, block = context - length, len(blocks) - 1
            else:
                free, block = rooms.pop(fit)
                blocks[block].append(document)
                room = free - length
            if room > 1:
                bisect.insort(rooms, (room, block))
    return [blocks[i] for i in rng.permutation(len(blocks))]


def _fill(store: Store, blocks: list[list[int]], context: int, pad: int) -> dict[str, np.ndarray]:
    ids, learnt = np.frombuffer(store.ids, np.uint16), np.frombuffer(store.learnt, np.uint8)
    labels = shard.labels()
    index = {name: {label: i for i, label in enumerate(labels[name])} for name in labels}
    tokens = np.full((len(blocks), context), pad, np.uint16)
    mask = np.zeros((len(blocks), context), np.uint8)
    documents, heads, spans = [], [], []
    for b, block in enumerate(blocks):
        at = 0
        for d in block:
            low, high = store.starts[d], store.starts[d + 1]
            end = at + high - low
            tokens[b, at:end], mask[b, at:end] = ids[low:high], learnt[low:high]
            for head in store.heads[d]:
                known = [index[c][head.classes[c]] if c in head.classes else shard.UNKNOWN for c in shard.CLASSES]
                heads.append([b, len(documents), at + head.position, at + head.first, at + head.last, *known])
                spans.append(_span_row(head, at, index["slot"]))
            documents.append([b, at, end])
            at = end
    return {
        "tokens.u16": tokens,
        "loss.u8": np.packbits(mask, axis=1, bitorder="little"),
        "documents.i32": np.array(documents, np.int32).reshape(-1, 3),
        "heads.i32": np.array(heads, np.int32).reshape(-1, len(shard.HEAD_COLUMNS)),
        "spans.i16": np.array(spans, np.int16).reshape(-1, len(labels["slot"]), 2),
    }


def _span_row(head: chat.Head, at: int, slots: dict[str, int]) -> np.ndarray:
    if head.spans is None:
        return np.full((len(slots), 2), shard.UNKNOWN, np.int16)
    row = np.full((len(slots), 2), shard.ABSENT, np.int16)
    for name, (first, last) in head.spans.items():
        row[slots[name]] = at + first, at + last
    return row


def pack(wanted: Iterable[dict], tokenizer: Tokenizer, folder: Path, options: PackOptions) -> dict:
    """Writes the set and gives its meta.json plus how many dialogues were longer than a block and `dropped`."""
    if options.context % 8 or not 8 <= options.context <= shard.CONTEXT_LIMIT:
        raise UserError(f"a context of {options.context} tokens cannot be packed; give a multiple of 8 up to {shard.CONTEXT_LIMIT}")
    store, chance = Store.empty(), random.Random(options.seed)
    for row in wanted:
        if (options.split and row["split"] != options.split) or (options.kinds and row["kind"] not in options.kinds):
            continue
        if not options.share_alike and row["licence"] in SHARE_ALIKE:
            continue
        varied = neutral.vary(plain.vary(row, options.plain, chance), options.neutral, chance)
        for document in chat.documents(varied, tokenizer, options.with_calls):
            before = len(store.heads)
            for piece in chat.cut(document, options.context):
                store.add(piece)
            store.dropped += before == len(store.heads)
    if not store.heads:
        raise UserError(f"no rows to pack into {folder}; look at the split, the kinds and the licences asked for")
    lengths = np.diff(np.array(store.starts))
    blocks = assign(lengths, options.context, np.random.default_rng(options.seed))
    arrays = _fill(store, blocks, options.context, tokenizer.pad)
    meta = {
        "format": shard.FORMAT, "version": shard.VERSION, "context": options.context, "blocks": len(blocks),
        "documents": len(store.heads), "heads": len(arrays["heads.i32"]), "tokens": len(store.ids), "vocabulary": len(tokenizer),
        "pad": tokenizer.pad, "bos": tokenizer.bos, "eos": tokenizer.eos, "im_start": tokenizer.im_start, "im_end": tokenizer.im_end,
        "seed": options.seed, "tokenizer_sha256": hashlib.sha256(tokenizer.model).hexdigest(), "labels": shard.labels(),
        "sources": store.sources, "kinds": dict(store.kinds),
    }  # fmt: skip
    shard.write(folder, meta, arrays)
    return {**meta, "dropped": store.dropped}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rows", nargs="+", type=Path, help="JSON Lines of rows, plain or .zst")
    parser.add_argument("--tokenizer", type=Path, required=True, help="what `sotto-train tokenizer` wrote")
    parser.add_argument("--context", type=int, default=512, help="tokens a block (default 512)")
    parser.add_argument("--split", choices=rows.SPLITS, help="only rows of this split")
    parser.add_argument("--kind", action="append", choices=rows.KINDS, help="only rows of this kind; may be given several times")
    parser.add_argument("--no-calls", dest="with_calls", action="store_false", help="commands without their call: for the heads alone")
    parser.add_argument("--plain", type=float, default=0.0, metavar="SHARE", help="of labelled sentences without capitals and last point")
    parser.add_argument("--neutral", type=float, default=0.0, metavar="SHARE", help="of commands that the heads of moods learn as neutral")
    parser.add_argument("--without-share-alike", dest="share_alike", action="store_false", help="leave out rows under a share-alike licence")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of the packed set")


def run(args: argparse.Namespace) -> int:
    options = PackOptions(args.context, args.seed, args.split, tuple(args.kind or ()), args.with_calls, args.plain, args.neutral, args.share_alike)
    for name in ("plain", "neutral"):
        if not 0 <= getattr(args, name) <= 1:
            raise UserError(f"--{name} is {getattr(args, name)}, expected a share from 0 to 1")
    made = pack((row for path in args.rows for row in rows.read(path)), Tokenizer(args.tokenizer), args.output, options)
    full = made["tokens"] / (made["blocks"] * made["context"])
    print(f"{made['documents']} documents, {made['tokens']} tokens in {made['blocks']} blocks of {made['context']} ({full:.1%} full), "
          f"{made['heads']} labelled turns; {made['dropped']} dialogues too long for a block left out")  # fmt: skip
    return 0
