"""sotto-train neighbours: an embedding to begin training with, counted instead of learnt: how much more often two tokens stand near each other than
chance would have it (positive pointwise mutual information), reduced by a singular value decomposition. A small model that sees its training
text once learns little of rare words; this tells it in minutes which words are alike.

Source: Levy & Goldberg 2014, "Neural Word Embedding as Implicit Matrix Factorization" (square root of the singular values, contexts to the
power 0.75 as Levy, Goldberg & Dagan 2015 advise); Halko, Martinsson & Tropp 2011 for the randomised decomposition."""

import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from sotto_train import rows
from sotto_train.errors import UserError
from sotto_train.tokens.chat import turn_text
from sotto_train.tokens.tokenizer import IDS, Tokenizer

CONTEXT_POWER = 0.75
OVERSAMPLING, POWER_ITERATIONS = 64, 4
AT_ONCE = 20_000  # texts counted together
LONGEST_PAIR = 40  # tokens a side; every token of a pair is near every one of the other language's


def add_arguments(parser) -> None:
    parser.add_argument("rows", nargs="+", type=Path, help="JSON Lines of rows, plain or .zst; one given twice counts twice")
    parser.add_argument("--tokenizer", required=True, type=Path, help="what `sotto-train tokenizer` wrote")
    parser.add_argument("--hidden", type=int, default=256, help="of the model (%(default)s)")
    parser.add_argument("--window", type=int, default=5, help="tokens to each side that are near; a neighbour at distance d counts 1/d (%(default)s)")
    parser.add_argument("--norm", type=float, default=2.0, help="length of each row (%(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", required=True, type=Path, help="the embedding, .npy, for `pretrain --embedding`")


class Counts:
    """How often tokens stand near each other; [vocabulary, vocabulary] in float32."""

    def __init__(self, vocabulary: int, window: int):
        self.vocabulary, self.window = vocabulary, window
        self._pairs = np.zeros(vocabulary * vocabulary, np.float32)

    def add_texts(self, texts: list[list[int]]) -> None:
        """One long line of tokens with walls of -1 between the texts, shifted against itself."""
        wall = np.full(self.window, -1, np.int64)
        line = np.concatenate([part for ids in texts for part in (np.asarray(ids, np.int64), wall)])
        for distance in range(1, self.window + 1):
            left, right = line[:-distance], line[distance:]
            both = (left >= 0) & (right >= 0)
            np.add.at(self._pairs, left[both] * self.vocabulary + right[both], np.float32(1 / distance))

    def add_pair(self, one: list[int], other: list[int]) -> None:
        """A sentence and its translation: their words are alike, wherever they stand."""
        if 0 < len(one) <= LONGEST_PAIR and 0 < len(other) <= LONGEST_PAIR:
            places = np.repeat(np.asarray(one, np.int64), len(other)) * self.vocabulary + np.tile(np.asarray(other, np.int64), len(one))
            np.add.at(self._pairs, places, np.float32(1 / self.window))

    def mutual_information(self) -> np.ndarray:
        """Positive PMI, in the memory of the counts."""
        counts = self._pairs.reshape(self.vocabulary, self.vocabulary)
        for begin in range(0, self.vocabulary, 1024):  # both directions, a band at a time: the sum's copy would double the memory
            band = slice(begin, begin + 1024)
            sums = counts[band, begin:] + counts[begin:, band].T
            counts[band, begin:], counts[begin:, band] = sums, sums.T
        of_word = counts.sum(1, dtype=np.float64) + 1e-9
        of_context = of_word**CONTEXT_POWER
        expected = (of_context / of_context.sum()).astype(np.float32)
        with np.errstate(divide="ignore"):
            for begin in range(0, self.vocabulary, 1024):
                band = counts[begin : begin + 1024]
                band /= of_word[begin : begin + 1024, None].astype(np.float32)
                band /= expected
                np.log(band, out=band)
                np.maximum(band, 0, out=band)
        return counts


def decompose(matrix: np.ndarray, rank: int, seed: int) -> np.ndarray:
    """[n, rank]: left singular vectors times the square root of their values."""
    generator = np.random.default_rng(seed)
    basis = generator.standard_normal((matrix.shape[1], min(rank + OVERSAMPLING, *matrix.shape))).astype(np.float32)
    for _ in range(POWER_ITERATIONS):
        basis = np.linalg.qr(matrix @ basis)[0]
        basis = np.linalg.qr(matrix.T @ basis)[0]
    left, values, _ = np.linalg.svd(matrix @ basis, full_matrices=False)
    return left[:, :rank] * np.sqrt(values[:rank])


def embedding_of(counts: Counts, hidden: int, norm: float, seed: int) -> np.ndarray:
    """[vocabulary, hidden]; markers and tokens that were never seen begin at random."""
    made = decompose(counts.mutual_information(), hidden, seed)
    unseen = ~made.any(axis=1)
    unseen[list(IDS.values())] = True
    made -= made[~unseen].mean(axis=0)  # what all words have in common tells none apart
    made[unseen] = np.random.default_rng(seed).standard_normal((int(unseen.sum()), hidden))
    return (made * (norm / np.linalg.norm(made, axis=1, keepdims=True))).astype(np.float32)


def _texts(paths: list[Path], pairs: list[tuple[str, str]]) -> Iterator[str]:
    for path in paths:
        for row in rows.read(path):
            if row["split"] != "train":
                continue
            if row["kind"] == "chat":
                yield from (turn_text(turn) for turn in row["turns"])
            else:
                yield row["text"]
            if "other" in row:
                yield row["other"]
                pairs.append((row["text"], row["other"]))


def count(texts: Iterable[str], tokenizer: Tokenizer, counts: Counts) -> int:
    total, held = 0, []
    for text in tqdm(texts, unit=" texts", desc="counting"):
        held.append(tokenizer.encode(text))
        total += len(held[-1])
        if len(held) == AT_ONCE:
            counts.add_texts(held)
            held = []
    if held:
        counts.add_texts(held)
    return total


def run(args) -> int:
    for name, least in (("hidden", 1), ("window", 1), ("norm", 1e-6)):
        if getattr(args, name) < least:
            raise UserError(f"--{name} is {getattr(args, name)}, expected a number above 0")
    tokenizer = Tokenizer(args.tokenizer)
    if args.hidden > len(tokenizer):
        raise UserError(f"--hidden is {args.hidden}, the tokenizer has {len(tokenizer)} tokens; give less")
    counts, pairs = Counts(len(tokenizer), args.window), []
    total = count(_texts(args.rows, pairs), tokenizer, counts)
    if total == 0:
        raise UserError(f"{', '.join(map(str, args.rows))}: no rows of the train split; give text to count")
    for one, other in pairs:
        counts.add_pair(tokenizer.encode(one), tokenizer.encode(other))
    made = embedding_of(counts, args.hidden, args.norm, args.seed)
    with rows.writing(args.output) as file:
        held = io.BytesIO()
        np.save(held, made)
        file.write(held.getvalue())
    print(f"{total} tokens and {len(pairs)} pairs counted; {args.output} [{made.shape[0]}, {made.shape[1]}]")
    return 0
